#pragma once

#include <optional>
#include <vector>

#include "plots/figure.hpp"
#include "reports/evaluation.hpp"

// The figures of an evaluation's page.
namespace mien::reports {

plots::Figure confusion_figure(const metrics::ClassificationReport& scores);
/// Precision, recall and F1 of each class with their intervals.
plots::Figure class_figure(const metrics::ClassificationReport& scores);
plots::Figure precision_recall_figure(const LabelSetEvaluation& e);
/// Before and after calibration; one panel where the temperature is 1.
plots::Figure reliability_figure(const ModelEvaluation& model);
/// All models in one panel.
plots::Figure risk_coverage_figure(const std::vector<ModelEvaluation>& models);
/// F1 of each class, one bar a model; the classes of the first model.
plots::Figure compared_classes_figure(const std::vector<ModelEvaluation>& models);
/// One panel a kind of disturbance, one line a model.
plots::Figure robustness_figure(const std::vector<ModelEvaluation>& models);
/// One panel a way to part the pictures.
plots::Figure slices_figure(const std::vector<metrics::Slicing>& slicings);
/// Loss, accuracy and macro F1 by epoch, of training and validation.
plots::Figure training_figure(const RunHistory& history);

}  // namespace mien::reports
