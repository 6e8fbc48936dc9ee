#include "explain/grad_cam.hpp"

#include <algorithm>

#include "engine/simplify.hpp"
#include "explain/layers.hpp"
#include "mien/error.hpp"
#include "model/subgraph.hpp"

namespace mien::explain {
namespace {

constexpr int kCells = 6;  ///< per side; fewer cannot tell mouth from cheek

engine::Network compile(const model::Model& model, std::span<const std::string> values,
                        int threads) {
  return engine::Network::compile(model::subgraph(model, model.inputs.at(0).name, values),
                                  {engine::Precision::kF32, threads});
}

/// Real numbers of the network that everything passes through.
struct Activations {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t convolutions;  ///< in front of them
};

/// In the order of execution: those with a place in the image behind at least one convolution.
std::vector<Activations> activations_of(const model::Model& model, const std::string& output,
                                        int side) {
  const model::Model used = model::subgraph(model, model.inputs.at(0).name, std::span(&output, 1));
  const std::vector<std::string> narrow = model::bottlenecks(used, output);
  std::vector<std::string> names;
  std::vector<std::size_t> convolutions;
  std::size_t count = 0;
  for (const model::Node& node : used.nodes) {
    count += node.op_type == "Conv";
    const bool is_narrow = std::find(narrow.begin(), narrow.end(), node.outputs[0]) != narrow.end();
    if (count == 0 || !is_narrow || node.op_type == "QuantizeLinear") continue;
    names.push_back(node.outputs[0]);
    convolutions.push_back(count);
  }
  if (names.empty()) return {};
  const auto shapes = compile(model, names, 1).output_shapes({1, 1, side, side});
  std::vector<Activations> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (shapes[i].size() == 4 && shapes[i][2] == shapes[i][3] && shapes[i][2] > 1)
      found.push_back({names[i], shapes[i], convolutions[i]});
  }
  return found;
}

/// The last of at least `cells` cells a side, but not what only a pool has made coarser since the
/// last convolution.
const Activations* last_of(const std::vector<Activations>& activations, std::int64_t cells) {
  const Activations* last = nullptr;
  for (const Activations& next : activations) {
    const bool is_pooled =
        last != nullptr && next.convolutions == last->convolutions && next.shape != last->shape;
    if (next.shape[2] >= cells && !is_pooled) last = &next;
  }
  return last;
}

Head head_behind(const model::Model& model, const Activations& activations,
                 const std::string& output) {
  return Head(model::subgraph(model, activations.name, std::span(&output, 1)));
}

}  // namespace

struct GradCam::Parts {
  std::string layer;
  engine::Network trunk;
  Head head;
};

GradCam::Parts GradCam::cut(const model::Model& model, const std::string& output, int side,
                            int threads) {
  const std::vector<Activations> activations = activations_of(model, output, side);
  const Activations *last = last_of(activations, 1),
                    *fine = last_of(activations, std::min(kCells, side / 8));
  if (last == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                "Grad-CAM needs square activations behind a convolution that everything passes "
                "through, and this network has none");
  }
  const auto at = [&](const Activations& layer, Head head) {
    return Parts{layer.name, compile(model, std::span(&layer.name, 1), threads), std::move(head)};
  };
  if (fine != nullptr && fine != last) {
    try {
      Head head = head_behind(model, *fine, output);
      head.differentiate(zeros(fine->shape), 0);  // a layer's form is known where it runs
      return at(*fine, std::move(head));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
    }
  }
  return at(*last, head_behind(model, *last, output));
}

GradCam::GradCam(const model::Model& model, const std::string& output, int side, int threads)
    : GradCam(cut(engine::simplify(model, engine::NormPlacement::kInPlace), output, side, threads),
              side) {}

GradCam::GradCam(Parts parts, int side)
    : layer_(std::move(parts.layer)),
      side_(side),
      trunk_(std::move(parts.trunk)),
      head_(std::move(parts.head)) {}

GradCam::Result GradCam::explain(std::span<const float> input, std::size_t label) const {
  std::vector<engine::OutputTensor> outputs = trunk_.run(input, {1, 1, side_, side_});
  const Array activations{outputs[0].shape, std::move(outputs[0].values)};
  Head::Derivative derivative = head_.differentiate(activations, label);
  const auto channels = static_cast<std::size_t>(activations.shape[1]);
  const std::size_t cells = activations.values.size() / channels;
  Result result{{static_cast<int>(activations.shape[2]), std::vector<float>(cells)},
                std::move(derivative.outputs)};
  for (std::size_t i = 0; i < activations.values.size(); ++i)
    result.map.values[i % cells] += derivative.gradient.values[i] * activations.values[i];
  for (float& value : result.map.values) value = std::max(value, 0.0F);
  return result;
}

}  // namespace mien::explain
