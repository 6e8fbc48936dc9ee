#include "vision/face_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <thread>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "support.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/dlib_detector.hpp"
#include "vision/fhog.hpp"
#include "vision/labeled_photos.hpp"
#include "vision/orientation.hpp"
#include "vision/tiles.hpp"

namespace mien::vision {
namespace {

using test::kDlibFaces;
using test::LabeledPhoto;

std::vector<std::filesystem::path> example_photos() {
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(kDlibFaces, missing)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

void expect_same_faces(const std::vector<DetectedFace>& faces,
                       const std::vector<DetectedFace>& plain, const std::string& what) {
  EXPECT_EQ(faces.size(), plain.size()) << what;
  for (const DetectedFace& face : plain) {
    const auto same = std::ranges::max_element(faces, {}, [&](const DetectedFace& other) {
      return intersection_over_union(face.box, other.box);
    });
    ASSERT_NE(same, faces.end()) << what;
    EXPECT_GE(intersection_over_union(face.box, same->box), 0.9f)
        << what << " at " << face.box.x << " " << face.box.y;
    EXPECT_NEAR(same->score, face.score, 0.1f) << what;
  }
}

TEST(HogDetector, FindsWhatDlibFinds) {
  const std::vector<std::filesystem::path> photos = example_photos();
  if (photos.empty()) GTEST_SKIP() << kDlibFaces << " is not there";
  std::size_t faces = 0;
  for (const std::filesystem::path& path : photos) {
    const Image gray = to_gray(load_image(path));
    const auto detector = make_face_detector("hog", {.min_face = 80});
    const std::vector<DetectedFace> found = detector->detect(gray);
    expect_same_faces(found, test::dlib_faces(gray), path.string());

    const Image twice = resize(gray, 2 * gray.width(), 2 * gray.height());
    const std::vector<DetectedFace> more = detector->detect(twice);
    expect_same_faces(more, test::dlib_faces(twice), path.string() + " twice");
    const std::vector<DetectedFace> small =
        make_face_detector("hog", {.min_face = 40})->detect(gray);
    ASSERT_EQ(small.size(), more.size());
    for (std::size_t i = 0; i < small.size(); ++i)
      EXPECT_NEAR(small[i].box.x, more[i].box.x / 2, 0.01);
    faces += found.size() + more.size();
  }
  EXPECT_GT(faces, 60u);
}

TEST(HogDetector, FindsWhatDlibFindsInOtherPhotos) {
  const auto folder = test::shared_path("photos");
  if (!folder) GTEST_SKIP() << "photos are not there";
  int photos = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".jpg") continue;
    ++photos;
    Image gray = to_gray(load_image(entry.path()));
    if (gray.width() > 1600) gray = resize(gray, 1600, gray.height() * 1600 / gray.width());
    expect_same_faces(make_face_detector("hog", {.min_face = 80})->detect(gray),
                      test::dlib_faces(gray), entry.path().string());
  }
  if (photos == 0) GTEST_SKIP() << "there is no photo in " << *folder;
}

/// The coarse search may lose no face, whatever the score that is asked for.
TEST(HogDetector, FindsWhatDlibFindsAtOtherThresholds) {
  const std::vector<std::filesystem::path> photos = example_photos();
  if (photos.empty()) GTEST_SKIP() << kDlibFaces << " is not there";
  for (const float threshold : {-0.5f, 0.5f, 1.0f}) {
    const auto detector = make_face_detector("hog", {.min_face = 80, .min_score = threshold});
    std::size_t faces = 0;
    for (const std::filesystem::path& path : photos) {
      const Image gray = to_gray(load_image(path));
      const std::vector<DetectedFace> found = detector->detect(gray);
      expect_same_faces(found, test::dlib_faces(gray, threshold),
                        base::format("%s at %g", path.c_str(), threshold));
      faces += found.size();
    }
    EXPECT_GT(faces, 5u) << threshold;
  }
}

TEST(Fhog, AWindowScoresWhatTheSearchOverAllGivesIt) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<SeparableFilter> parts(5);
  for (SeparableFilter& part : parts) {
    part.plane = static_cast<int>(random() % kFhogPlanes);
    for (float& value : part.column) value = normal(random);
    for (int c = 0; c < kFhogFilter; ++c) part.row[c] = normal(random);
  }
  for (const auto& [width, height] : {std::pair{90, 81}, {131, 90}, {257, 33}}) {
    Image gray(width, height, PixelFormat::kGray8);
    for (int y = 0; y < height; ++y)
      std::generate_n(gray.row(y), width, [&] { return static_cast<std::uint8_t>(random()); });
    const Fhog fhog = extract_fhog(gray);
    ASSERT_GT(fhog.rows * fhog.cols, 0);
    FhogScores scores;
    correlate(fhog, parts, scores);
    for (int r = 0; r < fhog.rows; ++r) {
      for (int c = 0; c < fhog.cols; ++c) {
        EXPECT_NEAR(correlate_at(fhog, parts, r, c),
                    scores.values[static_cast<std::size_t>(r * score_stride(fhog) + c)], 1e-3f)
            << r << ", " << c;
      }
    }
  }
}

constexpr const char* kAstronaut =
    "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";  // python3-skimage

/// The one face there is, about `side` pixels wide, in a photo of `width` x 3/4 of that.
void expect_the_astronaut(int width, float side) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << kAstronaut << " is not there";
  const Image photo = load_image(kAstronaut);  // 512 x 512; the face is around (222, 120)
  const ImageView upper{photo.row(0), 512, 384, photo.stride(), photo.format()};
  const auto faces = make_face_detector("hog")->detect(resize(upper, width, width * 3 / 4));
  ASSERT_EQ(faces.size(), 1u);
  const Box& box = faces[0].box;
  const float to_photo = 512.0f / static_cast<float>(width);
  EXPECT_NEAR(box.width, side, side / 4);
  EXPECT_NEAR((box.x + box.width / 2) * to_photo, 222, 20);
  EXPECT_NEAR((box.y + box.height / 2) * to_photo, 120, 20);
}

TEST(HogDetector, FindsAFaceOfFortyPixels) { expect_the_astronaut(200, 40); }
TEST(HogDetector, FindsAFaceInALargePhoto) { expect_the_astronaut(4000, 800); }

TEST(HogDetector, LongPhotosAreNotEnlargedPastTheLargestImage) {
  const Image photo(20'000, 100,
                    PixelFormat::kGray8);  // filled with black; four times as long is too long
  EXPECT_TRUE(make_face_detector("hog", {.min_face = 20})->detect(photo).empty());
}

TEST(Scaled, MovesTheBoxAndTheLandmarks) {
  DetectedFace face{{1, 2, 3, 4}, 0.5f, {}};
  EXPECT_FALSE(scaled(face, 2, 10).landmarks.has_value());
  face.landmarks = Landmarks{};
  (*face.landmarks)[4] = {5, 6};
  const DetectedFace large = scaled(face, 2, 10);
  EXPECT_EQ(large.box.x, 2);
  EXPECT_EQ(large.box.y, 20);
  EXPECT_EQ(large.box.width, 6);
  EXPECT_EQ(large.box.height, 40);
  EXPECT_EQ(large.score, 0.5f);
  EXPECT_EQ((*large.landmarks)[4].x, 10);
  EXPECT_EQ((*large.landmarks)[4].y, 60);
}

/// Precision, recall and time on the photos that dlib trains and tests its example with; the
/// figures are printed.
TEST(HogDetector, RecallAndPrecision) {
  if (example_photos().empty()) GTEST_SKIP() << kDlibFaces << " is not there";
  const auto detector = make_face_detector("hog", {.threads = 1});
  for (const char* list : {"training.xml", "testing.xml"}) {
    int truths = 0, hits = 0, found = 0, ignored = 0;
    double milliseconds = 0;
    const std::vector<LabeledPhoto> images = test::read_dlib_list(kDlibFaces / list);
    for (const LabeledPhoto& annotated : images) {
      const Image photo = load_image(kDlibFaces / annotated.file);
      const auto start = std::chrono::steady_clock::now();
      const std::vector<DetectedFace> faces = detector->detect(photo);
      milliseconds +=
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
              .count();
      const auto lies_on = [](const std::vector<Box>& boxes, const Box& face) {
        return std::ranges::any_of(
            boxes, [&](const Box& box) { return intersection_over_union(box, face) >= 0.5f; });
      };
      truths += static_cast<int>(annotated.faces.size());
      found += static_cast<int>(faces.size());
      for (const DetectedFace& face : faces) {
        ignored += !lies_on(annotated.faces, face.box) && lies_on(annotated.ignored, face.box);
      }
      for (const Box& truth : annotated.faces) {
        hits += std::ranges::any_of(faces, [&](const DetectedFace& face) {
          return intersection_over_union(face.box, truth) >= 0.5f;
        });
      }
    }
    const double recall = static_cast<double>(hits) / truths,
                 precision = static_cast<double>(hits) / (found - ignored);
    std::printf("%s: %d of %d faces, recall %.3f, precision %.3f, %.1f ms a photo\n", list, hits,
                truths, recall, precision, milliseconds / static_cast<double>(images.size()));
    EXPECT_GE(recall, 0.9) << list;
    EXPECT_GE(precision, 0.9) << list;
  }
}

TEST(HogDetector, SurvivesAnyShape) {
  const auto detector = make_face_detector("hog", {.min_face = 20, .threads = 1});
  EXPECT_TRUE(detector->detect(ImageView{}).empty());
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 500}, {500, 1}, {2, 3}, {19, 20}, {64, 64}, {33, 77}, {90, 65}}) {
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

TEST(HogDetector, ThreadsChangeNothing) {
  const std::vector<std::filesystem::path> photos = example_photos();
  if (photos.empty()) GTEST_SKIP() << kDlibFaces << " is not there";
  const Image photo = load_image(kDlibFaces / "bald_guys.jpg");
  const std::vector<DetectedFace> one = make_face_detector("hog", {.threads = 1})->detect(photo);
  const auto shared = make_face_detector("hog", {.threads = 3});
  std::vector<std::vector<DetectedFace>> results(4);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results) callers.emplace_back([&] { result = shared->detect(photo); });
  }
  ASSERT_FALSE(one.empty());
  for (const auto& result : results) {
    ASSERT_EQ(result.size(), one.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(result[i].box.x, one[i].box.x);
      EXPECT_EQ(result[i].score, one[i].score);
    }
  }
}

TEST(HogDetector, HigherMinScoreFindsFewer) {
  const std::vector<std::filesystem::path> photos = example_photos();
  if (photos.empty()) GTEST_SKIP() << kDlibFaces << " is not there";
  const Image photo = load_image(kDlibFaces / "bald_guys.jpg");
  const auto all = make_face_detector("hog")->detect(photo);
  const auto sure = make_face_detector("hog", {.min_score = 0.8f})->detect(photo);
  EXPECT_LT(sure.size(), all.size());
  for (const DetectedFace& face : sure) EXPECT_GE(face.score, 0.8f);
}

TEST(SortByProminence, ALargeDoubtfulBoxComesAfterACertainFace) {
  const auto face = [](float side, float score) {
    return DetectedFace{{0, 0, side, side}, score, {}};
  };
  const ScoreScale yunet{.min = 0.6f, .certain = 0.9f};
  std::vector<DetectedFace> faces{face(300, 0.68f), face(100, 0.92f), face(120, 0.9f)};
  sort_by_prominence(faces, yunet);
  EXPECT_EQ(faces[0].box.width, 120);
  EXPECT_EQ(faces[1].box.width, 100);
  EXPECT_EQ(faces[2].box.width, 300);
  faces = {face(500, 0.68f), face(100, 0.92f)};  // 25 times the area
  sort_by_prominence(faces, yunet);
  EXPECT_EQ(faces[0].box.width, 500);
}

TEST(SmallestFace, IsAtMostSixtyPixelsByDefault) {
  EXPECT_EQ(smallest_face({}, 640), 40);
  EXPECT_EQ(smallest_face({}, 1250), 50);
  EXPECT_EQ(smallest_face({}, 16'320), 60);
  EXPECT_EQ(smallest_face({.min_face = 150}, 640), 150);
}

/// Every point is in the core of a tile that contains the largest face allowed around it.
TEST(Tiles, HoldEveryFaceEntirely) {
  constexpr TileShape kShape{.max_side = 1280, .overlap = 256, .step = 64};
  for (const Size size : {Size{8160, 1800}, {1500, 1500}, {300, 9000}, {1281, 100}, {10, 10}}) {
    const std::vector<Tile> tiles = make_tiles(size, 1, kShape);
    std::int64_t pixels = 0;
    for (const Tile& tile : tiles) {
      EXPECT_LE(std::max(tile.size.width, tile.size.height), 1280);
      EXPECT_EQ(tile.region.width, static_cast<float>(tile.size.width));
      EXPECT_GE(tile.region.x, 0);
      EXPECT_LE(tile.region.x + tile.region.width, static_cast<float>(size.width));
      pixels += std::int64_t{tile.size.width} * tile.size.height;
    }
    EXPECT_LE(pixels, std::int64_t{2} * (size.width + 256) * (size.height + 256));
    for (int y = 0; y < size.height; y += 37) {
      for (int x = 0; x < size.width; x += 37) {
        const bool held = std::ranges::any_of(tiles, [&](const Tile& tile) {
          const float u = static_cast<float>(x) - tile.region.x,
                      v = static_cast<float>(y) - tile.region.y, half = 0.375f * 256;
          const auto inside = [&](float at, float begin, float end, float start, float side,
                                  int whole) {
            return at >= begin && at < end && (at >= half || start == 0) &&
                   (at + half <= side || start + side == static_cast<float>(whole));
          };
          return inside(u, tile.core_begin.x, tile.core_end.x, tile.region.x, tile.region.width,
                        size.width) &&
                 inside(v, tile.core_begin.y, tile.core_end.y, tile.region.y, tile.region.height,
                        size.height);
        });
        ASSERT_TRUE(held) << x << ", " << y << " of " << size.width << " x " << size.height;
      }
    }
  }
}

/// A grid of the astronaut's face at 66 pixels in a photo of 6000 pixels, where a single search at
/// a 25th of the side finds none.
Image astronaut_grid(int columns, int rows) {
  const Image photo = load_image(kAstronaut);
  const ImageView head{photo.row(20) + 3 * 120, 200, 200, photo.stride(), photo.format()};
  const Image small = resize(head, 150, 150);
  Image grid(6000, 4000, PixelFormat::kRgb8);
  for (int y = 0; y < grid.height(); ++y)
    std::fill_n(grid.row(y), grid.stride(), std::uint8_t{128});
  for (int i = 0; i < columns * rows; ++i) {
    const int left = 200 + i % columns * (5600 / columns) + 13 * i,
              top = 150 + i / columns * (3700 / rows) + 7 * i;
    for (int y = 0; y < small.height(); ++y)
      std::copy_n(small.row(y), small.stride(), grid.row(top + y) + 3 * left);
  }
  return grid;
}

TEST(HogDetector, FindsAllSmallFacesOfALargePhoto) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << kAstronaut << " is not there";
  const Detection found = make_face_detector("hog")->search(astronaut_grid(5, 3), 1);
  EXPECT_EQ(found.faces.size(), 15u);
  EXPECT_EQ(found.min_face, 60);
}

TEST(HogDetector, FindsAFaceInARotatedPhoto) {
  if (!std::filesystem::exists(kAstronaut)) GTEST_SKIP() << kAstronaut << " is not there";
  const Image photo = load_image(kAstronaut);
  const auto detector = make_face_detector("hog");
  const Box upright = search_all_rotations(*detector, photo).faces.at(0).box;
  for (const auto& [orientation, rotation] : {std::pair{6, 90}, {3, 180}, {8, 270}}) {
    const Image turned = apply_orientation(photo, orientation);
    EXPECT_TRUE(detector->detect(turned).empty());
    const std::vector<DetectedFace> faces = search_all_rotations(*detector, turned).faces;
    ASSERT_EQ(faces.size(), 1u) << rotation;
    EXPECT_EQ(faces[0].rotation, rotation);
    const Image face = crop_aligned_face(turned, faces[0], {}, 48),
                same = crop_face(photo, upright, {}, 48);
    double difference = 0;
    for (int y = 0; y < 48; ++y) {
      for (int x = 0; x < 48; ++x) difference += std::abs(face.row(y)[x] - same.row(y)[x]);
    }
    EXPECT_LT(difference / (48 * 48), 6) << rotation;
  }
  EXPECT_TRUE(search_all_rotations(*detector, Image(300, 200, PixelFormat::kGray8)).faces.empty());
}

TEST(Detection, SaysWhenSmallFacesWereNotSearchedFor) {
  const auto detector = make_face_detector("hog", {.min_face = 40, .max_search_pixels = 1e6});
  EXPECT_EQ(detector->search(Image(500, 500, PixelFormat::kGray8), 1).min_face, 40);
  EXPECT_EQ(detector->search(Image(2000, 500, PixelFormat::kGray8), 1).min_face, 80);
  EXPECT_EQ(detector->search(Image(1000, 250, PixelFormat::kGray8), 2).min_face, 80);
}

TEST(MakeFaceDetector, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(make_face_detector("hog")->name(), "hog");
  EXPECT_THROW(make_face_detector("nose"), Error);
  EXPECT_THROW(make_face_detector("hog", {.min_face = -1}), Error);
  EXPECT_THROW(make_face_detector("hog", {.min_face = 3}), Error);
  EXPECT_THROW(make_face_detector("hog", {.threads = -1}), Error);
  EXPECT_THROW(make_face_detector("hog", {.min_score = std::numeric_limits<float>::quiet_NaN()}),
               Error);
}

}  // namespace
}  // namespace mien::vision
