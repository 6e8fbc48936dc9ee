#include "training/checkpoint.hpp"

#include <sstream>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr const char* kFormat = "mien-checkpoint-1";

std::string settings_toml(TrainSettings settings) {
  base::OptionSet options;
  settings.declare(options);
  return options.to_toml();
}

/// Module::load takes tensors of any shape for its own.
void load_tensors(Network& network, torch::serialize::InputArchive& archive) {
  const auto shapes = [&] {
    std::vector<std::vector<std::int64_t>> result;
    for (const torch::Tensor& tensor : network->parameters())
      result.push_back(tensor.sizes().vec());
    return result;
  };
  const auto before = shapes();
  const torch::Device device = network->parameters().front().device();
  network->load(archive);
  network->to(device);  // load() takes the archive's
  if (shapes() != before) throw std::runtime_error("another network");
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const RunState& state,
                     const Network& network, const Network& averaged,
                     const torch::optim::Optimizer* optimizer) {
  torch::serialize::OutputArchive archive;
  const auto put_text = [&](const char* key, const std::string& text) {
    archive.write(key, c10::IValue(text));
  };
  put_text("format", kFormat);
  put_text("settings", settings_toml(state.settings));
  put_text("data_hash", state.data_hash);
  put_text("data_summary", state.data_summary);
  put_text("history", history_to_csv(state.history));
  archive.write("epoch", c10::IValue(static_cast<std::int64_t>(state.epoch)));
  archive.write("best_score", c10::IValue(state.best_score));
  archive.write("pixel_mean", c10::IValue(state.pixel_mean));
  archive.write("pixel_std", c10::IValue(state.pixel_std));
  const auto put_part = [&](const char* key, const auto& save) {
    torch::serialize::OutputArchive part(archive.compilation_unit());
    save(part);
    archive.write(key, part);
  };
  put_part("network", [&](auto& part) { network->save(part); });
  put_part("averaged", [&](auto& part) { averaged->save(part); });
  if (optimizer != nullptr) put_part("optimizer", [&](auto& part) { optimizer->save(part); });
  std::ostringstream bytes;
  archive.save_to(bytes);
  base::write_file(path, std::string_view(bytes.view()));
}

Checkpoint::Checkpoint(const std::filesystem::path& path, torch::Device device) : path_(path) {
  const std::vector<std::byte> bytes = base::read_file(path);
  try {
    archive_.load_from(reinterpret_cast<const char*>(bytes.data()), bytes.size(), device);
    const auto get = [&](const char* key) {
      c10::IValue value;
      archive_.read(key, value);
      return value;
    };
    if (get("format").toStringRef() != kFormat) throw std::runtime_error("another format");
    base::OptionSet options;
    state_.settings.declare(options);
    options.parse_toml(get("settings").toStringRef(), path.string(), "");
    state_.data_hash = get("data_hash").toStringRef();
    state_.data_summary = get("data_summary").toStringRef();
    state_.history = history_from_csv(get("history").toStringRef());
    state_.epoch = static_cast<int>(get("epoch").toInt());
    state_.best_score = get("best_score").toDouble();
    state_.pixel_mean = get("pixel_mean").toDouble();
    state_.pixel_std = get("pixel_std").toDouble();
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    throw Error(ErrorCode::kBadFormat,
                path.string() + ": is not a checkpoint of mien-train, or it is damaged");
  }
}

void Checkpoint::load(const char* key,
                      const std::function<void(torch::serialize::InputArchive&)>& into) {
  try {
    torch::serialize::InputArchive part;
    archive_.read(key, part);
    into(part);
  } catch (const std::exception&) {
    throw Error(ErrorCode::kBadFormat,
                path_.string() + ": has no '" + key +
                    "' that fits: it was saved for another optimizer, or a network '" +
                    state_.settings.network + "' of other sizes or heads");
  }
}

void Checkpoint::load_network(Network& network) {
  load("network", [&](auto& part) { load_tensors(network, part); });
}
void Checkpoint::load_averaged(Network& network) {
  load("averaged", [&](auto& part) { load_tensors(network, part); });
}
void Checkpoint::load_optimizer(torch::optim::Optimizer& optimizer) {
  load("optimizer", [&](auto& part) { optimizer.load(part); });
}

}  // namespace mien::training
