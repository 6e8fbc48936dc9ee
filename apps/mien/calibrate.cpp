#include <algorithm>
#include <cstdio>

#include "base/file.hpp"
#include "base/options.hpp"
#include "base/softmax.hpp"
#include "commands.hpp"
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
  double least_recall = 0;  ///< 0: whatever it is
};

/// What the calibration is worth on images that it was not fitted on.
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

/// The split to fit on: PublicTest if there is one, else the only split.
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

/// Calibrates one head on the pictures whose class it knows: of the voters' majority for the head
/// that the votes taught.
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
                by_votes ? "the head 'ferplus' needs the FER+ votes: give --votes fer2013new.csv"
                         : "no picture has a label that the head '" + head + "' knows");
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
  if (options.least_recall > 0)
    found = metrics::raise_recalls(logits, labels, std::move(found), options.least_recall);
  std::vector<float> moved = logits;
  for (std::size_t i = 0; i < moved.size(); ++i)
    moved[i] += static_cast<float>(found.biases[i % classes]);
  const auto error_at = [&](const std::vector<float>& values, double t) {
    return metrics::calibration_error(base::softmax(values, classifier.classes(), t), labels);
  };
  std::printf(
      "%s: temperature %.4f on %zu pictures; calibration error there %.4f before, %.4f after\n",
      head.c_str(), found.temperature, samples.size(),
      error_at(logits, classifier.info().temperature), error_at(moved, found.temperature));
  if (options.biases) {
    std::string biases;
    for (std::size_t c = 0; c < classes; ++c)
      biases += base::format("%s%s %+.2f", c > 0 ? ", " : "", classifier.info().labels[c].c_str(),
                             found.biases[c]);
    std::printf("%s: biases %s\n", head.c_str(), biases.c_str());
    print_gain(head, metrics::cross_validate_calibration(logits, labels, persons_of(samples),
                                                         classifier.info().temperature, fit_once));
  }
  return found;
}

}  // namespace

int calibrate_command(std::span<const std::string> arguments) {
  std::string model_name, data, votes, only, split, output, detector = "auto";
  bool biases = false, faces = false, help = false;
  double least_recall = 0;
  base::OptionSet options;
  options.add(model_name, "model", "FILE", "model file to calibrate");
  options.add(data, "data", "FILE", "fer2013.csv, a packed set, or a folder of class folders");
  options.add(faces, "faces", "detect and crop the faces of a folder's images, as predict does");
  options.add(detector, "detector", "NAME", "face detector of --faces");
  options.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv), for a head that learnt them");
  options.add(only, "head", "NAME", "calibrate this head alone; default: all heads");
  options.add(
      split, "split", "NAME",
      "split to fit on, never the one that the model is evaluated on; default: PublicTest, or the "
      "only split");
  options.add(
      biases, "biases",
      "fit a bias for each class too, and add it to the last layer (Alexandari et al. 2020): what "
      "was taught with weighted classes or mixed labels then answers as often as the labels say");
  options.add(least_recall, "least-recall", "R",
              "with --biases: raise those of the classes that are recognised in less than this "
              "part of their pictures until none is left (not of a head taught by votes)",
              {0, 1});
  options.add(output, "output", "FILE", "model file to write; the same file by default");
  options.short_name('o');
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> extra = options.parse(arguments);
  if (help) {
    std::printf(
        "mien calibrate --model M --data D [options]\n\nFits the temperature of the probabilities "
        "(Guo et al. 2017) and stores it in the model file, for each of its heads.\n\n%s",
        options.help().c_str());
    return kExitOk;
  }
  if (!extra.empty())
    throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + extra[0] + "'");
  if (data.empty())
    throw Error(ErrorCode::kInvalidArgument, "--data FILE is missing: fer2013.csv or a packed set");
  if (model_name.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--model FILE is missing: the model file to calibrate");
  if (least_recall > 0 && !biases)
    throw Error(ErrorCode::kInvalidArgument, "--least-recall moves biases: give --biases too");
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
        fit(path, head, samples, {biases, head == model::kFerPlusHead ? 0 : least_recall});
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
    std::printf("%s is not calibrated with it: write it again with mien quantize\n", copy.c_str());
  return kExitOk;
}

}  // namespace mien::apps
