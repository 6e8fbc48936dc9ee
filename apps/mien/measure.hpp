#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "pipeline/classifier.hpp"

namespace mien::apps {

enum class Views {
  kSingle,
  kFlip,  ///< the logits' mean over the picture and its mirror image
};

/// Logits [n, classes] of the samples, in order, through the engine; with a progress bar.
std::vector<float> measure_logits(const Classifier& classifier, const std::vector<const Sample*>& samples, Views views);

/// The network with the head that was made for certain labels: `taught` where the model has such a head, else its default.
Classifier load_head(const std::filesystem::path& path, const engine::CompileOptions& options, std::string_view taught);

/// The samples of a split.
std::vector<const Sample*> select_split(const Dataset& dataset, Split split);

/// The output of each sample's label, -1 where the network does not know it.
std::vector<int> label_outputs(const Classifier& classifier, const std::vector<const Sample*>& samples);
/// The same for the emotion that the majority of FER+'s voters named, -1 also where there is none.
std::vector<int> majority_outputs(const Classifier& classifier, const std::vector<const Sample*>& samples);

}  // namespace mien::apps
