#include "model/photo_head.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "mien/emotion.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"

namespace mien::model {
namespace {

using Frequencies = std::array<double, kEmotionCount>;

/// Of FER2013's labels in its Training split.
constexpr Frequencies kFer2013 = {.139, .015, .143, .251, .168, .110, .173};
/// Of the FER+ votes for the same images; the rest is contempt.
constexpr Frequencies kFerPlus = {.081, .009, .029, .284, .139, .122, .326};

/// The dense layer of a head: logits = weights x + bias.
struct Dense {
  std::string input;
  std::size_t features = 0;
  std::vector<std::vector<float>> weights;  // by class
  std::vector<float> bias;                  // by class
};

[[noreturn]] void unsupported(std::string_view head, const std::string& what) {
  throw Error(ErrorCode::kUnsupported,
              "head '" + std::string(head) + "' " + what +
                  "; the photo head needs Gemm layers with constant f32 weights");
}

template <class T>
T attribute_or(const Node& node, const char* name, T otherwise) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : std::get<T>(found->second);
}

const Tensor& constant(const Model& model, std::string_view head, const std::string& name) {
  const Tensor* tensor = model.find_initializer(name);
  if (tensor == nullptr || tensor->type != DataType::kFloat32)
    unsupported(head, "has a layer whose weights are not constants of f32");
  return *tensor;
}

Dense read_dense(const Model& model, std::string_view head, std::size_t classes) {
  const auto node = std::ranges::find_if(
      model.nodes, [&](const Node& n) { return std::ranges::count(n.outputs, head) > 0; });
  if (node == model.nodes.end() || node->op_type != "Gemm" || node->inputs.size() < 2)
    unsupported(head, "does not end in a Gemm");
  if (attribute_or(*node, "alpha", 1.0F) != 1 || attribute_or(*node, "beta", 1.0F) != 1 ||
      attribute_or<std::int64_t>(*node, "transA", 0) != 0) {
    unsupported(head, "ends in a Gemm with alpha, beta or transA");
  }
  const Tensor& weights = constant(model, head, node->inputs[1]);
  const bool by_class = attribute_or<std::int64_t>(*node, "transB", 0) != 0;
  if (weights.shape.size() != 2 ||
      weights.shape[by_class ? 0 : 1] != static_cast<std::int64_t>(classes))
    unsupported(head, "has weights of another shape than its labels");
  Dense out{.input = node->inputs[0],
            .features = static_cast<std::size_t>(weights.shape[by_class ? 1 : 0]),
            .weights = {},
            .bias = std::vector<float>(classes)};
  const std::span<const float> values = weights.values<float>();
  for (std::size_t c = 0; c < classes; ++c) {
    std::vector<float>& row = out.weights.emplace_back(out.features);
    for (std::size_t k = 0; k < out.features; ++k)
      row[k] = by_class ? values[c * out.features + k] : values[k * classes + c];
  }
  if (node->inputs.size() > 2 && !node->inputs[2].empty()) {
    const std::span<const float> bias = constant(model, head, node->inputs[2]).values<float>();
    if (bias.size() != classes) unsupported(head, "has a bias of another shape than its labels");
    out.bias.assign(bias.begin(), bias.end());
  }
  return out;
}

/// The class of an emotion.
std::size_t class_of(std::string_view head, const std::vector<std::string>& labels, int emotion) {
  const std::string_view name = to_string(static_cast<Emotion>(emotion));
  const auto found = std::ranges::find(labels, name);
  if (found == labels.end())
    throw Error(ErrorCode::kInvalidArgument,
                "head '" + std::string(head) + "' has no label '" + std::string(name) + "'");
  return static_cast<std::size_t>(found - labels.begin());
}

std::string print(const Frequencies& values) {
  std::vector<std::string> parts;
  for (const double value : values) parts.push_back(base::print_number(value));
  return base::join(parts, ",");
}

void check_range(double value, const char* name) {
  if (!(value >= 0 && value <= 1))
    throw Error(ErrorCode::kInvalidArgument,
                base::format("photo head: %s is %g; it must be between 0 and 1", name, value));
}

}  // namespace

Model add_photo_head(Model model, const PhotoHeadOptions& options) {
  check_range(options.weight, "weight");
  check_range(options.prior, "prior");
  model = with_default_head(std::move(model), kFer2013Head);
  if (std::ranges::count(head_names(model), kPhotoHead) > 0) remove_head(model, kPhotoHead);
  ClassifierInfo info = read_classifier_info(model);
  const auto ferplus_info = info.other_heads.find(kFerPlusHead);
  if (ferplus_info == info.other_heads.end())
    throw Error(ErrorCode::kInvalidArgument,
                "the model has no head 'ferplus'; the photo head is made of fer2013 and ferplus");
  const std::vector<std::string>& ferplus_labels = ferplus_info->second.labels;
  const Dense fer = read_dense(model, kFer2013Head, info.labels.size()),
              plus = read_dense(model, kFerPlusHead, ferplus_labels.size());
  if (fer.input != plus.input || fer.features != plus.features)
    unsupported(kFerPlusHead, "uses other features than head 'fer2013'");

  const double w = options.weight;
  std::vector<float> weights, bias;
  HeadInfo photo;
  for (int emotion = 0; emotion < kEmotionCount; ++emotion) {
    const std::size_t f = class_of(kFer2013Head, info.labels, emotion),
                      p = class_of(kFerPlusHead, ferplus_labels, emotion);
    const auto mix = [w](double a, double b) { return w * a + (1 - w) * b; };
    for (std::size_t k = 0; k < fer.features; ++k)
      weights.push_back(static_cast<float>(mix(fer.weights[f][k], plus.weights[p][k])));
    const auto e = static_cast<std::size_t>(emotion);
    bias.push_back(
        static_cast<float>(mix(fer.bias[f], plus.bias[p]) -
                           options.prior * mix(std::log(kFer2013[e]), std::log(kFerPlus[e]))));
    photo.labels.emplace_back(to_string(static_cast<Emotion>(emotion)));
  }
  const std::string name(kPhotoHead), weight_name = name + ".weight", bias_name = name + ".bias";
  for (const Tensor& tensor : model.initializers) {
    if (tensor.name == weight_name || tensor.name == bias_name)
      throw Error(ErrorCode::kUnsupported, "the model already has a tensor '" + tensor.name + "'");
  }
  model.initializers.push_back(make_tensor<float>(
      weight_name, {kEmotionCount, static_cast<std::int64_t>(fer.features)}, weights));
  model.initializers.push_back(make_tensor<float>(bias_name, {kEmotionCount}, bias));
  model.nodes.push_back(
      {name, "Gemm", {fer.input, weight_name, bias_name}, {name}, {{"transB", std::int64_t{1}}}});
  model.outputs.push_back({name, DataType::kFloat32, {-1, kEmotionCount}});
  info.other_heads[name] = std::move(photo);
  info.provenance["photo.weight"] = base::print_number(options.weight);
  info.provenance["photo.prior"] = base::print_number(options.prior);
  info.provenance["photo.frequencies.fer2013"] = print(kFer2013);
  info.provenance["photo.frequencies.ferplus"] = print(kFerPlus);
  write_classifier_info(model, info);
  return with_default_head(std::move(model), kPhotoHead);
}

}  // namespace mien::model
