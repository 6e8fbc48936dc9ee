#include "mien/analyzer.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "base/file.hpp"
#include "error_code.hpp"
#include "mien/error.hpp"
#include "model_files.hpp"
#include "pipeline/classifier.hpp"
#include "pipeline/face_json.hpp"
#include "support.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"
#include "vision/face_detector.hpp"
#include "vision/orientation.hpp"

namespace mien::pipeline {
namespace {

using test::code_of;

const std::filesystem::path kAstronaut =
    "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";  // python3-skimage

class AnalyzerTest : public testing::Test {
 protected:
  Analyzer load(const base::CropGeometry& geometry = {}) const {
    test::write_random_classifier(folder_ / "random.onnx", geometry);
    return Analyzer::load(folder_ / "random.onnx",
                          {.detector = "hog", .threads = 1, .precision = "f32"});
  }
  Classifier classifier() const {
    return Classifier::load(folder_ / "random.onnx", {engine::Precision::kF32, 1});
  }
  test::TemporaryDir folder_;
};

TEST_F(AnalyzerTest, DescribesItself) {
  const Analyzer analyzer = load();
  EXPECT_EQ(analyzer.labels(), (std::vector<std::string>{"angry", "disgust", "fear", "happy", "sad",
                                                         "surprise", "neutral"}));
  EXPECT_EQ(analyzer.detector_name(), "hog");
  EXPECT_EQ(analyzer.model_path(), folder_ / "random.onnx");
  EXPECT_EQ(analyzer.min_confidence(), kDefaultMinConfidence);
  const Provenance& from = analyzer.provenance();
  EXPECT_EQ(from.model, "random");
  EXPECT_EQ(from.precision, "f32");
  EXPECT_EQ(from.detector, "hog");
  EXPECT_EQ(from.model_hash.size(), 16U);
  EXPECT_FALSE(from.version.empty());
  test::write_random_classifier(folder_ / "random.onnx", {}, 2);
  EXPECT_NE(Analyzer::load(folder_ / "random.onnx", {.detector = "hog"}).provenance().model_hash,
            from.model_hash);
}

TEST_F(AnalyzerTest, RejectsInvalidInput) {
  EXPECT_EQ(code_of([&] { Analyzer::load(folder_ / "missing.onnx"); }), ErrorCode::kNotFound);
  const Analyzer analyzer = load();
  EXPECT_EQ(code_of([&] { Analyzer::load(folder_ / "random.onnx", {.detector = "missing"}); }),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { Analyzer::load(folder_ / "random.onnx", {.precision = "f64"}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { Analyzer::load(folder_ / "random.onnx", {.min_confidence = 1.5}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { Analyzer::load(folder_ / "random.onnx", {.head = "nose"}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { analyzer.analyze({}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { analyzer.classify({}); }), ErrorCode::kInvalidArgument);
}

TEST_F(AnalyzerTest, LargeJpegsAreDecodedSmallerWithBoxesInTheirOwnPixels) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << "python3-skimage is not installed";
  const Analyzer analyzer = load();
  const Image large = vision::resize(read_image(kAstronaut), 3000, 3000);
  const auto jpeg = vision::encode_jpeg(large, 95);
  ASSERT_LT(vision::decode_photo(jpeg, "large.jpg").image.width(), 3000);
  const PhotoAnalysis analysis = analyzer.analyze_encoded(jpeg, "large.jpg");
  EXPECT_EQ(analysis.width, 3000);
  EXPECT_EQ(analysis.height, 3000);
  EXPECT_EQ(analysis.min_face, 60);
  const std::vector<Face> whole = analyzer.analyze(large);
  ASSERT_FALSE(whole.empty());
  ASSERT_FALSE(analysis.faces.empty());
  EXPECT_GT(intersection_over_union(analysis.faces[0].box, whole[0].box), 0.8F);
  base::write_file(folder_ / "large.jpg", jpeg);
  EXPECT_EQ(analyzer.analyze_file(folder_ / "large.jpg").faces[0].probabilities,
            analysis.faces[0].probabilities);
}

TEST_F(AnalyzerTest, FindsTheFaceOfARotatedPhoto) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << "python3-skimage is not installed";
  const Analyzer analyzer = load();
  const Image photo = read_image(kAstronaut);
  const std::vector<Face> upright = analyzer.analyze(photo),
                          rotated = analyzer.analyze(vision::apply_orientation(photo, 6));
  ASSERT_EQ(upright.size(), 1U);
  ASSERT_EQ(rotated.size(), 1U);
  EXPECT_EQ(upright[0].rotation, 0);
  EXPECT_EQ(rotated[0].rotation, 90);
  EXPECT_NEAR(rotated[0].box.x + rotated[0].box.width,
              static_cast<float>(photo.height()) - upright[0].box.y, 12);
  EXPECT_NEAR(rotated[0].box.y, upright[0].box.x, 12);
  EXPECT_EQ(upright[0].quality.size, std::max(upright[0].box.width, upright[0].box.height));
  EXPECT_FALSE(upright[0].quality.small || upright[0].quality.blurred || upright[0].quality.dark);
  EXPECT_NEAR(rotated[0].quality.brightness, upright[0].quality.brightness, 0.05);
  const base::Json json = pipeline::to_json(upright[0], analyzer.labels());
  EXPECT_EQ(json["quality"]["flags"].size(), 0U);
  EXPECT_FALSE(json["quality"].contains("yaw")) << "HOG reports no landmarks";
}

TEST_F(AnalyzerTest, NoFaceIsAnEmptyList) {
  const Analyzer analyzer = load();
  EXPECT_TRUE(analyzer.analyze(Image(200, 200, PixelFormat::kRgb8)).empty());
  EXPECT_TRUE(analyzer.analyze(Image(1, 1, PixelFormat::kGray8)).empty());
}

TEST_F(AnalyzerTest, ClassifyUsesPixelsOfTheNetworksSizeUnchanged) {
  const Analyzer analyzer = load();
  const Image image = test::blobs(3);
  const Face face = analyzer.classify(image);
  EXPECT_EQ(face.probabilities,
            classifier().probabilities({image.row(0), static_cast<std::size_t>(48 * 48)}));
  EXPECT_NEAR(std::accumulate(face.probabilities.begin(), face.probabilities.end(), 0.0), 1, 1e-5);
  EXPECT_EQ(face.confidence,
            *std::max_element(face.probabilities.begin(), face.probabilities.end()));
  EXPECT_EQ(face.confidence, face.probabilities[static_cast<std::size_t>(face.emotion)]);
  EXPECT_EQ(face.box.width, 48);

  const Face larger = analyzer.classify(vision::resize(image, 96, 96));
  EXPECT_EQ(larger.emotion, face.emotion);
  EXPECT_NEAR(larger.confidence, face.confidence, 0.05);
}

TEST_F(AnalyzerTest, CropsByTheModelsGeometry) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << kAstronaut << " is not here";
  const Image photo = read_image(kAstronaut);
  const std::vector<DetectedFace> found =
      vision::make_face_detector("hog", {.threads = 1})->detect(photo);
  ASSERT_EQ(found.size(), 1U);
  std::vector<std::vector<float>> answers;
  for (const base::CropGeometry& geometry :
       {base::CropGeometry{}, base::CropGeometry{1.5, 0.1, -0.05}}) {
    const std::vector<Face> faces = load(geometry).analyze(photo);
    ASSERT_EQ(faces.size(), 1U);
    const Image crop = vision::crop_aligned_face(photo, found[0], geometry, 48);
    EXPECT_EQ(faces[0].probabilities,
              classifier().probabilities({crop.row(0), static_cast<std::size_t>(48 * 48)}));
    EXPECT_EQ(faces[0].box.x, found[0].box.x);  // the box is the detector's, not the crop's
    EXPECT_EQ(faces[0].score, found[0].score);
    answers.push_back(faces[0].probabilities);
  }
  EXPECT_NE(answers[0], answers[1]);
}

TEST_F(AnalyzerTest, ThreadsShareAnAnalyzer) {
  const Analyzer analyzer = load();
  std::vector<Image> images;
  std::vector<std::vector<float>> alone;
  for (unsigned seed = 0; seed < 8; ++seed) {
    images.push_back(test::blobs(seed));
    alone.push_back(analyzer.classify(images.back()).probabilities);
  }
  const bool has_photo = std::filesystem::exists(kAstronaut);
  const Image photo = has_photo ? read_image(kAstronaut) : Image(160, 160, PixelFormat::kRgb8);
  const std::vector<Face> faces = analyzer.analyze(photo);
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 24; ++i) {
          const std::size_t at = (i + t) % images.size();
          wrong[t] += analyzer.classify(images[at]).probabilities != alone[at] ? 1 : 0;
        }
        const std::vector<Face> again = analyzer.analyze(photo);
        wrong[t] += again.size() != faces.size() ||
                            (!faces.empty() && again[0].probabilities != faces[0].probabilities)
                        ? 1
                        : 0;
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST_F(AnalyzerTest, FindsNamedModelsInTheFolderOfTheEnvironment) {
  test::write_random_classifier(folder_ / "mine.onnx");
  const test::ScopedVariable variable("MIEN_MODELS", folder_.path());
  const std::filesystem::path found = Analyzer::load("mine", {.detector = "hog"}).model_path();
  EXPECT_EQ(found, folder_ / "mine.onnx");
}

}  // namespace
}  // namespace mien::pipeline
