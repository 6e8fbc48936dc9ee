#include <gtest/gtest.h>

#include <torch/torch.h>

#include <filesystem>
#include <optional>

#include "datasets/read_images.hpp"
#include "engine/network.hpp"
#include "support.hpp"
#include "synthetic_faces.hpp"
#include "training/export.hpp"
#include "training/pretrained.hpp"
#include "vision/decode.hpp"

namespace mien::training {
namespace {

/// Gives batch norms statistics and gains as a training would, so that folding has something to
/// fold.
void shake(Network& network) {
  torch::NoGradGuard no_grad;
  for (const auto& item : network->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_(0, 0.3);
    if (item.key().ends_with("running_var")) item.value().uniform_(0.5, 2);
  }
  for (const auto& item : network->named_parameters()) {
    if (item.key().ends_with("bias")) item.value().normal_(0, 0.1);
    if (item.key().find("norm") != std::string::npos && item.key().ends_with("weight"))
      item.value().uniform_(-0.5, 1.5);
  }
}

/// Gray images [48 x 48] as a training hands them to its network.
torch::Tensor normalized(const std::vector<const std::uint8_t*>& images) {
  std::vector<torch::Tensor> rows;
  for (const std::uint8_t* pixels : images) {
    rows.push_back(torch::from_blob(const_cast<std::uint8_t*>(pixels),
                                    {1, datasets::kFaceSize, datasets::kFaceSize}, torch::kByte)
                       .to(torch::kFloat));
  }
  return (torch::stack(rows) - 129) / 65;  // FER2013's mean and deviation
}

/// A model file as a run with these settings ends in.
void write_model(const Network& network, const TrainSettings& settings,
                 const std::filesystem::path& path) {
  const std::filesystem::path checkpoint = path.string() + ".ckpt";
  save_checkpoint(checkpoint, {.settings = settings}, network, network, nullptr);
  model::write_onnx(export_checkpoints({checkpoint}, {}), path);
}

class ExportTest : public testing::TestWithParam<std::string> {
 protected:
  ExportTest() {
    torch::NoGradGuard no_grad;
    torch::manual_seed(3);
    network_ = Network(make_network_spec(GetParam(), {.dropout = 0.5}));
    shake(network_);
    network_->eval();
    engine_ = engine::Network::compile(to_onnx(network_), {.precision = engine::Precision::kF32});
  }

  void expect_the_same(const torch::Tensor& input) {
    torch::NoGradGuard no_grad;
    const torch::Tensor expected = network_->forward(input).softmax(1).contiguous();
    const auto outputs =
        engine_->run({input.data_ptr<float>(), static_cast<std::size_t>(input.numel())},
                     {input.size(0), 1, 48, 48});
    const torch::Tensor found =
        torch::from_blob(const_cast<float*>(outputs[0].values.data()), {input.size(0), 7})
            .softmax(1)
            .contiguous();
    EXPECT_LT((expected - found).abs().max().item<float>(), 1e-4) << "batch " << input.size(0);
  }

  Network network_{nullptr};
  std::optional<engine::Network> engine_;
};

TEST_P(ExportTest, EngineGivesWhatLibTorchGives) {
  for (const std::int64_t batch : {1, 3, 8}) expect_the_same(torch::randn({batch, 1, 48, 48}));
}

TEST_P(ExportTest, AlsoForImages) {
  const datasets::Dataset dataset = test::synthetic_faces(2);
  std::vector<const std::uint8_t*> images;
  for (const datasets::Sample& sample : dataset) images.push_back(sample.pixels.data());
  // The least and the greatest that an image can be.
  const std::vector<std::uint8_t> black(datasets::kFacePixels, 0),
      white(datasets::kFacePixels, 255);
  images.insert(images.end(), {black.data(), white.data()});
  expect_the_same(normalized(images));
}

TEST_P(ExportTest, AlsoForAFace) {
  const std::filesystem::path photo =
      "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";  // python3-skimage
  if (!std::filesystem::exists(photo)) GTEST_SKIP() << photo << " is not here";
  const auto detector = vision::make_face_detector("hog", {.threads = 1});
  const std::optional<Image> face =
      datasets::largest_face(*detector, {})(vision::load_image(photo));
  ASSERT_TRUE(face);
  expect_the_same(normalized({face->row(0)}));
}

TEST_P(ExportTest, WhatWasExportedIsANetworkToTrainAgain) {
  const torch::NoGradGuard no_grad;
  const test::TemporaryDir folder;
  write_model(network_, TrainSettings{.network = GetParam()}, folder / "model.onnx");
  Network again(network_->spec());
  Pretrained(folder / "model.onnx").fill(again);
  again->eval();
  const torch::Tensor input = torch::randn({5, 1, 48, 48});
  const auto expect_equal = [&](const char* when) {
    const torch::Tensor difference =
        (again->forward(input) - network_->forward(input)).abs().max() /
        network_->forward(input).abs().max();
    EXPECT_LT(difference.item<float>(), 1e-4) << when;
  };
  expect_equal("as read");
  again->unfold_norms(torch::randn({32, 1, 48, 48}));
  expect_equal("with norms unfolded");
}

TEST(Pretrained, OneHeadOfTwoIsTaken) {
  const torch::NoGradGuard no_grad;
  const test::TemporaryDir folder;
  const TrainSettings settings{.network = "resnet", .ferplus_weight = 1};
  Network two(settings.network_spec()), one(make_network_spec("resnet", {}));
  write_model(two, settings, folder / "two.onnx");
  Pretrained(folder / "two.onnx").fill(one);
  two->eval();
  one->eval();
  const torch::Tensor input = torch::randn({2, 1, 48, 48}),
                      expected = two->forward(input).slice(1, 0, 7);
  EXPECT_LT((one->forward(input) - expected).abs().max().item<float>(),
            1e-4f * expected.abs().max().item<float>());
}

INSTANTIATE_TEST_SUITE_P(All, ExportTest, testing::ValuesIn(network_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace mien::training
