#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "vision/codecs.hpp"

namespace mien::vision::codec {
namespace {

/// libtiff on bytes in memory, with message handlers of its own instead of the global ones.
class TiffReader {
 public:
  explicit TiffReader(const Source& source) : source_(source) {
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(
        TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
    tiff_.reset(TIFFClientOpenExt(source.name.c_str(), "rm", this, on_read, on_write, on_seek,
                                  on_close, on_size, nullptr, nullptr, options.get()));
    if (!tiff_) fail(ErrorCode::kBadFormat);
  }

  Header header() const {
    std::uint32_t width = 0, height = 0;
    std::uint16_t orientation = 1;
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ORIENTATION, &orientation);
    constexpr std::uint32_t kMax = 0x7FFFFFFF;
    return {static_cast<int>(std::min(width, kMax)), static_cast<int>(std::min(height, kMax)),
            orientation >= 1 && orientation <= 8 ? orientation : 1};
  }

  Image decode() {
    char reason[1024] = {};
    if (!TIFFRGBAImageOK(tiff_.get(), reason)) {
      source_.fail(ErrorCode::kUnsupported,
                   std::string("this kind of TIFF cannot be read: ") + reason);
    }
    const Header size = header();
    std::uint16_t photometric = PHOTOMETRIC_RGB, samples = 1;
    TIFFGetField(tiff_.get(), TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SAMPLESPERPIXEL, &samples);
    const bool gray =
        (photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE) &&
        samples <= 2;

    std::vector<std::uint32_t> raster(static_cast<std::size_t>(size.width) * size.height);
    if (!TIFFReadRGBAImageOriented(tiff_.get(), static_cast<std::uint32_t>(size.width),
                                   static_cast<std::uint32_t>(size.height), raster.data(),
                                   size.orientation, 1)) {
      fail(ErrorCode::kBadFormat);
    }
    Image image(size.width, size.height, gray ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    const std::uint32_t* pixel = raster.data();
    for (int y = 0; y < size.height; ++y) {
      std::uint8_t* out = image.row(y);
      for (int x = 0; x < size.width; ++x, ++pixel, out += image.channels()) {
        const std::uint32_t white =
            255 - TIFFGetA(*pixel);  // libtiff has multiplied the colors by alpha
        out[0] = static_cast<std::uint8_t>(std::min(TIFFGetR(*pixel) + white, 255u));
        if (gray) continue;
        out[1] = static_cast<std::uint8_t>(std::min(TIFFGetG(*pixel) + white, 255u));
        out[2] = static_cast<std::uint8_t>(std::min(TIFFGetB(*pixel) + white, 255u));
      }
    }
    return image;
  }

 private:
  static constexpr tmsize_t kMaxAllocation =
      tmsize_t{1} << 30;  ///< bytes; more than the limits on pixels ask for

  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  [[noreturn]] void fail(ErrorCode code) const {
    source_.fail(code, std::string("the TIFF is truncated or damaged") +
                           (message_[0] != 0 ? ": " : "") + message_);
  }

  static int on_error(TIFF*, void* user, const char*, const char* pattern, va_list arguments) {
    TiffReader& self = *static_cast<TiffReader*>(user);
    std::vsnprintf(self.message_, sizeof self.message_, pattern, arguments);
    return 1;
  }

  static int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

  static tmsize_t on_read(thandle_t handle, void* target, tmsize_t size) {
    TiffReader& self = *static_cast<TiffReader*>(handle);
    const std::uint64_t total = self.source_.bytes.size();
    const std::uint64_t rest = self.position_ < total ? total - self.position_ : 0;
    const std::size_t count =
        static_cast<std::size_t>(std::min<std::uint64_t>(rest, static_cast<std::uint64_t>(size)));
    if (count > 0) std::memcpy(target, self.source_.data() + self.position_, count);
    self.position_ += count;
    return static_cast<tmsize_t>(count);
  }

  static tmsize_t on_write(thandle_t, void*, tmsize_t) { return -1; }

  static toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
    TiffReader& self = *static_cast<TiffReader*>(handle);
    if (whence == SEEK_CUR) offset += self.position_;
    if (whence == SEEK_END) offset += self.source_.bytes.size();
    return self.position_ = offset;
  }

  static int on_close(thandle_t) { return 0; }

  static toff_t on_size(thandle_t handle) {
    return static_cast<TiffReader*>(handle)->source_.bytes.size();
  }

  const Source& source_;
  std::uint64_t position_ = 0;
  char message_[256] = {};
  std::unique_ptr<TIFF, Close> tiff_;
};

}  // namespace

Header read_tiff_header(const Source& source) { return TiffReader(source).header(); }

Image decode_tiff(const Source& source) { return TiffReader(source).decode(); }

}  // namespace mien::vision::codec
