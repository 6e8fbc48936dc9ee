#include <gtest/gtest.h>

#include <algorithm>

#include "engine/quantize.hpp"
#include "engine/reference_model.hpp"
#include "error_code.hpp"
#include "explain/grad_cam.hpp"
#include "model/subgraph.hpp"

namespace mien::explain {
namespace {

using test::GraphBuilder;

/// input [1, 1, 12, 12] -> convolution -> residual block -> mean -> two heads of 3 and 4 logits.
struct TwoHeads {
  GraphBuilder graph{{-1, 1, 12, 12}};
  std::string last, first_head, second_head, weights;

  TwoHeads() {
    const std::string stem = graph.node("Relu", {graph.conv("input", 1, 4, 3)});
    const std::string branch = graph.conv(graph.node("Relu", {graph.conv(stem, 4, 4, 3)}), 4, 4, 3);
    last = graph.node("Relu", {graph.node("Add", {branch, stem})});
    const std::string features = graph.node("Flatten", {graph.node("GlobalAveragePool", {last})});
    first_head = graph.dense(features, 4, 3);
    weights = graph.model().nodes.back().inputs[1];
    second_head = graph.dense(features, 4, 4);
    graph.output(first_head, {-1, 3});
    graph.output(second_head, {-1, 4});
  }
};

TEST(GradCam, EqualsTheClassActivationMapOfAMeanAndADenseLayer) {
  // There the derivative of a logit by an activation is its channel's weight / 144 (Selvaraju et
  // al. 2017, section 3.1).
  TwoHeads net;
  const GradCam grad_cam(net.graph.model(), net.first_head, 12, 1);
  EXPECT_EQ(grad_cam.layer(), net.last);
  const std::vector<float> input = test::random_input(144);
  const auto weights = net.graph.model().find_initializer(net.weights)->values<float>();
  net.graph.output(net.last, {});
  const auto outputs = engine::Network::compile(net.graph.model(), {engine::Precision::kF32, 1})
                           .run(input, {1, 1, 12, 12});
  const std::vector<float>& activations = outputs[2].values;
  for (std::size_t label = 0; label < 3; ++label) {
    const GradCam::Result result = grad_cam.explain(input, label);
    ASSERT_EQ(result.map.side, 12);
    for (std::size_t i = 0; i < 144; ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < 4; ++c)
        sum += weights[label * 4 + c] / 144 * activations[c * 144 + i];
      EXPECT_NEAR(result.map.values[i], std::max(sum, 0.0F), 1e-5);
    }
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(result.logits[c], outputs[0].values[c], 1e-4);
  }
}

TEST(GradCam, ExplainsTheNamedHead) {
  TwoHeads net;
  const std::vector<float> input = test::random_input(144);
  EXPECT_EQ(GradCam(net.graph.model(), net.second_head, 12, 1).explain(input, 3).logits.size(), 4U);
}

TEST(GradCam, UsesTheReferenceNetworksLastConvolution) {
  const model::Model model = test::reference_model();
  const GradCam grad_cam(model, model.outputs[0].name, 48, 1);
  const GradCam::Result result = grad_cam.explain(test::random_input(48 * 48), 2);
  EXPECT_EQ(result.map.side, 6);
  EXPECT_TRUE(std::all_of(result.map.values.begin(), result.map.values.end(),
                          [](float v) { return v >= 0; }));
  const auto logits = engine::Network::compile(model, {engine::Precision::kF32, 1})
                          .run(test::random_input(48 * 48), {1, 1, 48, 48})[0]
                          .values;
  for (std::size_t c = 0; c < 7; ++c) EXPECT_NEAR(result.logits[c], logits[c], 1e-3);
}

/// input [1, 1, 48, 48] -> 6 x 6 -> residual block of 3 x 3, with `last` as its nonlinearity ->
/// mean -> 3 logits.
struct Coarse {
  GraphBuilder graph{{-1, 1, 48, 48}};
  std::string fine, coarse, output;

  explicit Coarse(const std::string& last,
                  const std::map<std::string, model::Attribute>& first = {}) {
    const auto strides = [](std::int64_t step) { return std::vector<std::int64_t>{step, step}; };
    const std::string stem =
        graph.node("Relu", {graph.conv("input", 1, 4, 3, {{"strides", strides(4)}})});
    fine = graph.node("Relu", {graph.conv(stem, 4, 6, 3, {{"strides", strides(2)}})});
    std::map<std::string, model::Attribute> halve = first;
    halve["strides"] = strides(2);
    const std::string branch =
        graph.conv(graph.node(last, {graph.conv(fine, 6, 8, 3, halve)}), 8, 8, 3);
    coarse = graph.node(
        "Relu",
        {graph.node("Add", {branch, graph.conv(fine, 6, 8, 1, {{"strides", strides(2)}})})});
    output = graph.dense(graph.node("Flatten", {graph.node("GlobalAveragePool", {coarse})}), 8, 3);
    graph.output(output, {-1, 3});
  }
};

TEST(GradCam, UsesTheLastActivationsOfSixCellsPerSide) {
  Coarse net("Relu");
  const GradCam grad_cam(net.graph.model(), net.output, 48, 1);
  EXPECT_EQ(grad_cam.layer(), net.fine);
  const std::vector<float> input = test::random_input(48 * 48);
  const GradCam::Result result = grad_cam.explain(input, 1);
  EXPECT_EQ(result.map.side, 6);
  const auto logits = engine::Network::compile(net.graph.model(), {engine::Precision::kF32, 1})
                          .run(input, {1, 1, 48, 48})[0]
                          .values;
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(result.logits[c], logits[c], 1e-4);
}

/// Before the Relu a map of a cell is its share of the logit: (derivative x activation) summed is
/// what changes the logit when every activation grows by a small part.
TEST(GradCam, CellsSumToTheChangeOfTheLogit) {
  Coarse net("Relu");
  const GradCam grad_cam(net.graph.model(), net.output, 48, 1);
  const model::Model model = net.graph.model();
  const std::vector<float> input = test::random_input(48 * 48);
  const std::vector<float> fine =
      engine::Network::compile(model::subgraph(model, "input", std::span(&net.fine, 1)),
                               {engine::Precision::kF32, 1})
          .run(input, {1, 1, 48, 48})[0]
          .values;
  const Head head(model::subgraph(model, net.fine, std::span(&net.output, 1)));
  const auto logits = [&](std::vector<float> values) {
    return head.differentiate({{1, 6, 6, 6}, std::move(values)}, 0).outputs;
  };
  constexpr float kStep = 1e-2F;
  for (const std::size_t label : {0U, 1U, 2U}) {
    const GradCam::Result result = grad_cam.explain(input, label);
    for (std::size_t cell = 0; cell < result.map.values.size(); cell += 5) {
      std::vector<float> more = fine, less = fine;
      for (std::size_t c = 0; c < 6; ++c) {
        more[c * 36 + cell] *= 1 + kStep;
        less[c * 36 + cell] *= 1 - kStep;
      }
      const float slope = (logits(more)[label] - logits(less)[label]) / (2 * kStep);
      EXPECT_NEAR(result.map.values[cell], std::max(slope, 0.0F), 2e-3F + 0.02F * std::abs(slope))
          << "label " << label << ", cell " << cell;
    }
  }
}

TEST(GradCam, Int8NetworkHasTheSameLayer) {
  Coarse net("Relu");
  net.graph.model().opset = 13;
  const model::Model small = engine::quantize(net.graph.model(), test::random_input(16 * 48 * 48),
                                              {16, 1, 48, 48}, {1, {}});
  const std::vector<float> input = test::random_input(48 * 48);
  const GradCam::Result real = GradCam(net.graph.model(), net.output, 48, 1).explain(input, 1),
                        rounded = GradCam(small, net.output, 48, 1).explain(input, 1);
  ASSERT_EQ(rounded.map.side, 6);
  for (std::size_t i = 0; i < 36; ++i)
    EXPECT_NEAR(rounded.map.values[i], real.map.values[i], 0.05F * real.map.largest());
}

TEST(GradCam, FallsBackToTheLastConvolutionBeforeUnsupportedLayers) {
  Coarse operator_is_unknown("Softplus"),
      form_is_unknown("Relu", {{"dilations", std::vector<std::int64_t>{2, 2}},
                               {"pads", std::vector<std::int64_t>{2, 2, 2, 2}}});
  for (Coarse* net : {&operator_is_unknown, &form_is_unknown}) {
    const GradCam grad_cam(net->graph.model(), net->output, 48, 1);
    EXPECT_EQ(grad_cam.layer(), net->coarse);
    EXPECT_EQ(grad_cam.explain(test::random_input(48 * 48), 1).map.side, 3);
  }
}

TEST(GradCam, FallsBackToTheLastConvolutionOfParallelBranches) {
  GraphBuilder graph({-1, 1, 48, 48});
  const auto way = [&](std::int64_t kernel) {
    const std::string fine = graph.node(
        "Relu",
        {graph.conv("input", 1, 4, kernel, {{"strides", std::vector<std::int64_t>{8, 8}}})});
    return graph.conv(fine, 4, 4, 3, {{"strides", std::vector<std::int64_t>{2, 2}}});
  };
  const std::string coarse = graph.node("Relu", {graph.node("Add", {way(3), way(5)})});
  const std::string output = graph.dense(graph.node("Flatten", {coarse}), 36, 3);
  graph.output(output, {-1, 3});
  EXPECT_EQ(GradCam(graph.model(), output, 48, 1).layer(), coarse);
}

TEST(GradCam, SkipsActivationsThatAPoolMadeCoarser) {
  GraphBuilder graph({-1, 1, 48, 48});
  const std::string last = graph.node(
      "Relu", {graph.conv("input", 1, 4, 3, {{"strides", std::vector<std::int64_t>{4, 4}}})});
  const std::string pooled = graph.node("MaxPool", {last},
                                        {{"kernel_shape", std::vector<std::int64_t>{2, 2}},
                                         {"strides", std::vector<std::int64_t>{2, 2}}});
  const std::string output = graph.dense(graph.node("Flatten", {pooled}), 144, 3);
  graph.output(output, {-1, 3});
  EXPECT_EQ(GradCam(graph.model(), output, 48, 1).layer(), last);
}

TEST(GradCam, RejectsANetworkWithoutConvolution) {
  GraphBuilder graph({-1, 1, 12, 12});
  const std::string output = graph.dense(graph.node("Flatten", {"input"}), 144, 3);
  graph.output(output, {-1, 3});
  EXPECT_EQ(test::code_of([&] { GradCam(graph.model(), output, 12, 1); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace mien::explain
