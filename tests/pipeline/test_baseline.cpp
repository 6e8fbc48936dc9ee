#include "mien/baseline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.hpp"
#include "error_code.hpp"
#include "mien/error.hpp"
#include "model_files.hpp"
#include "pipeline/video_analyzer.hpp"
#include "support.hpp"

namespace mien::pipeline {
namespace {

using test::code_of;
using Floats = std::vector<float>;

const std::vector<std::string> kLabels = {"angry", "happy", "neutral"};

TEST(Baseline, RemovesWhatAllPredictionsShare) {
  // A person whose face looks angry at rest: each prediction is a true one times (4, 1, 1).
  const std::vector<Floats> truth = {{0.2F, 0.2F, 0.6F}, {0.2F, 0.6F, 0.2F}, {0.6F, 0.2F, 0.2F}};
  Baseline baseline(kLabels);
  std::vector<Floats> seen;
  for (const Floats& p : truth) {
    const float sum = 4 * p[0] + p[1] + p[2];
    seen.push_back({4 * p[0] / sum, p[1] / sum, p[2] / sum});
    baseline.add(seen.back());
  }
  EXPECT_EQ(baseline.weight(), 3);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    Face face;
    face.probabilities = seen[i];
    face = baseline.apply(face);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(face.probabilities[c], truth[i][c], 1e-5);
    EXPECT_NEAR(face.confidence, 0.6, 1e-5);
  }
  Face happy;
  happy.probabilities = seen[1];
  EXPECT_EQ(baseline.apply(happy).emotion, Emotion::kHappy);
  EXPECT_TRUE(baseline.apply(happy, 1, 0.9).uncertain);
}

TEST(Baseline, StrengthIsAnExponent) {
  Baseline baseline(kLabels);
  const Floats neutral = {0.25F, 0.25F, 0.5F}, other = {0.5F, 0.25F, 0.25F};
  EXPECT_EQ(baseline.apply(other), other);  // nothing added yet
  baseline.add(neutral);
  EXPECT_EQ(baseline.apply(other, 0), other);
  const Floats half = baseline.apply(other, 0.5);
  const double total = 0.5 / 0.5 + 0.25 / 0.5 + 0.25 / std::sqrt(0.5);
  EXPECT_NEAR(half[0], 1 / total, 1e-5);
  EXPECT_NEAR(std::accumulate(half.begin(), half.end(), 0.0), 1, 1e-5);
}

TEST(Baseline, DecayForgetsAndZeroProbabilitiesStayFinite) {
  Baseline baseline(kLabels), fresh(kLabels);
  baseline.add(Floats{1, 0, 0});
  baseline.decay(0);
  EXPECT_EQ(baseline.weight(), 0);
  baseline.add(Floats{0.2F, 0.3F, 0.5F});
  fresh.add(Floats{0.2F, 0.3F, 0.5F});
  EXPECT_EQ(baseline.apply(Floats{0.4F, 0.3F, 0.3F}), fresh.apply(Floats{0.4F, 0.3F, 0.3F}));
  Baseline extreme(kLabels);
  extreme.add(Floats{1, 0, 0});
  for (const float p : extreme.apply(Floats{0, 0, 1})) EXPECT_TRUE(std::isfinite(p));
}

TEST(Baseline, SurvivesItsFile) {
  const test::TemporaryDir folder;
  Baseline baseline(kLabels);
  baseline.add(Floats{0.2F, 0.3F, 0.5F}, 2.5);
  baseline.save(folder / "b.json");
  const Baseline read = Baseline::load(folder / "b.json");
  EXPECT_EQ(read.labels(), kLabels);
  EXPECT_EQ(read.weight(), 2.5);
  const Floats some = {0.6F, 0.3F, 0.1F};
  const Floats a = baseline.apply(some), b = read.apply(some);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(a[c], b[c], 1e-6);
}

TEST(Baseline, BadInputIsNamed) {
  Baseline baseline(kLabels);
  EXPECT_EQ(code_of([&] { baseline.add(Floats{0.5F, 0.5F}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { baseline.add(Floats{0.5F, 0.5F, 0}, -1); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { baseline.apply(Floats{0.5F}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { baseline.decay(2); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { Baseline({"angry", "table"}); }), ErrorCode::kInvalidArgument);
  const test::TemporaryDir folder;
  EXPECT_EQ(code_of([&] { Baseline::load(folder / "missing"); }), ErrorCode::kNotFound);
  const std::string head = "{\"format\": \"mien-baseline-1\", \"labels\": [\"angry\", \"sad\"], ";
  for (const std::string& text :
       {std::string(""), std::string("[]"), std::string("{\"format\": 1}"), head + "\"weight\": 1}",
        head + "\"weight\": 1, \"mean_log_probabilities\": [-1]}",
        head + "\"weight\": -1, \"mean_log_probabilities\": [-1, -1]}",
        head + "\"weight\": 1, \"mean_log_probabilities\": [-1, \"x\"]}",
        head + "\"weight\": 1, \"mean_log_probabilities\": [-1, 5]}"}) {
    base::write_file(folder / "bad", text);
    try {
      Baseline::load(folder / "bad");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadFormat);
      EXPECT_NE(std::string(error.what()).find("bad"), std::string::npos);
    }
  }
}

TEST(VideoOptions, AreChecked) {
  const test::TemporaryDir folder;
  test::write_random_classifier(folder / "random.onnx");
  const Analyzer analyzer = Analyzer::load(folder / "random.onnx", {.detector = "hog"});
  EXPECT_EQ(code_of([&] { VideoAnalyzer(analyzer, {.min_confidence = 2}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { VideoAnalyzer(analyzer, {.baseline_half_life = -1}); }),
            ErrorCode::kInvalidArgument);
}

/// A still face in a video: its first frame is left alone, and what it shows all the time becomes
/// its baseline.
TEST(VideoAnalyzer, ABaselineTakesEffectSlowly) {
  const std::filesystem::path photo = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";
  if (!std::filesystem::exists(photo)) GTEST_SKIP() << photo << " is not here";
  const test::TemporaryDir folder;
  test::write_random_classifier(folder / "random.onnx");
  const Analyzer analyzer =
      Analyzer::load(folder / "random.onnx", {.detector = "hog", .threads = 1, .precision = "f32"});
  const Image frame = read_image(photo);
  VideoAnalyzer plain(analyzer, {.smoothing = {.time_constant = 0}}),
      adjusted(analyzer, {.smoothing = {.time_constant = 0}, .baseline_half_life = 1});
  const auto spread = [](const std::vector<TrackedFace>& faces) {
    const auto [low, high] = std::ranges::minmax(faces.at(0).face.probabilities);
    return high - low;
  };
  const float before = spread(plain.analyze(frame, 0));
  EXPECT_NEAR(spread(adjusted.analyze(frame, 0)), before, 1e-5);
  EXPECT_LT(spread(adjusted.analyze(frame, 1)), before);
  for (int second = 2; second < 12; ++second) adjusted.analyze(frame, second);
  EXPECT_LT(spread(adjusted.analyze(frame, 12)), 0.01);
}

}  // namespace
}  // namespace mien::pipeline
