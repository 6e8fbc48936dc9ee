#pragma once

#include <dnnl.hpp>

#include "engine/plan.hpp"
#include "engine/program.hpp"
#include "engine/weights.hpp"

namespace mien::engine {

struct BuildOptions {
  dnnl::memory::data_type real =
      dnnl::memory::data_type::f32;  ///< of values that are neither quantised nor outputs
};

/// Chooses primitives and layouts, brings weights into them (the model's own into `shared`, which
/// must outlive the program) and plans the memory. Primitives are made for the number of threads
/// that OpenMP has now. Throws Error kUnsupported naming the node.
Program build_program(const Plan& plan, const model::Model& model, const BuildOptions& options,
                      const dnnl::engine& engine, WeightStore& shared);

}  // namespace mien::engine
