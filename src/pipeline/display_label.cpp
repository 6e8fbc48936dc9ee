#include <utility>

#include "base/text.hpp"
#include "mien/analyzer.hpp"

namespace mien {

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
