#pragma once

#include <torch/torch.h>

#include <vector>

#include "datasets/dataset.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// One split on a device, with what each head should answer; pictures stay bytes until their batch
/// comes.
struct Samples {
  torch::Tensor pixels;   // [n, 1, 48, 48] u8
  torch::Tensor targets;  // [n, classes of all heads] f32; a head's part of a row sums to 1, or to
                          // 0 where nothing is known
  torch::Tensor weights;  // [n, heads] f32: how much the row's answer counts in the head's loss
  torch::Tensor label_tensor;   // [n] i64, `labels` on the device
  std::vector<int> labels;      ///< FER2013's emotion
  std::vector<int> majorities;  ///< FER+'s emotion of the majority, -1 where there is none
};

enum class Use {
  kTraining,    ///< votes mixed into the labels, losses weighted, as the settings say
  kValidation,  ///< bare labels, all of weight 1
};

/// Whether the label is one of FER2013's seven: the others (contempt, none) are not trained on.
inline bool has_label(const datasets::Sample& sample) {
  return sample.emotion >= 0 && sample.emotion < kEmotionCount;
}

/// The pictures of a split that have a label. A head "ferplus" learns the shares of the votes for
/// its eight emotions; votes of a single person count as slips (as in FER+'s own reader), and a
/// picture counts as far as its votes name an emotion.
Samples to_samples(const datasets::Dataset& dataset, datasets::Split split,
                   const TrainSettings& settings, Use use, torch::Device device);

/// Mean over the batch of the heads' weighted cross entropies. `logits` and `targets` [n, classes
/// of all heads], `weights` [n, heads]; targets are smoothed here.
torch::Tensor heads_loss(const torch::Tensor& logits, const torch::Tensor& targets,
                         const torch::Tensor& weights, const std::vector<HeadSpec>& heads,
                         double label_smoothing);

}  // namespace mien::training
