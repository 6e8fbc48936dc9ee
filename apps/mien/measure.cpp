#include "measure.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * datasets::kFacePixels;

std::vector<std::uint8_t> mirrored(std::span<const std::uint8_t> images) {
  std::vector<std::uint8_t> out;
  for (std::size_t at = 0; at < images.size(); at += datasets::kFaceSize) {
    const auto row = images.subspan(at, datasets::kFaceSize);
    out.insert(out.end(), row.rbegin(), row.rend());
  }
  return out;
}

/// The network's output of an emotion, or -1.
class OutputOf {
 public:
  explicit OutputOf(const std::vector<std::string>& labels) {
    outputs_.fill(-1);
    for (std::size_t i = 0; i < labels.size(); ++i)
      outputs_[static_cast<std::size_t>(*emotion_from_string(labels[i]))] = static_cast<int>(i);
  }
  int operator[](Emotion emotion) const { return outputs_[static_cast<std::size_t>(emotion)]; }

 private:
  std::array<int, kEmotionCount + 1> outputs_;
};

}  // namespace

std::vector<std::uint8_t> pixels_of(const std::vector<const datasets::Sample*>& samples) {
  std::vector<std::uint8_t> pixels;
  for (const datasets::Sample* sample : samples)
    pixels.insert(pixels.end(), sample->pixels.begin(), sample->pixels.end());
  return pixels;
}

std::vector<float> measure_logits(const Logits& logits, std::span<const std::uint8_t> images,
                                  Views views, const std::string& bar_name) {
  std::vector<float> out;
  const Interrupt interrupt;
  ProgressBar bar(bar_name, static_cast<std::int64_t>(images.size() / datasets::kFacePixels),
                  "images");
  for (std::size_t from = 0; from < images.size(); from += kChunk) {
    if (Interrupt::requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const auto part = images.subspan(from, std::min(kChunk, images.size() - from));
    std::vector<float> chunk = logits(part);
    if (views == Views::kFlip) {
      const std::vector<float> other = logits(mirrored(part));
      for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = 0.5F * (chunk[i] + other[i]);
    }
    out.insert(out.end(), chunk.begin(), chunk.end());
    bar.update(static_cast<std::int64_t>((from + part.size()) / datasets::kFacePixels));
  }
  return out;
}

std::vector<const datasets::Sample*> select_split(const datasets::Dataset& dataset,
                                                  datasets::Split split, const std::string& data) {
  std::vector<const datasets::Sample*> samples;
  for (const datasets::Sample& sample : dataset) {
    if (sample.split == split) samples.push_back(&sample);
  }
  if (samples.empty())
    throw Error(ErrorCode::kInvalidArgument,
                data + ": no images in the split " + std::string(datasets::to_string(split)));
  return samples;
}

std::vector<bool> mark_seen(const datasets::Dataset& dataset, datasets::Split split) {
  const std::vector<std::size_t> found = split == datasets::Split::kTraining
                                             ? std::vector<std::size_t>()
                                             : datasets::find_seen_in_training(dataset, split);
  const std::set<std::size_t> seen(found.begin(), found.end());
  std::vector<bool> marks;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset[i].split == split) marks.push_back(seen.contains(i));
  }
  return marks;
}

std::vector<int> subjects_of(const std::vector<const datasets::Sample*>& samples) {
  if (std::none_of(samples.begin(), samples.end(),
                   [](const datasets::Sample* sample) { return sample->has_subject(); }))
    return {};
  std::map<decltype(datasets::Sample::subject), int> numbers;
  std::vector<int> out;
  int next = 0;
  for (const datasets::Sample* sample : samples) {
    const bool is_new = !sample->has_subject() || numbers.emplace(sample->subject, next).second;
    out.push_back(is_new ? next : numbers[sample->subject]);
    next += is_new ? 1 : 0;
  }
  return out;
}

std::vector<int> label_outputs(const std::vector<std::string>& labels,
                               const std::vector<const datasets::Sample*>& samples) {
  const OutputOf output_of(labels);
  std::vector<int> outputs;
  for (const datasets::Sample* sample : samples)
    outputs.push_back(sample->emotion < 0 ? -1 : output_of[static_cast<Emotion>(sample->emotion)]);
  return outputs;
}

std::vector<int> majority_outputs(const std::vector<std::string>& labels,
                                  const std::vector<const datasets::Sample*>& samples) {
  const OutputOf output_of(labels);
  std::vector<int> outputs;
  for (const datasets::Sample* sample : samples) {
    const std::optional<Emotion> majority = metrics::ferplus_majority(sample->votes);
    outputs.push_back(majority ? output_of[*majority] : -1);
  }
  return outputs;
}

}  // namespace mien::apps
