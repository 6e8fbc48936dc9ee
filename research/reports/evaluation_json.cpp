#include <functional>

#include "base/file.hpp"
#include "reports/evaluation.hpp"

namespace mien::reports {
namespace {

/// Maximum number of points per curve.
constexpr std::size_t kCurvePoints = 200;

std::string json(const metrics::Score& score) {
  return base::format("{\"value\": %.6g, \"low\": %.6g, \"high\": %.6g}", score.value, score.low,
                      score.high);
}

template <class Items>
std::string list(const Items& items, const auto& write) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + std::string(write(item));
  return "[" + out + "]";
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

std::string bins(const std::vector<metrics::ReliabilityBin>& reliability) {
  return list(reliability, [](const metrics::ReliabilityBin& b) {
    return base::format(
        "{\"low\": %.4g, \"high\": %.4g, \"count\": %zu, \"confidence\": %.6g, \"accuracy\": %.6g}",
        b.low, b.high, b.count, b.confidence, b.accuracy);
  });
}

std::string curves(const LabelSetEvaluation& e) {
  std::string out = ", \"average_precision\": " +
                    list(e.average_precision, [](double ap) { return base::format("%.6g", ap); });
  out += ",\n\"precision_recall\": " + list(e.precision_recall, [](const auto& curve) {
           return "\n  " + list(thinned(curve), [](const metrics::PrecisionRecallPoint& p) {
                    return base::format("[%.5g, %.5g, %.5g]", p.threshold, p.precision, p.recall);
                  });
         });
  out += base::format(",\n\"aurc\": %.6g, \"risk_coverage\": ", e.aurc) +
         list(thinned(e.risk_coverage), [](const metrics::RiskCoveragePoint& p) {
           return base::format("[%.5g, %.5g, %.5g]", p.confidence, p.coverage, p.risk);
         });
  return out + ",\n\"reliability\": " + bins(e.reliability) +
         ",\n\"reliability_before\": " + bins(e.reliability_before) +
         base::format(", \"ece_before\": %.6g", e.ece_before);
}

std::string image_list(const LabelSetEvaluation& e, const std::vector<std::size_t>& chosen,
                       const std::vector<const datasets::Sample*>& images) {
  return list(chosen, [&](std::size_t i) {
    return base::format(
        "{\"picture\": %zu, \"row\": %d, \"label\": \"%s\", \"prediction\": \"%s\", "
        "\"confidence\": %.4g}",
        e.images[i], images[e.images[i]]->row,
        e.labels[static_cast<std::size_t>(e.truth[i])].c_str(),
        e.labels[static_cast<std::size_t>(e.predicted[i])].c_str(), e.confidence(i));
  });
}

std::string slicings(const std::vector<metrics::Slicing>& all) {
  return list(all, [](const metrics::Slicing& slicing) {
    return "\n  {\"by\": " + base::json_quote(slicing.name) +
           base::format(", \"p\": %.4g, \"parts\": ", slicing.p) +
           list(slicing.slices,
                [](const metrics::Slice& s) {
                  return "\n    {\"name\": " + base::json_quote(s.name) +
                         base::format(", \"count\": %llu, \"accuracy\": ",
                                      static_cast<unsigned long long>(s.count)) +
                         json(s.accuracy) + base::format(", \"expected\": %.6g}", s.expected);
                }) +
           "}";
  });
}

std::string model_json(const ModelEvaluation& m, const Evaluation& e) {
  // The report's own keys come first.
  std::string out = metrics::to_json(m.own.scores);
  out.erase(out.find_last_of('}'));
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  out += ", \"model\": " + base::json_quote(m.path) + ", \"name\": " + base::json_quote(m.name) +
         ", \"runtime\": " + base::json_quote(m.runtime) +
         base::format(", \"temperature\": %.6g", m.temperature) +
         ", \"data\": " + base::json_quote(e.data) + ", \"split\": " + base::json_quote(e.split) +
         ", \"views\": " + base::json_quote(e.views) +
         base::format(", \"unknown_labels\": %zu, \"seen_in_training\": %zu", m.unknown_labels,
                      e.seen_in_training);
  if (m.without_seen) out += ", \"without_seen\": " + metrics::to_json(*m.without_seen);
  if (m.ferplus) out += ", \"ferplus\": " + metrics::to_json(*m.ferplus);
  out += curves(m.own);
  out += ",\n\"confident_mistakes\": " + image_list(m.own, m.own.confident_mistakes, e.images);
  out += ",\n\"least_certain\": " + image_list(m.own, m.own.least_certain, e.images);
  if (!m.slicings.empty()) out += ",\n\"slices\": " + slicings(m.slicings);
  if (!m.robustness.empty()) {
    out += ",\n\"robustness\": " + list(m.robustness, [](const RobustnessRow& row) {
             return "\n  {\"kind\": " + base::json_quote(row.kind) +
                    ", \"strength\": " + base::json_quote(row.strength) +
                    ", \"accuracy\": " + json(row.accuracy) +
                    base::format(", \"macro_f1\": %.6g}", row.macro_f1);
           });
  }
  return out + "}";
}

std::string comparison_json(const Comparison& c, const Evaluation& e) {
  const metrics::PairedComparison& r = c.result;
  return "\n{\"first\": " + base::json_quote(e.models[c.first].name) +
         ", \"second\": " + base::json_quote(e.models[c.second].name) +
         ", \"labels\": " + base::json_quote(c.labels) +
         base::format(", \"count\": %llu", static_cast<unsigned long long>(r.count)) +
         ", \"accuracy_difference\": " + json(r.accuracy) +
         ", \"macro_f1_difference\": " + json(r.macro_f1) +
         base::format(
             ", \"mcnemar\": {\"only_first\": %llu, \"only_second\": %llu, \"exact_p\": %.6g, "
             "\"mid_p\": %.6g}",
             static_cast<unsigned long long>(r.test.only_first),
             static_cast<unsigned long long>(r.test.only_second), r.test.exact_p, r.test.mid_p) +
         base::format(", \"accuracy_differs\": %s, \"macro_f1_differs\": %s",
                      r.accuracy_differs() ? "true" : "false",
                      r.macro_f1_differs() ? "true" : "false") +
         ", \"words\": " + base::json_quote(c.words) + "}";
}

}  // namespace

std::string to_json(const Evaluation& e) {
  if (e.models.size() == 1) return model_json(e.models[0], e) + "\n";
  return "{\"models\": " +
         list(e.models, [&](const ModelEvaluation& m) { return "\n" + model_json(m, e); }) +
         ",\n\"comparisons\": " +
         list(e.comparisons, [&](const Comparison& c) { return comparison_json(c, e); }) + "}\n";
}

}  // namespace mien::reports
