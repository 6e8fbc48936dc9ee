#include "model/heads.hpp"

#include <gtest/gtest.h>

#include "error_code.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/small_model.hpp"

namespace mien::model {
namespace {

/// The small model with a second head of two classes.
Model two_heads() {
  Model model = test::small_model();
  const std::vector<float> weights(2 * 32, 0.5F), bias(2, -1.0F);
  model.initializers.push_back(make_tensor<float>("other.weight", {2, 32}, weights));
  model.initializers.push_back(make_tensor<float>("other.bias", {2}, bias));
  model.nodes.push_back({"other",
                         "Gemm",
                         {"c", "other.weight", "other.bias"},
                         {"votes"},
                         {{"transB", std::int64_t{1}}}});
  model.outputs.push_back({"votes", DataType::kFloat32, {-1, 2}});
  ClassifierInfo info;
  info.labels = {"angry", "happy", "neutral"};
  info.input_size = 4;
  info.temperature = 1.5;
  info.other_heads["votes"] = {{"sad", "contempt"}, 0.75};
  write_classifier_info(model, info);
  return model;
}

TEST(Heads, RoundTripThroughAFile) {
  const Model model = read_onnx(write_onnx(two_heads()), "memory");
  EXPECT_EQ(head_names(model), (std::vector<std::string>{"output", "votes"}));
  const ClassifierInfo info = read_classifier_info(model);
  EXPECT_EQ(info.labels.size(), 3U);
  ASSERT_TRUE(info.other_heads.contains("votes"));
  EXPECT_EQ(info.other_heads.at("votes").labels, (std::vector<std::string>{"sad", "contempt"}));
  EXPECT_EQ(info.other_heads.at("votes").temperature, 0.75);
}

TEST(Heads, SelectingOneRemovesTheOthers) {
  const auto [votes, info] = select_head(two_heads(), "votes");
  EXPECT_EQ(info.labels, (std::vector<std::string>{"sad", "contempt"}));
  EXPECT_EQ(info.temperature, 0.75);
  EXPECT_TRUE(info.other_heads.empty());
  EXPECT_EQ(read_classifier_info(votes).labels, info.labels);
  EXPECT_EQ(votes.outputs.size(), 1U);
  EXPECT_EQ(votes.nodes.size(), two_heads().nodes.size() - 1);
  EXPECT_EQ(votes.find_initializer("dense.weight"), nullptr);
  EXPECT_NE(votes.find_initializer("conv.weight"), nullptr);

  const auto [first, first_info] = select_head(two_heads(), "");
  EXPECT_EQ(first_info.labels.size(), 3U);
  EXPECT_EQ(first_info.temperature, 1.5);
  EXPECT_EQ(first.find_initializer("other.weight"), nullptr);
}

TEST(Heads, BiasesAreAddedToOneHead) {
  Model model = two_heads();
  add_biases(model, "votes", std::vector{0.25, -0.5});
  const auto values = model.find_initializer("other.bias")->values<float>();
  EXPECT_EQ((std::vector<float>(values.begin(), values.end())), (std::vector{-0.75F, -1.5F}));
  EXPECT_EQ(model.initializers.size(), two_heads().initializers.size());
  EXPECT_EQ(test::code_of([&] { add_biases(model, "nose", std::vector{0.0, 0.0}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { add_biases(model, "votes", std::vector{0.0}); }),
            ErrorCode::kInvalidArgument);
  model.nodes.back().inputs.pop_back();
  EXPECT_EQ(test::code_of([&] { add_biases(model, "votes", std::vector{0.0, 0.0}); }),
            ErrorCode::kUnsupported);
}

TEST(Heads, DefaultCanBeChangedAndRestored) {
  const Model changed = with_default_head(two_heads(), "votes");
  EXPECT_EQ(head_names(changed), (std::vector<std::string>{"votes", "output"}));
  const ClassifierInfo info = read_classifier_info(changed);
  EXPECT_EQ(info.temperature, 0.75);
  EXPECT_EQ(info.other_heads.at("output").labels.size(), 3U);
  EXPECT_EQ(info.other_heads.at("output").temperature, 1.5);
  EXPECT_EQ(with_default_head(changed, "output").metadata, two_heads().metadata);
}

TEST(Heads, UnknownHeadListsTheHeads) {
  try {
    select_head(two_heads(), "moods");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("output, votes"), std::string::npos) << error.what();
  }
}

TEST(Heads, InvalidMetadataIsNamed) {
  const auto expect_named = [](const std::string& key, const std::string& value) {
    Model model = two_heads();
    model.metadata[key] = value;
    try {
      read_classifier_info(model);
      FAIL() << key << " = '" << value << "' was accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("'" + key), std::string::npos) << error.what();
    }
  };
  expect_named("labels.votes", "sad");  // the output has two classes
  expect_named("labels.votes", "sad,table");
  expect_named("labels.elsewhere", "sad,contempt");  // no such output
  expect_named("labels.output",
               "angry,happy,sad");  // the labels of the first output are in "labels"
  expect_named("temperature.votes", "0");
}

}  // namespace
}  // namespace mien::model
