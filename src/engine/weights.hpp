#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <vector>

#include "model/model.hpp"

namespace mien::engine {

/// A copy of a tensor, whose bytes are laid out as `from`, in the layout `to`.
dnnl::memory laid_out(const model::Tensor& tensor, const dnnl::memory::desc& from,
                      const dnnl::memory::desc& to, const dnnl::engine& engine);

/// Constants in the layouts that primitives want, each made once. Not thread safe while it grows;
/// the memories that it gives may be read by any thread.
class WeightStore {
 public:
  explicit WeightStore(dnnl::engine engine) : engine_(std::move(engine)) {}

  /// Like laid_out, but the tensor's own bytes where the layouts agree: the tensor must outlive the
  /// store.
  dnnl::memory get(const model::Tensor& tensor, const dnnl::memory::desc& from,
                   const dnnl::memory::desc& to);

  /// Of the copies; constants that are used as they are count nothing.
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    const std::byte* data;
    dnnl::memory memory;
  };

  dnnl::engine engine_;
  std::vector<Entry> entries_;
  std::int64_t bytes_ = 0;
};

}  // namespace mien::engine
