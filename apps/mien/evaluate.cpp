#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/softmax.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "evaluation/corruption.hpp"
#include "evaluation/face_model.hpp"
#include "evaluation/subject_baseline.hpp"
#include "evaluation/traits.hpp"
#include "face_data.hpp"
#include "measure.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"
#include "pipeline/classifier.hpp"
#include "plots/figure.hpp"
#include "reports/evaluation.hpp"

namespace mien::apps {
namespace {

struct EvaluateOptions {
  std::vector<std::string> models, histories;
  std::string head, data, votes, report;
  std::string split, detector = "auto", crop, format = "text", precision = "f32";
  int threads = 0, rounds = 1000;
  bool subject_baseline = false, flip = false, faces = false, slices = false, robustness = false,
       images = true;

  void declare(base::OptionSet& o) {
    o.add(models, "model", "FILE",
          "model file, or the name of a shipped model; several are compared; an ONNX file of "
          "another project needs a sidecar (docs/evaluation.md)");
    o.add(head, "head", "NAME",
          "evaluate only this head; by default each kind of label is evaluated with the head that "
          "was trained for it");
    o.add(data, "data", "FILE",
          "fer2013.csv, a packed file (mien data pack), or a folder of labeled images");
    o.add(split, "split", "NAME",
          "Training, PublicTest or PrivateTest; by default PrivateTest if there is one");
    o.add(faces, "faces",
          "detect and crop the face in each image of a folder, as predict does; by default the "
          "images are cropped faces");
    add_detector_option(o, detector);
    add_crop_option(o, crop, "that of the first model");
    o.add(votes, "votes", "FILE",
          "FER+ votes (fer2013new.csv): also report 8-class accuracy against their majority and "
          "scores against the votes");
    o.add(subject_baseline, "subject-baseline",
          "subtract each subject's mean log-probabilities (CK+48, JAFFE), because resting faces "
          "differ");
    o.add(flip, "flip", "average the logits with those of the mirror image");
    o.add(slices, "slices", "also report slices: by subject, brightness, contrast, size, pose");
    o.add(robustness, "robustness",
          "also report accuracy under corruptions: blur, noise, JPEG, low light, small faces, "
          "shifted and scaled boxes");
    o.add(report, "report", "FILE",
          "write an HTML page with figures and slices, in one file; needs gnuplot");
    o.add(images, "images", "show images in the page");
    o.alias("pictures");
    o.add(histories, "history", "FILE",
          "history.csv of a training run, for its curves in the page; may be given several times");
    o.add_choice(format, "format", {"text", "json", "card"},
                 "format of the result; card: tables for a model card");
    add_precision_option(o, precision);
    o.add(threads, "threads", "N", "threads; 0: one per core", {0, 1024});
    o.add(rounds, "bootstrap", "N", "bootstrap rounds for the confidence intervals",
          {100, 1000000});
  }
  engine::CompileOptions compile_options() const {
    return {pipeline::precision_from_string(precision), threads};
  }
  Views views() const { return flip ? Views::kFlip : Views::kSingle; }
};

/// The images to evaluate on.
struct Material {
  datasets::Dataset dataset;
  datasets::Split split = datasets::Split::kPrivateTest;
  std::string split_name;
  std::vector<const datasets::Sample*> images;  // of the split
  std::vector<std::uint8_t> pixels;
  std::vector<bool> seen;  // equals a Training image
  bool has_votes = false;
  metrics::ReportOptions intervals;  // with subjects as groups, if the data name them
  std::string_view head;  // trained for the labels; empty: the model's default head, for photos
  std::vector<evaluation::Partition> partitions;
};

/// By default PrivateTest, or the only split.
datasets::Split choose_split(const datasets::Dataset& dataset, const std::string& name) {
  if (!name.empty()) return datasets::split_from_string(name);
  const bool one = std::all_of(dataset.begin(), dataset.end(), [&](const datasets::Sample& sample) {
    return sample.split == dataset[0].split;
  });
  return one && !dataset.empty() ? dataset[0].split : datasets::Split::kPrivateTest;
}

Material read_material(const EvaluateOptions& options, const std::filesystem::path& first_model) {
  const bool slices = options.slices || !options.report.empty(),
             folder = std::filesystem::is_directory(options.data);
  std::unique_ptr<vision::FaceDetector> detector;
  if (slices || (folder && options.faces))
    detector = vision::make_face_detector(options.detector, {.threads = 1});
  FaceData data;
  if (folder) {
    const vision::FaceDetector* finds = options.faces ? detector.get() : nullptr;
    const bool as_model_asks = finds != nullptr && options.crop.empty();
    data =
        read_face_folder(options.data, finds,
                         as_model_asks ? crop_of(first_model, *finds) : parse_crop(options.crop));
  } else {
    data.dataset = datasets::read_dataset(options.data);
  }
  Material out{.dataset = std::move(data.dataset)};
  if (!options.votes.empty()) datasets::attach_ferplus_votes(out.dataset, options.votes);
  out.split = choose_split(out.dataset, options.split);
  out.images = select_split(out.dataset, out.split, options.data);
  out.pixels = pixels_of(out.images);
  out.has_votes = std::any_of(out.images.begin(), out.images.end(),
                              [](const datasets::Sample* sample) { return sample->has_votes(); });
  const bool official =
      std::any_of(out.images.begin(), out.images.end(),
                  [](const datasets::Sample* sample) { return sample->row >= 0; });
  if (official) out.head = model::kFer2013Head;
  out.split_name = !official && out.images.size() == out.dataset.size()
                       ? "all"
                       : std::string(datasets::to_string(out.split));
  const auto index = [&](const datasets::Sample* sample) {
    return static_cast<std::size_t>(sample - out.dataset.data());
  };
  out.seen = mark_seen(out.dataset, out.split);
  out.intervals = {.bootstrap_rounds = options.rounds, .groups = subjects_of(out.images)};
  if (!slices) return out;

  std::vector<std::optional<DetectedFace>> detected;
  if (folder && options.faces) {
    for (const datasets::Sample* sample : out.images)
      detected.push_back(data.detected[index(sample)]);
  } else {
    detected = detect_in_crops(out.images, *detector);
  }
  std::vector<evaluation::FaceTraits> traits;
  for (std::size_t i = 0; i < detected.size(); ++i) {
    traits.push_back(evaluation::traits_of(*out.images[i], detected[i]));
    if (!options.faces)
      traits.back().size.reset();  // of a cropped face: unrelated to its size in the photo
  }
  out.partitions = evaluation::partition_images(traits);
  return out;
}

void score_votes(reports::ModelEvaluation& out, const evaluation::FaceModel& voter,
                 std::span<const float> logits, const Material& material) {
  const auto classes = static_cast<int>(voter.labels().size());
  std::vector<metrics::FerPlusVotes> votes;
  for (const datasets::Sample* sample : material.images) votes.push_back(sample->votes);
  out.ferplus = metrics::ferplus_report(base::softmax(logits, classes, voter.temperature()),
                                        voter.labels(), votes, material.intervals);
  for (const int c : metrics::predictions(logits, classes)) {
    out.ferplus_predicted.push_back(
        static_cast<int>(*emotion_from_string(voter.labels()[static_cast<std::size_t>(c)])));
  }
}

void score_slices(reports::ModelEvaluation& out,
                  const std::vector<evaluation::Partition>& partitions) {
  for (const evaluation::Partition& partition : partitions) {
    std::vector<int> slice;
    for (const std::size_t image : out.own.images) slice.push_back(partition.slice[image]);
    metrics::Slicing slicing = metrics::slice_accuracy(partition.name, slice, partition.names,
                                                       out.own.predicted, out.own.truth);
    if (slicing.slices.size() > 1) out.slicings.push_back(std::move(slicing));
  }
}

/// On the images with a label of the model, at increasing corruption.
void score_robustness(reports::ModelEvaluation& out, const evaluation::FaceModel& model,
                      const Material& material, const EvaluateOptions& options) {
  const auto classes = static_cast<int>(out.own.labels.size());
  out.robustness.push_back({"none", "", out.own.scores.accuracy, out.own.scores.macro_f1.value});
  for (const evaluation::CorruptionStep& step : evaluation::corruption_steps()) {
    std::vector<std::uint8_t> pixels;
    for (const std::size_t image : out.own.images) {
      const ImageView view{material.images[image]->pixels.data(), datasets::kFaceSize,
                           datasets::kFaceSize, datasets::kFaceSize, PixelFormat::kGray8};
      const Image corrupted = evaluation::corrupt(view, step.kind, step.strength, image);
      pixels.insert(pixels.end(), corrupted.row(0), corrupted.row(0) + datasets::kFacePixels);
    }
    const std::vector<float> logits =
        measure_logits([&](auto faces) { return model.logits(faces); }, pixels, options.views(),
                       out.name + ", " + step.name + " " + step.text);
    metrics::ConfusionMatrix confusion(classes);
    const std::vector<int> predicted = metrics::predictions(logits, classes);
    std::vector<bool> right;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
      confusion.add(out.own.truth[i], predicted[i]);
      right.push_back(predicted[i] == out.own.truth[i]);
    }
    const metrics::ReportOptions known = metrics::options_for(material.intervals, out.own.images);
    out.robustness.push_back(
        {step.name, step.text, metrics::accuracy_score(right, known), confusion.macro_f1()});
  }
}

reports::ModelEvaluation evaluate_model(const std::string& name, const std::filesystem::path& path,
                                        const Material& material, const EvaluateOptions& options) {
  const std::unique_ptr<evaluation::FaceModel> model = evaluation::load_face_model(
      path, options.compile_options(), {.name = options.head, .preferred = material.head});
  const auto measure = [&](const evaluation::FaceModel& m) {
    return measure_logits([&](auto faces) { return m.logits(faces); }, material.pixels,
                          options.views(), name);
  };
  std::vector<float> logits = measure(*model);
  double temperature = model->temperature();
  if (options.subject_baseline) {
    if (material.intervals.groups.empty())
      throw Error(ErrorCode::kInvalidArgument,
                  "--subject-baseline: the file names of the data contain no subjects");
    logits = evaluation::subtract_subject_means(logits, static_cast<int>(model->labels().size()),
                                                std::exchange(temperature, 1),
                                                material.intervals.groups);
  }
  reports::ModelEvaluation out{
      .name = name, .path = path.string(), .runtime = model->runtime(), .temperature = temperature};
  out.own = reports::evaluate_labels(logits, label_outputs(model->labels(), material.images),
                                     model->labels(), temperature, material.intervals);
  out.unknown_labels = material.images.size() - out.own.images.size();
  out.without_seen = reports::scores_without(out.own, material.seen, material.intervals);
  if (material.has_votes) {
    const std::unique_ptr<evaluation::FaceModel> voter = evaluation::load_face_model(
        path, options.compile_options(), {.name = options.head, .preferred = model::kFerPlusHead});
    score_votes(out, *voter, voter->head() == model->head() ? logits : measure(*voter), material);
  }
  score_slices(out, material.partitions);
  if (options.robustness) score_robustness(out, *model, material, options);
  return out;
}

/// Unique names: the files' stems, with the folder if stems are equal, the whole path if that is
/// not enough, and a number if a file is given twice.
std::vector<std::string> short_names(const std::vector<std::filesystem::path>& paths) {
  const auto with_folder = [](const std::filesystem::path& path) {
    return (path.parent_path().filename() / path.stem()).string();
  };
  std::map<std::string, int> stems, folders, seen;
  for (const auto& path : paths) ++stems[path.stem()], ++folders[with_folder(path)];
  std::vector<std::string> names;
  for (const auto& path : paths) {
    std::string name = stems[path.stem()] == 1           ? path.stem().string()
                       : folders[with_folder(path)] == 1 ? with_folder(path)
                                                         : path.string();
    const int times = ++seen[name];
    names.push_back(times == 1 ? name : name + base::format(" (%d)", times));
  }
  return names;
}

reports::Evaluation evaluate(const EvaluateOptions& options,
                             const std::vector<std::filesystem::path>& models,
                             const Material& material) {
  reports::Evaluation out{.data = options.data,
                          .split = material.split_name,
                          .views = options.flip ? "flip" : "single",
                          .images = material.images};
  out.seen_in_training =
      static_cast<std::size_t>(std::count(material.seen.begin(), material.seen.end(), true));
  for (const std::string& history : options.histories)
    out.histories.push_back(plots::read_history(history));
  const std::vector<std::string> names = short_names(models);
  for (std::size_t i = 0; i < models.size(); ++i)
    out.models.push_back(evaluate_model(names[i], models[i], material, options));
  out.comparisons = reports::compare_models(out, material.intervals);
  return out;
}

/// Reports problems with the page before the evaluation, not after it.
void check_report(const std::filesystem::path& path) {
  plots::require_gnuplot();
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw Error(ErrorCode::kNotFound, "--report: no such folder: " + folder.string());
}

}  // namespace

int evaluate_command(std::span<const std::string> arguments) {
  EvaluateOptions options;
  CommandLine line(
      "mien evaluate --model MODEL --data DATA [options]\n\nMeasures models on labeled images, "
      "with "
      "confidence intervals.");
  options.declare(line.options);
  if (!line.parse_options(arguments)) return kExitOk;
  require_option(options.data, "--data", "give fer2013.csv, a packed file or a folder");
  if (!options.report.empty()) check_report(options.report);
  if (options.models.empty()) options.models.emplace_back();  // the default model
  std::vector<std::filesystem::path> models;
  for (const std::string& model : options.models)
    models.push_back(
        pipeline::locate_classifier(model, pipeline::precision_from_string(options.precision)));
  const Material material = read_material(options, models[0]);
  const reports::Evaluation evaluation = evaluate(options, models, material);
  if (!options.report.empty())
    base::write_file(options.report,
                     reports::to_page(evaluation, options.images ? reports::Faces::kShown
                                                                 : reports::Faces::kLeftOut));
  const std::string text = options.format == "json"
                               ? base::to_text(reports::to_json(evaluation)) + "\n"
                           : options.format == "card" ? reports::to_card(evaluation)
                                                      : reports::to_text(evaluation);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace mien::apps
