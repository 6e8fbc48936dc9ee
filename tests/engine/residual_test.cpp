// Sums in networks of 8 bits: fused into the convolutions around them, they must say what the
// same file says to the naive interpreter and to ONNX Runtime.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/compare.hpp"
#include "engine/quantize.hpp"
#include "model/onnx_runtime.hpp"

namespace mien::engine {
namespace {

using test::GraphBuilder;

constexpr std::int64_t kBatch = 8, kChannels = 32, kSide = 12;
constexpr InputShape kShape = {kBatch, kChannels, kSide, kSide};

std::vector<float> input() { return test::random_input(kBatch * kChannels * kSide * kSide); }

/// Rounds the weights of a quantized network to even 7-bit numbers: on CPUs without VNNI, oneDNN
/// adds pairs of products in 16 bits, which random 8-bit weights overflow, and halves weights of s8
/// inputs.
model::Model with_even_weights(model::Model model) {
  const auto tensor = [&](const std::string& name) {
    return std::find_if(model.initializers.begin(), model.initializers.end(),
                        [&](const model::Tensor& other) { return other.name == name; });
  };
  for (const model::Node& node : model.nodes) {
    if (node.op_type != "DequantizeLinear") continue;
    const auto weights = tensor(node.inputs[0]), scales = tensor(node.inputs[1]);
    if (weights == model.initializers.end() || weights->type != model::DataType::kInt8) continue;
    std::vector<std::int8_t> narrow;
    for (const std::int8_t weight : weights->values<std::int8_t>())
      narrow.push_back(static_cast<std::int8_t>(weight / 4 * 2));
    std::vector<float> twice;
    for (const float scale : scales->values<float>()) twice.push_back(2 * scale);
    *weights = model::make_tensor<std::int8_t>(weights->name, weights->shape, narrow);
    *scales = model::make_tensor<float>(scales->name, scales->shape, twice);
  }
  return model;
}

/// A quantized network; `middle` builds its middle part from an 8-bit value after a ReLU.
model::Model quantized(const std::function<std::string(GraphBuilder&, std::string)>& middle) {
  GraphBuilder graph({-1, kChannels, kSide, kSide});
  const std::string x = graph.node("Relu", {graph.conv("input", kChannels, kChannels, 3)});
  const std::string last =
      graph.node("Relu", {graph.conv(middle(graph, x), kChannels, kChannels, 3)});
  const std::string pooled = graph.node("Flatten", {graph.node("GlobalAveragePool", {last})});
  graph.output(graph.dense(pooled, kChannels, 5), {-1, 5});
  return with_even_weights(quantize(graph.model(), input(), kShape, {1, {}}));
}

std::string conv(GraphBuilder& graph, const std::string& x) {
  return graph.conv(x, kChannels, kChannels, 3);
}

std::string block(GraphBuilder& graph, const std::string& x) {
  return graph.node("Add", {conv(graph, graph.node("Relu", {conv(graph, x)})), x});
}

int count(const Profile& profile, const std::string& kind) {
  return static_cast<int>(
      std::count_if(profile.calls.begin(), profile.calls.end(),
                    [&](const CallProfile& call) { return call.kind == kind; }));
}

void expect_same(const model::Model& model) {
  const auto expected = test::run_naive(model, {{kShape.begin(), kShape.end()}, input()});
  const Network network = Network::compile(model, {Precision::kInt8, 1});
  const auto got = network.run(input(), kShape);
  EXPECT_LT(test::difference(got[0].values, expected[0].values), 0.01);
}

TEST(Residual, An8BitSummandIsFused) {
  const model::Model model = quantized([](GraphBuilder& graph, std::string x) {
    for (int i = 0; i < 3; ++i) x = graph.node("Relu", {block(graph, x)});
    return x;
  });
  expect_same(model);
  const Profile profile =
      Network::compile(model, {Precision::kInt8, 1}).profile(input(), kShape, 1);
  EXPECT_EQ(count(profile, "convolution"), 8);
  EXPECT_EQ(count(profile, "binary"), 0);
  EXPECT_EQ(count(profile, "reorder"), 3);  // of the input, twice, and of the output
}

TEST(Residual, AnF32SummandIsFused) {
  const model::Model model = quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string a = conv(graph, graph.node("Relu", {conv(graph, x)}));
    return graph.node("Relu", {graph.node("Add", {a, graph.conv(x, kChannels, kChannels, 1)})});
  });
  expect_same(model);
  const Profile profile =
      Network::compile(model, {Precision::kInt8, 1}).profile(input(), kShape, 1);
  EXPECT_EQ(count(profile, "convolution"), 5);
  EXPECT_EQ(count(profile, "binary"), 0);
}

TEST(Residual, SumsWithoutReluHaveZeroPoints) {
  expect_same(quantized([](GraphBuilder& graph, std::string x) {
    for (int i = 0; i < 3; ++i) x = block(graph, x);
    return x;
  }));
}

TEST(Residual, OtherFunctionsAfterASum) {
  for (const std::string function : {"Sigmoid", "Tanh", "HardSwish", "LeakyRelu"}) {
    SCOPED_TRACE(function);
    expect_same(quantized([&](GraphBuilder& graph, const std::string& x) {
      return graph.node("Mul", {graph.node(function, {block(graph, x)}), graph.constant({}, 2, 2)});
    }));
  }
}

TEST(Residual, SummandIsReadLaterAgain) {
  expect_same(quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string a = graph.node("Relu", {block(graph, x)});
    const std::string b = graph.node("Relu", {block(graph, a)});
    return graph.node("Relu", {graph.node("Add", {conv(graph, b), x})});
  }));
}

TEST(Residual, ThreeSummands) {
  expect_same(quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string a = graph.node("Relu", {conv(graph, x)});
    return graph.node("Relu", {graph.node("Add", {graph.node("Add", {conv(graph, a), x}), a})});
  }));
}

TEST(Residual, SummandIsTheInputOfTheConvolution) {
  expect_same(quantized([](GraphBuilder& graph, const std::string& x) {
    return graph.node("Relu", {graph.node("Add", {conv(graph, x), x})});
  }));
}

TEST(Residual, DepthwiseConvolutions) {
  expect_same(quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string a = graph.conv(x, kChannels, kChannels, 3, {}, kChannels);
    return graph.node("Relu", {graph.node("Add", {a, x})});
  }));
}

TEST(Residual, SummandsInAnotherLayout) {
  expect_same(quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string wide = graph.conv(x, kChannels, 2 * kChannels, 1);
    const auto numbers = [&](std::int64_t n) { return graph.constant<std::int64_t>({1}, {n}); };
    const std::string half =
        graph.node("Slice", {wide, numbers(0), numbers(kChannels), numbers(1)});
    return graph.node("Relu", {graph.node("Add", {conv(graph, x), half})});
  }));
}

/// With some activations as s8, as other tools write them.
TEST(Residual, SignedAndUnsignedSummands) {
  model::Model model = quantized([](GraphBuilder& graph, const std::string& x) {
    return graph.node("Relu", {block(graph, graph.node("Relu", {block(graph, x)}))});
  });
  int changed = 0;
  for (const model::Node& node : model.nodes) {
    if (node.op_type != "QuantizeLinear" || ++changed % 2 != 0) continue;
    for (model::Tensor& tensor : model.initializers) {
      if (tensor.name != node.inputs[2]) continue;
      const auto zero_point = static_cast<std::int8_t>(tensor.values<std::uint8_t>()[0] - 128);
      tensor =
          model::make_tensor<std::int8_t>(tensor.name, tensor.shape, std::span(&zero_point, 1));
    }
  }
  ASSERT_GE(changed, 4);
  expect_same(model);
}

TEST(Residual, MatchesOnnxRuntime) {
  const model::Model model = quantized([](GraphBuilder& graph, const std::string& x) {
    const std::string a = graph.node("Relu", {block(graph, x)});
    const std::string b = conv(graph, graph.node("Relu", {conv(graph, a)}));
    return graph.node("Relu", {graph.node("Add", {b, graph.conv(a, kChannels, kChannels, 1)})});
  });
  const auto expected = test::run_onnx_runtime(
      model, std::vector<std::int64_t>(kShape.begin(), kShape.end()), input());
  if (!expected) GTEST_SKIP() << "MIEN_PYTHON is not set";
  const Network network = Network::compile(model, {Precision::kInt8, 1});
  const auto got = network.run(input(), kShape);
  EXPECT_LT(test::difference(got[0].values, expected->at(0).values), 0.01);
}

}  // namespace
}  // namespace mien::engine
