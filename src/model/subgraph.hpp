#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace mien::model {

/// The part of a graph that makes the values `to` out of the value `from` (the graph's input or a
/// value within it), with the constants that it needs and without metadata. Its input has no stated
/// shape unless `from` is the graph's own. Throws Error kInvalidArgument where no node makes a
/// value of `to`.
Model subgraph(const Model& model, const std::string& from, std::span<const std::string> to);

/// Values that every way from the graph's input to `output` passes through, in the order of
/// execution; the last is `output` itself. Throws Error kInvalidArgument where the graph has not
/// one input or does not make `output`.
std::vector<std::string> bottlenecks(const Model& model, const std::string& output);

}  // namespace mien::model
