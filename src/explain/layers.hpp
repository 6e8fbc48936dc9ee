#pragma once

#include <span>
#include <string>
#include <vector>

#include "explain/head.hpp"
#include "model/model.hpp"

namespace mien::explain {

using Inputs = std::span<const Array* const>;  ///< of a node; null: left out

/// A layer of a head and its derivative.
struct Layer {
  Array (*forward)(const model::Node& node, Inputs inputs);
  /// Given d y / d output, d y / d input for each input; an empty array for one that must be a
  /// constant.
  std::vector<Array> (*backward)(const model::Node& node, Inputs inputs, const Array& gradient);
};

/// By operator; null where there is none.
const Layer* find_layer(const std::string& op_type);
const Layer* find_pool(const std::string& op_type);

/// Of two dimensions, without dilation, by constant weights.
Array convolution(const model::Node& node, Inputs inputs);
std::vector<Array> convolution_back(const model::Node& node, Inputs inputs, const Array& gradient);

std::int64_t element_count(const std::vector<std::int64_t>& shape);
inline Array zeros(std::vector<std::int64_t> shape) {
  const std::int64_t count = element_count(shape);
  return {std::move(shape), std::vector<float>(static_cast<std::size_t>(count))};
}

}  // namespace mien::explain
