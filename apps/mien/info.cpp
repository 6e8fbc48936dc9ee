#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
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

/// "  training.settings   first line", further lines below it.
void print_entry(const std::string& key, const std::string& value) {
  std::string text = value;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::string indent(24, ' ');
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += indent.size() + 1)
    text.insert(at + 1, indent);
  std::printf("  %-21s %s\n", key.c_str(), text.c_str());
}

void print_text(const std::filesystem::path& path, const model::Model& model) {
  std::int64_t parameters = 0;
  for (const model::Tensor& tensor : model.initializers) parameters += tensor.element_count();
  std::printf("%s: %s, %zu nodes, opset %lld, %lld parameters, %.1f MB\n", path.c_str(),
              model.graph_name.c_str(), model.nodes.size(), static_cast<long long>(model.opset),
              static_cast<long long>(parameters),
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
  std::int64_t parameters = 0;
  for (const model::Tensor& tensor : model.initializers) parameters += tensor.element_count();
  const auto values = [](const std::vector<model::ValueInfo>& list) {
    std::string out;
    for (const model::ValueInfo& value : list) {
      std::string shape;
      for (const std::int64_t side : value.shape)
        shape += (shape.empty() ? "" : ", ") + std::to_string(side);
      out += (out.empty() ? "" : ", ") +
             ("{\"name\": " + base::json_quote(value.name) + ", \"shape\": [" + shape + "]}");
    }
    return "[" + out + "]";
  };
  std::string metadata;
  for (const auto& [key, value] : model.metadata)
    metadata +=
        (metadata.empty() ? "" : ", ") + base::json_quote(key) + ": " + base::json_quote(value);
  std::printf(
      "{\"path\": %s, \"graph\": %s, \"opset\": %lld, \"nodes\": %zu, \"parameters\": %lld, "
      "\"inputs\": %s, \"outputs\": %s, \"metadata\": {%s}}\n",
      base::json_quote(path.string()).c_str(), base::json_quote(model.graph_name).c_str(),
      static_cast<long long>(model.opset), model.nodes.size(), static_cast<long long>(parameters),
      values(model.inputs).c_str(), values(model.outputs).c_str(), metadata.c_str());
}

}  // namespace

int info_command(std::span<const std::string> arguments) {
  std::string output_format = "text";
  bool help = false;
  base::OptionSet options;
  options.add_choice(output_format, "format", {"text", "json"}, "form of the result");
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> paths = options.parse(arguments);
  if (help)
    return std::printf("mien info [MODEL] [options]\n\n%s", options.help().c_str()), kExitOk;
  if (paths.size() > 1) throw Error(ErrorCode::kInvalidArgument, "give one model file");
  const std::filesystem::path path = model::locate_model(paths.empty() ? "" : paths[0]);
  const model::Model model = model::read_onnx(path);
  output_format == "json" ? print_json(path, model) : print_text(path, model);
  return kExitOk;
}

}  // namespace mien::apps
