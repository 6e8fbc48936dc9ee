#include <gtest/gtest.h>

#include <random>

#include "engine/network.hpp"
#include "engine/reference_model.hpp"
#include "error_code.hpp"
#include "explain/head.hpp"

namespace mien::explain {
namespace {

using Integers = std::vector<std::int64_t>;
using test::GraphBuilder;

/// A head in the making, from activations of 3 channels of 6 x 6.
class HeadTest : public testing::Test {
 protected:
  HeadTest() : graph_({1, 3, 6, 6}) {}

  Head head(const std::string& output) {
    graph_.output(output, {});
    return Head(graph_.model());
  }

  Array input(unsigned seed) const { return {{1, 3, 6, 6}, test::random_input(3 * 6 * 6, seed)}; }

  /// The derivative of each output, against differences of the outputs.
  void expect_numeric(const Head& head, float step = 1e-2F) const {
    const Array at = input(3);
    const std::size_t outputs = head.differentiate(at, 0).outputs.size();
    for (std::size_t which = 0; which < outputs; ++which) {
      const Array gradient = head.differentiate(at, which).gradient;
      ASSERT_EQ(gradient.shape, at.shape);
      for (std::size_t i = 0; i < at.values.size(); ++i) {
        Array more = at, less = at;
        more.values[i] += step;
        less.values[i] -= step;
        const double slope = (head.differentiate(more, 0).outputs[which] -
                              head.differentiate(less, 0).outputs[which]) /
                             (2.0 * step);
        EXPECT_NEAR(gradient.values[i], slope, 5e-3) << "output " << which << ", input " << i;
      }
    }
  }

  /// The forward pass, against the engine's.
  void expect_engine(const Head& head) {
    const Array at = input(3);
    const auto outputs = engine::Network::compile(graph_.model(), {engine::Precision::kF32, 1})
                             .run(at.values, {1, 3, 6, 6});
    const std::vector<float> own = head.differentiate(at, 0).outputs;
    ASSERT_EQ(own.size(), outputs[0].values.size());
    for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(own[i], outputs[0].values[i], 1e-4);
  }

  GraphBuilder graph_;
};

const std::map<std::string, model::Attribute> kHalve = {{"kernel_shape", Integers{2, 2}},
                                                        {"strides", Integers{2, 2}}};

TEST_F(HeadTest, LikeTheReferenceNetwork) {
  std::string value = graph_.node("Flatten", {graph_.node("MaxPool", {"input"}, kHalve)});
  value = graph_.node("Relu", {graph_.dense(value, 27, 8)});
  const Head made = head(graph_.dense(value, 8, 4));
  expect_numeric(made, 1e-3F);
  expect_engine(made);
}

TEST_F(HeadTest, LikeAResidualNetwork) {
  const std::string pooled =
      graph_.node("GlobalAveragePool", {graph_.node("Relu", {graph_.batch_norm("input", 3)})});
  const Head made = head(graph_.dense(graph_.node("Flatten", {pooled}), 3, 5));
  expect_numeric(made);
  expect_engine(made);
}

TEST_F(HeadTest, SumsAndProductsOfTwoBranches) {
  // x * sigmoid(mean of x) + swish(x), with a constant a channel on both sides.
  const std::string gate =
      graph_.node("Sigmoid", {graph_.node("ReduceMean", {"input"}, {{"axes", Integers{2, 3}}})});
  const std::string sum = graph_.node(
      "Add", {graph_.node("Mul", {"input", gate}), graph_.node("HardSwish", {"input"})});
  const std::string shifted =
      graph_.node("Add", {graph_.node("Mul", {sum, graph_.constant({1, 3, 1, 1}, 0.5F, 2)}),
                          graph_.constant({3, 1, 1}, -1, 1)});
  const std::string pooled =
      graph_.node("AveragePool", {graph_.node("LeakyRelu", {shifted}, {{"alpha", 0.2F}})}, kHalve);
  const Head made = head(graph_.dense(graph_.node("Flatten", {pooled}), 27, 3));
  expect_numeric(made, 2e-4F);
  expect_engine(made);
}

TEST_F(HeadTest, PaddedPoolsAndMatMul) {
  const std::string pooled = graph_.node("MaxPool", {"input"},
                                         {{"kernel_shape", Integers{3, 3}},
                                          {"strides", Integers{2, 2}},
                                          {"pads", Integers{1, 1, 1, 1}}});
  const std::string row =
      graph_.node("Reshape", {pooled, graph_.constant<std::int64_t>({2}, {1, 27})});
  const Head made =
      head(graph_.node("Add", {graph_.node("MatMul", {row, graph_.constant({27, 4}, -1, 1)}),
                               graph_.constant({4}, -1, 1)}));
  expect_numeric(made, 1e-3F);
  expect_engine(made);
}

TEST_F(HeadTest, Int8Weights) {
  const std::vector<std::int8_t> stored = {10, -20, 30, 40, 50, -60};
  const std::string weights = graph_.node(
      "DequantizeLinear",
      {graph_.constant<std::int8_t>({2, 3}, stored), graph_.constant<float>({2}, {0.5F, 0.25F}),
       graph_.constant<std::int8_t>({2}, {0, 0})},
      {{"axis", std::int64_t{0}}});
  const std::string pooled = graph_.node("Flatten", {graph_.node("GlobalAveragePool", {"input"})});
  const Head made = head(graph_.node("Gemm", {pooled, weights}, {{"transB", std::int64_t{1}}}));
  // d output / d x = weight / 36: 10 * 0.5, then 40 * 0.25.
  EXPECT_NEAR(made.differentiate(input(1), 0).gradient.values[0], 5.0 / 36, 1e-6);
  EXPECT_NEAR(made.differentiate(input(1), 1).gradient.values[0], 10.0 / 36, 1e-6);
}

TEST_F(HeadTest, ConvolutionsOfOddShapes) {
  // 6 x 6 -> 4 x 6 -> 3 x 2, the first without a bias.
  const std::string first =
      graph_.node("Conv", {"input", graph_.constant({4, 3, 3, 2}, -0.5F, 0.5F)},
                  {{"kernel_shape", Integers{3, 2}},
                   {"strides", Integers{2, 1}},
                   {"pads", Integers{1, 0, 2, 1}}});
  const std::string second =
      graph_.conv(first, 4, 2, 2, {{"strides", Integers{1, 3}}, {"pads", Integers{0, 0, 0, 0}}});
  const Head made = head(second);
  ASSERT_EQ(made.differentiate(input(3), 0).outputs.size(), 2U * 3 * 2);
  expect_numeric(made);
  expect_engine(made);
}

TEST_F(HeadTest, ConvolutionsInGroups) {
  const std::string depthwise = graph_.conv("input", 3, 3, 3, {{"strides", Integers{2, 2}}}, 3);
  const std::string wide = graph_.conv(depthwise, 3, 6, 3, {}, 3);
  const std::string grouped = graph_.conv(wide, 6, 4, 1, {}, 2);
  const Head made = head(graph_.node("GlobalAveragePool", {grouped}));
  expect_numeric(made);
  expect_engine(made);
}

TEST_F(HeadTest, ResidualBlockWithStride) {
  const std::map<std::string, model::Attribute> halve = {{"strides", Integers{2, 2}}};
  const std::string branch =
      graph_.conv(graph_.node("Relu", {graph_.conv("input", 3, 5, 3, halve)}), 5, 5, 3);
  const std::string shortcut = graph_.conv("input", 3, 5, 1, halve);
  const std::string block = graph_.node("Relu", {graph_.node("Add", {branch, shortcut})});
  const Head made =
      head(graph_.dense(graph_.node("Flatten", {graph_.node("GlobalAveragePool", {block})}), 5, 4));
  expect_numeric(made, 2e-4F);
  expect_engine(made);
}

TEST_F(HeadTest, Clip) {
  const std::string bounds_are_inputs = graph_.node(
      "Clip", {"input", graph_.constant<float>({}, {-0.5F}), graph_.constant<float>({}, {0.8F})});
  const std::string bounds_are_attributes =
      graph_.node("Clip", {"input"}, {{"min", 0.0F}, {"max", 6.0F}});
  const std::string one_bound =
      graph_.node("Clip", {"input", "", graph_.constant<float>({}, {0.1F})});
  const std::string sum = graph_.node(
      "Add", {graph_.node("Add", {bounds_are_inputs, bounds_are_attributes}), one_bound});
  const Head made = head(graph_.dense(graph_.node("Flatten", {sum}), 108, 3));
  expect_numeric(made, 2e-4F);
  expect_engine(made);
}

TEST_F(HeadTest, Int8Convolution) {
  const std::vector<std::int8_t> stored = {10, -20, 30, 40, 50, -60};
  const auto scale = [&](float value) { return graph_.constant<float>({}, {value}); };
  const std::string zero = graph_.constant<std::uint8_t>({}, {128});
  const std::string steps = graph_.node("QuantizeLinear", {"input", scale(0.02F), zero});
  const std::string activations = graph_.node("DequantizeLinear", {steps, scale(0.02F), zero});
  const std::string weights = graph_.node(
      "DequantizeLinear",
      {graph_.constant<std::int8_t>({2, 3, 1, 1}, stored),
       graph_.constant<float>({2}, {0.5F, 0.25F}), graph_.constant<std::int8_t>({2}, {0, 0})},
      {{"axis", std::int64_t{0}}});
  const std::string bias = graph_.node("DequantizeLinear",
                                       {graph_.constant<std::int32_t>({2}, {100, -200}),
                                        graph_.constant<float>({2}, {0.01F, 0.005F})},
                                       {{"axis", std::int64_t{0}}});
  const Head made =
      head(graph_.node("GlobalAveragePool", {graph_.node("Conv", {activations, weights, bias})}));
  EXPECT_NEAR(made.differentiate(input(1), 0).gradient.values[0], 5.0 / 36,
              1e-6);  // 10 * 0.5, a 36th of the mean
  EXPECT_NEAR(made.differentiate(input(1), 1).gradient.values[36], 12.5 / 36, 1e-6);  // 50 * 0.25
  EXPECT_NEAR(made.differentiate({{1, 3, 6, 6}, std::vector<float>(108)}, 0).outputs[1], -1, 1e-6);
}

TEST_F(HeadTest, NamesUnsupportedConvolutions) {
  for (const auto& [name, value] : std::map<std::string, model::Attribute>{
           {"dilations", Integers{2, 2}}, {"auto_pad", std::string("SAME_UPPER")}}) {
    GraphBuilder graph({1, 3, 6, 6});
    graph.output(graph.conv("input", 3, 2, 3, {{name, value}}), {});
    try {
      Head(graph.model()).differentiate(input(1), 0);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << name;
      EXPECT_NE(std::string(error.what()).find("Conv node 'Conv0'"), std::string::npos)
          << error.what();
    }
  }
}

TEST_F(HeadTest, NamesUnsupportedLayers) {
  const std::string output = graph_.node("Softmax", {"input"});
  try {
    head(output);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("Softmax node 'Softmax0'"), std::string::npos)
        << error.what();
  }
}

TEST_F(HeadTest, RejectsAnUnknownOutput) {
  const Head made = head(graph_.dense(graph_.node("Flatten", {"input"}), 108, 2));
  EXPECT_EQ(test::code_of([&] { made.differentiate(input(1), 2); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::explain
