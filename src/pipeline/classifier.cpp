#include "pipeline/classifier.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/softmax.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"

namespace mien::pipeline {
namespace {

/// Faces per call of the network; plans are compiled for this batch and for 1 only.
constexpr std::size_t kBatch = 32;

}  // namespace

engine::Precision precision_from_string(std::string_view name) {
  for (const auto precision : {engine::Precision::kAuto, engine::Precision::kF32,
                               engine::Precision::kBf16, engine::Precision::kInt8}) {
    if (name == engine::to_string(precision)) return precision;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "unknown precision '" + std::string(name) + "'; choose auto, f32, bf16 or int8");
}

std::filesystem::path int8_copy(const std::filesystem::path& model) {
  return model.parent_path() / (model.stem().string() + "-int8.onnx");
}

std::filesystem::path locate_classifier(const std::filesystem::path& name,
                                        engine::Precision precision) {
  const std::filesystem::path path = model::locate_model(name);
  if (precision != engine::Precision::kInt8) return path;
  const std::filesystem::path copy = int8_copy(path);
  std::error_code ignored;
  return std::filesystem::is_regular_file(copy, ignored) ? copy : path;
}

ModelFile read_model_file(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path);
  return {model::read_onnx(bytes, path.string()),
          base::format("%016llx", static_cast<unsigned long long>(base::content_hash(bytes)))};
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
                            const engine::CompileOptions& options, const HeadRequest& head) {
  return make(model::read_onnx(path), path.string(), options, head);
}

Classifier Classifier::make(model::Model model, const std::string& name,
                            const engine::CompileOptions& options, const HeadRequest& head) {
  try {
    return compile(model::select_head(std::move(model), head.name, head.preferred), options,
                   head.without);
  } catch (const Error& error) {
    throw Error(error.code(), name + ": " + error.what());
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
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu bytes are not whole faces of %zu bytes", faces.size(), bytes));
  std::vector<float> out(count * classes);
  std::vector<float> rows(std::min(count, kBatch) * width_);
  for (std::size_t done = 0; done < count;) {
    const std::size_t batch = count - done >= kBatch ? kBatch : 1;
    const std::vector<float> input = normalized(faces.subspan(done * bytes, batch * bytes));
    const std::int64_t side = info_.input_size;
    const std::array<std::span<float>, 1> outputs{std::span(rows).first(batch * width_)};
    network_.run(input, {static_cast<std::int64_t>(batch), 1, side, side}, outputs);
    for (std::size_t i = 0; i < batch * classes; ++i)
      out[done * classes + i] = rows[i / classes * width_ + columns_[i % classes]];
    done += batch;
  }
  return out;
}

std::vector<float> Classifier::normalized(std::span<const std::uint8_t> faces) const {
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
