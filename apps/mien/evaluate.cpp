#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
#include "measure.hpp"
#include "metrics/calibration.hpp"
#include "metrics/ferplus.hpp"
#include "metrics/report.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

struct EvaluateOptions {
  std::string model, head, data, votes;
  std::string split = "PrivateTest", format = "text", precision = "f32";
  int threads = 0, rounds = 1000;
  bool flip = false, help = false;

  void declare(OptionSet& o) {
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(head, "head", "NAME", "measure this head alone; by default, each kind of label is measured with the head made for it");
    o.add(data, "data", "FILE", "fer2013.csv or a packed set (mien data pack)");
    o.add(split, "split", "NAME", "Training, PublicTest or PrivateTest");
    o.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv): eight-class majority accuracy and scores against the votes");
    o.add(flip, "flip", "average the logits with those of the mirror image");
    o.add_choice(format, "format", {"text", "json"}, "form of the result");
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"}, "arithmetic of the network");
    o.add(threads, "threads", "N", "threads, 0: one a core", {0, 1024});
    o.add(rounds, "bootstrap", "N", "rounds of the bootstrap for the intervals", {0, 1000000});
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

/// Rows of a [n, classes] table and their labels, for the rows that `keep` wants.
struct Scored {
  std::vector<float> probabilities;
  std::vector<int> labels;
};

template <class Keep>
Scored subset(const Scored& all, std::size_t classes, Keep keep) {
  Scored out;
  for (std::size_t i = 0; i < all.labels.size(); ++i) {
    if (!keep(i)) continue;
    const auto row = all.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes);
    out.probabilities.insert(out.probabilities.end(), row, row + static_cast<std::ptrdiff_t>(classes));
    out.labels.push_back(all.labels[i]);
  }
  return out;
}

struct Evaluation {
  std::string model, data, split;
  bool flip = false;
  std::size_t unknown_labels = 0;   // pictures of a class that the network has no output for: left out
  std::size_t seen_in_training = 0;  // pictures equal to a training picture
  metrics::ClassificationReport report;
  std::optional<metrics::ClassificationReport> without_seen;
  std::optional<metrics::FerPlusReport> ferplus;
};

Evaluation evaluate(const EvaluateOptions& options) {
  const std::filesystem::path path = locate_model(options.model);
  const engine::CompileOptions compile{precision_from_string(options.precision), options.threads};
  const auto load = [&](std::string_view taught) {
    return options.head.empty() ? load_head(path, compile, taught) : Classifier::load(path, compile, {.name = options.head});
  };
  const Classifier classifier = load(model::kFer2013Head);
  Dataset dataset = read_dataset(options.data);
  if (!options.votes.empty()) attach_ferplus_votes(dataset, options.votes);
  const Split split = split_from_string(options.split);
  const std::vector<const Sample*> samples = select_split(dataset, split);
  const Views views = options.flip ? Views::kFlip : Views::kSingle;
  const std::vector<float> logits = measure_logits(classifier, samples, views);
  const std::size_t classes = static_cast<std::size_t>(classifier.classes());
  const Scored all{metrics::softmax(logits, classifier.classes(), classifier.info().temperature), label_outputs(classifier, samples)};
  const metrics::ReportOptions report_options{.bootstrap_rounds = options.rounds};

  Evaluation result{.model = path.string(), .data = options.data, .split = std::string(to_string(split)), .flip = options.flip};
  const Scored known = subset(all, classes, [&](std::size_t i) { return all.labels[i] >= 0; });
  if (known.labels.empty()) throw Error(ErrorCode::kInvalidArgument, options.data + ": no picture has a label that the model knows");
  result.unknown_labels = all.labels.size() - known.labels.size();
  result.report = metrics::report(known.probabilities, known.labels, classifier.info().labels, report_options);
  if (split != Split::kTraining) {
    const std::vector<std::size_t> seen = find_seen_in_training(dataset, split);
    result.seen_in_training = seen.size();
    if (!seen.empty()) {
      const std::set<std::size_t> repeated(seen.begin(), seen.end());
      const auto index = [&](std::size_t i) { return static_cast<std::size_t>(samples[i] - dataset.data()); };
      const Scored rest = subset(all, classes, [&](std::size_t i) { return all.labels[i] >= 0 && !repeated.contains(index(i)); });
      result.without_seen = metrics::report(rest.probabilities, rest.labels, classifier.info().labels, report_options);
    }
  }
  if (std::any_of(samples.begin(), samples.end(), [](const Sample* sample) { return sample->has_votes(); })) {
    std::vector<metrics::FerPlusVotes> votes;
    for (const Sample* sample : samples) votes.push_back(sample->votes);
    const Classifier voter = load(model::kFerPlusHead);
    const bool same = voter.network().output_names() == classifier.network().output_names();
    const std::vector<float> shares =
        same ? all.probabilities : metrics::softmax(measure_logits(voter, samples, views), voter.classes(), voter.info().temperature);
    result.ferplus = metrics::ferplus_report(shares, voter.info().labels, votes, report_options);
  }
  return result;
}

std::string to_json(const Evaluation& e) {
  // The keys of the report stand at the top; what else is known follows.
  std::string out = metrics::to_json(e.report);
  out.erase(out.find_last_of('}'));
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  out += ", \"model\": " + json_quote(e.model) + ", \"data\": " + json_quote(e.data) + ", \"split\": " + json_quote(e.split) +
         ", \"views\": " + (e.flip ? "\"flip\"" : "\"single\"") +
         format(", \"unknown_labels\": %zu, \"seen_in_training\": %zu", e.unknown_labels, e.seen_in_training);
  if (e.without_seen) out += ", \"without_seen\": " + metrics::to_json(*e.without_seen);
  if (e.ferplus) out += ", \"ferplus\": " + metrics::to_json(*e.ferplus);
  return out + "}\n";
}

std::string to_text(const Evaluation& e) {
  std::string out = format("%s on %s, %s, %s\n\n", e.model.c_str(), e.data.c_str(), e.split.c_str(),
                           e.flip ? "mean of picture and mirror image" : "single view");
  if (e.unknown_labels > 0) out += format("%zu pictures have a label that the model does not know and are left out\n\n", e.unknown_labels);
  out += metrics::to_text(e.report);
  if (e.without_seen) {
    const metrics::ClassificationReport& r = *e.without_seen;
    out += format("\nwithout the %zu pictures that equal a training picture (%zu left):\n  accuracy %.4f (%.4f to %.4f), macro F1 %.4f (%.4f to %.4f)\n",
                  e.seen_in_training, static_cast<std::size_t>(r.count), r.accuracy.value, r.accuracy.low, r.accuracy.high,
                  r.macro_f1.value, r.macro_f1.low, r.macro_f1.high);
  }
  if (e.ferplus) out += "\nagainst the FER+ votes\n\n" + metrics::to_text(*e.ferplus);
  return out;
}

}  // namespace

int evaluate_command(std::span<const std::string> arguments) {
  EvaluateOptions options;
  OptionSet set;
  options.declare(set);
  const std::vector<std::string> extra = set.parse(arguments);
  if (options.help) return std::printf("mien evaluate --model M --data D [options]\n\n%s", set.help().c_str()), kExitOk;
  if (!extra.empty()) throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + extra[0] + "'");
  if (options.data.empty()) throw Error(ErrorCode::kInvalidArgument, "--data FILE is missing: fer2013.csv or a packed set");
  const Evaluation evaluation = evaluate(options);
  std::fputs((options.format == "json" ? to_json(evaluation) : to_text(evaluation)).c_str(), stdout);
  return kExitOk;
}

}  // namespace mien::apps
