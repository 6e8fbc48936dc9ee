#include "evaluation/foreign_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/file.hpp"
#include "error_code.hpp"
#include "model/model.hpp"
#include "support.hpp"

namespace mien::evaluation {
namespace {

using Shape = std::vector<std::int64_t>;

/// The mean of each channel, times a matrix [outputs, channels]: logits by hand. `before` is an
/// operator between the two.
model::Model mean_model(Shape input, std::vector<float> matrix, const std::string& before = "") {
  const bool nhwc = input[3] == 1 && input[1] != 1;
  const std::int64_t channels = nhwc ? input[3] : input[1],
                     outputs = static_cast<std::int64_t>(matrix.size()) / channels;
  model::Model model;
  model.inputs = {{"input", model::DataType::kFloat32, input}};
  model.outputs = {{"scores", model::DataType::kFloat32, {input[0], outputs}}};
  model.initializers = {model::make_tensor<float>("matrix", {outputs, channels}, matrix)};
  std::string value = "input";
  const auto node = [&](const std::string& op, std::vector<std::string> inputs,
                        const std::string& output,
                        std::map<std::string, model::Attribute> attributes = {}) {
    model.nodes.push_back({op, op, std::move(inputs), {output}, std::move(attributes)});
    value = output;
  };
  if (nhwc) node("Transpose", {value}, "planes", {{"perm", Shape{0, 3, 1, 2}}});
  node("GlobalAveragePool", {value}, "means");
  node("Flatten", {value}, "rows", {{"axis", std::int64_t{1}}});
  if (!before.empty()) node(before, {value}, "changed");
  node("Gemm", {value, "matrix"}, "scores", {{"transB", std::int64_t{1}}});
  return model;
}

class ForeignModelTest : public testing::Test {
 protected:
  std::unique_ptr<FaceModel> load(const model::Model& model, const std::string& sidecar) const {
    model::write_onnx(model, folder_ / "peer.onnx");
    base::write_file(folder_ / "peer.onnx.toml", std::string_view(sidecar));
    return load_face_model(folder_ / "peer.onnx", {engine::Precision::kF32, 1}, {});
  }
  void expect_error(const std::string& sidecar, ErrorCode code, const std::string& part) const {
    try {
      load(mean_model({-1, 1, 8, 8}, {1, 2}), sidecar)->logits(face(0));
      ADD_FAILURE() << sidecar;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(std::string(error.what()).find("peer."), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  static std::vector<std::uint8_t> face(std::uint8_t gray) {
    return std::vector<std::uint8_t>(48 * 48, gray);
  }
  static void expect_near(const std::vector<float>& values, const std::vector<float>& expected) {
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-4) << i;
  }
  test::TemporaryDir folder_;
};

TEST_F(ForeignModelTest, NormalizesAsTheSidecarSays) {
  const auto model = load(mean_model({-1, 1, 8, 8}, {1, 2, -1}),
                          "labels = \"anger, Happiness, neutral\"\nsize = 8\nrange = 1\nmean = "
                          "\"0.5\"\nstd = \"0.5\"\n");
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"angry", "happy", "neutral"}));
  EXPECT_EQ(model->runtime(), "Mien, f32");
  expect_near(model->logits(face(255)), {1, 2, -1});  // (1 - 0.5) / 0.5
  expect_near(model->logits(face(0)), {-1, -2, 1});
}

TEST_F(ForeignModelTest, ColorsHaveTheirOwnMeans) {
  // (102 - mean) / std: 2, 1 and 50; the outputs are the first and the third channel
  const auto model = load(mean_model({-1, 3, 8, 8}, {1, 0, 0, 0, 0, 1}),
                          "labels = \"sad,fear\"\nsize = 8\nchannels = \"rgb\"\nmean = \"100, 100, "
                          "2\"\nstd = \"1 2 2\"");
  expect_near(model->logits(face(102)), {2, 50});
}

TEST_F(ForeignModelTest, ChannelsMayComeLast) {
  const auto model = load(mean_model({-1, 8, 8, 1}, {1, -1}),
                          "labels = \"sad,fear\"\nsize = 8\nlayout = \"nhwc\"");
  expect_near(model->logits(face(7)), {7, -7});
}

TEST_F(ForeignModelTest, ProbabilitiesBecomeTheirLogarithms) {
  const auto model = load(mean_model({-1, 1, 8, 8}, {0.25F, 0.75F}),
                          "labels = \"sad,fear\"\nsize = 8\nscores = \"probabilities\"");
  expect_near(model->logits(face(1)), {std::log(0.25F), std::log(0.75F)});
}

TEST_F(ForeignModelTest, OutputsThatAreNoEmotionAreLeftOut) {
  const auto model =
      load(mean_model({-1, 1, 8, 8}, {1, 2, 3}), "labels = \"sad,-,fear\"\nsize = 8");
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"sad", "fear"}));
  expect_near(model->logits(face(1)), {1, 3});
}

TEST_F(ForeignModelTest, ResizesAsTheSidecarSays) {
  std::vector<std::uint8_t> dot = face(0);
  dot[24 * 48 + 24] = 255;
  const model::Model model = mean_model({-1, 1, 1, 1}, {1, 0});
  expect_near(load(model, "labels = \"sad,fear\"\nsize = 1\nresize = \"nearest\"")->logits(dot),
              {255, 0});
  EXPECT_LT(load(model, "labels = \"sad,fear\"\nsize = 1")->logits(dot)[0],
            1.5F);  // a mean of 2,304 pixels
}

TEST_F(ForeignModelTest, ABatchMayBeFixed) {
  const auto model = load(mean_model({4, 1, 8, 8}, {1, -1}), "labels = \"sad,fear\"\nsize = 8");
  std::vector<std::uint8_t> faces;
  for (const std::uint8_t gray : {1, 2, 3, 4, 5}) faces.insert(faces.end(), 48 * 48, gray);
  expect_near(model->logits(faces), {1, -1, 2, -2, 3, -3, 4, -4, 5, -5});
}

TEST_F(ForeignModelTest, WhatTheEngineCannotRunGoesToOnnxRuntime) {
  const model::Model model = mean_model({-1, 1, 8, 8}, {1, -1}, "Sinh");
  const std::string sidecar = "labels = \"sad,fear\"\nsize = 8";
  const auto foreign = load(model, sidecar);
  EXPECT_EQ(foreign->runtime().find("ONNX Runtime"), 0U) << foreign->runtime();
  EXPECT_NE(foreign->runtime().find("Sinh"), std::string::npos) << foreign->runtime();
  if (!test::peer_python()) GTEST_SKIP() << "MIEN_PYTHON names no Python with onnxruntime";
  std::vector<std::uint8_t> faces = face(1);
  faces.insert(faces.end(), 48 * 48, 2);
  expect_near(foreign->logits(faces),
              {std::sinh(1.0F), -std::sinh(1.0F), std::sinh(2.0F), -std::sinh(2.0F)});
}

TEST_F(ForeignModelTest, PythonIgnoresModulesOfTheCurrentFolder) {
  const auto foreign =
      load(mean_model({-1, 1, 8, 8}, {1, -1}, "Sinh"), "labels = \"sad,fear\"\nsize = 8");
  const test::TemporaryDir folder;
  base::write_file(folder / "numpy.py", std::string_view("open('trace', 'w')\n"));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  try {
    foreign->logits(face(1));
  } catch (const Error&) {  // numpy or onnxruntime may be missing
  }
  std::filesystem::current_path(before);
  EXPECT_FALSE(std::filesystem::exists(folder / "trace"));
}

TEST_F(ForeignModelTest, WithoutOnnxRuntimeTheErrorSaysWhatIsMissing) {
  const auto foreign =
      load(mean_model({-1, 1, 8, 8}, {1, -1}, "Sinh"), "labels = \"sad,fear\"\nsize = 8");
  const test::ScopedVariable variable("MIEN_PYTHON", "/nowhere/python");
  try {
    foreign->logits(face(1));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    for (const char* part : {"peer.onnx", "Sinh", "/nowhere/python", "MIEN_PYTHON"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST_F(ForeignModelTest, MistakesNameTheFileAndTheField) {
  expect_error("size = 8", ErrorCode::kInvalidArgument, "labels is missing");
  expect_error("labels = \"sad,fear\"", ErrorCode::kInvalidArgument, "size is missing");
  expect_error("labels = \"sad,blue\"\nsize = 8", ErrorCode::kInvalidArgument, "'blue'");
  expect_error("labels = \"sad,sadness\"\nsize = 8", ErrorCode::kInvalidArgument, "twice");
  expect_error("labels = \"-\"\nsize = 8", ErrorCode::kInvalidArgument, "at least one emotion");
  expect_error("labels = \"sad,fear,happy\"\nsize = 8", ErrorCode::kBadFormat, "2 outputs");
  expect_error("labels = \"sad,fear\"\nsize = 8\nstd = \"0\"", ErrorCode::kInvalidArgument,
               "std: must be positive");
  expect_error("labels = \"sad,fear\"\nsize = 8\nmean = \"1 2\"", ErrorCode::kInvalidArgument,
               "mean: '1 2'");
  expect_error("labels = \"sad,fear\"\nsize = 8\noutput = \"x\"", ErrorCode::kInvalidArgument,
               "output 'x'");
  expect_error("labels = \"sad,fear\"\nsize = 8\nchannels = \"yuv\"", ErrorCode::kInvalidArgument,
               "peer.onnx.toml:3: channels: unknown channels 'yuv'");
  expect_error("labels = \"sad,fear\"\nsise = 8", ErrorCode::kInvalidArgument,
               "did you mean 'size'");
}

}  // namespace
}  // namespace mien::evaluation
