#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/naive.hpp"
#include "engine/network.hpp"
#include "engine/reference_model.hpp"

namespace mien::test {

/// The largest difference, relative to the largest expected number or to 1.
inline double difference(std::span<const float> got, std::span<const float> expected) {
  double worst = got.size() == expected.size() ? 0 : INFINITY;
  double largest = 1;
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    const double distance = std::abs(static_cast<double>(got[i]) - expected[i]);
    worst = std::isfinite(distance) ? std::max(worst, distance) : INFINITY;
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return worst / largest;
}

inline std::vector<double> softmax(std::span<const float> logits) {
  std::vector<double> result;
  double sum = 0;
  for (const float logit : logits) sum += result.emplace_back(std::exp(static_cast<double>(logit)));
  for (double& value : result) value /= sum;
  return result;
}

/// The largest difference between the probabilities of rows of `classes` logits.
inline double probability_difference(std::span<const float> a, std::span<const float> b,
                                     std::size_t classes) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t row = 0; row + classes <= a.size() && row + classes <= b.size();
       row += classes) {
    const auto p = softmax(a.subspan(row, classes));
    const auto q = softmax(b.subspan(row, classes));
    for (std::size_t i = 0; i < classes; ++i)
      worst = std::max(worst, std::isfinite(p[i]) ? std::abs(p[i] - q[i]) : 1.0);
  }
  return worst;
}

/// Whether 8-bit layers of a network add pairs of products in 16 bits, as oneDNN does on CPUs
/// without VNNI: random weights overflow, trained ones rarely.
inline bool overflows(const engine::Network& network, std::span<const float> input,
                      const engine::InputShape& shape) {
  const engine::Profile profile = network.profile(input, shape, 1);
  return std::any_of(
      profile.calls.begin(), profile.calls.end(), [](const engine::CallProfile& call) {
        const bool is_8bit = call.input_type == "u8" || call.input_type == "s8";
        const bool is_exact = call.implementation.find("vnni") != std::string::npos ||
                              call.implementation.find("amx") != std::string::npos;
        return call.kind == "convolution" && is_8bit && !is_exact;
      });
}
#define MIEN_SKIP_OVERFLOW(network, input, shape) \
  if (test::overflows(network, input, shape))     \
  GTEST_SKIP() << "no VNNI: sums of random weights overflow"

/// Compares shapes and values of the engine's outputs with those of the naive interpreter.
inline void expect_matches_naive(const model::Model& model, const engine::InputShape& shape,
                                 double tolerance = 2e-5,
                                 engine::CompileOptions options = {engine::Precision::kF32, 1}) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  const std::vector<float> input = random_input(count);
  const auto expected = run_naive(model, {{shape.begin(), shape.end()}, input});
  const auto got = engine::Network::compile(model, options).run(input, shape);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].shape, expected[i].shape) << got[i].name;
    EXPECT_LE(difference(got[i].values, expected[i].values), tolerance) << got[i].name;
  }
}

}  // namespace mien::test
