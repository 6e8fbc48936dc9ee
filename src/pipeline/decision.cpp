#include "pipeline/decision.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::pipeline {

void set_label(Face& face, std::span<const std::string> labels, std::size_t label,
               double min_confidence) {
  face.emotion = *emotion_from_string(labels[label]);
  face.confidence = face.probabilities[label];
  face.uncertain = face.confidence < min_confidence;
}

void set_most_probable_label(Face& face, std::span<const std::string> labels,
                             double min_confidence) {
  const auto best = std::ranges::max_element(face.probabilities);
  set_label(face, labels, static_cast<std::size_t>(best - face.probabilities.begin()),
            min_confidence);
}

void check_min_confidence(double min_confidence) {
  if (!(min_confidence >= 0 && min_confidence <= 1))
    throw Error(ErrorCode::kInvalidArgument,
                base::format("min_confidence is %g; it must be between 0 and 1", min_confidence));
}

}  // namespace mien::pipeline
