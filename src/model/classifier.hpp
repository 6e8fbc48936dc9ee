#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace mien::model {

/// How a detector's face box becomes the square picture that the network sees: the square has the side
/// max(width, height) * scale and is centred at the box's centre moved by (shift_x, shift_y) box sides.
/// The numbers belong to one detector's way of drawing boxes.
struct CropGeometry {
  double scale = 1.0;
  double shift_x = 0.0;  ///< positive: to the right
  double shift_y = 0.0;  ///< positive: down
};

/// What a user of an emotion network must know beside its graph: the model file's metadata_props
/// (docs/model-format.md), read and checked.
struct ClassifierInfo {
  std::vector<std::string> labels;  ///< by output index; each a name of Emotion
  int input_size = 48;              ///< side of the square gray input
  double mean = 0;                  ///< network input = (gray - mean) / std, gray in 0..255
  double std = 1;
  double temperature = 1;                         ///< probabilities = softmax(logits / temperature)
  std::map<std::string, CropGeometry> crops;      ///< by detector name ("hog", "yunet", …)
  std::map<std::string, std::string> provenance;  ///< the rest: "description", "training.*", "scores.*", …
};

/// Keys: "labels" (comma separated), "input_size", "mean", "std", "temperature" (1 where missing),
/// "crop.<detector>"
/// ("scale shift_x shift_y"); every other key is provenance. Throws Error kBadFormat naming the missing or
/// bad field, or the one that does not agree with the graph.
ClassifierInfo read_classifier_info(const Model& model);
/// Replaces the model's metadata.
void write_classifier_info(Model& model, const ClassifierInfo& info);

}  // namespace mien::model
