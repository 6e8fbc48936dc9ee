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
#include "reports/history.hpp"

// What `mien evaluate` finds out, and its three forms: a page for people, JSON for machines, a text
// for the terminal.
namespace mien::reports {

inline constexpr std::size_t kShownPictures = 24;

/// One set of labels, what a network says of its pictures, and what follows from both.
struct LabelSetEvaluation {
  std::vector<std::string> labels;  ///< [classes]
  std::vector<std::size_t>
      pictures;                ///< [n] indices of the pictures with a label that the network knows
  std::vector<int> truth;      ///< [n]
  std::vector<int> predicted;  ///< [n]
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
      confident_mistakes;  ///< of [n], the surest first, at most kShownPictures
  std::vector<std::size_t>
      least_certain;  ///< of [n], the smallest largest probability first, at most kShownPictures

  double confidence(std::size_t i) const {
    return probabilities[i * labels.size() + static_cast<std::size_t>(predicted[i])];
  }
};

/// Accuracy under one disturbance of the pictures.
struct RobustnessRow {
  std::string kind;      ///< "blur"
  std::string strength;  ///< "2 px"
  metrics::Score accuracy;
  double macro_f1 = 0;
};

struct ModelEvaluation {
  std::string name;  ///< short, another for each model
  std::string path;
  std::string runtime;
  double temperature = 1;
  std::size_t unknown_labels =
      0;                   ///< pictures of a class that the network has no output for: left out
  LabelSetEvaluation own;  ///< the labels of the data
  std::optional<metrics::ClassificationReport>
      without_seen;  ///< without the pictures that equal a training picture
  std::optional<metrics::FerPlusReport> ferplus;
  std::vector<int> ferplus_predicted;  ///< [pictures] as Emotion; empty without votes
  std::vector<metrics::Slicing> slicings;
  std::vector<RobustnessRow> robustness;
};

struct Comparison {
  std::size_t first = 0, second = 0;  ///< models
  std::string labels;                 ///< "the labels" or "the FER+ majority"
  metrics::PairedComparison result;
  std::string words;
};

struct Evaluation {
  std::string data, split, views;
  std::vector<const datasets::Sample*> pictures;  ///< of the split
  std::size_t seen_in_training = 0;
  std::vector<ModelEvaluation> models;
  std::vector<Comparison> comparisons;  ///< every model with every other
  std::vector<RunHistory> histories;
};

// Groups in the options of what follows are of all pictures, also those without a label.

/// Logits [n, classes] and truth [n] as an index of `labels`, or -1 for a picture left out. Throws
/// Error kInvalidArgument where none is left.
LabelSetEvaluation evaluate_labels(std::span<const float> logits, std::span<const int> truth,
                                   std::vector<std::string> labels, double temperature,
                                   const metrics::ReportOptions& options);

/// The scores without the pictures that are marked, [Evaluation::pictures]; nothing where those are
/// none or all.
std::optional<metrics::ClassificationReport> scores_without(const LabelSetEvaluation& evaluation,
                                                            const std::vector<bool>& marked,
                                                            const metrics::ReportOptions& options);

/// Every model with every other, on the pictures whose label both know.
std::vector<Comparison> compare_models(const Evaluation& evaluation,
                                       const metrics::ReportOptions& options);

/// The slices as they are where they are at most `most`; else those furthest below what was to be
/// expected, that first.
std::vector<metrics::Slice> telling_slices(const metrics::Slicing& slicing, std::size_t most);

/// One model: its report's keys at the top and the rest after them. Several: {"models": [such
/// objects], "comparisons": […]}. docs/evaluation.schema.json describes both.
std::string to_json(const Evaluation& evaluation);

std::string to_text(const Evaluation& evaluation);

enum class Faces { kShown, kLeftOut };

/// One HTML file with everything in it. Throws as plots::draw_svg does.
std::string to_page(const Evaluation& evaluation, Faces faces);

/// Tables for a model card in Markdown: the scores, and how they differ between parts of the
/// pictures.
std::string to_card(const Evaluation& evaluation);

}  // namespace mien::reports
