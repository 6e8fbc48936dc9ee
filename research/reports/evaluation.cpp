#include "reports/evaluation.hpp"

#include <algorithm>
#include <numeric>

#include "base/softmax.hpp"
#include "mien/error.hpp"

namespace mien::reports {
namespace {

const std::string kOwnLabels = "the labels";
const std::string kFerPlusLabels = "the FER+ majority";

/// [images] true and predicted emotion; -1 if the network has no output for the label.
struct Predictions {
  std::vector<int> truth, predicted;
};

Predictions predictions_of(const LabelSetEvaluation& e, std::size_t images) {
  Predictions out{std::vector<int>(images, -1), std::vector<int>(images, -1)};
  const auto emotion = [&](int label) {
    return static_cast<int>(*emotion_from_string(e.labels[static_cast<std::size_t>(label)]));
  };
  for (std::size_t i = 0; i < e.images.size(); ++i) {
    out.truth[e.images[i]] = emotion(e.truth[i]);
    out.predicted[e.images[i]] = emotion(e.predicted[i]);
  }
  return out;
}

/// Over the images that both models have a label for.
std::optional<metrics::PairedComparison> compare(const Predictions& first,
                                                 const Predictions& second,
                                                 const metrics::ReportOptions& options) {
  std::vector<int> one, other, truth;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < first.truth.size(); ++i) {
    if (first.truth[i] < 0 || second.truth[i] < 0) continue;
    chosen.push_back(i);
    one.push_back(first.predicted[i]);
    other.push_back(second.predicted[i]);
    truth.push_back(first.truth[i]);
  }
  if (truth.empty()) return std::nullopt;
  return metrics::compare_paired(one, other, truth, kEmotionCount + 1,
                                 metrics::options_for(options, chosen));
}

/// Over the images with a majority.
Predictions ferplus_predictions(const ModelEvaluation& model,
                                const std::vector<const datasets::Sample*>& images) {
  Predictions out{{}, model.ferplus_predicted};
  for (const datasets::Sample* sample : images) {
    const std::optional<Emotion> majority = metrics::ferplus_majority(sample->votes);
    out.truth.push_back(majority ? static_cast<int>(*majority) : -1);
  }
  return out;
}

}  // namespace

LabelSetEvaluation evaluate_labels(std::span<const float> logits, std::span<const int> truth,
                                   std::vector<std::string> labels, double temperature,
                                   const metrics::ReportOptions& options) {
  const std::size_t classes = labels.size();
  LabelSetEvaluation out{.labels = std::move(labels)};
  std::vector<float> known;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] < 0) continue;
    const auto row = logits.subspan(i * classes, classes);
    known.insert(known.end(), row.begin(), row.end());
    out.images.push_back(i);
    out.truth.push_back(truth[i]);
  }
  if (out.truth.empty())
    throw Error(ErrorCode::kInvalidArgument, "the model has no output for any label of the images");
  out.predicted = metrics::predictions(known, static_cast<int>(classes));
  out.probabilities = base::softmax(known, static_cast<int>(classes), temperature);
  out.scores = metrics::report(out.probabilities, out.truth, out.labels,
                               metrics::options_for(options, out.images));
  for (std::size_t c = 0; c < classes; ++c) {
    out.precision_recall.push_back(
        metrics::precision_recall_curve(out.probabilities, out.truth, static_cast<int>(c)));
    out.average_precision.push_back(metrics::average_precision(out.precision_recall.back()));
  }
  out.risk_coverage = metrics::risk_coverage_curve(out.probabilities, out.truth);
  out.aurc = metrics::area_under_risk_coverage(out.risk_coverage, out.truth.size());
  out.reliability = metrics::reliability_bins(out.probabilities, out.truth);
  const std::vector<float> before = base::softmax(known, static_cast<int>(classes), 1);
  out.reliability_before = metrics::reliability_bins(before, out.truth);
  out.ece_before = metrics::calibration_error(before, out.truth);
  std::vector<std::size_t> order(out.truth.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return out.confidence(a) < out.confidence(b);
  });
  out.least_certain.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                              kShownImages, order.size())));
  for (auto i = order.rbegin(); i != order.rend() && out.confident_mistakes.size() < kShownImages;
       ++i) {
    if (out.predicted[*i] != out.truth[*i]) out.confident_mistakes.push_back(*i);
  }
  return out;
}

std::optional<metrics::ClassificationReport> scores_without(const LabelSetEvaluation& e,
                                                            const std::vector<bool>& marked,
                                                            const metrics::ReportOptions& options) {
  std::vector<float> probabilities;
  std::vector<int> labels;
  std::vector<std::size_t> chosen;
  const std::size_t classes = e.labels.size();
  for (std::size_t i = 0; i < e.truth.size(); ++i) {
    if (marked[e.images[i]]) continue;
    chosen.push_back(e.images[i]);
    const auto row = std::span(e.probabilities).subspan(i * classes, classes);
    probabilities.insert(probabilities.end(), row.begin(), row.end());
    labels.push_back(e.truth[i]);
  }
  if (labels.empty() || labels.size() == e.truth.size()) return std::nullopt;
  return metrics::report(probabilities, labels, e.labels, metrics::options_for(options, chosen));
}

std::vector<Comparison> compare_models(const Evaluation& e, const metrics::ReportOptions& options) {
  std::vector<Comparison> out;
  const auto add = [&](std::size_t a, std::size_t b, const std::string& labels,
                       const std::optional<metrics::PairedComparison>& result) {
    if (result)
      out.push_back(
          {a, b, labels, *result, metrics::in_words(*result, e.models[a].name, e.models[b].name)});
  };
  for (std::size_t a = 0; a < e.models.size(); ++a) {
    for (std::size_t b = a + 1; b < e.models.size(); ++b) {
      const ModelEvaluation &first = e.models[a], &second = e.models[b];
      add(a, b, kOwnLabels,
          compare(predictions_of(first.own, e.images.size()),
                  predictions_of(second.own, e.images.size()), options));
      if (first.ferplus)
        add(a, b, kFerPlusLabels,
            compare(ferplus_predictions(first, e.images), ferplus_predictions(second, e.images),
                    options));
    }
  }
  return out;
}

std::vector<metrics::Slice> worst_slices(const metrics::Slicing& slicing, std::size_t max) {
  std::vector<metrics::Slice> slices = slicing.slices;
  if (slices.size() <= max) return slices;
  std::stable_sort(slices.begin(), slices.end(), [](const auto& a, const auto& b) {
    return a.accuracy.value - a.expected < b.accuracy.value - b.expected;
  });
  slices.resize(max);
  return slices;
}

}  // namespace mien::reports
