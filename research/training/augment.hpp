#pragma once

#include <torch/torch.h>

#include "training/settings.hpp"

namespace mien::training {

/// Random changes to a batch [N, 1, 48, 48] of normalised gray pictures, on whatever device it
/// lies: one affine resampling to [N, 1, side, side] (mirror, rotation, size, shift; edges
/// repeated), blur, contrast and brightness, noise, random erasing (Zhong et al. 2020). Draws from
/// `generator`, which lives on the CPU, so that CPU and CUDA runs see the same changes.
torch::Tensor augment(const torch::Tensor& batch, std::int64_t side, const TrainSettings& settings,
                      torch::Generator& generator);

}  // namespace mien::training
