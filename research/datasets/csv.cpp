#include "datasets/csv.hpp"

#include <algorithm>
#include <utility>

namespace mien::datasets {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view unquote(std::string_view field) {
  field = trim(field);
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return field;
  return trim(field.substr(1, field.size() - 2));
}

}  // namespace

CsvReader::CsvReader(std::filesystem::path path, std::string_view text)
    : path_(std::move(path)), rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

bool CsvReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!line_.empty()) return true;
  }
  return false;
}

std::size_t CsvReader::split(std::string_view* out, std::size_t capacity) const {
  std::string_view rest = line_;
  for (std::size_t count = 0; count < capacity; ++count) {
    const std::size_t comma = rest.find(',');
    out[count] = unquote(rest.substr(0, comma));
    if (comma == std::string_view::npos) return count + 1;
    rest.remove_prefix(comma + 1);
  }
  return capacity + 1;
}

void CsvReader::fail(const std::string& reason) const {
  throw Error(ErrorCode::kBadFormat,
              path_.string() + ": line " + std::to_string(number_) + ": " + reason);
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t kMaxLength = 24;
  std::string out = "'";
  for (const char c : text.substr(0, kMaxLength)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kMaxLength ? "…'" : "'");
}

}  // namespace mien::datasets
