#include "training/network_spec.hpp"

#include "base/file.hpp"
#include "mien/error.hpp"
#include "training/layers.hpp"
#include "training/study_networks.hpp"

namespace mien::training {
namespace {

int total_classes(const std::vector<HeadSpec>& heads) {
  int total = 0;
  for (const HeadSpec& head : heads) total += head.classes;
  return total;
}

NetworkSpec reference(const NetworkOptions& options) {
  NetworkSpec spec{"reference", {}, options.heads};
  std::vector<LayerSpec>& layers = spec.layers;
  constexpr int kConvs[] = {2, 2, 3, 3};
  for (int b = 0; b < 4; ++b) {
    const std::string prefix = "block" + std::to_string(b + 1) + "_";
    for (int i = 1; i <= kConvs[b] + options.extra_convs; ++i) {
      layers.push_back(conv(prefix + "conv" + std::to_string(i),
                            options.filters[static_cast<std::size_t>(b)],
                            {.kernel = b == 0 && i == 1 ? options.first_kernel : 3}));
      if (options.norm == "conv") layers.push_back(batch_norm(prefix + "norm" + std::to_string(i)));
      layers.push_back(relu());
    }
    if (options.norm == "block" && b < 3) layers.push_back(batch_norm(prefix + "norm"));
    layers.push_back(max_pool());
  }
  layers.push_back({.kind = LayerKind::kFlatten});
  for (const int i : {1, 2}) {
    layers.push_back(dropout(options.dropout));
    layers.push_back(dense("dense" + std::to_string(i), options.dense));
    layers.push_back(relu());
  }
  layers.push_back(dropout(options.dropout));
  layers.push_back(dense("logits", total_classes(options.heads)));
  return spec;
}

/// He et al. 2016 (post-activation): a stem at full resolution, then stages at 24x24, 12x12, 6x6
/// and 3x3; only plain convolutions and ReLU, which quantize well.
NetworkSpec resnet(const NetworkOptions& options) {
  NetworkSpec spec{"resnet", {}, options.heads};
  std::vector<LayerSpec>& layers = spec.layers;
  layers = {conv_for_norm("stem_conv", 32), batch_norm("stem_norm"), relu(), max_pool()};
  const int channels[] = {48, 96, 192, 384}, blocks[] = {2, 2, 2, 1};
  int input = 32;
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string prefix =
          "stage" + std::to_string(stage + 1) + "_block" + std::to_string(block + 1) + "_";
      const int stride = stage > 0 && block == 0 ? 2 : 1;
      std::vector<LayerSpec> body{
          conv_for_norm(prefix + "conv1", channels[stage], {.stride = stride}),
          batch_norm(prefix + "norm1"), relu(), conv_for_norm(prefix + "conv2", channels[stage]),
          batch_norm(prefix + "norm2")};
      std::vector<LayerSpec> shortcut;
      if (stride != 1 || input != channels[stage]) {
        shortcut = {conv_for_norm(prefix + "shortcut_conv", channels[stage],
                                  {.kernel = 1, .stride = stride}),
                    batch_norm(prefix + "shortcut_norm")};
      }
      layers.push_back(residual(prefix + "add", std::move(body), std::move(shortcut)));
      layers.push_back(relu());
      input = channels[stage];
    }
  }
  layers.push_back(global_average_pool());
  layers.push_back(dropout(options.dropout));
  layers.push_back(dense("logits", total_classes(options.heads)));
  return spec;
}

struct Shape {
  std::int64_t channels = 1, height = 48, width = 48;
  bool flat = false;
};

std::vector<std::int64_t> dimensions(const Shape& shape) {
  if (shape.flat) return {shape.channels};
  return {shape.channels, shape.height, shape.width};
}

void summarize_into(const std::vector<LayerSpec>& layers, Shape& shape,
                    std::vector<LayerSummary>& rows) {
  for (const LayerSpec& layer : layers) {
    LayerSummary row{.name = layer.name};
    switch (layer.kind) {
      case LayerKind::kConv: {
        row.kind = base::format(layer.groups == 1 ? "Conv %dx%d" : "Depthwise %dx%d", layer.kernel,
                                layer.kernel);
        if (layer.stride != 1) row.kind += base::format(" /%d", layer.stride);
        const std::int64_t weights =
            layer.out * (shape.channels / layer.groups) * layer.kernel * layer.kernel;
        row.trainable = weights + (layer.bias ? layer.out : 0);
        shape = {layer.out, (shape.height + layer.stride - 1) / layer.stride,
                 (shape.width + layer.stride - 1) / layer.stride};
        row.multiply_adds = weights * shape.height * shape.width;
        row.parameters = row.trainable;
        break;
      }
      case LayerKind::kBatchNorm:
        row.kind = "BatchNorm";
        row.trainable = 2 * shape.channels;
        row.parameters = 4 * shape.channels;
        break;
      case LayerKind::kRelu:
        row.kind = "ReLU";
        break;
      case LayerKind::kRelu6:
        row.kind = "ReLU6";
        break;
      case LayerKind::kDropout:
        row.kind = "Dropout";
        break;
      case LayerKind::kMaxPool:
        row.kind = "MaxPool 2x2";
        shape = {shape.channels, shape.height / 2, shape.width / 2};
        break;
      case LayerKind::kGlobalAveragePool:
        row.kind = "GlobalAveragePool";
        shape = {shape.channels, 1, 1, true};
        break;
      case LayerKind::kFlatten:
        row.kind = "Flatten";
        shape = {shape.channels * shape.height * shape.width, 1, 1, true};
        break;
      case LayerKind::kDense:
        row.kind = "Dense";
        row.multiply_adds = shape.channels * layer.out;
        row.trainable = row.parameters = row.multiply_adds + layer.out;
        shape = {layer.out, 1, 1, true};
        break;
      case LayerKind::kResidual: {
        row.kind = "Add";
        Shape shortcut = shape;
        summarize_into(layer.body, shape, rows);
        summarize_into(layer.shortcut, shortcut, rows);
        break;
      }
    }
    row.output_shape = dimensions(shape);
    rows.push_back(std::move(row));
  }
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

}  // namespace

std::vector<std::string> network_names() {
  return {"reference", "resnet", "vgg16", "resnet50v2", "mobilenetv2"};
}

NetworkSpec make_network_spec(std::string_view name, const NetworkOptions& options) {
  if (name == "reference") return reference(options);
  if (name == "resnet") return resnet(options);
  const int classes = total_classes(options.heads);
  if (name == "vgg16") return {"vgg16", vgg16(options.dropout, classes), options.heads};
  if (name == "resnet50v2")
    return {"resnet50v2", resnet50_v2(options.dropout, classes), options.heads};
  if (name == "mobilenetv2")
    return {"mobilenetv2", mobilenet_v2(options.dropout, classes), options.heads};
  std::string known;
  for (const std::string& other : network_names()) known += (known.empty() ? "" : ", ") + other;
  throw Error(ErrorCode::kInvalidArgument,
              "unknown network '" + std::string(name) + "'; choose " + known);
}

std::vector<LayerSummary> summarize(const NetworkSpec& spec) {
  std::vector<LayerSummary> rows;
  Shape shape;
  summarize_into(spec.layers, shape, rows);
  return rows;
}

std::string summary_table(const NetworkSpec& spec) {
  const std::vector<LayerSummary> rows = summarize(spec);
  std::string out =
      base::format("%s: input 1x48x48\n\n%-28s %-18s %-12s %12s %14s\n", spec.name.c_str(), "layer",
                   "kind", "output", "parameters", "multiply-adds");
  std::int64_t parameters = 0, trainable = 0, multiply_adds = 0;
  for (const LayerSummary& row : rows) {
    std::string shape;
    for (const std::int64_t side : row.output_shape)
      shape += (shape.empty() ? "" : "x") + std::to_string(side);
    out +=
        base::format("%-28s %-18s %-12s %12s %14s\n", row.name.c_str(), row.kind.c_str(),
                     shape.c_str(), row.parameters != 0 ? with_commas(row.parameters).c_str() : "",
                     row.multiply_adds != 0 ? with_commas(row.multiply_adds).c_str() : "");
    parameters += row.parameters;
    trainable += row.trainable;
    multiply_adds += row.multiply_adds;
  }
  return out + base::format("\nparameters %s, of which trainable %s; multiply-adds %s\n",
                            with_commas(parameters).c_str(), with_commas(trainable).c_str(),
                            with_commas(multiply_adds).c_str());
}

}  // namespace mien::training
