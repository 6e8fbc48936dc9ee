#include "training/winograd.hpp"

#include <gtest/gtest.h>

#include "training/autocast.hpp"
#include "training/network.hpp"

namespace mien::training {
namespace {

torch::Tensor random_weights(std::int64_t outputs, std::int64_t inputs) {
  return torch::randn({outputs, inputs, 3, 3}) / 10;
}

bool is_supported() {
  return fits_winograd(torch::zeros({1, 16, 3, 3}), torch::zeros({16, 16, 3, 3}));
}

/// The largest difference by the largest of `expected`.
double difference(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found.to(torch::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

struct Shape {
  std::int64_t images, inputs, outputs, height, width;
};

class EveryShape : public testing::TestWithParam<Shape> {};

TEST_P(EveryShape, OutputsAndGradientsAreThoseOfTheDirectSumInDouble) {
  if (!is_supported()) GTEST_SKIP() << "this processor has no AVX2";
  const Shape shape = GetParam();
  torch::manual_seed(7);
  const torch::Tensor input =
      torch::randn({shape.images, shape.inputs, shape.height, shape.width}).requires_grad_();
  const torch::Tensor weight = random_weights(shape.outputs, shape.inputs).requires_grad_();
  const torch::Tensor gradient =
      torch::randn({shape.images, shape.outputs, shape.height, shape.width});
  ASSERT_TRUE(fits_winograd(input, weight));
  const torch::Tensor found = convolve_3x3(input, weight);
  const auto found_gradients = torch::autograd::grad({found}, {input, weight}, {gradient});

  const torch::Tensor exact_input = input.detach().to(torch::kDouble).requires_grad_(),
                      exact_weight = weight.detach().to(torch::kDouble).requires_grad_();
  const torch::Tensor expected = torch::conv2d(exact_input, exact_weight, {}, 1, 1);
  const auto expected_gradients =
      torch::autograd::grad({expected}, {exact_input, exact_weight}, {gradient.to(torch::kDouble)});
  EXPECT_LT(difference(found, expected), 3e-5);
  EXPECT_LT(difference(found_gradients[0], expected_gradients[0]), 3e-5);
  EXPECT_LT(difference(found_gradients[1], expected_gradients[1]), 3e-5);
}

INSTANTIATE_TEST_SUITE_P(Odd, EveryShape,
                         testing::Values(Shape{1, 16, 16, 3, 3}, Shape{3, 16, 32, 7, 5},
                                         Shape{2, 32, 16, 9, 10}, Shape{5, 48, 16, 3, 4},
                                         Shape{2, 16, 48, 4, 4}, Shape{1, 16, 16, 49, 3},
                                         Shape{13, 32, 64, 6, 6}, Shape{7, 48, 96, 12, 12},
                                         Shape{2, 80, 112, 24, 24}, Shape{70, 64, 32, 8, 8}));

TEST(Winograd, AnyNumberOfThreadsGivesTheSameBits) {
  if (!is_supported()) GTEST_SKIP() << "this processor has no AVX2";
  torch::manual_seed(8);
  const torch::Tensor input = torch::randn({19, 48, 12, 12}).requires_grad_(),
                      weight = random_weights(96, 48).requires_grad_();
  const auto answer = [&](int threads) {
    torch::set_num_threads(threads);
    const torch::Tensor output = convolve_3x3(input, weight);
    auto all = torch::autograd::grad({output}, {input, weight}, {output.detach()});
    all.push_back(output);
    return all;
  };
  const auto one = answer(1);
  for (const int threads : {2, 3, 5}) {
    const auto many = answer(threads);
    for (std::size_t i = 0; i < one.size(); ++i)
      EXPECT_TRUE(torch::equal(one[i], many[i])) << threads << " threads, " << i;
  }
  torch::set_num_threads(1);
}

TEST(Winograd, WeightsThatAreNotTaughtAndInputsWithoutGradients) {
  if (!is_supported()) GTEST_SKIP() << "this processor has no AVX2";
  torch::manual_seed(9);
  const torch::Tensor input = torch::randn({2, 16, 8, 8}),
                      weight = random_weights(16, 16).requires_grad_();
  const auto alone = torch::autograd::grad({convolve_3x3(input, weight).sum()}, {weight});
  const torch::Tensor taught_input = input.clone().requires_grad_();
  const auto both =
      torch::autograd::grad({convolve_3x3(taught_input, weight).sum()}, {weight, taught_input});
  EXPECT_TRUE(torch::equal(alone[0], both[0]));
  EXPECT_FALSE(convolve_3x3(input, weight.detach()).requires_grad());
}

TEST(Winograd, TakesNothingElse) {
  const torch::Tensor input = torch::zeros({2, 16, 8, 8}), weight = torch::zeros({32, 16, 3, 3});
  EXPECT_FALSE(fits_winograd(input.to(torch::kDouble), weight.to(torch::kDouble)));
  EXPECT_FALSE(fits_winograd(input, torch::zeros({32, 16, 1, 1})));
  EXPECT_FALSE(fits_winograd(input, torch::zeros({32, 16, 5, 5})));
  EXPECT_FALSE(fits_winograd(input, torch::zeros({28, 16, 3, 3})));
  EXPECT_FALSE(fits_winograd(torch::zeros({2, 1, 8, 8}), torch::zeros({32, 1, 3, 3})));
  EXPECT_FALSE(fits_winograd(torch::zeros({2, 16, 2, 8}), weight));
  EXPECT_FALSE(fits_winograd(torch::zeros({0, 16, 8, 8}), weight));
  const Autocast autocast(torch::kCPU, true);
  EXPECT_FALSE(fits_winograd(input, weight));
}

TEST(Winograd, ANetworkAnswersAsInDouble) {
  torch::manual_seed(10);
  for (const char* name : {"resnet", "reference"}) {
    Network network(make_network_spec(name, {}));
    network->train();
    const torch::Tensor input = torch::randn({4, 1, 48, 48});
    network->forward(input);
    network->eval();
    const torch::NoGradGuard no_grad;
    const torch::Tensor found = network->forward(input);
    network->to(torch::kDouble);
    EXPECT_LT(difference(found, network->forward(input.to(torch::kDouble))), 1e-4) << name;
  }
}

}  // namespace
}  // namespace mien::training
