#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "photo_result.hpp"

namespace mien::apps {

/// Tells which person a photo shows: by its folder, or by a CSV file with the columns path and
/// subject.
class Subjects {
 public:
  /// `subject_by` is "folder" or a file. Throws Error kNotFound, kIo, kBadFormat naming the line.
  explicit Subjects(const std::string& subject_by);

  /// Throws Error kInvalidArgument if the file does not contain the photo.
  std::string of(const std::string& path) const;

 private:
  std::string file_;  // empty: by folder
  std::map<std::string, std::string> subjects_;
};

/// Replaces the probabilities of each face by those relative to its subject's baseline, the mean
/// over the subject's faces (mien::Baseline). `subjects` [results].
void apply_baselines(std::span<PhotoResult> results, std::span<const std::string> subjects,
                     const std::vector<std::string>& labels, double min_confidence);

}  // namespace mien::apps
