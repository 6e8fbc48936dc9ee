#pragma once

#include <torch/torch.h>

#include "training/settings.hpp"

namespace mien::training {

/// Augments a batch [N, 1, 48, 48] of normalized gray images on any device: one affine resampling
/// to [N, 1, side, side] (mirror, rotation, scale, shift; replicated borders), blur, contrast and
/// brightness, noise, random erasing (Zhong et al. 2020). `generator` is a CPU generator, so that
/// CPU and CUDA runs use the same random numbers.
torch::Tensor augment(const torch::Tensor& batch, std::int64_t side, const TrainSettings& settings,
                      torch::Generator& generator);

}  // namespace mien::training
