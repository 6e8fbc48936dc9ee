#include "evaluation/traits.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <set>

#include "base/file.hpp"
#include "vision/crop.hpp"

namespace mien::evaluation {
namespace {

using Value = std::function<std::optional<double>(const FaceTraits&)>;

/// Slices between ascending limits; there is one more name than limits.
Partition partition_by_limits(std::string name, std::span<const FaceTraits> traits,
                              const Value& value, const std::vector<double>& limits,
                              std::vector<std::string> names) {
  Partition out{.name = std::move(name), .names = std::move(names)};
  for (const FaceTraits& face : traits) {
    const std::optional<double> v = value(face);
    out.slice.push_back(
        v ? static_cast<int>(std::upper_bound(limits.begin(), limits.end(), *v) - limits.begin())
          : -1);
  }
  return out;
}

/// Three slices with about equal numbers of images, such as "dark (under 90)", "medium (90 to
/// 130)", "bright (from 130)".
Partition partition_in_thirds(std::string name, std::span<const FaceTraits> traits,
                              const Value& value, const std::vector<std::string>& words,
                              const char* unit) {
  std::vector<double> values;
  for (const FaceTraits& face : traits) {
    if (const std::optional<double> v = value(face)) values.push_back(*v);
  }
  std::sort(values.begin(), values.end());
  if (values.size() < 3) return {std::move(name), words, std::vector<int>(traits.size(), -1)};
  // Round the limit unless that separates equal values; never use the minimum.
  const auto limit = [&](std::size_t place) {
    const auto next = std::upper_bound(values.begin(), values.end(), values.front());
    const double value =
                     values[place] > values.front() || next == values.end() ? values[place] : *next,
                 near = std::round(value);
    if (std::count(values.begin(), values.end(), value) < 2 && near > values.front()) return near;
    return std::floor(value) > values.front() ? std::floor(value) : value;
  };
  const double low = limit(values.size() / 3), high = limit(2 * values.size() / 3);
  return partition_by_limits(std::move(name), traits, value, {low, high},
                             {words[0] + base::format(" (under %g%s)", low, unit),
                              words[1] + base::format(" (%g to %g%s)", low, high, unit),
                              words[2] + base::format(" (from %g%s)", high, unit)});
}

Partition partition_by_subject(std::span<const FaceTraits> traits) {
  std::map<std::string, int> index;
  for (const FaceTraits& face : traits) {
    if (!face.subject.empty()) index.emplace(face.subject, 0);
  }
  Partition out{.name = "subject"};
  for (auto& [subject, place] : index) {
    place = static_cast<int>(out.names.size());
    out.names.push_back(subject);
  }
  for (const FaceTraits& face : traits)
    out.slice.push_back(face.subject.empty() ? -1 : index[face.subject]);
  return out;
}

double distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

/// Distance of the nose from the line between the centers of eyes and mouth, divided by the eye
/// distance.
double yaw_measure(const Landmarks& l) {
  const Point eyes{(l[0].x + l[1].x) / 2, (l[0].y + l[1].y) / 2},
      mouth{(l[3].x + l[4].x) / 2, (l[3].y + l[4].y) / 2};
  const double length = distance(eyes, mouth), apart = distance(l[0], l[1]);
  if (length == 0 || apart == 0) return 0;
  const double cross =
      (mouth.x - eyes.x) * (l[2].y - eyes.y) - (mouth.y - eyes.y) * (l[2].x - eyes.x);
  return std::abs(cross) / length / apart;
}

}  // namespace

FaceTraits traits_of(const datasets::Sample& sample, const std::optional<DetectedFace>& detected) {
  FaceTraits out;
  out.subject.assign(sample.subject.begin(),
                     std::find(sample.subject.begin(), sample.subject.end(), '\0'));
  double sum = 0, squares = 0;
  for (const double pixel : sample.pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  out.brightness = sum / datasets::kFacePixels;
  out.contrast =
      std::sqrt(std::max(0.0, squares / datasets::kFacePixels - out.brightness * out.brightness));
  if (!detected) return out;
  out.size = std::max(detected->box.width, detected->box.height);
  if (!detected->landmarks) return out;
  out.turn = yaw_measure(*detected->landmarks);
  out.tilt = std::abs(vision::eye_angle(*detected->landmarks)) * 180 / std::numbers::pi;
  return out;
}

std::vector<Partition> partition_images(std::span<const FaceTraits> traits) {
  std::vector<Partition> all;
  all.push_back(partition_by_subject(traits));
  all.push_back(partition_in_thirds(
      "brightness", traits, [](const FaceTraits& t) { return std::optional(t.brightness); },
      {"dark", "medium", "bright"}, ""));
  all.push_back(partition_in_thirds(
      "contrast", traits, [](const FaceTraits& t) { return std::optional(t.contrast); },
      {"low", "medium", "high"}, ""));
  all.push_back(partition_in_thirds(
      "face size", traits, [](const FaceTraits& t) { return t.size; }, {"small", "medium", "large"},
      " px"));
  all.push_back(partition_by_limits(
      "head turn", traits, [](const FaceTraits& t) { return t.turn; }, {0.12, 0.3},
      {"frontal (under 0.12)", "slightly turned (0.12 to 0.3)", "turned (from 0.3)"}));
  all.push_back(partition_by_limits(
      "head tilt", traits, [](const FaceTraits& t) { return t.tilt; }, {8, 20},
      {"level (under 8°)", "slightly tilted (8° to 20°)", "tilted (from 20°)"}));
  std::erase_if(all, [](const Partition& partition) {
    std::set<int> present(partition.slice.begin(), partition.slice.end());
    present.erase(-1);
    return present.size() < 2;
  });
  return all;
}

}  // namespace mien::evaluation
