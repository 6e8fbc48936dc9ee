#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/exif_orientation.hpp"

namespace mien::vision::codec {
namespace {

/// As with libjpeg: errors jump back into `guarded`, which throws.
class PngReader {
 public:
  explicit PngReader(const Source& source) : source_(source) {
    handle_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (handle_.png != nullptr) handle_.info = png_create_info_struct(handle_.png);
    if (handle_.info == nullptr)
      source_.fail(ErrorCode::kTooLarge, "not enough memory for this PNG");
    guarded([&] {
      png_set_read_fn(handle_.png, this, on_read);
      png_set_user_limits(handle_.png, PNG_UINT_31_MAX,
                          PNG_UINT_31_MAX);  // the caller checks the size
      png_read_info(handle_.png, handle_.info);
    });
  }

  Header header() const {
    return {static_cast<int>(png_get_image_width(handle_.png, handle_.info)),
            static_cast<int>(png_get_image_height(handle_.png, handle_.info)), orientation()};
  }

  Image decode() {
    guarded([&] {
      png_set_expand(handle_.png);
      png_set_scale_16(handle_.png);
      png_set_interlace_handling(handle_.png);
      png_read_update_info(handle_.png, handle_.info);
    });
    const int width = static_cast<int>(png_get_image_width(handle_.png, handle_.info));
    const int height = static_cast<int>(png_get_image_height(handle_.png, handle_.info));
    const int channels = png_get_channels(handle_.png, handle_.info);
    if (channels == 1 || channels == 3) {
      Image image(width, height, channels == 1 ? PixelFormat::kGray8 : PixelFormat::kRgb8);
      read_rows(image.row(0), image.stride(), height);
      return image;
    }
    const std::ptrdiff_t stride = std::ptrdiff_t{width} * channels;
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(stride * height));
    read_rows(pixels.data(), stride, height);
    return flatten_on_white(pixels.data(), width, height, channels);
  }

 private:
  struct Handle {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Handle() { png_destroy_read_struct(&png, &info, nullptr); }
  };

  void read_rows(std::uint8_t* pixels, std::ptrdiff_t stride, int height) {
    std::vector<png_bytep> rows(static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) rows[static_cast<std::size_t>(y)] = pixels + y * stride;
    guarded([&] {
      png_read_image(handle_.png, rows.data());
      png_read_end(handle_.png, nullptr);
    });
  }

  template <class Step>
  void guarded(Step step) {
    if (setjmp(jump_) != 0) source_.fail(ErrorCode::kBadFormat, std::string("PNG: ") + message_);
    step();
  }

  static void on_error(png_structp png, png_const_charp text) {
    PngReader& self = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self.message_, text, sizeof self.message_ - 1);
    std::longjmp(self.jump_, 1);
  }

  static void on_warning(png_structp, png_const_charp) {}

  static void on_read(png_structp png, png_bytep target, std::size_t size) {
    PngReader& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (size > self.source_.bytes.size() - self.position_) png_error(png, "the file is truncated");
    std::memcpy(target, self.source_.data() + self.position_, size);
    self.position_ += size;
  }

  /// Looks for the eXIf chunk in the whole file: it may stand behind the pixels.
  int orientation() const {
    constexpr std::size_t kSignature = 8, kChunkHead = 8, kChecksum = 4;
    std::size_t at = kSignature;
    while (source_.bytes.size() - at >= kChunkHead) {
      const std::size_t size = png_get_uint_32(source_.data() + at);
      const std::size_t rest = source_.bytes.size() - at - kChunkHead;
      if (size > rest || kChecksum > rest - size) break;
      if (std::memcmp(source_.data() + at + 4, "eXIf", 4) == 0) {
        return exif_orientation(source_.bytes.subspan(at + kChunkHead, size));
      }
      at += kChunkHead + size + kChecksum;
    }
    return 1;
  }

  const Source& source_;
  std::size_t position_ = 0;
  std::jmp_buf jump_;
  char message_[128] = {};
  Handle handle_;
};

}  // namespace

Header read_png_header(const Source& source) { return PngReader(source).header(); }

Image decode_png(const Source& source) { return PngReader(source).decode(); }

}  // namespace mien::vision::codec
