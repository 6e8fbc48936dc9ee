#include "mien/baseline.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "base/json.hpp"
#include "mien/error.hpp"
#include "pipeline/decision.hpp"

namespace mien {
namespace {

constexpr const char* kFormat = "mien-baseline-1";
constexpr double kMinProbability = 1e-6;  // a probability of 0 must not decide the mean alone
constexpr std::size_t kMaxFileBytes = 1 << 20;

void check_size(std::size_t probabilities, std::size_t labels) {
  if (probabilities != labels)
    throw Error(ErrorCode::kInvalidArgument,
                base::format("baseline: %zu probabilities but %zu labels", probabilities, labels));
}

double log_of(float probability) {
  return std::log(std::max<double>(probability, kMinProbability));
}

}  // namespace

Baseline::Baseline(std::vector<std::string> labels)
    : labels_(std::move(labels)), sums_(labels_.size()) {
  for (const std::string& label : labels_) {
    if (!emotion_from_string(label))
      throw Error(ErrorCode::kInvalidArgument, "baseline: unknown label '" + label + "'");
  }
}

void Baseline::add(std::span<const float> probabilities, double weight) {
  check_size(probabilities.size(), labels_.size());
  if (!(weight >= 0 && std::isfinite(weight)))
    throw Error(ErrorCode::kInvalidArgument,
                base::format("baseline: weight is %g; it must be 0 or more", weight));
  for (std::size_t c = 0; c < sums_.size(); ++c) sums_[c] += weight * log_of(probabilities[c]);
  weight_ += weight;
}

void Baseline::decay(double factor) {
  if (!(factor >= 0 && factor <= 1))
    throw Error(ErrorCode::kInvalidArgument,
                base::format("baseline: factor is %g; it must be between 0 and 1", factor));
  for (double& sum : sums_) sum *= factor;
  weight_ *= factor;
}

std::vector<float> Baseline::apply(std::span<const float> probabilities, double strength) const {
  check_size(probabilities.size(), labels_.size());
  if (weight_ <= 0) return {probabilities.begin(), probabilities.end()};
  std::vector<double> logs;
  for (std::size_t c = 0; c < sums_.size(); ++c)
    logs.push_back(log_of(probabilities[c]) - strength * sums_[c] / weight_);
  const double maximum = *std::ranges::max_element(logs);
  double total = 0;
  for (double& value : logs) total += value = std::exp(value - maximum);
  std::vector<float> out;
  for (const double value : logs) out.push_back(static_cast<float>(value / total));
  return out;
}

Face Baseline::apply(Face face, double strength, double min_confidence) const {
  face.probabilities = apply(face.probabilities, strength);
  pipeline::set_most_probable_label(face, labels_, min_confidence);
  return face;
}

void Baseline::save(const std::filesystem::path& path) const {
  base::Json out = {{"format", kFormat}, {"labels", labels_}, {"weight", weight_}};
  base::Json& means = out["mean_log_probabilities"] = base::Json::array();
  for (const double sum : sums_) means.push_back(weight_ > 0 ? sum / weight_ : 0);
  base::write_file(path, base::to_text(out) + "\n");
}

Baseline Baseline::load(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kBadFormat, path.string() + ": " + what);
  };
  const base::Json file =
      base::Json::parse(base::read_text(path, kMaxFileBytes), nullptr, /*allow_exceptions=*/false);
  if (!file.is_object() || file.value("format", base::Json()) != kFormat)
    fail("not a baseline; write one with Baseline::save");
  try {
    Baseline out(file.at("labels").get<std::vector<std::string>>());
    const auto means = file.at("mean_log_probabilities").get<std::vector<double>>();
    out.weight_ = file.at("weight").get<double>();
    if (means.size() != out.labels_.size() || means.empty())
      fail(base::format("%zu mean_log_probabilities but %zu labels", means.size(),
                        out.labels_.size()));
    if (!(out.weight_ >= 0 && std::isfinite(out.weight_))) fail("weight must be 0 or more");
    for (std::size_t c = 0; c < means.size(); ++c) {
      if (!(means[c] <= 0 && std::isfinite(means[c])))
        fail("mean_log_probabilities must be 0 or less");
      out.sums_[c] = means[c] * out.weight_;
    }
    return out;
  } catch (const base::Json::exception& error) {
    fail(error.what());
  }
  throw Error(ErrorCode::kBadFormat, path.string());  // not reached: fail throws
}

}  // namespace mien
