#include "train/augment.hpp"

#include <numbers>

namespace mien::train {
namespace {

namespace F = torch::nn::functional;

/// [n] values between low and high.
torch::Tensor uniform(std::int64_t n, double low, double high, torch::Generator& generator) {
  return torch::rand({n}, generator) * (high - low) + low;
}

/// [n, 2, 3] maps from output to input coordinates, both -1 to 1 over the picture.
torch::Tensor random_affine(std::int64_t n, const TrainSettings& s, torch::Generator& generator) {
  const torch::Tensor angle = uniform(n, -s.rotate, s.rotate, generator) * (std::numbers::pi / 180);
  const torch::Tensor zoom = 1 / uniform(n, 1 - s.scale, 1 + s.scale, generator);
  const torch::Tensor shift_x = uniform(n, -2 * s.shift, 2 * s.shift, generator);
  const torch::Tensor shift_y = uniform(n, -2 * s.shift, 2 * s.shift, generator);
  const torch::Tensor coin = uniform(n, 0, 1, generator);
  const torch::Tensor mirror = s.flip ? torch::where(coin < 0.5, -1.0, 1.0).to(torch::kFloat) : torch::ones({n});
  const torch::Tensor cosine = angle.cos() * zoom, sine = angle.sin() * zoom;
  return torch::stack({torch::stack({cosine * mirror, -sine, shift_x}, 1),
                       torch::stack({sine * mirror, cosine, shift_y}, 1)}, 1);
}

/// [n, 1, side, side], 1 inside a random rectangle in about a part `probability` of the pictures.
torch::Tensor random_rectangles(std::int64_t n, std::int64_t side, double probability, torch::Generator& generator) {
  const torch::Tensor chosen = uniform(n, 0, 1, generator) < probability;
  const torch::Tensor width = uniform(n, 0.15, 0.5, generator) * side, height = uniform(n, 0.15, 0.5, generator) * side;
  const torch::Tensor left = uniform(n, 0, 1, generator) * (side - width), top = uniform(n, 0, 1, generator) * (side - height);
  const torch::Tensor at = torch::arange(side, torch::kFloat).unsqueeze(0);
  const torch::Tensor across = (at >= left.unsqueeze(1)) & (at < (left + width).unsqueeze(1));
  const torch::Tensor down = (at >= top.unsqueeze(1)) & (at < (top + height).unsqueeze(1));
  return (down.view({n, 1, side, 1}) & across.view({n, 1, 1, side})) & chosen.view({n, 1, 1, 1});
}

}  // namespace

torch::Tensor augment(const torch::Tensor& batch, std::int64_t side, const TrainSettings& s, torch::Generator& generator) {
  const std::int64_t n = batch.size(0);
  torch::Tensor out = batch;
  if (s.flip || s.rotate > 0 || s.scale > 0 || s.shift > 0 || side != batch.size(3)) {
    const torch::Tensor maps = random_affine(n, s, generator).to(batch.device());
    const torch::Tensor grid = F::affine_grid(maps, {n, 1, side, side}, false);
    out = F::grid_sample(out, grid, F::GridSampleFuncOptions().mode(torch::kBilinear).padding_mode(torch::kBorder).align_corners(false));
  }
  if (s.contrast > 0 || s.brightness > 0) {
    // A normalised picture spans about 4 units from black to white.
    const torch::Tensor gain = uniform(n, 1 - s.contrast, 1 + s.contrast, generator).to(batch.device());
    const torch::Tensor offset = uniform(n, -4 * s.brightness, 4 * s.brightness, generator).to(batch.device());
    out = out * gain.view({n, 1, 1, 1}) + offset.view({n, 1, 1, 1});
  }
  if (s.erase > 0) {
    const torch::Tensor mask = random_rectangles(n, side, s.erase, generator).to(batch.device());
    out = out.masked_fill(mask, 0);  // 0 is the mean gray
  }
  return out;
}

}  // namespace mien::train
