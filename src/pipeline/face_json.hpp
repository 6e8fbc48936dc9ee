#pragma once

#include <span>
#include <string>

#include "base/json.hpp"
#include "mien/analyzer.hpp"

namespace mien::pipeline {

/// A face as every output of Mien writes it (docs/outputs.md, predict.schema.json): box, score,
/// landmarks where the detector gives them, quality, the most probable emotion, confidence,
/// uncertain, probabilities by label. `labels` are the analyzer's.
base::Json to_json(const Face& face, std::span<const std::string> labels);

/// What produced a result: model, model_hash, head, precision, detector, version.
base::Json to_json(const Provenance& provenance);

/// A face as text on one line.
std::string face_json(const Face& face, std::span<const std::string> labels);

}  // namespace mien::pipeline
