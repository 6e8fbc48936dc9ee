#include "engine/profile.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/network.hpp"
#include "engine/quantize.hpp"
#include "engine/reference_model.hpp"
#include "mien/error.hpp"

namespace mien::engine {
namespace {

constexpr std::int64_t kPixels = 48 * 48;

std::int64_t multiply_adds(const Profile& profile) {
  return std::accumulate(
      profile.calls.begin(), profile.calls.end(), std::int64_t{0},
      [](std::int64_t sum, const CallProfile& call) { return sum + call.multiply_adds; });
}

TEST(Profile, TimesAndNamesEveryCall) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  for (const std::int64_t batch : {1, 3}) {
    const InputShape shape = {batch, 1, 48, 48};
    const Profile profile = network.profile(test::random_input(batch * kPixels), shape, 3);
    EXPECT_GT(profile.run_milliseconds, 0);
    EXPECT_EQ(multiply_adds(profile), network.multiply_adds(shape));
    for (const CallProfile& call : profile.calls) {
      EXPECT_GT(call.milliseconds, 0) << call.name;
      EXPECT_FALSE(call.name.empty());
      EXPECT_FALSE(call.implementation.empty()) << call.name;
      ASSERT_FALSE(call.shape.empty()) << call.name;
      EXPECT_EQ(call.shape[0], batch) << call.name;
      EXPECT_EQ(call.output_type, "f32") << call.name;
    }
  }
}

TEST(Profile, CallsHaveTheNamesOfTheirNodes) {
  test::GraphBuilder graph({-1, 4, 8, 8});
  const std::string a = graph.node("Relu", {graph.conv("input", 4, 16, 3)});
  const std::vector<std::int64_t> two = {2, 2};
  const std::string b = graph.node("MaxPool", {a}, {{"kernel_shape", two}, {"strides", two}});
  graph.output(graph.dense(graph.node("Flatten", {b}), 256, 5), {-1, 5});
  const Network network = Network::compile(graph.model(), {Precision::kF32, 1});
  const Profile profile = network.profile(test::random_input(256), {1, 4, 8, 8}, 1);
  std::vector<std::string> layers;  // in the graph's order; the ReLU is fused into the convolution
  for (const CallProfile& call : profile.calls) {
    if (call.kind != "reorder") layers.push_back(call.kind + " " + call.name);
  }
  EXPECT_EQ(layers, (std::vector<std::string>{"convolution Conv0", "pooling MaxPool2",
                                              "inner_product Gemm4"}));
  EXPECT_EQ(multiply_adds(profile), 16 * 8 * 8 * 4 * 9 + 256 * 5);
}

TEST(Profile, CallsHaveTheirTypes) {
  const model::Model model = quantize(test::reference_model(), test::random_input(2 * kPixels, 3),
                                      {2, 1, 48, 48}, {1, {}});
  const Network network = Network::compile(model, {Precision::kInt8, 1});
  const Profile profile = network.profile(test::random_input(kPixels), {1, 1, 48, 48}, 1);
  EXPECT_EQ(multiply_adds(profile), network.multiply_adds({1, 1, 48, 48}));
  ASSERT_GT(profile.calls.size(), 2U);
  EXPECT_EQ(profile.calls[0].kind, "reorder");
  EXPECT_EQ(profile.calls[0].input_type, "f32");
  EXPECT_EQ(profile.calls[0].output_type, "u8");
  EXPECT_EQ(profile.calls[1].kind, "convolution");
  EXPECT_EQ(profile.calls[1].input_type, "u8");
}

TEST(Profile, WrongSizesAreRejected) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  EXPECT_THROW(network.profile(test::random_input(kPixels), {1, 1, 48, 48}, 0), Error);
  EXPECT_THROW(network.profile(test::random_input(100), {1, 1, 48, 48}, 1), Error);
}

}  // namespace
}  // namespace mien::engine
