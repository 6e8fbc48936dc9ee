#include <gtest/gtest.h>

#include <numeric>

#include "model/model.hpp"
#include "model/onnx_runtime.hpp"
#include "model/small_model.hpp"
#include "support.hpp"

namespace mien::model {
namespace {

void expect_equal(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.data, b.data);
}

TEST(WriteOnnx, RoundTrip) {
  Model model = test::small_model();
  model.opset = 17;
  const std::vector<std::int8_t> bytes = {-128, 0, 127};
  const std::vector<std::int64_t> longs = {-1, std::int64_t{1} << 40};
  model.initializers.push_back(make_tensor<std::int8_t>("bytes", {3}, bytes));
  model.initializers.push_back(make_tensor<std::int64_t>("longs", {2, 1}, longs));
  model.nodes[1].attributes["floats"] = std::vector<float>{1.5F, -2};
  model.nodes[1].attributes["text"] = std::string("same");
  model.nodes[1].attributes["tensor"] = make_tensor<std::int64_t>("", {2}, longs);

  const Model read = read_onnx(write_onnx(model), "memory");
  EXPECT_EQ(read.graph_name, "small");
  EXPECT_EQ(read.opset, 17);
  EXPECT_EQ(read.metadata, model.metadata);
  ASSERT_EQ(read.inputs.size(), 1U);
  EXPECT_EQ(read.inputs[0].name, "input");
  EXPECT_EQ(read.inputs[0].shape, model.inputs[0].shape);
  EXPECT_EQ(read.outputs.at(0).shape, model.outputs[0].shape);
  ASSERT_EQ(read.initializers.size(), model.initializers.size());
  for (std::size_t i = 0; i < model.initializers.size(); ++i)
    expect_equal(read.initializers[i], model.initializers[i]);
  ASSERT_EQ(read.nodes.size(), model.nodes.size());
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    EXPECT_EQ(read.nodes[i].name, model.nodes[i].name);
    EXPECT_EQ(read.nodes[i].op_type, model.nodes[i].op_type);
    EXPECT_EQ(read.nodes[i].inputs, model.nodes[i].inputs);
    EXPECT_EQ(read.nodes[i].outputs, model.nodes[i].outputs);
    EXPECT_EQ(read.nodes[i].attributes.size(), model.nodes[i].attributes.size());
  }
  EXPECT_EQ(std::get<float>(read.nodes[3].attributes.at("alpha")), 1.0F);
  EXPECT_EQ(std::get<std::int64_t>(read.nodes[3].attributes.at("transB")), 1);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(read.nodes[0].attributes.at("pads")),
            (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(std::get<std::vector<float>>(read.nodes[1].attributes.at("floats")),
            (std::vector<float>{1.5F, -2}));
  EXPECT_EQ(std::get<std::string>(read.nodes[1].attributes.at("text")), "same");
  expect_equal(std::get<Tensor>(read.nodes[1].attributes.at("tensor")),
               make_tensor<std::int64_t>("", {2}, longs));
}

TEST(WriteOnnx, IsDeterministic) {
  const auto bytes = write_onnx(test::small_model());
  EXPECT_EQ(bytes, write_onnx(test::small_model()));
  EXPECT_EQ(bytes, write_onnx(read_onnx(bytes, "memory")));
}

TEST(WriteOnnx, FilesAreWrittenAndRead) {
  const test::TemporaryDir folder;
  write_onnx(test::small_model(), folder / "small.onnx");
  EXPECT_EQ(read_onnx(folder / "small.onnx").nodes.size(), 4U);
}

TEST(WriteOnnx, OnnxRuntimeReadsTheFile) {
  std::vector<float> input(2 * 16);
  std::iota(input.begin(), input.end(), -10.0F);
  const auto outputs =
      test::run_onnx_runtime(test::small_model(), std::vector<std::int64_t>{2, 1, 4, 4}, input);
  if (!outputs) GTEST_SKIP() << "MIEN_PYTHON is not set";
  ASSERT_EQ(outputs->size(), 1U);
  EXPECT_EQ(outputs->at(0).shape, (std::vector<std::int64_t>{2, 3}));
}

TEST(ReadOnnx, ReadsTheFaceDetectors) {
  const auto folder = test::shared_path("models");
  if (!folder) GTEST_SKIP() << "the shared models are missing";
  const Model yunet = read_onnx(*folder / "face_detection_yunet_2023mar.onnx");
  EXPECT_EQ(yunet.opset, 11);
  EXPECT_EQ(yunet.nodes.size(), 106U);
  EXPECT_EQ(yunet.outputs.size(), 12U);
  EXPECT_EQ(yunet.inputs.at(0).shape, (std::vector<std::int64_t>{1, 3, 640, 640}));
}

}  // namespace
}  // namespace mien::model
