#include "base/file.hpp"
#include "reports/evaluation.hpp"

namespace mien::reports {
namespace {

constexpr std::size_t kShownSlices = 12;

std::string percent(const metrics::Score& s) {
  return base::format("%.1f (%.1f to %.1f)", 100 * s.value, 100 * s.low, 100 * s.high);
}
std::string number(const metrics::Score& s) {
  return base::format("%.3f (%.3f to %.3f)", s.value, s.low, s.high);
}

std::string score_row(const std::string& what, const metrics::ClassificationReport& r) {
  return base::format("| %s | %llu | %s | %s | %s |\n", what.c_str(),
                      static_cast<unsigned long long>(r.count), percent(r.accuracy).c_str(),
                      number(r.macro_f1).c_str(), number(r.ece).c_str());
}

std::string model_card(const ModelEvaluation& m, const Evaluation& e) {
  std::string out =
      "| " + e.split +
      " | images | accuracy, % | macro F1 | calibration error |\n|---|---|---|---|---|\n" +
      score_row(e.views == "flip" ? "averaged with the mirror image" : "single view", m.own.scores);
  if (m.without_seen)
    out +=
        score_row(base::format("without the %zu that equal a Training image", e.seen_in_training),
                  *m.without_seen);
  if (m.ferplus) out += score_row("FER+ majority, eight classes", m.ferplus->majority);
  out += "\n| class | images | precision | recall | F1 |\n|---|---|---|---|---|\n";
  for (const metrics::ClassScores& c : m.own.scores.per_class) {
    out += base::format("| %s | %llu | %s | %s | %s |\n", c.name.c_str(),
                        static_cast<unsigned long long>(c.support), number(c.precision).c_str(),
                        number(c.recall).c_str(), number(c.f1).c_str());
  }
  if (!m.slicings.empty()) {
    out +=
        "\nAccuracy of slices of the images. 'Expected': if each emotion were recognized as well "
        "in the "
        "slice as overall.\n\n| slice | images | accuracy, % | expected, % "
        "|\n|---|---|---|---|\n";
  }
  for (const metrics::Slicing& slicing : m.slicings) {
    out += base::format("| **%s**: %s, %s | | | |\n", slicing.name.c_str(),
                        slicing.p < 0.05 ? "the slices differ" : "the differences may be chance",
                        metrics::p_text(slicing.p).c_str());
    if (slicing.slices.size() > kShownSlices)
      out += base::format("| the %zu of %zu furthest below expectation | | | |\n", kShownSlices,
                          slicing.slices.size());
    for (const metrics::Slice& s : worst_slices(slicing, kShownSlices)) {
      out += base::format("| %s | %llu | %s | %.1f |\n", s.name.c_str(),
                          static_cast<unsigned long long>(s.count), percent(s.accuracy).c_str(),
                          100 * s.expected);
    }
  }
  if (!m.robustness.empty())
    out += "\n| corruption | strength | accuracy, % | macro F1 |\n|---|---|---|---|\n";
  for (const RobustnessRow& row : m.robustness) {
    out += base::format("| %s | %s | %s | %.3f |\n", row.kind.c_str(), row.strength.c_str(),
                        percent(row.accuracy).c_str(), row.macro_f1);
  }
  return out;
}

}  // namespace

std::string to_card(const Evaluation& e) {
  std::string out;
  for (const ModelEvaluation& m : e.models)
    out += (out.empty() ? "" : "\n") + ("### " + m.name + "\n\n") + model_card(m, e);
  return out;
}

}  // namespace mien::reports
