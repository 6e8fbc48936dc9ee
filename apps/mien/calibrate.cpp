#include <algorithm>
#include <cstdio>

#include "base/file.hpp"
#include "base/softmax.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "face_data.hpp"
#include "measure.hpp"
#include "metrics/calibration.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"
#include "pipeline/classifier.hpp"

namespace mien::apps {
namespace {

struct FitOptions {
  bool biases = false;
  double min_recall = 0;  ///< 0: no minimum
};

/// Prints what the calibration is worth on images that it was not fitted on.
void print_gain(const std::string& head, const std::optional<metrics::CalibrationGain>& gain) {
  if (!gain) {
    std::printf("%s: no cross-validation, because all images are of one subject\n", head.c_str());
    return;
  }
  std::printf(
      "%s: %d-fold cross-validation: accuracy %.3f before, %.3f after; macro F1 %.3f, %.3f; log "
      "loss %.3f, %.3f\n",
      head.c_str(), gain->folds, gain->before.accuracy, gain->after.accuracy, gain->before.macro_f1,
      gain->after.macro_f1, gain->before.log_loss, gain->after.log_loss);
}

/// By default PublicTest, or the only split.
datasets::Split split_to_fit(const datasets::Dataset& dataset, const std::string& name) {
  if (!name.empty()) return datasets::split_from_string(name);
  const bool is_one = std::all_of(dataset.begin(), dataset.end(), [&](const auto& sample) {
    return sample.split == dataset[0].split;
  });
  return is_one && !dataset.empty() ? dataset[0].split : datasets::Split::kPublicTest;
}

/// A file, or a folder of labeled images: whole, or with `faces` cropped as predict does.
datasets::Dataset read_data(const std::string& data, const std::filesystem::path& model,
                            const std::string& detector_name, bool faces) {
  if (!std::filesystem::is_directory(data)) return datasets::read_dataset(data);
  if (!faces) return read_face_folder(data, nullptr, {}).dataset;
  const auto detector = vision::make_face_detector(detector_name, {.threads = 1});
  return read_face_folder(data, detector.get(), crop_of(model, *detector)).dataset;
}

/// Calibrates one head on the images with a label that it predicts; for the head trained on FER+
/// votes, the label is their majority.
metrics::Calibration fit(const std::filesystem::path& path, const std::string& head,
                         const std::vector<const datasets::Sample*>& all,
                         const FitOptions& options) {
  const pipeline::Classifier classifier =
      pipeline::Classifier::load(path, {engine::Precision::kF32, 0}, {.name = head});
  // Images of folders have no votes; their label is the best that is known.
  const bool by_votes =
      head == model::kFerPlusHead && std::any_of(all.begin(), all.end(), [](const auto* sample) {
        return sample->row >= 0 || sample->has_votes();
      });
  const std::vector<int> outputs = by_votes ? majority_outputs(classifier.info().labels, all)
                                            : label_outputs(classifier.info().labels, all);
  std::vector<const datasets::Sample*> samples;
  std::vector<int> labels;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (outputs[i] < 0) continue;
    samples.push_back(all[i]);
    labels.push_back(outputs[i]);
  }
  if (samples.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                by_votes ? "--votes is missing; the head 'ferplus' needs fer2013new.csv"
                         : "--data: no image has a label of the head '" + head + "'");
  }
  const std::vector<float> logits =
      measure_logits([&](auto faces) { return classifier.logits(faces); }, pixels_of(samples),
                     Views::kSingle, "calibrate");
  const auto classes = static_cast<std::size_t>(classifier.classes());
  const auto fit_once = [&](std::span<const float> values, std::span<const int> truth) {
    return options.biases ? metrics::fit_calibration(values, truth)
                          : metrics::Calibration{metrics::fit_temperature(values, truth),
                                                 std::vector<double>(classes)};
  };
  metrics::Calibration found = fit_once(logits, labels);
  if (options.min_recall > 0)
    found = metrics::raise_recalls(logits, labels, std::move(found), options.min_recall);
  std::vector<float> moved = logits;
  for (std::size_t i = 0; i < moved.size(); ++i)
    moved[i] += static_cast<float>(found.biases[i % classes]);
  const auto error_at = [&](const std::vector<float>& values, double t) {
    return metrics::calibration_error(base::softmax(values, classifier.classes(), t), labels);
  };
  std::printf(
      "%s: temperature %.4f on %zu images; calibration error there %.4f before, %.4f after\n",
      head.c_str(), found.temperature, samples.size(),
      error_at(logits, classifier.info().temperature), error_at(moved, found.temperature));
  if (options.biases) {
    std::string biases;
    for (std::size_t c = 0; c < classes; ++c)
      biases += base::format("%s%s %+.2f", c > 0 ? ", " : "", classifier.info().labels[c].c_str(),
                             found.biases[c]);
    std::printf("%s: biases %s\n", head.c_str(), biases.c_str());
    print_gain(head, metrics::cross_validate_calibration(logits, labels, subjects_of(samples),
                                                         classifier.info().temperature, fit_once));
  }
  return found;
}

}  // namespace

int calibrate_command(std::span<const std::string> arguments) {
  std::string model_name, data, votes, only, split, output, detector = "auto";
  bool biases = false, faces = false;
  double min_recall = 0;
  CommandLine line(
      "mien calibrate --model MODEL --data DATA [options]\n\nFits the temperature of each head's "
      "probabilities (Guo et al. 2017) and stores it in the model file.");
  line.options.add(model_name, "model", "FILE", "model file to calibrate");
  line.options.add(data, "data", "FILE",
                   "fer2013.csv, a packed file, or a folder of class folders");
  line.options.add(faces, "faces",
                   "detect and crop the face in each image of a folder, as predict does");
  add_detector_option(line.options, detector);
  line.options.add(votes, "votes", "FILE",
                   "FER+ votes (fer2013new.csv), for a head that was trained on them");
  line.options.add(only, "head", "NAME", "calibrate only this head; by default all heads");
  line.options.add(split, "split", "NAME",
                   "split to fit on, never the one that the model is evaluated on; by default "
                   "PublicTest, or the only split");
  line.options.add(
      biases, "biases",
      "also fit a bias per class and add it to the last layer (Alexandari et al. 2020): "
      "a model trained with class weights or mixed labels then predicts each class as "
      "often as it occurs");
  line.options.add(min_recall, "min-recall", "R",
                   "with --biases: raise the biases of classes until each has at least this recall "
                   "(not for a head trained on votes)",
                   {0, 1});
  line.options.alias("least-recall");
  line.options.add(output, "output", "FILE", "model file to write; by default the same file");
  line.options.short_name('o');
  if (!line.parse_options(arguments)) return kExitOk;
  require_option(data, "--data", "give fer2013.csv, a packed file or a folder");
  require_option(model_name, "--model", "give the model file to calibrate");
  if (min_recall > 0 && !biases)
    throw Error(ErrorCode::kInvalidArgument, "--min-recall changes biases; add --biases");
  const std::filesystem::path path = model::locate_model(model_name);
  datasets::Dataset dataset = read_data(data, path, detector, faces);
  if (!votes.empty()) datasets::attach_ferplus_votes(dataset, votes);
  const std::vector<const datasets::Sample*> samples =
      select_split(dataset, split_to_fit(dataset, split), data);
  model::Model model = model::read_onnx(path);
  model::ClassifierInfo info = model::read_classifier_info(model);
  const std::vector<std::string> heads = model::head_names(model);
  if (!only.empty() && std::ranges::count(heads, only) == 0)
    throw Error(ErrorCode::kInvalidArgument,
                "--head: unknown head '" + only + "'; choose " + base::join(heads, ", "));
  for (const std::string& head : heads) {
    if (!only.empty() && head != only) continue;
    const metrics::Calibration found =
        fit(path, head, samples, {biases, head == model::kFerPlusHead ? 0 : min_recall});
    (head == heads.front() ? info.temperature : info.other_heads.at(head).temperature) =
        found.temperature;
    if (biases) model::add_biases(model, head, found.biases);
  }
  model::write_classifier_info(model, info);
  const std::filesystem::path target = output.empty() ? path : std::filesystem::path(output);
  model::write_onnx(model, target);
  std::printf("wrote %s\n", target.c_str());
  const std::filesystem::path copy = pipeline::int8_copy(target);
  if (std::filesystem::exists(copy))
    std::printf("%s is not updated; write it again with mien quantize\n", copy.c_str());
  return kExitOk;
}

}  // namespace mien::apps
