#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/crop_geometry.hpp"
#include "model/model.hpp"

namespace mien::model {

/// Metadata of one head of a network with several heads.
struct HeadInfo {
  std::vector<std::string> labels;  ///< by index; names of Emotion
  double temperature = 1;           ///< probabilities = softmax(logits / temperature)
};

/// The metadata of an emotion network (metadata_props; docs/model-format.md), parsed and validated.
struct ClassifierInfo {
  std::vector<std::string> labels;  ///< of the first output, by index; names of Emotion
  int input_size = 48;              ///< side of the square gray input
  double mean = 0;                  ///< network input = (gray - mean) / std, gray in 0..255
  double std = 1;
  double temperature = 1;  ///< of the first output: probabilities = softmax(logits / temperature)
  std::map<std::string, HeadInfo, std::less<>> other_heads;  ///< of the other outputs, by name
  std::map<std::string, base::CropGeometry> crops;  ///< by detector name ("hog", "yunet", …)
  std::map<std::string, std::string>
      provenance;  ///< other keys: "description", "training.*", "scores.*", …
};

/// Parses the keys "labels" (comma separated), "input_size", "mean", "std", "temperature" (default
/// 1), "labels.<output>" and "temperature.<output>" for each other output, "crop.<detector>"
/// ("scale shift_x shift_y"); other keys are provenance. Throws Error kBadFormat naming the field
/// that is missing, invalid or does not match the graph.
ClassifierInfo read_classifier_info(const Model& model);
/// Replaces the model's metadata.
void write_classifier_info(Model& model, const ClassifierInfo& info);

}  // namespace mien::model
