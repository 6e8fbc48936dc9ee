#include "annotated_copies.hpp"

#include <map>
#include <set>

#include "base/file.hpp"
#include "common/command_line.hpp"
#include "vision/annotate.hpp"
#include "vision/crop.hpp"
#include "vision/encode.hpp"
#include "vision/palette.hpp"

namespace mien::apps {

void name_copies(const std::filesystem::path& folder, std::vector<PhotoInput>& photos) {
  create_folder(folder);
  std::set<std::filesystem::path> taken;
  for (const PhotoInput& photo : photos) taken.insert(identity_of(photo.path));
  std::map<std::string, int> seen;
  for (PhotoInput& photo : photos) {
    const std::filesystem::path path(photo.path);
    const std::string stem = path.stem().string(),
                      extension = path.extension() == ".png" ? ".png" : ".jpg";
    std::filesystem::path name;
    do {
      const int count = ++seen[stem + extension];
      name = folder / (stem + (count > 1 ? "-" + std::to_string(count) : "") + extension);
    } while (!taken.insert(identity_of(name)).second);
    photo.copy = name.string();
  }
}

void write_annotated(const ImageView& photo, const std::vector<Face>& faces,
                     const std::vector<std::string>& labels, const std::filesystem::path& path) {
  std::vector<vision::AnnotatedFace> drawn;
  for (const Face& face : faces) {
    vision::AnnotatedFace one{.box = face.box,
                              .title = std::string(display_label(face)),
                              .bars = {},
                              .color = vision::kUncertainColor};
    if (!face.uncertain) {
      one.title += base::format(" %.0f%%", 100 * face.confidence);
      one.color = vision::color_of(face.emotion);
    }
    for (std::size_t c = 0; c < labels.size(); ++c)
      one.bars.emplace_back(labels[c], face.probabilities[c]);
    drawn.push_back(std::move(one));
  }
  Image copy = vision::to_rgb(photo);
  vision::annotate(copy, drawn);
  base::write_file(
      path, path.extension() == ".png" ? vision::encode_png(copy) : vision::encode_jpeg(copy, 92));
}

}  // namespace mien::apps
