#pragma once

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "mien/face.hpp"

namespace mien::test {

inline const std::filesystem::path kDlibFaces =
    "/usr/share/doc/libdlib19.1/examples/faces";  // Debian: libdlib19.1

struct LabeledPhoto {
  std::string file;
  std::vector<Box> faces;
  std::vector<Box> ignored;  ///< faces that a detector may find or not
};

/// The part of dlib's image list format that its examples use.
inline std::vector<LabeledPhoto> read_dlib_list(const std::filesystem::path& xml) {
  const std::string text = base::read_text(xml);
  static const std::regex kElement("<(image|box) ([^>]*)>");
  static const std::regex kAttribute("(\\w+)='([^']*)'");
  std::vector<LabeledPhoto> photos;
  for (std::sregex_iterator element(text.begin(), text.end(), kElement), end; element != end;
       ++element) {
    const std::string attributes = (*element)[2];
    std::map<std::string, std::string> values;
    for (std::sregex_iterator i(attributes.begin(), attributes.end(), kAttribute); i != end; ++i) {
      values[(*i)[1]] = (*i)[2];
    }
    if ((*element)[1] == "image") {
      photos.push_back({.file = values.at("file")});
      continue;
    }
    const auto number = [&](const char* name) { return std::stof(values.at(name)); };
    const Box box{number("left"), number("top"), number("width"), number("height")};
    auto& list = values.count("ignore") ? photos.back().ignored : photos.back().faces;
    list.push_back(box);
  }
  return photos;
}

}  // namespace mien::test
