#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"

namespace mien::apps {

enum class Views {
  kSingle,
  kFlip,  ///< the mean logits of the image and its mirror image
};

/// Gray images [n, 48, 48] to logits [n, classes].
using Logits = std::function<std::vector<float>(std::span<const std::uint8_t> images)>;

/// The pixels of the samples, [n, 48, 48].
std::vector<std::uint8_t> pixels_of(const std::vector<const datasets::Sample*>& samples);

/// Logits of the images [n, 48, 48], in order; with a progress bar of this name. Throws Error
/// kInterrupted on SIGINT.
std::vector<float> measure_logits(const Logits& logits, std::span<const std::uint8_t> images,
                                  Views views, const std::string& bar_name);

/// The samples of a split. Throws Error kInvalidArgument naming the data if there are none.
std::vector<const datasets::Sample*> select_split(const datasets::Dataset& dataset,
                                                  datasets::Split split, const std::string& data);
/// Which samples of the split equal a Training image; none if the split is Training.
std::vector<bool> mark_seen(const datasets::Dataset& dataset, datasets::Split split);

/// A number per subject, and one per sample without a subject; empty if no sample has a subject.
std::vector<int> subjects_of(const std::vector<const datasets::Sample*>& samples);

/// The index of each sample's label among `labels`, or -1.
std::vector<int> label_outputs(const std::vector<std::string>& labels,
                               const std::vector<const datasets::Sample*>& samples);
/// The same for the majority of the sample's FER+ votes; -1 also without a majority.
std::vector<int> majority_outputs(const std::vector<std::string>& labels,
                                  const std::vector<const datasets::Sample*>& samples);

}  // namespace mien::apps
