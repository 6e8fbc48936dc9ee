#include "model/photo_head.hpp"

#include <cstdio>

#include "commands.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {

int photo_head_command(std::span<const std::string> arguments) {
  model::PhotoHeadOptions values;
  std::string output;
  CommandLine line(
      "mien photo-head MODEL -o FILE [options]\n\nAdds the head 'photo' to a model with the heads "
      "fer2013 and ferplus and makes it the default. It is a weighted mean\nof both, with a part "
      "of "
      "the training set's label bias removed. Then calibrate it: mien calibrate --head photo");
  line.options.add(values.weight, "weight", "W", "weight of the head fer2013; ferplus has the rest",
                   {0, 1});
  line.options.add(values.prior, "prior", "E",
                   "exponent of the training class frequencies that are divided out", {0, 1});
  line.options.add(output, "output", "FILE", "model file to write");
  line.options.short_name('o');
  const auto names = line.parse(arguments);
  if (!names) return kExitOk;
  if (names->size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "mien photo-head needs one model, such as mien photo-head MODEL -o FILE");
  require_option(output, "-o", "give the model file to write");
  const std::filesystem::path path = model::locate_model(names->front());
  try {
    model::write_onnx(model::add_photo_head(model::read_onnx(path), values), output);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
  std::printf("wrote %s\n", output.c_str());
  return kExitOk;
}

}  // namespace mien::apps
