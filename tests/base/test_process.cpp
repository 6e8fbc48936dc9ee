#include <gtest/gtest.h>

#include <filesystem>

#include "base/process.hpp"
#include "error_code.hpp"
#include "mien/error.hpp"

namespace mien::base {
namespace {

using namespace std::chrono_literals;

TEST(Process, PassesInputAndArgumentsAndReturnsOutput) {
  const std::string much(1 << 20, 'x');  // more than a pipe holds
  EXPECT_EQ(run_process({"cat"}, much).output, much);
  const ProcessEnd end =
      run_process({"sh", "-c", "printf %s \"$0\"; echo bad >&2; exit 3", "a b'$(id)"}, "");
  EXPECT_EQ(end.output, "a b'$(id)");
  EXPECT_EQ(end.error, "bad\n");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}, "").exit_code, 128 + 9);
}

TEST(Process, HasLimits) {
  EXPECT_TRUE(run_process({"cat", "/dev/zero"}, "", {.output = 1000}).too_long);
  const ProcessEnd slow = run_process({"sleep", "1000"}, "", {.time = 50ms});
  EXPECT_TRUE(slow.timed_out);
  EXPECT_EQ(slow.exit_code, 128 + 9);
}

TEST(Process, TimeLimitHoldsAfterTheOutputIsClosed) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessEnd end =
      run_process({"sh", "-c", "exec >&- 2>&-; exec sleep 1000"}, "", {.time = 100ms});
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.exit_code, 128 + 9);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
  // One that ends within its limit is waited for.
  EXPECT_EQ(run_process({"sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 7"}, "").exit_code, 7);
}

TEST(Process, MissingProgramIsNamed) {
  EXPECT_EQ(test::code_of([] { run_process({"no-such-program"}, ""); }), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mien::base
