#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

// The safetensors format (https://huggingface.co/docs/safetensors): an 8-byte little-endian length,
// a JSON header of that length, and raw tensor data. It holds numbers and texts only, never code.
namespace mien::training {

enum class SafeType { kF32, kF64, kI64, kU8 };

/// One tensor; `data` is a view of its little-endian values in row-major order.
struct SafeTensor {
  std::string name;
  SafeType type = SafeType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
};

struct SafeTensors {
  std::map<std::string, std::string> metadata;
  std::vector<SafeTensor> tensors;

  /// The tensor, or nullptr.
  const SafeTensor* find(const std::string& name) const;
};

/// The bytes of a file. Requires unique names, and data sizes that match type and shape.
std::string write_safetensors(const SafeTensors& content);

/// Parses a file; `bytes` must outlive the result. Throws Error kBadFormat naming `file_name` for
/// truncated files, duplicate names, unsupported types, sizes that do not match, and data ranges
/// that are outside the file, overlap, or leave gaps.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& file_name);

}  // namespace mien::training
