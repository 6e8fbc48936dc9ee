#include "engine/winograd.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "engine/onednn.hpp"
#include "engine/reference_model.hpp"

namespace mien::engine {
namespace {

using dnnl::memory;

constexpr auto kF32 = memory::data_type::f32;

/// oneDNN's weight layout for a 3x3 Winograd convolution of one 6x6 image; empty if it has none.
std::optional<memory::desc> weight_layout(const dnnl::engine& engine, std::int64_t outputs,
                                          std::int64_t inputs) {
  const auto any = memory::format_tag::any;
  const auto pd = onednn::convolution(
      engine, dnnl::algorithm::convolution_winograd, {{1, inputs, 6, 6}, kF32, any},
      {{outputs, inputs, 3, 3}, kF32, any}, {{outputs}, kF32, any}, {{1, outputs, 6, 6}, kF32, any},
      {{1, 1}, {0, 0}, {1, 1}, {1, 1}}, {});
  if (!onednn::exists(pd)) return std::nullopt;
  return pd.weights_desc();
}

struct Case {
  std::int64_t outputs, inputs;
};

class Winograd : public testing::TestWithParam<Case> {};

TEST_P(Winograd, MatchesOneDnnsReorder) {
  const auto [outputs, inputs] = GetParam();
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto layout = weight_layout(engine, outputs, inputs);
  if (!layout) GTEST_SKIP() << "oneDNN has no Winograd convolution for this CPU";
  std::vector<float> weights = test::random_input(outputs * inputs * 9);
  const memory::desc plain({outputs, inputs, 3, 3}, kF32, memory::format_tag::oihw);
  memory source(plain, engine, weights.data()), ours(*layout, engine), theirs(*layout, engine);
  const std::size_t n = layout->get_size() / sizeof(float);
  float* written = static_cast<float*>(ours.get_data_handle());
  std::fill_n(written, n, 99.0f);
  if (!write_winograd_weights(weights.data(), plain, ours))
    GTEST_SKIP() << "oneDNN uses another layout on this CPU";
  dnnl::stream stream(engine);
  dnnl::reorder(source, theirs).execute(stream, source, theirs);
  stream.wait();
  const float* expected = static_cast<const float*>(theirs.get_data_handle());
  for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(written[i], expected[i], 1e-6f) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Winograd,
                         testing::Values(Case{252, 252}, Case{252, 56}, Case{56, 14},
                                         Case{192, 192}, Case{70, 33}),
                         [](const auto& info) {
                           return std::to_string(info.param.outputs) + "x" +
                                  std::to_string(info.param.inputs);
                         });

TEST(Winograd, RejectsOtherLayouts) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const std::vector<float> weights(16 * 16 * 9, 1);
  const memory::desc plain({16, 16, 3, 3}, kF32, memory::format_tag::oihw);
  memory to(memory::desc({16, 16, 3, 3}, kF32, memory::format_tag::hwio), engine);
  EXPECT_FALSE(write_winograd_weights(weights.data(), plain, to));
}

}  // namespace
}  // namespace mien::engine
