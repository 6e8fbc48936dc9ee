#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "audit/audit.hpp"
#include "audit/features.hpp"
#include "audit/sheets.hpp"
#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

struct AuditCommandOptions {
  std::string votes, model, predictions, output, format = "text";
  double flat = 0.5, drop_flat = 0.6, twin = 0.93, drop_twin = 0.97, relabel = 0.6;
  int threads = 0;
  bool help = false;

  void declare(base::OptionSet& o) {
    o.add(output, "output", "DIR",
          "folder for index.html, the contact sheets, suspects.csv, drop.csv, relabel.csv and "
          "audit.json");
    o.short_name('o');
    o.add(votes, "votes", "FILE",
          "FER+ votes (fer2013new.csv): ten people's opinion of what is found");
    o.add(predictions, "predictions", "FILE",
          "out-of-fold probabilities (mien train --folds 5 writes oof.npy); without, the model "
          "judges the labels of the test splits alone");
    o.add(model, "model", "FILE",
          "network whose features find nearly equal pictures; a model file, or the name of a "
          "shipped one");
    o.add(twin, "twin", "R", "correlation from which pictures are nearly equal", {0.5, 1});
    o.add(drop_twin, "drop-twin", "R", "and from which one of the two is to be dropped", {0.5, 1});
    o.add(flat, "flat", "PART",
          "share of pixels of one gray from which a picture is probably no face", {0, 1});
    o.add(drop_flat, "drop-flat", "PART", "and from which it is to be dropped", {0, 1});
    o.add(relabel, "relabel", "P",
          "by how much another label must be the more probable one to replace the label", {-1, 1});
    o.add_choice(format, "format", {"text", "json"}, "form of the summary on standard output");
    o.add(threads, "threads", "N", "threads of the network, 0: one a core", {0, 1024});
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

constexpr const char* kUsage =
    "mien data audit SOURCE -o DIR [options]\n\n"
    "Looks for what is wrong with a set: equal and nearly equal pictures, pictures that are no "
    "faces, labels that are probably wrong.\n"
    "SOURCE is fer2013.csv or a packed file.\n\n";

/// A bar that stops the work once the user asks for it.
audit::Progress watch(std::optional<ProgressBar>& bar, const char* label, std::size_t total,
                      const char* unit) {
  bar.emplace(label, static_cast<std::int64_t>(total), unit);
  return [&bar](std::size_t done, std::size_t) {
    if (Interrupt::requested())
      throw Error(ErrorCode::kInterrupted, "the audit was stopped; nothing was written");
    bar->update(static_cast<std::int64_t>(done));
  };
}

/// Probabilities of a set's pictures in their order.
datasets::FloatTable read_predictions(const std::filesystem::path& path, std::size_t pictures) {
  datasets::FloatTable table = datasets::read_float_table(path);
  if (table.rows() != pictures) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%s: is of %zu pictures, the data set has %zu", path.c_str(),
                             table.rows(), pictures));
  }
  if (table.columns < 2 || table.columns > kEmotionCount + 1) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%s: has %zu columns, not the probabilities of seven emotions (or "
                             "eight, with contempt)",
                             path.c_str(), table.columns));
  }
  return table;
}

}  // namespace

int audit_command(std::span<const std::string> arguments) {
  AuditCommandOptions options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> sources = set.parse(arguments);
  if (options.help) return std::printf("%s%s", kUsage, set.help().c_str()), kExitOk;
  if (sources.size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "mien data audit needs one set: mien data audit fer2013.csv -o audit");
  if (options.output.empty())
    throw Error(ErrorCode::kInvalidArgument, "-o DIR is missing: the folder for the report");
  const Interrupt interrupt;
  datasets::Dataset dataset = datasets::read_dataset(sources[0]);
  if (dataset.empty()) throw Error(ErrorCode::kBadFormat, sources[0] + ": no pictures in it");
  if (!options.votes.empty()) datasets::attach_ferplus_votes(dataset, options.votes);
  if (std::any_of(dataset.begin(), dataset.end(),
                  [](const datasets::Sample& sample) { return sample.row < 0; })) {
    std::fprintf(stderr,
                 "mien: %s: its pictures come from folders; the lists number them from 0, and mien "
                 "train cannot use them\n",
                 sources[0].c_str());
    for (std::size_t i = 0; i < dataset.size(); ++i) dataset[i].row = static_cast<std::int32_t>(i);
  }
  datasets::FloatTable predictions;
  if (!options.predictions.empty())
    predictions = read_predictions(options.predictions, dataset.size());
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (error)
    throw Error(ErrorCode::kIo, options.output + ": cannot make the folder: " + error.message());

  std::optional<ProgressBar> bar;
  audit::NetworkView view =
      audit::analyze_dataset(dataset, model::locate_model(options.model), options.threads,
                             watch(bar, "features", dataset.size(), "pictures"));
  if (options.predictions.empty())
    audit::mask_training(view.probabilities, dataset);
  else
    view.probabilities = std::move(predictions);
  audit::AuditOptions limits{.flat = static_cast<float>(options.flat),
                             .drop_flat = static_cast<float>(options.drop_flat),
                             .drop_duplicate = static_cast<float>(options.drop_twin),
                             .relabel = static_cast<float>(options.relabel)};
  limits.duplicates.min_correlation = static_cast<float>(options.twin);
  const audit::AuditResult result = audit::audit(dataset, view.features, view.probabilities, limits,
                                                 watch(bar, "compare", dataset.size(), "pictures"));
  bar.reset();

  const std::filesystem::path folder = options.output;
  for (const audit::Page& page : audit::contact_sheets(
           result, dataset, std::filesystem::path(sources[0]).filename().string()))
    base::write_file(folder / page.name, page.html);
  base::write_file(folder / "suspects.csv", audit::suspects_csv(result, dataset));
  base::write_file(folder / "drop.csv", audit::drop_csv(result.edits));
  base::write_file(folder / "relabel.csv", audit::relabel_csv(result.edits));
  const std::string json = base::to_text(audit::to_json(result, dataset)) + "\n";
  base::write_file(folder / "audit.json", json);
  if (options.format == "json")
    std::fputs(json.c_str(), stdout);
  else
    std::printf("%s\n  look at %s\n", audit::to_text(result, dataset).c_str(),
                (folder / "index.html").c_str());
  return kExitOk;
}

}  // namespace mien::apps
