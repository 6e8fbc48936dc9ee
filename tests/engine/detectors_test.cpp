#include <gtest/gtest.h>

#include "engine/compare.hpp"
#include "model/onnx_runtime.hpp"
#include "support.hpp"

namespace mien::engine {
namespace {

/// Pixel values from 0 to 255, the input of YuNet.
std::vector<float> random_image(std::int64_t count, float offset, float scale) {
  std::vector<float> pixels = test::random_input(count);
  for (float& pixel : pixels)
    pixel = (std::min(std::max(127 + 60 * pixel, 0.0F), 255.0F) - offset) * scale;
  return pixels;
}

void expect_like_onnx_runtime(const model::Model& model, const InputShape& shape,
                              std::span<const float> input) {
  model::Model resizable = model;  // ONNX Runtime rejects other sizes than the one in the file
  resizable.inputs[0].shape.assign(shape.begin(), shape.end());
  for (model::ValueInfo& output : resizable.outputs) output.shape.assign(output.shape.size(), -1);
  const auto expected = test::run_onnx_runtime(resizable, {shape}, input);
  if (!expected) GTEST_SKIP() << "MIEN_PYTHON is not set";
  const auto got = Network::compile(model, {Precision::kF32, 2}).run(input, shape);
  ASSERT_EQ(got.size(), expected->size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].shape, expected->at(i).shape) << got[i].name;
    EXPECT_LT(test::difference(got[i].values, expected->at(i).values), 1e-4) << got[i].name;
  }
}

TEST(Detectors, YunetMatchesOnnxRuntime) {
  const auto path = test::shared_path("models/face_detection_yunet_2023mar.onnx");
  if (!path) GTEST_SKIP() << "the shared models are missing";
  const model::Model model = model::read_onnx(*path);
  expect_like_onnx_runtime(model, {1, 3, 640, 640}, random_image(3 * 640 * 640, 0, 1));
  expect_like_onnx_runtime(model, {1, 3, 320, 224}, random_image(3 * 320 * 224, 0, 1));
}

}  // namespace
}  // namespace mien::engine
