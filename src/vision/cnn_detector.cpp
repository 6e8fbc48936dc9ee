#include "vision/cnn_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <thread>

#include "mien/error.hpp"
#include "vision/crop.hpp"
#include "vision/multiversion.hpp"
#include "vision/resample.hpp"
#include "vision/tiles.hpp"

namespace mien::vision {
namespace {

constexpr int kStep = 64;  ///< of the sides of the canvas, in pixels

int round_up(double side) { return std::max(1, static_cast<int>(std::ceil(side / kStep))) * kStep; }

int scaled_side(int side, double scale, int limit) {
  return std::clamp(static_cast<int>(std::lround(side * scale)), 1, limit);
}

/// Adds the file to errors.
template <class Make>
auto naming(const std::filesystem::path& path, Make make) {
  try {
    return make();
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

/// One row of RGB into a row of each plane.
MIEN_MULTIVERSION
void split_row(const std::uint8_t* rgb, int width, float* red, float* green, float* blue,
               float mean, float scale) {
  for (int x = 0; x < width; ++x, rgb += 3) {
    red[x] = (static_cast<float>(rgb[0]) - mean) * scale;
    green[x] = (static_cast<float>(rgb[1]) - mean) * scale;
    blue[x] = (static_cast<float>(rgb[2]) - mean) * scale;
  }
}

/// Planes of the network's input; black outside the photo.
std::vector<float> make_input(const Image& photo, Size canvas, const DetectionInput& form) {
  const std::size_t plane =
      static_cast<std::size_t>(canvas.width) * static_cast<std::size_t>(canvas.height);
  std::vector<float> input(3 * plane, (0 - form.mean) * form.scale);
  const bool bgr = form.colors == DetectionInput::Colors::kBgr;
  for (int y = 0; y < photo.height(); ++y) {
    float* green =
        input.data() + plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(canvas.width);
    float* red = bgr ? green + plane : green - plane;
    float* blue = bgr ? green - plane : green + plane;
    const std::uint8_t* from = photo.row(y);
    if (photo.channels() == 3) {
      split_row(from, photo.width(), red, green, blue, form.mean, form.scale);
    } else {
      for (int x = 0; x < photo.width(); ++x)
        red[x] = green[x] = blue[x] = (static_cast<float>(from[x]) - form.mean) * form.scale;
    }
  }
  return input;
}

/// False for NaN.
bool is_sane(const DetectedFace& face, Size canvas) {
  constexpr float kFarthest = 4;  // canvases
  const float limit = kFarthest * static_cast<float>(std::max(canvas.width, canvas.height));
  const Box& box = face.box;
  bool sane = box.width > 0 && box.width < limit && box.height > 0 && box.height < limit &&
              std::abs(box.x) < limit && std::abs(box.y) < limit;
  if (face.landmarks) {
    for (const Point& point : *face.landmarks)
      sane = sane && std::abs(point.x) < limit && std::abs(point.y) < limit;
  }
  return sane;
}

int choose_threads(int wanted) {
  return wanted > 0 ? wanted
                    : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
}

}  // namespace

PhotoFit fit_photo(Size photo, double scale) {
  constexpr double kMaxPixels = 2e6, kMaxSide = 4096;
  const int longer = std::max(photo.width, photo.height);
  const double pixels = static_cast<double>(photo.width) * photo.height;
  const double bounded = std::min({scale, std::sqrt(kMaxPixels / pixels), kMaxSide / longer});
  const int side = round_up(longer * bounded);
  const double filled = static_cast<double>(side) / longer;
  const Size fitted{scaled_side(photo.width, filled, side),
                    scaled_side(photo.height, filled, side)};
  return {fitted, {round_up(fitted.width), round_up(fitted.height)}};
}

std::vector<DetectedFace> remove_overlapping(std::vector<DetectedFace> candidates) {
  constexpr float kMaxOverlap = 0.3f;
  constexpr std::size_t kMaxCandidates = 2000;
  std::ranges::stable_sort(candidates, std::greater{}, &DetectedFace::score);
  if (candidates.size() > kMaxCandidates) candidates.resize(kMaxCandidates);
  std::vector<DetectedFace> kept;
  for (const DetectedFace& face : candidates) {
    const auto covers = [&](const DetectedFace& other) {
      return intersection_over_union(other.box, face.box) > kMaxOverlap;
    };
    if (std::ranges::none_of(kept, covers)) kept.push_back(face);
  }
  return kept;
}

CnnDetector::CnnDetector(const std::filesystem::path& path, const DetectorOptions& options,
                         engine::Precision precision)
    : CnnDetector(path, model::read_onnx(path), options, precision) {}

CnnDetector::CnnDetector(const std::filesystem::path& path, const model::Model& model,
                         const DetectorOptions& options, engine::Precision precision)
    : options_(options),
      head_(naming(path, [&] { return make_detection_head(model); })),
      network_(naming(path, [&] {
        return engine::Network::compile(model, {precision, choose_threads(options.threads)});
      })) {}

/// Faces in pixels of the canvas, highest score first.
std::vector<DetectedFace> CnnDetector::run(const Image& photo, Size canvas) const {
  const std::vector<float> input = make_input(photo, canvas, head_->input());
  const std::vector<engine::OutputTensor> outputs =
      network_.run(input, {1, 3, canvas.height, canvas.width});
  std::vector<DetectedFace> faces =
      head_->candidates(outputs, canvas, options_.min_score.value_or(head_->score_scale().min));
  std::erase_if(faces, [&](const DetectedFace& face) { return !is_sane(face, canvas); });
  return remove_overlapping(std::move(faces));
}

Detection CnnDetector::search_once(const ImageView& image, double scale) const {
  // Tiles of 1.6 megapixels; the overlap holds faces of 12 times the smallest size.
  constexpr TileShape kTiles{.max_side = 1280, .overlap = 256, .step = kStep};
  constexpr double kTolerance = 1.05;
  if (image.empty()) return {};
  const Size size{image.width, image.height};
  const int requested = smallest_face(
      options_, static_cast<int>(std::lround(std::max(size.width, size.height) * scale)));
  const double pixels = static_cast<double>(size.width) * size.height;
  const double wanted = head_->input().min_face * scale / requested,
               finest = std::min(wanted, std::sqrt(options_.max_search_pixels / pixels));

  const PhotoFit fit = fit_photo(size, finest);
  std::vector<DetectedFace> faces =
      run(resize(image, fit.photo.width, fit.photo.height), fit.canvas);
  const float x = static_cast<float>(image.width) / static_cast<float>(fit.photo.width),
              y = static_cast<float>(image.height) / static_cast<float>(fit.photo.height);
  for (DetectedFace& face : faces) face = scaled(face, x, y);

  const double coarsest = static_cast<double>(fit.photo.width) / size.width;
  if (finest > coarsest * kTolerance) {
    for (double level = finest; level > coarsest; level *= kLevelStep) {
      for (const Tile& tile : make_tiles(size, level, kTiles)) {
        const Image part =
            resample(image, tile.region, tile.size.width, tile.size.height, image.format);
        const Size canvas{round_up(tile.size.width), round_up(tile.size.height)};
        const auto found = faces_of_tile(tile, kTiles, run(part, canvas));
        faces.insert(faces.end(), found.begin(), found.end());
      }
    }
    faces = remove_overlapping(std::move(faces));
  }
  if (options_.min_face > 0) {
    constexpr double kFraming = 0.9;  // see DetectorOptions::min_face
    std::erase_if(faces, [&](const DetectedFace& face) {
      return std::max(face.box.width, face.box.height) * scale < kFraming * options_.min_face;
    });
  }
  sort_by_prominence(faces, score_scale());
  return {std::move(faces), static_cast<int>(std::lround(requested * wanted / finest))};
}

void CnnDetector::refine_landmarks(const ImageView& image, DetectedFace& face) const {
  constexpr double kMargin = 1.3, kLevel = 4 * std::numbers::pi / 180;
  constexpr int kSide = 192,
                kPasses = 3;  // a head that is level after the first pass needs no second one
  const Point center{face.box.x + face.box.width / 2, face.box.y + face.box.height / 2};
  const double pixel = kMargin * std::max(face.box.width, face.box.height) / kSide;
  double angle = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const Image near = crop_rotated_face(image, face.box, {.scale = kMargin}, kSide, angle);
    const std::vector<DetectedFace> found = run(near, {kSide, kSide});
    const auto same = std::ranges::find_if(found, [](const DetectedFace& one) {
      return std::abs(one.box.x + one.box.width / 2 - kSide / 2) < kSide / 4 &&
             std::abs(one.box.y + one.box.height / 2 - kSide / 2) < kSide / 4 &&
             one.box.width > kSide / 4;
    });
    if (same == found.end()) return;
    for (std::size_t p = 0; p < face.landmarks->size(); ++p) {
      const double along = ((*same->landmarks)[p].x - kSide / 2) * pixel,
                   down = ((*same->landmarks)[p].y - kSide / 2) * pixel;
      (*face.landmarks)[p] = {
          static_cast<float>(center.x + along * std::cos(angle) - down * std::sin(angle)),
          static_cast<float>(center.y + along * std::sin(angle) + down * std::cos(angle))};
    }
    if (std::abs(eye_angle(*same->landmarks)) < kLevel) return;
    angle = eye_angle(*face.landmarks);
  }
}

Detection CnnDetector::search(const ImageView& image, double scale) const {
  constexpr std::size_t kMaxRefined = 2;  // faces; each takes a millisecond or two
  Detection result = search_once(image, scale);
  for (std::size_t i = 0; i < std::min(result.faces.size(), kMaxRefined); ++i) {
    if (result.faces[i].landmarks) refine_landmarks(image, result.faces[i]);
  }
  return result;
}

}  // namespace mien::vision
