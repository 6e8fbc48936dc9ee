#include "vision/hog_detector.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <span>
#include <system_error>
#include <thread>

#include "vision/crop.hpp"
#include "vision/fhog.hpp"
#include "vision/multiversion.hpp"
#include "vision/resample.hpp"
#include "vision/tiles.hpp"

namespace mien::vision {
namespace {

struct HogFilter {
  float threshold;
  std::span<const SeparableFilter> parts;
};

#include "hog_weights.inc"  // made by dump_hog_weights: kFilters, kMaxOverlap, kMaxCovered

constexpr int kWindow =
    80;  ///< side of the faces that the filters find, in pixels of a pyramid level
constexpr int kMinLevel = 64;  ///< side of the smallest level of the pyramid
constexpr double kStep = 1.2;  ///< from one level to the next
constexpr double kStepShift = 0.3;
/// Tiles of up to 17 megapixels need about 190 MB of working memory. The overlap holds faces of six
/// times the smallest size.
constexpr TileShape kTiles{.max_side = 4096, .overlap = 640, .step = kFhogCell};
constexpr TileShape kWhole{.overlap = 1 << 24};

MIEN_MULTIVERSION
void shrink_row(const std::uint8_t* __restrict above, const std::uint8_t* __restrict below,
                float down, const int* __restrict left, const float* __restrict right, int in_width,
                int out_width, float* __restrict blend, std::uint8_t* __restrict out) {
  for (int x = 0; x < in_width; ++x) {
    blend[x] = static_cast<float>(above[x]) + down * static_cast<float>(below[x] - above[x]);
  }
  for (int x = 0; x < out_width; ++x) {
    const float from = blend[left[x]];
    out[x] = static_cast<std::uint8_t>(from + right[x] * (blend[left[x] + 1] - from) + 0.5f);
  }
}

/// A coarse search goes first: it scores every window with the 24 parts (of about 60) of a filter
/// that have the greatest norms. The other parts mostly lower the score, and that of a face only
/// little: in fifty photos and 3,589 enlarged images of FER2013, the coarse score of each of the
/// 12,520 windows with a score s of 0 or more was at least s + 1.74, before the filter's threshold
/// is subtracted; in the photos also down to a score of -1. A window is scored in full only if its
/// coarse score is at least the minimum score + kCoarseMargin: 3 of 1000 windows in photos.
constexpr std::size_t kCoarseParts = 24;
constexpr float kCoarseMargin = 1.6f;
constexpr float kLowestCoarse = -1;  ///< wanted score below which there is no coarse search
static_assert(std::ranges::all_of(kFilters, [](const HogFilter& filter) {
  return filter.parts.size() >= kCoarseParts;
}));

/// The next level: 5/6 of the size, bilinear, corners on corners.
Image shrink(const Image& image) {
  Image out(image.width() * 5 / 6, image.height() * 5 / 6, PixelFormat::kGray8);
  const double step_x = (image.width() - 1.0) / (out.width() - 1),
               step_y = (image.height() - 1.0) / (out.height() - 1);
  std::vector<int> left(static_cast<std::size_t>(out.width()));
  std::vector<float> right(left.size()), blend(static_cast<std::size_t>(image.width()));
  for (int x = 0; x < out.width(); ++x) {
    const std::size_t i = static_cast<std::size_t>(x);
    left[i] = std::min(static_cast<int>(x * step_x), image.width() - 2);
    right[i] = static_cast<float>(x * step_x - left[i]);
  }
  for (int y = 0; y < out.height(); ++y) {
    const int top = std::min(static_cast<int>(y * step_y), image.height() - 2);
    shrink_row(image.row(top), image.row(top + 1), static_cast<float>(y * step_y - top),
               left.data(), right.data(), image.width(), out.width(), blend.data(), out.row(y));
  }
  return out;
}

/// An edge of a filter's window, from a cell of a level to a pixel of the first level.
double to_first_level(int cell, int level) {
  const int corner = (cell + 1) * kFhogCell + 1;
  double position = corner + (corner < 0 ? -kFhogCell / 2 : kFhogCell / 2);
  for (int i = 0; i < level; ++i) position = position * kStep + kStepShift;
  return position;
}

std::vector<DetectedFace> scan_level(const Image& image, int level, float threshold) {
  std::vector<DetectedFace> found;
  const Fhog fhog = extract_fhog(image);
  FhogScores scores;
  for (const HogFilter& filter : kFilters) {
    const std::size_t coarse = threshold < kLowestCoarse ? filter.parts.size() : kCoarseParts;
    const auto rest = filter.parts.subspan(coarse);
    correlate(fhog, filter.parts.first(coarse), scores);
    for (int r = 0; r < fhog.rows; ++r) {
      const float* row = scores.values.data() + r * score_stride(fhog);
      for (int c = 0; c < fhog.cols; ++c) {
        if (row[c] < threshold + kCoarseMargin) continue;
        const float score = row[c] + correlate_at(fhog, rest, r, c) - filter.threshold;
        if (score < threshold) continue;
        const double left = to_first_level(c - kFhogBorderBefore, level);
        const double top = to_first_level(r - kFhogBorderBefore, level);
        const double right = to_first_level(c - kFhogBorderBefore + kFhogFilter - 1, level) + 1;
        const double bottom = to_first_level(r - kFhogBorderBefore + kFhogFilter - 1, level) + 1;
        found.push_back({{static_cast<float>(left), static_cast<float>(top),
                          static_cast<float>(right - left), static_cast<float>(bottom - top)},
                         score,
                         {}});
      }
    }
  }
  return found;
}

bool same_face(const Box& a, const Box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  const double smaller = std::min(a.width * a.height, b.width * b.height);
  return intersection_over_union(a, b) > kMaxOverlap || width * height / smaller > kMaxCovered;
}

/// Of windows on the same face only the one with the highest score remains.
std::vector<DetectedFace> suppress(std::vector<DetectedFace> found) {
  std::ranges::stable_sort(found, std::greater{}, &DetectedFace::score);
  std::vector<DetectedFace> kept;
  for (const DetectedFace& face : found) {
    const auto covers = [&](const DetectedFace& other) { return same_face(other.box, face.box); };
    if (std::ranges::none_of(kept, covers)) kept.push_back(face);
  }
  return kept;
}

/// The image and ever smaller ones.
std::vector<Image> make_pyramid(Image image) {
  std::vector<Image> levels;
  levels.push_back(std::move(image));
  for (;;) {
    Image next = levels.back().width() < kMinLevel || levels.back().height() < kMinLevel
                     ? Image()
                     : shrink(levels.back());
    if (next.width() < kMinLevel || next.height() < kMinLevel) return levels;
    levels.push_back(std::move(next));
  }
}

}  // namespace

/// Faces in pixels of the image.
std::vector<DetectedFace> HogDetector::scan(Image gray) const {
  const float min_score = options_.min_score.value_or(score_scale().min);
  const std::vector<Image> levels = make_pyramid(std::move(gray));

  std::vector<std::vector<DetectedFace>> found(levels.size());
  std::atomic<std::size_t> next = 0;  // levels, the largest first
  const auto work = [&] {
    for (std::size_t i = next++; i < levels.size(); i = next++) {
      found[i] = scan_level(levels[i], static_cast<int>(i), min_score);
    }
  };
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned threads =
      options_.threads > 0 ? static_cast<unsigned>(options_.threads) : std::min(4u, cores);
  std::vector<std::future<void>> helpers;
  for (unsigned i = 1; i < std::min<std::size_t>(threads, levels.size()); ++i) {
    try {
      helpers.push_back(std::async(std::launch::async, work));
    } catch (const std::system_error&) {
      break;  // no more threads available: those that run do all the work
    }
  }
  work();
  for (std::future<void>& helper : helpers) helper.get();

  std::vector<DetectedFace> all;
  for (const auto& part : found) all.insert(all.end(), part.begin(), part.end());
  return suppress(std::move(all));
}

Detection HogDetector::search(const ImageView& image, double scale) const {
  if (image.empty()) return {};
  const Size size{image.width, image.height};
  const int requested = smallest_face(
      options_, static_cast<int>(std::lround(std::max(size.width, size.height) * scale)));
  const double pixels = static_cast<double>(size.width) * size.height;
  const double wanted = kWindow * scale / requested,
               finest = std::min(wanted, std::sqrt(options_.max_search_pixels / pixels));
  const Image gray = to_gray(image);

  std::vector<DetectedFace> faces;
  for (double level = finest;; level *= kLevelStep) {
    const std::vector<Tile> tiles = make_tiles(size, level, kTiles);
    for (const Tile& tile : tiles) {
      const std::vector<DetectedFace> found =
          scan(resample(gray, tile.region, tile.size.width, tile.size.height, PixelFormat::kGray8));
      // The last level is one tile, which reports faces of all sizes.
      const auto kept = faces_of_tile(tile, tiles.size() > 1 ? kTiles : kWhole, found);
      faces.insert(faces.end(), kept.begin(), kept.end());
    }
    if (tiles.size() == 1) break;
  }
  faces = suppress(std::move(faces));
  sort_by_prominence(faces, score_scale());
  return {std::move(faces), static_cast<int>(std::lround(requested * wanted / finest))};
}

}  // namespace mien::vision
