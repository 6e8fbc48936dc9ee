#include "tracking/face_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tracking/assignment.hpp"

namespace mien::tracking {
namespace {

constexpr float kMinOverlap = 0.2f;  ///< of the same face from one detection to the next
constexpr double kReach = 0.7;  ///< how far off it may be found otherwise, in sides of the face,
constexpr double kReachGrowth = 1.0;  ///< and how much farther for each second away,
constexpr double kMaxReach = 2.5;     ///< up to this
constexpr double kSizeRatio = 1.7;    ///< by how much it may have grown or shrunk then

double side(const Box& box) { return std::max(box.width, box.height); }

Landmarks moved(Landmarks landmarks, const Box& from, const Box& to) {
  for (Point& point : landmarks) {
    point = {to.x + (point.x - from.x) * to.width / from.width,
             to.y + (point.y - from.y) * to.height / from.height};
  }
  return landmarks;
}

/// Distance of two boxes' centers in sides of the larger; none if one cannot have become the
/// other.
std::optional<double> distance(const Box& a, const Box& b, double reach) {
  const double larger = std::max(side(a), side(b)), smaller = std::min(side(a), side(b));
  const double apart =
      std::hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2) /
      larger;
  if (larger > kSizeRatio * smaller || apart > reach) return std::nullopt;
  return apart;
}

struct Pair {
  std::size_t track, face;
};

/// The best pairs of the entries left in both lists; removes them there.
std::vector<Pair> pair_up(
    std::vector<std::size_t>& tracks, std::vector<std::size_t>& faces,
    const std::function<std::optional<double>(std::size_t track, std::size_t face)>& cost) {
  constexpr double kImpossible = 1e6;
  std::vector<double> costs;
  for (const std::size_t track : tracks) {
    for (const std::size_t face : faces) costs.push_back(cost(track, face).value_or(kImpossible));
  }
  if (costs.empty()) return {};
  const std::vector<int> columns = min_cost_assignment(costs, static_cast<int>(faces.size()));
  std::vector<Pair> pairs;
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    const auto column = static_cast<std::size_t>(columns[row]);
    if (costs[row * faces.size() + column] < kImpossible)
      pairs.push_back({tracks[row], faces[column]});
  }
  for (const Pair& pair : pairs) {
    std::erase(tracks, pair.track);
    std::erase(faces, pair.face);
  }
  return pairs;
}

}  // namespace

const std::vector<Track>& FaceTracker::advance(double seconds) {
  const double passed = std::max(0.0, seconds - now_);
  now_ = std::max(now_, seconds);
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    motions_[i].advance(passed);
    const Box box = motions_[i].box();
    if (tracks_[i].landmarks)
      tracks_[i].landmarks = moved(*tracks_[i].landmarks, tracks_[i].box, box);
    tracks_[i].box = box;
  }
  return tracks_;
}

const std::vector<Track>& FaceTracker::update(double seconds, std::span<const DetectedFace> faces) {
  advance(seconds);
  std::vector<std::size_t> in_sight, away, free;
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    (tracks_[i].visible ? in_sight : away).push_back(i);
  for (std::size_t i = 0; i < faces.size(); ++i) free.push_back(i);

  std::vector<Pair> pairs =
      pair_up(in_sight, free, [&](std::size_t track, std::size_t face) -> std::optional<double> {
        const float overlap = intersection_over_union(tracks_[track].box, faces[face].box);
        if (overlap < kMinOverlap) return std::nullopt;
        return 1 - overlap;
      });
  std::vector<std::size_t> rest = in_sight;
  rest.insert(rest.end(), away.begin(), away.end());
  const std::vector<Pair> far = pair_up(rest, free, [&](std::size_t track, std::size_t face) {
    const double absent = now_ - tracks_[track].last_found;
    return distance(tracks_[track].box, faces[face].box,
                    std::min(kMaxReach, kReach + kReachGrowth * absent));
  });
  pairs.insert(pairs.end(), far.begin(), far.end());

  for (Track& track : tracks_) track.visible = false;
  for (const Pair& pair : pairs) {
    Track& track = tracks_[pair.track];
    const DetectedFace& face = faces[pair.face];
    motions_[pair.track].observe(face.box);
    track.box = motions_[pair.track].box();
    track.landmarks = face.landmarks;
    if (track.landmarks) track.landmarks = moved(*track.landmarks, face.box, track.box);
    track.score = face.score;
    track.visible = true;
    track.last_found = now_;
  }
  for (std::size_t i = tracks_.size(); i-- > 0;) {
    const Track& track = tracks_[i];
    if (track.visible || now_ - track.last_found <= options_.max_gap) continue;
    tracks_.erase(tracks_.begin() + static_cast<std::ptrdiff_t>(i));
    motions_.erase(motions_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (const std::size_t i : free) {
    tracks_.push_back({.number = ++numbers_given_,
                       .box = faces[i].box,
                       .landmarks = faces[i].landmarks,
                       .score = faces[i].score,
                       .last_found = now_});
    motions_.emplace_back(faces[i].box);
  }
  return tracks_;
}

void FaceTracker::forget() {
  tracks_.clear();
  motions_.clear();
}

}  // namespace mien::tracking
