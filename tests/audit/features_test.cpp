#include "audit/features.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "images.hpp"
#include "pipeline/classifier.hpp"

namespace mien::audit {
namespace {

const std::filesystem::path kModel = MIEN_SOURCE_DIR "/models/reference.onnx";

TEST(LookAt, GivesWhatTheClassifierGivesAndUnitFeatures) {
  datasets::Dataset dataset;
  for (unsigned i = 0; i < 35; ++i) dataset.push_back(test::waves(i));
  const NetworkView view = analyze_dataset(dataset, kModel, 1);
  EXPECT_EQ(view.features.columns, 343U);
  ASSERT_EQ(view.features.rows(), 35U);
  const pipeline::Classifier classifier =
      pipeline::Classifier::load(kModel, {engine::Precision::kF32, 1});
  for (const std::size_t i : {0U, 34U}) {
    const std::vector<float> expected = classifier.probabilities(dataset[i].pixels);
    for (std::size_t c = 0; c < 7; ++c)
      EXPECT_NEAR(view.probabilities.row(i)[c], expected[c], 1e-4);
    double squares = 0;
    for (const float value : view.features.row(i)) squares += value * value;
    EXPECT_NEAR(squares, 1, 1e-4);
  }
}

TEST(LookAt, TrainingImagesAreForgotten) {
  const datasets::Dataset dataset = {test::waves(1),
                                     test::waves(2, Emotion::kSad, datasets::Split::kPublicTest)};
  datasets::FloatTable table{7, std::vector<float>(14, 0.5F)};
  mask_training(table, dataset);
  EXPECT_TRUE(std::isnan(table.row(0)[6]));
  EXPECT_EQ(table.row(1)[0], 0.5F);
}

}  // namespace
}  // namespace mien::audit
