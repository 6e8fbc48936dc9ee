#include "training/augment.hpp"

#include <gtest/gtest.h>

namespace mien::training {
namespace {

TrainSettings nothing_changed() {
  TrainSettings settings;
  settings.flip = false;
  settings.rotate = settings.scale = settings.shift = settings.contrast = settings.brightness =
      settings.erase = 0;
  return settings;
}

TEST(Augment, LeavesImagesAloneWhenAllIsOff) {
  const TrainSettings settings = nothing_changed();
  torch::Generator generator = at::detail::createCPUGenerator(1);
  const torch::Tensor batch = torch::randn({4, 1, 48, 48});
  EXPECT_TRUE(torch::equal(augment(batch, 48, settings, generator), batch));
}

TEST(Augment, BlurSmoothsAboutHalfAndKeepsTheMean) {
  TrainSettings settings = nothing_changed();
  settings.blur = 2;
  torch::Generator generator = at::detail::createCPUGenerator(1);
  torch::Tensor batch = torch::zeros({64, 1, 48, 48});
  batch.slice(2, 20, 28).slice(3, 20, 28) = 1;  // a square far from the edges
  const torch::Tensor out = augment(batch, 48, settings, generator);
  int blurred = 0;
  for (int i = 0; i < 64; ++i) {
    EXPECT_NEAR(out[i].mean().item<float>(), batch[i].mean().item<float>(), 1e-5) << i;
    blurred += !torch::allclose(out[i], batch[i], 0, 1e-4);
  }
  EXPECT_GT(blurred, 16);
  EXPECT_LT(blurred, 48);
  EXPECT_TRUE(torch::equal(
      out, augment(batch, 48, settings, generator = at::detail::createCPUGenerator(1))));
}

TEST(Augment, RectanglesAreTheSameAtEverySide) {
  TrainSettings settings = nothing_changed();
  settings.erase = 1;
  settings.noise = 0.1;
  const torch::Tensor batch = torch::ones({32, 1, 48, 48});
  const auto center_of_what_is_gone = [&](int side) {
    torch::Generator generator = at::detail::createCPUGenerator(3);
    const torch::Tensor gone =
        (augment(batch, side, settings, generator) == 0).to(torch::kFloat).view({32, side, side});
    const torch::Tensor at = (torch::arange(side) + 0.5) / side;
    return torch::stack({(gone.sum(1) * at).sum(1), (gone.sum(2) * at).sum(1)}) / gone.sum({1, 2});
  };
  EXPECT_LT((center_of_what_is_gone(48) - center_of_what_is_gone(24)).abs().max().item<float>(),
            0.03);
}

TEST(Augment, NoiseIsAsStrongAsAsked) {
  TrainSettings settings = nothing_changed();
  settings.noise = 0.1;  // of a range of 4 units
  torch::Generator generator = at::detail::createCPUGenerator(1);
  const torch::Tensor out = augment(torch::zeros({256, 1, 48, 48}), 48, settings, generator);
  const torch::Tensor deviations = out.flatten(1).std(1);
  EXPECT_LT(deviations.max().item<float>(), 0.42);
  EXPECT_GT(deviations.max().item<float>(), 0.36);
  EXPECT_NEAR((deviations == 0).to(torch::kFloat).mean().item<float>(), 0.5, 0.12);
}

TEST(Augment, FlipMirrorsAboutHalfAndNothingElse) {
  TrainSettings settings;
  settings.rotate = settings.scale = settings.shift = settings.contrast = settings.brightness =
      settings.erase = 0;
  torch::Generator generator = at::detail::createCPUGenerator(1);
  const torch::Tensor batch = torch::randn({64, 1, 48, 48});
  const torch::Tensor out = augment(batch, 48, settings, generator);
  int mirrored = 0;
  for (int i = 0; i < 64; ++i) {
    const bool same = torch::allclose(out[i], batch[i], 0, 1e-4),
               flipped = torch::allclose(out[i], batch[i].flip(2), 0, 1e-4);
    EXPECT_TRUE(same || flipped) << i;
    mirrored += flipped ? 1 : 0;
  }
  EXPECT_GT(mirrored, 16);
  EXPECT_LT(mirrored, 48);
}

TEST(Augment, GivesTheSideAskedFor) {
  TrainSettings settings;
  settings.flip = false;
  settings.rotate = settings.scale = settings.shift = settings.contrast = settings.brightness =
      settings.erase = 0;
  torch::Generator generator = at::detail::createCPUGenerator(1);
  // A ramp across stays a ramp: pixel i of 24 lies between pixels 2i and 2i + 1 of 48.
  const torch::Tensor batch = torch::arange(48, torch::kFloat).expand({2, 1, 48, 48}).contiguous();
  const torch::Tensor half = augment(batch, 24, settings, generator);
  ASSERT_EQ(half.sizes(), (std::vector<std::int64_t>{2, 1, 24, 24}));
  EXPECT_TRUE(torch::allclose(half[1][0][5], torch::arange(24, torch::kFloat) * 2 + 0.5));
}

TEST(Augment, SameSeedSameChange) {
  const TrainSettings settings;
  const torch::Tensor batch = torch::randn({8, 1, 48, 48});
  torch::Generator a = at::detail::createCPUGenerator(7), b = at::detail::createCPUGenerator(7),
                   c = at::detail::createCPUGenerator(8);
  const torch::Tensor first = augment(batch, 48, settings, a);
  EXPECT_TRUE(torch::equal(first, augment(batch, 48, settings, b)));
  EXPECT_FALSE(torch::equal(first, augment(batch, 48, settings, c)));
}

}  // namespace
}  // namespace mien::training
