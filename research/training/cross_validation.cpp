#include "training/cross_validation.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <unordered_set>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

/// Probabilities [n, 7] of FER2013's classes by a checkpoint's averaged weights.
torch::Tensor predict(const std::filesystem::path& path, const datasets::Dataset& dataset) {
  Checkpoint checkpoint(path);
  const RunState& state = checkpoint.state();
  Network network(state.settings.network_spec());
  checkpoint.load_averaged(network);
  network->eval();
  torch::NoGradGuard no_grad;
  constexpr std::size_t kBatch = 256;
  std::vector<torch::Tensor> parts;
  for (std::size_t from = 0; from < dataset.size(); from += kBatch) {
    const std::size_t count = std::min(kBatch, dataset.size() - from);
    torch::Tensor pixels = torch::empty(
        {static_cast<std::int64_t>(count), 1, datasets::kFaceSize, datasets::kFaceSize},
        torch::kU8);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy(dataset[from + i].pixels.begin(), dataset[from + i].pixels.end(),
                pixels.data_ptr<std::uint8_t>() + i * datasets::kFacePixels);
    }
    const torch::Tensor input = (pixels.to(torch::kFloat) - state.pixel_mean) / state.pixel_std;
    parts.push_back(network->forward(input.contiguous(torch::MemoryFormat::ChannelsLast))
                        .to(torch::kFloat)
                        .slice(1, 0, kEmotionCount)
                        .softmax(1));
  }
  return torch::cat(parts).contiguous();
}

}  // namespace

datasets::FloatTable cross_validate(const TrainRun& run, int folds, Start start,
                                    TrainObserver& observer) {
  const auto folder = [&](int fold) { return run.out / base::format("fold-%d", fold); };
  for (int fold = 1; fold <= folds; ++fold) {
    TrainRun part = run;
    part.out = folder(fold);
    part.left_out = {fold, folds};
    const bool begun = start == Start::kResume && std::filesystem::exists(part.out / "last.ckpt");
    train(part, begun ? Start::kResume : Start::kFresh, observer);
  }
  const datasets::Dataset dataset = datasets::read_dataset(run.settings.data);
  std::unordered_set<std::int32_t> trained;  // rows that belong to a fold
  std::string summary;
  for (const datasets::Sample& sample : load_training_data(run.settings, {}, &summary)) {
    if (sample.split == datasets::Split::kTraining) trained.insert(sample.row);
  }
  datasets::FloatTable table{kEmotionCount, std::vector<float>(dataset.size() * kEmotionCount, 0)};
  for (int fold = 1; fold <= folds; ++fold) {
    const torch::Tensor probabilities = predict(folder(fold) / "last.ckpt", dataset);
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      const bool is_trained =
          dataset[i].split == datasets::Split::kTraining && trained.contains(dataset[i].row);
      if (is_trained && fold_of(dataset[i], folds) != fold) continue;
      const float part = is_trained ? 1.0F : 1.0F / static_cast<float>(folds);
      for (std::size_t c = 0; c < kEmotionCount; ++c) {
        table.values[i * kEmotionCount + c] +=
            part * probabilities.data_ptr<float>()[i * kEmotionCount + c];
      }
    }
  }
  return table;
}

}  // namespace mien::training
