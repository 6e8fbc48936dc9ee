#include "engine/simplify.hpp"

#include <gtest/gtest.h>

#include "engine/compare.hpp"

namespace mien::engine {
namespace {

using test::GraphBuilder;
using Integers = std::vector<std::int64_t>;

std::vector<std::string> operators(const model::Model& model) {
  std::vector<std::string> result;
  for (const model::Node& node : model.nodes) result.push_back(node.op_type);
  return result;
}

void expect_same_function(const model::Model& model, const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  const std::vector<float> input = test::random_input(count);
  const auto before = test::run_naive(model, {shape, input});
  const auto after = test::run_naive(simplify(model), {shape, input});
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].shape, after[i].shape);
    EXPECT_LT(test::difference(after[i].values, before[i].values), 1e-5);
  }
}

const std::map<std::string, model::Attribute> kHalve = {{"kernel_shape", Integers{2, 2}},
                                                        {"strides", Integers{2, 2}}};

TEST(Simplify, FoldsNormsIntoConvolutions) {
  GraphBuilder graph({1, 3, 8, 8});
  graph.output(graph.node("Relu", {graph.batch_norm(graph.conv("input", 3, 4, 3), 4, -1)}), {});
  EXPECT_EQ(operators(simplify(graph.model())), (std::vector<std::string>{"Conv", "Relu"}));
  expect_same_function(graph.model(), {1, 3, 8, 8});
}

TEST(Simplify, FoldsScalesAcrossReluAndMovesShiftsAfterPools) {
  GraphBuilder graph({1, 3, 8, 8});
  const std::string norm = graph.batch_norm(graph.node("Relu", {graph.conv("input", 3, 4, 3)}), 4);
  graph.output(graph.node("MaxPool", {norm}, kHalve), {});
  const model::Model simple = simplify(graph.model());
  EXPECT_EQ(operators(simple),
            (std::vector<std::string>{"Conv", "Relu", "MaxPool", "BatchNormalization"}));
  for (const float scale : simple.find_initializer(simple.nodes[3].inputs[1])->values<float>())
    EXPECT_EQ(scale, 1);
  expect_same_function(graph.model(), {1, 3, 8, 8});
}

TEST(Simplify, NegativeScalesStayBeforePools) {
  GraphBuilder graph({1, 3, 8, 8});
  const std::string norm =
      graph.batch_norm(graph.node("Relu", {graph.conv("input", 3, 16, 3)}), 16, -1);
  graph.output(graph.node("MaxPool", {norm}, kHalve), {});
  EXPECT_EQ(operators(simplify(graph.model())),
            (std::vector<std::string>{"Conv", "Relu", "BatchNormalization", "MaxPool"}));
  expect_same_function(graph.model(), {1, 3, 8, 8});
}

TEST(Simplify, KeepsSharedValues) {
  GraphBuilder graph({1, 3, 8, 8});
  const std::string conv = graph.conv("input", 3, 4, 3);
  const std::string relu = graph.node("Relu", {conv});
  graph.output(graph.batch_norm(conv, 4), {});
  graph.output(graph.batch_norm(relu, 4), {});
  graph.output(relu, {});
  expect_same_function(graph.model(), {1, 3, 8, 8});
}

TEST(Simplify, RemovesConstantsAndIdentities) {
  GraphBuilder graph({1, 3, 8, 8});
  const std::string shape = graph.node(
      "Concat", {graph.constant<std::int64_t>({1}, {1}), graph.constant<std::int64_t>({1}, {-1})},
      {{"axis", std::int64_t{0}}});
  const std::string same = graph.node("Dropout", {graph.node("Identity", {"input"})});
  graph.output(graph.node("Reshape", {same, shape}), {});
  EXPECT_EQ(operators(simplify(graph.model())), (std::vector<std::string>{"Reshape"}));
  expect_same_function(graph.model(), {1, 3, 8, 8});
}

TEST(Simplify, IsIdempotent) {
  const model::Model once = simplify(test::reference_model());
  EXPECT_EQ(operators(simplify(once)), operators(once));
  expect_same_function(test::reference_model(), {1, 1, 48, 48});
}

}  // namespace
}  // namespace mien::engine
