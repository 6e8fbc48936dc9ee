// The emotion of every face in photos: analyze photo.jpg...
#include <cstddef>
#include <cstdio>

#include "mien/analyzer.hpp"
#include "mien/error.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: analyze PHOTO...\n", stderr);
    return 2;
  }
  try {
    // The shipped network; a path of a model file or other options may be given.
    const mien::Analyzer analyzer = mien::Analyzer::load();
    for (int i = 1; i < argc; ++i) {
      const std::vector<mien::Face> faces = analyzer.analyze_file(argv[i]).faces;
      std::printf("%s: %zu face%s\n", argv[i], faces.size(), faces.size() == 1 ? "" : "s");
      for (const mien::Face& face : faces) {
        const std::string_view emotion = mien::to_string(face.emotion);
        std::printf("  %.*s, %.0f%%, at (%.0f, %.0f), %.0f pixels wide\n",
                    static_cast<int>(emotion.size()), emotion.data(), 100 * face.confidence,
                    face.box.x, face.box.y, face.box.width);
        for (std::size_t c = 0; c < face.probabilities.size(); ++c) {
          std::printf("    %-9s %.3f\n", analyzer.labels()[c].c_str(), face.probabilities[c]);
        }
      }
    }
  } catch (const mien::Error& error) {
    std::fprintf(stderr, "analyze: %s\n", error.what());
    return 1;
  }
  return 0;
}
