#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "audit/audit.hpp"
#include "audit/features.hpp"
#include "audit/sheets.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

struct AuditCommandOptions {
  std::string votes, model, predictions, output, format = "text";
  double flat = 0.5, drop_flat = 0.6, duplicate = 0.93, drop_duplicate = 0.97, relabel = 0.6;
  int threads = 0;

  void declare(base::OptionSet& o) {
    o.add(output, "output", "DIR",
          "folder for index.html, the contact sheets, suspects.csv, drop.csv, relabel.csv and "
          "audit.json");
    o.short_name('o');
    o.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv), shown with each finding");
    o.add(predictions, "predictions", "FILE",
          "out-of-fold probabilities (oof.npy of mien train --folds 5); without them, the model "
          "judges only the labels of the test splits");
    add_model_option(o, model);
    o.add(duplicate, "duplicate-threshold", "R",
          "correlation of features from which images are near-duplicates", {0.5, 1});
    o.alias("twin");
    o.add(drop_duplicate, "drop-duplicate-threshold", "R",
          "correlation from which one of them should be dropped", {0.5, 1});
    o.alias("drop-twin");
    o.add(flat, "flat-threshold", "SHARE",
          "share of pixels with one gray level from which an image is probably not a face", {0, 1});
    o.alias("flat");
    o.add(drop_flat, "drop-flat-threshold", "SHARE", "share from which it should be dropped",
          {0, 1});
    o.alias("drop-flat");
    o.add(relabel, "relabel-threshold", "P",
          "difference in probability from which another label should replace the label", {-1, 1});
    o.alias("relabel");
    o.add_choice(format, "format", {"text", "json"}, "format of the summary on standard output");
    o.add(threads, "threads", "N", "threads of the network; 0: one per core", {0, 1024});
  }
};

constexpr const char* kUsage =
    "mien data audit SOURCE -o DIR [options]\n\n"
    "Finds problems of a data set: duplicates and near-duplicates, images that are not faces, and "
    "labels that are\nprobably wrong. SOURCE is fer2013.csv or a packed file.";

/// A progress bar that stops the work after Ctrl-C.
audit::Progress watch(std::optional<ProgressBar>& bar, const char* label, std::size_t total,
                      const char* unit) {
  bar.emplace(label, static_cast<std::int64_t>(total), unit);
  return [&bar](std::size_t done, std::size_t) {
    if (Interrupt::requested())
      throw Error(ErrorCode::kInterrupted, "interrupted; nothing was written");
    bar->update(static_cast<std::int64_t>(done));
  };
}

/// The probabilities of a data set's images, in their order.
datasets::FloatTable read_predictions(const std::filesystem::path& path, std::size_t images) {
  datasets::FloatTable table = datasets::read_float_table(path);
  if (table.rows() != images) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%s: has %zu rows, but the data set has %zu images", path.c_str(),
                             table.rows(), images));
  }
  if (table.columns < 2 || table.columns > kEmotionCount + 1) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("%s: has %zu columns; must have one per emotion, 7, or 8 with contempt",
                     path.c_str(), table.columns));
  }
  return table;
}

}  // namespace

int audit_command(std::span<const std::string> arguments) {
  AuditCommandOptions options;
  CommandLine line(kUsage);
  options.declare(line.options);
  const auto sources = line.parse(arguments);
  if (!sources) return kExitOk;
  if (sources->size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "mien data audit needs one data set, such as mien data audit fer2013.csv -o audit");
  require_option(options.output, "-o", "give the folder for the report");
  const std::string& source = sources->front();
  const Interrupt interrupt;
  datasets::Dataset dataset = datasets::read_dataset(source);
  if (dataset.empty()) throw Error(ErrorCode::kBadFormat, source + ": no images");
  if (!options.votes.empty()) datasets::attach_ferplus_votes(dataset, options.votes);
  if (std::any_of(dataset.begin(), dataset.end(),
                  [](const datasets::Sample& sample) { return sample.row < 0; })) {
    std::fprintf(stderr,
                 "mien: %s: its images come from folders; the lists number them from 0, and mien "
                 "train cannot use these lists\n",
                 source.c_str());
    for (std::size_t i = 0; i < dataset.size(); ++i) dataset[i].row = static_cast<std::int32_t>(i);
  }
  datasets::FloatTable predictions;
  if (!options.predictions.empty())
    predictions = read_predictions(options.predictions, dataset.size());
  create_folder(options.output);

  std::optional<ProgressBar> bar;
  audit::NetworkView view =
      audit::analyze_dataset(dataset, model::locate_model(options.model), options.threads,
                             watch(bar, "features", dataset.size(), "images"));
  if (options.predictions.empty())
    audit::mask_training(view.probabilities, dataset);
  else
    view.probabilities = std::move(predictions);
  audit::AuditOptions limits{.flat = static_cast<float>(options.flat),
                             .drop_flat = static_cast<float>(options.drop_flat),
                             .drop_duplicate = static_cast<float>(options.drop_duplicate),
                             .relabel = static_cast<float>(options.relabel)};
  limits.duplicates.min_correlation = static_cast<float>(options.duplicate);
  const audit::AuditResult result = audit::audit(dataset, view.features, view.probabilities, limits,
                                                 watch(bar, "compare", dataset.size(), "images"));
  bar.reset();

  const std::filesystem::path folder = options.output;
  for (const audit::Page& page :
       audit::contact_sheets(result, dataset, std::filesystem::path(source).filename().string()))
    base::write_file(folder / page.name, page.html);
  base::write_file(folder / "suspects.csv", audit::suspects_csv(result, dataset));
  base::write_file(folder / "drop.csv", audit::drop_csv(result.edits));
  base::write_file(folder / "relabel.csv", audit::relabel_csv(result.edits));
  const std::string json = base::to_text(audit::to_json(result, dataset)) + "\n";
  base::write_file(folder / "audit.json", json);
  if (options.format == "json")
    std::fputs(json.c_str(), stdout);
  else
    std::printf("%s\n  open %s\n", audit::to_text(result, dataset).c_str(),
                (folder / "index.html").c_str());
  return kExitOk;
}

}  // namespace mien::apps
