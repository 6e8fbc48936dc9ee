#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mien/analyzer.hpp"

namespace mien::apps {

struct PhotoResult {
  std::string path;
  int width = 0;  ///< 0 if the file could not be read
  int height = 0;
  std::vector<Face> faces;
  std::optional<std::string> error;
  std::optional<std::string> annotated;   ///< path of the annotated copy
  std::optional<std::string> copy_error;  ///< why the requested copy was not written
};

/// Formats results one by one: write begin(), then photo() for each, then end().
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual std::string begin() { return ""; }
  virtual std::string photo(const PhotoResult& result) = 0;
  virtual std::string end() { return ""; }
};

/// `format` is "text", "json", "jsonl" or "csv"; `labels` are the analyzer's.
std::unique_ptr<ResultWriter> make_result_writer(std::string_view format,
                                                 std::vector<std::string> labels);

}  // namespace mien::apps
