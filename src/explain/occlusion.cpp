#include "explain/occlusion.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::explain {
namespace {

/// Left or top edges of the squares: `stride` apart, the outermost flush with the image's edges.
std::vector<int> places(int side, int patch, int stride) {
  std::vector<int> out;
  for (int at = 0; at < side - patch; at += stride) out.push_back(at);
  out.push_back(side - patch);
  return out;
}

}  // namespace

HeatMap occlusion(const pipeline::Classifier& classifier, std::span<const std::uint8_t> face,
                  std::size_t label, const OcclusionOptions& options) {
  const int side = classifier.info().input_size;
  const int patch = options.patch > 0 ? options.patch : std::max(1, side / 5),
            stride = options.stride > 0 ? options.stride : std::max(1, side / 16);
  const std::size_t classes = static_cast<std::size_t>(classifier.classes());
  if (face.size() != classifier.face_bytes() || label >= classes || patch > side) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("occlusion: the face must be %dx%d gray, the label below %zu and the "
                             "square at most the face",
                             side, side, classes));
  }
  const auto gray = static_cast<std::uint8_t>(
      std::accumulate(face.begin(), face.end(), std::size_t{0}) / face.size());
  const std::vector<int> edges = places(side, patch, stride);
  std::vector<std::uint8_t> images(face.begin(), face.end());  // then with each square covered
  images.reserve((edges.size() * edges.size() + 1) * face.size());
  for (const int top : edges) {
    for (const int left : edges) {
      images.insert(images.end(), face.begin(), face.end());
      const auto image = images.end() - static_cast<std::ptrdiff_t>(face.size());
      for (int y = top; y < top + patch; ++y) std::fill_n(image + y * side + left, patch, gray);
    }
  }
  const std::vector<float> probabilities = classifier.probabilities(images);

  HeatMap map{side, std::vector<float>(face.size())};
  std::vector<float> covered(face.size());
  for (std::size_t i = 0; i < edges.size() * edges.size(); ++i) {
    const float fall = probabilities[label] - probabilities[(i + 1) * classes + label];
    const int top = edges[i / edges.size()], left = edges[i % edges.size()];
    for (int y = top; y < top + patch; ++y) {
      for (int x = left; x < left + patch; ++x) {
        map.values[static_cast<std::size_t>(y * side + x)] += fall;
        covered[static_cast<std::size_t>(y * side + x)] += 1;
      }
    }
  }
  for (std::size_t i = 0; i < map.values.size(); ++i) map.values[i] /= std::max(covered[i], 1.0F);
  return map;
}

std::string cost_text(const HeatMap& occlusion) {
  const float points = 100 * occlusion.largest();
  if (points < 0.1F) return "less than 0.1 points";
  return base::format("%.*f points", points < 10 ? 1 : 0, points);
}

}  // namespace mien::explain
