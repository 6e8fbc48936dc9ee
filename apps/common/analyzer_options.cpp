#include "common/analyzer_options.hpp"

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
          "head of a model with several, such as fer2013 or ferplus; by default the model's own");
  set.add(options.contempt, "contempt", "also predict contempt, if the head supports it");
  add_precision_option(set, options.precision);
}

void AnalyzerSettings::declare_detector(base::OptionSet& set) {
  add_detector_option(set, options.detector);
  set.add(options.min_face, "min-face", "PIXELS",
          "smallest face to find, at least an 80th of a photo's longer side; 0: 40, and more in "
          "large photos",
          {0, 20000});
}

void AnalyzerSettings::declare(base::OptionSet& set) {
  declare_network(set);
  declare_detector(set);
  set.add(options.min_confidence, "min-confidence", "P",
          "a face whose most probable emotion is less probable is uncertain", {0, 1});
}

Analyzer AnalyzerSettings::load(int threads) const {
  AnalyzerOptions with_threads = options;
  with_threads.threads = threads;
  return Analyzer::load(model, with_threads);
}

}  // namespace mien::apps
