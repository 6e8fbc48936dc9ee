#include "audit/features.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/softmax.hpp"
#include "engine/network.hpp"
#include "metrics/calibration.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"
#include "model/subgraph.hpp"

namespace mien::audit {
namespace {

constexpr std::size_t kBatch = 32;

/// The network with the input of its last dense layer as an additional first output.
model::Model with_features(const model::Model& model) {
  const std::string& output = model.outputs.at(0).name;
  const auto last =
      std::find_if(model.nodes.begin(), model.nodes.end(),
                   [&](const model::Node& node) { return node.outputs.at(0) == output; });
  if (last == model.nodes.end() || last->op_type != "Gemm")
    throw Error(ErrorCode::kUnsupported, "features need a network whose last node is Gemm");
  const std::string values[] = {last->inputs.at(0), output};
  return model::subgraph(model, model.inputs.at(0).name, values);
}

/// Column of each FER2013 class among the labels, or -1.
std::array<int, kEmotionCount> class_columns(const std::vector<std::string>& labels) {
  std::array<int, kEmotionCount> columns;
  columns.fill(-1);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto emotion = static_cast<std::size_t>(*emotion_from_string(labels[i]));
    if (emotion < columns.size()) columns[emotion] = static_cast<int>(i);
  }
  return columns;
}

}  // namespace

NetworkView analyze_dataset(const datasets::Dataset& dataset, const std::filesystem::path& path,
                            int threads, const Progress& progress) {
  const auto [model, info] = model::load_head(path);
  if (info.input_size != datasets::kFaceSize)
    throw Error(ErrorCode::kUnsupported,
                path.string() + ": input_size must be 48, the size of the images");
  const engine::Network network =
      engine::Network::compile(with_features(model), {engine::Precision::kF32, threads});
  const auto mean = static_cast<float>(info.mean), inverse_std = static_cast<float>(1 / info.std);
  const std::size_t width = static_cast<std::size_t>(
                        network.output_shapes({1, 1, datasets::kFaceSize, datasets::kFaceSize})[0]
                            .back()),
                    classes = info.labels.size();
  NetworkView view{{width, std::vector<float>(dataset.size() * width)},
                   {kEmotionCount, std::vector<float>(dataset.size() * kEmotionCount, 0)}};
  std::vector<float> input(kBatch * datasets::kFacePixels), logits(dataset.size() * classes);
  for (std::size_t done = 0; done < dataset.size();) {
    const std::size_t batch = dataset.size() - done >= kBatch ? kBatch : 1;
    for (std::size_t i = 0; i < batch; ++i) {
      std::transform(
          dataset[done + i].pixels.begin(), dataset[done + i].pixels.end(),
          input.begin() + static_cast<std::ptrdiff_t>(i * datasets::kFacePixels),
          [=](std::uint8_t gray) { return (static_cast<float>(gray) - mean) * inverse_std; });
    }
    const std::array<std::span<float>, 2> outputs{
        std::span(view.features.values).subspan(done * width, batch * width),
        std::span(logits).subspan(done * classes, batch * classes)};
    network.run(std::span(input).first(batch * datasets::kFacePixels),
                {static_cast<std::int64_t>(batch), 1, datasets::kFaceSize, datasets::kFaceSize},
                outputs);
    done += batch;
    if (progress) progress(done, dataset.size());
  }
  unit_rows(view.features);
  const std::vector<float> probabilities =
      base::softmax(logits, static_cast<int>(classes), info.temperature);
  const std::array<int, kEmotionCount> columns = class_columns(info.labels);
  for (std::size_t i = 0; i < view.probabilities.values.size(); ++i) {
    const int column = columns[i % kEmotionCount];
    if (column >= 0)
      view.probabilities.values[i] =
          probabilities[i / kEmotionCount * classes + static_cast<std::size_t>(column)];
  }
  return view;
}

void mask_training(datasets::FloatTable& probabilities, const datasets::Dataset& dataset) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset[i].split != datasets::Split::kTraining) continue;
    std::fill_n(
        probabilities.values.begin() + static_cast<std::ptrdiff_t>(i * probabilities.columns),
        probabilities.columns, std::numeric_limits<float>::quiet_NaN());
  }
}

}  // namespace mien::audit
