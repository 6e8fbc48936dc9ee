#include "training/network.hpp"

#include <gtest/gtest.h>

#include "mien/error.hpp"
#include "training/autocast.hpp"

namespace mien::training {
namespace {

struct Row {
  std::string name;
  std::int64_t parameters;
};

TEST(NetworkSpec, ReferenceHasTheOriginalsTable) {
  const std::vector<Row> expected = {
      {"block1_conv1", 416},    {"block1_conv2", 2320},   {"block1_norm", 64},
      {"block2_conv1", 2030},   {"block2_conv2", 1778},   {"block2_norm", 56},
      {"block3_conv1", 7112},   {"block3_conv2", 28280},  {"block3_conv3", 28280},
      {"block3_norm", 224},     {"block4_conv1", 127260}, {"block4_conv2", 571788},
      {"block4_conv3", 571788}, {"dense1", 778267},       {"dense2", 117992},
      {"logits", 2408},
  };
  std::vector<Row> found;
  std::int64_t total = 0, trainable = 0;
  std::vector<std::int64_t> flat;
  for (const LayerSummary& row : summarize(make_network_spec("reference", {}))) {
    if (row.parameters > 0) found.push_back({row.name, row.parameters});
    if (row.kind == "Flatten") flat = row.output_shape;
    total += row.parameters;
    trainable += row.trainable;
  }
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].name, expected[i].name);
    EXPECT_EQ(found[i].parameters, expected[i].parameters) << expected[i].name;
  }
  EXPECT_EQ(total, 2240063);
  EXPECT_EQ(trainable, 2239891);
  EXPECT_EQ(flat, std::vector<std::int64_t>{2268});
}

/// Keras publishes 2,257,984 parameters of MobileNetV2 and 23,564,800 of ResNet50V2, without the
/// last layer and for three channels; VGG16's convolutions have 14,714,688, and here a batch norm
/// of four numbers a channel in place of each bias.
TEST(NetworkSpec, TheOthersHaveTheirPublishedParameters) {
  const auto parameters = [](const char* name) {
    std::int64_t total = 0;
    for (const LayerSummary& row : summarize(make_network_spec(name, {}))) total += row.parameters;
    return total;
  };
  constexpr int kLast = 7;
  EXPECT_EQ(parameters("mobilenetv2"), 2257984 - 2 * 3 * 3 * 32 + (1280 + 1) * kLast);
  EXPECT_EQ(parameters("resnet50v2"), 23564800 - 2 * 7 * 7 * 64 + (2048 + 1) * kLast);
  EXPECT_EQ(parameters("vgg16"),
            14714688 - 2 * 3 * 3 * 64 + 3 * 4224 + 2 * (512 + 1) * 512 + (512 + 1) * kLast);
}

class EveryNetwork : public testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, UnfoldedNormsChangeNoAnswer) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  Network network(make_network_spec(GetParam(), {.dropout = 0}));
  const torch::Tensor images = torch::randn({16, 1, 48, 48});
  const auto expect_equal = [](const torch::Tensor& found, const torch::Tensor& expected,
                               const char* when) {
    EXPECT_LT((found - expected).abs().max().item<float>(),
              1e-3 * expected.abs().max().item<float>())
        << when;
  };
  network->eval();
  const torch::Tensor before = network->forward(images);
  network->unfold_norms(images);
  expect_equal(network->forward(images), before, "in evaluation");
  if (GetParam() == "reference" || GetParam() == "resnet50v2")
    return;          // not all of their norms follow convolutions
  network->train();  // normalizes by the images' own statistics: those that were set
  expect_equal(network->forward(images), before, "in training");
}

TEST_P(EveryNetwork, ModulesHoldWhatTheSummaryCounts) {
  const NetworkSpec spec = make_network_spec(GetParam(), {.heads = {{"logits", 8}}});
  std::int64_t trainable = 0;
  for (const LayerSummary& row : summarize(spec)) trainable += row.trainable;
  Network network(spec);
  std::int64_t held = 0;
  for (const torch::Tensor& parameter : network->parameters()) held += parameter.numel();
  EXPECT_EQ(held, trainable);
  EXPECT_EQ(network->forward(torch::randn({3, 1, 48, 48})).sizes(),
            (std::vector<std::int64_t>{3, 8}));
}

TEST_P(EveryNetwork, HasGradientsInBf16) {
  Network network(make_network_spec(GetParam(), {}));
  torch::Tensor output;
  {
    const Autocast autocast(torch::kCPU, true);
    output = network->forward(torch::randn({2, 1, 48, 48}));
  }
  output.to(torch::kFloat).square().sum().backward();
  for (const auto& item : network->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryNetwork, testing::ValuesIn(network_names()),
                         [](const auto& info) { return info.param; });

TEST(NetworkSpec, UnknownNameListsTheKnown) {
  try {
    make_network_spec("vgg99", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("reference"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace mien::training
