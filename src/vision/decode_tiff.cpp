#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "base/file.hpp"
#include "vision/codecs.hpp"

namespace mien::vision::codec {
namespace {

/// libtiff on bytes in memory, with its own message handlers instead of the global ones.
class TiffReader : public Reader {
 public:
  explicit TiffReader(const Source& source) : source_(source) {
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(
        TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(),
                                        static_cast<tmsize_t>(source.memory_limit()));
    tiff_.reset(TIFFClientOpenExt(source.name.c_str(), "rm", this, on_read, on_write, on_seek,
                                  on_close, on_size, nullptr, nullptr, options.get()));
    if (!tiff_) fail();
  }

  Header header() const override {
    std::uint32_t width = 0, height = 0;
    std::uint16_t orientation = 1;
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ORIENTATION, &orientation);
    constexpr std::uint32_t kMax = 0x7FFFFFFF;
    return {static_cast<int>(std::min(width, kMax)), static_cast<int>(std::min(height, kMax)),
            orientation >= 1 && orientation <= 8 ? orientation : 1};
  }

  Image decode() override {
    char reason[1024] = {};
    TIFF* const tiff = tiff_.get();
    std::uint16_t compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    if (compression == COMPRESSION_OJPEG || !TIFFRGBAImageOK(tiff, reason)) {
      source_.fail(ErrorCode::kUnsupported,
                   std::string("unsupported: this variant of TIFF; convert it to JPEG (") +
                       (reason[0] != 0 ? reason : "old-style JPEG compression") + ")");
    }
    const Header size = header();
    std::uint16_t photometric = PHOTOMETRIC_RGB, samples = 1;
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    const bool gray =
        (photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE) &&
        samples <= 2;
    const int band = rows_per_band(size, gray ? 1 : 3);

    Image image(size.width, size.height, gray ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    std::vector<std::uint32_t> raster(static_cast<std::size_t>(size.width) * band);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * (image.channels() + 1));
    RgbaReader reader(tiff);
    if (!reader.begin(reason)) {
      source_.fail(ErrorCode::kUnsupported, std::string("unsupported TIFF: ") + reason);
    }
    Compositor compositor(image);
    for (int y = 0; y < size.height; y += band) {
      const int rows = std::min(band, size.height - y);
      if (!reader.read(y, rows, size.width, raster.data())) fail();
      const std::uint32_t* pixel = raster.data();
      for (int r = 0; r < rows; ++r) {
        std::uint8_t* out = row.data();
        for (int x = 0; x < size.width; ++x, ++pixel) {
          *out++ = static_cast<std::uint8_t>(TIFFGetR(*pixel));
          if (!gray) {
            *out++ = static_cast<std::uint8_t>(TIFFGetG(*pixel));
            *out++ = static_cast<std::uint8_t>(TIFFGetB(*pixel));
          }
          *out++ = static_cast<std::uint8_t>(TIFFGetA(*pixel));
        }
        compositor.add_premultiplied_row(row.data());
      }
    }
    return image;
  }

 private:
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  /// Reads bands of rows, as stored, as 8-bit RGBA with premultiplied alpha.
  class RgbaReader {
   public:
    explicit RgbaReader(TIFF* tiff) : tiff_(tiff) {}
    ~RgbaReader() {
      if (open_) TIFFRGBAImageEnd(&image_);
    }
    RgbaReader(const RgbaReader&) = delete;
    RgbaReader& operator=(const RgbaReader&) = delete;

    bool begin(char* reason) {
      open_ = TIFFRGBAImageBegin(&image_, tiff_, 1, reason) != 0;
      image_.req_orientation = image_.orientation;
      return open_;
    }
    bool read(int first, int rows, int width, std::uint32_t* raster) {
      image_.row_offset = first;
      return TIFFRGBAImageGet(&image_, raster, static_cast<std::uint32_t>(width),
                              static_cast<std::uint32_t>(rows)) != 0;
    }

   private:
    TIFF* tiff_;
    TIFFRGBAImage image_{};
    bool open_ = false;
  };

  /// Whole strips or tiles, at least kMinBand rows. Checks the memory they need: a small image may
  /// claim huge ones.
  int rows_per_band(const Header& size, int channels) const {
    constexpr std::uint32_t kMinBand = 64;
    constexpr std::uint64_t kFreeBytes = 16 << 20, kMaxBytesPerPixel = 16;
    const std::uint64_t pixels = static_cast<std::uint64_t>(size.width) * size.height;
    const bool tiled = TIFFIsTiled(tiff_.get()) != 0;
    std::uint32_t unit_rows = 0;
    if (tiled)
      TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &unit_rows);
    else
      TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ROWSPERSTRIP, &unit_rows);
    const std::uint64_t unit = tiled ? TIFFTileSize64(tiff_.get()) : TIFFStripSize64(tiff_.get());
    if (unit > kFreeBytes + kMaxBytesPerPixel * pixels) {
      source_.fail(
          ErrorCode::kTooLarge,
          base::format("TIFF: %s of %llu MB for %d x %d pixels", tiled ? "tiles" : "strips",
                       static_cast<unsigned long long>(unit >> 20), size.width, size.height));
    }
    const std::uint32_t height = static_cast<std::uint32_t>(size.height);
    unit_rows = std::clamp(unit_rows, 1u, height);
    const std::uint32_t band = std::min((kMinBand + unit_rows - 1) / unit_rows * unit_rows, height);
    source_.require_memory(static_cast<std::int64_t>(
        pixels * static_cast<std::uint64_t>(channels) + unit +
        std::uint64_t{4} * static_cast<std::uint64_t>(size.width) * band));
    return static_cast<int>(band);
  }

  [[noreturn]] void fail() const {
    const std::string_view message = message_;
    for (const char* word : {"emory", "llocat", "space"}) {
      if (message.find(word) != std::string_view::npos)
        source_.fail(ErrorCode::kTooLarge,
                     "not enough memory for this TIFF: " + std::string(message));
    }
    source_.fail(ErrorCode::kBadFormat, "the TIFF is truncated or damaged" +
                                            (message.empty() ? "" : ": " + std::string(message)));
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

std::unique_ptr<Reader> open_tiff(const Source& source) {
  return std::make_unique<TiffReader>(source);
}

}  // namespace mien::vision::codec
