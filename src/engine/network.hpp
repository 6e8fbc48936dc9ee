#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/options.hpp"
#include "engine/profile.hpp"
#include "model/model.hpp"

namespace mien::engine {

/// A model compiled for oneDNN, with one input, f32 [N, C, H, W], and any number of outputs.
/// Immutable: all members may be called from several threads at once; each call has its own scratch
/// memory. The first call with an input shape plans it; the plans of the 8 most recently used
/// shapes are kept.
class Network {
 public:
  /// Throws Error kUnsupported naming the first unsupported node, or kBadFormat, kInvalidArgument,
  /// kTooLarge.
  static Network compile(model::Model model, const CompileOptions& options = {});

  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  /// The precision in use; never kAuto.
  Precision precision() const;
  int threads() const;

  const std::vector<std::string>& output_names() const;
  /// Shapes of the outputs, in the order of output_names, for an input shape.
  std::vector<std::vector<std::int64_t>> output_shapes(const InputShape& shape) const;

  /// Plans a shape now instead of in the first call of run.
  void prepare(const InputShape& shape) const;

  /// Runs on `input` (C order, product(shape) values) and writes `outputs` (one span per output,
  /// each of the size of its shape). After the first call with a shape, it does not allocate
  /// (oneDNN may). Throws Error kInvalidArgument if sizes do not match or the graph does not fit
  /// the shape.
  void run(std::span<const float> input, const InputShape& shape,
           std::span<const std::span<float>> outputs) const;
  /// Allocates the outputs.
  std::vector<OutputTensor> run(std::span<const float> input, const InputShape& shape) const;

  /// Measures `rounds` (>= 1) runs and as many runs with a clock between the calls of oneDNN.
  /// Throws like run.
  Profile profile(std::span<const float> input, const InputShape& shape, int rounds) const;

  /// Multiply-accumulate operations of the convolutions and dense layers of one call.
  std::int64_t multiply_adds(const InputShape& shape) const;
  /// Memory of the converted weights (of all plans so far) and of one call's activations and
  /// scratch.
  std::int64_t memory_bytes(const InputShape& shape) const;

 private:
  class Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mien::engine
