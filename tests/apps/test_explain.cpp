#include "apps_support.hpp"
#include "photo_files.hpp"
#include "vision/decode.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Explain : public testing::Test {
 protected:
  void SetUp() override { MIEN_SKIP_WITHOUT(default_model()); }
  TemporaryDir folder_;
};

class ExplainPhotos : public Explain {
 protected:
  void SetUp() override {
    Explain::SetUp();
    MIEN_SKIP_WITHOUT(kAstronaut);
  }
};

TEST_F(ExplainPhotos, TheSmileMakesTheAstronautHappy) {
  const ProcessResult result =
      mien({"explain", kAstronaut, "-o", folder_ / "out", "--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json face = Json::parse(result.out)[0]["faces"][0];
  EXPECT_EQ(face["explained"], "happy");
  EXPECT_GT(face["probability"], 0.9);
  // Her mouth and cheeks, not her brow.
  EXPECT_GT(face["occlusion"]["bands"]["mouth"], 0.5);
  EXPECT_LT(face["grad_cam"]["bands"]["eyes"], 0.4);
  EXPECT_EQ(face["grad_cam"]["map"].size(), 6U);
  EXPECT_EQ(face["occlusion"]["map"].size(), 48U);
  EXPECT_EQ(face["picture"], (folder_ / "out" / "astronaut-face1.png").string());
  const Image image = vision::load_image(folder_ / "out" / "astronaut-face1.png");
  EXPECT_GT(image.width(), 3 * 300);
  EXPECT_EQ(image.format(), PixelFormat::kRgb8);
}

TEST_F(ExplainPhotos, AnotherEmotionHasAnotherMap) {
  const auto explain = [&](const std::string& emotion) {
    const ProcessResult result = mien({"explain", kAstronaut, "-o", folder_.path(), "--format",
                                       "json", "--method", "grad-cam", "--emotion", emotion});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out)[0]["faces"][0];
  };
  const Json happy = explain("happiness"), sad = explain("sad");
  EXPECT_EQ(happy["explained"], "happy");
  EXPECT_EQ(sad["explained"], "sad");
  EXPECT_EQ(sad["emotion"], "happy");
  EXPECT_LT(sad["probability"], 0.1);
  EXPECT_NE(happy["grad_cam"]["map"], sad["grad_cam"]["map"]);
  EXPECT_FALSE(happy.contains("occlusion"));
}

TEST_F(ExplainPhotos, SanityPrintsTheCascade) {
  const ProcessResult result =
      mien({"explain", kAstronaut, "-o", folder_.path(), "--method", "grad-cam", "--sanity"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("block1_conv1"), std::string::npos) << result.out;
}

TEST_F(Explain, ACroppedFaceNeedsNoDetectorAndBadPhotosDoNotStopIt) {
  base::write_file(folder_ / "face.png", vision::encode_png(gradient(60, 60)));
  base::write_file(folder_ / "text.jpg", "not an image");
  const ProcessResult result = mien({"explain", folder_ / "text.jpg", folder_ / "face.png",
                                     "--crop", "-o", folder_ / "out", "--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  const Json photos = Json::parse(result.out);
  ASSERT_EQ(photos.size(), 2U);
  EXPECT_TRUE(photos[0].contains("error"));
  EXPECT_EQ(photos[1]["faces"].size(), 1U);
  EXPECT_TRUE(fs::exists(folder_ / "out" / "face-face1.png"));
}

TEST_F(Explain, PhotosOfOneNameGetImagesOfTheirOwn) {
  fs::create_directories(folder_ / "other");
  base::write_file(folder_ / "face.png", vision::encode_png(gradient(60, 60)));
  base::write_file(folder_ / "other" / "face.png", vision::encode_png(gradient(48, 48)));
  const ProcessResult result =
      mien({"explain", folder_ / "face.png", folder_ / "other" / "face.png", "--crop", "-o",
            folder_ / "out", "--method", "occlusion"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(fs::exists(folder_ / "out" / "face-face1.png"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / "face-2-face1.png"));
}

TEST_F(Explain, PhotosAreNotOverwritten) {
  base::write_file(folder_ / "x.png", vision::encode_png(gradient(60, 60)));
  base::write_file(folder_ / "x-face1.png", vision::encode_png(gradient(48, 48)));
  const std::string before = base::read_text(folder_ / "x-face1.png");
  const ProcessResult result = mien({"explain", folder_ / "x.png", folder_ / "x-face1.png",
                                     "--crop", "-o", folder_.path(), "--method", "occlusion"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(base::read_text(folder_ / "x-face1.png"), before);
  EXPECT_TRUE(fs::exists(folder_ / "x-2-face1.png"));
  EXPECT_TRUE(fs::exists(folder_ / "x-face1-face1.png"));
}

TEST_F(Explain, HelpText) {
  const ProcessResult help = mien({"explain", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  expect_golden("help_explain.txt", help.out);
}

TEST_F(Explain, WrongWordsAreExplained) {
  const ProcessResult emotion =
      mien({"explain", "x.jpg", "--emotion", "bored", "-o", folder_.path()});
  EXPECT_EQ(emotion.exit_code, 2);
  EXPECT_NE(emotion.error.find("angry, disgust"), std::string::npos) << emotion.error;
  EXPECT_EQ(mien({"explain", "x.jpg", "--method", "magic"}).exit_code, 2);
  EXPECT_EQ(mien({"explain"}).exit_code, 2);
}

}  // namespace
}  // namespace mien::test
