#include "tracking/emotion_log.hpp"

#include <algorithm>

namespace mien::tracking {
namespace {

constexpr double kMaxBins = 2048;

}  // namespace

void EmotionLog::add(double seconds, std::span<const Entry> faces) {
  seconds = std::max(seconds, time_);
  while (seconds >= kMaxBins * bin_seconds_) widen_bins();
  for (const Shown& face : shown_) {
    PersonLog& person = persons_.at(face.number);
    credit(person, face, time_, seconds);
    person.last_seen = seconds;
  }
  time_ = seconds;
  shown_.clear();
  for (const Entry& face : faces) {
    shown_.push_back(
        {face.number, face.label, {face.probabilities.begin(), face.probabilities.end()}});
    if (persons_.contains(face.number)) continue;
    persons_[face.number] = {.number = face.number,
                             .first_seen = seconds,
                             .last_seen = seconds,
                             .label_seconds = std::vector<double>(classes_),
                             .first_bin = static_cast<std::size_t>(seconds / bin_seconds_)};
  }
}

void EmotionLog::credit(PersonLog& person, const Shown& face, double from, double to) const {
  person.seconds += to - from;
  person.label_seconds[face.label] += to - from;
  for (auto bin = static_cast<std::size_t>(from / bin_seconds_);
       static_cast<double>(bin) * bin_seconds_ < to; ++bin) {
    const double begin = std::max(from, static_cast<double>(bin) * bin_seconds_);
    const double share = std::min(to, static_cast<double>(bin + 1) * bin_seconds_) - begin;
    if (share <= 0) continue;
    const std::size_t at = (bin - person.first_bin) * (1 + classes_);
    if (person.bins.size() <= at) person.bins.resize(at + 1 + classes_);
    person.bins[at] += static_cast<float>(share);
    for (std::size_t c = 0; c < classes_; ++c) {
      person.bins[at + 1 + c] += static_cast<float>(share) * face.probabilities[c];
    }
  }
}

void EmotionLog::widen_bins() {
  bin_seconds_ *= 2;
  for (auto& [number, person] : persons_) {
    const std::size_t width = 1 + classes_, count = person.bins.size() / width,
                      first = person.first_bin;
    std::vector<float> bins;
    person.first_bin = first / 2;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = ((first + i) / 2 - person.first_bin) * width;
      if (bins.size() <= at) bins.resize(at + width);
      for (std::size_t v = 0; v < width; ++v) bins[at + v] += person.bins[i * width + v];
    }
    person.bins = std::move(bins);
  }
}

std::vector<PersonLog> EmotionLog::persons() const {
  std::vector<PersonLog> out;
  for (const auto& entry : persons_) out.push_back(entry.second);
  return out;
}

}  // namespace mien::tracking
