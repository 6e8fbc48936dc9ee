#include "training/workers.hpp"

#ifdef MIEN_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef MIEN_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#if defined(MIEN_GLOO) || defined(MIEN_NCCL)
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr std::chrono::minutes kPatience{10};  // must cover the validation in worker 0

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

int number(const char* name, const std::string& text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    throw Error(ErrorCode::kInvalidArgument, base::format("%s: '%s' must be a number from %d to %d",
                                                          name, text.c_str(), low, high));
  }
  return value;
}

/// A LibTorch message without its backtrace.
std::string first_line(const std::exception& error) {
  return {error.what(), std::strcspn(error.what(), "\n")};
}

#if defined(MIEN_GLOO) || defined(MIEN_NCCL)
c10::intrusive_ptr<c10d::Store> make_store(const std::string& address, int port, int rank,
                                           int size) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = rank == 0;
  options.numWorkers = static_cast<std::size_t>(size);
  options.timeout = kPatience;
  return c10::make_intrusive<c10d::TCPStore>(address, options);
}

/// All-reduce and broadcast of a process group.
template <class Group>
auto operations(c10::intrusive_ptr<Group> group) {
  return std::pair{[group](torch::Tensor& tensor) {
                     std::vector<torch::Tensor> tensors{tensor};
                     group->allreduce(tensors)->wait();
                   },
                   [group](torch::Tensor& tensor) {
                     std::vector<torch::Tensor> tensors{tensor};
                     group->broadcast(tensors)->wait();
                   }};
}
#endif

#ifdef MIEN_GLOO
std::shared_ptr<::gloo::transport::Device> gloo_device(const std::string& address) {
  if (const auto interface = variable("GLOO_SOCKET_IFNAME"))
    return c10d::ProcessGroupGloo::createDeviceForInterface(*interface);
  if (address == "127.0.0.1" || address == "localhost")
    return c10d::ProcessGroupGloo::createDeviceForHostname(address);
  return c10d::ProcessGroupGloo::createDefaultDevice();
}
#endif

}  // namespace

Workers Workers::from_environment(const torch::Device& device) {
  const auto address = variable("MASTER_ADDR");
  const bool slurm = address && !variable("WORLD_SIZE") && variable("SLURM_NTASKS");
  const char* size_name = slurm ? "SLURM_NTASKS" : "WORLD_SIZE";
  const char* rank_name = slurm ? "SLURM_PROCID" : "RANK";
  const auto size = variable(size_name);
  if (!size) return {};
  const auto require = [&](const char* name) {
    const auto value = variable(name);
    if (!value)
      throw Error(
          ErrorCode::kInvalidArgument,
          base::format("%s is set, but %s is not; set both, as torchrun does", size_name, name));
    return *value;
  };
  Workers workers;
  workers.size_ = number(size_name, *size, 1, 100000);
  if (workers.size_ == 1) return {};
  workers.rank_ = number(rank_name, require(rank_name), 0, workers.size_ - 1);
  const std::string host = require("MASTER_ADDR");
  [[maybe_unused]] const int port = number("MASTER_PORT", require("MASTER_PORT"), 1, 65535);
  try {
    if (device.is_cuda()) {
#ifdef MIEN_NCCL
      auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = kPatience;
      std::tie(workers.sum_, workers.broadcast_) =
          operations(c10::make_intrusive<c10d::ProcessGroupNCCL>(
              make_store(host, port, workers.rank_, workers.size_), workers.rank_, workers.size_,
              options));
      return workers;
#else
      throw Error(ErrorCode::kUnsupported, "several CUDA workers need a build with NCCL");
#endif
    }
#ifdef MIEN_GLOO
    auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
    options->devices.push_back(gloo_device(host));
    std::tie(workers.sum_, workers.broadcast_) =
        operations(c10::make_intrusive<c10d::ProcessGroupGloo>(
            make_store(host, port, workers.rank_, workers.size_), workers.rank_, workers.size_,
            options));
    return workers;
#else
    throw Error(ErrorCode::kUnsupported, "several workers need a build with Gloo (libgloo-dev)");
#endif
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kIo,
                base::format("worker %d of %d: rendezvous failed at %s: %s", workers.rank_,
                             workers.size_, host.c_str(), first_line(error).c_str()));
  }
}

void Workers::apply(const std::vector<torch::Tensor>& tensors, const Operation& operation) const {
  if (size_ == 1 || tensors.empty()) return;
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.reshape(-1));
  torch::Tensor all = torch::cat(flat);  // one message for all
  try {
    operation(all);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kIo, "lost connection to another worker (" + first_line(error) + ")");
  }
  std::int64_t from = 0;
  for (torch::Tensor tensor : tensors) {
    tensor.copy_(all.slice(0, from, from + tensor.numel()).view(tensor.sizes()));
    from += tensor.numel();
  }
}

void Workers::sum(const std::vector<torch::Tensor>& tensors) const { apply(tensors, sum_); }
void Workers::broadcast(const std::vector<torch::Tensor>& tensors) const {
  apply(tensors, broadcast_);
}

int local_rank() {
  for (const char* name : {"LOCAL_RANK", "SLURM_LOCALID"}) {
    if (const auto value = variable(name)) return number(name, *value, 0, 1000);
  }
  return 0;
}

int workers_on_this_machine() {
  for (const char* name : {"LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE"}) {
    if (const auto value = variable(name)) return number(name, *value, 1, 1000);
  }
  return 1;
}

}  // namespace mien::training
