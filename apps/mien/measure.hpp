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
  kFlip,  ///< the logits' mean over the picture and its mirror image
};

/// Gray pictures [n, 48, 48] to rows of logits [n, any width].
using Logits = std::function<std::vector<float>(std::span<const std::uint8_t> pictures)>;

/// The pixels of the samples, [n, 48, 48].
std::vector<std::uint8_t> pixels_of(const std::vector<const datasets::Sample*>& samples);

/// Logits of the pictures [n, 48, 48], in order; with a progress bar of this name. Throws Error
/// kInterrupted on SIGINT.
std::vector<float> measure_logits(const Logits& logits, std::span<const std::uint8_t> pictures,
                                  Views views, const std::string& bar_name);

/// The samples of a split; throws Error kInvalidArgument naming the data where there are none.
std::vector<const datasets::Sample*> select_split(const datasets::Dataset& dataset,
                                                  datasets::Split split, const std::string& data);
/// Which of these samples equal a training picture; none of the training pictures themselves.
std::vector<bool> mark_seen(const datasets::Dataset& dataset, datasets::Split split);

/// A number for each person, another for each sample without a name; nothing where none has a name.
std::vector<int> persons_of(const std::vector<const datasets::Sample*>& samples);

/// The index of each sample's label among `labels`, -1 where it is not there.
std::vector<int> label_outputs(const std::vector<std::string>& labels,
                               const std::vector<const datasets::Sample*>& samples);
/// The same for the emotion that the majority of FER+'s voters named, -1 also where there is none.
std::vector<int> majority_outputs(const std::vector<std::string>& labels,
                                  const std::vector<const datasets::Sample*>& samples);

}  // namespace mien::apps
