#include "training/safetensors.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/json.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr std::size_t kLengthBytes = 8;
/// Far above any header of ours, far below what would cost memory.
constexpr std::uint64_t kMaxHeader = std::uint64_t{16} << 20;

struct TypeEntry {
  const char* name;
  std::uint64_t size;
};
/// In the order of SafeType.
constexpr std::array<TypeEntry, 4> kTypes = {{{"F32", 4}, {"F64", 8}, {"I64", 8}, {"U8", 1}}};

const TypeEntry& entry(SafeType type) { return kTypes.at(static_cast<std::size_t>(type)); }

class Parser {
 public:
  Parser(std::span<const std::byte> bytes, const std::string& file_name)
      : bytes_(bytes), file_name_(file_name) {}

  SafeTensors parse() {
    if (bytes_.size() < kLengthBytes) fail("truncated");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
      length |= static_cast<std::uint64_t>(bytes_[i]) << (8 * i);
    if (length > kMaxHeader || length > bytes_.size() - kLengthBytes) fail("invalid header length");
    const base::Json header =
        parse_header({reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes,
                      static_cast<std::size_t>(length)});
    data_ = bytes_.subspan(kLengthBytes + static_cast<std::size_t>(length));
    SafeTensors out;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__")
        out.metadata = parse_metadata(value);
      else
        out.tensors.push_back(parse_tensor(name, value));
    }
    check_coverage();
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kBadFormat, file_name_ + ": not a valid safetensors file: " + what);
  }

  base::Json parse_header(std::string_view text) const {
    std::vector<std::set<std::string>> keys;  // of the open objects: JSON allows duplicates
    const auto check = [&](int, base::Json::parse_event_t event, base::Json& value) {
      if (event == base::Json::parse_event_t::object_start) keys.emplace_back();
      if (event == base::Json::parse_event_t::object_end) keys.pop_back();
      if (event == base::Json::parse_event_t::key &&
          !keys.back().insert(value.get<std::string>()).second)
        fail("duplicate name '" + value.get<std::string>() + "'");
      return true;
    };
    base::Json header;
    try {
      header = base::Json::parse(text, check);
    } catch (const base::Json::exception&) {
      fail("the header is not JSON");
    }
    if (!header.is_object()) fail("the header is not a JSON object");
    return header;
  }

  std::map<std::string, std::string> parse_metadata(const base::Json& value) const {
    if (!value.is_object()) fail("__metadata__ must be an object");
    std::map<std::string, std::string> out;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("__metadata__: '" + key + "' must be a string");
      out[key] = text;
    }
    return out;
  }

  /// A number of at most 2^48; larger sizes cannot occur and would overflow.
  std::uint64_t parse_size(const std::string& name, const base::Json& value) const {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::uint64_t{1} << 48)
      fail("'" + name + "': invalid size");
    return value;
  }

  SafeTensor parse_tensor(const std::string& name, const base::Json& value) {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
        !value.contains("shape") || !value.contains("data_offsets"))
      fail("'" + name + "' must have dtype, shape and data_offsets");
    SafeTensor out{.name = name};
    const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeEntry& known) {
      return value["dtype"] == known.name;
    });
    if (type == kTypes.end()) fail("'" + name + "': unsupported dtype");
    out.type = static_cast<SafeType>(type - kTypes.begin());
    const base::Json &shape = value["shape"], &offsets = value["data_offsets"];
    if (!shape.is_array() || shape.size() > 8 || !offsets.is_array() || offsets.size() != 2)
      fail("'" + name + "': invalid shape or data_offsets");
    const std::uint64_t begin = parse_size(name, offsets[0]), end = parse_size(name, offsets[1]);
    if (begin > end || end > data_.size()) fail("'" + name + "': data_offsets outside the file");
    std::uint64_t size = type->size;
    for (const base::Json& side : shape) {
      const std::uint64_t length = parse_size(name, side);
      if (length != 0 && size > data_.size() / length) fail("'" + name + "': shape too large");
      size *= length;
      out.shape.push_back(static_cast<std::int64_t>(length));
    }
    if (size != end - begin) fail("'" + name + "': shape and data_offsets do not match");
    out.data = data_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    ranges_.emplace_back(begin, end);
    return out;
  }

  /// The tensors must cover the data without gaps or overlaps.
  void check_coverage() {
    std::sort(ranges_.begin(), ranges_.end());
    std::uint64_t covered = 0;
    for (const auto& [begin, end] : ranges_) {
      if (begin != covered) fail("data ranges overlap or leave gaps");
      covered = end;
    }
    if (covered != data_.size()) fail("unused data at the end");
  }

  std::span<const std::byte> bytes_, data_;
  const std::string& file_name_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

}  // namespace

const SafeTensor* SafeTensors::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const SafeTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

std::string write_safetensors(const SafeTensors& content) {
  base::Json header = base::Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::size_t offset = 0;
  for (const SafeTensor& tensor : content.tensors) {
    header[tensor.name] = {{"dtype", entry(tensor.type).name},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.data.size()}}};
    offset += tensor.data.size();
  }
  std::string text = header.dump(-1, ' ', false, base::Json::error_handler_t::replace);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  std::string out;
  out.reserve(kLengthBytes + text.size() + offset);
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    out += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  out += text;
  for (const SafeTensor& tensor : content.tensors)
    out.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  return out;
}

SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& file_name) {
  return Parser(bytes, file_name).parse();
}

}  // namespace mien::training
