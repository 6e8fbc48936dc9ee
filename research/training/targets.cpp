#include "training/targets.hpp"

#include <algorithm>
#include <array>

#include "metrics/ferplus.hpp"

namespace mien::training {
namespace {

/// FER+'s columns in the order of Emotion.
constexpr std::array<datasets::Vote, metrics::kFerPlusEmotions> kVoteOf = {
    datasets::Vote::kAnger,     datasets::Vote::kDisgust, datasets::Vote::kFear,
    datasets::Vote::kHappiness, datasets::Vote::kSadness, datasets::Vote::kSurprise,
    datasets::Vote::kNeutral,   datasets::Vote::kContempt};

int votes_for(const datasets::Sample& sample, int emotion) {
  return sample.votes[static_cast<std::size_t>(kVoteOf[static_cast<std::size_t>(emotion)])];
}

/// The label mixed with the vote shares of the seven classes; [7].
void write_label_target(const datasets::Sample& sample, double vote_weight, float* target) {
  int votes = 0;
  for (int c = 0; c < kEmotionCount; ++c) votes += votes_for(sample, c);
  const float mix = votes > 0 ? static_cast<float>(vote_weight) : 0.0F;
  for (int c = 0; c < kEmotionCount; ++c)
    target[c] =
        mix > 0 ? mix * static_cast<float>(votes_for(sample, c)) / static_cast<float>(votes) : 0.0F;
  target[sample.emotion] += 1 - mix;
}

/// The vote shares; [8]. Returns the share of all votes that are for an emotion.
float write_vote_target(const datasets::Sample& sample, float* target) {
  int named = 0, all = 0;
  for (const std::uint8_t votes : sample.votes) all += votes > 1 ? votes : 0;
  for (int c = 0; c < metrics::kFerPlusEmotions; ++c) {
    const int votes = votes_for(sample, c);
    target[c] = votes > 1 ? static_cast<float>(votes) : 0.0F;
    named += votes > 1 ? votes : 0;
  }
  if (named == 0) return 0;
  for (int c = 0; c < metrics::kFerPlusEmotions; ++c) target[c] /= static_cast<float>(named);
  return static_cast<float>(named) / static_cast<float>(all);
}

/// [n] frequency^-power of each row's classes, scaled to mean 1.
torch::Tensor balance_weights(const torch::Tensor& targets, double power) {
  const torch::Tensor frequency = targets.mean(0).clamp_min(1e-6);
  const torch::Tensor weights = (targets * frequency.pow(-power)).sum(1);
  return weights / weights.mean().clamp_min(1e-12);
}

}  // namespace

Samples to_samples(const datasets::Dataset& dataset, datasets::Split split,
                   const TrainSettings& settings, Use use, torch::Device device) {
  std::vector<const datasets::Sample*> chosen;
  for (const datasets::Sample& sample : dataset) {
    if (sample.split == split && has_label(sample)) chosen.push_back(&sample);
  }
  const std::int64_t n = static_cast<std::int64_t>(chosen.size());
  const bool two = settings.has_ferplus_head();
  const std::int64_t classes = kEmotionCount + (two ? metrics::kFerPlusEmotions : 0);
  Samples samples{torch::empty({n, 1, datasets::kFaceSize, datasets::kFaceSize}, torch::kU8),
                  torch::zeros({n, classes}),
                  torch::ones({n, two ? 2 : 1}),
                  {},
                  {},
                  {}};
  float* weights = samples.weights.data_ptr<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    const datasets::Sample& sample = *chosen[static_cast<std::size_t>(i)];
    std::copy(sample.pixels.begin(), sample.pixels.end(),
              samples.pixels.data_ptr<std::uint8_t>() + i * datasets::kFacePixels);
    float* target = samples.targets.data_ptr<float>() + i * classes;
    write_label_target(sample, use == Use::kTraining ? settings.vote_weight : 0, target);
    if (two) weights[i * 2 + 1] = write_vote_target(sample, target + kEmotionCount);
    samples.labels.push_back(sample.emotion);
    const auto majority = metrics::ferplus_majority(sample.votes);
    samples.majorities.push_back(majority ? static_cast<int>(*majority) : -1);
  }
  if (use == Use::kTraining) {
    const auto scale_head = [&](int head, std::int64_t from, std::int64_t to, double factor) {
      samples.weights.select(1, head).mul_(
          balance_weights(samples.targets.slice(1, from, to), settings.class_balance) * factor);
    };
    scale_head(0, 0, kEmotionCount, 1);
    if (two) scale_head(1, kEmotionCount, classes, settings.ferplus_weight);
  }
  samples.pixels = samples.pixels.to(device);
  samples.targets = samples.targets.to(device);
  samples.weights = samples.weights.to(device);
  samples.label_tensor =
      torch::tensor(std::vector<std::int64_t>(samples.labels.begin(), samples.labels.end()),
                    torch::kLong)
          .to(device);
  return samples;
}

torch::Tensor heads_loss(const torch::Tensor& logits, const torch::Tensor& targets,
                         const torch::Tensor& weights, const std::vector<HeadSpec>& heads,
                         double label_smoothing) {
  torch::Tensor loss = torch::zeros({}, logits.options());
  std::int64_t from = 0;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const std::int64_t to = from + heads[h].classes;
    const torch::Tensor target =
        targets.slice(1, from, to) * (1 - label_smoothing) + label_smoothing / heads[h].classes;
    const torch::Tensor entropy = -(target * logits.slice(1, from, to).log_softmax(1)).sum(1);
    loss = loss + (entropy * weights.select(1, static_cast<std::int64_t>(h))).mean();
    from = to;
  }
  return loss;
}

}  // namespace mien::training
