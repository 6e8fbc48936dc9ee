#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mien/error.hpp"
#include "server/images.hpp"
#include "server/multipart.hpp"

/// The parts of a request that the server parses itself: URL, form, JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    mien::server::Request request;
    switch (data[0] % 3) {
      case 0:
        mien::server::parse_target(text, request);
        break;
      case 1:
        mien::server::read_images_json(text, 8);
        break;
      default:
        for (const auto& part :
             mien::server::parse_multipart("multipart/form-data; boundary=b", text, 8)) {
          if (part.body.data() < text.data() ||
              part.body.data() + part.body.size() > text.data() + text.size())
            __builtin_trap();
        }
    }
  } catch (const mien::Error&) {
  }
  return 0;
}
