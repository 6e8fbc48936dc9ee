#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::datasets {

/// The first bytes of a .npy file.
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

/// Everything before the values of a .npy file of version 1.0
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), for a header such as
/// "{'descr':'<f4','fortran_order':False,'shape':(3,7),}".
std::string npy_preamble(std::string_view header);

struct NpyFile {
  std::string header;  ///< without spaces, with single quotes
  std::span<const std::byte> payload;
};
/// Splits a .npy file into header and payload; `bytes` must outlive the result. Throws Error
/// kBadFormat naming `path`.
NpyFile parse_npy(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// A table of f32.
struct FloatTable {
  std::size_t columns = 0;
  std::vector<float> values;  ///< [rows, columns]

  std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * columns, columns);
  }
};

/// Reads a two-dimensional little-endian array of f32 or f64 in C order. Throws Error kBadFormat
/// naming the path.
FloatTable read_float_table(const std::filesystem::path& path);
/// Writes f32; numpy.load(path) reads it.
void write_float_table(const std::filesystem::path& path, const FloatTable& table);

}  // namespace mien::datasets
