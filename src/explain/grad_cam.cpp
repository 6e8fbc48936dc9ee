#include "explain/grad_cam.hpp"

#include <algorithm>

#include "engine/simplify.hpp"
#include "mien/error.hpp"
#include "model/subgraph.hpp"

namespace mien::explain {
namespace {

engine::Network compile(const model::Model& model, std::span<const std::string> values, int threads) {
  return engine::Network::compile(model::subgraph(model, model.inputs.at(0).name, values), {engine::Precision::kF32, threads});
}

/// The last value behind the last convolution that is as large as its result, and that everything passes through.
std::string last_activations(const model::Model& model, const std::string& output, int side) {
  const model::Model used = model::subgraph(model, model.inputs.at(0).name, std::span(&output, 1));
  std::vector<std::string> behind;  // all that is made from the last convolution on
  for (const model::Node& node : used.nodes) {
    if (node.op_type == "Conv") behind.clear();
    if (node.op_type != "QuantizeLinear") behind.insert(behind.end(), node.outputs.begin(), node.outputs.end());
  }
  std::vector<std::string> candidates;
  for (const std::string& value : model::bottlenecks(used, output)) {
    if (std::find(behind.begin(), behind.end(), value) != behind.end()) candidates.push_back(value);
  }
  const auto shapes = compile(model, candidates, 1).output_shapes({1, 1, side, side});
  std::string found;
  std::vector<std::int64_t> shape;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (shapes[i].size() != 4 || shapes[i][2] * shapes[i][3] == 1) continue;
    if (!shape.empty() && shapes[i] != shape) break;
    found = candidates[i];
    shape = shapes[i];
  }
  if (found.empty() || shape[2] != shape[3]) {
    throw Error(ErrorCode::kUnsupported, "Grad-CAM needs square activations behind the last convolution that everything passes through, and this network has none");
  }
  return found;
}

}  // namespace

struct GradCam::Parts {
  model::Model model;  ///< simplified
  std::string layer, output;
  int side, threads;
};

GradCam::GradCam(const model::Model& model, const std::string& output, int side, int threads)
    : GradCam([&] {
        model::Model simple = engine::simplify(model, engine::NormPlacement::kInPlace);
        std::string layer = last_activations(simple, output, side);
        return Parts{std::move(simple), std::move(layer), output, side, threads};
      }()) {}

GradCam::GradCam(Parts parts)
    : layer_(std::move(parts.layer)),
      side_(parts.side),
      trunk_(compile(parts.model, std::span(&layer_, 1), parts.threads)),
      head_(model::subgraph(parts.model, layer_, std::span(&parts.output, 1))) {}

GradCam::Result GradCam::explain(std::span<const float> input, std::size_t label) const {
  std::vector<engine::OutputTensor> outputs = trunk_.run(input, {1, 1, side_, side_});
  const Array activations{outputs[0].shape, std::move(outputs[0].values)};
  Head::Derivative derivative = head_.differentiate(activations, label);
  const auto channels = static_cast<std::size_t>(activations.shape[1]);
  const std::size_t cells = activations.values.size() / channels;
  Result result{{static_cast<int>(activations.shape[2]), std::vector<float>(cells)}, std::move(derivative.outputs)};
  for (std::size_t c = 0; c < channels; ++c) {
    float weight = 0;
    for (std::size_t i = 0; i < cells; ++i) weight += derivative.gradient.values[c * cells + i] / static_cast<float>(cells);
    for (std::size_t i = 0; i < cells; ++i) result.map.values[i] += weight * activations.values[c * cells + i];
  }
  for (float& value : result.map.values) value = std::max(value, 0.0F);
  return result;
}

}  // namespace mien::explain
