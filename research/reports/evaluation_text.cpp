#include "base/file.hpp"
#include "reports/evaluation.hpp"

namespace mien::reports {
namespace {

std::string robustness_text(const std::vector<RobustnessRow>& rows) {
  std::string out = "\naccuracy on disturbed pictures\n", kind;
  for (const RobustnessRow& row : rows) {
    out +=
        base::format("  %-14s %-10s %.3f (%.3f-%.3f)\n", row.kind == kind ? "" : row.kind.c_str(),
                     row.strength.c_str(), row.accuracy.value, row.accuracy.low, row.accuracy.high);
    kind = row.kind;
  }
  return out;
}

constexpr std::size_t kShownSlices = 12;

std::string slices_text(const std::vector<metrics::Slicing>& slicings) {
  std::string out =
      "\naccuracy of parts; 'expected': if each emotion went as well there as it does over all\n";
  for (const metrics::Slicing& slicing : slicings) {
    out += base::format("  %s: %s (%s)\n", slicing.name.c_str(),
                        slicing.p < 0.05 ? "the parts differ" : "the differences may be chance",
                        metrics::p_text(slicing.p).c_str());
    if (slicing.slices.size() > kShownSlices)
      out += base::format("    the %zu furthest below expectation, of %zu\n", kShownSlices,
                          slicing.slices.size());
    for (const metrics::Slice& s : telling_slices(slicing, kShownSlices)) {
      out += base::format("    %-26s %6llu  %.3f (%.3f-%.3f)  expected %.3f\n", s.name.c_str(),
                          static_cast<unsigned long long>(s.count), s.accuracy.value,
                          s.accuracy.low, s.accuracy.high, s.expected);
    }
  }
  return out;
}

std::string model_text(const ModelEvaluation& m, const Evaluation& e) {
  std::string out = base::format(
      "%s on %s, %s, %s, run by %s\n\n", m.path.c_str(), e.data.c_str(), e.split.c_str(),
      e.views == "flip" ? "mean of picture and mirror image" : "single view", m.runtime.c_str());
  if (m.unknown_labels > 0)
    out +=
        base::format("%zu pictures have a label that the model does not know and are left out\n\n",
                     m.unknown_labels);
  out += metrics::to_text(m.own.scores);
  const metrics::RiskCoveragePoint tenth = metrics::coverage_at_risk(m.own.risk_coverage, 0.1);
  out += base::format(
      "\narea under the risk-coverage curve %.4f; one in ten wrong at most on the surest %.0f %% "
      "of the pictures (confidence from %.2f)\n",
      m.own.aurc, 100 * tenth.coverage, tenth.confidence);
  if (m.without_seen) {
    const metrics::ClassificationReport& r = *m.without_seen;
    out += base::format(
        "\nwithout the %zu pictures that equal a training picture (%zu left):\n  accuracy %.4f "
        "(%.4f to %.4f), macro F1 %.4f (%.4f to %.4f)\n",
        e.seen_in_training, static_cast<std::size_t>(r.count), r.accuracy.value, r.accuracy.low,
        r.accuracy.high, r.macro_f1.value, r.macro_f1.low, r.macro_f1.high);
  }
  if (m.ferplus) out += "\nagainst the FER+ votes\n\n" + metrics::to_text(*m.ferplus);
  if (!m.slicings.empty()) out += slices_text(m.slicings);
  if (!m.robustness.empty()) out += robustness_text(m.robustness);
  return out;
}

std::string row(const std::string& name, const metrics::ClassificationReport& r) {
  return base::format("%-24s %6llu  %.3f (%.3f-%.3f)  %.3f (%.3f-%.3f)  %.3f (%.3f-%.3f)\n",
                      name.c_str(), static_cast<unsigned long long>(r.count), r.accuracy.value,
                      r.accuracy.low, r.accuracy.high, r.macro_f1.value, r.macro_f1.low,
                      r.macro_f1.high, r.ece.value, r.ece.low, r.ece.high);
}

/// Models side by side: a line each, then what the tests say. The page and the JSON tell the rest.
std::string comparison_text(const Evaluation& e) {
  std::string out = base::format(
      "%s, %s, %zu pictures, %s\n\n", e.data.c_str(), e.split.c_str(), e.pictures.size(),
      e.views == "flip" ? "mean of picture and mirror image" : "single view");
  out +=
      "model                  pictures  accuracy             macro F1             calibration "
      "error\n";
  for (const ModelEvaluation& m : e.models) {
    out += row(m.name, m.own.scores);
    if (m.without_seen) out += row("  not seen in training", *m.without_seen);
    if (m.ferplus) out += row("  FER+ majority", m.ferplus->majority);
  }
  out += "\n";
  for (const ModelEvaluation& m : e.models)
    out += m.name + ": " + m.path + ", run by " + m.runtime + "\n";
  for (const Comparison& c : e.comparisons) out += "\nBy " + c.labels + ": " + c.words + "\n";
  for (const ModelEvaluation& m : e.models) {
    if (!m.slicings.empty()) out += "\n" + m.name + slices_text(m.slicings);
    if (!m.robustness.empty()) out += "\n" + m.name + robustness_text(m.robustness);
  }
  return out;
}

}  // namespace

std::string to_text(const Evaluation& e) {
  return e.models.size() == 1 ? model_text(e.models[0], e) : comparison_text(e);
}

}  // namespace mien::reports
