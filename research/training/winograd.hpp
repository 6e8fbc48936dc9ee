#pragma once

#include <torch/torch.h>

namespace mien::training {

/// Whether `convolve_3x3` takes these: floats on the CPU outside of autocast, 3x3 weights whose
/// channels come in multiples of 16, and images of at least 3x3. Needs AVX2 on x86.
bool fits_winograd(const torch::Tensor& input, const torch::Tensor& weight);

/// Whether `convolve_3x3` is faster here than LibTorch's own convolution: on CPUs without AVX-512.
/// With oneDNN held to AVX2, LibTorch 2.6 takes 1.4 to 1.7 times as long; with AVX-512 both take
/// the same (bench/train_bench.cpp).
bool winograd_is_faster();

/// The convolution of stride 1 and padding 1, [N, inputs, H, W] with [outputs, inputs, 3, 3],
/// differentiable once, by Winograd's minimal filtering (Lavin and Gray 2016): F(4x4, 3x3), and
/// F(3x3, 3x3) where 3 divides the sides and 4 does not. Takes 1/4 or 1/3.2 of the multiplications
/// and differs from the direct sum by a few units of rounding more; gives the same bits for any
/// number of threads. Channels-last inside and out.
torch::Tensor convolve_3x3(const torch::Tensor& input, const torch::Tensor& weight);

}  // namespace mien::training
