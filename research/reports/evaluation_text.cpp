#include "base/file.hpp"
#include "reports/evaluation.hpp"

namespace mien::reports {
namespace {

std::string robustness_text(const std::vector<RobustnessRow>& rows) {
  std::string out = "\naccuracy on corrupted images\n", kind;
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
      "\naccuracy of slices; 'expected': if each emotion were recognized as well in the slice as "
      "overall\n";
  for (const metrics::Slicing& slicing : slicings) {
    out += base::format("  %s: %s (%s)\n", slicing.name.c_str(),
                        slicing.p < 0.05 ? "the slices differ" : "the differences may be chance",
                        metrics::p_text(slicing.p).c_str());
    if (slicing.slices.size() > kShownSlices)
      out += base::format("    the %zu of %zu furthest below expectation\n", kShownSlices,
                          slicing.slices.size());
    for (const metrics::Slice& s : worst_slices(slicing, kShownSlices)) {
      out += base::format("    %-26s %6llu  %.3f (%.3f-%.3f)  expected %.3f\n", s.name.c_str(),
                          static_cast<unsigned long long>(s.count), s.accuracy.value,
                          s.accuracy.low, s.accuracy.high, s.expected);
    }
  }
  return out;
}

std::string model_text(const ModelEvaluation& m, const Evaluation& e) {
  std::string out = base::format(
      "%s on %s, %s, %s, runtime: %s\n\n", m.path.c_str(), e.data.c_str(), e.split.c_str(),
      e.views == "flip" ? "averaged with the mirror image" : "single view", m.runtime.c_str());
  if (m.unknown_labels > 0)
    out += base::format("%zu images were left out: the model has no output for their label\n\n",
                        m.unknown_labels);
  out += metrics::to_text(m.own.scores);
  const metrics::RiskCoveragePoint tenth = metrics::coverage_at_risk(m.own.risk_coverage, 0.1);
  out += base::format(
      "\narea under the risk-coverage curve %.4f; at most 10 %% errors among the %.0f %% of the "
      "images with the highest confidence (from %.2f)\n",
      m.own.aurc, 100 * tenth.coverage, tenth.confidence);
  if (m.without_seen) {
    const metrics::ClassificationReport& r = *m.without_seen;
    out += base::format(
        "\nwithout the %zu images that equal a training image (%zu left):\n  accuracy %.4f "
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

/// One line per model, then the comparisons. The page and the JSON have the details.
std::string comparison_text(const Evaluation& e) {
  std::string out =
      base::format("%s, %s, %zu images, %s\n\n", e.data.c_str(), e.split.c_str(), e.images.size(),
                   e.views == "flip" ? "averaged with the mirror image" : "single view");
  out +=
      "model                  images  accuracy             macro F1             calibration "
      "error\n";
  for (const ModelEvaluation& m : e.models) {
    out += row(m.name, m.own.scores);
    if (m.without_seen) out += row("  not seen in training", *m.without_seen);
    if (m.ferplus) out += row("  FER+ majority", m.ferplus->majority);
  }
  out += "\n";
  for (const ModelEvaluation& m : e.models)
    out += m.name + ": " + m.path + ", runtime: " + m.runtime + "\n";
  for (const Comparison& c : e.comparisons) out += "\nAgainst " + c.labels + ": " + c.words + "\n";
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
