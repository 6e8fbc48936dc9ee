#include "training/winograd.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>

#include "training/autocast.hpp"
#include "training/winograd_kernels.hpp"

namespace mien::training {
namespace {

using winograd::Index;
using winograd::kLanes;
using winograd::Tiling;

Tiling tiling_of(Index height, Index width) {
  const bool fits_three = height % 3 == 0 && width % 3 == 0,
             fits_four = height % 4 == 0 && width % 4 == 0;
  const int side = fits_three && !fits_four ? 3 : 4;
  return {side,
          height,
          width,
          (height + side - 1) / side,
          (width + side - 1) / side,
          (side + 2) * (side + 2)};
}

/// Reused memory of a thread: page faults of fresh memory would dominate.
class Scratch {
 public:
  float* reserve(Index size) {
    if (size > size_) {
      memory_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(size));
      size_ = size;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<float[]> memory_;
  Index size_ = 0;
};

/// Padded, because planes a multiple of a page apart would conflict in the cache.
Index plane_size(Index rows, Index columns) { return rows * columns + kLanes; }

/// Convolves [N, H, W, from] to [N, H, W, to] with the weights of which transform(first, count,
/// panels, plane) writes `count` panels.
template <class Transform>
void convolve(const Tiling& tiling, Index images, const float* input, Index from,
              Transform transform, Index to, float* output) {
  thread_local Scratch panels_memory;
  const Index panel_plane = plane_size(from, to);
  float* panels = panels_memory.reserve(tiling.points * panel_plane);
  at::parallel_for(0, to / kLanes, 1, [&](Index begin, Index end) {
    transform(begin, end - begin, panels, panel_plane);
  });

  // As many tiles as fit the second-level cache, with work for every thread.
  constexpr Index kTilesPerBlock = 48;
  const Index tiles = images * tiling.down * tiling.across, threads = at::get_num_threads();
  const Index rounds = (tiles + kTilesPerBlock * threads - 1) / (kTilesPerBlock * threads);
  const Index chunk = (tiles + rounds * threads - 1) / (rounds * threads);
  at::parallel_for(0, (tiles + chunk - 1) / chunk, 1, [&](Index begin, Index end) {
    thread_local Scratch memory;
    const Index input_plane = plane_size(chunk, from), output_plane = plane_size(chunk, to);
    float* transformed = memory.reserve(tiling.points * (input_plane + output_plane));
    float* products = transformed + tiling.points * input_plane;
    for (Index first = begin * chunk; first < std::min(end * chunk, tiles); first += chunk) {
      const Index count = std::min(chunk, tiles - first);
      transform_inputs(tiling, input, from, first, count, transformed, input_plane);
      for (int point = 0; point < tiling.points; ++point) {
        winograd::multiply(transformed + point * input_plane, panels + point * panel_plane, count,
                           from, to, products + point * output_plane);
      }
      restore_outputs(tiling, products, output_plane, to, first, count, output);
    }
  });
}

/// The gradient of weights [outputs, 3, 3, inputs] from the inputs and the gradient of the outputs.
void find_weight_gradient(const Tiling& tiling, Index images, const float* input, Index inputs,
                          const float* gradient, Index outputs, float* weights) {
  constexpr Index kTilesPerBlock = 96, kRowsPerBlock = 48;
  const Index tiles = images * tiling.down * tiling.across;
  const Index chunk =
      std::min(tiles, std::max<Index>(kTilesPerBlock, kTilesPerBlock / 2 * at::get_num_threads()));
  const Index input_plane = plane_size(chunk, inputs), gradient_plane = plane_size(chunk, outputs),
              product_plane = plane_size(outputs, inputs);
  thread_local Scratch memory;
  float* transformed =
      memory.reserve(tiling.points * (input_plane + gradient_plane + product_plane));
  float* gradients = transformed + tiling.points * input_plane;
  float* products = gradients + tiling.points * gradient_plane;
  const Index row_blocks = (outputs + kRowsPerBlock - 1) / kRowsPerBlock;
  for (Index first = 0; first < tiles; first += chunk) {
    const Index count = std::min(chunk, tiles - first);
    at::parallel_for(0, count, 1, [&](Index begin, Index end) {
      transform_inputs(tiling, input, inputs, first + begin, end - begin,
                       transformed + begin * inputs, input_plane);
      transform_gradients(tiling, gradient, outputs, first + begin, end - begin,
                          gradients + begin * outputs, gradient_plane);
    });
    at::parallel_for(0, tiling.points * row_blocks, 1, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const Index point = i / row_blocks, row = i % row_blocks * kRowsPerBlock;
        for (Index tile = 0; tile < count; tile += kTilesPerBlock) {
          winograd::multiply_transposed(gradients + point * gradient_plane + tile * outputs,
                                        transformed + point * input_plane + tile * inputs, outputs,
                                        std::min(kTilesPerBlock, count - tile), inputs, row,
                                        std::min(kRowsPerBlock, outputs - row), first + tile > 0,
                                        products + point * product_plane);
        }
      }
    });
  }
  at::parallel_for(0, outputs, 1, [&](Index begin, Index end) {
    restore_weights(tiling, products, product_plane, inputs, begin, end - begin, weights);
  });
}

torch::Tensor channels_last(const torch::Tensor& tensor) {
  return tensor.contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor empty_channels_last(torch::IntArrayRef sizes) {
  return torch::empty(sizes,
                      torch::TensorOptions().memory_format(torch::MemoryFormat::ChannelsLast));
}

class Convolution : public torch::autograd::Function<Convolution> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& given_input,
                               const torch::Tensor& given_weight) {
    const torch::Tensor input = channels_last(given_input), weight = channels_last(given_weight);
    context->save_for_backward({input, weight});
    const Index outputs = weight.size(0), inputs = weight.size(1);
    torch::Tensor output =
        empty_channels_last({input.size(0), outputs, input.size(2), input.size(3)});
    const Tiling tiling = tiling_of(input.size(2), input.size(3));
    const auto transform = [&](Index first, Index count, float* panels, Index plane) {
      transform_weights(tiling, weight.data_ptr<float>(), inputs, first, count, panels, plane);
    };
    convolve(tiling, input.size(0), input.data_ptr<float>(), inputs, transform, outputs,
             output.data_ptr<float>());
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &input = saved[0], &weight = saved[1],
                        gradient = channels_last(gradients[0]);
    const Index outputs = weight.size(0), inputs = weight.size(1);
    const Tiling tiling = tiling_of(input.size(2), input.size(3));
    torch::Tensor input_gradient, weight_gradient;
    if (context->needs_input_grad(0)) {
      input_gradient = empty_channels_last(input.sizes());
      const auto transform = [&](Index first, Index count, float* panels, Index plane) {
        transform_rotated_weights(tiling, weight.data_ptr<float>(), inputs, outputs, first, count,
                                  panels, plane);
      };
      convolve(tiling, input.size(0), gradient.data_ptr<float>(), outputs, transform, inputs,
               input_gradient.data_ptr<float>());
    }
    if (context->needs_input_grad(1)) {
      weight_gradient = empty_channels_last(weight.sizes());
      find_weight_gradient(tiling, input.size(0), input.data_ptr<float>(), inputs,
                           gradient.data_ptr<float>(), outputs, weight_gradient.data_ptr<float>());
    }
    return {input_gradient, weight_gradient};
  }
};

}  // namespace

bool winograd_is_faster() {
#if defined(__x86_64__)
  static const bool has_avx512 = __builtin_cpu_supports("avx512f");
  return !has_avx512;
#else
  return true;
#endif
}

bool fits_winograd(const torch::Tensor& input, const torch::Tensor& weight) {
  static const bool is_supported = winograd::is_supported();
  return is_supported && input.device().is_cpu() && input.scalar_type() == torch::kFloat &&
         weight.scalar_type() == torch::kFloat && !is_autocasting_on_cpu() &&
         weight.size(0) % kLanes == 0 && weight.size(1) % kLanes == 0 && weight.size(2) == 3 &&
         weight.size(3) == 3 && input.size(0) > 0 && input.size(2) >= 3 && input.size(3) >= 3;
}

torch::Tensor convolve_3x3(const torch::Tensor& input, const torch::Tensor& weight) {
  return Convolution::apply(input, weight);
}

}  // namespace mien::training
