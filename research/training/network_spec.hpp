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
  kDropout,            ///< while training only
  kDense,
  kResidual,  ///< body(x) + shortcut(x); an empty shortcut is x itself
};

/// One layer, free of any framework: the trainer builds its modules from it, the exporter its ONNX
/// nodes, and the summary its table.
struct LayerSpec {
  LayerKind kind;
  std::string name;  ///< unique where the layer has parameters
  int out = 0;       ///< output channels or units
  int kernel = 1;
  int stride = 1;
  int groups = 1;
  bool bias = true;
  double rate = 0;  ///< of a dropout
  std::vector<LayerSpec> body;
  std::vector<LayerSpec> shortcut;
};

/// Of a network with several heads, the one that answers in FER2013's classes.
inline constexpr const char* kFer2013Head = "fer2013";

/// A named part of the network's outputs, with a softmax of its own.
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

  // Of "reference" alone; the defaults are the original's.
  std::array<int, 4> filters{16, 14, 56, 252};  ///< of each block's convolutions
  int more_convs = 0;                           ///< convolutions added to each block's 2, 2, 3, 3
  int first_kernel = 5;                         ///< side of the first convolution
  int dense = 343;                              ///< units of the two dense layers
  std::string norm =
      "block";  ///< batch norm: "block" (behind the first three), "conv" (before each ReLU), "none"
};

/// The names that make_network_spec knows.
std::vector<std::string> network_names();

/// Throws Error kInvalidArgument for an unknown name, listing the known ones.
/// - "reference": the original study's CNN, 2,240,063 parameters.
/// - "resnet": a residual network of plain 3x3 convolutions, 3.6 M parameters and 149 M
/// multiply-adds; takes other sides too.
/// - "vgg16", "resnet50v2", "mobilenetv2": what the study compared with (train/study_networks.hpp);
/// other sides too.
NetworkSpec make_network_spec(std::string_view name, const NetworkOptions& options);

/// One row of the table of a network.
struct LayerSummary {
  std::string name;
  std::string kind;                        ///< "Conv 3x3", "BatchNorm", …
  std::vector<std::int64_t> output_shape;  ///< without the batch
  std::int64_t parameters = 0;  ///< the way Keras counts: running statistics of a batch norm too
  std::int64_t trainable = 0;
  std::int64_t multiply_adds = 0;
};

std::vector<LayerSummary> summarize(const NetworkSpec& spec);

/// The table as text, with totals.
std::string summary_table(const NetworkSpec& spec);

}  // namespace mien::training
