#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "reports/evaluation.hpp"
#include "reports/figures.hpp"
#include "reports/page.hpp"
#include "vision/palette.hpp"

namespace mien::reports {
namespace {

std::string count_text(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string percent(double share) { return base::format("%.1f %%", 100 * share); }
std::string percent_range(const metrics::Score& s) {
  return base::format("%.1f to %.1f", 100 * s.low, 100 * s.high);
}
std::string number_range(const metrics::Score& s) {
  return base::format("%.3f to %.3f", s.low, s.high);
}

std::string card(const std::string& what, const std::string& value, const std::string& below) {
  return "<div class=\"card\"><span>" + what + "</span><b>" + value + "</b><span>" + below +
         "</span></div>\n";
}

std::string cell(const std::string& value, const std::string& range) {
  return "<td>" + value + " <small>" + range + "</small></td>";
}

std::string cards(const ModelEvaluation& m) {
  const metrics::ClassificationReport& s = m.own.scores;
  std::string out =
      card("accuracy", percent(s.accuracy.value), percent_range(s.accuracy)) +
      card("macro F1", base::format("%.3f", s.macro_f1.value), number_range(s.macro_f1)) +
      card("calibration error", base::format("%.3f", s.ece.value), number_range(s.ece));
  if (m.ferplus)
    out += card("FER+ accuracy", percent(m.ferplus->majority.accuracy.value),
                percent_range(m.ferplus->majority.accuracy));
  if (m.without_seen)
    out += card("not seen in training", percent(m.without_seen->accuracy.value),
                percent_range(m.without_seen->accuracy));
  return "<div class=\"cards\">\n" + out + "</div>\n";
}

std::string overview(const std::vector<ModelEvaluation>& models) {
  const bool votes = models[0].ferplus.has_value();
  std::string out =
      "<div class=\"scroll overview\"><table>\n<tr><th>model</th><th>accuracy</th><th>macro "
      "F1</th><th>calibration error</th>" +
      std::string(votes ? "<th>FER+ accuracy</th><th>FER+ macro F1</th>" : "") + "</tr>\n";
  for (const ModelEvaluation& m : models) {
    const metrics::ClassificationReport& s = m.own.scores;
    out += "<tr><td><b>" + escape_html(m.name) + "</b><br><small>" + escape_html(m.runtime) +
           "</small></td>" + cell(percent(s.accuracy.value), percent_range(s.accuracy)) +
           cell(base::format("%.3f", s.macro_f1.value), number_range(s.macro_f1)) +
           cell(base::format("%.3f", s.ece.value), number_range(s.ece));
    if (m.ferplus) {
      const metrics::ClassificationReport& f = m.ferplus->majority;
      out += cell(percent(f.accuracy.value), percent_range(f.accuracy)) +
             cell(base::format("%.3f", f.macro_f1.value), number_range(f.macro_f1));
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string comparison_section(const Evaluation& e) {
  std::string body =
      "<p>All models see the same images. Each pair is compared by McNemar's test (mid-p), which "
      "counts the images that only one of them gets right, and by a paired bootstrap over the "
      "images. Brackets are 95 % confidence intervals.</p>\n";
  for (const Comparison& c : e.comparisons) {
    body += "<p class=\"verdict " + std::string(c.result.accuracy_differs() ? "yes" : "no") +
            "\"><span class=\"soft\">Against " + escape_html(c.labels) + ", " +
            count_text(c.result.count) + " images.</span> " + escape_html(c.words) + "</p>\n";
  }
  body += figure(plots::draw_svg(compared_classes_figure(e.models)),
                 "F1 of each class with 95 % confidence intervals.");
  return section("comparison", "Comparison", body);
}

std::string dot(const std::string& label) {
  const std::optional<Emotion> emotion = emotion_from_string(label);
  if (!emotion) return "";
  const vision::Rgb rgb = vision::color_of(*emotion);
  return base::format("<span class=\"dot\" style=\"background:#%02x%02x%02x\"></span>", rgb.red,
                      rgb.green, rgb.blue);
}

std::string faces(const LabelSetEvaluation& e, const std::vector<std::size_t>& chosen,
                  const std::vector<const datasets::Sample*>& images) {
  std::string out = "<div class=\"faces\">\n";
  for (const std::size_t i : chosen) {
    const datasets::Sample& sample = *images[e.images[i]];
    const std::string &truth = e.labels[static_cast<std::size_t>(e.truth[i])],
                      &guess = e.labels[static_cast<std::size_t>(e.predicted[i])];
    const ImageView view{sample.pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                         datasets::kFaceSize, PixelFormat::kGray8};
    out += "<div class=\"face\">" + inline_image(view, "label " + truth) + dot(guess) + "<b>" +
           escape_html(guess) + "</b> " + base::format("%.0f&nbsp;%%", 100 * e.confidence(i)) +
           "<br>" + dot(truth) + "<span class=\"soft\">label " + escape_html(truth) +
           (sample.row >= 0 ? base::format("<br>row %d", sample.row) : "") + "</span></div>\n";
  }
  return out + "</div>\n";
}

std::string slices_section(const ModelEvaluation& m) {
  constexpr std::size_t kRows = 16;  // of a table
  std::string body = figure(
      plots::draw_svg(slices_figure(m.slicings)),
      "Blue: accuracy of the slice with its 95 % confidence interval. Orange: expected accuracy if "
      "each emotion were recognized as well in the slice as overall, because slices contain "
      "different emotions. Titles say 'differ' if p is below 0.05 (2,000 permutations).");
  body += "<div class=\"pair\">\n";
  for (const metrics::Slicing& slicing : m.slicings) {
    const std::string note = slicing.slices.size() > kRows
                                 ? base::format(" The %zu of %zu furthest below expectation.",
                                                kRows, slicing.slices.size())
                                 : "";
    body += "<div>\n<h3>By " + escape_html(slicing.name) + "</h3>\n<p class=\"soft\">" +
            (slicing.p < 0.05 ? "The slices differ" : "The differences may be chance") + " (" +
            escape_html(metrics::p_text(slicing.p)) + ")." + note +
            "</p>\n<div "
            "class=\"scroll\"><table>\n<tr><th>slice</th><th>images</th><th>accuracy</"
            "th><th>expected</th></tr>\n";
    for (const metrics::Slice& s : worst_slices(slicing, kRows)) {
      body += "<tr><td>" + escape_html(s.name) + "</td><td>" + count_text(s.count) + "</td>" +
              cell(percent(s.accuracy.value), percent_range(s.accuracy)) + "<td>" +
              percent(s.expected) + "</td></tr>\n";
    }
    body += "</table></div>\n</div>\n";
  }
  body += "</div>\n";
  return "<h3>Slices</h3>\n" + body;
}

std::string class_table(const metrics::ClassificationReport& s,
                        const std::vector<double>& average_precision) {
  std::string out =
      "<div "
      "class=\"scroll\"><table>\n<tr><th>class</th><th>images</th><th>precision</th><th>recall</"
      "th><th>F1</th><th>average precision</th></tr>\n";
  for (std::size_t c = 0; c < s.per_class.size(); ++c) {
    const metrics::ClassScores& entry = s.per_class[c];
    const auto score = [](const metrics::Score& value) {
      return cell(base::format("%.3f", value.value), number_range(value));
    };
    out += "<tr><td>" + dot(entry.name) + escape_html(entry.name) + "</td><td>" +
           count_text(entry.support) + "</td>" + score(entry.precision) + score(entry.recall) +
           score(entry.f1) + "<td>" + base::format("%.3f", average_precision[c]) + "</td></tr>\n";
  }
  return out + "</table></div>\n";
}

std::string model_section(const Evaluation& e, std::size_t index, Faces shown) {
  const ModelEvaluation& m = e.models[index];
  const metrics::ClassificationReport& s = m.own.scores;
  std::string body;
  if (m.unknown_labels > 0)
    body += "<p>" + count_text(m.unknown_labels) +
            " images were left out: the model has no output for their label.</p>\n";
  body +=
      "<h3>Confusion matrix</h3>\n" +
      figure(plots::draw_svg(confusion_figure(s)),
             "Rows are labels, columns are predictions: share of the row, and number of images.");
  body += "<h3>Scores by class</h3>\n" +
          figure(plots::draw_svg(class_figure(s)), "Whiskers are 95 % confidence intervals.") +
          class_table(s, m.own.average_precision);
  body += "<h3>Precision and recall</h3>\n" +
          figure(plots::draw_svg(precision_recall_figure(m.own)),
                 "Each class against the rest, over all thresholds. The number in the legend is "
                 "the average precision.");
  body += "<h3>Calibration</h3>\n" + figure(plots::draw_svg(reliability_figure(m)),
                                            "Share of correct predictions by confidence. "
                                            "Calibrated probabilities are on the dashed line.");
  if (m.ferplus) {
    const metrics::FerPlusReport& f = *m.ferplus;
    body +=
        "<h3>FER+ votes</h3>\n<p>" + count_text(f.majority.count) + " of " + count_text(f.count) +
        " images have a majority: accuracy " + percent(f.majority.accuracy.value) + " (" +
        percent_range(f.majority.accuracy) + "), macro F1 " +
        base::format("%.3f", f.majority.macro_f1.value) + " (" + number_range(f.majority.macro_f1) +
        ")." +
        (f.knows_contempt
             ? ""
             : " The model has no output for contempt; all images of contempt count as errors.") +
        "</p>\n" +
        figure(plots::draw_svg(confusion_figure(f.majority)), "Rows are the majority emotion.");
  }
  if (!m.slicings.empty()) body += slices_section(m);
  if (shown == Faces::kShown) {
    body +=
        "<h3>Most confident errors</h3>\n<p class=\"soft\">Some of these labels are wrong.</p>\n" +
        faces(m.own, m.own.confident_mistakes, e.images);
    body += "<h3>Least certain images</h3>\n" + faces(m.own, m.own.least_certain, e.images);
  }
  return section(base::format("model-%zu", index + 1), e.models.size() == 1 ? "Scores" : m.name,
                 body);
}

std::string robustness_section(const Evaluation& e) {
  const bool several = e.models.size() > 1;
  std::string legend;
  if (several) {
    for (std::size_t m = 0; m < e.models.size(); ++m) {
      const vision::Rgb rgb = *plots::series_color(m).rgb;
      legend += base::format("<span class=\"dot\" style=\"background:#%02x%02x%02x\"></span>",
                             rgb.red, rgb.green, rgb.blue) +
                escape_html(e.models[m].name) + " &nbsp; ";
    }
  }
  std::string body = figure(plots::draw_svg(robustness_figure(e.models)),
                            legend +
                                "Accuracy on the same images with increasing corruption; the band "
                                "is the 95 % confidence interval.");
  body += "<div class=\"scroll\"><table>\n<tr><th>corruption</th>" +
          std::string(several ? "<th>model</th>" : "") +
          "<th colspan=\"5\">accuracy, from weak to strong</th></tr>\n";
  const std::vector<RobustnessRow>& steps = e.models[0].robustness;
  for (std::size_t from = 1; from < steps.size();) {  // the first row is uncorrupted
    const auto to = static_cast<std::size_t>(
        std::find_if(steps.begin() + static_cast<std::ptrdiff_t>(from), steps.end(),
                     [&](const auto& row) { return row.kind != steps[from].kind; }) -
        steps.begin());
    for (const ModelEvaluation& m : e.models) {
      body += "<tr><td>" + std::string(&m == &e.models[0] ? escape_html(steps[from].kind) : "") +
              "</td>" + (several ? "<td>" + escape_html(m.name) + "</td>" : "");
      for (std::size_t i = from; i < to; ++i)
        body +=
            cell(percent(m.robustness[i].accuracy.value), escape_html(m.robustness[i].strength));
      body += "</tr>\n";
    }
    from = to;
  }
  return section("robustness", "Robustness", body + "</table></div>\n");
}

std::string confidence_section(const Evaluation& e) {
  std::string body = figure(
      plots::draw_svg(risk_coverage_figure(e.models)),
      "Error rate among the images with the highest confidence: the effect of --min-confidence." +
          std::string(
              e.models.size() > 1
                  ? " The number in the legend is the area under the curve; lower is better."
                  : ""));
  body +=
      "<div class=\"scroll\"><table>\n<tr><th>model</th><th>area under the curve</th><th>at most 5 "
      "% errors</th><th>at most 10 % errors</th><th>at most 20 % errors</th></tr>\n";
  for (const ModelEvaluation& m : e.models) {
    body +=
        "<tr><td>" + escape_html(m.name) + "</td><td>" + base::format("%.3f", m.own.aurc) + "</td>";
    for (const double risk : {0.05, 0.1, 0.2}) {
      const metrics::RiskCoveragePoint point = metrics::coverage_at_risk(m.own.risk_coverage, risk);
      body += point.coverage > 0 ? cell(base::format("%.0f %% of the images", 100 * point.coverage),
                                        base::format("confidence from %.2f", point.confidence))
                                 : "<td>never</td>";
    }
    body += "</tr>\n";
  }
  return section("confidence", "Confidence and errors", body + "</table></div>\n");
}

}  // namespace

std::string to_page(const Evaluation& e, Faces shown) {
  const bool several = e.models.size() > 1;
  std::string body;
  body += several ? overview(e.models) : cards(e.models[0]);
  if (!e.comparisons.empty()) body += comparison_section(e);
  for (std::size_t m = 0; m < e.models.size(); ++m) body += model_section(e, m, shown);
  body += confidence_section(e);
  if (!e.models[0].robustness.empty()) body += robustness_section(e);
  if (!e.histories.empty()) {
    std::string training;
    for (const plots::RunHistory& history : e.histories)
      training +=
          figure(plots::draw_svg(plots::training_figure(history)), escape_html(history.name));
    body += section("training", "Training", training);
  }
  body +=
      "<footer>Brackets and whiskers are 95 % confidence intervals: Wilson intervals for accuracy, "
      "precision and recall, bootstrap intervals over the images for the rest. If the data name "
      "subjects, all but slices and reliability use a bootstrap over subjects. An expression is "
      "not a feeling; the scores measure agreement with the labels. Created by <b>mien "
      "evaluate</b>.</footer>\n";
  const std::string subtitle =
      escape_html(std::filesystem::path(e.data).filename().string()) + ", " + escape_html(e.split) +
      ", " + count_text(e.images.size()) + " images, " +
      (e.views == "flip" ? "averaged with the mirror image" : "single view") +
      (several ? "" : " · runtime: " + escape_html(e.models[0].runtime));
  const std::string title = !several ? "Evaluation of " + e.models[0].name
                            : e.models.size() == 2
                                ? e.models[0].name + " and " + e.models[1].name
                                : base::format("%zu models compared", e.models.size());
  return make_page(title, subtitle, body);
}

}  // namespace mien::reports
