#include "engine/network.hpp"

#include <algorithm>
#include <list>
#include <mutex>

#include "engine/builder.hpp"
#include "engine/onednn.hpp"
#include "engine/plan.hpp"
#include "engine/program.hpp"
#include "engine/simplify.hpp"
#include "engine/threads.hpp"
#include "engine/weights.hpp"

namespace mien::engine {
namespace {

/// Input shapes whose plans are kept: a detector that runs on images of many sizes must not fill
/// the memory.
constexpr std::size_t kKeptShapes = 8;

bool has_quantization(const model::Model& model) {
  return std::any_of(model.nodes.begin(), model.nodes.end(),
                     [](const model::Node& node) { return node.op_type == "DequantizeLinear"; });
}

Precision resolve(Precision wanted, const model::Model& model) {
  switch (wanted) {
    case Precision::kAuto:
      if (has_quantization(model)) return Precision::kInt8;
      return onednn::has_bf16() ? Precision::kBf16 : Precision::kF32;
    case Precision::kBf16:
      if (!onednn::has_bf16())
        throw Error(ErrorCode::kUnsupported, "this CPU has no bfloat16 instructions; choose f32");
      return wanted;
    case Precision::kInt8:
      if (!has_quantization(model)) {
        throw Error(ErrorCode::kUnsupported,
                    "the model is not quantized (no DequantizeLinear node); quantize it with 'mien "
                    "quantize'");
      }
      return wanted;
    case Precision::kF32:
      return wanted;
  }
  throw Error(ErrorCode::kInvalidArgument, "unknown precision");
}

/// The program for one input shape and number of threads, with its idle sessions.
class CompiledShape {
 public:
  CompiledShape(const InputShape& shape, int threads, const Plan& plan, Program program,
                dnnl::engine engine)
      : shape_(shape), threads_(threads), program_(std::move(program)), engine_(std::move(engine)) {
    for (const int output : plan.outputs) outputs_.push_back(plan.values[output].shape);
    for (const Step& step : plan.steps) multiply_adds_ += step.multiply_adds;
    release(std::make_unique<Session>(program_, engine_));
  }

  bool is_for(const InputShape& shape, int threads) const {
    return shape_ == shape && threads_ == threads;
  }
  int threads() const { return threads_; }
  const std::vector<Dims>& outputs() const { return outputs_; }
  std::int64_t multiply_adds() const { return multiply_adds_; }
  std::size_t arena_bytes() const { return program_.arena_bytes; }

  void run(const float* input, std::span<const std::span<float>> outputs) {
    std::unique_ptr<Session> session = acquire();
    session->run(input, outputs);
    release(std::move(session));
  }

  Profile profile(const float* input, std::span<const std::span<float>> outputs, int rounds) {
    std::unique_ptr<Session> session = acquire();
    Profile result = engine::profile(program_, *session, input, outputs, rounds);
    release(std::move(session));
    return result;
  }

 private:
  std::unique_ptr<Session> acquire() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Session> session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    return std::make_unique<Session>(program_, engine_);
  }

  void release(std::unique_ptr<Session> session) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
  }

  InputShape shape_;
  int threads_;
  std::vector<Dims> outputs_;
  std::int64_t multiply_adds_ = 0;
  Program program_;
  dnnl::engine engine_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;
};

void check_size(std::span<const float> input, const InputShape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  if (static_cast<std::int64_t>(input.size()) != count) {
    throw Error(ErrorCode::kInvalidArgument, "the input has " + std::to_string(input.size()) +
                                                 " values, but its shape needs " +
                                                 std::to_string(count));
  }
}

}  // namespace

bool has_fast_int8() { return onednn::has_vnni(); }

std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
      return "auto";
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "unknown";
}

class Network::Impl {
 public:
  Impl(model::Model model, const CompileOptions& options)
      : precision_(resolve(options.precision, model)),
        threads_(options.threads == 0 ? available_threads() : options.threads),
        model_(simplify(std::move(model))),
        engine_(dnnl::engine::kind::cpu, 0),
        weights_(engine_) {
    for (const model::ValueInfo& output : model_.outputs) output_names_.push_back(output.name);
  }

  Precision precision() const { return precision_; }
  int threads() const { return threads_; }
  const std::vector<std::string>& output_names() const { return output_names_; }
  const model::Model& model() const { return model_; }

  Arithmetic arithmetic() const {
    return precision_ == Precision::kInt8 ? Arithmetic::kQuantized : Arithmetic::kFloat;
  }

  std::int64_t weight_bytes() const {
    const std::lock_guard lock(build_mutex_);
    return weights_.bytes();
  }

  std::shared_ptr<CompiledShape> at(const InputShape& shape) {
    const int threads = usable_threads(threads_);
    if (auto found = find(shape, threads)) return found;
    const std::lock_guard build_lock(build_mutex_);
    if (auto found = find(shape, threads)) return found;
    const ThreadScope scope(threads);
    const Plan plan = make_plan(model_, shape, arithmetic());
    BuildOptions options;
    if (precision_ == Precision::kBf16) options.float_type = dnnl::memory::data_type::bf16;
    std::shared_ptr<CompiledShape> made;
    try {
      made = std::make_shared<CompiledShape>(
          shape, threads, plan, build_program(plan, model_, options, engine_, weights_), engine_);
    } catch (const dnnl::error& error) {
      throw Error(ErrorCode::kUnsupported,
                  std::string("oneDNN failed to prepare the network: ") + error.message);
    }
    const std::lock_guard lock(mutex_);
    shapes_.push_front(made);
    if (shapes_.size() > kKeptShapes) shapes_.pop_back();
    return made;
  }

 private:
  std::shared_ptr<CompiledShape> find(const InputShape& shape, int threads) {
    const std::lock_guard lock(mutex_);
    for (auto it = shapes_.begin(); it != shapes_.end(); ++it) {
      if (!(*it)->is_for(shape, threads)) continue;
      shapes_.splice(shapes_.begin(), shapes_, it);
      return shapes_.front();
    }
    return nullptr;
  }

  Precision precision_;
  int threads_;
  model::Model model_;
  std::vector<std::string> output_names_;
  dnnl::engine engine_;
  WeightStore weights_;             ///< guarded by build_mutex_
  mutable std::mutex build_mutex_;  ///< held while planning
  std::mutex mutex_;
  std::list<std::shared_ptr<CompiledShape>>
      shapes_;  ///< guarded by mutex_; most recently used first
};

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Network Network::compile(model::Model model, const CompileOptions& options) {
  if (options.threads < 0)
    throw Error(ErrorCode::kInvalidArgument,
                "threads must not be negative: " + std::to_string(options.threads));
  for (const model::Node& node : model.nodes) {
    if (!is_supported(node.op_type)) unsupported(node, "operator");
  }
  if (model.inputs.size() != 1 || model.inputs[0].shape.size() != 4) {
    throw Error(ErrorCode::kUnsupported, "the model must have one input with 4 dimensions");
  }
  auto impl = std::make_unique<Impl>(std::move(model), options);
  // Planning is cheap compared with creating primitives; if the file states the shape, it reports
  // unsupported nodes now.
  InputShape shape;
  const Dims& stated = impl->model().inputs[0].shape;
  std::copy(stated.begin(), stated.end(), shape.begin());
  if (shape[0] < 0) shape[0] = 1;
  if (std::none_of(shape.begin(), shape.end(),
                   [](std::int64_t dimension) { return dimension < 0; })) {
    make_plan(impl->model(), shape, impl->arithmetic());
  }
  return Network(std::move(impl));
}

Precision Network::precision() const { return impl_->precision(); }
int Network::threads() const { return impl_->threads(); }
const std::vector<std::string>& Network::output_names() const { return impl_->output_names(); }

std::vector<std::vector<std::int64_t>> Network::output_shapes(const InputShape& shape) const {
  return impl_->at(shape)->outputs();
}

void Network::prepare(const InputShape& shape) const { impl_->at(shape); }

void Network::run(std::span<const float> input, const InputShape& shape,
                  std::span<const std::span<float>> outputs) const {
  const std::shared_ptr<CompiledShape> compiled = impl_->at(shape);
  check_size(input, shape);
  if (outputs.size() != compiled->outputs().size()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::to_string(outputs.size()) + " output buffers for " +
                    std::to_string(compiled->outputs().size()) + " outputs");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (static_cast<std::int64_t>(outputs[i].size()) != product(compiled->outputs()[i])) {
      throw Error(ErrorCode::kInvalidArgument,
                  "output '" + output_names()[i] + "': wrong buffer size");
    }
  }
  const ThreadScope threads(compiled->threads());
  compiled->run(input.data(), outputs);
}

std::vector<OutputTensor> Network::run(std::span<const float> input,
                                       const InputShape& shape) const {
  const std::vector<Dims> shapes = output_shapes(shape);
  std::vector<OutputTensor> outputs;
  std::vector<std::span<float>> buffers;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    outputs.push_back({output_names()[i], shapes[i], std::vector<float>(product(shapes[i]))});
  }
  for (OutputTensor& output : outputs) buffers.emplace_back(output.values);
  run(input, shape, buffers);
  return outputs;
}

Profile Network::profile(std::span<const float> input, const InputShape& shape, int rounds) const {
  const std::shared_ptr<CompiledShape> compiled = impl_->at(shape);
  check_size(input, shape);
  if (rounds < 1)
    throw Error(ErrorCode::kInvalidArgument,
                "rounds must be at least 1: " + std::to_string(rounds));
  std::vector<std::vector<float>> values;
  for (const Dims& output : compiled->outputs()) values.emplace_back(product(output));
  const std::vector<std::span<float>> outputs(values.begin(), values.end());
  const ThreadScope threads(compiled->threads());
  return compiled->profile(input.data(), outputs, rounds);
}

std::int64_t Network::multiply_adds(const InputShape& shape) const {
  return impl_->at(shape)->multiply_adds();
}

std::int64_t Network::memory_bytes(const InputShape& shape) const {
  const auto activations = static_cast<std::int64_t>(impl_->at(shape)->arena_bytes());
  return impl_->weight_bytes() + activations;
}

}  // namespace mien::engine
