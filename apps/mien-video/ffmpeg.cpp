#include "ffmpeg.hpp"

#include <array>

namespace mien::apps {

std::string ffmpeg_error(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

}  // namespace mien::apps
