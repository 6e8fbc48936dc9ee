#include "engine/profile.hpp"

#include <oneapi/dnnl/dnnl_debug.h>
#include <algorithm>
#include <chrono>

#include "engine/onednn.hpp"
#include "engine/program.hpp"

namespace mien::engine {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Everything except the time.
CallProfile describe(const Program& program, const Call& call) {
  CallProfile result;
  result.name = call.name;
  result.kind = dnnl_prim_kind2str(dnnl::convert_to_c(call.primitive.get_kind()));
  const char* implementation = "";
  dnnl_primitive_desc_query(call.primitive.get_primitive_desc(), dnnl_query_impl_info_str, 0,
                            &implementation);
  result.implementation = implementation;
  for (const auto& [argument, memory] : call.arguments) {
    const dnnl::memory::desc& desc = program.memories[memory].desc;
    const char* type = dnnl_dt2str(dnnl::memory::convert_to_c(onednn::type(desc)));
    if (argument == DNNL_ARG_SRC || argument == DNNL_ARG_MULTIPLE_SRC) result.input_type = type;
    if (argument != DNNL_ARG_DST) continue;
    result.output_type = type;
    result.shape = onednn::dims(desc);
  }
  result.multiply_adds = call.multiply_adds;
  return result;
}

}  // namespace

Profile profile(const Program& program, Session& session, const float* input,
                std::span<const std::span<float>> outputs, int rounds) {
  std::vector<double> whole;
  std::vector<std::vector<double>> by_call(program.calls.size());
  std::vector<double> times(program.calls.size());
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    session.run(input, outputs);
    whole.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
    session.run_timed(input, outputs, times);
    for (std::size_t i = 0; i < times.size(); ++i) by_call[i].push_back(times[i]);
  }
  Profile result{median(std::move(whole)), {}};
  for (std::size_t i = 0; i < program.calls.size(); ++i) {
    result.calls.push_back(describe(program, program.calls[i]));
    result.calls.back().milliseconds = median(std::move(by_call[i]));
  }
  return result;
}

}  // namespace mien::engine
