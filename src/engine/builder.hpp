#pragma once

#include <dnnl.hpp>

#include "engine/plan.hpp"
#include "engine/program.hpp"
#include "engine/weights.hpp"

namespace mien::engine {

struct BuildOptions {
  dnnl::memory::data_type float_type =
      dnnl::memory::data_type::f32;  ///< of values that are neither quantized nor graph outputs:
                                     ///< f32 or bf16
};

/// Chooses primitives and layouts, converts the weights (those of the model into `shared`, which
/// must outlive the program) and plans the memory. Primitives are created for OpenMP's current
/// number of threads. Throws Error kUnsupported naming the node.
Program build_program(const Plan& plan, const model::Model& model, const BuildOptions& options,
                      const dnnl::engine& engine, WeightStore& shared);

}  // namespace mien::engine
