#include <png.h>

#include <csetjmp>
#include <cstring>
#include <optional>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/orientation.hpp"

namespace mien::vision::codec {
namespace {

/// As with libjpeg: errors jump back into `guarded`, which throws.
class PngReader : public Reader {
 public:
  explicit PngReader(const Source& source) : source_(source) {
    handle_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (handle_.png != nullptr) handle_.info = png_create_info_struct(handle_.png);
    if (handle_.info == nullptr)
      source_.fail(ErrorCode::kTooLarge, "not enough memory for this PNG; reduce its size");
    guarded([&] {
      png_set_read_fn(handle_.png, this, on_read);
      png_set_user_limits(handle_.png, PNG_UINT_31_MAX,
                          PNG_UINT_31_MAX);  // the caller checks the size
      // Skip text, profiles and palettes without inflating or storing them: they may claim a GB.
      png_set_keep_unknown_chunks(handle_.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_chunk_malloc_max(handle_.png, kMaxChunkBytes);
      png_set_chunk_cache_max(handle_.png, kMaxChunks);
      png_read_info(handle_.png, handle_.info);
    });
  }

  Header header() const override {
    return {static_cast<int>(png_get_image_width(handle_.png, handle_.info)),
            static_cast<int>(png_get_image_height(handle_.png, handle_.info)), orientation()};
  }

  Image decode() override {
    int passes = 1;
    guarded([&] {
      png_set_expand(handle_.png);
      png_set_scale_16(handle_.png);
      passes = png_set_interlace_handling(handle_.png);
      png_read_update_info(handle_.png, handle_.info);
    });
    const int width = static_cast<int>(png_get_image_width(handle_.png, handle_.info));
    const int height = static_cast<int>(png_get_image_height(handle_.png, handle_.info));
    const int channels = png_get_channels(handle_.png, handle_.info);
    const bool alpha = channels == 2 || channels == 4;
    // Passes of an interlaced image are combined in place, with alpha.
    const int buffered_rows = !alpha ? 0 : passes > 1 ? height : 1;
    const std::ptrdiff_t stride = std::ptrdiff_t{width} * channels;
    source_.require_memory(std::int64_t{width} * height * (channels - (alpha ? 1 : 0)) +
                           stride * buffered_rows);
    Image image(width, height, channels <= 2 ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    std::vector<std::uint8_t> buffer(static_cast<std::size_t>(stride * buffered_rows));
    Compositor compositor(image);
    guarded([&] {
      for (int pass = 0; pass < passes; ++pass) {
        for (int y = 0; y < height; ++y) {
          std::uint8_t* row =
              !alpha ? image.row(y) : buffer.data() + (buffered_rows > 1 ? y * stride : 0);
          png_read_row(handle_.png, row, nullptr);
          if (alpha && pass == passes - 1) compositor.add_row(row);
        }
      }
      png_read_end(handle_.png, nullptr);
    });
    return image;
  }

 private:
  static constexpr png_alloc_size_t kMaxChunkBytes = 8 << 20;
  static constexpr png_uint_32 kMaxChunks = 128;

  struct Handle {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Handle() { png_destroy_read_struct(&png, &info, nullptr); }
  };

  template <class Step>
  void guarded(Step step) {
    if (setjmp(jump_) != 0) fail();
    step();
  }

  [[noreturn]] void fail() const {
    const std::string_view message = message_;
    const bool memory = message.find("emory") != std::string_view::npos;
    source_.fail(memory ? ErrorCode::kTooLarge : ErrorCode::kBadFormat,
                 "PNG: " + std::string(message));
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

  /// From eXIf or XMP (an uncompressed iTXt) chunks anywhere in the file: they may follow the
  /// pixels.
  int orientation() const {
    constexpr std::size_t kSignature = 8, kChunkHead = 8, kChecksum = 4;
    constexpr char kXmp[] = "XML:com.adobe.xmp";  // with its terminating zero
    std::optional<int> from_xmp;
    std::size_t at = kSignature;
    while (source_.bytes.size() - at >= kChunkHead) {
      const std::size_t size = png_get_uint_32(source_.data() + at);
      const std::size_t rest = source_.bytes.size() - at - kChunkHead;
      if (size > rest || kChecksum > rest - size) break;
      const std::uint8_t* type = source_.data() + at + 4;
      const auto content = source_.bytes.subspan(at + kChunkHead, size);
      if (std::memcmp(type, "eXIf", 4) == 0) {
        if (const auto value = exif_orientation(content)) return *value;
      }
      if (std::memcmp(type, "iTXt", 4) == 0 && size > sizeof kXmp &&
          std::memcmp(content.data(), kXmp, sizeof kXmp) == 0) {
        from_xmp = xmp_orientation(content);
      }
      at += kChunkHead + size + kChecksum;
    }
    return from_xmp.value_or(1);
  }

  const Source& source_;
  std::size_t position_ = 0;
  std::jmp_buf jump_;
  char message_[128] = {};
  Handle handle_;
};

}  // namespace

std::unique_ptr<Reader> open_png(const Source& source) {
  return std::make_unique<PngReader>(source);
}

}  // namespace mien::vision::codec
