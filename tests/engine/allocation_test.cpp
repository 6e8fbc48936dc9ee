#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/network.hpp"
#include "engine/quantize.hpp"
#include "engine/reference_model.hpp"
#include "mien/error.hpp"

// Counts all allocations of this program. oneDNN allocates a small table of arguments in each call
// of a primitive; the library of the caller tells its allocations apart.
namespace {

std::atomic<int> ours{0};
std::atomic<int> theirs{0};
std::atomic<bool> counting{false};

void* allocate(std::size_t size, void* caller) {
  if (counting) {
    Dl_info info{};
    const bool is_library = ::dladdr(caller, &info) != 0 && info.dli_fname != nullptr &&
                            (std::strstr(info.dli_fname, "libdnnl") != nullptr ||
                             std::strstr(info.dli_fname, "libgomp") != nullptr);
    ++(is_library ? theirs : ours);
  }
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, __builtin_return_address(0)); }
void* operator new[](std::size_t size) { return allocate(size, __builtin_return_address(0)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace mien::engine {
namespace {

void expect_none_after_first_call(const Network& network, std::int64_t batch) {
  const InputShape shape = {batch, 1, 48, 48};
  const std::vector<float> input = test::random_input(batch * 48 * 48);
  std::vector<float> logits(static_cast<std::size_t>(batch) * 7);
  const std::vector<std::span<float>> outputs = {logits};
  ours = theirs = 0;
  counting = true;
  network.run(input, shape, outputs);
  counting = false;
  EXPECT_GT(ours, 0) << "allocations are not counted";
  EXPECT_GT(theirs, 0) << "allocations are not counted";
  ours = 0;
  counting = true;
  for (int i = 0; i < 10; ++i) network.run(input, shape, outputs);
  counting = false;
  EXPECT_EQ(ours, 0) << "batch " << batch;
}

void expect_none_after_first_calls(const model::Model& model, Precision precision) {
  const Network network = Network::compile(model, {precision, 1});
  for (const std::int64_t batch : {1, 32}) expect_none_after_first_call(network, batch);
}

TEST(Allocations, NoneInF32) {
  expect_none_after_first_calls(test::reference_model(), Precision::kF32);
}

TEST(Allocations, NoneInInt8) {
  const std::vector<float> images = test::random_input(2 * 48 * 48);
  expect_none_after_first_calls(quantize(test::reference_model(), images, {2, 1, 48, 48}, {1, {}}),
                                Precision::kInt8);
}

TEST(Allocations, NoneInBf16) {
  try {
    Network::compile(test::reference_model(), {Precision::kBf16, 1});
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  expect_none_after_first_calls(test::reference_model(), Precision::kBf16);
}

}  // namespace
}  // namespace mien::engine
