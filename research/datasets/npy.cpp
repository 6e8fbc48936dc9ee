#include "datasets/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

// Magic, two version bytes, length of the header as little-endian u16; the header is padded with
// spaces to a multiple of 64 bytes and ends with a newline.
constexpr std::size_t kPreamble = 10;
constexpr std::size_t kAlignment = 64;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorCode::kBadFormat, path.string() + ": " + reason);
}

/// The two numbers after 'shape': in a header.
std::array<std::size_t, 2> read_shape(const std::filesystem::path& path,
                                      const std::string& header) {
  constexpr std::string_view kShape = "'shape':(";
  const std::size_t begin = header.find(kShape);
  std::array<std::size_t, 2> shape{};
  if (begin == std::string::npos) fail(path, "the header has no 'shape'");
  const char *at = header.data() + begin + kShape.size(), *const end =
                                                              header.data() + header.size();
  for (int i = 0; i < 2; ++i) {
    const auto [next, error] = std::from_chars(at, end, shape[i]);
    if (error != std::errc() || next == end || *next != (i == 0 ? ',' : ')'))
      fail(path, "the array must have two dimensions");
    at = next + 1;
  }
  return shape;
}

template <class T>
std::vector<float> to_floats(std::span<const std::byte> bytes) {
  std::vector<float> out(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
  return out;
}

}  // namespace

std::string npy_preamble(std::string_view header) {
  std::string head(header);
  const std::size_t unpadded = kPreamble + head.size() + 1;
  head.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  head += '\n';
  std::string preamble(kNpyMagic);
  preamble +=
      {'\x01', '\x00', static_cast<char>(head.size() & 0xFF), static_cast<char>(head.size() >> 8)};
  return preamble + head;
}

NpyFile parse_npy(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < kPreamble || !text.starts_with(kNpyMagic)) fail(path, "not a NumPy array file");
  if (text[6] != 1 || text[7] != 0) fail(path, "unsupported NumPy format version; save it as 1.0");
  const std::size_t length =
      static_cast<std::uint8_t>(text[8]) | std::size_t{static_cast<std::uint8_t>(text[9])} << 8;
  if (text.size() - kPreamble < length) fail(path, "truncated in the header");
  NpyFile file{std::string(text.substr(kPreamble, length)), bytes.subspan(kPreamble + length)};
  std::erase_if(file.header, [](char c) { return c == ' ' || c == '\n'; });
  std::replace(file.header.begin(), file.header.end(), '"', '\'');
  return file;
}

FloatTable read_float_table(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path);
  const NpyFile file = parse_npy(path, bytes);
  const bool is_f32 = file.header.find("'descr':'<f4'") != std::string::npos,
             is_f64 = file.header.find("'descr':'<f8'") != std::string::npos;
  if ((!is_f32 && !is_f64) || file.header.find("'fortran_order':False") == std::string::npos)
    fail(path, "the array must be little-endian f32 or f64 in C order");
  const auto [rows, columns] = read_shape(path, file.header);
  const std::size_t size = is_f32 ? 4 : 8, count = file.payload.size() / size;
  if (file.payload.size() % size != 0 || columns == 0 || count % columns != 0 ||
      count / columns != rows) {
    fail(path,
         base::format("the header says %zu x %zu numbers, but %zu follow", rows, columns, count));
  }
  return {columns, is_f32 ? to_floats<float>(file.payload) : to_floats<double>(file.payload)};
}

void write_float_table(const std::filesystem::path& path, const FloatTable& table) {
  std::string text = npy_preamble(base::format(
      "{'descr':'<f4','fortran_order':False,'shape':(%zu,%zu),}", table.rows(), table.columns));
  text.append(reinterpret_cast<const char*>(table.values.data()),
              table.values.size() * sizeof(float));
  base::write_file(path, text);
}

}  // namespace mien::datasets
