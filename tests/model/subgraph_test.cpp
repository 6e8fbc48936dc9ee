#include "model/subgraph.hpp"

#include <gtest/gtest.h>

#include "engine/reference_model.hpp"
#include "error_code.hpp"
#include "model/small_model.hpp"

namespace mien::model {
namespace {

using test::GraphBuilder;
using Names = std::vector<std::string>;

Names types(const Model& model) {
  Names out;
  for (const Node& node : model.nodes) out.push_back(node.op_type);
  return out;
}

TEST(Subgraph, ContainsOnlyTheNodesBetweenAndTheirWeights) {
  const Model model = test::small_model();
  const Names first = {"b"}, last = {"output"};
  const Model trunk = subgraph(model, "input", first), head = subgraph(model, "b", last);
  EXPECT_EQ(types(trunk), (Names{"Conv", "Relu"}));
  EXPECT_EQ(types(head), (Names{"Flatten", "Gemm"}));
  EXPECT_NE(trunk.find_initializer("conv.weight"), nullptr);
  EXPECT_EQ(trunk.find_initializer("dense.weight"), nullptr);
  EXPECT_EQ(head.find_initializer("conv.weight"), nullptr);
  EXPECT_EQ(trunk.inputs[0].shape, model.inputs[0].shape);
  EXPECT_EQ(head.inputs[0].name, "b");
  EXPECT_EQ(head.outputs[0].name, "output");
}

TEST(Subgraph, UnknownValuesAreRejected) {
  const Names unknown = {"nothing"}, before = {"b"};
  EXPECT_EQ(test::code_of([&] { subgraph(test::small_model(), "input", unknown); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { subgraph(test::small_model(), "c", before); }),
            ErrorCode::kInvalidArgument);
}

TEST(Bottlenecks, AreOnEveryPath) {
  // stem -> [conv -> relu -> conv] + stem -> relu -> two heads: no value within the block is one.
  GraphBuilder graph({1, 1, 8, 8});
  const std::string stem = graph.conv("input", 1, 2, 3);
  const std::string sum = graph.node(
      "Add", {graph.conv(graph.node("Relu", {graph.conv(stem, 2, 2, 3)}), 2, 2, 3), stem});
  const std::string last = graph.node("Relu", {sum});
  const std::string a = graph.node("Flatten", {last}), b = graph.node("GlobalAveragePool", {last});
  graph.output(a, {});
  graph.output(b, {});
  EXPECT_EQ(bottlenecks(graph.model(), a), (Names{stem, sum, last, a}));
  EXPECT_EQ(bottlenecks(graph.model(), b), (Names{stem, sum, last, b}));
}

TEST(Bottlenecks, ExcludeComputedConstants) {
  GraphBuilder graph({1, 1, 8, 8});
  const std::string shift = graph.node("Neg", {graph.constant({1}, 1, 2)});
  const std::string sum = graph.node("Add", {graph.node("Relu", {"input"}), shift});
  EXPECT_EQ(bottlenecks(graph.model(), sum), (Names{graph.model().nodes[1].outputs[0], sum}));
}

}  // namespace
}  // namespace mien::model
