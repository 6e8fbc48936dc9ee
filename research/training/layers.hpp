#pragma once

#include "training/network_spec.hpp"

/// Builders of layer specifications.
namespace mien::training {

struct ConvOptions {
  int kernel = 3;
  int stride = 1;
  int groups = 1;
};

inline LayerSpec conv(std::string name, int out, const ConvOptions& options = {}) {
  return {.kind = LayerKind::kConv,
          .name = std::move(name),
          .out = out,
          .kernel = options.kernel,
          .stride = options.stride,
          .groups = options.groups};
}

/// Without bias, because a batch norm follows.
inline LayerSpec conv_for_norm(std::string name, int out, const ConvOptions& options = {}) {
  LayerSpec layer = conv(std::move(name), out, options);
  layer.bias = false;
  return layer;
}

inline LayerSpec batch_norm(std::string name) {
  return {.kind = LayerKind::kBatchNorm, .name = std::move(name)};
}
inline LayerSpec relu() { return {.kind = LayerKind::kRelu}; }
inline LayerSpec relu6() { return {.kind = LayerKind::kRelu6}; }
inline LayerSpec max_pool() { return {.kind = LayerKind::kMaxPool}; }
inline LayerSpec global_average_pool() { return {.kind = LayerKind::kGlobalAveragePool}; }
inline LayerSpec dropout(double rate) { return {.kind = LayerKind::kDropout, .rate = rate}; }
inline LayerSpec dense(std::string name, int out) {
  return {.kind = LayerKind::kDense, .name = std::move(name), .out = out};
}
inline LayerSpec residual(std::string name, std::vector<LayerSpec> body,
                          std::vector<LayerSpec> shortcut = {}) {
  return {.kind = LayerKind::kResidual,
          .name = std::move(name),
          .body = std::move(body),
          .shortcut = std::move(shortcut)};
}

}  // namespace mien::training
