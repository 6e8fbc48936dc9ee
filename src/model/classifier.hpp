#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/crop_geometry.hpp"
#include "model/model.hpp"

namespace mien::model {

/// What belongs to one output of a network that has several.
struct HeadInfo {
  std::vector<std::string> labels;  ///< by index; each a name of Emotion
  double temperature = 1;           ///< probabilities = softmax(logits / temperature)
};

/// What using an emotion network needs besides its graph: the model file's metadata_props
/// (docs/model-format.md), read and checked.
struct ClassifierInfo {
  std::vector<std::string> labels;  ///< of the first output, by index; each a name of Emotion
  int input_size = 48;              ///< side of the square gray input
  double mean = 0;                  ///< network input = (gray - mean) / std, gray in 0..255
  double std = 1;
  double temperature = 1;  ///< of the first output: probabilities = softmax(logits / temperature)
  std::map<std::string, HeadInfo, std::less<>>
      other_heads;                                  ///< the graph's further outputs, by name
  std::map<std::string, base::CropGeometry> crops;  ///< by detector name ("hog", "yunet", …)
  std::map<std::string, std::string>
      provenance;  ///< the rest: "description", "training.*", "scores.*", …
};

/// Keys: "labels" (comma separated), "input_size", "mean", "std", "temperature" (1 where missing),
/// "labels.<output>" and "temperature.<output>" for each further output, "crop.<detector>" ("scale
/// shift_x shift_y"); every other key is provenance. Throws Error kBadFormat naming the missing or
/// bad field, or the one that does not agree with the graph.
ClassifierInfo read_classifier_info(const Model& model);
/// Replaces the model's metadata.
void write_classifier_info(Model& model, const ClassifierInfo& info);

}  // namespace mien::model
