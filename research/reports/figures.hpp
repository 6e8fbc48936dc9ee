#pragma once

#include <optional>
#include <vector>

#include "plots/figure.hpp"
#include "reports/evaluation.hpp"

// Figures of the evaluation page.
namespace mien::reports {

plots::Figure confusion_figure(const metrics::ClassificationReport& scores);
/// Precision, recall and F1 of each class with intervals.
plots::Figure class_figure(const metrics::ClassificationReport& scores);
plots::Figure precision_recall_figure(const LabelSetEvaluation& e);
/// Before and after calibration; one panel if the temperature is 1.
plots::Figure reliability_figure(const ModelEvaluation& model);
/// All models in one panel.
plots::Figure risk_coverage_figure(const std::vector<ModelEvaluation>& models);
/// F1 by class of the first model, one bar per model.
plots::Figure compared_classes_figure(const std::vector<ModelEvaluation>& models);
/// One panel per kind of corruption, one line per model.
plots::Figure robustness_figure(const std::vector<ModelEvaluation>& models);
/// One panel per slicing.
plots::Figure slices_figure(const std::vector<metrics::Slicing>& slicings);

}  // namespace mien::reports
