#include "engine/attributes.hpp"
#include "explain/layers.hpp"

namespace mien::explain {
namespace {

using model::Node;

/// A convolution of one image as products of matrices, one a group: weights [outputs, taps] times
/// patches [taps, places], where a place is one of the result, and its taps are what the kernel
/// lies on there (0 beyond the edges).
struct Convolution {
  std::int64_t groups = 1, channels = 0, outputs = 0;  ///< channels and outputs of one group
  std::int64_t height = 0, width = 0;                  ///< of the input
  std::int64_t rows = 0, columns = 0;                  ///< of the result
  std::int64_t kernel_y = 0, kernel_x = 0, step_y = 1, step_x = 1, pad_top = 0, pad_left = 0;

  std::int64_t taps() const { return channels * kernel_y * kernel_x; }
  std::int64_t places() const { return rows * columns; }
  Array no_patches() const { return zeros({groups, taps(), places()}); }

  /// visit(index in the patches, index in the input) wherever the kernel lies on the image.
  template <class Visit>
  void each(Visit visit) const {
    for (std::int64_t tap = 0; tap < groups * taps(); ++tap) {
      const std::int64_t channel = tap / (kernel_y * kernel_x),
                         top = tap / kernel_x % kernel_y - pad_top,
                         left = tap % kernel_x - pad_left;
      for (std::int64_t place = 0; place < places(); ++place) {
        const std::int64_t y = top + place / columns * step_y, x = left + place % columns * step_x;
        if (y >= 0 && y < height && x >= 0 && x < width)
          visit(tap * places() + place, (channel * height + y) * width + x);
      }
    }
  }

  /// visit(weight, index of its output's first place, index of its tap's first place in the
  /// patches).
  template <class Visit>
  void each_weight(const Array& weights, Visit visit) const {
    for (std::int64_t output = 0; output < groups * outputs; ++output) {
      const std::int64_t first_tap = output / outputs * taps();
      for (std::int64_t tap = 0; tap < taps(); ++tap)
        visit(weights.values[output * taps() + tap], output * places(),
              (first_tap + tap) * places());
    }
  }
};

Convolution convolution_of(const Node& node, Inputs inputs) {
  if (inputs.size() < 2 || inputs[0] == nullptr || inputs[1] == nullptr)
    engine::malformed(node, "lacks an input");
  const std::vector<std::int64_t>&shape = inputs[0]->shape, &weights = inputs[1]->shape;
  if (shape.size() != 4 || weights.size() != 4)
    engine::unsupported(node, "Grad-CAM supports two-dimensional convolutions only");
  const engine::Dims steps = engine::integers_attribute(node, "strides", {1, 1}),
                     pads = engine::integers_attribute(node, "pads", {0, 0, 0, 0});
  const bool plain = engine::string_attribute(node, "auto_pad", "NOTSET") == "NOTSET" &&
                     engine::integers_attribute(node, "dilations", {1, 1}) == engine::Dims{1, 1};
  const auto is_sane = [&](int i) {
    const std::int64_t kernel = weights[i + 2];
    return steps[i] >= 1 && pads[i] >= 0 && pads[i + 2] >= 0 && kernel >= 1 &&
           kernel <= shape[i + 2] + pads[i] + pads[i + 2];
  };
  if (!plain || steps.size() != 2 || pads.size() != 4 || !is_sane(0) || !is_sane(1))
    engine::unsupported(node, "Grad-CAM does not know a convolution of this form");
  const std::int64_t groups = engine::integer_attribute(node, "group", 1);
  if (groups < 1 || weights[0] % groups != 0 || weights[1] * groups != shape[1])
    engine::malformed(node, "has weights that do not fit its input's channels");
  return {.groups = groups,
          .channels = weights[1],
          .outputs = weights[0] / groups,
          .height = shape[2],
          .width = shape[3],
          .rows = (shape[2] + pads[0] + pads[2] - weights[2]) / steps[0] + 1,
          .columns = (shape[3] + pads[1] + pads[3] - weights[3]) / steps[1] + 1,
          .kernel_y = weights[2],
          .kernel_x = weights[3],
          .step_y = steps[0],
          .step_x = steps[1],
          .pad_top = pads[0],
          .pad_left = pads[1]};
}

/// sums[i] += factor * values[i]. All the time goes here.
void add_scaled(float* sums, float factor, const float* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += factor * values[i];
}

}  // namespace

Array convolution(const Node& node, Inputs inputs) {
  const Convolution c = convolution_of(node, inputs);
  Array patches = c.no_patches(), y = zeros({1, c.groups * c.outputs, c.rows, c.columns});
  c.each([&](auto patch, auto input) { patches.values[patch] = inputs[0]->values[input]; });
  if (inputs.size() > 2 && inputs[2] != nullptr) {
    if (static_cast<std::int64_t>(inputs[2]->values.size()) != c.groups * c.outputs)
      engine::malformed(node, "has a bias of another size");
    for (std::size_t i = 0; i < y.values.size(); ++i)
      y.values[i] = inputs[2]->values[i / c.places()];
  }
  c.each_weight(*inputs[1], [&](float weight, auto output, auto patch) {
    add_scaled(&y.values[output], weight, &patches.values[patch], c.places());
  });
  return y;
}

std::vector<Array> convolution_back(const Node& node, Inputs inputs, const Array& gradient) {
  const Convolution c = convolution_of(node, inputs);
  Array patches = c.no_patches(), out = zeros(inputs[0]->shape);
  c.each_weight(*inputs[1], [&](float weight, auto output, auto patch) {
    add_scaled(&patches.values[patch], weight, &gradient.values[output], c.places());
  });
  c.each([&](auto patch, auto input) { out.values[input] += patches.values[patch]; });
  return {std::move(out)};
}

}  // namespace mien::explain
