#include "pipeline/classifier.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.hpp"
#include "base/softmax.hpp"
#include "mien/error.hpp"
#include "model/photo_head.hpp"
#include "model_files.hpp"
#include "support.hpp"

namespace mien::pipeline {
namespace {

class ClassifierFileTest : public testing::Test {
 protected:
  Classifier load(double temperature = 1) const {
    test::write_random_classifier(folder_ / "random.onnx", {}, temperature);
    return Classifier::load(folder_ / "random.onnx", {engine::Precision::kF32, 1});
  }
  static std::vector<std::uint8_t> faces(unsigned count) {
    std::vector<std::uint8_t> out;
    for (unsigned i = 0; i < count; ++i) {
      const Image image = test::blobs(i);
      out.insert(out.end(), image.row(0), image.row(0) + 48 * 48);
    }
    return out;
  }
  test::TemporaryDir folder_;
};

TEST_F(ClassifierFileTest, LogitsDoNotDependOnTheBatch) {
  const Classifier classifier = load();
  constexpr unsigned kCount = 2 * 32 + 5;  // two whole batches and a rest
  const std::vector<std::uint8_t> all = faces(kCount);
  const std::vector<float> together = classifier.logits(all);
  ASSERT_EQ(together.size(), kCount * 7U);
  for (const std::size_t i : {0U, 31U, 32U, 63U, 64U, 68U}) {
    const std::vector<float> alone =
        classifier.logits(std::span(all).subspan(i * 48 * 48, 48 * 48));
    for (std::size_t c = 0; c < 7; ++c)
      EXPECT_NEAR(alone[c], together[i * 7 + c], 1e-4) << "face " << i;
  }
}

TEST_F(ClassifierFileTest, NormalizesByTheModelsMetadata) {
  // (gray - 129) / 65 for the network: the first plane by hand.
  const Classifier classifier = load();
  const std::vector<std::uint8_t> face = faces(1);
  std::vector<float> input;
  for (const std::uint8_t gray : face) input.push_back((static_cast<float>(gray) - 129.0F) / 65.0F);
  const std::vector<float> expected = classifier.network().run(input, {1, 1, 48, 48})[0].values;
  const std::vector<float> logits = classifier.logits(face);
  for (std::size_t c = 0; c < 7; ++c) EXPECT_NEAR(logits[c], expected[c], 1e-4);
}

TEST_F(ClassifierFileTest, TemperatureDividesTheLogits) {
  const std::vector<std::uint8_t> face = faces(1);
  const std::vector<float> logits = load().logits(face);
  EXPECT_EQ(load(2.5).probabilities(face), base::softmax(logits, 7, 2.5));
  EXPECT_NE(load(2.5).probabilities(face), load(1).probabilities(face));
}

TEST_F(ClassifierFileTest, LeavesLabelsOut) {
  const Classifier all = load();
  const Classifier some = Classifier::load(folder_ / "random.onnx", {engine::Precision::kF32, 1},
                                           {.without = {"disgust", "neutral"}});
  EXPECT_EQ(some.info().labels,
            (std::vector<std::string>{"angry", "fear", "happy", "sad", "surprise"}));
  const std::vector<std::uint8_t> two = faces(2);
  const std::vector<float> seven = all.probabilities(two), five = some.probabilities(two);
  ASSERT_EQ(five.size(), 10U);
  for (std::size_t i = 0; i < 2; ++i) {
    const float left = 1 - seven[i * 7 + 1] - seven[i * 7 + 6];
    EXPECT_NEAR(five[i * 5 + 0], seven[i * 7 + 0] / left, 1e-5);
    EXPECT_NEAR(five[i * 5 + 1], seven[i * 7 + 2] / left, 1e-5);
    EXPECT_NEAR(five[i * 5 + 4], seven[i * 7 + 5] / left, 1e-5);
  }
  EXPECT_THROW(
      Classifier::load(folder_ / "random.onnx", {engine::Precision::kF32, 1}, {.name = "ferplus"}),
      Error);
}

TEST_F(ClassifierFileTest, NoFacesAndPartsOfFaces) {
  const Classifier classifier = load();
  EXPECT_TRUE(classifier.probabilities({}).empty());
  EXPECT_THROW(classifier.logits(std::vector<std::uint8_t>(48 * 48 + 1)), Error);
}

/// The shipped network in both precisions, through the engine.
TEST(PhotoHead, IsTheMeanOfTheTwoHeads) {
  for (const char* name : {"mien.onnx", "mien-int8.onnx"}) {
    const model::Model model = model::add_photo_head(
        model::read_onnx(std::filesystem::path(MIEN_SOURCE_DIR) / "models" / name),
        {.weight = 0.25, .prior = 0});
    const auto logits = [&](const char* head) {
      const Image face = test::blobs(5);
      return Classifier::make(model, name, {engine::Precision::kAuto, 1}, {.name = head})
          .logits({face.row(0), static_cast<std::size_t>(48 * 48)});
    };
    const std::vector<float> photo = logits(""), fer = logits("fer2013"), plus = logits("ferplus");
    ASSERT_EQ(photo.size(), 7U);
    for (std::size_t c = 0; c < 7; ++c)
      EXPECT_NEAR(photo[c], 0.25 * fer[c] + 0.75 * plus[c], 1e-3) << name;
  }
}

TEST(LocateClassifier, NamesMeanTheSameFileEverywhere) {
  const test::TemporaryDir folder;
  const test::ScopedVariable variable("MIEN_MODELS", folder.path());
  base::write_file(folder / "mien.onnx", "x");
  const std::filesystem::path alone = locate_classifier("", engine::Precision::kInt8);
  base::write_file(folder / "mien-int8.onnx", "x");
  EXPECT_EQ(alone, folder / "mien.onnx");  // no other folder's copy
  EXPECT_EQ(locate_classifier("", engine::Precision::kInt8), folder / "mien-int8.onnx");
  EXPECT_EQ(locate_classifier("", engine::Precision::kF32), folder / "mien.onnx");
  EXPECT_EQ(locate_classifier("", engine::Precision::kBf16), folder / "mien.onnx");
  EXPECT_EQ(locate_classifier("", engine::Precision::kAuto),
            folder / "mien.onnx");  // the same network on every machine
  EXPECT_EQ(locate_classifier("mien", engine::Precision::kInt8), folder / "mien-int8.onnx");
  EXPECT_EQ(locate_classifier("mien-int8", engine::Precision::kInt8), folder / "mien-int8.onnx");
  EXPECT_EQ(locate_classifier("mien", engine::Precision::kAuto), folder / "mien.onnx");
}

TEST(PrecisionFromString, ParsesNames) {
  EXPECT_EQ(precision_from_string("auto"), engine::Precision::kAuto);
  EXPECT_EQ(precision_from_string("int8"), engine::Precision::kInt8);
  EXPECT_THROW(precision_from_string("f16"), Error);
}

}  // namespace
}  // namespace mien::pipeline
