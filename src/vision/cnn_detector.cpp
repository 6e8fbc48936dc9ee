#include "vision/cnn_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <thread>

#include "mien/error.hpp"
#include "vision/crop.hpp"
#include "vision/multiversion.hpp"

namespace mien::vision {
namespace {

constexpr int kStep = 64;  ///< of the sides of the canvas, in pixels

int round_up(double side) { return std::max(1, static_cast<int>(std::ceil(side / kStep))) * kStep; }

int scaled_side(int side, double scale, int limit) {
  return std::clamp(static_cast<int>(std::lround(side * scale)), 1, limit);
}

/// Says which file the error is about.
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
void part_row(const std::uint8_t* rgb, int width, float* red, float* green, float* blue, float mean,
              float scale) {
  for (int x = 0; x < width; ++x, rgb += 3) {
    red[x] = (static_cast<float>(rgb[0]) - mean) * scale;
    green[x] = (static_cast<float>(rgb[1]) - mean) * scale;
    blue[x] = (static_cast<float>(rgb[2]) - mean) * scale;
  }
}

/// Planes of the network's input; black around the photo.
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
      part_row(from, photo.width(), red, green, blue, form.mean, form.scale);
    } else {
      for (int x = 0; x < photo.width(); ++x)
        red[x] = green[x] = blue[x] = (static_cast<float>(from[x]) - form.mean) * form.scale;
    }
  }
  return input;
}

/// False also for what is not a number.
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

PhotoFit fit_photo(Size photo, const DetectorOptions& options, const DetectionInput& input) {
  constexpr double kMaxPixels = 2e6, kMaxSide = 4096;
  const int longer = std::max(photo.width, photo.height);
  const double pixels = static_cast<double>(photo.width) * photo.height;
  const double wanted = static_cast<double>(input.min_face) / smallest_face(options, longer);
  const double scale = std::min({wanted, std::sqrt(kMaxPixels / pixels), kMaxSide / longer});
  const int side = round_up(longer * scale);
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

/// Faces in pixels of the canvas, surest first.
std::vector<DetectedFace> CnnDetector::run(const Image& photo, Size canvas) const {
  const std::vector<float> input = make_input(photo, canvas, head_->input());
  const std::vector<engine::OutputTensor> outputs =
      network_.run(input, {1, 3, canvas.height, canvas.width});
  std::vector<DetectedFace> faces =
      head_->candidates(outputs, canvas, head_->min_score() + options_.threshold);
  std::erase_if(faces, [&](const DetectedFace& face) { return !is_sane(face, canvas); });
  return remove_overlapping(std::move(faces));
}

std::vector<DetectedFace> CnnDetector::detect_once(const ImageView& image) const {
  if (image.empty()) return {};
  const PhotoFit fit = fit_photo({image.width, image.height}, options_, head_->input());
  std::vector<DetectedFace> faces =
      run(resize(image, fit.photo.width, fit.photo.height), fit.canvas);
  for (DetectedFace& face : faces) {
    face = scaled(face, static_cast<float>(image.width) / static_cast<float>(fit.photo.width),
                  static_cast<float>(image.height) / static_cast<float>(fit.photo.height));
  }
  std::ranges::stable_sort(faces, std::greater{}, [](const DetectedFace& face) {
    return face.box.width * face.box.height;
  });
  return faces;
}

void CnnDetector::refine_landmarks(const ImageView& image, DetectedFace& face) const {
  constexpr double kMargin = 1.3, kLevel = 4 * std::numbers::pi / 180;
  constexpr int kSide = 192,
                kTurns = 3;  // heads that are level after the first look cost no second one
  const Point center{face.box.x + face.box.width / 2, face.box.y + face.box.height / 2};
  const double pixel = kMargin * std::max(face.box.width, face.box.height) / kSide;
  double angle = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
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

std::vector<DetectedFace> CnnDetector::detect(const ImageView& image) const {
  constexpr std::size_t kMaxRefined = 2;  // faces; a look costs a millisecond or two
  std::vector<DetectedFace> faces = detect_once(image);
  for (std::size_t i = 0; i < std::min(faces.size(), kMaxRefined); ++i) {
    if (faces[i].landmarks) refine_landmarks(image, faces[i]);
  }
  return faces;
}

}  // namespace mien::vision
