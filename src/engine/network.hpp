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

/// A model compiled onto oneDNN. It has one input, [N, C, H, W] in f32, and any number of outputs.
/// Immutable: all members may be called from several threads at once, each call with scratch memory
/// of its own. A plan is made on the first call with an input shape and kept for the next (the few
/// last used shapes are).
class Network {
 public:
  /// Throws Error kUnsupported naming the first node that the engine cannot run, or kBadFormat,
  /// kInvalidArgument, kTooLarge.
  static Network compile(model::Model model, const CompileOptions& options = {});

  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  /// The precision that kAuto has become.
  Precision precision() const;
  int threads() const;

  const std::vector<std::string>& output_names() const;
  /// Shapes of the outputs for an input shape, in the order of output_names.
  std::vector<std::vector<std::int64_t>> output_shapes(const InputShape& shape) const;

  /// Makes the plan for a shape now rather than in the first call of run.
  void prepare(const InputShape& shape) const;

  /// Runs on `input` (C order, product(shape) values) and fills `outputs` (one span an output, each
  /// of the size of its shape). After the first call with a shape it allocates nothing of its own.
  /// Throws Error kInvalidArgument where sizes do not match or the graph does not fit the shape.
  void run(std::span<const float> input, const InputShape& shape,
           std::span<const std::span<float>> outputs) const;
  /// The same for convenience: allocates the outputs.
  std::vector<OutputTensor> run(std::span<const float> input, const InputShape& shape) const;

  /// Runs `rounds` times (at least once) whole and as often with a clock between oneDNN's calls:
  /// where the time goes. Throws as run does.
  Profile profile(std::span<const float> input, const InputShape& shape, int rounds) const;

  /// Multiplications with addition in the convolutions and dense layers of one call.
  std::int64_t multiply_adds(const InputShape& shape) const;
  /// Memory of the weights (of all plans so far) and of one call's activations and scratch.
  std::int64_t memory_bytes(const InputShape& shape) const;

 private:
  class Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mien::engine
