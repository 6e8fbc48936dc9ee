#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mien/analyzer.hpp"

namespace mien::apps {

/// What became of one photo.
struct PhotoResult {
  std::string path;
  int width = 0;  ///< 0 where the file could not be read
  int height = 0;
  std::vector<Face> faces;
  std::optional<std::string> error;
  std::optional<std::string> annotated;   ///< path of the copy with boxes
  std::optional<std::string> copy_error;  ///< why a copy that was wanted is not there
};

/// Writes results in one format, part by part as they come.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual std::string begin() { return ""; }
  virtual std::string photo(const PhotoResult& result) = 0;
  virtual std::string end() { return ""; }
};

/// `format` is "text", "json", "jsonl" or "csv"; `labels` are the network's.
std::unique_ptr<ResultWriter> make_result_writer(std::string_view format,
                                                 std::vector<std::string> labels);

}  // namespace mien::apps
