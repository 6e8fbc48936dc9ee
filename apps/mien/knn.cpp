#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "baselines/features.hpp"
#include "baselines/nearest_neighbors.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "engine/threads.hpp"
#include "measure.hpp"
#include "metrics/calibration.hpp"
#include "metrics/confusion.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"
#include "reports/evaluation.hpp"

namespace mien::apps {
namespace {

using namespace baselines;

struct KnnOptions {
  std::string data, votes, features = "pixels", split = "PrivateTest",
                           k = "1,3,5,7,9,11,15,21,31,41,51", metric = "l1,l2,cosine",
                           best_by = "accuracy", format = "text";
  bool drop_leaked = true;
  int threads = 0, rounds = 1000;

  void declare(base::OptionSet& o) {
    o.add(data, "data", "FILE", "fer2013.csv or a packed file (mien data pack)");
    o.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv): also report scores against them");
    o.add_choice(features, "features", {"pixels", "hog"},
                 "what is compared: gray values normalized per image, or histograms of oriented "
                 "gradients");
    o.add(split, "split", "NAME", "PrivateTest or PublicTest: the split to evaluate on");
    o.add(k, "k", "LIST", "numbers of neighbors to choose from");
    o.add(metric, "metric", "LIST", "distances to choose from");
    o.add_choice(best_by, "best-by", {"accuracy", "macro_f1"}, "PublicTest score to choose by");
    o.add(drop_leaked, "drop-leaked", "drop Training images that equal a test image");
    o.add_choice(format, "format", {"text", "json", "card"},
                 "format of the result; card: tables for a model card");
    o.add(threads, "threads", "N", "threads; 0: one per core", {0, 1024});
    o.add(rounds, "bootstrap", "N", "bootstrap rounds for the confidence intervals",
          {100, 1000000});
  }
  Features kind() const { return features == "hog" ? Features::kHog : Features::kPixels; }
  int thread_count() const { return threads > 0 ? threads : engine::available_threads(); }
};

constexpr const char* kUsage =
    "mien knn --data DATA [options]\n\n"
    "Measures a baseline without training: an image gets the label of most of its k nearest "
    "Training "
    "images. k and the\ndistance are selected on PublicTest; --split is then measured once.";

/// In ascending order.
std::set<std::size_t> parse_ks(const std::string& list) {
  std::set<std::size_t> ks;
  for (const std::string& word : base::split_list(list)) {
    const auto k = base::parse_number<std::size_t>(word);
    if (!k || *k == 0)
      throw Error(ErrorCode::kInvalidArgument,
                  "--k: must be a list of positive integers, such as 1,5,15, not '" + list + "'");
    ks.insert(*k);
  }
  if (ks.empty()) throw Error(ErrorCode::kInvalidArgument, "--k: the list is empty");
  return ks;
}

class Stopwatch {
 public:
  double lap() {
    const Clock::time_point before = std::exchange(start_, Clock::now());
    return std::chrono::duration<double>(start_ - before).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

/// The images with labels that others are compared with.
struct Known {
  std::vector<const datasets::Sample*> images;
  std::vector<std::string> labels;  ///< the emotions that occur
  std::vector<int> classes;         ///< [images] indices of `labels`
};

Known find_known(const datasets::Dataset& dataset, const KnnOptions& options) {
  std::vector<bool> leaked(dataset.size());
  if (options.drop_leaked) {
    for (const std::size_t i : datasets::find_leaked_training(dataset)) leaked[i] = true;
  }
  Known out;
  std::set<std::int8_t> emotions;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset[i].split != datasets::Split::kTraining || dataset[i].emotion < 0 || leaked[i])
      continue;
    out.images.push_back(&dataset[i]);
    emotions.insert(dataset[i].emotion);
  }
  if (out.images.empty())
    throw Error(ErrorCode::kInvalidArgument,
                options.data + ": no Training images with a label to compare with");
  for (const std::int8_t emotion : emotions)
    out.labels.emplace_back(to_string(static_cast<Emotion>(emotion)));
  out.classes = label_outputs(out.labels, out.images);
  return out;
}

/// A pair to choose from, and its scores on PublicTest.
struct Candidate {
  Metric metric = Metric::kL1;
  std::size_t k = 0;
  double accuracy = 0, macro_f1 = 0;
};

/// Classifies by the nearest of the known images.
class Classifier {
 public:
  Classifier(const Known& known, const KnnOptions& options)
      : known_(known), options_(options), table_(features_of(known.images, options.kind())) {}

  Neighbors search(const FeatureTable& queries, Metric metric, std::size_t k) const {
    ProgressBar bar(std::string(to_string(metric)), static_cast<std::int64_t>(queries.rows()),
                    "images");
    return nearest_neighbors(queries, table_, metric, k, options_.thread_count(),
                             [&](std::size_t done, std::size_t) {
                               if (Interrupt::requested())
                                 throw Error(ErrorCode::kInterrupted, "interrupted");
                               bar.update(static_cast<std::int64_t>(done));
                             });
  }

  /// [queries, classes] shares of the first k neighbors.
  std::vector<float> shares(const Neighbors& neighbors, std::size_t k) const {
    std::vector<float> out;
    for (std::size_t i = 0; i < neighbors.found.size() / neighbors.k; ++i) {
      const std::vector<float> row =
          vote(neighbors.of(i).first(k), known_.classes, static_cast<int>(known_.labels.size()));
      out.insert(out.end(), row.begin(), row.end());
    }
    return out;
  }

 private:
  const Known& known_;
  const KnnOptions& options_;
  FeatureTable table_;
};

Candidate score(Metric metric, std::size_t k, std::span<const float> shares,
                std::span<const int> truth, int classes) {
  metrics::ConfusionMatrix confusion(classes);
  const std::vector<int> predicted = metrics::predictions(shares, classes);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] >= 0) confusion.add(truth[i], predicted[i]);
  }
  return {metric, k, confusion.accuracy(), confusion.macro_f1()};
}

/// The candidates, the selected one, and times in seconds.
struct Choice {
  std::vector<Candidate> grid;
  Candidate best;
  std::size_t training_images = 0, public_images = 0;
  double seconds_features = 0, seconds_choosing = 0, seconds_measuring = 0;
};

void choose(Choice& choice, const Classifier& classifier, const Known& known,
            const std::vector<const datasets::Sample*>& images, const std::set<std::size_t>& ks,
            const std::vector<Metric>& tried, const KnnOptions& options) {
  const FeatureTable queries = features_of(images, options.kind());
  const std::vector<int> truth = label_outputs(known.labels, images);
  for (const Metric metric : tried) {
    const Neighbors neighbors = classifier.search(queries, metric, *ks.rbegin());
    for (const std::size_t k : ks)
      choice.grid.push_back(score(metric, k, classifier.shares(neighbors, k), truth,
                                  static_cast<int>(known.labels.size())));
  }
  const auto worth = [&](const Candidate& c) {
    return options.best_by == "accuracy" ? c.accuracy : c.macro_f1;
  };
  choice.best = *std::max_element(
      choice.grid.begin(), choice.grid.end(),
      [&](const Candidate& a, const Candidate& b) { return worth(a) < worth(b); });
}

/// The evaluation as `mien evaluate` makes it for a network.
reports::Evaluation evaluate(const datasets::Dataset& dataset, datasets::Split split,
                             std::span<const float> shares, const Known& known,
                             const Candidate& pair, const KnnOptions& options) {
  constexpr float kMinShare = 1e-12F;  // its logarithm is finite
  reports::Evaluation out{.data = options.data,
                          .split = std::string(datasets::to_string(split)),
                          .views = "single",
                          .images = select_split(dataset, split, options.data)};
  const metrics::ReportOptions report_options{.bootstrap_rounds = options.rounds,
                                              .groups = subjects_of(out.images)};
  const std::vector<bool> seen = mark_seen(dataset, split);
  out.seen_in_training = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  std::vector<float> logits(shares.begin(), shares.end());
  for (float& value : logits) value = std::log(std::max(value, kMinShare));
  reports::ModelEvaluation& m = out.models.emplace_back();
  m.name = "knn-" + options.features;
  m.path = base::format("nearest neighbors (k %zu, %s, %s)", pair.k, to_string(pair.metric).data(),
                        options.features.c_str());
  m.runtime = "Mien, brute force";
  m.own = reports::evaluate_labels(logits, label_outputs(known.labels, out.images), known.labels, 1,
                                   report_options);
  m.unknown_labels = out.images.size() - m.own.images.size();
  m.without_seen = reports::scores_without(m.own, seen, report_options);
  std::vector<metrics::FerPlusVotes> votes;
  for (const datasets::Sample* sample : out.images) votes.push_back(sample->votes);
  if (std::any_of(out.images.begin(), out.images.end(),
                  [](const datasets::Sample* sample) { return sample->has_votes(); })) {
    m.ferplus = metrics::ferplus_report(shares, known.labels, votes, report_options);
  }
  return out;
}

std::string grid_text(const Choice& choice, const std::set<std::size_t>& ks,
                      const std::vector<Metric>& tried) {
  std::string out = base::format(
      "accuracy (macro F1) on PublicTest, %zu images, with %zu Training images; *: selected\n\n"
      "%4s",
      choice.public_images, choice.training_images, "k");
  for (const Metric metric : tried) out += base::format("  %-17s", to_string(metric).data());
  for (const std::size_t k : ks) {
    out += base::format("\n%4zu", k);
    for (const Candidate& c : choice.grid) {
      if (c.k == k)
        out += base::format("  %.4f (%.4f)%c ", c.accuracy, c.macro_f1,
                            c.metric == choice.best.metric && k == choice.best.k ? '*' : ' ');
    }
  }
  return out + "\n\n";
}

std::string seconds_text(const Choice& choice, int threads) {
  return base::format("\nfeatures %.1f s, selection %.1f s, evaluation %.1f s; %d thread%s\n",
                      choice.seconds_features, choice.seconds_choosing, choice.seconds_measuring,
                      threads, threads == 1 ? "" : "s");
}

/// The JSON of an evaluation with an object "knn": the selection and its scores.
std::string with_choice(base::Json out, const Choice& choice, const KnnOptions& options) {
  base::Json grid = base::Json::array();
  for (const Candidate& c : choice.grid) {
    grid.push_back({{"metric", to_string(c.metric)},
                    {"k", c.k},
                    {"accuracy", base::rounded(c.accuracy, 6)},
                    {"macro_f1", base::rounded(c.macro_f1, 6)}});
  }
  out["knn"] = {{"features", options.features},
                {"metric", to_string(choice.best.metric)},
                {"k", choice.best.k},
                {"best_by", options.best_by},
                {"training_pictures", choice.training_images},
                {"grid", grid},
                {"threads", options.thread_count()},
                {"seconds",
                 {{"features", base::rounded(choice.seconds_features, 3)},
                  {"choose", base::rounded(choice.seconds_choosing, 3)},
                  {"measure", base::rounded(choice.seconds_measuring, 3)}}}};
  return base::to_text(out) + "\n";
}

}  // namespace

int knn_command(std::span<const std::string> arguments) {
  KnnOptions options;
  CommandLine line(kUsage);
  options.declare(line.options);
  if (!line.parse_options(arguments)) return kExitOk;
  require_option(options.data, "--data", "give fer2013.csv or a packed file");
  const std::set<std::size_t> ks = parse_ks(options.k);
  std::vector<Metric> tried;
  for (const std::string& word : base::split_list(options.metric))
    tried.push_back(metric_from_string(word));
  const datasets::Split split = datasets::split_from_string(options.split);
  if (split == datasets::Split::kTraining)
    throw Error(
        ErrorCode::kInvalidArgument,
        "--split: must be PublicTest or PrivateTest; Training images would find themselves");

  const Interrupt interrupt;
  datasets::Dataset dataset = datasets::read_dataset(options.data);
  if (!options.votes.empty()) datasets::attach_ferplus_votes(dataset, options.votes);
  const Known known = find_known(dataset, options);
  const std::vector<const datasets::Sample*> choosing =
                                                 select_split(dataset, datasets::Split::kPublicTest,
                                                              options.data),
                                             measured = select_split(dataset, split, options.data);
  if (*ks.rbegin() > known.images.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("--k: must be at most %zu, the number of Training images, not %zu",
                             known.images.size(), *ks.rbegin()));
  }

  Stopwatch watch;
  Choice choice{.training_images = known.images.size(), .public_images = choosing.size()};
  const Classifier classifier(known, options);
  choice.seconds_features = watch.lap();
  choose(choice, classifier, known, choosing, ks, tried, options);
  choice.seconds_choosing = watch.lap();
  const Neighbors neighbors =
      classifier.search(features_of(measured, options.kind()), choice.best.metric, choice.best.k);
  const std::vector<float> shares = classifier.shares(neighbors, choice.best.k);
  choice.seconds_measuring = watch.lap();

  const reports::Evaluation evaluation =
      evaluate(dataset, split, shares, known, choice.best, options);
  const std::string text =
      options.format == "json"   ? with_choice(reports::to_json(evaluation), choice, options)
      : options.format == "card" ? reports::to_card(evaluation)
                                 : grid_text(choice, ks, tried) + reports::to_text(evaluation) +
                                       seconds_text(choice, options.thread_count());
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace mien::apps
