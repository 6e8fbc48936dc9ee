#include "metrics/detection.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace mien::metrics {
namespace {

double share(std::size_t part, std::size_t rest) {
  return part == 0 ? 0 : static_cast<double>(part) / static_cast<double>(part + rest);
}

}  // namespace

double DetectionCounts::recall() const { return share(found, missed); }

double DetectionCounts::precision() const { return share(found, spurious); }

DetectionCounts& DetectionCounts::operator+=(const DetectionCounts& other) {
  found += other.found;
  missed += other.missed;
  spurious += other.spurious;
  return *this;
}

DetectionCounts match_faces(std::span<const DetectedFace> detections, std::span<const Box> truth,
                            float min_overlap) {
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return detections[a].score > detections[b].score;
  });
  std::vector<bool> taken(truth.size());
  DetectionCounts counts;
  for (const std::size_t d : order) {
    float best = min_overlap;
    std::size_t match = truth.size();
    for (std::size_t t = 0; t < truth.size(); ++t) {
      const float overlap = intersection_over_union(detections[d].box, truth[t]);
      if (!taken[t] && overlap >= best) {
        best = overlap;
        match = t;
      }
    }
    if (match == truth.size()) {
      ++counts.spurious;
    } else {
      taken[match] = true;
      ++counts.found;
    }
  }
  counts.missed = truth.size() - counts.found;
  return counts;
}

}  // namespace mien::metrics
