#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace mien::model {

/// The part of a graph that computes the values `to` from the value `from` (the graph's input or an
/// inner value), with the required constants and without metadata. The shape of its input is
/// unknown unless `from` is the graph's input. Throws Error kInvalidArgument if `to` cannot be
/// computed from `from`.
Model subgraph(const Model& model, const std::string& from, std::span<const std::string> to);

/// The values that every path from the graph's input to `output` passes through, in execution
/// order; the last is `output`. Throws Error kInvalidArgument if the graph does not have one input
/// or does not compute `output`.
std::vector<std::string> bottlenecks(const Model& model, const std::string& output);

}  // namespace mien::model
