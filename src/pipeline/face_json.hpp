#pragma once

#include <span>
#include <string>

#include "base/json.hpp"
#include "mien/analyzer.hpp"

namespace mien::pipeline {

/// A face as every output of Mien writes it (docs/outputs.md, predict.schema.json): box, score,
/// landmarks where the detector gives them, emotion, confidence, probabilities by label. `labels`
/// are the analyzer's.
base::Json to_json(const Face& face, std::span<const std::string> labels);

/// The same as text on one line.
std::string face_json(const Face& face, std::span<const std::string> labels);

}  // namespace mien::pipeline
