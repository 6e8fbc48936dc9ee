#include <algorithm>
#include <numeric>

#include "engine/fold.hpp"
#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using model::Node;
using model::Tensor;

/// A list that is an input in newer opsets and an attribute in older ones.
Dims list_operand(Planner& planner, const Node& node, std::size_t index, const char* attribute) {
  const Tensor* tensor = planner.constant(node, index);
  return tensor != nullptr ? integers(*tensor) : integers_attribute(node, attribute, {});
}

void reshape(Planner& planner, const Node& node) {
  const int id = planner.view_operand(node);
  const Dims input = planner.value(id).shape;
  Dims shape = list_operand(planner, node, 1, "shape");
  std::int64_t known = 1;
  std::int64_t* free = nullptr;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && axis < input.size()) shape[axis] = input[axis];
    if (shape[axis] == -1 && free == nullptr) {
      free = &shape[axis];
    } else if (shape[axis] <= 0 || __builtin_mul_overflow(known, shape[axis], &known)) {
      malformed(node, "invalid shape");
    }
  }
  if (free != nullptr) *free = product(input) / known;
  planner.define_view(node, planner.reshape(node, id, std::move(shape)));
}

void flatten(Planner& planner, const Node& node) {
  const int id = planner.view_operand(node);
  const Dims input = planner.value(id).shape;
  const auto rank = static_cast<std::int64_t>(input.size());
  const std::int64_t given = integer_attribute(node, "axis", 1);
  const std::int64_t axis = given == rank ? rank : normalize_axis(node, given, rank);
  const std::int64_t rows = product(Dims(input.begin(), input.begin() + axis));
  planner.define_view(node, planner.reshape(node, id, {rows, product(input) / rows}));
}

void squeeze(Planner& planner, const Node& node) {
  const int id = planner.view_operand(node);
  const Dims input = planner.value(id).shape;
  Dims axes = list_operand(planner, node, 1, "axes");
  for (std::int64_t& axis : axes)
    axis = normalize_axis(node, axis, static_cast<std::int64_t>(input.size()));
  Dims shape;
  for (std::size_t axis = 0; axis < input.size(); ++axis) {
    const bool listed =
        std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) != axes.end();
    if (!(axes.empty() ? input[axis] == 1 : listed)) shape.push_back(input[axis]);
  }
  planner.define_view(node, planner.reshape(node, id, std::move(shape)));
}

void unsqueeze(Planner& planner, const Node& node) {
  const int id = planner.view_operand(node);
  Dims shape = planner.value(id).shape;
  Dims axes = list_operand(planner, node, 1, "axes");
  for (std::int64_t& axis : axes)
    axis = normalize_axis(node, axis, static_cast<std::int64_t>(shape.size() + axes.size()));
  std::sort(axes.begin(), axes.end());
  for (const std::int64_t axis : axes) {
    if (axis > static_cast<std::int64_t>(shape.size())) malformed(node, "duplicate axis");
    shape.insert(shape.begin() + axis, 1);
  }
  planner.define_view(node, planner.reshape(node, id, std::move(shape)));
}

void identity(Planner& planner, const Node& node) {
  if (node.op_type == "Cast" &&
      integer_attribute(node, "to", 0) != static_cast<int>(model::DataType::kFloat32)) {
    unsupported(node, "target type of a cast; must be f32");
  }
  planner.define(node, planner.operand(node, 0));
}

void transpose(Planner& planner, const Node& node) {
  const int id = planner.view_operand(node);
  const Dims input = planner.value(id).shape;
  Dims reversed(input.size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const Dims order = integers_attribute(node, "perm", reversed);
  if (!std::is_permutation(order.begin(), order.end(), reversed.begin(), reversed.end())) {
    malformed(node, "'perm' is not a permutation of the axes");
  }
  Transpose operation;
  Dims shape;
  for (const std::int64_t axis : order) {
    operation.order.push_back(static_cast<int>(axis));
    shape.push_back(input[axis]);
  }
  planner.define_view(node, planner.emit_view(node, operation, id, std::move(shape)));
}

void concat(Planner& planner, const Node& node) {
  std::vector<int> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    inputs.push_back(planner.float_input(node, i));
  if (inputs.empty()) malformed(node, "no inputs");
  Dims shape = planner.value(inputs[0]).shape;
  const auto axis = normalize_axis(node, integer_attribute(node, "axis", 1),
                                   static_cast<std::int64_t>(shape.size()));
  std::int64_t total = 0;
  for (const int id : inputs) {
    Dims part = planner.value(id).shape;
    if (part.size() != shape.size()) malformed(node, "inputs differ in shape");
    total += part[axis];
    part[axis] = shape[axis];
    if (part != shape) malformed(node, "inputs differ in shape");
  }
  shape[axis] = total;
  planner.define(node, planner.emit(node, Concat{static_cast<int>(axis)}, inputs, shape));
}

void slice(Planner& planner, const Node& node) {
  const int id = planner.float_input(node, 0);
  const Dims starts = list_operand(planner, node, 1, "starts");
  const Dims ends = list_operand(planner, node, 2, "ends");
  Dims axes = list_operand(planner, node, 3, "axes");
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (ends.size() != starts.size() || axes.size() != starts.size())
    malformed(node, "'starts', 'ends' and 'axes' differ in length");
  if (const Tensor* steps = planner.constant(node, 4)) {
    for (const std::int64_t step : integers(*steps)) {
      if (step != 1) unsupported(node, "step " + std::to_string(step) + "; must be 1");
    }
  }
  Dims shape = planner.value(id).shape;
  Slice operation{Dims(shape.size(), 0)};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto axis = normalize_axis(node, axes[i], static_cast<std::int64_t>(shape.size()));
    const std::int64_t size = planner.value(id).shape[axis];
    const auto clamp = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    operation.offsets[axis] = clamp(starts[i]);
    shape[axis] = clamp(ends[i]) - clamp(starts[i]);
  }
  planner.define(node, planner.emit(node, operation, {id}, std::move(shape)));
}

void split(Planner& planner, const Node& node) {
  const int id = planner.float_input(node, 0);
  const Dims input = planner.value(id).shape;
  const auto axis = normalize_axis(node, integer_attribute(node, "axis", 0),
                                   static_cast<std::int64_t>(input.size()));
  Dims sizes = list_operand(planner, node, 1, "split");
  const auto parts = static_cast<std::int64_t>(node.outputs.size());
  if (sizes.empty()) {
    const std::int64_t each = (input[axis] + parts - 1) / parts;
    sizes.assign(parts, each);
    sizes.back() = input[axis] - each * (parts - 1);
  }
  std::int64_t total = 0;
  for (const std::int64_t size : sizes)
    total += size < 0 || size > input[axis] ? input[axis] + 1 : size;
  if (static_cast<std::int64_t>(sizes.size()) != parts || total != input[axis])
    malformed(node, "'split' does not add up to the size of the axis");
  Slice operation{Dims(input.size(), 0)};
  for (std::int64_t i = 0; i < parts; ++i) {
    Dims shape = input;
    shape[axis] = sizes[i];
    planner.define(node, planner.emit(node, operation, {id}, std::move(shape)), i);
    operation.offsets[axis] += sizes[i];
  }
}

/// Upsampling by integer factors, like oneDNN's resampling: output o reads at (o + 0.5) / factor -
/// 0.5.
void resize(Planner& planner, const Node& node) {
  const int id = planner.float_input(node, 0);
  const Dims input = planner.value(id).shape;
  if (input.size() != 4)
    unsupported(node, "input rank " + std::to_string(input.size()) + "; must be 4");
  const bool is_upsample = node.op_type == "Upsample";
  Dims shape = input;
  if (!is_upsample && Planner::has_input(node, 3)) {
    shape = integers(*planner.constant(node, 3));
  } else {
    const Tensor* scales = planner.constant(node, is_upsample || planner.opset() < 11 ? 1 : 2);
    if (scales == nullptr || scales->element_count() != 4)
      unsupported(node, "scales; must be 4 constants");
    for (int axis = 0; axis < 4; ++axis) {
      const float scaled = static_cast<float>(input[axis]) * scales->values<float>()[axis];
      if (!(scaled >= 1 && scaled <= 1e9F)) malformed(node, "scales out of range");
      shape[axis] = static_cast<std::int64_t>(scaled);
    }
  }
  if (shape.size() != 4 || shape[0] != input[0] || shape[1] != input[1]) {
    unsupported(node, "resizing of batch or channels");
  }
  for (int axis = 2; axis < 4; ++axis) {
    if (shape[axis] < 1 || shape[axis] % input[axis] != 0)
      unsupported(node, "scale; must be an integer >= 1");
  }
  const std::string mode = string_attribute(node, "mode", "nearest");
  const std::string at =
      is_upsample ? "asymmetric"
                  : string_attribute(node, "coordinate_transformation_mode", "half_pixel");
  const std::string nearest =
      is_upsample ? "floor" : string_attribute(node, "nearest_mode", "round_prefer_floor");
  const bool centered = at == "half_pixel" || at == "pytorch_half_pixel";
  if (mode == "nearest" && ((at == "asymmetric" && nearest == "floor") ||
                            (centered && nearest.starts_with("round_prefer")))) {
    const Resize operation{dnnl::algorithm::resampling_nearest};
    return planner.define(node, planner.emit(node, operation, {id}, std::move(shape)));
  }
  if (mode == "linear" && centered) {
    const Resize operation{dnnl::algorithm::resampling_linear};
    return planner.define(node, planner.emit(node, operation, {id}, std::move(shape)));
  }
  unsupported(node, "mode '" + mode + "' with coordinates '" + at + "'");
}

}  // namespace

Lowering find_rearrangement(const std::string& op_type) {
  if (op_type == "Reshape") return reshape;
  if (op_type == "Flatten") return flatten;
  if (op_type == "Squeeze") return squeeze;
  if (op_type == "Unsqueeze") return unsqueeze;
  if (op_type == "Identity" || op_type == "Dropout" || op_type == "Cast") return identity;
  if (op_type == "Transpose") return transpose;
  if (op_type == "Concat") return concat;
  if (op_type == "Slice") return slice;
  if (op_type == "Split") return split;
  if (op_type == "Resize" || op_type == "Upsample") return resize;
  return nullptr;
}

}  // namespace mien::engine
