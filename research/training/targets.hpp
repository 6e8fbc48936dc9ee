#pragma once

#include <torch/torch.h>

#include <vector>

#include "datasets/dataset.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// One split on a device, with the targets of each head. Images are stored as bytes.
struct Samples {
  torch::Tensor pixels;   // [n, 1, 48, 48] u8
  torch::Tensor targets;  // [n, classes of all heads] f32; each head's part of a row sums to 1, or
                          // to 0 without votes
  torch::Tensor weights;  // [n, heads] f32: weight of the row in the head's loss
  torch::Tensor label_tensor;   // [n] i64, `labels` on the device
  std::vector<int> labels;      ///< FER2013's emotion
  std::vector<int> majorities;  ///< FER+ majority emotion, or -1
};

enum class Use {
  kTraining,    ///< mixes votes into labels and weights the losses, by the settings
  kValidation,  ///< labels only, all with weight 1
};

/// Whether the label is one of FER2013's seven; others (contempt, none) are not used for training.
inline bool has_label(const datasets::Sample& sample) {
  return sample.emotion >= 0 && sample.emotion < kEmotionCount;
}

/// The labeled images of a split. A head "ferplus" learns the vote shares of its eight emotions;
/// single votes are removed as outliers (as in FER+'s own reader), and an image is weighted by its
/// share of votes for emotions.
Samples to_samples(const datasets::Dataset& dataset, datasets::Split split,
                   const TrainSettings& settings, Use use, torch::Device device);

/// Mean over the batch of the heads' weighted cross entropies. `logits` and `targets` [n, classes
/// of all heads], `weights` [n, heads]; label smoothing is applied here.
torch::Tensor heads_loss(const torch::Tensor& logits, const torch::Tensor& targets,
                         const torch::Tensor& weights, const std::vector<HeadSpec>& heads,
                         double label_smoothing);

}  // namespace mien::training
