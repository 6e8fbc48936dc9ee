#pragma once

#include <cstddef>
#include <vector>

namespace mien::engine {

/// A piece of memory that is in use from one call of the program to another, both included.
struct Buffer {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t offset = 0;  ///< filled by place_buffers
};

/// Gives every buffer an offset such that no two that are in use at once overlap, largest first,
/// each as low as it goes. Returns the bytes needed in all.
std::size_t place_buffers(std::vector<Buffer>& buffers);

}  // namespace mien::engine
