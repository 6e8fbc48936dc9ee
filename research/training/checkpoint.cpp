#include "training/checkpoint.hpp"

#include <cstring>
#include <deque>
#include <sstream>
#include <type_traits>

#include "base/file.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr const char* kFormat = "mien-checkpoint-2";
constexpr std::string_view kZipMagic = "PK\x03\x04";  // of LibTorch archives

std::string settings_toml(TrainSettings settings) {
  base::OptionSet options;
  settings.declare(options);
  return options.to_toml();
}

SafeType safe_type(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat:
      return SafeType::kF32;
    case torch::kDouble:
      return SafeType::kF64;
    case torch::kLong:
      return SafeType::kI64;
    default:
      throw Error(ErrorCode::kUnsupported, "checkpoint: unsupported tensor type");
  }
}

torch::ScalarType torch_type(SafeType type) {
  switch (type) {
    case SafeType::kF32:
      return torch::kFloat;
    case SafeType::kF64:
      return torch::kDouble;
    case SafeType::kI64:
      return torch::kLong;
    case SafeType::kU8:
      break;
  }
  return torch::kByte;
}

/// Collects tensors; owns the memory that the SafeTensor views refer to.
class Writer {
 public:
  void add(const std::string& name, const torch::Tensor& tensor) {
    const torch::Tensor& kept = tensors_.emplace_back(tensor.detach().to(torch::kCPU).contiguous());
    content.tensors.push_back({name,
                               safe_type(kept.scalar_type()),
                               kept.sizes().vec(),
                               {static_cast<const std::byte*>(kept.data_ptr()), kept.nbytes()}});
  }
  void add(const std::string& prefix, const Network& network) {
    for (const auto& entry : network->named_parameters())
      add(prefix + "." + entry.key(), entry.value());
    for (const auto& entry : network->named_buffers())
      add(prefix + "." + entry.key(), entry.value());
  }

  SafeTensors content;

 private:
  std::deque<torch::Tensor> tensors_;
};

/// The key of a parameter in the optimizer's state: an address, before LibTorch 2.1 as text.
template <class States>
typename States::key_type state_key(const States&, const torch::Tensor& parameter) {
  if constexpr (std::is_same_v<typename States::key_type, std::string>) {
    std::ostringstream text;
    text << parameter.unsafeGetTensorImpl();
    return text.str();
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

/// Calls visit(name, parameter) with "optimizer.0", "optimizer.1", … for all parameters.
template <class Visit>
void each_parameter(torch::optim::Optimizer& optimizer, Visit visit) {
  std::size_t index = 0;
  for (const torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    for (const torch::Tensor& parameter : group.params())
      visit(base::format("optimizer.%zu", index++), parameter);
  }
}

void add_optimizer(Writer& writer, torch::optim::Optimizer& optimizer) {
  each_parameter(optimizer, [&](const std::string& name, const torch::Tensor& parameter) {
    const auto found = optimizer.state().find(state_key(optimizer.state(), parameter));
    if (found == optimizer.state().end()) return;
    if (auto* sgd = dynamic_cast<torch::optim::SGDParamState*>(found->second.get())) {
      if (sgd->momentum_buffer().defined())
        writer.add(name + ".momentum_buffer", sgd->momentum_buffer());
    } else if (auto* adamw = dynamic_cast<torch::optim::AdamWParamState*>(found->second.get())) {
      writer.add(name + ".step", torch::tensor(adamw->step(), torch::kLong));
      writer.add(name + ".exp_avg", adamw->exp_avg());
      writer.add(name + ".exp_avg_sq", adamw->exp_avg_sq());
    }
  });
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const RunState& state,
                     const Network& network, const Network& averaged,
                     torch::optim::Optimizer* optimizer) {
  Writer writer;
  writer.content.metadata = {{"format", kFormat},
                             {"settings", settings_toml(state.settings)},
                             {"data_hash", state.data_hash},
                             {"data_summary", state.data_summary},
                             {"history", history_to_csv(state.history)},
                             {"epoch", std::to_string(state.epoch)},
                             {"best_score", base::print_number(state.best_score)},
                             {"pixel_mean", base::print_number(state.pixel_mean)},
                             {"pixel_std", base::print_number(state.pixel_std)}};
  if (optimizer != nullptr) writer.content.metadata["optimizer"] = state.settings.optimizer;
  writer.add("network", network);
  writer.add("averaged", averaged);
  if (optimizer != nullptr) add_optimizer(writer, *optimizer);
  base::write_file(path, write_safetensors(writer.content));
}

Checkpoint::Checkpoint(const std::filesystem::path& path)
    : path_(path), bytes_(base::read_file(path)) {
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  if (text.starts_with(kZipMagic)) {
    throw Error(ErrorCode::kUnsupported,
                path.string() +
                    ": a LibTorch archive, which can contain code; convert a checkpoint "
                    "of Mien 0.1 with scripts/convert_checkpoint.py");
  }
  content_ = parse_safetensors(bytes_, path.string());
  const auto get = [&](const char* key) -> const std::string& {
    const auto found = content_.metadata.find(key);
    if (found == content_.metadata.end())
      throw Error(ErrorCode::kBadFormat,
                  path.string() + ": not a checkpoint of mien-train: no metadata '" + key + "'");
    return found->second;
  };
  const auto number = [&](const char* key) {
    const auto value = base::parse_number<double>(get(key));
    if (!value)
      throw Error(ErrorCode::kBadFormat,
                  path.string() + ": metadata '" + key + "' must be a number");
    return *value;
  };
  if (get("format") != kFormat)
    throw Error(ErrorCode::kBadFormat, path.string() + ": unsupported checkpoint format '" +
                                           get("format").substr(0, 40) + "'");
  base::OptionSet options;
  state_.settings.declare(options);
  try {
    options.parse_toml(get("settings"), path.string(), "");
    state_.history = history_from_csv(get("history"));
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadFormat, path.string() + ": invalid metadata: " + error.what());
  }
  state_.data_hash = get("data_hash");
  state_.data_summary = get("data_summary");
  state_.epoch = static_cast<int>(number("epoch"));
  state_.best_score = number("best_score");
  state_.pixel_mean = number("pixel_mean");
  state_.pixel_std = number("pixel_std");
}

torch::Tensor Checkpoint::read(const std::string& name) const {
  const SafeTensor* found = content_.find(name);
  if (found == nullptr) return {};
  const torch::Tensor out = torch::empty(found->shape, torch_type(found->type));
  if (!found->data.empty()) std::memcpy(out.data_ptr(), found->data.data(), found->data.size());
  return out;
}

void Checkpoint::load(Network& network, const std::string& prefix) const {
  const torch::NoGradGuard no_grad;
  const auto copy = [&](const std::string& key, torch::Tensor into) {
    const std::string name = prefix + "." + key;
    const torch::Tensor from = read(name);
    if (!from.defined() || from.sizes() != into.sizes() ||
        from.scalar_type() != into.scalar_type()) {
      throw Error(ErrorCode::kBadFormat,
                  path_.string() + ": tensor '" + name +
                      "' is missing or has another shape; the checkpoint is of a network '" +
                      state_.settings.network + "' with other sizes or heads");
    }
    into.copy_(from);
  };
  for (const auto& entry : network->named_parameters()) copy(entry.key(), entry.value());
  for (const auto& entry : network->named_buffers()) copy(entry.key(), entry.value());
}

void Checkpoint::load_optimizer(torch::optim::Optimizer& optimizer) const {
  const auto kind = content_.metadata.find("optimizer");
  const bool is_sgd = dynamic_cast<torch::optim::SGD*>(&optimizer) != nullptr;
  if (kind == content_.metadata.end() || (kind->second == "sgd") != is_sgd) {
    throw Error(ErrorCode::kBadFormat,
                path_.string() +
                    ": has no state of this optimizer; resume from last.ckpt with the "
                    "--optimizer of the run");
  }
  each_parameter(optimizer, [&](const std::string& name, const torch::Tensor& parameter) {
    const auto get = [&](const char* part) {
      torch::Tensor tensor = read(name + "." + part);
      if (tensor.defined() && tensor.sizes() != parameter.sizes() && tensor.dim() != 0)
        throw Error(ErrorCode::kBadFormat,
                    path_.string() + ": tensor '" + name + "." + part + "' has another shape");
      if (!tensor.defined() || tensor.dim() == 0) return tensor;
      return torch::empty_like(parameter, torch::MemoryFormat::Preserve).copy_(tensor);
    };
    auto& states = optimizer.state();
    const auto key = state_key(states, parameter);
    const torch::NoGradGuard no_grad;
    if (is_sgd) {
      const torch::Tensor momentum = get("momentum_buffer");
      if (!momentum.defined()) return;
      auto state = std::make_unique<torch::optim::SGDParamState>();
      state->momentum_buffer(momentum);
      states[key] = std::move(state);
    } else {
      const torch::Tensor step = get("step"), mean = get("exp_avg"), square = get("exp_avg_sq");
      if (!step.defined() || !mean.defined() || !square.defined()) return;
      auto state = std::make_unique<torch::optim::AdamWParamState>();
      state->step(step.item<std::int64_t>());
      state->exp_avg(mean);
      state->exp_avg_sq(square);
      states[key] = std::move(state);
    }
  });
}

}  // namespace mien::training
