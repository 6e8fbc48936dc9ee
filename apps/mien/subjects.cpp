#include "subjects.hpp"

#include "base/file.hpp"
#include "mien/baseline.hpp"
#include "mien/error.hpp"

namespace mien::apps {

Subjects::Subjects(const std::string& subject_by) {
  if (subject_by == "folder") return;
  file_ = subject_by;
  const std::string text = base::read_text(file_);
  std::size_t number = 0;
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    ++number;
    if (line.empty() || (number == 1 && line == "path,subject")) continue;
    const std::size_t comma = line.rfind(',');
    if (comma == std::string_view::npos || comma + 1 == line.size())
      throw Error(ErrorCode::kBadFormat,
                  base::format("%s: line %zu must be path,subject", file_.c_str(), number));
    subjects_[std::string(line.substr(0, comma))] = line.substr(comma + 1);
  }
}

std::string Subjects::of(const std::string& path) const {
  if (file_.empty()) return std::filesystem::path(path).parent_path().string();
  const auto found = subjects_.find(path);
  if (found == subjects_.end())
    throw Error(ErrorCode::kInvalidArgument, file_ + ": no subject for " + path);
  return found->second;
}

void apply_baselines(std::span<PhotoResult> results, std::span<const std::string> subjects,
                     const std::vector<std::string>& labels, double min_confidence) {
  std::map<std::string, Baseline> baselines;
  for (std::size_t i = 0; i < results.size(); ++i) {
    Baseline& baseline = baselines.try_emplace(subjects[i], labels).first->second;
    for (const Face& face : results[i].faces) baseline.add(face);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (Face& face : results[i].faces)
      face = baselines.at(subjects[i]).apply(face, 1, min_confidence);
  }
}

}  // namespace mien::apps
