#include "engine/arena.hpp"

#include <algorithm>
#include <numeric>

namespace mien::engine {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool overlap(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

std::size_t place_buffers(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].bytes > buffers[b].bytes;
  });
  std::size_t total = 0;
  std::vector<Buffer*> placed;  // by offset
  for (const std::size_t index : order) {
    Buffer& buffer = buffers[index];
    buffer.offset = 0;
    for (const Buffer* other : placed) {
      if (!overlap(buffer, *other)) continue;
      if (buffer.offset + aligned(buffer.bytes) <= other->offset) break;
      buffer.offset = std::max(buffer.offset, other->offset + aligned(other->bytes));
    }
    total = std::max(total, buffer.offset + aligned(buffer.bytes));
    const auto at =
        std::upper_bound(placed.begin(), placed.end(), &buffer,
                         [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; });
    placed.insert(at, &buffer);
  }
  return total;
}

}  // namespace mien::engine
