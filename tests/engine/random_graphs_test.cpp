// Random graphs with shared initializers and odd shapes, against the naive interpreter and ONNX
// Runtime, with every instruction set that oneDNN can be limited to.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "engine/compare.hpp"
#include "model/onnx_runtime.hpp"

namespace mien::engine {
namespace {

using test::GraphBuilder;
using Integers = std::vector<std::int64_t>;

constexpr unsigned kGraphs = 60;

/// A value of the graph that is built: its name and [N, C, H, W] or [N, C] without the batch.
struct Node {
  std::string name;
  Integers shape;
};

/// Builds a graph with the operators of classifiers and detectors. Layers with equal weight shapes
/// use the same initializer in half of the cases.
class RandomGraph {
 public:
  RandomGraph(unsigned seed, const InputShape& shape)
      : random_(seed), graph_({shape.begin(), shape.end()}, seed) {
    values_ = {{"input", {shape[1], shape[2], shape[3]}}};
  }

  model::Model build() {
    const int layers = draw(3, 9);
    for (int i = 0; i < layers; ++i) values_.push_back(spatial(pick()));
    Node flat = flatten(values_.back());
    const int dense = draw(1, 5);
    const std::int64_t width = draw(1, 40);
    flat = {graph_.dense(flat.name, flat.shape[0], width), {width}};
    for (int i = 0; i < dense; ++i) {  // square weights fit in both orientations
      flat = square(flat);
      if (draw(0, 2) == 0) graph_.output(flat.name, {-1, -1});
    }
    graph_.output(graph_.node("Tanh", {flat.name}), {-1, -1});
    return std::move(graph_.model());
  }

 private:
  int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  const Node& pick() {
    return values_[draw(draw(0, 1) ? 0 : static_cast<int>(values_.size()) - 1,
                        static_cast<int>(values_.size()) - 1)];
  }

  std::string weights(const Integers& shape) {
    auto& known = shared_[shape];
    if (!known.empty() && draw(0, 1) == 0) return known;
    double inputs = 1;
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
      inputs *= static_cast<double>(shape[axis]);
    const float bound = std::sqrt(3.0F / static_cast<float>(inputs));
    return known = graph_.constant(shape, -bound, bound);
  }

  Node convolution(const Node& x) {
    constexpr std::int64_t kChannels[] = {1, 3, 8, 16, 17, 32};
    std::int64_t to = kChannels[draw(0, 5)], groups = 1;
    const std::int64_t from = x.shape[0], kernel = 1 + 2 * draw(0, 2),
                       stride = draw(0, 3) == 0 && x.shape[1] > 4 && x.shape[2] > 4 ? 2 : 1;
    if (draw(0, 3) == 0) groups = to = from;
    Integers pads(4, kernel / 2);
    if (draw(0, 3) == 0) ++pads[draw(0, 3)];
    std::vector<std::string> inputs = {x.name, weights({to, from / groups, kernel, kernel})};
    if (draw(0, 3) != 0) inputs.push_back(weights({to}));
    const std::string name = graph_.node(
        "Conv", inputs, {{"pads", pads}, {"group", groups}, {"strides", Integers{stride, stride}}});
    const auto size = [&](int axis) {
      return (x.shape[1 + axis] + pads[axis] + pads[axis + 2] - kernel) / stride + 1;
    };
    return {name, {to, size(0), size(1)}};
  }

  Node spatial(const Node& x) {
    switch (draw(0, 9)) {
      case 0:
        return {graph_.node("Add", {x.name, weights({1, x.shape[0], 1, 1})}), x.shape};
      case 1:
        return {graph_.node("Mul", {x.name, graph_.constant({}, 0.5F, 1.5F)}), x.shape};
      case 2:
        return {graph_.batch_norm(x.name, x.shape[0], draw(0, 1) ? 0.5F : -1.0F), x.shape};
      case 3: {
        if (x.shape[1] < 4 || x.shape[2] < 4) return convolution(x);
        const std::string pool =
            graph_.node(draw(0, 1) ? "MaxPool" : "AveragePool", {x.name},
                        {{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}});
        return {pool, {x.shape[0], x.shape[1] / 2, x.shape[2] / 2}};
      }
      case 4:
        for (const Node& other : values_) {
          if (other.shape == x.shape && other.name != x.name)
            return {graph_.node(draw(0, 1) ? "Add" : "Mul", {x.name, other.name}), x.shape};
        }
        return convolution(x);
      case 5:
        for (const Node& other : values_) {
          if (other.shape[1] != x.shape[1] || other.shape[2] != x.shape[2]) continue;
          return {graph_.node("Concat", {x.name, other.name}, {{"axis", std::int64_t{1}}}),
                  {x.shape[0] + other.shape[0], x.shape[1], x.shape[2]}};
        }
        return convolution(x);
      case 6: {
        constexpr const char* kFunctions[] = {"Relu", "LeakyRelu", "Sigmoid", "Tanh"};
        return {graph_.node(kFunctions[draw(0, 3)], {x.name}), x.shape};
      }
      default: {
        Node y = convolution(x);
        if (draw(0, 1)) y.name = graph_.node("Relu", {y.name});
        return y;
      }
    }
  }

  Node flatten(const Node& x) {
    if (draw(0, 1)) {
      return {graph_.node("Flatten", {graph_.node("GlobalAveragePool", {x.name})}), {x.shape[0]}};
    }
    return {graph_.node("Flatten", {x.name}), {x.shape[0] * x.shape[1] * x.shape[2]}};
  }

  Node square(const Node& x) {
    const std::int64_t width = x.shape[0];
    const std::string w = weights({width, width});
    switch (draw(0, 3)) {
      case 0:
        return {graph_.node("MatMul", {x.name, w}), x.shape};
      case 1:
        return {graph_.node("Gemm", {x.name, w}, {{"alpha", 0.5F}}), x.shape};
      case 2:
        return {graph_.node("Relu", {graph_.node("Gemm", {x.name, w, weights({width})},
                                                 {{"transB", std::int64_t{1}}})}),
                x.shape};
      default:
        return {graph_.node("Gemm", {x.name, w}, {{"transB", std::int64_t{1}}}), x.shape};
    }
  }

  std::mt19937 random_;
  GraphBuilder graph_;
  std::vector<Node> values_;
  std::map<Integers, std::string> shared_;
};

InputShape input_shape(unsigned seed) {
  const auto odd = [&](unsigned factor) {
    return 3 + static_cast<std::int64_t>(seed * factor % 19);
  };
  return {1 + seed % 3, seed % 4 == 0 ? 1 : 3 + seed % 5, odd(7), odd(5)};
}

TEST(RandomGraphs, MatchNaive) {
  for (unsigned seed = 1; seed <= kGraphs; ++seed) {
    SCOPED_TRACE(seed);
    const InputShape shape = input_shape(seed);
    test::expect_matches_naive(RandomGraph(seed, shape).build(), shape, 1e-4);
  }
}

TEST(RandomGraphs, MatchOnnxRuntime) {
  for (unsigned seed = 1001; seed <= 1008; ++seed) {
    SCOPED_TRACE(seed);
    const InputShape shape = input_shape(seed);
    const model::Model model = RandomGraph(seed, shape).build();
    const std::vector<float> input = test::random_input(shape[0] * shape[1] * shape[2] * shape[3]);
    const auto expected = test::run_onnx_runtime(model, shape, input);
    if (!expected) GTEST_SKIP() << "MIEN_PYTHON is not set";
    const auto got = Network::compile(model, {Precision::kF32, 2}).run(input, shape);
    ASSERT_EQ(got.size(), expected->size());
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_LT(test::difference(got[i].values, expected->at(i).values), 1e-4) << got[i].name;
  }
}

/// A MatMul and a Gemm with transB read the same 8-bit weights in different layouts.
TEST(RandomGraphs, SharedQuantizedWeights) {
  constexpr std::int64_t kWidth = 16;
  GraphBuilder graph({-1, 1, 1, kWidth});
  std::vector<std::int8_t> stored;
  for (const float value : graph.numbers(kWidth * kWidth, -60, 60))
    stored.push_back(static_cast<std::int8_t>(2 * std::lround(value / 2)));
  const std::string scale = graph.constant<float>({}, {0.01F});
  const std::string weights =
      graph.node("DequantizeLinear", {graph.constant<std::int8_t>({kWidth, kWidth}, stored), scale,
                                      graph.constant<std::int8_t>({}, {0})});
  const auto quantized = [&](const std::string& x) {
    const std::string step = graph.constant<float>({}, {0.02F});
    const std::string zero = graph.constant<std::uint8_t>({}, {128});
    return graph.node("DequantizeLinear",
                      {graph.node("QuantizeLinear", {x, step, zero}), step, zero});
  };
  const std::string flat = graph.node("Flatten", {"input"});
  const std::string a = graph.node("MatMul", {quantized(flat), weights});
  graph.output(graph.node("Gemm", {quantized(a), weights}, {{"transB", std::int64_t{1}}}), {});
  test::expect_matches_naive(graph.model(), {3, 1, 1, kWidth}, 0.02, {Precision::kInt8, 1});
}

/// Limits oneDNN to one instruction set, in another process: oneDNN reads the limit only once.
class InstructionSets : public testing::TestWithParam<const char*> {};

TEST_P(InstructionSets, RandomGraphsMatchNaive) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command =
      std::string("ONEDNN_MAX_CPU_ISA=") + GetParam() + " '" + self +
      "' --gtest_brief=1 --gtest_filter='RandomGraphs.MatchNaive:RandomGraphs.Shared*'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(OneDnn, InstructionSets,
                         testing::Values("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE",
                                         "AVX512_CORE_VNNI", "AVX512_CORE_BF16"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mien::engine
