#include "model/onnx_runtime.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "base/file.hpp"
#include "support.hpp"

namespace mien::test {

std::optional<std::vector<OnnxRuntimeOutput>> run_onnx_runtime(const model::Model& model,
                                                               std::span<const std::int64_t> shape,
                                                               std::span<const float> input) {
  const std::optional<std::string> python = peer_python();
  if (!python) return std::nullopt;
  const TemporaryDir folder;
  model::write_onnx(model, folder / "model.onnx");
  base::write_file(folder / "input.f32", std::as_bytes(input));
  std::string command =
      *python + " " + MIEN_SOURCE_DIR + "/tests/model/run_onnx.py " + folder.path().string();
  for (const std::int64_t dimension : shape) command += " " + std::to_string(dimension);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("ONNX Runtime rejects the model");

  std::vector<OnnxRuntimeOutput> outputs;
  std::istringstream shapes(base::read_text(folder / "shapes.txt"));
  for (std::string line; std::getline(shapes, line);) {
    OnnxRuntimeOutput output;
    std::istringstream dimensions(line);
    for (std::int64_t dimension = 0; dimensions >> dimension;) output.shape.push_back(dimension);
    const auto bytes =
        base::read_file(folder / ("output" + std::to_string(outputs.size()) + ".f32"));
    output.values.resize(bytes.size() / sizeof(float));
    std::memcpy(output.values.data(), bytes.data(), bytes.size());
    outputs.push_back(std::move(output));
  }
  return outputs;
}

}  // namespace mien::test
