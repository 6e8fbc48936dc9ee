#pragma once

#include <optional>
#include <span>

#include "model/model.hpp"

namespace mien::engine {

/// Limits the memory of constants that are computed from those of one file, so that a small file
/// cannot fill the memory.
class ConstantBudget {
 public:
  /// Adds one constant; throws Error kTooLarge naming it if the total exceeds 512 MB.
  void spend(const model::Tensor& tensor);

 private:
  std::size_t left_ = std::size_t{512} << 20;
};

/// The value of a node whose inputs are all constants (null: an omitted optional input); empty for
/// operators that exporters do not use to compute shapes and rearrange weights. Throws Error
/// kBadFormat naming the node, kTooLarge if the constant is too large.
std::optional<model::Tensor> fold(const model::Node& node,
                                  std::span<const model::Tensor* const> inputs);

/// The values of a tensor of integers; throws Error kBadFormat for f32.
std::vector<std::int64_t> integers(const model::Tensor& tensor);

}  // namespace mien::engine
