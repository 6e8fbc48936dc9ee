#include <gtest/gtest.h>

#include <torch/torch.h>

#include "engine/simplify.hpp"
#include "explain/grad_cam.hpp"
#include "explain/head.hpp"
#include "model/heads.hpp"
#include "model/subgraph.hpp"
#include "training/export.hpp"

namespace mien::training {
namespace {

torch::Tensor to_tensor(const model::Tensor& tensor) {
  return torch::from_blob(const_cast<std::byte*>(tensor.data.data()), tensor.shape, torch::kFloat);
}

/// A head's graph in LibTorch, which differentiates it by itself.
torch::Tensor run_head(const model::Model& head, const torch::Tensor& input) {
  std::map<std::string, torch::Tensor> values = {{head.inputs[0].name, input}};
  for (const model::Node& node : head.nodes) {
    const torch::Tensor& x = values.at(node.inputs[0]);
    torch::Tensor& y = values[node.outputs[0]];
    if (node.op_type == "MaxPool")
      y = torch::max_pool2d(x, {2, 2}, {2, 2});
    else if (node.op_type == "GlobalAveragePool")
      y = x.mean({2, 3}, true);
    else if (node.op_type == "Flatten")
      y = x.flatten(1);
    else if (node.op_type == "Relu")
      y = x.relu();
    else if (node.op_type == "Add")
      y = x + values.at(node.inputs[1]);
    else if (node.op_type == "Conv") {
      const auto stride = std::get<std::vector<std::int64_t>>(node.attributes.at("strides")),
                 pads = std::get<std::vector<std::int64_t>>(node.attributes.at("pads"));
      y = torch::conv2d(x, to_tensor(*head.find_initializer(node.inputs[1])),
                        to_tensor(*head.find_initializer(node.inputs[2])), stride,
                        torch::IntArrayRef(pads).slice(0, 2));
    } else if (node.op_type == "Gemm")
      y = torch::linear(x, to_tensor(*head.find_initializer(node.inputs[1])),
                        to_tensor(*head.find_initializer(node.inputs[2])));
    else
      throw std::runtime_error("no such layer here: " + node.op_type);
  }
  return values.at(head.outputs[0].name);
}

class HeadAgainstLibTorch : public testing::TestWithParam<std::string> {};

TEST_P(HeadAgainstLibTorch, GivesTheSameDerivatives) {
  torch::manual_seed(5);
  Network network(make_network_spec(GetParam(), {.dropout = 0.5}));
  network->eval();
  const model::Model model = engine::simplify(to_onnx(network), engine::NormPlacement::kInPlace);
  const std::string output = model.outputs[0].name;
  const explain::GradCam grad_cam(model, output, 48, 1);
  const model::Model graph = model::subgraph(model, grad_cam.layer(), std::span(&output, 1));
  const explain::Head head(graph);

  // Activations of the right shape, as a Relu leaves them.
  const std::string layer = grad_cam.layer();
  const auto shape =
      engine::Network::compile(model::subgraph(model, model.inputs[0].name, std::span(&layer, 1)),
                               {engine::Precision::kF32, 1})
          .output_shapes({1, 1, 48, 48})[0];
  const torch::Tensor activations = torch::randn(shape).relu().requires_grad_(true);
  explain::Array input{shape, {}};
  input.values.assign(activations.data_ptr<float>(),
                      activations.data_ptr<float>() + activations.numel());
  for (std::size_t label = 0; label < 7; ++label) {
    const torch::Tensor logits = run_head(graph, activations);
    const torch::Tensor expected =
        torch::autograd::grad({logits[0][static_cast<std::int64_t>(label)]}, {activations})[0]
            .contiguous();
    const explain::Head::Derivative found = head.differentiate(input, label);
    for (std::size_t c = 0; c < 7; ++c)
      EXPECT_NEAR(found.outputs[c], logits[0][static_cast<std::int64_t>(c)].item<float>(), 1e-4);
    const torch::Tensor gradient =
        torch::from_blob(const_cast<float*>(found.gradient.values.data()), shape);
    EXPECT_LT((gradient - expected).abs().max().item<float>(), 1e-5);
    EXPECT_GT(expected.abs().max().item<float>(), 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, HeadAgainstLibTorch, testing::Values("reference", "resnet"));

}  // namespace
}  // namespace mien::training
