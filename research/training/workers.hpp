#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace mien::training {

/// Processes that train one network with data parallelism: the same weights, a share of each batch.
/// Communicates by LibTorch's c10d: Gloo on CPUs, NCCL on CUDA devices. All workers must call sum
/// and broadcast in the same order. If a worker is lost, calls throw Error kIo in the others.
class Workers {
 public:
  /// One process.
  Workers() = default;

  /// Reads the variables of torchrun and Kubeflow (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or
  /// of Slurm (SLURM_PROCID, SLURM_NTASKS) if MASTER_ADDR is set; without them, one process.
  /// GLOO_SOCKET_IFNAME selects the network interface. Waits for all workers. Throws Error
  /// kInvalidArgument naming a missing or invalid variable, kUnsupported without Gloo or NCCL, kIo
  /// if the rendezvous fails.
  static Workers from_environment(const torch::Device& device);

  int rank() const { return rank_; }  ///< 0 to size - 1; 0 writes the files
  int size() const { return size_; }
  bool leads() const { return rank_ == 0; }

  /// Sums each tensor over the workers, in place; all must have the same dtype and device.
  void sum(const std::vector<torch::Tensor>& tensors) const;
  /// Copies the tensors of worker 0 to all workers.
  void broadcast(const std::vector<torch::Tensor>& tensors) const;

 private:
  using Operation = std::function<void(torch::Tensor&)>;
  void apply(const std::vector<torch::Tensor>& tensors, const Operation& operation) const;

  int rank_ = 0;
  int size_ = 1;
  Operation sum_, broadcast_;
};

/// CUDA device index of this process: LOCAL_RANK or SLURM_LOCALID, else 0.
int local_rank();
/// LOCAL_WORLD_SIZE or SLURM_NTASKS_PER_NODE, else 1.
int workers_on_this_machine();

}  // namespace mien::training
