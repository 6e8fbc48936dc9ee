#include "evaluation/foreign_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/file.hpp"
#include "base/options.hpp"
#include "base/process.hpp"
#include "mien/emotion.hpp"
#include "mien/error.hpp"
#include "model/model.hpp"
#include "vision/crop.hpp"

namespace mien::evaluation {
namespace {

constexpr int kSide = 48;
constexpr std::size_t kBatch = 32;
/// Maximum number of values for one ONNX Runtime process: 64 MB.
constexpr std::size_t kProcessValues = std::size_t{16} << 20;
constexpr float kMinProbability = 1e-7F;

[[noreturn]] void invalid(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

std::vector<std::string> split_labels(const std::string& text) {
  std::vector<std::string> labels;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream >> std::ws, word, ',');) {
    word.erase(word.find_last_not_of(" \t") + 1);
    if (word == "-") {
      labels.emplace_back();
      continue;
    }
    const std::optional<Emotion> emotion = emotion_from_string(word);
    if (!emotion) invalid("labels: unknown emotion '" + word + "'; use '-' to ignore an output");
    labels.emplace_back(to_string(*emotion));
    if (std::count(labels.begin(), labels.end(), labels.back()) > 1)
      invalid("labels: '" + word + "' is listed twice");
  }
  if (std::all_of(labels.begin(), labels.end(),
                  [](const std::string& label) { return label.empty(); }))
    invalid("labels: name at least one emotion");
  return labels;
}

std::array<float, 3> three(const char* field, const std::string& text) {
  std::string words = text;
  std::replace(words.begin(), words.end(), ',', ' ');
  std::istringstream stream(words);
  std::vector<float> values;
  for (float value = 0; stream >> value;) values.push_back(value);
  if (!stream.eof() || (values.size() != 1 && values.size() != 3))
    invalid(std::string(field) + ": '" + text + "' must be one or three numbers");
  return values.size() == 1 ? std::array{values[0], values[0], values[0]}
                            : std::array{values[0], values[1], values[2]};
}

/// Converts gray faces to the network input described by the sidecar.
class Preparation {
 public:
  explicit Preparation(const ForeignModelInfo& info)
      : info_(info),
        channels_(info.channels == "gray" ? 1 : 3),
        mean_(three("mean", info.mean)),
        std_(three("std", info.std)) {
    if (std::any_of(std_.begin(), std_.end(), [](float s) { return !(s > 0); }))
      invalid("std: must be positive");
  }

  engine::InputShape shape(std::size_t n) const {
    const auto batch = static_cast<std::int64_t>(n);
    const std::int64_t side = info_.size, channels = static_cast<std::int64_t>(channels_);
    return info_.layout == "nchw" ? engine::InputShape{batch, channels, side, side}
                                  : engine::InputShape{batch, side, side, channels};
  }
  std::size_t values() const {
    return channels_ * static_cast<std::size_t>(info_.size) * static_cast<std::size_t>(info_.size);
  }

  /// `face` [48, 48] into `out` [values()].
  void prepare(const std::uint8_t* face, float* out) const {
    const ImageView view{face, kSide, kSide, kSide, PixelFormat::kGray8};
    const Image image =
        info_.resize == "nearest" ? nearest(view) : vision::resize(view, info_.size, info_.size);
    const std::size_t area = values() / channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      for (std::size_t i = 0; i < area; ++i) {
        const float pixel =
            static_cast<float>(image.row(0)[i]) * static_cast<float>(info_.range / 255);
        out[info_.layout == "nchw" ? c * area + i : i * channels_ + c] =
            (pixel - mean_[c]) / std_[c];
      }
    }
  }

 private:
  Image nearest(const ImageView& face) const {
    Image out(info_.size, info_.size, PixelFormat::kGray8);
    for (int y = 0; y < info_.size; ++y) {
      for (int x = 0; x < info_.size; ++x)
        out.row(y)[x] = face.row((2 * y + 1) * kSide /
                                 (2 * info_.size))[(2 * x + 1) * kSide / (2 * info_.size)];
    }
    return out;
  }

  ForeignModelInfo info_;
  std::size_t channels_;
  std::array<float, 3> mean_, std_;
};

/// Runs prepared inputs [n, values] to outputs [n, outputs].
class Runner {
 public:
  virtual ~Runner() = default;
  virtual std::string name() const = 0;
  /// Maximum number of images per call.
  virtual std::size_t batch() const = 0;
  /// Batch size of a call with n images; may be fixed by the graph or the plan.
  virtual std::size_t rows(std::size_t n) const = 0;
  virtual std::vector<float> run(const std::vector<float>& input,
                                 const engine::InputShape& shape) const = 0;
};

class EngineRunner : public Runner {
 public:
  EngineRunner(model::Model model, const ForeignModelInfo& info, const Preparation& preparation,
               const engine::CompileOptions& options)
      : batch_(fixed_batch(model)), network_(engine::Network::compile(std::move(model), options)) {
    network_.prepare(preparation.shape(batch_));
    const std::vector<std::string>& names = network_.output_names();
    const auto found =
        info.output.empty() ? names.begin() : std::find(names.begin(), names.end(), info.output);
    if (found == names.end()) invalid("output: unknown output '" + info.output + "'");
    output_ = static_cast<std::size_t>(found - names.begin());
  }

  std::string name() const override {
    return "Mien, " + std::string(engine::to_string(network_.precision()));
  }
  std::size_t batch() const override { return batch_; }
  std::size_t rows(std::size_t) const override { return batch_; }
  std::vector<float> run(const std::vector<float>& input,
                         const engine::InputShape& shape) const override {
    return std::move(network_.run(input, shape)[output_].values);
  }

 private:
  static std::size_t fixed_batch(const model::Model& model) {
    if (model.inputs.size() != 1)
      throw Error(ErrorCode::kUnsupported,
                  base::format("the graph has %zu inputs; it must have one", model.inputs.size()));
    const std::vector<std::int64_t>& shape = model.inputs[0].shape;
    return !shape.empty() && shape[0] > 0 && shape[0] <= 4096 ? static_cast<std::size_t>(shape[0])
                                                              : kBatch;
  }

  std::size_t batch_;
  engine::Network network_;
  std::size_t output_ = 0;
};

/// Model, output name ('' the first) and shape as arguments; f32 values on standard input and
/// output.
constexpr const char* kPythonRunner = R"(
import sys
try:
    import numpy, onnxruntime
except ImportError as error:
    sys.exit(f"{error.name} is not installed")
path, output, *shape = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
values = numpy.frombuffer(sys.stdin.buffer.read(), dtype=numpy.float32).reshape([int(side) for side in shape])
first = session.get_inputs()[0]
step = first.shape[0] if first.shape and isinstance(first.shape[0], int) else len(values)
for start in range(0, len(values), step):
    part = values[start:start + step]
    full = numpy.concatenate([part, numpy.repeat(part[-1:], step - len(part), axis=0)])
    result = session.run([output] if output else None, {first.name: full})[0]
    sys.stdout.buffer.write(result[:len(part)].astype(numpy.float32).tobytes())
)";

class PythonRunner : public Runner {
 public:
  PythonRunner(std::filesystem::path path, std::string output, std::size_t values,
               std::string reason)
      : path_(std::move(path)),
        output_(std::move(output)),
        batch_(std::max<std::size_t>(1, kProcessValues / values)),
        reason_(std::move(reason)) {}

  std::string name() const override {
    return "ONNX Runtime, because Mien's engine cannot run it: " + reason_;
  }
  std::size_t batch() const override { return batch_; }
  std::size_t rows(std::size_t n) const override { return n; }

  std::vector<float> run(const std::vector<float>& input,
                         const engine::InputShape& shape) const override {
    const char* variable = std::getenv("MIEN_PYTHON");
    const std::string python = variable != nullptr && *variable != 0 ? variable : "python3";
    std::vector<std::string> words = {python, "-I", "-c", kPythonRunner, path_.string(), output_};
    for (const std::int64_t side : shape) words.push_back(std::to_string(side));
    base::ProcessEnd end;
    try {
      end = base::run_process(std::move(words), {reinterpret_cast<const char*>(input.data()),
                                                 input.size() * sizeof(float)});
    } catch (const Error& error) {
      end = {.exit_code = 1, .output = {}, .error = error.what()};
    }
    if (end.exit_code != 0 || end.output.size() % sizeof(float) != 0) {
      std::string last = end.timed_out ? "it exceeded ten minutes" : end.error;
      while (!last.empty() && last.back() == '\n') last.pop_back();
      last.erase(0, last.rfind('\n') == std::string::npos ? 0 : last.rfind('\n') + 1);
      throw Error(ErrorCode::kUnsupported,
                  path_.string() + ": Mien's engine cannot run it (" + reason_ +
                      "), and ONNX Runtime in " + python + " failed too (" + last +
                      "); set MIEN_PYTHON to a Python with onnxruntime and numpy");
    }
    std::vector<float> values(end.output.size() / sizeof(float));
    std::memcpy(values.data(), end.output.data(), end.output.size());
    return values;
  }

 private:
  std::filesystem::path path_;
  std::string output_;
  std::size_t batch_;
  std::string reason_;
};

std::unique_ptr<Runner> make_runner(const std::filesystem::path& path, const ForeignModelInfo& info,
                                    const Preparation& preparation,
                                    const engine::CompileOptions& options) {
  try {
    return std::make_unique<EngineRunner>(model::read_onnx(path), info, preparation, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    std::string reason = error.what();
    if (reason.starts_with(path.string() + ": ")) reason.erase(0, path.string().size() + 2);
    return std::make_unique<PythonRunner>(path, info.output, preparation.values(), reason);
  }
}

class ForeignModel : public FaceModel {
 public:
  ForeignModel(const ForeignModelInfo& info, const std::filesystem::path& path,
               const engine::CompileOptions& options)
      : outputs_(split_labels(info.labels)),
        probabilities_(info.scores == "probabilities"),
        path_(path),
        preparation_(info),
        runner_(make_runner(path, info, preparation_, options)) {
    std::copy_if(outputs_.begin(), outputs_.end(), std::back_inserter(labels_),
                 [](const std::string& label) { return !label.empty(); });
  }

  const std::vector<std::string>& labels() const override { return labels_; }
  double temperature() const override { return 1; }
  std::string head() const override { return ""; }
  std::string runtime() const override { return runner_->name(); }

  std::vector<float> logits(std::span<const std::uint8_t> faces) const override {
    constexpr std::size_t kFace = std::size_t{kSide} * kSide;
    if (faces.size() % kFace != 0) invalid("the faces must be images of 48 x 48 pixels");
    const std::size_t count = faces.size() / kFace, batch = runner_->batch();
    std::vector<float> out;
    for (std::size_t done = 0; done < count; done += batch) {
      const std::size_t n = std::min(batch, count - done),
                        rows = runner_->rows(n);  // padded with the last image
      std::vector<float> input(rows * preparation_.values());
      for (std::size_t i = 0; i < rows; ++i) {
        preparation_.prepare(faces.data() + (done + std::min(i, n - 1)) * kFace,
                             input.data() + i * preparation_.values());
      }
      append(runner_->run(input, preparation_.shape(rows)), rows, n, out);
    }
    return out;
  }

 private:
  /// Appends the first `n` rows of an output, without ignored columns.
  void append(const std::vector<float>& values, std::size_t rows, std::size_t n,
              std::vector<float>& out) const {
    if (values.size() != rows * outputs_.size()) {
      throw Error(ErrorCode::kBadFormat,
                  base::format("%s: the network has %zu outputs, the sidecar has %zu labels",
                               path_.c_str(), values.size() / rows, outputs_.size()));
    }
    for (std::size_t i = 0; i < n * outputs_.size(); ++i) {
      if (!outputs_[i % outputs_.size()].empty())
        out.push_back(probabilities_ ? std::log(std::max(values[i], kMinProbability)) : values[i]);
    }
  }

  std::vector<std::string> outputs_;  // labels; empty: ignored
  std::vector<std::string> labels_;   // without ignored outputs
  bool probabilities_;
  std::filesystem::path path_;
  Preparation preparation_;
  std::unique_ptr<Runner> runner_;
};

}  // namespace

ForeignModelInfo ForeignModelInfo::read(const std::filesystem::path& sidecar) {
  ForeignModelInfo info;
  base::OptionSet fields;
  fields.add(info.labels, "labels", "NAMES", "");
  fields.add(info.size, "size", "PIXELS", "", {1, 1024});
  fields.add_choice(info.channels, "channels", {"gray", "rgb", "bgr"}, "");
  fields.add_choice(info.layout, "layout", {"nchw", "nhwc"}, "");
  fields.add_choice(info.resize, "resize", {"bilinear", "nearest"}, "");
  fields.add(info.range, "range", "N", "", {1e-6, 1e6});
  fields.add(info.mean, "mean", "NUMBERS", "");
  fields.add(info.std, "std", "NUMBERS", "");
  fields.add(info.output, "output", "NAME", "");
  fields.add_choice(info.scores, "scores", {"logits", "probabilities"}, "");
  fields.parse_toml(base::read_text(sidecar, 1 << 20), sidecar.string(), "model");
  if (info.labels.empty())
    invalid(sidecar.string() +
            ": labels is missing; list the emotions of the outputs, comma-separated");
  if (info.size == 0)
    invalid(sidecar.string() + ": size is missing; give the side of the network's input in pixels");
  return info;
}

std::unique_ptr<FaceModel> load_foreign_model(const std::filesystem::path& path,
                                              const std::filesystem::path& sidecar,
                                              const engine::CompileOptions& options) {
  const ForeignModelInfo info = ForeignModelInfo::read(sidecar);
  try {
    return std::make_unique<ForeignModel>(info, path, options);
  } catch (const Error& error) {
    if (std::string(error.what()).find(path.string()) != std::string::npos) throw;
    throw Error(error.code(), sidecar.string() + ": " + error.what());
  }
}

}  // namespace mien::evaluation
