#include "model/photo_head.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "error_code.hpp"
#include "mien/emotion.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"
#include "model/small_model.hpp"

namespace mien::model {
namespace {

constexpr int kFeatures = 32;

std::vector<float> random_values(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(count);
  for (float& value : out) value = normal(random);
  return out;
}

/// The small model with a head of FER2013's classes (weights by class) and one of FER+'s in another
/// order (weights by feature).
Model two_heads() {
  Model model = test::small_model();
  model.nodes.pop_back();
  model.outputs = {{"fer2013", DataType::kFloat32, {-1, 7}},
                   {"ferplus", DataType::kFloat32, {-1, 8}}};
  std::erase_if(model.initializers, [](const Tensor& t) { return t.name.starts_with("dense"); });
  model.initializers.push_back(
      make_tensor<float>("f.weight", {7, kFeatures}, random_values(7 * kFeatures, 1)));
  model.initializers.push_back(make_tensor<float>("f.bias", {7}, random_values(7, 2)));
  model.initializers.push_back(
      make_tensor<float>("p.weight", {kFeatures, 8}, random_values(8 * kFeatures, 3)));
  model.initializers.push_back(make_tensor<float>("p.bias", {8}, random_values(8, 4)));
  model.nodes.push_back(
      {"f", "Gemm", {"c", "f.weight", "f.bias"}, {"fer2013"}, {{"transB", std::int64_t{1}}}});
  model.nodes.push_back({"p", "Gemm", {"c", "p.weight", "p.bias"}, {"ferplus"}, {}});
  ClassifierInfo info;
  info.labels = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"};
  info.input_size = 4;
  info.temperature = 1.25;
  info.other_heads["ferplus"] = {
      {"neutral", "contempt", "happy", "surprise", "sad", "angry", "disgust", "fear"}, 0.5};
  write_classifier_info(model, info);
  return model;
}

/// The logits of a head for features, by the names of its labels.
std::map<std::string, double> logits(const Model& model, const std::string& head,
                                     std::span<const float> features) {
  const auto node =
      std::ranges::find_if(model.nodes, [&](const Node& n) { return n.outputs[0] == head; });
  const auto weights = model.find_initializer(node->inputs[1])->values<float>();
  const auto bias = model.find_initializer(node->inputs[2])->values<float>();
  const Model alone = select_head(model, head).model;
  const std::vector<std::string> labels = read_classifier_info(alone).labels;
  std::map<std::string, double> out;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    double sum = bias[c];
    for (std::size_t k = 0; k < features.size(); ++k)
      sum += features[k] * weights[node->attributes.contains("transB") ? c * features.size() + k
                                                                       : k * labels.size() + c];
    out[labels[c]] = sum;
  }
  return out;
}

TEST(PhotoHead, IsTheMeanOfTheLogProbabilitiesWithoutThePriors) {
  const double w = 0.3, e = 0.7;
  const Model model = add_photo_head(two_heads(), {.weight = w, .prior = e});
  const std::map<std::string, double> fer_prior = {{"angry", .139},  {"disgust", .015},
                                                   {"fear", .143},   {"happy", .251},
                                                   {"sad", .168},    {"surprise", .110},
                                                   {"neutral", .173}},
                                      plus_prior = {{"angry", .081},  {"disgust", .009},
                                                    {"fear", .029},   {"happy", .284},
                                                    {"sad", .139},    {"surprise", .122},
                                                    {"neutral", .326}};
  for (unsigned seed = 10; seed < 15; ++seed) {
    const std::vector<float> features = random_values(kFeatures, seed);
    auto fer = logits(model, "fer2013", features), plus = logits(model, "ferplus", features),
         photo = logits(model, "photo", features);
    const auto log_sum = [&](std::map<std::string, double>& values) {
      double sum = 0;
      for (const auto& [name, prior] : fer_prior) sum += std::exp(values[name]);
      return std::log(sum);
    };
    std::map<std::string, double> expected;
    for (const auto& [name, prior] : fer_prior) {
      expected[name] = w * (fer[name] - log_sum(fer) - e * std::log(prior)) +
                       (1 - w) * (plus[name] - log_sum(plus) - e * std::log(plus_prior.at(name)));
    }
    for (const auto& [name, prior] : fer_prior)
      EXPECT_NEAR(photo[name] - log_sum(photo), expected[name] - log_sum(expected), 1e-4) << name;
  }
}

TEST(PhotoHead, IsTheDefaultAndKeepsTheOthers) {
  const Model model = read_onnx(write_onnx(add_photo_head(two_heads())), "memory");
  EXPECT_EQ(head_names(model), (std::vector<std::string>{"photo", "fer2013", "ferplus"}));
  const ClassifierInfo info = read_classifier_info(model);
  EXPECT_EQ(info.labels.size(), 7U);
  EXPECT_EQ(info.labels[3], "happy");
  EXPECT_EQ(info.temperature, 1);
  EXPECT_EQ(info.other_heads.at("fer2013").temperature, 1.25);
  EXPECT_EQ(info.other_heads.at("ferplus").labels.size(), 8U);
  EXPECT_EQ(info.provenance.at("photo.weight"), "0.5");
  EXPECT_EQ(info.provenance.at("photo.prior"), "0.7");
  EXPECT_TRUE(info.provenance.contains("photo.frequencies.ferplus"));
}

TEST(PhotoHead, ReplacesOneThatIsThere) {
  const Model once = add_photo_head(two_heads(), {.weight = 0.25, .prior = 0}),
              twice = add_photo_head(add_photo_head(two_heads()), {.weight = 0.25, .prior = 0});
  EXPECT_EQ(write_onnx(twice).size(), write_onnx(once).size());
  const std::vector<float> features = random_values(kFeatures, 7);
  EXPECT_EQ(logits(twice, "photo", features), logits(once, "photo", features));
}

TEST(PhotoHead, NeedsTheTwoHeadsOnTheSameFeatures) {
  const auto code = [](Model model, PhotoHeadOptions options = {}) {
    return test::code_of([&] { add_photo_head(std::move(model), options); });
  };
  EXPECT_EQ(code(select_head(two_heads(), "fer2013").model), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(select_head(two_heads(), "ferplus").model), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(two_heads(), {.weight = 1.5}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(two_heads(), {.prior = std::nan("")}), ErrorCode::kInvalidArgument);
  Model other = two_heads();
  other.nodes.back().inputs[0] = "b";
  EXPECT_EQ(code(other), ErrorCode::kUnsupported);
  other = two_heads();
  other.nodes.back().attributes["alpha"] = 2.0F;
  EXPECT_EQ(code(other), ErrorCode::kUnsupported);
}

TEST(Heads, OneThatIsNotTheDefaultIsRemoved) {
  Model model = two_heads();
  EXPECT_EQ(test::code_of([&] { remove_head(model, "fer2013"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { remove_head(model, "photo"); }), ErrorCode::kInvalidArgument);
  remove_head(model, "ferplus");
  EXPECT_EQ(head_names(model), std::vector<std::string>{"fer2013"});
  EXPECT_EQ(model.find_initializer("p.weight"), nullptr);
  EXPECT_TRUE(read_classifier_info(model).other_heads.empty());
}

}  // namespace
}  // namespace mien::model
