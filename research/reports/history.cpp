#include "reports/history.hpp"

#include <charconv>
#include <sstream>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::reports {
namespace {

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  return fields;
}

}  // namespace

const std::vector<double>* RunHistory::find(const std::string& column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == column) return &values[i];
  }
  return nullptr;
}

RunHistory read_history(const std::filesystem::path& path) {
  std::istringstream text(base::read_text(path, std::size_t{64} << 20));
  RunHistory history{.name = path.stem() == "history" ? path.parent_path().filename().string()
                                                      : path.stem().string()};
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorCode::kBadFormat, path.string() + base::format(":%d: ", number) + what);
    };
    const std::vector<std::string> fields = split_line(line);
    if (number == 1) {
      history.columns = fields;
      history.values.resize(fields.size());
      if (history.find("epoch") == nullptr)
        fail("not a training history: the header must have a column 'epoch'");
      continue;
    }
    if (fields.size() != history.columns.size())
      fail(base::format("%zu fields, but the header has %zu", fields.size(),
                        history.columns.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      double value = 0;
      const auto [end, error] =
          std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), value);
      if (error != std::errc() || end != fields[i].data() + fields[i].size())
        fail("'" + fields[i] + "' is not a number");
      history.values[i].push_back(value);
    }
  }
  if (history.columns.empty() || history.values[0].empty())
    throw Error(ErrorCode::kBadFormat, path.string() + ": has no epochs");
  return history;
}

}  // namespace mien::reports
