#include "engine/network.hpp"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "engine/compare.hpp"
#include "mien/error.hpp"
#include "model/onnx_runtime.hpp"

namespace mien::engine {
namespace {

constexpr std::int64_t kPixels = 48 * 48;

TEST(Network, ReferenceNetworkMatchesNaive) {
  test::expect_matches_naive(test::reference_model(), {2, 1, 48, 48}, 1e-5);
}

TEST(Network, ReferenceNetworkMatchesOnnxRuntime) {
  const model::Model model = test::reference_model();
  const std::vector<float> input = test::random_input(3 * kPixels);
  const auto expected =
      test::run_onnx_runtime(model, std::vector<std::int64_t>{3, 1, 48, 48}, input);
  if (!expected) GTEST_SKIP() << "MIEN_PYTHON is not set";
  const auto got = Network::compile(model, {Precision::kF32, 1}).run(input, {3, 1, 48, 48});
  EXPECT_EQ(got[0].shape, expected->at(0).shape);
  EXPECT_LT(test::probability_difference(got[0].values, expected->at(0).values, 7), 1e-5);
}

/// OpenMP's threads do not exist in the child; waiting for them would never end.
TEST(Network, RunsInAForkedProcess) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 2});
  const std::vector<float> input = test::random_input(4 * kPixels);
  const auto here = network.run(input, {4, 1, 48, 48});
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const auto there = network.run(input, {4, 1, 48, 48});
    ::_exit(test::probability_difference(there[0].values, here[0].values, 7) < 1e-5 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(network.run(input, {4, 1, 48, 48})[0].values, here[0].values);
}

TEST(Network, BatchesMatchSingleImages) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  const std::vector<float> input = test::random_input(32 * kPixels);
  std::vector<float> single;
  for (std::int64_t i = 0; i < 32; ++i) {
    const auto output = network.run(std::span(input).subspan(i * kPixels, kPixels), {1, 1, 48, 48});
    single.insert(single.end(), output[0].values.begin(), output[0].values.end());
  }
  for (const std::int64_t batch : {2, 3, 7, 32}) {
    const auto output = network.run(std::span(input).first(batch * kPixels), {batch, 1, 48, 48});
    EXPECT_EQ(output[0].shape, (std::vector<std::int64_t>{batch, 7}));
    EXPECT_LT(test::difference(output[0].values, std::span(single).first(batch * 7)), 1e-5)
        << "batch " << batch;
  }
}

TEST(Network, ConcurrentCallsMatchSequentialOnes) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  constexpr int kThreads = 4;
  const std::vector<float> input = test::random_input(kThreads * kPixels);
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < kThreads; ++i) {
    expected.push_back(
        network.run(std::span(input).subspan(i * kPixels, kPixels), {1, 1, 48, 48})[0].values);
  }
  const Network fresh =
      Network::compile(test::reference_model(), {Precision::kF32, 1});  // planned concurrently
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        const auto output =
            fresh.run(std::span(input).subspan(i * kPixels, kPixels), {1, 1, 48, 48});
        if (output[0].values != expected[i]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Network, SeveralThreadsInOneCall) {
  test::expect_matches_naive(test::reference_model(), {2, 1, 48, 48}, 1e-5, {Precision::kF32, 2});
}

TEST(Network, ManyShapesInTurn) {
  test::GraphBuilder graph({-1, 3, -1, -1});
  graph.output(graph.node("Relu", {graph.conv("input", 3, 8, 3)}), {-1, 8, -1, -1});
  const Network network = Network::compile(graph.model(), {Precision::kF32, 1});
  for (int round = 0; round < 2; ++round) {
    for (std::int64_t size = 4; size < 24; ++size) {
      const std::vector<float> input = test::random_input(3 * size * (size + 1));
      const auto expected = test::run_naive(graph.model(), {{1, 3, size, size + 1}, input});
      const auto got = network.run(input, {1, 3, size, size + 1});
      EXPECT_LT(test::difference(got[0].values, expected[0].values), 1e-5);
    }
  }
}

TEST(Network, DescribesItself) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  EXPECT_EQ(network.precision(), Precision::kF32);
  EXPECT_EQ(network.threads(), 1);
  EXPECT_EQ(network.output_names().size(), 1U);
  EXPECT_EQ(network.output_shapes({5, 1, 48, 48}).at(0), (std::vector<std::int64_t>{5, 7}));
  EXPECT_EQ(network.multiply_adds({2, 1, 48, 48}), 2 * network.multiply_adds({1, 1, 48, 48}));
  EXPECT_GT(network.multiply_adds({1, 1, 48, 48}), 60'000'000);
  EXPECT_GT(network.memory_bytes({1, 1, 48, 48}), 1'000'000);
}

TEST(Network, WrongSizesAreRejected) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  std::vector<float> input(kPixels);
  std::vector<float> output(7);
  const std::vector<std::span<float>> outputs = {output};
  EXPECT_THROW(network.run(std::span(input).first(100), {1, 1, 48, 48}, outputs), Error);
  EXPECT_THROW(network.run(input, {1, 1, 48, 48}, {}), Error);
  const std::vector<std::span<float>> small = {std::span(output).first(6)};
  EXPECT_THROW(network.run(input, {1, 1, 48, 48}, small), Error);
  EXPECT_THROW(network.prepare({1, 1, 64, 64}), Error);  // the dense layer needs one size
  EXPECT_THROW(network.prepare({1, 3, 48, 48}), Error);
  EXPECT_THROW(network.prepare({0, 1, 48, 48}), Error);
  EXPECT_THROW(network.prepare({1, 1, -48, 48}), Error);
  EXPECT_THROW(network.prepare({std::int64_t{1} << 40, 1, 48, 48}), Error);
  EXPECT_THROW(Network::compile(test::reference_model(), {Precision::kF32, -1}), Error);
  EXPECT_THROW(Network::compile(test::reference_model(), {Precision::kInt8, 1}),
               Error);  // not quantized
}

TEST(Network, InvalidNodesAreRejected) {
  using Integers = std::vector<std::int64_t>;
  const auto prepare = [](const std::function<std::string(test::GraphBuilder&)>& build) {
    test::GraphBuilder graph({1, 1, 1, 8});
    graph.model().opset = 13;
    graph.output(build(graph), {});
    Network::compile(graph.model(), {Precision::kF32, 1}).prepare({1, 1, 1, 8});
  };
  EXPECT_THROW(prepare([](auto& g) {
                 return g.node("MatMul", {g.constant({1, 0}, -1, 1), g.constant({0, 8}, -1, 1)});
               }),
               Error);
  const auto without_scale = [](auto& g) {
    const std::string stored =
        g.template constant<std::int8_t>({8, 4}, std::vector<std::int8_t>(32, 1));
    return g.node("MatMul", {"input", g.node("DequantizeLinear",
                                             {stored, g.template constant<float>({0}, {})})});
  };
  EXPECT_THROW(prepare(without_scale), Error);
  // An axis that is sliced twice.
  prepare([](auto& g) {
    const auto list = [&](const Integers& values) {
      return g.template constant<std::int64_t>({2}, values);
    };
    const std::string cut =
        g.node("Slice", {g.constant({8, 8}, -1, 1), list({6, 0}), list({8, 8}), list({0, 0})});
    return g.node("MatMul", {"input", g.node("Transpose", {cut}, {{"perm", Integers{1, 0}}})});
  });
}

TEST(Network, Bf16StaysClose) {
  const model::Model model = test::reference_model();
  const std::vector<float> input = test::random_input(8 * kPixels);
  const auto exact = Network::compile(model, {Precision::kF32, 1}).run(input, {8, 1, 48, 48});
  try {
    const Network network = Network::compile(model, {Precision::kBf16, 1});
    const auto got = network.run(input, {8, 1, 48, 48});
    EXPECT_LT(test::probability_difference(got[0].values, exact[0].values, 7), 0.01);
    EXPECT_NE(got[0].values, exact[0].values);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    GTEST_SKIP() << error.what();
  }
}

TEST(Network, RestoresTheNumberOfThreadsOfTheCaller) {
  const Network network = Network::compile(test::reference_model(), {Precision::kF32, 1});
  omp_set_num_threads(3);
  network.run(test::random_input(kPixels), {1, 1, 48, 48});
  EXPECT_EQ(omp_get_max_threads(), 3);
}

}  // namespace
}  // namespace mien::engine
