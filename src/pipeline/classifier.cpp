#include "pipeline/classifier.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/softmax.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"

namespace mien::pipeline {
namespace {

/// Faces a call of the network; a plan is compiled for each of these two sizes only.
constexpr std::size_t kBatch = 32;

}  // namespace

engine::Precision precision_from_string(std::string_view name) {
  for (const auto precision : {engine::Precision::kAuto, engine::Precision::kF32,
                               engine::Precision::kBf16, engine::Precision::kInt8}) {
    if (name == engine::to_string(precision)) return precision;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "unknown precision '" + std::string(name) + "': auto, f32, bf16 or int8");
}

std::filesystem::path eight_bit_copy(const std::filesystem::path& model) {
  return model.parent_path() / (model.stem().string() + "-int8.onnx");
}

std::filesystem::path locate_classifier(const std::filesystem::path& name,
                                        engine::Precision precision) {
  const std::filesystem::path path = model::locate_model(name);
  const bool eight_bits =
      precision == engine::Precision::kInt8 ||
      (precision == engine::Precision::kAuto && name.empty() && engine::has_fast_int8());
  if (!eight_bits) return path;
  const std::filesystem::path copy = eight_bit_copy(path);
  std::error_code ignored;
  return std::filesystem::is_regular_file(copy, ignored) ? copy : path;
}

Classifier::Classifier(model::ClassifierInfo info, engine::Network network,
                       const std::vector<std::string>& without)
    : info_(std::move(info)), network_(std::move(network)), width_(info_.labels.size()) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < width_; ++i) {
    if (std::find(without.begin(), without.end(), info_.labels[i]) != without.end()) continue;
    columns_.push_back(i);
    kept.push_back(info_.labels[i]);
  }
  info_.labels = std::move(kept);
}

Classifier Classifier::load(const std::filesystem::path& path,
                            const engine::CompileOptions& options, const HeadChoice& head) {
  const model::SelectedHead selected = model::load_head(path, head.name, head.preferred);
  try {
    return compile(selected, options, head.without);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

Classifier Classifier::compile(const model::SelectedHead& head,
                               const engine::CompileOptions& options,
                               const std::vector<std::string>& without) {
  return Classifier(head.info, engine::Network::compile(head.model, options), without);
}

std::vector<float> Classifier::logits(std::span<const std::uint8_t> faces) const {
  const std::size_t bytes = face_bytes(), count = faces.size() / bytes,
                    classes = static_cast<std::size_t>(this->classes());
  if (faces.size() % bytes != 0)
    throw Error(ErrorCode::kInvalidArgument, "faces are not whole pictures of the network's size");
  std::vector<float> out(count * classes);
  std::vector<float> rows(std::min(count, kBatch) * width_);
  for (std::size_t done = 0; done < count;) {
    const std::size_t batch = count - done >= kBatch ? kBatch : 1;
    const std::vector<float> input = normalised(faces.subspan(done * bytes, batch * bytes));
    const std::int64_t side = info_.input_size;
    const std::array<std::span<float>, 1> outputs{std::span(rows).first(batch * width_)};
    network_.run(input, {static_cast<std::int64_t>(batch), 1, side, side}, outputs);
    for (std::size_t i = 0; i < batch * classes; ++i)
      out[done * classes + i] = rows[i / classes * width_ + columns_[i % classes]];
    done += batch;
  }
  return out;
}

std::vector<float> Classifier::normalised(std::span<const std::uint8_t> faces) const {
  const float mean = static_cast<float>(info_.mean),
              inverse_std = static_cast<float>(1 / info_.std);
  std::vector<float> out(faces.size());
  std::transform(faces.begin(), faces.end(), out.begin(), [=](std::uint8_t gray) {
    return (static_cast<float>(gray) - mean) * inverse_std;
  });
  return out;
}

std::vector<float> Classifier::probabilities(std::span<const std::uint8_t> faces) const {
  return base::softmax(logits(faces), classes(), info_.temperature);
}

}  // namespace mien::pipeline
