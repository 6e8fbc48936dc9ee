#include "explain/sanity.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "explain/grad_cam.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"

namespace mien::explain {
namespace {

/// Indices of the nodes with weights, the last first.
std::vector<std::size_t> weighted_nodes(const model::Model& model) {
  std::vector<std::size_t> out;
  for (std::size_t i = model.nodes.size(); i-- > 0;) {
    const std::string& op = model.nodes[i].op_type;
    if (op == "Conv" || op == "Gemm" || op == "MatMul") out.push_back(i);
  }
  return out;
}

void randomize(model::Tensor& tensor, std::mt19937_64& random) {
  const auto old = tensor.values<float>();
  double sum = 0, squares = 0;
  for (const float value : old) sum += value, squares += static_cast<double>(value) * value;
  const double count = static_cast<double>(old.size()),
               deviation = std::sqrt(std::max(squares / count - sum / count * (sum / count), 0.0));
  std::normal_distribution<float> draw(0, static_cast<float>(deviation));
  std::vector<float> values(old.size());
  for (float& value : values) value = draw(random);
  tensor = model::make_tensor<float>(tensor.name, tensor.shape, values);
}

}  // namespace

model::Model randomized(model::Model model, std::size_t layers, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> nodes = weighted_nodes(model);
  nodes.resize(std::min(nodes.size(), layers));
  for (const std::size_t index : nodes) {
    const model::Node& node = model.nodes[index];
    const auto tensor = std::find_if(model.initializers.begin(), model.initializers.end(),
                                     [&](const auto& t) { return t.name == node.inputs.at(1); });
    if (tensor == model.initializers.end() || tensor->type != model::DataType::kFloat32) {
      throw Error(ErrorCode::kUnsupported,
                  node.description() +
                      ": weights must be f32 constants; use the model before mien quantize");
    }
    randomize(*tensor, random);
  }
  return model;
}

std::vector<CascadeStep> randomization_test(const model::Model& model, const Image& crop,
                                            std::size_t label, std::uint64_t seed) {
  const model::ClassifierInfo info = model::read_classifier_info(model);
  std::vector<float> input;
  for (int i = 0; i < info.input_size * info.input_size; ++i) {
    input.push_back((static_cast<float>(crop.row(0)[i]) - static_cast<float>(info.mean)) /
                    static_cast<float>(info.std));
  }
  const auto map_of = [&](const model::Model& of) {
    return GradCam(of, of.outputs[0].name, info.input_size, 1).explain(input, label).map;
  };
  const HeatMap trained = map_of(model);
  std::vector<CascadeStep> steps;
  for (const std::size_t index : weighted_nodes(model)) {
    const HeatMap random = map_of(randomized(model, steps.size() + 1, seed));
    steps.push_back({model.nodes[index].name,
                     {rank_correlation(trained.values, random.values),
                      structural_similarity(resize(trained, info.input_size),
                                            resize(random, info.input_size))}});
  }
  return steps;
}

}  // namespace mien::explain
