#include "datasets/csv.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace mien::datasets {
namespace {

/// FER2013 has 301 MB.
constexpr base::ProcessLimits kUnpackLimits{.output = std::size_t{2} << 30,
                                            .time = std::chrono::seconds(300)};

std::string_view unquote(std::string_view field) {
  field = base::trim(field);
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return field;
  return base::trim(field.substr(1, field.size() - 2));
}

/// Standard output of a program that unpacks `path`.
std::string unpack(const std::filesystem::path& path, std::vector<std::string> command,
                   const char* advice) {
  const std::string program = command[0];
  std::string reason;
  try {
    base::ProcessEnd end = base::run_process(std::move(command), "", kUnpackLimits);
    if (end.exit_code == 0 && !end.timed_out) return std::move(end.output);
    reason = "failed: " + std::string(base::trim(end.error));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    reason = "is not installed";
  }
  throw Error(ErrorCode::kUnsupported, path.string() + ": is compressed, and " + program + " " +
                                           reason + "; unpack it first: " + advice);
}

/// The first bytes of the file; enough for the magic of tar at 257.
std::string read_head(const std::filesystem::path& path) {
  std::string head(512, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

/// The only CSV file in a tar archive, or its fer2013.csv.
std::string read_archive(const std::filesystem::path& path, const std::string& absolute) {
  std::vector<std::string> tables;
  const std::string names = unpack(path, {"tar", "-tf", absolute}, "tar -xf");
  for (const std::string_view name : base::split(names, '\n')) {
    if (name.ends_with("fer2013.csv"))
      return unpack(path, {"tar", "-xOf", absolute, "--", std::string(name)}, "tar -xf");
    if (name.ends_with(".csv")) tables.emplace_back(name);
  }
  if (tables.size() != 1) {
    throw Error(ErrorCode::kBadFormat,
                path.string() + base::format(": the archive has %zu CSV files and no fer2013.csv; "
                                             "unpack it first: tar -xf",
                                             tables.size()));
  }
  return unpack(path, {"tar", "-xOf", absolute, "--", tables[0]}, "tar -xf");
}

}  // namespace

std::string read_table(const std::filesystem::path& path) {
  const std::string head = read_head(path);
  const std::string name = base::to_lower(path.filename().string());
  const bool is_gzip = head.starts_with("\x1f\x8b"),
             is_xz = head.starts_with(
                 "\xfd"
                 "7zXZ"),
             is_tar = head.size() >= 262 && head.substr(257, 5) == "ustar";
  if (!is_gzip && !is_xz && !is_tar) return base::read_text(path);
  const std::string absolute = std::filesystem::absolute(path).string();
  if (is_tar || name.find(".tar.") != std::string::npos || name.ends_with(".tgz") ||
      name.ends_with(".txz"))
    return read_archive(path, absolute);
  return base::decode_text(is_gzip ? unpack(path, {"gzip", "-dc", absolute}, "gzip -dk")
                                   : unpack(path, {"xz", "-dc", absolute}, "xz -dk"));
}

CsvReader::CsvReader(std::filesystem::path path, std::string_view text)
    : path_(std::move(path)), rest_(text) {}

bool CsvReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = base::trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!line_.empty()) return true;
  }
  return false;
}

std::vector<std::string_view> CsvReader::all_fields() const {
  std::vector<std::string_view> fields = base::split(line_, ',');
  for (std::string_view& field : fields) field = unquote(field);
  return fields;
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
