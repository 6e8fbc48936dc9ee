#include "training/augment.hpp"

#include <cmath>
#include <numbers>

namespace mien::training {
namespace {

namespace F = torch::nn::functional;

constexpr double kRange = 4;  // a normalized image spans about 4 units from black to white
constexpr double kCorruptedShare = 0.5;  // of the images, by blur and by noise

/// [n] values between low and high.
torch::Tensor uniform(std::int64_t n, double low, double high, torch::Generator& generator) {
  return torch::rand({n}, generator) * (high - low) + low;
}

/// [n, 2, 3] maps from output to input coordinates, both -1 to 1 over the image.
torch::Tensor random_affine(std::int64_t n, const TrainSettings& s, torch::Generator& generator) {
  const torch::Tensor angle = uniform(n, -s.rotate, s.rotate, generator) * (std::numbers::pi / 180);
  const torch::Tensor zoom = 1 / uniform(n, 1 - s.scale, 1 + s.scale, generator);
  const torch::Tensor shift_x = uniform(n, -2 * s.shift, 2 * s.shift, generator);
  const torch::Tensor shift_y = uniform(n, -2 * s.shift, 2 * s.shift, generator);
  const torch::Tensor coin = uniform(n, 0, 1, generator);
  const torch::Tensor mirror =
      s.flip ? torch::where(coin < 0.5, -1.0, 1.0).to(torch::kFloat) : torch::ones({n});
  const torch::Tensor cosine = angle.cos() * zoom, sine = angle.sin() * zoom;
  return torch::stack({torch::stack({cosine * mirror, -sine, shift_x}, 1),
                       torch::stack({sine * mirror, cosine, shift_y}, 1)},
                      1);
}

/// [n, 1, side, side], 1 inside a random rectangle with the given probability.
torch::Tensor random_rectangles(std::int64_t n, std::int64_t side, double probability,
                                torch::Generator& generator) {
  const torch::Tensor chosen = uniform(n, 0, 1, generator) < probability;
  const torch::Tensor width = uniform(n, 0.15, 0.5, generator) * side,
                      height = uniform(n, 0.15, 0.5, generator) * side;
  const torch::Tensor left = uniform(n, 0, 1, generator) * (side - width),
                      top = uniform(n, 0, 1, generator) * (side - height);
  const torch::Tensor at = torch::arange(side, torch::kFloat).unsqueeze(0);
  const torch::Tensor across = (at >= left.unsqueeze(1)) & (at < (left + width).unsqueeze(1));
  const torch::Tensor down = (at >= top.unsqueeze(1)) & (at < (top + height).unsqueeze(1));
  return (down.view({n, 1, side, 1}) & across.view({n, 1, 1, side})) & chosen.view({n, 1, 1, 1});
}

/// Gaussian blur with the given probability; the deviation is uniform up to `max_deviation` pixels.
torch::Tensor random_blur(const torch::Tensor& batch, double probability, double max_deviation,
                          torch::Generator& generator) {
  const std::int64_t n = batch.size(0),
                     radius = static_cast<std::int64_t>(std::ceil(2.5 * max_deviation));
  const torch::Tensor chosen = uniform(n, 0, 1, generator) < probability;
  const torch::Tensor deviation =
      torch::where(chosen, uniform(n, 0.2, max_deviation, generator), 0.05).to(torch::kFloat);
  const torch::Tensor at =
      torch::arange(-radius, radius + 1, torch::kFloat).unsqueeze(0) / deviation.unsqueeze(1);
  torch::Tensor kernels = (-0.5 * at.square()).exp();
  kernels = (kernels / kernels.sum(1, true)).to(batch.device());
  const std::int64_t size = 2 * radius + 1;
  torch::Tensor out =
      F::pad(batch.view({1, n, batch.size(2), batch.size(3)}),
             F::PadFuncOptions({radius, radius, radius, radius}).mode(torch::kReplicate));
  const auto per_image = F::Conv2dFuncOptions().groups(n);
  out = F::conv2d(out, kernels.view({n, 1, size, 1}), per_image);
  return F::conv2d(out, kernels.view({n, 1, 1, size}), per_image).view(batch.sizes());
}

/// Gaussian noise with the given probability; the deviation is uniform up to `max_deviation` of the
/// range.
torch::Tensor random_noise(const torch::Tensor& batch, double probability, double max_deviation,
                           torch::Generator& generator) {
  const std::int64_t n = batch.size(0);
  const torch::Tensor chosen = uniform(n, 0, 1, generator) < probability;
  const torch::Tensor deviation =
      torch::where(chosen, uniform(n, 0, kRange * max_deviation, generator), 0.0).to(torch::kFloat);
  const torch::Tensor noise = torch::randn(batch.sizes(), generator) * deviation.view({n, 1, 1, 1});
  return batch + noise.to(batch.device());
}

}  // namespace

torch::Tensor augment(const torch::Tensor& batch, std::int64_t side, const TrainSettings& s,
                      torch::Generator& generator) {
  const std::int64_t n = batch.size(0);
  torch::Tensor out = batch;
  const torch::Tensor maps =
      random_affine(n, s, generator)
          .to(batch.device());  // always drawn, so that later draws do not depend on the side
  if (s.flip || s.rotate > 0 || s.scale > 0 || s.shift > 0 || side != batch.size(3)) {
    const torch::Tensor grid = F::affine_grid(maps, {n, 1, side, side}, false);
    out = F::grid_sample(out, grid,
                         F::GridSampleFuncOptions()
                             .mode(torch::kBilinear)
                             .padding_mode(torch::kBorder)
                             .align_corners(false));
  }
  if (s.blur > 0)
    out = random_blur(out, kCorruptedShare,
                      s.blur * static_cast<double>(side) / static_cast<double>(batch.size(3)),
                      generator);
  if (s.contrast > 0 || s.brightness > 0) {
    const torch::Tensor gain =
        uniform(n, 1 - s.contrast, 1 + s.contrast, generator).to(batch.device());
    const torch::Tensor offset =
        uniform(n, -kRange * s.brightness, kRange * s.brightness, generator).to(batch.device());
    out = out * gain.view({n, 1, 1, 1}) + offset.view({n, 1, 1, 1});
  }
  // Drawn before the noise, which consumes more random numbers for larger images.
  torch::Tensor erased;
  if (s.erase > 0) erased = random_rectangles(n, side, s.erase, generator).to(batch.device());
  if (s.noise > 0) out = random_noise(out, kCorruptedShare, s.noise, generator);
  if (erased.defined()) out = out.masked_fill(erased, 0);  // 0 is the mean gray
  return out;
}

}  // namespace mien::training
