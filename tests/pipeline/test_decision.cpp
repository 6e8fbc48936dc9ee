#include "pipeline/decision.hpp"

#include <gtest/gtest.h>

#include "error_code.hpp"
#include "mien/error.hpp"
#include "pipeline/face_json.hpp"

namespace mien::pipeline {
namespace {

const std::vector<std::string> kLabels = {"angry", "happy", "sad", "neutral"};

Face face_of(std::vector<float> probabilities, double min_confidence = kDefaultMinConfidence) {
  Face face;
  face.probabilities = std::move(probabilities);
  set_most_probable_label(face, kLabels, min_confidence);
  return face;
}

TEST(Decision, UncertainFacesKeepTheMostProbableLabel) {
  const Face certain = face_of({0.1F, 0.6F, 0.2F, 0.1F}),
             uncertain = face_of({0.2F, 0.35F, 0.38F, 0.07F});
  EXPECT_EQ(certain.emotion, Emotion::kHappy);
  EXPECT_EQ(certain.confidence, 0.6F);
  EXPECT_FALSE(certain.uncertain);
  EXPECT_EQ(uncertain.emotion, Emotion::kSad);
  EXPECT_EQ(uncertain.confidence, 0.38F);
  EXPECT_TRUE(uncertain.uncertain);
  EXPECT_FALSE(face_of(uncertain.probabilities, 0.3).uncertain);
  EXPECT_FALSE(face_of(uncertain.probabilities, 0).uncertain);
  const base::Json json = to_json(uncertain, kLabels);
  EXPECT_EQ(json.at("emotion"), "sad");
  EXPECT_EQ(json.at("uncertain"), true);
  EXPECT_EQ(json.at("confidence"), 0.38);
}

TEST(Decision, DisplayLabelNamesTheTwoMostProbable) {
  const Face certain = face_of({0.1F, 0.6F, 0.2F, 0.1F}),
             uncertain = face_of({0.2F, 0.35F, 0.38F, 0.07F}),
             first = face_of({0.39F, 0.2F, 0.2F, 0.21F});
  EXPECT_EQ(display_label(certain), "happy");
  EXPECT_EQ(display_label(uncertain), "unclear");
  EXPECT_EQ(display_label(certain, kLabels), "happy 60 %");
  EXPECT_EQ(display_label(uncertain, kLabels), "unclear: sad 38 %, happy 35 %");
  EXPECT_EQ(display_label(first, kLabels), "unclear: angry 39 %, neutral 21 %");
}

TEST(Decision, TheThresholdIsAProbability) {
  for (const double value : {-0.1, 1.1, std::nan("")})
    EXPECT_EQ(test::code_of([&] { check_min_confidence(value); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::pipeline
