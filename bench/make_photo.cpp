// make_photo IN WIDTH HEIGHT OUT.jpg: resizes a photo for measurements.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/file.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: make_photo IN WIDTH HEIGHT OUT.jpg\n"), 2;
  try {
    mien::base::write_file(
        argv[4],
        mien::vision::encode_jpeg(mien::vision::resize(mien::vision::load_image(argv[1]),
                                                       std::atoi(argv[2]), std::atoi(argv[3])),
                                  92));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_photo: %s\n", error.what());
    return 1;
  }
}
