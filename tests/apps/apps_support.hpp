#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "datasets/dataset.hpp"
#include "mentions.hpp"
#include "process.hpp"
#include "support.hpp"

namespace mien::test {

inline const std::filesystem::path kMien = std::filesystem::path(MIEN_BIN_DIR) / "mien";
inline const std::filesystem::path kSkimage =
    "/usr/lib/python3/dist-packages/skimage/data";  // python3-skimage
inline const std::filesystem::path kAstronaut = kSkimage / "astronaut.png";

/// The models that the tests ask: those of the sources, or of the folder MIEN_MODELS.
inline std::filesystem::path shipped_model(const std::string& name) {
  const char* variable = std::getenv("MIEN_MODELS");
  return std::filesystem::path(variable != nullptr ? variable : MIEN_SOURCE_DIR "/models") /
         (name + ".onnx");
}
inline std::filesystem::path default_model() { return shipped_model("mien"); }
inline std::filesystem::path reference_model() { return shipped_model("reference"); }

inline Command mien_command(std::vector<std::string> arguments) {
  return {.program = kMien,
          .arguments = std::move(arguments),
          .environment = {{"MIEN_MODELS", reference_model().parent_path().string()},
                          {"XDG_DATA_HOME", "/nowhere"}}};
}
inline ProcessResult mien(std::vector<std::string> arguments) {
  return run(mien_command(std::move(arguments)));
}

/// MIEN_PYTHON, else the system's.
inline std::filesystem::path python() {
  const char* variable = std::getenv("MIEN_PYTHON");
  return variable != nullptr && *variable != 0 ? variable : "/usr/bin/python3";
}
inline bool python_has(const std::filesystem::path& interpreter, const std::string& module) {
  return run({.program = interpreter, .arguments = {"-c", "import " + module}}).exit_code == 0;
}

/// Compares with tests/apps/golden/<name>; MIEN_UPDATE_GOLDEN=1 writes the file instead, for a look
/// at its diff.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path =
      std::filesystem::path(MIEN_SOURCE_DIR) / "tests/apps/golden" / name;
  if (std::getenv("MIEN_UPDATE_GOLDEN") != nullptr) return base::write_file(path, text);
  EXPECT_EQ(text, base::read_text(path)) << "MIEN_UPDATE_GOLDEN=1 writes golden files anew";
}

/// FER2013's CSV of samples.
inline std::string fer2013_csv(const datasets::Dataset& dataset) {
  std::string text = "emotion,pixels,Usage\n";
  for (const datasets::Sample& sample : dataset) {
    text += std::to_string(sample.emotion) + ",";
    for (std::size_t i = 0; i < sample.pixels.size(); ++i)
      text += (i == 0 ? "" : " ") + std::to_string(sample.pixels[i]);
    text += "," + std::string(datasets::to_string(sample.split)) + "\n";
  }
  return text;
}

}  // namespace mien::test

#define MIEN_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << (path) << " is not here"
