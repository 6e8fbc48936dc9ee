#include "engine/onednn.hpp"

#include <cstring>

namespace mien::engine::onednn {
namespace {

using dnnl::engine;
using dnnl::primitive_attr;

constexpr auto kInference = dnnl::prop_kind::forward_inference;

/// The values of dnnl_cpu_isa are bit sets, so that a newer instruction set includes the older
/// ones.
bool includes(dnnl::cpu_isa wanted) {
  const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };
  return (bits(dnnl::get_effective_cpu_isa()) & bits(wanted)) == bits(wanted);
}

}  // namespace

bool has_bf16() { return includes(dnnl::cpu_isa::avx512_core_bf16); }

bool has_vnni() {
  return includes(dnnl::cpu_isa::avx512_core_vnni) || includes(dnnl::cpu_isa::avx2_vnni);
}

Attributes::Attributes(const dnnl::engine& engine) : engine_(engine) {
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
}

template <class T>
void Attributes::add_argument(int argument, memory::data_type type, std::span<const T> values) {
  memory constant({{static_cast<std::int64_t>(values.size())}, type, memory::format_tag::x},
                  engine_);
  std::memcpy(constant.get_data_handle(), values.data(), values.size_bytes());
  arguments.emplace_back(argument, constant);
}

#if DNNL_VERSION_MAJOR >= 3

Dims dims(const memory::desc& desc) { return desc.get_dims(); }
memory::data_type type(const memory::desc& desc) { return desc.get_data_type(); }

memory::desc with_type(const memory::desc& desc, memory::data_type type) {
  const Dims shape = desc.get_dims();
  if (desc.get_format_kind() == memory::format_kind::blocked && desc.get_inner_nblks() == 0)
    return {shape, type, desc.get_strides()};
  using Tag = memory::format_tag;
  for (const Tag tag : {Tag::aBcd4b, Tag::aBcd8b, Tag::aBcd16b}) {
    if (shape.size() == 4 && desc == memory::desc(shape, desc.get_data_type(), tag))
      return {shape, type, tag};
  }
  Dims strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * shape[axis];
  return {shape, type, strides};
}

void Attributes::set_scale(int argument, float scale) {
  attr.set_scales_mask(argument, 0);
  add_argument<float>(DNNL_ARG_ATTR_SCALES | argument, memory::data_type::f32,
                      std::span(&scale, 1));
}

void Attributes::set_reorder_scale(float scale) { set_scale(DNNL_ARG_SRC, scale); }

void Attributes::set_zero_point(int argument, std::int32_t zero_point) {
  attr.set_zero_points_mask(argument, 0);
  add_argument<std::int32_t>(DNNL_ARG_ATTR_ZERO_POINTS | argument, memory::data_type::s32,
                             std::span(&zero_point, 1));
}

void Attributes::set_sum_scales(std::span<const float> scales, bool has_groups) {
  attr.set_scales_mask(DNNL_ARG_WEIGHTS, has_groups ? 0b11 : 0b1);
  add_argument<float>(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memory::data_type::f32, scales);
}

namespace {

/// Version 3 has parameters where version 2 has constants.
void complete(dnnl::algorithm algorithm, float& alpha, float& beta) {
  if (algorithm == dnnl::algorithm::eltwise_hardswish) {
    alpha = 1.0F / 6;
    beta = 0.5F;
  } else if (algorithm == dnnl::algorithm::eltwise_soft_relu) {
    alpha = 1;
  }
}

}  // namespace

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
  complete(algorithm, alpha, beta);
  ops.append_eltwise(algorithm, alpha, beta);
}

dnnl::convolution_forward::primitive_desc convolution(
    const engine& engine, dnnl::algorithm algorithm, const memory::desc& source,
    const memory::desc& weights, const memory::desc& bias, const memory::desc& destination,
    const ConvolutionGeometry& geometry, const primitive_attr& attr) {
  return {engine,
          kInference,
          algorithm,
          source,
          weights,
          bias,
          destination,
          geometry.strides,
          geometry.dilations,
          geometry.pads_begin,
          geometry.pads_end,
          attr,
          true};
}

dnnl::inner_product_forward::primitive_desc inner_product(
    const engine& engine, const memory::desc& source, const memory::desc& weights,
    const memory::desc& bias, const memory::desc& destination, const primitive_attr& attr) {
  return {engine, kInference, source, weights, bias, destination, attr, true};
}

dnnl::pooling_forward::primitive_desc pooling(const engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& source,
                                              const memory::desc& destination,
                                              const PoolGeometry& geometry,
                                              const primitive_attr& attr) {
  const Dims dilations(geometry.kernel.size(), 0);
  return {engine,
          kInference,
          algorithm,
          source,
          destination,
          geometry.strides,
          geometry.kernel,
          dilations,
          geometry.pads_begin,
          geometry.pads_end,
          attr,
          true};
}

dnnl::binary::primitive_desc binary(const engine& engine, dnnl::algorithm algorithm,
                                    const memory::desc& a, const memory::desc& b,
                                    const memory::desc& destination, const primitive_attr& attr) {
  return {engine, algorithm, a, b, destination, attr, true};
}

dnnl::eltwise_forward::primitive_desc eltwise(const engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& desc, float alpha, float beta,
                                              const primitive_attr& attr) {
  complete(algorithm, alpha, beta);
  return {engine, kInference, algorithm, desc, desc, alpha, beta, attr};
}

dnnl::softmax_forward::primitive_desc softmax(const engine& engine, const memory::desc& desc,
                                              int axis, const primitive_attr& attr) {
  return {engine, kInference, dnnl::algorithm::softmax_accurate, desc, desc, axis, attr};
}

dnnl::concat::primitive_desc concat(const engine& engine, int axis,
                                    const std::vector<memory::desc>& sources,
                                    const primitive_attr& attr) {
  return {engine, axis, sources, attr};
}

dnnl::resampling_forward::primitive_desc resampling(const engine& engine, dnnl::algorithm algorithm,
                                                    const memory::desc& source,
                                                    const memory::desc& destination,
                                                    const primitive_attr& attr) {
  return {engine, kInference, algorithm, source, destination, attr};
}

#else

Dims dims(const memory::desc& desc) { return desc.dims(); }
memory::data_type type(const memory::desc& desc) { return desc.data_type(); }

memory::desc with_type(const memory::desc& desc, memory::data_type type) {
  memory::desc result = desc;
  result.data.data_type = memory::convert_to_c(type);
  return result;
}

void Attributes::set_scale(int argument, float scale) { attr.set_scales(argument, 0, {scale}); }

void Attributes::set_reorder_scale(float scale) { attr.set_output_scales(0, {scale}); }

void Attributes::set_zero_point(int argument, std::int32_t zero_point) {
  attr.set_zero_points(argument, 0, {zero_point});
}

void Attributes::set_sum_scales(std::span<const float> scales, bool) {
  constexpr int kByChannel = 1 << 1;
  attr.set_output_scales(kByChannel, {scales.begin(), scales.end()});
}

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
  ops.append_eltwise(1, algorithm, alpha, beta);
}

dnnl::convolution_forward::primitive_desc convolution(
    const engine& engine, dnnl::algorithm algorithm, const memory::desc& source,
    const memory::desc& weights, const memory::desc& bias, const memory::desc& destination,
    const ConvolutionGeometry& geometry, const primitive_attr& attr) {
  return {{kInference, algorithm, source, weights, bias, destination, geometry.strides,
           geometry.dilations, geometry.pads_begin, geometry.pads_end},
          attr,
          engine,
          true};
}

dnnl::inner_product_forward::primitive_desc inner_product(
    const engine& engine, const memory::desc& source, const memory::desc& weights,
    const memory::desc& bias, const memory::desc& destination, const primitive_attr& attr) {
  return {{kInference, source, weights, bias, destination}, attr, engine, true};
}

dnnl::pooling_forward::primitive_desc pooling(const engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& source,
                                              const memory::desc& destination,
                                              const PoolGeometry& geometry,
                                              const primitive_attr& attr) {
  return {{kInference, algorithm, source, destination, geometry.strides, geometry.kernel,
           geometry.pads_begin, geometry.pads_end},
          attr,
          engine,
          true};
}

dnnl::binary::primitive_desc binary(const engine& engine, dnnl::algorithm algorithm,
                                    const memory::desc& a, const memory::desc& b,
                                    const memory::desc& destination, const primitive_attr& attr) {
  return {{algorithm, a, b, destination}, attr, engine, true};
}

dnnl::eltwise_forward::primitive_desc eltwise(const engine& engine, dnnl::algorithm algorithm,
                                              const memory::desc& desc, float alpha, float beta,
                                              const primitive_attr& attr) {
  return {{kInference, algorithm, desc, alpha, beta}, attr, engine};
}

dnnl::softmax_forward::primitive_desc softmax(const engine& engine, const memory::desc& desc,
                                              int axis, const primitive_attr& attr) {
  return {{kInference, desc, axis}, attr, engine};
}

dnnl::concat::primitive_desc concat(const engine& engine, int axis,
                                    const std::vector<memory::desc>& sources,
                                    const primitive_attr& attr) {
  return {axis, sources, engine, attr};
}

dnnl::resampling_forward::primitive_desc resampling(const engine& engine, dnnl::algorithm algorithm,
                                                    const memory::desc& source,
                                                    const memory::desc& destination,
                                                    const primitive_attr& attr) {
  return {{kInference, algorithm, source, destination}, attr, engine};
}

#endif

}  // namespace mien::engine::onednn
