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
      "<p>Every picture is shown to every model, so the models are compared picture by picture: "
      "McNemar's test (mid-p) counts the pictures that only one of two gets "
      "right, and a bootstrap draws pictures with both answers to them. Brackets hold 95 %.</p>\n";
  for (const Comparison& c : e.comparisons) {
    body += "<p class=\"verdict " + std::string(c.result.accuracy_differs() ? "yes" : "no") +
            "\"><span class=\"soft\">By " + escape_html(c.labels) + ", " +
            count_text(c.result.count) + " pictures.</span> " + escape_html(c.words) + "</p>\n";
  }
  body += figure(plots::draw_svg(compared_classes_figure(e.models)),
                 "F1 of each class with 95 % intervals.");
  return section("comparison", "Which one is better?", body);
}

std::string dot(const std::string& label) {
  const std::optional<Emotion> emotion = emotion_from_string(label);
  if (!emotion) return "";
  const vision::Rgb rgb = vision::color_of(*emotion);
  return base::format("<span class=\"dot\" style=\"background:#%02x%02x%02x\"></span>", rgb.red,
                      rgb.green, rgb.blue);
}

std::string faces(const LabelSetEvaluation& e, const std::vector<std::size_t>& chosen,
                  const std::vector<const datasets::Sample*>& pictures) {
  std::string out = "<div class=\"faces\">\n";
  for (const std::size_t i : chosen) {
    const datasets::Sample& sample = *pictures[e.pictures[i]];
    const std::string &truth = e.labels[static_cast<std::size_t>(e.truth[i])],
                      &guess = e.labels[static_cast<std::size_t>(e.predicted[i])];
    const ImageView view{sample.pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                         datasets::kFaceSize, PixelFormat::kGray8};
    out += "<div class=\"face\">" + inline_image(view, "labelled " + truth) + dot(guess) + "<b>" +
           escape_html(guess) + "</b> " + base::format("%.0f&nbsp;%%", 100 * e.confidence(i)) +
           "<br>" + dot(truth) + "<span class=\"soft\">label " + escape_html(truth) +
           (sample.row >= 0 ? base::format("<br>row %d", sample.row) : "") + "</span></div>\n";
  }
  return out + "</div>\n";
}

std::string slices_part(const ModelEvaluation& m) {
  constexpr std::size_t kRows = 16;  // of a table
  std::string body =
      figure(plots::draw_svg(slices_figure(m.slicings)),
             "Blue: accuracy of the part with its 95 % interval. Orange: what to expect if each "
             "emotion went as well there as it does over all; parts differ in the "
             "emotions that they show. A title says 'differ' where chance would part them as far "
             "in less than 5 % of 2,000 permutations.");
  body += "<div class=\"pair\">\n";
  for (const metrics::Slicing& slicing : m.slicings) {
    const std::string note = slicing.slices.size() > kRows
                                 ? base::format(" The %zu furthest below expectation, of %zu.",
                                                kRows, slicing.slices.size())
                                 : "";
    body += "<div>\n<h3>By " + escape_html(slicing.name) + "</h3>\n<p class=\"soft\">" +
            (slicing.p < 0.05 ? "The parts differ" : "The differences may be chance") + " (" +
            escape_html(metrics::p_text(slicing.p)) + ")." + note +
            "</p>\n<div "
            "class=\"scroll\"><table>\n<tr><th>part</th><th>pictures</th><th>accuracy</"
            "th><th>expected</th></tr>\n";
    for (const metrics::Slice& s : telling_slices(slicing, kRows)) {
      body += "<tr><td>" + escape_html(s.name) + "</td><td>" + count_text(s.count) + "</td>" +
              cell(percent(s.accuracy.value), percent_range(s.accuracy)) + "<td>" +
              percent(s.expected) + "</td></tr>\n";
    }
    body += "</table></div>\n</div>\n";
  }
  body += "</div>\n";
  return "<h3>Fairness and limits</h3>\n" + body;
}

std::string class_table(const metrics::ClassificationReport& s,
                        const std::vector<double>& average_precision) {
  std::string out =
      "<div "
      "class=\"scroll\"><table>\n<tr><th>class</th><th>pictures</th><th>precision</th><th>recall</"
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
            " pictures have a label that the model does not know and are left out.</p>\n";
  body +=
      "<h3>What is taken for what</h3>\n" +
      figure(plots::draw_svg(confusion_figure(s)),
             "Rows are the labels, columns what the model says: share of the row, and pictures.");
  body += "<h3>Class by class</h3>\n" +
          figure(plots::draw_svg(class_figure(s)), "Whiskers are 95 % intervals.") +
          class_table(s, m.own.average_precision);
  body += "<h3>Precision and recall</h3>\n" +
          figure(plots::draw_svg(precision_recall_figure(m.own)),
                 "Each class against the rest, over all thresholds. The number after the name is "
                 "the average precision, the area below the curve.");
  body += "<h3>Can its confidence be trusted?</h3>\n" +
          figure(plots::draw_svg(reliability_figure(m)),
                 "Of the pictures with about that confidence, the share that is right; on the "
                 "dashed line the two agree.");
  if (m.ferplus) {
    const metrics::FerPlusReport& f = *m.ferplus;
    body +=
        "<h3>Against the ten FER+ voters</h3>\n<p>" + count_text(f.majority.count) + " of " +
        count_text(f.count) + " pictures have a majority for an emotion: accuracy " +
        percent(f.majority.accuracy.value) + " (" + percent_range(f.majority.accuracy) +
        "), macro F1 " + base::format("%.3f", f.majority.macro_f1.value) + " (" +
        number_range(f.majority.macro_f1) + ")." +
        (f.knows_contempt ? ""
                          : " The model does not know contempt and has every such picture wrong.") +
        "</p>\n" +
        figure(plots::draw_svg(confusion_figure(f.majority)), "Rows are the majority's emotion.");
  }
  if (!m.slicings.empty()) body += slices_part(m);
  if (shown == Faces::kShown) {
    body +=
        "<h3>The most confident mistakes</h3>\n<p class=\"soft\">Some of these labels are wrong, "
        "not the model.</p>\n" +
        faces(m.own, m.own.confident_mistakes, e.pictures);
    body += "<h3>The least certain pictures</h3>\n" + faces(m.own, m.own.least_certain, e.pictures);
  }
  return section(base::format("model-%zu", index + 1),
                 e.models.size() == 1 ? "The model in detail" : m.name, body);
}

std::string robustness_section(const Evaluation& e) {
  const bool several = e.models.size() > 1;
  std::string legend;
  if (several) {
    for (std::size_t m = 0; m < e.models.size(); ++m) {
      const vision::Rgb rgb = *plots::series_colour(m).rgb;
      legend += base::format("<span class=\"dot\" style=\"background:#%02x%02x%02x\"></span>",
                             rgb.red, rgb.green, rgb.blue) +
                escape_html(e.models[m].name) + " &nbsp; ";
    }
  }
  std::string body = figure(
      plots::draw_svg(robustness_figure(e.models)),
      legend +
          "Accuracy on the same pictures, disturbed more and more; the band is the 95 % interval.");
  body += "<div class=\"scroll\"><table>\n<tr><th>disturbance</th>" +
          std::string(several ? "<th>model</th>" : "") +
          "<th colspan=\"5\">accuracy, from weak to strong</th></tr>\n";
  const std::vector<RobustnessRow>& steps = e.models[0].robustness;
  for (std::size_t from = 1; from < steps.size();) {  // the first are the pictures as they are
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
  return section("robustness", "What disturbs it?", body + "</table></div>\n");
}

std::string confidence_section(const Evaluation& e) {
  std::string body =
      figure(plots::draw_svg(risk_coverage_figure(e.models)),
             "Answer only where the confidence is high, and fewer answers are wrong: what "
             "--min-confidence buys." +
                 std::string(
                     e.models.size() > 1
                         ? " The number after the name is the area under the curve; less is better."
                         : ""));
  body +=
      "<div class=\"scroll\"><table>\n<tr><th>model</th><th>area under the curve</th><th>5 % wrong "
      "at most</th><th>10 % wrong at most</th><th>20 % wrong at most</th></tr>\n";
  for (const ModelEvaluation& m : e.models) {
    body +=
        "<tr><td>" + escape_html(m.name) + "</td><td>" + base::format("%.3f", m.own.aurc) + "</td>";
    for (const double risk : {0.05, 0.1, 0.2}) {
      const metrics::RiskCoveragePoint point = metrics::coverage_at_risk(m.own.risk_coverage, risk);
      body += point.coverage > 0
                  ? cell(base::format("%.0f %% of the pictures", 100 * point.coverage),
                         base::format("from %.2f", point.confidence))
                  : "<td>never</td>";
    }
    body += "</tr>\n";
  }
  return section("confidence", "When it is unsure, is it wrong?", body + "</table></div>\n");
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
    for (const RunHistory& history : e.histories)
      training += figure(plots::draw_svg(training_figure(history)), escape_html(history.name));
    body += section("training", "How it was trained", training);
  }
  body +=
      "<footer>Brackets and whiskers are 95 % intervals: Wilson's for accuracy, precision and "
      "recall, a bootstrap over the pictures for the rest; where the data name persons, a "
      "bootstrap over them for all but slices and reliability. An expression is not a feeling; "
      "these scores tell how "
      "often the model says what the labels say. Made by <b>mien evaluate</b>.</footer>\n";
  const std::string subtitle =
      escape_html(std::filesystem::path(e.data).filename().string()) + ", " + escape_html(e.split) +
      ", " + count_text(e.pictures.size()) + " pictures, " +
      (e.views == "flip" ? "mean of picture and mirror image" : "single view") +
      (several ? "" : " · run by " + escape_html(e.models[0].runtime));
  const std::string title = !several ? "How good is " + e.models[0].name + "?"
                            : e.models.size() == 2
                                ? e.models[0].name + " against " + e.models[1].name
                                : base::format("%zu models compared", e.models.size());
  return make_page(title, subtitle, body);
}

}  // namespace mien::reports
