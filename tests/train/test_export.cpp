#include <gtest/gtest.h>

#include <torch/torch.h>

#include "engine/network.hpp"
#include "train/export.hpp"

namespace mien::train {
namespace {

/// Gives batch norms statistics and gains as a training would, so that folding has something to fold.
void shake(Network& network) {
  torch::NoGradGuard no_grad;
  for (const auto& item : network->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_(0, 0.3);
    if (item.key().ends_with("running_var")) item.value().uniform_(0.5, 2);
  }
  for (const auto& item : network->named_parameters()) {
    if (item.key().ends_with("bias")) item.value().normal_(0, 0.1);
    if (item.key().find("norm") != std::string::npos && item.key().ends_with("weight")) item.value().uniform_(-0.5, 1.5);
  }
}

class ExportTest : public testing::TestWithParam<std::string> {};

TEST_P(ExportTest, EngineGivesWhatLibTorchGives) {
  torch::manual_seed(3);
  Network network(make_network_spec(GetParam(), {.dropout = 0.5}));
  shake(network);
  network->eval();
  torch::NoGradGuard no_grad;
  const engine::Network engine = engine::Network::compile(to_onnx(network), {.precision = engine::Precision::kF32});
  for (const std::int64_t batch : {1, 3, 8}) {
    const torch::Tensor input = torch::randn({batch, 1, 48, 48});
    const torch::Tensor expected = network->forward(input).softmax(1).contiguous();
    const auto outputs = engine.run({input.data_ptr<float>(), static_cast<std::size_t>(input.numel())}, {batch, 1, 48, 48});
    const torch::Tensor found =
        torch::from_blob(const_cast<float*>(outputs[0].values.data()), {batch, 7}).softmax(1).contiguous();
    EXPECT_LT((expected - found).abs().max().item<float>(), 1e-4) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExportTest, testing::ValuesIn(network_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace mien::train
