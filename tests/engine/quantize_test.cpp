#include "engine/quantize.hpp"

#include <gtest/gtest.h>

#include "engine/compare.hpp"
#include "engine/range.hpp"
#include "mien/error.hpp"
#include "model/onnx_runtime.hpp"

namespace mien::engine {
namespace {

constexpr std::int64_t kPixels = 48 * 48;

model::Model quantized_reference() {
  return quantize(test::reference_model(), test::random_input(16 * kPixels, 3), {16, 1, 48, 48},
                  {1, {}});
}

TEST(RangeFinder, KeepsTheRangeOfUniformValues) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(i) * 0.002F);
  RangeFinder finder;
  finder.observe(values);
  finder.count(values);
  EXPECT_NEAR(finder.result().scale, 2.0 / 255, 0.0003);
  EXPECT_EQ(finder.result().zero_point, 0);
}

TEST(RangeFinder, ClipsAnOutlier) {
  // Uniform from 0 to 1 and one value of 2: the full range costs (2/255)^2 / 12 = 5e-6 per value;
  // the range to 1 costs a quarter of that, and (2 - 1)^2 once in a million values.
  std::vector<float> values;
  for (int i = 0; i < 1'000'000; ++i) values.push_back(static_cast<float>(i) * 1e-6F);
  values.push_back(2);
  RangeFinder finder;
  finder.observe(values);
  finder.count(values);
  EXPECT_LT(finder.result().scale, 1.4 / 255);
  EXPECT_GT(finder.result().scale, 0.9 / 255);
}

TEST(RangeFinder, ZeroIsExact) {
  const std::vector<float> values = {-0.3F, 0.5F, 0.1F, -0.1F};
  RangeFinder finder;
  finder.observe(values);
  finder.count(values);
  EXPECT_NEAR(finder.result().zero_point, 0.3 / 0.8 * 255, 2);
  EXPECT_EQ(RangeFinder().result().scale, 1);  // no values
}

TEST(Quantize, StaysCloseToF32) {
  const model::Model model = test::reference_model();
  const std::vector<float> input = test::random_input(16 * kPixels, 5);
  const auto exact = Network::compile(model, {Precision::kF32, 1}).run(input, {16, 1, 48, 48});
  const Network network = Network::compile(quantized_reference(), {Precision::kAuto, 1});
  EXPECT_EQ(network.precision(), Precision::kInt8);
  MIEN_SKIP_OVERFLOW(network, input, (InputShape{16, 1, 48, 48}));
  const auto got = network.run(input, {16, 1, 48, 48});
  EXPECT_LT(test::probability_difference(got[0].values, exact[0].values, 7), 0.05);
  EXPECT_NE(got[0].values, exact[0].values);
  // In f32, only the weights are rounded.
  const auto real =
      Network::compile(quantized_reference(), {Precision::kF32, 1}).run(input, {16, 1, 48, 48});
  EXPECT_LT(test::probability_difference(real[0].values, exact[0].values, 7), 0.05);
}

TEST(Quantize, MatchesNaive) {
  // Values halfway between two steps may be rounded differently.
  const model::Model model = quantized_reference();
  const std::vector<float> input = test::random_input(kPixels);
  const auto expected = test::run_naive(model, {{1, 1, 48, 48}, input});
  const Network network = Network::compile(model, {Precision::kInt8, 1});
  MIEN_SKIP_OVERFLOW(network, input, (InputShape{1, 1, 48, 48}));
  const auto got = network.run(input, {1, 1, 48, 48});
  EXPECT_LT(test::probability_difference(got[0].values, expected[0].values, 7), 0.01);
}

TEST(Quantize, MatchesOnnxRuntime) {
  const model::Model model = quantized_reference();
  const std::vector<float> input = test::random_input(4 * kPixels);
  const auto expected =
      test::run_onnx_runtime(model, std::vector<std::int64_t>{4, 1, 48, 48}, input);
  if (!expected) GTEST_SKIP() << "MIEN_PYTHON is not set";
  const Network network = Network::compile(model, {Precision::kInt8, 1});
  MIEN_SKIP_OVERFLOW(network, input, (InputShape{4, 1, 48, 48}));
  const auto got = network.run(input, {4, 1, 48, 48});
  EXPECT_LT(test::probability_difference(got[0].values, expected->at(0).values, 7), 0.02);
}

TEST(Quantize, RoundTripsAndKeepsMetadata) {
  model::Model model = test::reference_model();
  model.metadata["labels"] = "angry,disgust,fear,happy,sad,surprise,neutral";
  const model::Model small =
      quantize(model, test::random_input(2 * kPixels, 3), {2, 1, 48, 48}, {1, {}});
  const auto bytes = model::write_onnx(small);
  EXPECT_LT(bytes.size(), model::write_onnx(model).size() / 3);
  EXPECT_EQ(model::read_onnx(bytes, "memory").metadata, model.metadata);
}

TEST(Quantize, ResidualNetworks) {
  test::GraphBuilder graph({-1, 3, 12, 12});
  const std::string a = graph.node("Relu", {graph.batch_norm(graph.conv("input", 3, 16, 3), 16)});
  const std::string b = graph.conv(graph.node("Relu", {graph.conv(a, 16, 16, 3)}), 16, 16, 3);
  const std::string sum = graph.node("Relu", {graph.node("Add", {b, a})});
  std::string gate =
      graph.node("Relu", {graph.conv(graph.node("GlobalAveragePool", {sum}), 16, 4, 1)});
  gate = graph.node("Sigmoid", {graph.conv(gate, 4, 16, 1)});
  const std::string pooled = graph.node("GlobalAveragePool", {graph.node("Mul", {sum, gate})});
  graph.output(graph.dense(graph.node("Flatten", {pooled}), 16, 5), {-1, 5});
  const std::vector<float> input = test::random_input(8 * 3 * 144);
  const model::Model small = quantize(graph.model(), input, {8, 3, 12, 12}, {1, {}});
  const auto expected = test::run_naive(small, {{8, 3, 12, 12}, input});
  const Network network = Network::compile(small, {Precision::kInt8, 1});
  MIEN_SKIP_OVERFLOW(network, input, (InputShape{8, 3, 12, 12}));
  const auto got = network.run(input, {8, 3, 12, 12});
  EXPECT_LT(test::difference(got[0].values, expected[0].values), 0.03);
  const auto exact = test::run_naive(graph.model(), {{8, 3, 12, 12}, input});
  EXPECT_LT(test::difference(got[0].values, exact[0].values), 0.1);
}

TEST(Quantize, NamedLayersStayInF32) {
  const model::Model model = test::reference_model();
  const model::Model small =
      quantize(model, test::random_input(2 * kPixels), {2, 1, 48, 48}, {1, {model.nodes[0].name}});
  int is_int8 = 0;
  for (const model::Node& node : small.nodes) {
    if (node.op_type != "Conv" && node.op_type != "Gemm") continue;
    if (small.find_initializer(node.inputs[1]) == nullptr) ++is_int8;
  }
  EXPECT_EQ(is_int8,
            11);  // of ten convolutions and three dense layers, all except the first and the last
}

TEST(Quantize, RejectsInvalidInput) {
  model::Model model = test::reference_model();
  const std::vector<float> input = test::random_input(kPixels);
  EXPECT_THROW(quantize(model, input, {2, 1, 48, 48}), Error);
  EXPECT_THROW(quantize(model, {}, {0, 1, 48, 48}), Error);
  EXPECT_THROW(quantize(quantize(model, input, {1, 1, 48, 48}), input, {1, 1, 48, 48}), Error);
  model.opset = 11;
  EXPECT_THROW(quantize(model, input, {1, 1, 48, 48}), Error);
}

}  // namespace
}  // namespace mien::engine
