#include <algorithm>
#include <limits>
#include <map>

#include "engine/attributes.hpp"
#include "explain/layers.hpp"

namespace mien::explain {
namespace {

using model::Node;

/// The windows of a pool over planes of height x width.
struct Window {
  std::int64_t planes = 0, height = 0, width = 0;  ///< of the input
  std::int64_t rows = 0, columns = 0;              ///< of the output
  std::int64_t kernel_y = 0, kernel_x = 0, step_y = 1, step_x = 1, pad_top = 0, pad_left = 0;

  /// visit(index of the output, indices of the input in its window).
  template <class Visit>
  void each(Visit visit) const {
    std::vector<std::int64_t> inside;
    for (std::int64_t o = 0; o < planes * rows * columns; ++o) {
      const std::int64_t plane = o / (rows * columns), top = o / columns % rows * step_y - pad_top,
                         left = o % columns * step_x - pad_left;
      inside.clear();
      for (std::int64_t y = std::max<std::int64_t>(top, 0); y < std::min(top + kernel_y, height);
           ++y) {
        for (std::int64_t x = std::max<std::int64_t>(left, 0); x < std::min(left + kernel_x, width);
             ++x) {
          inside.push_back((plane * height + y) * width + x);
        }
      }
      visit(o, inside);
    }
  }
};

const Array& planes_of(const Node& node, Inputs inputs) {
  if (inputs.empty() || inputs[0] == nullptr || inputs[0]->shape.size() != 4)
    engine::unsupported(node, "an input of other than four dimensions");
  return *inputs[0];
}

Window window_of(const Node& node, Inputs inputs) {
  const std::vector<std::int64_t>& shape = planes_of(node, inputs).shape;
  Window w{.planes = shape[1], .height = shape[2], .width = shape[3]};
  const bool plain = engine::string_attribute(node, "auto_pad", "NOTSET") == "NOTSET" &&
                     engine::integer_attribute(node, "ceil_mode", 0) == 0 &&
                     engine::integers_attribute(node, "dilations", {1, 1}) == engine::Dims{1, 1};
  const engine::Dims kernel = engine::integers_attribute(node, "kernel_shape", {}),
                     steps = engine::integers_attribute(node, "strides", {1, 1}),
                     pads = engine::integers_attribute(node, "pads", {0, 0, 0, 0});
  const bool includes_pads =
      node.op_type == "AveragePool" && engine::integer_attribute(node, "count_include_pad", 0) != 0;
  const auto is_sane = [&](int i) {
    return kernel[i] >= 1 && steps[i] >= 1 && pads[i] >= 0 && pads[i + 2] >= 0 &&
           pads[i] < kernel[i] && pads[i + 2] < kernel[i];
  };
  if (!plain || includes_pads || kernel.size() != 2 || steps.size() != 2 || pads.size() != 4 ||
      !is_sane(0) || !is_sane(1)) {
    engine::unsupported(node, "Grad-CAM does not know a pool of this form");
  }
  w.kernel_y = kernel[0], w.kernel_x = kernel[1], w.step_y = steps[0], w.step_x = steps[1],
  w.pad_top = pads[0], w.pad_left = pads[1];
  w.rows = (w.height + pads[0] + pads[2] - kernel[0]) / steps[0] + 1;
  w.columns = (w.width + pads[1] + pads[3] - kernel[1]) / steps[1] + 1;
  return w;
}

Array max_pool(const Node& node, Inputs inputs) {
  const Window w = window_of(node, inputs);
  Array y = zeros({1, w.planes, w.rows, w.columns});
  w.each([&](auto o, const auto& inside) {
    float most = std::numeric_limits<float>::lowest();
    for (const auto i : inside) most = std::max(most, inputs[0]->values[i]);
    y.values[o] = most;
  });
  return y;
}
/// The first of equal maxima takes it all, as in LibTorch.
std::vector<Array> max_pool_back(const Node& node, Inputs inputs, const Array& gradient) {
  Array out = zeros(inputs[0]->shape);
  window_of(node, inputs).each([&](auto o, const auto& inside) {
    const auto most = std::max_element(inside.begin(), inside.end(), [&](auto a, auto b) {
      return inputs[0]->values[a] < inputs[0]->values[b];
    });
    out.values[*most] += gradient.values[o];
  });
  return {std::move(out)};
}

Array average_pool(const Node& node, Inputs inputs) {
  const Window w = window_of(node, inputs);
  Array y = zeros({1, w.planes, w.rows, w.columns});
  w.each([&](auto o, const auto& inside) {
    for (const auto i : inside)
      y.values[o] += inputs[0]->values[i] / static_cast<float>(inside.size());
  });
  return y;
}
std::vector<Array> average_pool_back(const Node& node, Inputs inputs, const Array& gradient) {
  Array out = zeros(inputs[0]->shape);
  window_of(node, inputs).each([&](auto o, const auto& inside) {
    for (const auto i : inside)
      out.values[i] += gradient.values[o] / static_cast<float>(inside.size());
  });
  return {std::move(out)};
}

Array plane_mean(const Node& node, Inputs inputs) {
  const Array& x = planes_of(node, inputs);
  const std::int64_t size = x.shape[2] * x.shape[3];
  Array y = zeros({1, x.shape[1], 1, 1});
  for (std::size_t i = 0; i < x.values.size(); ++i)
    y.values[i / size] += x.values[i] / static_cast<float>(size);
  return y;
}
std::vector<Array> plane_mean_back(const Node&, Inputs inputs, const Array& gradient) {
  Array out = zeros(inputs[0]->shape);
  const std::int64_t size = inputs[0]->shape[2] * inputs[0]->shape[3];
  for (std::size_t i = 0; i < out.values.size(); ++i)
    out.values[i] = gradient.values[i / size] / static_cast<float>(size);
  return {std::move(out)};
}

/// The axes are an attribute, and an input from opset 18 on.
Array reduce_mean(const Node& node, Inputs inputs) {
  engine::Dims axes = engine::integers_attribute(node, "axes", {});
  if (inputs.size() > 1 && inputs[1] != nullptr)
    axes.assign(inputs[1]->values.begin(), inputs[1]->values.end());
  for (std::int64_t& axis : axes) axis = engine::normalize_axis(node, axis, 4);
  std::sort(axes.begin(), axes.end());
  if (axes != engine::Dims{2, 3})
    engine::unsupported(node, "Grad-CAM supports means over height and width only");
  Array y = plane_mean(node, inputs);
  if (engine::integer_attribute(node, "keepdims", 1) == 0) y.shape.resize(2);
  return y;
}

}  // namespace

const Layer* find_pool(const std::string& op_type) {
  static const std::map<std::string, Layer> layers = {
      {"MaxPool", {max_pool, max_pool_back}},
      {"AveragePool", {average_pool, average_pool_back}},
      {"GlobalAveragePool", {plane_mean, plane_mean_back}},
      {"ReduceMean", {reduce_mean, plane_mean_back}},
  };
  const auto found = layers.find(op_type);
  return found != layers.end() ? &found->second : nullptr;
}

}  // namespace mien::explain
