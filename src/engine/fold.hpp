#pragma once

#include <optional>
#include <span>

#include "model/model.hpp"

namespace mien::engine {

/// The value of a node whose inputs are all constants (a null input is one left out); empty where the
/// operator is not one of those that exporters use to compute shapes and to rearrange weights. Throws Error
/// kBadFormat naming the node.
std::optional<model::Tensor> fold(const model::Node& node, std::span<const model::Tensor* const> inputs);

/// The values of a tensor of integers; throws Error kBadFormat for f32.
std::vector<std::int64_t> integers(const model::Tensor& tensor);

}  // namespace mien::engine
