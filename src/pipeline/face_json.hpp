#pragma once

#include <span>
#include <string>

#include "mien/analyzer.hpp"

namespace mien::pipeline {

/// One face as `mien predict --format json` and the server write it (docs/predict.schema.json).
std::string face_json(const Face& face, std::span<const std::string> labels);

}  // namespace mien::pipeline
