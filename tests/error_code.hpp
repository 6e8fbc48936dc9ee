#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "mien/error.hpp"

namespace mien::test {

/// The code of the Error that `call` throws; a test failure where it throws none.
inline ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kIo;
}

}  // namespace mien::test
