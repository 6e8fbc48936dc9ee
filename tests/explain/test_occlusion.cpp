#include <gtest/gtest.h>

#include <cmath>

#include "engine/reference_model.hpp"
#include "error_code.hpp"
#include "explain/occlusion.hpp"
#include "support.hpp"

namespace mien::explain {
namespace {

/// A network of one dense layer that looks at one pixel: logits (x[10, 20], 0), x = gray / 10.
pipeline::Classifier one_pixel_network(const std::filesystem::path& path) {
  test::GraphBuilder graph({-1, 1, 48, 48});
  std::vector<float> weights(2 * 48 * 48, 0);
  weights[20 * 48 + 10] = 1;
  const std::string flat = graph.node("Flatten", {"input"});
  graph.output(graph.node("Gemm", {flat, graph.constant<float>({2, 48 * 48}, weights)},
                          {{"transB", std::int64_t{1}}}),
               {-1, 2});
  model::ClassifierInfo info;
  info.labels = {"happy", "sad"};
  info.std = 10;
  model::write_classifier_info(graph.model(), info);
  model::write_onnx(graph.model(), path);
  return pipeline::Classifier::load(path, {engine::Precision::kF32, 1});
}

TEST(Occlusion, DropsWhereTheNetworkLooks) {
  const test::TemporaryDir folder;
  const pipeline::Classifier classifier = one_pixel_network(folder / "model.onnx");
  std::vector<std::uint8_t> face(48 * 48, 0);
  face[20 * 48 + 10] = 20;  // logit 2; the mean of the image is 20 / 2304, which is 0 as a byte
  const HeatMap map = occlusion(classifier, face, 0, {.patch = 8, .stride = 4});
  const double fall = 1 / (1 + std::exp(-2.0)) - 0.5;
  EXPECT_NEAR(map.at(10, 20), fall, 1e-5);  // every square over the pixel covers it
  EXPECT_EQ(map.at(40, 40), 0);
  EXPECT_EQ(map.at(10, 30), 0);  // 8 pixels and more away: no square covers both
  EXPECT_GT(map.at(8, 16), 0);
  EXPECT_LT(map.at(8, 16), fall);
  // For the other label covering raises the probability.
  EXPECT_NEAR(occlusion(classifier, face, 1, {.patch = 8, .stride = 4}).at(10, 20), -fall, 1e-5);
}

TEST(Occlusion, SquaresReachTheEdges) {
  const test::TemporaryDir folder;
  const pipeline::Classifier classifier = one_pixel_network(folder / "model.onnx");
  const std::vector<std::uint8_t> face(48 * 48, 77);
  for (const float value : occlusion(classifier, face, 0, {.patch = 7, .stride = 5}).values)
    EXPECT_TRUE(std::isfinite(value));
}

TEST(Occlusion, SmallCostsAreNotRoundedToZero) {
  EXPECT_EQ(cost_text({1, {0.437F}}), "44 points");
  EXPECT_EQ(cost_text({1, {0.0437F}}), "4.4 points");
  EXPECT_EQ(cost_text({1, {0.001F}}), "0.1 points");
  EXPECT_EQ(cost_text({1, {0.0004F}}), "less than 0.1 points");
  EXPECT_EQ(cost_text({1, {-0.3F}}), "less than 0.1 points");
}

TEST(Occlusion, RejectsInputThatDoesNotFit) {
  const test::TemporaryDir folder;
  const pipeline::Classifier classifier = one_pixel_network(folder / "model.onnx");
  const std::vector<std::uint8_t> face(48 * 48);
  EXPECT_EQ(test::code_of([&] { occlusion(classifier, std::span(face).first(100), 0); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { occlusion(classifier, face, 2); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { occlusion(classifier, face, 0, {.patch = 49}); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::explain
