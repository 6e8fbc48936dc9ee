#include "engine/winograd.hpp"

#include <algorithm>
#include <cstdint>

namespace mien::engine {
#if DNNL_VERSION_MAJOR >= 3  // memory descriptors are opaque

bool write_winograd_weights(const float*, const dnnl::memory::desc&, dnnl::memory&) {
  return false;
}

#else
namespace {

constexpr int kLanes = 16;  // output channels, the innermost dimension of the layout

using Lanes = float[kLanes];

/// Multiplies three values by G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1].
void transform(const Lanes& a, const Lanes& b, const Lanes& c, Lanes& t0, Lanes& t1, Lanes& t2,
               Lanes& t3) {
  for (int o = 0; o < kLanes; ++o) {
    const float outer = 0.5f * (a[o] + c[o]), middle = 0.5f * b[o];
    t0[o] = a[o];
    t1[o] = outer + middle;
    t2[o] = outer - middle;
    t3[o] = c[o];
  }
}

}  // namespace

bool write_winograd_weights(const float* weights, const dnnl::memory::desc& from,
                            dnnl::memory& to) {
  const dnnl_memory_desc_t layout = to.get_desc().data;
  const dnnl_wino_desc_t& winograd = layout.format_desc.wino_desc;
  if (layout.format_kind != dnnl_format_kind_wino || winograd.wino_format != dnnl_wino_wei_aaOio ||
      winograd.alpha != 4 || winograd.r != 3 || winograd.oc_block != kLanes ||
      winograd.adj_scale != 1) {
    return false;
  }
  if (from !=
      dnnl::memory::desc(from.dims(), dnnl::memory::data_type::f32, dnnl::memory::format_tag::oihw))
    return false;

  // [4][4][outputs / 16][inputs][16], outputs and inputs padded with zeros
  const std::int64_t outputs = from.dims()[0], inputs = from.dims()[1];
  const std::int64_t padded_inputs = winograd.ic, plane = winograd.oc * padded_inputs;
  float* result = static_cast<float*>(to.get_data_handle());
  for (std::int64_t block = 0; block < winograd.oc; block += kLanes) {
    const std::int64_t lanes = std::clamp<std::int64_t>(outputs - block, 0, kLanes);
    for (std::int64_t input = 0; input < padded_inputs; ++input, result += kLanes) {
      Lanes kernel[3][3] = {};
      for (std::int64_t o = 0; o < lanes && input < inputs; ++o) {
        const float* g = weights + ((block + o) * inputs + input) * 9;
        for (int k = 0; k < 9; ++k) kernel[k / 3][k % 3][o] = g[k];
      }
      Lanes rows[4][3], tile[4];
      for (int x = 0; x < 3; ++x) {
        transform(kernel[0][x], kernel[1][x], kernel[2][x], rows[0][x], rows[1][x], rows[2][x],
                  rows[3][x]);
      }
      for (int y = 0; y < 4; ++y) {
        transform(rows[y][0], rows[y][1], rows[y][2], tile[0], tile[1], tile[2], tile[3]);
        for (int x = 0; x < 4; ++x) std::copy_n(tile[x], kLanes, result + (y * 4 + x) * plane);
      }
    }
  }
  return true;
}

#endif

}  // namespace mien::engine
