#include "model/photo_head.hpp"

#include <cstdio>

#include "base/options.hpp"
#include "commands.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {

int photo_head_command(std::span<const std::string> arguments) {
  model::PhotoHeadOptions values;
  std::string output;
  bool help = false;
  base::OptionSet options;
  options.add(values.weight, "weight", "W", "weight of head fer2013; ferplus has the rest", {0, 1});
  options.add(values.prior, "prior", "E",
              "exponent of the training class frequencies that are divided out", {0, 1});
  options.add(output, "output", "FILE", "model file to write");
  options.short_name('o');
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> names = options.parse(arguments);
  if (help) {
    std::printf(
        "mien photo-head MODEL -o FILE [options]\n\nAdds the head 'photo' to a model with the "
        "heads "
        "fer2013 and ferplus and makes it the default.\nIt is a weighted mean of both, with a part "
        "of the training set's label bias removed.\nThen calibrate it: mien calibrate --head photo"
        "\n\n%s",
        options.help().c_str());
    return kExitOk;
  }
  if (names.size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "photo-head needs one model: mien photo-head MODEL -o FILE");
  if (output.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--output is missing; give -o FILE, the model file to write");
  const std::filesystem::path path = model::locate_model(names[0]);
  try {
    model::write_onnx(model::add_photo_head(model::read_onnx(path), values), output);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
  std::printf("wrote %s\n", output.c_str());
  return kExitOk;
}

}  // namespace mien::apps
