#pragma once

#include <cstddef>
#include <vector>

namespace mien::engine {

/// Memory that is in use from call `first` to call `last` of the program, both included.
struct Buffer {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t offset = 0;  ///< set by place_buffers
};

/// Gives every buffer an offset such that buffers in use at the same time do not overlap: largest
/// first, each at the lowest free offset. Returns the total size in bytes.
std::size_t place_buffers(std::vector<Buffer>& buffers);

}  // namespace mien::engine
