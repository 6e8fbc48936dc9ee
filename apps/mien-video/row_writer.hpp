#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/video_analyzer.hpp"

namespace mien::apps {

/// Formats one row per face and frame.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual std::string begin() const { return ""; }
  virtual std::string row(std::int64_t frame, double seconds,
                          const pipeline::TrackedFace& face) const = 0;
};

/// `format` is "jsonl" or "csv"; `labels` are the analyzer's.
std::unique_ptr<RowWriter> make_row_writer(std::string_view format,
                                           std::vector<std::string> labels);

}  // namespace mien::apps
