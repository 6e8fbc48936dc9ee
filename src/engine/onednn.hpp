#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <span>
#include <utility>
#include <vector>

#include "engine/attributes.hpp"

/// Everything that differs between oneDNN 2.6 and 3.x. Version 3 has opaque memory descriptors, no
/// operation descriptors, and takes scales and zero points as arguments of a call.
namespace mien::engine::onednn {

using dnnl::memory;

inline constexpr bool kIsVersion3 = DNNL_VERSION_MAJOR >= 3;
/// Whether an 8-bit layer adds its bias to the s32 sums (in their unit) or to the scaled sums.
inline constexpr bool kBiasIsScaled = !kIsVersion3;

Dims dims(const memory::desc& desc);
memory::data_type type(const memory::desc& desc);
/// The same layout for another element type; C order if oneDNN cannot describe that.
memory::desc with_type(const memory::desc& desc, memory::data_type type);

/// Instructions that oneDNN uses, limited by ONEDNN_MAX_CPU_ISA.
bool has_vnni();
bool has_bf16();

/// Attributes of a primitive whose scratchpad the caller provides.
struct Attributes {
  dnnl::primitive_attr attr;
  std::vector<std::pair<int, memory>> arguments;  ///< to add to the call; empty for version 2

  explicit Attributes(const dnnl::engine& engine);

  /// Multiplies the input `argument` of a binary operation by `scale`.
  void set_scale(int argument, float scale);
  /// Multiplies the values of a reorder by `scale`.
  void set_reorder_scale(float scale);
  /// Subtracted from an input, added to an output.
  void set_zero_point(int argument, std::int32_t zero_point);
  /// Multiplies the s32 sums of a layer by one scale per output channel. A convolution with groups
  /// has weights [groups, outputs / groups, …].
  void set_sum_scales(std::span<const float> scales, bool has_groups);

 private:
  template <class T>
  void add_argument(int argument, memory::data_type type, std::span<const T> values);

  dnnl::engine engine_;
};

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta);

struct ConvolutionGeometry {
  Dims strides, dilations, pads_begin, pads_end;  ///< oneDNN's: no dilation is 0
};
struct PoolGeometry {
  Dims strides, kernel, pads_begin, pads_end;
};

// Primitive descriptors for inference. Those of layers are empty (exists) if oneDNN does not
// support the combination; the others throw dnnl::error.

template <class PrimitiveDesc>
bool exists(const PrimitiveDesc& pd) {
  return pd.get(true) != nullptr;
}

dnnl::convolution_forward::primitive_desc convolution(
    const dnnl::engine& engine, dnnl::algorithm algorithm, const memory::desc& source,
    const memory::desc& weights, const memory::desc& bias, const memory::desc& destination,
    const ConvolutionGeometry& geometry, const dnnl::primitive_attr& attr);
dnnl::inner_product_forward::primitive_desc inner_product(
    const dnnl::engine& engine, const memory::desc& source, const memory::desc& weights,
    const memory::desc& bias, const memory::desc& destination, const dnnl::primitive_attr& attr);
dnnl::pooling_forward::primitive_desc pooling(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& source,
                                              const memory::desc& destination,
                                              const PoolGeometry& geometry,
                                              const dnnl::primitive_attr& attr);
dnnl::binary::primitive_desc binary(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                    const memory::desc& a, const memory::desc& b,
                                    const memory::desc& destination,
                                    const dnnl::primitive_attr& attr);
dnnl::eltwise_forward::primitive_desc eltwise(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& desc, float alpha, float beta,
                                              const dnnl::primitive_attr& attr);
dnnl::softmax_forward::primitive_desc softmax(const dnnl::engine& engine, const memory::desc& desc,
                                              int axis, const dnnl::primitive_attr& attr);
dnnl::concat::primitive_desc concat(const dnnl::engine& engine, int axis,
                                    const std::vector<memory::desc>& sources,
                                    const dnnl::primitive_attr& attr);
dnnl::resampling_forward::primitive_desc resampling(const dnnl::engine& engine,
                                                    dnnl::algorithm algorithm,
                                                    const memory::desc& source,
                                                    const memory::desc& destination,
                                                    const dnnl::primitive_attr& attr);

}  // namespace mien::engine::onednn
