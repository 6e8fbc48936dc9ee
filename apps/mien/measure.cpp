#include "measure.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "common/progress.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"

namespace mien::apps {
namespace {

constexpr std::size_t kChunk = 256;

void append(std::vector<std::uint8_t>& faces, const Sample& sample, bool mirrored) {
  for (int y = 0; y < kFaceSize; ++y) {
    const auto row = sample.pixels.begin() + y * kFaceSize;
    if (mirrored) faces.insert(faces.end(), std::make_reverse_iterator(row + kFaceSize), std::make_reverse_iterator(row));
    else faces.insert(faces.end(), row, row + kFaceSize);
  }
}

/// The network's output of an emotion, or -1.
class OutputOf {
 public:
  explicit OutputOf(const Classifier& classifier) {
    outputs_.fill(-1);
    const std::vector<std::string>& labels = classifier.info().labels;
    for (std::size_t i = 0; i < labels.size(); ++i) outputs_[static_cast<std::size_t>(*emotion_from_string(labels[i]))] = static_cast<int>(i);
  }
  int operator[](Emotion emotion) const { return outputs_[static_cast<std::size_t>(emotion)]; }

 private:
  std::array<int, kEmotionCount + 1> outputs_;
};

}  // namespace

Classifier load_head(const std::filesystem::path& path, const engine::CompileOptions& options, std::string_view taught) {
  const std::vector<std::string> heads = model::head_names(model::read_onnx(path));
  const bool has = std::find(heads.begin(), heads.end(), taught) != heads.end();
  return Classifier::load(path, options, {.name = has ? std::string(taught) : std::string()});
}

std::vector<float> measure_logits(const Classifier& classifier, const std::vector<const Sample*>& samples, Views views) {
  if (classifier.info().input_size != kFaceSize) {
    throw Error(ErrorCode::kUnsupported, "the model's input_size is not 48, the size of the data's pictures");
  }
  std::vector<float> logits;
  ProgressBar bar("evaluate", static_cast<std::int64_t>(samples.size()), "pictures");
  for (std::size_t from = 0; from < samples.size(); from += kChunk) {
    const std::size_t to = std::min(from + kChunk, samples.size());
    std::vector<std::uint8_t> faces;
    for (std::size_t i = from; i < to; ++i) append(faces, *samples[i], false);
    std::vector<float> chunk = classifier.logits(faces);
    if (views == Views::kFlip) {
      faces.clear();
      for (std::size_t i = from; i < to; ++i) append(faces, *samples[i], true);
      const std::vector<float> mirrored = classifier.logits(faces);
      for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = 0.5F * (chunk[i] + mirrored[i]);
    }
    logits.insert(logits.end(), chunk.begin(), chunk.end());
    bar.update(static_cast<std::int64_t>(to));
  }
  return logits;
}

std::vector<const Sample*> select_split(const Dataset& dataset, Split split) {
  std::vector<const Sample*> samples;
  for (const Sample& sample : dataset) {
    if (sample.split == split) samples.push_back(&sample);
  }
  if (samples.empty()) throw Error(ErrorCode::kInvalidArgument, "the data hold no " + std::string(to_string(split)) + " pictures");
  return samples;
}

std::vector<int> label_outputs(const Classifier& classifier, const std::vector<const Sample*>& samples) {
  const OutputOf output_of(classifier);
  std::vector<int> outputs;
  for (const Sample* sample : samples) outputs.push_back(sample->emotion < 0 ? -1 : output_of[static_cast<Emotion>(sample->emotion)]);
  return outputs;
}

std::vector<int> majority_outputs(const Classifier& classifier, const std::vector<const Sample*>& samples) {
  const OutputOf output_of(classifier);
  std::vector<int> outputs;
  for (const Sample* sample : samples) {
    const std::optional<Emotion> majority = metrics::ferplus_majority(sample->votes);
    outputs.push_back(majority ? output_of[*majority] : -1);
  }
  return outputs;
}

}  // namespace mien::apps
