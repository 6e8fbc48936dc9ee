#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace mien::test {

/// Succeeds if every part occurs in `text`: for messages, of which tests check the file, the field
/// and one significant word.
inline testing::AssertionResult mentions(const std::string& text,
                                         std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) == std::string::npos)
      return testing::AssertionFailure() << "'" << part << "' is missing in: " << text;
  }
  return testing::AssertionSuccess();
}

}  // namespace mien::test
