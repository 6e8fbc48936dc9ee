#include "evaluation/subject_baseline.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/softmax.hpp"
#include "mien/error.hpp"

namespace mien::evaluation {

std::vector<float> subtract_subject_means(std::span<const float> logits, int classes,
                                          double temperature, std::span<const int> subjects) {
  const auto width = static_cast<std::size_t>(std::max(classes, 0));
  if (width == 0 || logits.size() != subjects.size() * width)
    throw Error(ErrorCode::kInvalidArgument, "the numbers of logits and subjects do not match");
  constexpr float kMinProbability = 1e-7F;
  std::vector<float> out = base::softmax(logits, classes, temperature);
  for (float& value : out) value = std::log(std::max(value, kMinProbability));
  struct Sum {
    std::vector<double> values;
    double count = 0;
  };
  std::map<int, Sum> sums;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    Sum& sum = sums[subjects[i]];
    sum.values.resize(width);
    for (std::size_t c = 0; c < width; ++c) sum.values[c] += out[i * width + c];
    ++sum.count;
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const Sum& sum = sums[subjects[i]];
    for (std::size_t c = 0; c < width; ++c)
      out[i * width + c] -= static_cast<float>(sum.values[c] / sum.count);
  }
  return out;
}

}  // namespace mien::evaluation
