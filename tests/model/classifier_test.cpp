#include "model/classifier.hpp"

#include <gtest/gtest.h>

#include "mien/error.hpp"
#include "model/small_model.hpp"

namespace mien::model {
namespace {

ClassifierInfo small_info() {
  ClassifierInfo info;
  info.labels = {"angry", "happy", "neutral"};
  info.input_size = 4;
  info.mean = 129.47;
  info.std = 0.1;
  info.temperature = 1.375;
  info.crops["yunet"] = {1.25, -0.01, 0.1};
  info.crops["hog"] = {1, 0, 0};
  info.provenance["training.dataset"] = "none; a test";
  return info;
}

void expect_error(const std::string& key, const std::string& value) {
  Model model = test::small_model();
  write_classifier_info(model, small_info());
  if (value.empty()) {
    model.metadata.erase(key);
  } else {
    model.metadata[key] = value;
  }
  try {
    read_classifier_info(model);
    FAIL() << key << " = '" << value << "' was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadFormat);
    EXPECT_NE(std::string(error.what()).find("'" + key + "'"), std::string::npos) << error.what();
  }
}

TEST(ClassifierInfo, RoundTripsThroughAFile) {
  Model model = test::small_model();
  write_classifier_info(model, small_info());
  const ClassifierInfo info = read_classifier_info(read_onnx(write_onnx(model), "memory"));
  EXPECT_EQ(info.labels, small_info().labels);
  EXPECT_EQ(info.input_size, 4);
  EXPECT_EQ(info.mean, 129.47);
  EXPECT_EQ(info.std, 0.1);
  EXPECT_EQ(info.temperature, 1.375);
  ASSERT_EQ(info.crops.size(), 2U);
  EXPECT_EQ(info.crops.at("yunet").scale, 1.25);
  EXPECT_EQ(info.crops.at("yunet").shift_x, -0.01);
  EXPECT_EQ(info.crops.at("yunet").shift_y, 0.1);
  EXPECT_EQ(info.provenance, small_info().provenance);
}

TEST(ClassifierInfo, MissingOrInvalidFieldsAreNamed) {
  for (const char* key : {"labels", "input_size", "mean", "std"}) expect_error(key, "");
  expect_error("labels", "angry,happy,table");
  expect_error("labels", "angry,happy,happy");
  expect_error("labels", "angry,happy");  // the graph has three outputs
  expect_error("input_size", "5");        // the graph takes 4x4
  expect_error("input_size", "4.5");
  expect_error("input_size", "-4");
  expect_error("input_size", "1e300");
  expect_error("mean", "nan");
  expect_error("std", "0");
  expect_error("std", "1,5");
  expect_error("temperature", "-1");
  expect_error("crop.hog", "1 2");
  expect_error("crop.hog", "0 0 0");
  expect_error("crop.hog", "1 x 0");
}

TEST(ClassifierInfo, TemperatureDefaultsToOne) {
  Model model = test::small_model();
  write_classifier_info(model, small_info());
  model.metadata.erase("temperature");
  EXPECT_EQ(read_classifier_info(model).temperature, 1);
}

/// The 8-bit copies are used by default on CPUs with VNNI, so they must be updated with the
/// networks.
TEST(ShippedModels, Int8CopiesHaveTheSameTrainingMetadata) {
  for (const std::string name : {"mien", "reference"}) {
    const auto training = [](const std::string& file) {
      auto metadata = read_onnx(MIEN_SOURCE_DIR "/models/" + file + ".onnx").metadata;
      std::erase_if(metadata,
                    [](const auto& entry) { return !entry.first.starts_with("training."); });
      return metadata;
    };
    const auto expected = training(name);
    EXPECT_TRUE(expected.contains("training.data_hash")) << name;
    EXPECT_EQ(training(name + "-int8"), expected) << name;
  }
}

}  // namespace
}  // namespace mien::model
