#include "base/json.hpp"
#include "reports/evaluation.hpp"

namespace mien::reports {
namespace {

using base::Json;
using base::rounded;

constexpr int kDecimals = 6;
/// Maximum number of points per curve.
constexpr std::size_t kCurvePoints = 200;

template <class Items>
Json list(const Items& items, const auto& write) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(write(item));
  return out;
}

/// Every k-th item, and the last one.
template <class Item>
std::vector<Item> thinned(const std::vector<Item>& items) {
  const std::size_t step = items.size() / kCurvePoints + 1;
  std::vector<Item> out;
  for (std::size_t i = 0; i < items.size(); i += step) out.push_back(items[i]);
  if (!items.empty() && (items.size() - 1) % step != 0) out.push_back(items.back());
  return out;
}

Json bins(const std::vector<metrics::ReliabilityBin>& reliability) {
  return list(reliability, [](const metrics::ReliabilityBin& b) {
    return Json{{"low", rounded(b.low, kDecimals)},
                {"high", rounded(b.high, kDecimals)},
                {"count", b.count},
                {"confidence", rounded(b.confidence, kDecimals)},
                {"accuracy", rounded(b.accuracy, kDecimals)}};
  });
}

Json point(double x, double y, double z) {
  return Json::array({rounded(x, kDecimals), rounded(y, kDecimals), rounded(z, kDecimals)});
}

void add_curves(Json& out, const LabelSetEvaluation& e) {
  out["average_precision"] =
      list(e.average_precision, [](double value) { return rounded(value, kDecimals); });
  out["precision_recall"] = list(e.precision_recall, [](const auto& curve) {
    return list(thinned(curve), [](const metrics::PrecisionRecallPoint& p) {
      return point(p.threshold, p.precision, p.recall);
    });
  });
  out["aurc"] = rounded(e.aurc, kDecimals);
  out["risk_coverage"] = list(thinned(e.risk_coverage), [](const metrics::RiskCoveragePoint& p) {
    return point(p.confidence, p.coverage, p.risk);
  });
  out["reliability"] = bins(e.reliability);
  out["reliability_before"] = bins(e.reliability_before);
  out["ece_before"] = rounded(e.ece_before, kDecimals);
}

Json image_list(const LabelSetEvaluation& e, const std::vector<std::size_t>& chosen,
                const std::vector<const datasets::Sample*>& images) {
  return list(chosen, [&](std::size_t i) {
    return Json{{"picture", e.images[i]},
                {"row", images[e.images[i]]->row},
                {"label", e.labels[static_cast<std::size_t>(e.truth[i])]},
                {"prediction", e.labels[static_cast<std::size_t>(e.predicted[i])]},
                {"confidence", rounded(e.confidence(i), 4)}};
  });
}

Json slicings(const std::vector<metrics::Slicing>& all) {
  return list(all, [](const metrics::Slicing& slicing) {
    return Json{{"by", slicing.name},
                {"p", rounded(slicing.p, kDecimals)},
                {"parts", list(slicing.slices, [](const metrics::Slice& s) {
                   return Json{{"name", s.name},
                               {"count", s.count},
                               {"accuracy", metrics::to_json(s.accuracy)},
                               {"expected", rounded(s.expected, kDecimals)}};
                 })}};
  });
}

Json model_json(const ModelEvaluation& m, const Evaluation& e) {
  Json out = metrics::to_json(m.own.scores);
  out["model"] = m.path;
  out["name"] = m.name;
  out["runtime"] = m.runtime;
  out["temperature"] = m.temperature;
  out["data"] = e.data;
  out["split"] = e.split;
  out["views"] = e.views;
  out["unknown_labels"] = m.unknown_labels;
  out["seen_in_training"] = e.seen_in_training;
  if (m.without_seen) out["without_seen"] = metrics::to_json(*m.without_seen);
  if (m.ferplus) out["ferplus"] = metrics::to_json(*m.ferplus);
  add_curves(out, m.own);
  out["confident_mistakes"] = image_list(m.own, m.own.confident_mistakes, e.images);
  out["least_certain"] = image_list(m.own, m.own.least_certain, e.images);
  if (!m.slicings.empty()) out["slices"] = slicings(m.slicings);
  if (!m.robustness.empty()) {
    out["robustness"] = list(m.robustness, [](const RobustnessRow& row) {
      return Json{{"kind", row.kind},
                  {"strength", row.strength},
                  {"accuracy", metrics::to_json(row.accuracy)},
                  {"macro_f1", rounded(row.macro_f1, kDecimals)}};
    });
  }
  return out;
}

Json comparison_json(const Comparison& c, const Evaluation& e) {
  const metrics::PairedComparison& r = c.result;
  return {{"first", e.models[c.first].name},
          {"second", e.models[c.second].name},
          {"labels", c.labels},
          {"count", r.count},
          {"accuracy_difference", metrics::to_json(r.accuracy)},
          {"macro_f1_difference", metrics::to_json(r.macro_f1)},
          {"mcnemar",
           {{"only_first", r.test.only_first},
            {"only_second", r.test.only_second},
            {"exact_p", r.test.exact_p},
            {"mid_p", r.test.mid_p}}},
          {"accuracy_differs", r.accuracy_differs()},
          {"macro_f1_differs", r.macro_f1_differs()},
          {"words", c.words}};
}

}  // namespace

base::Json to_json(const Evaluation& e) {
  if (e.models.size() == 1) return model_json(e.models[0], e);
  return {{"models", list(e.models, [&](const ModelEvaluation& m) { return model_json(m, e); })},
          {"comparisons",
           list(e.comparisons, [&](const Comparison& c) { return comparison_json(c, e); })}};
}

}  // namespace mien::reports
