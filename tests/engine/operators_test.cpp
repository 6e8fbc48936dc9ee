#include <gtest/gtest.h>

#include <functional>

#include "engine/compare.hpp"
#include "mien/error.hpp"

namespace mien::engine {
namespace {

using model::Attribute;
using test::GraphBuilder;
using Integers = std::vector<std::int64_t>;
using Attributes = std::map<std::string, Attribute>;

/// Builds a graph on an input of that shape and compares the engine with the naive interpreter;
/// `build` returns the output.
void check(const InputShape& shape, const std::function<std::string(GraphBuilder&)>& build,
           double tolerance = 2e-5) {
  GraphBuilder graph({shape.begin(), shape.end()});
  const std::string value = build(graph);
  graph.output(value, {});
  test::expect_matches_naive(graph.model(), shape, tolerance);
}

struct ConvCase {
  std::int64_t batch, from, to, height, width, kernel, groups;
  Attributes attributes;
};

TEST(Operators, Convolutions) {
  const std::vector<ConvCase> cases = {
      {1, 1, 16, 48, 48, 5, 1, {}},
      {2, 16, 14, 24, 24, 3, 1, {}},
      {3, 14, 56, 13, 11, 3, 1, {}},
      {1, 3, 5, 7, 9, 3, 1, {{"strides", Integers{2, 2}}}},
      {1, 5, 3, 10, 7, 1, 1, {}},
      {2, 8, 8, 9, 9, 3, 8, {}},
      {1, 12, 8, 9, 6, 3, 4, {{"strides", Integers{1, 2}}}},
      {1, 16, 16, 12, 12, 3, 1, {{"pads", Integers{0, 0, 0, 0}}}},
      {1, 16, 16, 12, 12, 3, 1, {{"pads", Integers{0, 1, 2, 1}}}},
      {1, 6, 10, 12, 12, 3, 1, {{"dilations", Integers{2, 2}}, {"pads", Integers{2, 2, 2, 2}}}},
      {1,
       4,
       4,
       11,
       8,
       4,
       1,
       {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Integers{2, 2}}}},
      {1, 4, 4, 11, 8, 4, 1, {{"auto_pad", std::string("SAME_LOWER")}}},
      {1, 1, 1, 8, 8, 3, 1, {}},
  };
  for (const ConvCase& c : cases) {
    SCOPED_TRACE(::testing::Message()
                 << c.from << " to " << c.to << " kernel " << c.kernel << " groups " << c.groups);
    const InputShape shape = {c.batch, c.from, c.height, c.width};
    check(shape, [&](GraphBuilder& g) {
      return g.conv("input", c.from, c.to, c.kernel, c.attributes, c.groups);
    });
    check(shape, [&](GraphBuilder& g) {
      return g.node("Relu", {g.conv("input", c.from, c.to, c.kernel, c.attributes, c.groups)});
    });
  }
}

TEST(Operators, ConvolutionWithoutBias) {
  check({1, 4, 6, 6},
        [](GraphBuilder& g) { return g.node("Conv", {"input", g.constant({8, 4, 3, 3}, -1, 1)}); });
}

TEST(Operators, BatchNormalizations) {
  check({2, 6, 8, 8}, [](GraphBuilder& g) { return g.batch_norm("input", 6); });
  check({2, 6, 8, 8}, [](GraphBuilder& g) { return g.batch_norm(g.conv("input", 6, 9, 3), 9); });
  for (const float low_scale : {0.5F, -1.0F}) {  // negative scales are handled differently
    check({2, 6, 8, 8}, [&](GraphBuilder& g) {
      const std::string normed =
          g.batch_norm(g.node("Relu", {g.conv("input", 6, 9, 3)}), 9, low_scale);
      const std::string pooled = g.node(
          "MaxPool", {normed}, {{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}});
      return g.conv(pooled, 9, 4, 3);
    });
  }
  check({3, 2, 4, 4}, [](GraphBuilder& g) {
    const std::string hidden = g.node("Relu", {g.dense(g.node("Flatten", {"input"}), 32, 10)});
    return g.dense(g.batch_norm(hidden, 10, -1.0F), 10, 5);
  });
}

TEST(Operators, DenseLayers) {
  check({3, 2, 5, 5}, [](GraphBuilder& g) { return g.dense(g.node("Flatten", {"input"}), 50, 7); });
  check({2, 20, 3, 3}, [](GraphBuilder& g) {  // after a layout that is not C order
    const std::string conv = g.node("Relu", {g.conv("input", 20, 20, 3)});
    return g.node("Relu", {g.dense(g.node("Flatten", {conv}), 180, 33)});
  });
  check({2, 2, 5, 5}, [](GraphBuilder& g) {
    return g.node(
        "Gemm", {g.node("Flatten", {"input"}), g.constant({50, 7}, -1, 1), g.constant({7}, -1, 1)},
        {{"alpha", 0.5F}, {"beta", 2.0F}});
  });
  check({2, 3, 4, 5},
        [](GraphBuilder& g) { return g.node("MatMul", {"input", g.constant({5, 6}, -1, 1)}); });
  check({2, 3, 4, 5}, [](GraphBuilder& g) {
    const std::string product = g.node("MatMul", {"input", g.constant({5, 6}, -1, 1)});
    return g.node("Relu", {g.node("Add", {product, g.constant({6}, -1, 1)})});
  });
}

TEST(Operators, Pools) {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    for (const std::int64_t channels : {3, 16}) {
      const InputShape shape = {2, channels, 9, 12};
      check(shape, [&](GraphBuilder& g) {
        return g.node(op, {"input"}, {{"kernel_shape", Integers{2, 2}}});
      });
      check(shape, [&](GraphBuilder& g) {
        return g.node(op, {"input"},
                      {{"kernel_shape", Integers{3, 2}},
                       {"strides", Integers{2, 3}},
                       {"pads", Integers{1, 0, 1, 1}}});
      });
    }
  }
  check({1, 4, 6, 6}, [](GraphBuilder& g) {
    return g.node("AveragePool", {"input"},
                  {{"kernel_shape", Integers{3, 3}},
                   {"pads", Integers{1, 1, 1, 1}},
                   {"count_include_pad", std::int64_t{1}}});
  });
  check({2, 5, 7, 6}, [](GraphBuilder& g) { return g.node("GlobalAveragePool", {"input"}); });
  check({2, 5, 7, 6}, [](GraphBuilder& g) { return g.node("GlobalMaxPool", {"input"}); });
  check({2, 5, 7, 6}, [](GraphBuilder& g) {
    return g.node("ReduceMean", {"input"},
                  {{"axes", Integers{2, 3}}, {"keepdims", std::int64_t{0}}});
  });
}

TEST(Operators, ElementwiseFunctions) {
  for (const char* op : {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "Exp", "Elu", "Neg", "Abs",
                         "HardSigmoid", "HardSwish"}) {
    SCOPED_TRACE(op);
    check({1, 3, 5, 7}, [&](GraphBuilder& g) { return g.node(op, {"input"}); });
    check({1, 8, 6, 6}, [&](GraphBuilder& g) { return g.node(op, {g.conv("input", 8, 8, 3)}); });
  }
  check({1, 3, 5, 7}, [](GraphBuilder& g) {
    return g.node("Clip",
                  {"input", g.constant<float>({}, {-0.5F}), g.constant<float>({}, {0.75F})});
  });
}

TEST(Operators, ConsecutiveFunctionsOfOneKind) {
  check({2, 8, 6, 6}, [](GraphBuilder& g) {
    const std::string a = g.node("Mul", {g.conv("input", 8, 8, 3), g.constant({}, 0.5F, 0.5F)});
    return g.node("Add", {a, g.constant({}, 2, 2)});
  });
  check({2, 8, 6, 6}, [](GraphBuilder& g) {
    const std::string a = g.node("Mul", {g.conv("input", 8, 8, 3), g.constant({}, 0.5F, 0.5F)});
    return g.node("Add", {g.node("Tanh", {a}), g.constant({}, 2, 2)});
  });
  check({2, 8, 6, 6}, [](GraphBuilder& g) {
    const std::string a = g.node("LeakyRelu", {g.conv("input", 8, 8, 3)}, {{"alpha", 0.5F}});
    return g.node("LeakyRelu", {g.node("Add", {a, g.constant({}, -1, -1)})}, {{"alpha", 0.1F}});
  });
}

TEST(Operators, Arithmetic) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) {
    SCOPED_TRACE(op);
    const std::vector<Integers> shapes = {{}, {1}, {6, 1, 1}, {1, 6, 1, 1}, {5}, {2, 6, 4, 5}};
    for (const Integers& shape : shapes) {
      check({2, 6, 4, 5},
            [&](GraphBuilder& g) { return g.node(op, {"input", g.constant(shape, 0.5F, 2)}); });
    }
    check({2, 6, 4, 5}, [&](GraphBuilder& g) {
      return g.node(op, {g.conv("input", 6, 6, 3), g.node("Exp", {"input"})});
    });
    check({2, 6, 4, 5}, [&](GraphBuilder& g) {
      return g.node(
          op, {g.conv("input", 6, 6, 3), g.node("Exp", {g.node("GlobalAveragePool", {"input"})})});
    });
  }
  for (const char* op : {"Add", "Sub", "Mul"}) {
    check({2, 6, 4, 5},
          [&](GraphBuilder& g) { return g.node(op, {g.constant({6, 1, 1}, 0.5F, 2), "input"}); });
  }
  check({2, 6, 4, 5}, [](GraphBuilder& g) {
    return g.node("Div", {g.constant<float>({}, {2.0F}), g.node("Exp", {"input"})});
  });
}

TEST(Operators, SumsOfBranches) {
  // Residual blocks: the sum is fused into the last convolution, in place or not.
  check({2, 16, 9, 9}, [](GraphBuilder& g) {
    const std::string a = g.node("Relu", {g.conv("input", 16, 16, 3)});
    const std::string b = g.conv(g.node("Relu", {g.conv(a, 16, 16, 3)}), 16, 16, 3);
    const std::string sum = g.node("Relu", {g.node("Add", {b, a})});
    return g.node("Add", {sum, a});
  });
  check({1, 8, 6, 6}, [](GraphBuilder& g) {
    const std::string a = g.node("Relu", {g.conv("input", 8, 8, 1)});
    return g.node("Add", {a, g.conv(a, 8, 8, 1)});  // the summand is also the input
  });
  check({1, 8, 6, 6},
        [](GraphBuilder& g) { return g.node("Add", {"input", g.conv("input", 8, 8, 3)}); });
  check({1, 8, 6, 6}, [](GraphBuilder& g) {
    const std::string a = g.conv("input", 8, 8, 3);
    return g.node("Add", {a, a});
  });
  check({1, 8, 6, 6}, [](GraphBuilder& g) {  // three summands
    const std::string a = g.conv("input", 8, 8, 3);
    const std::string b = g.node("Relu", {g.conv(a, 8, 8, 3)});
    return g.node("Add", {g.node("Add", {g.conv(b, 8, 8, 3), a}), b});
  });
}

TEST(Operators, SqueezeAndExcite) {
  check({2, 24, 7, 7}, [](GraphBuilder& g) {
    const std::string x = g.node("Relu", {g.conv("input", 24, 24, 3)});
    std::string gate = g.node("Relu", {g.conv(g.node("GlobalAveragePool", {x}), 24, 6, 1)});
    gate = g.node("Sigmoid", {g.conv(gate, 6, 24, 1)});
    return g.conv(g.node("Mul", {x, gate}), 24, 8, 1);
  });
}

TEST(Operators, Rearrangements) {
  check({2, 3, 4, 5}, [](GraphBuilder& g) {
    return g.node("Reshape", {"input", g.constant<std::int64_t>({3}, {0, -1, 10})});
  });
  check({2, 16, 4, 5}, [](GraphBuilder& g) {
    const std::string last =
        g.node("Transpose", {g.conv("input", 16, 6, 3)}, {{"perm", Integers{0, 2, 3, 1}}});
    const std::string flat = g.node("Reshape", {last, g.constant<std::int64_t>({3}, {2, -1, 3})});
    return g.node("Softmax", {flat}, {{"axis", std::int64_t{2}}});
  });
  check({2, 3, 4, 5}, [](GraphBuilder& g) {
    return g.node("Transpose", {"input"}, {{"perm", Integers{3, 1, 0, 2}}});
  });
  check({2, 16, 4, 5}, [](GraphBuilder& g) {
    return g.node("Concat", {g.conv("input", 16, 8, 3), "input", g.conv("input", 16, 5, 1)},
                  {{"axis", std::int64_t{1}}});
  });
  check({2, 20, 6, 5}, [](GraphBuilder& g) {
    g.model().opset = 9;
    return g.node(
        "Slice", {g.conv("input", 20, 20, 3)},
        {{"starts", Integers{3, 1}}, {"ends", Integers{-2, 1000}}, {"axes", Integers{1, 2}}});
  });
  check({2, 8, 3, 4}, [](GraphBuilder& g) {
    return g.node("Resize", {g.conv("input", 8, 8, 3), "", g.constant<float>({4}, {1, 1, 2, 3})},
                  {{"mode", std::string("nearest")},
                   {"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("floor")}});
  });
  check({1, 3, 4, 5},
        [](GraphBuilder& g) { return g.node("Identity", {g.node("Relu", {"input"})}); });
}

TEST(Operators, SoftmaxOverAnyAxis) {
  for (const std::int64_t axis : {1, 2, -1}) {
    check({2, 7, 4, 5},
          [&](GraphBuilder& g) { return g.node("Softmax", {"input"}, {{"axis", axis}}); });
  }
}

TEST(Operators, TheInputMayBeAnOutput) {
  GraphBuilder graph({1, 2, 3, 3});
  graph.output("input", {});
  graph.output(graph.node("Relu", {"input"}), {});
  test::expect_matches_naive(graph.model(), {1, 2, 3, 3});
}

void expect_rejected(ErrorCode code, const std::string& part,
                     const std::function<std::string(GraphBuilder&)>& build) {
  GraphBuilder graph({1, 4, 6, 6});
  const std::string value = build(graph);
  graph.output(value, {});
  try {
    Network::compile(graph.model());
    FAIL() << "no error; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Operators, UnsupportedNodesAreNamed) {
  expect_rejected(ErrorCode::kUnsupported, "NonMaxSuppression node 'NonMaxSuppression0'",
                  [](GraphBuilder& g) { return g.node("NonMaxSuppression", {"input"}); });
  expect_rejected(ErrorCode::kUnsupported, "Resize node 'Resize1'", [](GraphBuilder& g) {
    return g.node("Resize",
                  {g.node("Relu", {"input"}), "", g.constant<float>({4}, {1, 1, 1.5F, 1.5F})});
  });
  expect_rejected(ErrorCode::kInvalidArgument, "Conv node 'Conv0'",
                  [](GraphBuilder& g) { return g.conv("input", 5, 6, 3); });
  expect_rejected(ErrorCode::kUnsupported, "Conv node 'Conv1'", [](GraphBuilder& g) {
    return g.node("Conv", {"input", g.node("Relu", {"input"})});
  });
  expect_rejected(ErrorCode::kInvalidArgument, "MaxPool node 'MaxPool0'", [](GraphBuilder& g) {
    return g.node("MaxPool", {"input"}, {{"kernel_shape", Integers{9, 9}}});
  });
  expect_rejected(ErrorCode::kBadFormat, "MaxPool node 'MaxPool0'", [](GraphBuilder& g) {
    return g.node("MaxPool", {}, {{"kernel_shape", Integers{2, 2}}});
  });
  expect_rejected(ErrorCode::kBadFormat, "Conv node 'Conv0': attribute 'strides'",
                  [](GraphBuilder& g) { return g.conv("input", 4, 4, 3, {{"strides", 1.0F}}); });
}

TEST(Operators, TrainingOutputsAreNamed) {
  expect_rejected(ErrorCode::kUnsupported, "Dropout node 'Dropout0'", [](GraphBuilder& g) {
    const std::string kept = g.node("Dropout", {"input"});
    g.model().nodes.back().outputs.push_back("mask");
    return g.node("Mul", {kept, "mask"});
  });
  expect_rejected(ErrorCode::kUnsupported, "Dropout node 'Dropout0'", [](GraphBuilder& g) {
    g.node("Dropout", {g.constant({4}, 0, 1)});
    g.model().nodes.back().outputs.push_back("mask");
    return std::string("mask");
  });
  expect_rejected(ErrorCode::kUnsupported, "BatchNormalization node 'BatchNormalization0'",
                  [](GraphBuilder& g) {
                    g.batch_norm("input", 4);
                    g.model().nodes.back().outputs.push_back("mean");
                    return std::string("mean");
                  });
  check({2, 3, 4, 5}, [](GraphBuilder& g) {
    const std::string kept = g.node("Dropout", {"input"});
    g.model().nodes.back().outputs.push_back("mask");
    return g.node("Relu", {kept});
  });
}

TEST(Operators, ComputedConstantsAreLimited) {
  const auto doubled = [](GraphBuilder& g, std::int64_t first, int times) {
    std::string value = g.node("ConstantOfShape", {g.constant<std::int64_t>({1}, {first})});
    for (int i = 0; i < times; ++i)
      value = g.node("Concat", {value, value}, {{"axis", std::int64_t{0}}});
    return value;
  };
  expect_rejected(ErrorCode::kTooLarge, "too large",
                  [&](GraphBuilder& g) { return doubled(g, 1, 40); });
  expect_rejected(ErrorCode::kTooLarge, "512 MB", [&](GraphBuilder& g) {
    std::string value = doubled(g, 1 << 24, 0);
    for (int i = 0; i < 40; ++i) value = g.node("Identity", {value});
    return value;
  });
  expect_rejected(ErrorCode::kTooLarge, "too large", [&](GraphBuilder& g) {
    return g.node("Unsqueeze", {g.constant({1}, 0, 1)}, {{"axes", Integers(100, 0)}});
  });
  expect_rejected(ErrorCode::kBadFormat, "reshape", [&](GraphBuilder& g) {
    return g.node("Reshape", {g.constant({6}, 0, 1), g.constant<std::int64_t>({2}, {-2, -3})});
  });
  // Empty constants cost nothing.
  expect_rejected(ErrorCode::kInvalidArgument, "", [&](GraphBuilder& g) {
    const std::string nothing = g.constant<float>({std::int64_t{1} << 40, 0}, {});
    const std::string joined = g.node("Concat", {nothing, nothing}, {{"axis", std::int64_t{1}}});
    return g.node("MaxPool", {"input", joined}, {{"kernel_shape", Integers{9, 9}}});
  });
}

}  // namespace
}  // namespace mien::engine
