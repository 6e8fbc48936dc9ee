#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "metrics/calibration.hpp"
#include "metrics/curves.hpp"
#include "metrics/ferplus.hpp"
#include "metrics/paired.hpp"
#include "metrics/report.hpp"
#include "metrics/slices.hpp"
#include "plots/history.hpp"

// Results of `mien evaluate`, as an HTML page, JSON, text and model card.
namespace mien::reports {

inline constexpr std::size_t kShownImages = 24;

/// Predictions of one network for one label set, and the scores.
struct LabelSetEvaluation {
  std::vector<std::string> labels;  ///< [classes]
  std::vector<std::size_t>
      images;              ///< [n] indices of the images whose label the network has an output for
  std::vector<int> truth;  ///< [n]
  std::vector<int> predicted;        ///< [n]
  std::vector<float> probabilities;  ///< [n, classes], calibrated
  metrics::ClassificationReport scores;
  std::vector<double> average_precision;                                     ///< [classes]
  std::vector<std::vector<metrics::PrecisionRecallPoint>> precision_recall;  ///< [classes]
  std::vector<metrics::RiskCoveragePoint> risk_coverage;
  double aurc = 0;
  std::vector<metrics::ReliabilityBin> reliability;         ///< of the calibrated probabilities
  std::vector<metrics::ReliabilityBin> reliability_before;  ///< at temperature 1
  double ece_before = 0;
  std::vector<std::size_t>
      confident_mistakes;  ///< indices into [n] by descending confidence, at most kShownImages
  std::vector<std::size_t>
      least_certain;  ///< indices into [n] by ascending confidence, at most kShownImages

  double confidence(std::size_t i) const {
    return probabilities[i * labels.size() + static_cast<std::size_t>(predicted[i])];
  }
};

/// Scores under one corruption.
struct RobustnessRow {
  std::string kind;      ///< "blur"
  std::string strength;  ///< "2 px"
  metrics::Score accuracy;
  double macro_f1 = 0;
};

struct ModelEvaluation {
  std::string name;  ///< short and unique
  std::string path;
  std::string runtime;
  double temperature = 1;
  std::size_t unknown_labels = 0;  ///< images whose label the network has no output for; left out
  LabelSetEvaluation own;          ///< the labels of the data
  std::optional<metrics::ClassificationReport>
      without_seen;  ///< without the images that equal a training image
  std::optional<metrics::FerPlusReport> ferplus;
  std::vector<int> ferplus_predicted;  ///< [images] as Emotion; empty without votes
  std::vector<metrics::Slicing> slicings;
  std::vector<RobustnessRow> robustness;
};

struct Comparison {
  std::size_t first = 0, second = 0;  ///< indices of models
  std::string labels;                 ///< "the labels" or "the FER+ majority"
  metrics::PairedComparison result;
  std::string words;
};

struct Evaluation {
  std::string data, split, views;
  std::vector<const datasets::Sample*> images;  ///< of the split
  std::size_t seen_in_training = 0;
  std::vector<ModelEvaluation> models;
  std::vector<Comparison> comparisons;  ///< all pairs of models
  std::vector<plots::RunHistory> histories;
};

// ReportOptions::groups below cover all images, also those without a label.

/// Logits [n, classes] and truth [n] as an index into `labels`, or -1 to leave an image out. Throws
/// Error kInvalidArgument if no image remains.
LabelSetEvaluation evaluate_labels(std::span<const float> logits, std::span<const int> truth,
                                   std::vector<std::string> labels, double temperature,
                                   const metrics::ReportOptions& options);

/// The scores without the images in `marked` [Evaluation::images]; empty if it marks none or all.
std::optional<metrics::ClassificationReport> scores_without(const LabelSetEvaluation& evaluation,
                                                            const std::vector<bool>& marked,
                                                            const metrics::ReportOptions& options);

/// Compares all pairs of models, on the images whose label both have an output for.
std::vector<Comparison> compare_models(const Evaluation& evaluation,
                                       const metrics::ReportOptions& options);

/// All slices if there are at most `max`, else the `max` slices furthest below their expected
/// accuracy, worst first.
std::vector<metrics::Slice> worst_slices(const metrics::Slicing& slicing, std::size_t max);

/// JSON as described by docs/evaluation.schema.json: one object for one model, else {"models": […],
/// "comparisons": […]}.
base::Json to_json(const Evaluation& evaluation);

std::string to_text(const Evaluation& evaluation);

enum class Faces { kShown, kLeftOut };

/// A self-contained HTML page. Throws as plots::draw_svg does.
std::string to_page(const Evaluation& evaluation, Faces faces);

/// Markdown tables for a model card: scores, slices, robustness.
std::string to_card(const Evaluation& evaluation);

}  // namespace mien::reports
