#include "common/analyzer_options.hpp"

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::apps {

void add_model_option(base::OptionSet& options, std::string& model) {
  options.add(model, "model", "FILE", "model file, or the name of a shipped model");
}

void add_precision_option(base::OptionSet& options, std::string& precision) {
  options.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"},
                     "arithmetic of the network");
}

void add_detector_option(base::OptionSet& options, std::string& detector) {
  options.add(detector, "detector", "NAME",
              "face detector: auto, hog, yunet, or an ONNX file of a detector");
}

void AnalyzerSettings::declare_network(base::OptionSet& set) {
  add_model_option(set, model);
  set.add(options.head, "head", "NAME",
          "head of the model: photo, fer2013 or ferplus; by default the model's first");
  set.add(options.contempt, "contempt", "also predict contempt, if the head supports it");
  add_precision_option(set, options.precision);
}

void AnalyzerSettings::declare_detector(base::OptionSet& set) {
  add_detector_option(set, options.detector);
  set.add(options.min_face, "min-face", "PIXELS",
          "side of the smallest face to find; 0: 40, up to 60 in large photos", {0, 20000});
  set.add(min_score, "min-score", "SCORE",
          "minimum score of a face, on the detector's scale; by default 0.6 for yunet, 0 for hog");
}

void AnalyzerSettings::declare(base::OptionSet& set) {
  declare_network(set);
  declare_detector(set);
  set.add(options.min_confidence, "min-confidence", "P",
          "a face whose confidence is lower is uncertain", {0, 1});
}

AnalyzerOptions AnalyzerSettings::with_threads(int threads) const {
  AnalyzerOptions out = options;
  out.threads = threads;
  if (min_score.empty()) return out;
  out.min_score = base::parse_number<float>(min_score);
  if (!out.min_score)
    throw Error(ErrorCode::kInvalidArgument,
                "--min-score: must be a number, not '" + min_score + "'");
  return out;
}

}  // namespace mien::apps
