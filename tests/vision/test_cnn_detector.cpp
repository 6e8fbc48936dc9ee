#include "vision/cnn_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "support.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"

namespace mien::vision {
namespace {

const std::string kYunet = "models/face_detection_yunet_2023mar.onnx";
const std::string kGroup = "photos/group-1.jpg";

/// The photo as the network sees it, at the top left of a black canvas.
Image lay_out(const ImageView& photo, const PhotoFit& fit) {
  const Image small = to_rgb(resize(photo, fit.photo.width, fit.photo.height));
  Image canvas(fit.canvas.width, fit.canvas.height, PixelFormat::kRgb8);
  for (int y = 0; y < small.height(); ++y)
    std::memcpy(canvas.row(y), small.row(y), static_cast<std::size_t>(small.stride()));
  return canvas;
}

/// What ONNX Runtime and a plain decoding find on a canvas, in its pixels; empty where there is no
/// Python.
std::optional<std::vector<DetectedFace>> plain_faces(const std::filesystem::path& file,
                                                     const Image& canvas, float min_score) {
  const std::optional<std::string> python = test::peer_python();
  if (!python) return std::nullopt;
  const test::TemporaryDir folder;
  model::Model model =
      model::read_onnx(file);  // the file states one size, and ONNX Runtime insists on it
  model.inputs[0].shape = {1, 3, canvas.height(), canvas.width()};
  for (model::ValueInfo& output : model.outputs) output.shape.assign(output.shape.size(), -1);
  model::write_onnx(model, folder / "model.onnx");
  base::write_file(
      folder / "pixels",
      std::as_bytes(std::span(canvas.row(0), canvas.row(canvas.height() - 1) + canvas.stride())));
  const std::string command = *python + " " + MIEN_SOURCE_DIR + "/tests/vision/detect_faces.py " +
                              (folder / "model.onnx").string() + " " +
                              std::to_string(canvas.width()) + " " +
                              std::to_string(canvas.height()) + " " + (folder / "pixels").string() +
                              " " + std::to_string(min_score) + " > " + (folder / "faces").string();
  if (std::system(command.c_str()) != 0) throw std::runtime_error("detect_faces.py failed");
  std::vector<DetectedFace> faces;
  std::istringstream lines(base::read_text(folder / "faces"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    DetectedFace face;
    numbers >> face.score >> face.box.x >> face.box.y >> face.box.width >> face.box.height;
    Landmarks points;
    bool complete = true;
    for (Point& point : points) complete = complete && numbers >> point.x >> point.y;
    if (complete) face.landmarks = points;
    faces.push_back(face);
  }
  return faces;
}

/// Both lists in pixels of the photo; the order does not matter.
void expect_same(const std::vector<DetectedFace>& faces, const std::vector<DetectedFace>& plain,
                 double tolerance, const std::string& what) {
  ASSERT_EQ(faces.size(), plain.size()) << what;
  for (const DetectedFace& expected : plain) {
    const auto& face = *std::ranges::max_element(faces, {}, [&](const DetectedFace& other) {
      return intersection_over_union(other.box, expected.box);
    });
    EXPECT_NEAR(face.box.x, expected.box.x, tolerance) << what;
    EXPECT_NEAR(face.box.y, expected.box.y, tolerance) << what;
    EXPECT_NEAR(face.box.width, expected.box.width, tolerance) << what;
    EXPECT_NEAR(face.box.height, expected.box.height, tolerance) << what;
    EXPECT_NEAR(face.score, expected.score, 1e-4) << what;
    ASSERT_EQ(face.landmarks.has_value(), expected.landmarks.has_value()) << what;
    for (std::size_t p = 0; face.landmarks && p < face.landmarks->size(); ++p) {
      EXPECT_NEAR((*face.landmarks)[p].x, (*expected.landmarks)[p].x, tolerance) << what;
      EXPECT_NEAR((*face.landmarks)[p].y, (*expected.landmarks)[p].y, tolerance) << what;
    }
  }
}

/// Detects in the photo in several sizes and formats; returns how many faces were compared.
std::size_t compare_with_plain(const std::filesystem::path& file, const Image& photo) {
  const std::unique_ptr<DetectionHead> head = make_detection_head(model::read_onnx(file));
  std::size_t compared = 0;
  for (const auto& [width, height, min_face] : {std::tuple{photo.width(), photo.height(), 0},
                                                {640, 480, 20},
                                                {480, 640, 24},
                                                {333, 77, 10},
                                                {1500, 1000, 60}}) {
    const Image sized = resize(photo, width, height);
    for (const Image& image : {sized, to_gray(sized)}) {
      const DetectorOptions options{.min_face = min_face, .threads = 1};
      const PhotoFit fit =
          fit_photo({width, height}, static_cast<double>(head->input().min_face) /
                                         smallest_face(options, std::max(width, height)));
      auto plain = plain_faces(file, lay_out(image, fit), head->score_scale().min);
      if (!plain) return 0;
      const float x = static_cast<float>(width) / static_cast<float>(fit.photo.width),
                  y = static_cast<float>(height) / static_cast<float>(fit.photo.height);
      for (DetectedFace& face : *plain) face = scaled(face, x, y);
      expect_same(CnnDetector(file, options, engine::Precision::kF32).search_once(image).faces,
                  *plain, 1e-2 * std::max({1.0f, x, y}),
                  std::to_string(width) + " x " + std::to_string(height));
      compared += plain->size();
    }
  }
  return compared;
}

void expect_like_plain(const std::string& model) {
  const auto file = test::shared_path(model), photo = test::shared_path(kGroup);
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  if (!test::peer_python()) GTEST_SKIP() << "MIEN_PYTHON is not set";
  EXPECT_GT(compare_with_plain(*file, load_image(*photo)), 10u);
}

TEST(CnnDetector, YunetFindsWhatThePlainDecodingFinds) { expect_like_plain(kYunet); }

/// Every face of f32 is found in bf16 within a tenth of its side (of several cells that see a face
/// another may have the highest score), and no other.
TEST(CnnDetector, HalfPrecisionFindsTheSameFaces) {
  const auto photo = test::shared_path(kGroup);
  for (const std::string& model : {kYunet}) {
    const auto file = test::shared_path(model);
    if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
    const Image image = load_image(*photo);
    const auto full =
        CnnDetector(*file, {.threads = 1}, engine::Precision::kF32).search_once(image).faces;
    std::vector<DetectedFace> half;
    try {
      half = CnnDetector(*file, {.threads = 1}, engine::Precision::kBf16).search_once(image).faces;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUnsupported) GTEST_SKIP() << error.what();
      throw;
    }
    ASSERT_FALSE(full.empty());
    ASSERT_EQ(half.size(), full.size()) << model;
    for (const DetectedFace& expected : full) {
      const DetectedFace& face =
          *std::ranges::max_element(half, {}, [&](const DetectedFace& other) {
            return intersection_over_union(other.box, expected.box);
          });
      EXPECT_GT(intersection_over_union(face.box, expected.box), 0.8) << model;
      EXPECT_NEAR(face.score, expected.score, 0.05) << model;
      for (std::size_t p = 0; expected.landmarks && p < expected.landmarks->size(); ++p) {
        EXPECT_NEAR((*face.landmarks)[p].x, (*expected.landmarks)[p].x, 0.1 * expected.box.width)
            << model;
        EXPECT_NEAR((*face.landmarks)[p].y, (*expected.landmarks)[p].y, 0.1 * expected.box.width)
            << model;
      }
    }
  }
}

TEST(CnnDetector, FindsNothingWhereNobodyIs) {
  const auto photo = test::shared_path("photos/background.jpg");
  for (const std::string& model : {kYunet}) {
    const auto file = test::shared_path(model);
    if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
    EXPECT_TRUE(make_face_detector(file->string())->detect(load_image(*photo)).empty()) << model;
  }
}

TEST(CnnDetector, SurvivesAnyShape) {
  for (const std::string& model : {kYunet}) {
    const auto file = test::shared_path(model);
    if (!file) GTEST_SKIP() << "the shared models are not here";
    const auto detector = make_face_detector(file->string(), {.min_face = 10, .threads = 1});
    EXPECT_TRUE(detector->detect(ImageView{}).empty());
    for (const auto& [width, height] :
         {std::pair{1, 1}, {1, 500}, {60'000, 1}, {2, 3}, {33, 77}, {2000, 1500}}) {
      for (const PixelFormat format : {PixelFormat::kGray8, PixelFormat::kRgb8}) {
        Image image(width, height, format);
        for (int y = 0; y < height; ++y) {
          for (int i = 0; i < image.stride(); ++i)
            image.row(y)[i] = static_cast<std::uint8_t>(i * 37 + y * 101);
        }
        EXPECT_NO_THROW(detector->detect(image)) << width << " x " << height;
      }
    }
  }
}

TEST(CnnDetector, ManyThreadsFindTheSame) {
  const auto file = test::shared_path(kYunet), photo = test::shared_path(kGroup);
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  const Image image = load_image(*photo);
  const auto one = make_face_detector(file->string(), {.threads = 1})->detect(image);
  const auto shared = make_face_detector(file->string(), {.threads = 2});
  std::vector<std::vector<DetectedFace>> results(4);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results) callers.emplace_back([&] { result = shared->detect(image); });
  }
  ASSERT_FALSE(one.empty());
  for (const auto& result : results) expect_same(result, one, 1e-2, "threads");
}

/// The image turned about its center, clockwise, its edge pixels repeated.
Image turned(const Image& image, double angle) {
  Image out(image.width(), image.height(), image.format());
  const double x0 = image.width() / 2.0, y0 = image.height() / 2.0;
  for (int y = 0; y < out.height(); ++y) {
    for (int x = 0; x < out.width(); ++x) {
      const double u = x + 0.5 - x0, v = y + 0.5 - y0;
      const int column = static_cast<int>(
          std::clamp(x0 + u * std::cos(angle) + v * std::sin(angle), 0.0, image.width() - 1.0));
      const int row = static_cast<int>(
          std::clamp(y0 - u * std::sin(angle) + v * std::cos(angle), 0.0, image.height() - 1.0));
      std::memcpy(out.row(y) + x * out.channels(), image.row(row) + column * out.channels(),
                  static_cast<std::size_t>(out.channels()));
    }
  }
  return out;
}

TEST(CnnDetector, SeesHowFarHeadsAreTurned) {
  const auto file = test::shared_path(kYunet), photo = test::shared_path("photos/person-linda.jpg");
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  const CnnDetector detector(*file, {.threads = 1});
  const Image image = load_image(*photo);
  const auto upright = detector.detect(image);
  ASSERT_EQ(upright.size(), 1u);
  const double before = eye_angle(upright[0].landmarks.value());
  for (const double degrees : {-20.0, 20.0}) {
    const Image tilted = turned(image, degrees * 3.14159265 / 180);
    const auto faces = detector.detect(tilted), once = detector.search_once(tilted).faces;
    ASSERT_EQ(faces.size(), 1u) << degrees;
    const auto seen = [&](const DetectedFace& face) {
      return (eye_angle(face.landmarks.value()) - before) * 180 / 3.14159265;
    };
    EXPECT_NEAR(seen(faces[0]), degrees, 10);
    EXPECT_LT(std::abs(seen(faces[0]) - degrees), std::abs(seen(once[0]) - degrees));
    EXPECT_EQ(faces[0].box.x, once[0].box.x);
  }
}

TEST(CnnDetector, ScoresAndLandmarksAreInRange) {
  const auto file = test::shared_path(kYunet), photo = test::shared_path(kGroup);
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  const Image image = load_image(*photo);
  const auto all = make_face_detector(file->string())->detect(image);
  ASSERT_GT(all.size(), 1u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_GE(all[i].score, 0.6f);
    EXPECT_LE(all[i].score, 1.0f);
    const Landmarks& points = all[i].landmarks.value();
    EXPECT_LT(points[0].x, points[1].x) << "the person's right eye is on the left";
    EXPECT_LT(points[0].y, points[3].y) << "eyes above the mouth";
  }
  EXPECT_TRUE(make_face_detector(file->string(), {.min_score = 1.01f})->detect(image).empty());
}

TEST(FitPhoto, FillsTheCanvas) {
  for (const auto& [width, height, scale] : {std::tuple{4000, 3000, 0.1},
                                             {3000, 4000, 0.1},
                                             {1280, 720, 0.3},
                                             {640, 480, 1.0},
                                             {48, 48, 0.4}}) {
    const PhotoFit fit = fit_photo({width, height}, scale);
    EXPECT_GE(static_cast<double>(fit.photo.width) / width, scale * 0.99) << width;
    EXPECT_EQ(std::max(fit.photo.width, fit.photo.height) % 64, 0) << width;
    EXPECT_EQ(fit.canvas.width % 64, 0);
    EXPECT_EQ(fit.canvas.height % 64, 0);
    EXPECT_GE(fit.canvas.width, fit.photo.width);
    EXPECT_GE(fit.canvas.height, fit.photo.height);
    EXPECT_NEAR(static_cast<double>(fit.photo.width) / fit.photo.height,
                static_cast<double>(width) / height, 0.02);
  }
  EXPECT_EQ(fit_photo({4000, 3000}, 0.1).photo.width, 448);
  EXPECT_EQ(fit_photo({4000, 3000}, 0.1).photo.height, 336);
  const PhotoFit huge = fit_photo({20'000, 20'000}, 1.6);
  EXPECT_LE(huge.canvas.width * huge.canvas.height, 2'200'000);
  EXPECT_LE(fit_photo({60'000, 1}, 1.6).canvas.width, 4096);
}

/// Fifteen people in a photo of 6000 pixels: the shared group photo's faces, small and repeated.
TEST(CnnDetector, FindsAllSmallFacesOfALargePhoto) {
  const auto file = test::shared_path(kYunet), photo = test::shared_path("photos/person-linda.jpg");
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  const Image person = load_image(*photo);
  const auto detector = make_face_detector(file->string());
  const Box box = detector->detect(person).at(0).box;
  const double shrink = 66 / std::max(box.width, box.height);
  const Image small = resize(person, static_cast<int>(person.width() * shrink),
                             static_cast<int>(person.height() * shrink));
  Image group(6000, 4000, PixelFormat::kRgb8);
  for (int i = 0; i < 15; ++i) {
    const int left = 100 + i % 5 * 1150 + 17 * i, top = 100 + i / 5 * 1150 + 11 * i;
    for (int y = 0; y < small.height(); ++y)
      std::copy_n(small.row(y), small.stride(), group.row(top + y) + 3 * left);
  }
  EXPECT_EQ(detector->search(group).faces.size(), 15u);
  // As a JPEG, decoded at half its size.
  const ScaledImage decoded = decode_photo(encode_jpeg(group, 90), "group.jpg");
  ASSERT_EQ(decoded.image.width(), 3000);
  const Detection found = detector->search(decoded.image, decoded.scale_x());
  EXPECT_EQ(found.faces.size(), 15u);
  EXPECT_EQ(found.min_face, 60);
}

TEST(CnnDetector, ReturnsNoFaceBelowMinFace) {
  const auto file = test::shared_path(kYunet), photo = test::shared_path(kGroup);
  if (!file || !photo) GTEST_SKIP() << "the shared models and photos are not here";
  const Image image = load_image(*photo);
  const auto side = [](const DetectedFace& face) {
    return std::max(face.box.width, face.box.height);
  };
  std::vector<DetectedFace> all = make_face_detector(file->string())->detect(image);
  ASSERT_GT(all.size(), 1u);
  std::ranges::sort(all, {}, side);
  const int limit = static_cast<int>(side(all.back()) * 1.05);
  for (const DetectedFace& face :
       make_face_detector(file->string(), {.min_face = limit})->detect(image))
    EXPECT_GE(side(face), 0.9 * limit);
  // In an image that shows two original pixels per pixel.
  EXPECT_TRUE(
      make_face_detector(file->string(), {.min_face = 5 * limit})->search(image, 2).faces.empty());
}

TEST(RemoveOverlapping, KeepsTheHighestScore) {
  const auto face = [](float x, float score) { return DetectedFace{{x, 0, 10, 10}, score, {}}; };
  // 10 x 10 boxes 5 apart overlap by 50 / 150 = 0.33, those 6 apart by 40 / 160 = 0.25.
  const auto kept = remove_overlapping({face(0, 0.7f), face(5, 0.9f), face(11, 0.8f)});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].score, 0.9f);
  EXPECT_EQ(kept[1].score, 0.8f);
  EXPECT_EQ(remove_overlapping(std::vector<DetectedFace>(100'000, face(0, 1))).size(), 1u);
}

/// The outputs of a YuNet at stride 8 on a 64 x 64 canvas, all zero but for one cell.
TEST(YunetHead, DecodesOneCell) {
  model::Model model;
  std::vector<engine::OutputTensor> outputs;
  for (const int stride : {8, 16, 32}) {
    for (const auto& [kind, each] :
         {std::pair{"cls_", 1}, {"obj_", 1}, {"bbox_", 4}, {"kps_", 10}}) {
      const std::string name = kind + std::to_string(stride);
      const int cells = (64 / stride) * (64 / stride);
      model.outputs.push_back({.name = name});
      outputs.push_back(
          {name, {1, cells, each}, std::vector<float>(static_cast<std::size_t>(cells * each))});
    }
  }
  const auto values = [&](const char* name) -> std::vector<float>& {
    return std::ranges::find(outputs, name, &engine::OutputTensor::name)->values;
  };
  constexpr std::size_t kCell = 2 * 8 + 3;  // row 2, column 3 of 8 x 8
  values("cls_8")[kCell] = 0.9f;
  values("obj_8")[kCell] = 1.2f;  // clipped to 1
  values("bbox_8")[4 * kCell] = 0.5f;
  values("bbox_8")[4 * kCell + 2] = std::log(2.0f);
  values("kps_8")[10 * kCell + 9] = 1;
  const auto head = make_detection_head(model);
  EXPECT_EQ(head->name(), "yunet");
  const auto faces = head->candidates(outputs, {64, 64}, 0.5f);
  ASSERT_EQ(faces.size(), 1u);
  EXPECT_NEAR(faces[0].score, std::sqrt(0.9f), 1e-6);
  EXPECT_NEAR(faces[0].box.x, 3.5f * 8 - 8, 1e-4);
  EXPECT_NEAR(faces[0].box.y, 2 * 8 - 4, 1e-4);
  EXPECT_NEAR(faces[0].box.width, 16, 1e-4);
  EXPECT_NEAR((*faces[0].landmarks)[4].y, 3 * 8, 1e-4);
  EXPECT_TRUE(head->candidates(outputs, {64, 64}, 0.95f).empty());
  values("kps_16").pop_back();
  EXPECT_THROW(head->candidates(outputs, {64, 64}, 0.5f), Error);
}

TEST(MakeFaceDetector, TakesAFileOrANameOfOne) {
  const auto file = test::shared_path(kYunet);
  if (!file) GTEST_SKIP() << "the shared models are not here";
  EXPECT_EQ(make_face_detector(file->string())->name(), "yunet");

  const test::TemporaryDir folder;
  const test::ScopedVariable variable("MIEN_MODELS", folder.path());
  std::filesystem::copy_file(*file, folder / "yunet.onnx");
  EXPECT_EQ(make_face_detector("yunet")->name(), "yunet");
  EXPECT_EQ(make_face_detector("auto")->name(), "yunet");
  base::write_file(folder / "yunet.onnx", "no model");
  EXPECT_THROW(make_face_detector("auto"), Error)
      << "a damaged detector is not passed over in silence";
}

TEST(MakeFaceDetector, RefusesOtherNetworks) {
  const test::TemporaryDir folder;
  model::Model model;
  model.graph_name = "other";
  model.inputs = {{"input", model::DataType::kFloat32, {1, 3, 64, 64}}};
  model.outputs = {{"y", model::DataType::kFloat32, {1, 3, 64, 64}}};
  model.nodes = {{.name = "relu", .op_type = "Relu", .inputs = {"input"}, .outputs = {"y"}}};
  model::write_onnx(model, folder / "other.onnx");
  try {
    make_face_detector((folder / "other.onnx").string());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("other.onnx"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace mien::vision
