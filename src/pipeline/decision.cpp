#include "pipeline/decision.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien {

namespace pipeline {

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

}  // namespace pipeline

std::string_view display_label(const Face& face) {
  return face.uncertain ? "unclear" : to_string(face.emotion);
}

std::string display_label(const Face& face, std::span<const std::string> labels) {
  const auto print = [](std::string_view label, float probability) {
    return std::string(label) + base::format(" %.0f %%", 100 * probability);
  };
  if (!face.uncertain) return print(to_string(face.emotion), face.confidence);
  std::size_t first = 0, second = labels.size();
  for (std::size_t c = 1; c < labels.size(); ++c) {
    if (face.probabilities[c] > face.probabilities[first])
      second = std::exchange(first, c);
    else if (second == labels.size() || face.probabilities[c] > face.probabilities[second])
      second = c;
  }
  std::string out = "unclear: " + print(labels[first], face.probabilities[first]);
  if (second < labels.size()) out += ", " + print(labels[second], face.probabilities[second]);
  return out;
}

std::string_view answer(const Face& face) {
  return face.uncertain ? "uncertain" : to_string(face.emotion);
}

}  // namespace mien
