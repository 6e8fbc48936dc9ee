#pragma once

#include <dnnl.hpp>

namespace mien::engine {

/// Transforms 3x3 convolution weights, f32 [O, I, 3, 3], for oneDNN's f32 Winograd convolution
/// F(2x2, 3x3): G g G^T of each kernel g (Lavin and Gray 2016, arXiv:1509.09308). Equal to oneDNN's
/// reorder but much faster. Returns false and writes nothing if `to` has another layout.
bool write_winograd_weights(const float* weights, const dnnl::memory::desc& from, dnnl::memory& to);

}  // namespace mien::engine
