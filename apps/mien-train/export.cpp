#include "train/export.hpp"

#include <cstdio>

#include "commands.hpp"
#include "mien/error.hpp"

namespace mien::apps {

int export_command(std::span<const std::string> arguments) {
  std::string output, description;
  bool help = false;
  OptionSet options;
  options.add(output, "output", "FILE", "model file to write");
  options.short_name('o');
  options.add(description, "description", "TEXT", "one line for the model file's metadata");
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> paths = options.parse(arguments);
  if (help) {
    std::printf("mien export CHECKPOINT -o model.onnx\n\n%s", options.help().c_str());
    return 0;
  }
  if (paths.size() != 1) throw Error(ErrorCode::kInvalidArgument, "give one checkpoint: mien export run/best.ckpt -o model.onnx");
  if (output.empty()) throw Error(ErrorCode::kInvalidArgument, "-o FILE is missing: the model file to write");
  std::map<std::string, std::string> extra;
  if (!description.empty()) extra["description"] = description;
  const model::Model model = train::export_checkpoint(paths[0], extra);
  model::write_onnx(model, output);
  std::fprintf(stderr, "wrote %s\n", output.c_str());
  return 0;
}

}  // namespace mien::apps
