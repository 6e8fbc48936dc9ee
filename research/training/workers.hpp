#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace mien::training {

/// The processes that train one network together (data parallel), each with the same weights and a
/// part of every batch. Sums go over LibTorch's c10d: Gloo on CPUs, NCCL on CUDA devices. Every
/// worker must call sum and broadcast in the same order. A worker that is gone makes the call throw
/// Error kIo in the others.
class Workers {
 public:
  /// One process.
  Workers() = default;

  /// As torchrun and Kubeflow say (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or as Slurm does
  /// (SLURM_PROCID, SLURM_NTASKS) where MASTER_ADDR is set; without these, one process.
  /// GLOO_SOCKET_IFNAME names the network interface. Waits for all workers to come. Throws Error
  /// kInvalidArgument naming the variable that is missing or wrong, kUnsupported where this build
  /// has no Gloo or NCCL, kIo where the others do not come.
  static Workers from_environment(const torch::Device& device);

  int rank() const { return rank_; }  ///< 0 to size - 1; 0 writes the files
  int size() const { return size_; }
  bool leads() const { return rank_ == 0; }

  /// Each tensor (one dtype and device for all) becomes its sum over the workers.
  void sum(const std::vector<torch::Tensor>& tensors) const;
  /// Each tensor becomes what it is in worker 0.
  void broadcast(const std::vector<torch::Tensor>& tensors) const;

 private:
  using Operation = std::function<void(torch::Tensor&)>;
  void apply(const std::vector<torch::Tensor>& tensors, const Operation& operation) const;

  int rank_ = 0;
  int size_ = 1;
  Operation sum_, broadcast_;
};

/// CUDA device of this process where several share a machine: LOCAL_RANK or SLURM_LOCALID, else 0.
int local_rank();
/// LOCAL_WORLD_SIZE or SLURM_NTASKS_PER_NODE, else 1: they share the cores.
int workers_on_this_machine();

}  // namespace mien::training
