#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mien::training {

inline constexpr double kNormEpsilon = 1e-5;

enum class LayerKind {
  kConv,       ///< kernel x kernel, 'same' padding, stride, groups, optional bias
  kBatchNorm,  ///< over channels, with kNormEpsilon
  kRelu,
  kRelu6,              ///< min(max(x, 0), 6)
  kMaxPool,            ///< 2x2, stride 2
  kGlobalAveragePool,  ///< [N, C, H, W] to [N, C]
  kFlatten,            ///< [N, C, H, W] to [N, C * H * W], channel-major
  kDropout,            ///< during training only
  kDense,
  kResidual,  ///< body(x) + shortcut(x); an empty shortcut is x itself
};

/// One layer, independent of LibTorch; used by the trainer, the exporter and the summary.
struct LayerSpec {
  LayerKind kind;
  std::string name;  ///< unique among layers with parameters
  int out = 0;       ///< output channels or units
  int kernel = 1;
  int stride = 1;
  int groups = 1;
  bool bias = true;
  double rate = 0;  ///< dropout rate
  std::vector<LayerSpec> body;
  std::vector<LayerSpec> shortcut;
};

/// A named output with its own softmax.
struct HeadSpec {
  std::string name;
  int classes = 0;
};

struct NetworkSpec {
  std::string name;
  std::vector<LayerSpec>
      layers;  ///< input [N, 1, 48, 48]; the last is dense, its output [N, classes of all heads]
  std::vector<HeadSpec> heads;  ///< in the order of the outputs
};

struct NetworkOptions {
  std::vector<HeadSpec> heads{{"logits", 7}};
  double dropout = 0;  ///< before each dense layer but the first, and on the features

  // Only for "reference"; the defaults are those of the original study.
  std::array<int, 4> filters{16, 14, 56, 252};  ///< filters of each block
  int extra_convs = 0;   ///< added to the 2, 2, 3, 3 convolutions of the blocks
  int first_kernel = 5;  ///< kernel side of the first convolution
  int dense = 343;       ///< units of the two dense layers
  std::string norm =
      "block";  ///< batch norm: "block" (after blocks 1 to 3), "conv" (before each ReLU), "none"
};

/// The names that make_network_spec knows.
std::vector<std::string> network_names();

/// Throws Error kInvalidArgument for an unknown name.
/// - "reference": the original study's CNN, 2,240,063 parameters.
/// - "resnet": a residual network of plain 3x3 convolutions, 3.6 M parameters and 149 M
/// multiply-adds; any image side.
/// - "vgg16", "resnet50v2", "mobilenetv2": networks of the original study
/// (training/study_networks.hpp); any image side.
NetworkSpec make_network_spec(std::string_view name, const NetworkOptions& options);

/// One row of a network's summary table.
struct LayerSummary {
  std::string name;
  std::string kind;                        ///< "Conv 3x3", "BatchNorm", …
  std::vector<std::int64_t> output_shape;  ///< without the batch dimension
  std::int64_t parameters = 0;  ///< as in Keras, including running statistics of batch norms
  std::int64_t trainable = 0;
  std::int64_t multiply_adds = 0;
};

std::vector<LayerSummary> summarize(const NetworkSpec& spec);

/// The table as text, with totals.
std::string summary_table(const NetworkSpec& spec);

}  // namespace mien::training
