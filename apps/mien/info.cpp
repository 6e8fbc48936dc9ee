#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/locate.hpp"
#include "model/model.hpp"

namespace mien::apps {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out;
  for (const std::int64_t side : shape)
    out += (out.empty() ? "" : " x ") + (side < 0 ? std::string("N") : std::to_string(side));
  return out;
}

/// "  training.settings   first line", and further lines below it.
void print_entry(const std::string& key, const std::string& value) {
  const std::string lines =
      base::join(base::split(base::trim(value), '\n'), "\n" + std::string(24, ' '));
  std::printf("  %-21s %s\n", key.c_str(), lines.c_str());
}

std::int64_t count_parameters(const model::Model& model) {
  std::int64_t parameters = 0;
  for (const model::Tensor& tensor : model.initializers) parameters += tensor.element_count();
  return parameters;
}

void print_text(const std::filesystem::path& path, const model::Model& model) {
  std::printf("%s: %s, %zu nodes, opset %lld, %lld parameters, %.1f MB\n", path.c_str(),
              model.graph_name.c_str(), model.nodes.size(), static_cast<long long>(model.opset),
              static_cast<long long>(count_parameters(model)),
              static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  for (const model::ValueInfo& value : model.inputs)
    std::printf("  input  %-14s %s\n", value.name.c_str(), shape_text(value.shape).c_str());
  for (const model::ValueInfo& value : model.outputs)
    std::printf("  output %-14s %s\n", value.name.c_str(), shape_text(value.shape).c_str());
  std::printf("\nnodes\n");
  for (const model::Node& node : model.nodes)
    std::printf("  %-20s %s\n", node.op_type.c_str(), node.name.c_str());
  std::printf("\nmetadata\n");
  for (const auto& [key, value] : model.metadata) print_entry(key, value);
}

void print_json(const std::filesystem::path& path, const model::Model& model) {
  const auto values = [](const std::vector<model::ValueInfo>& list) {
    base::Json out = base::Json::array();
    for (const model::ValueInfo& value : list)
      out.push_back({{"name", value.name}, {"shape", value.shape}});
    return out;
  };
  base::Json metadata = base::Json::object();
  for (const auto& [key, value] : model.metadata) metadata[key] = value;
  std::puts(base::to_text({{"path", path.string()},
                           {"graph", model.graph_name},
                           {"opset", model.opset},
                           {"nodes", model.nodes.size()},
                           {"parameters", count_parameters(model)},
                           {"inputs", values(model.inputs)},
                           {"outputs", values(model.outputs)},
                           {"metadata", metadata}})
                .c_str());
}

}  // namespace

int info_command(std::span<const std::string> arguments) {
  std::string output_format = "text";
  CommandLine line(
      "mien info [MODEL] [options]\n\nShows the graph and the metadata of a model file.");
  line.options.add_choice(output_format, "format", {"text", "json"}, "format of the result");
  const auto paths = line.parse(arguments);
  if (!paths) return kExitOk;
  if (paths->size() > 1)
    throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + (*paths)[1] + "'");
  const std::filesystem::path path = model::locate_model(paths->empty() ? "" : paths->front());
  const model::Model model = model::read_onnx(path);
  output_format == "json" ? print_json(path, model) : print_text(path, model);
  return kExitOk;
}

}  // namespace mien::apps
