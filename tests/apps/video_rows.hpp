#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "clips.hpp"

namespace mien::test {

class VideoTest : public testing::Test {
 protected:
  void SetUp() override {
    MIEN_SKIP_WITHOUT(kMienVideo);
    MIEN_SKIP_WITHOUT(kFfmpeg);
    MIEN_SKIP_WITHOUT(kClipFaces);
  }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  Command command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"video", "--detector", "hog"});
    Command command = mien_command(std::move(arguments));
    command.folder = folder_.path();
    return command;
  }
  ProcessResult video(std::vector<std::string> arguments) const {
    return run(command(std::move(arguments)));
  }

  static std::vector<nlohmann::json> rows(const std::string& text) {
    std::vector<nlohmann::json> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  }

  TemporaryDir folder_;
};

}  // namespace mien::test
