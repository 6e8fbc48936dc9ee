#pragma once

#include <optional>
#include <span>

#include "model/model.hpp"

namespace mien::engine {

/// What the constants computed from those of one file may take, so that a small file cannot fill
/// the memory.
class ConstantBudget {
 public:
  /// Counts one more; throws Error kTooLarge naming it once all together take more than 512 MB.
  void spend(const model::Tensor& tensor);

 private:
  std::size_t left_ = std::size_t{512} << 20;
};

/// The value of a node whose inputs are all constants (a null input is one left out); empty where
/// the operator is not one of those that exporters use to compute shapes and to rearrange weights.
/// Throws Error kBadFormat naming the node, kTooLarge where the constants are too large to compute
/// with.
std::optional<model::Tensor> fold(const model::Node& node,
                                  std::span<const model::Tensor* const> inputs);

/// The values of a tensor of integers; throws Error kBadFormat for f32.
std::vector<std::int64_t> integers(const model::Tensor& tensor);

}  // namespace mien::engine
