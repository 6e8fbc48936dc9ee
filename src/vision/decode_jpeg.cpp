#include <cstdio>  // jpeglib.h needs FILE
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <optional>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/orientation.hpp"

namespace mien::vision::codec {
namespace {

/// From the EXIF or XMP segments before the pixels. There may be several EXIF segments; the first
/// with a valid tag counts.
int orientation(const Source& source) {
  constexpr std::string_view kExif("Exif\0\0", 6), kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  constexpr std::uint8_t kApp1 = 0xE1, kStartOfScan = 0xDA;
  std::optional<int> from_xmp;
  const auto byte = [&](std::size_t at) { return source.data()[at]; };
  const std::size_t size = source.bytes.size();
  for (std::size_t at = 2; at + 4 <= size && byte(at) == 0xFF;) {
    const std::uint8_t marker = byte(at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    const std::size_t length = std::size_t{byte(at + 2)} << 8 | byte(at + 3);
    if (marker == kStartOfScan || length < 2 || length > size - at - 2) break;
    const auto content = source.bytes.subspan(at + 4, length - 2);
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (marker == kApp1 && text.starts_with(kExif)) {
      if (const auto value = exif_orientation(content.subspan(kExif.size()))) return *value;
    }
    if (marker == kApp1 && text.starts_with(kXmp) && !from_xmp)
      from_xmp = xmp_orientation(content.subspan(kXmp.size()));
    at += 2 + length;
  }
  return from_xmp.value_or(1);
}

/// libjpeg reports errors by a function that must not return: it jumps back into `guarded`, which
/// throws. Between the two there are only frames of libjpeg and of lambdas without destructors.
class JpegReader : public Reader {
 public:
  explicit JpegReader(const Source& source) : source_(source) {
    handle_.info.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    progress_.progress_monitor = on_progress;
    guarded([&] {
      jpeg_create_decompress(&handle_.info);
      handle_.info.client_data = this;
      handle_.info.progress = &progress_;
      handle_.info.mem->max_memory_to_use = static_cast<long>(source.memory_limit());
      jpeg_mem_src(&handle_.info, source_.data(), static_cast<unsigned long>(source_.bytes.size()));
      handle_.info.src->fill_input_buffer = on_end;
      jpeg_read_header(&handle_.info, TRUE);
    });
  }

  Header header() const override {
    const jpeg_decompress_struct& info = handle_.info;
    const bool half = source_.as_photo && std::max(info.image_width, info.image_height) >=
                                              static_cast<JDIMENSION>(kHalfSizeSide);
    return {static_cast<int>(info.image_width), static_cast<int>(info.image_height),
            orientation(source_), half ? 2 : 1};
  }

  Image decode() override {
    jpeg_decompress_struct& info = handle_.info;
    const bool gray = info.jpeg_color_space == JCS_GRAYSCALE;
    const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    in_scans_ = true;
    guarded([&] {
      info.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
      info.scale_num = 1;
      info.scale_denom = static_cast<unsigned>(header().denominator);
      jpeg_start_decompress(&info);
    });
    if (no_end_marker_ && !all_scans_read()) fail_truncated();
    Image image(static_cast<int>(info.output_width), static_cast<int>(info.output_height),
                gray ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    std::vector<std::uint8_t> inks(cmyk ? std::size_t{info.output_width} * 4 : 0);
    guarded([&] {
      while (info.output_scanline < info.output_height) {
        std::uint8_t* pixels = image.row(static_cast<int>(info.output_scanline));
        JSAMPROW row = cmyk ? inks.data() : pixels;
        jpeg_read_scanlines(&info, &row, 1);
        if (cmyk) inks_to_rgb(inks.data(), pixels);
      }
      jpeg_finish_decompress(&info);
    });
    return image;
  }

 private:
  struct Handle {
    jpeg_decompress_struct info{};
    ~Handle() { jpeg_destroy_decompress(&info); }
  };
  struct Errors {
    jpeg_error_mgr base{};
    std::jmp_buf jump;
  };

  template <class Step>
  void guarded(Step step) {
    if (setjmp(errors_.jump) != 0) fail();
    step();
  }

  [[noreturn]] void fail_truncated() const {
    source_.fail(ErrorCode::kBadFormat, "the JPEG is truncated or damaged");
  }

  [[noreturn]] void fail() {
    switch (errors_.base.msg_code) {
      case JERR_INPUT_EOF:
      case JWRN_HIT_MARKER:
        fail_truncated();
      case JERR_NO_BACKING_STORE:
      case JERR_OUT_OF_MEMORY:
        source_.fail(ErrorCode::kTooLarge, "not enough memory for this JPEG; reduce its size");
      case JERR_BAD_PROGRESSION:
        if (work_ > max_work())
          source_.fail(ErrorCode::kTooLarge, "the progressive JPEG has too many scans");
        break;
      default:
        break;
    }
    char text[JMSG_LENGTH_MAX] = {};
    errors_.base.format_message(reinterpret_cast<j_common_ptr>(&handle_.info), text);
    const int code = errors_.base.msg_code;
    const bool unsupported = code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED ||
                             code == JERR_CONVERSION_NOTIMPL;
    source_.fail(unsupported ? ErrorCode::kUnsupported : ErrorCode::kBadFormat,
                 std::string("JPEG: ") + text);
  }

  static JpegReader& self(j_decompress_ptr info) {
    return *static_cast<JpegReader*>(info->client_data);
  }

  static void on_error(j_common_ptr info) {
    std::longjmp(reinterpret_cast<Errors*>(info->err)->jump, 1);
  }

  static void on_message(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code == JWRN_HIT_MARKER) on_error(info);
  }

  /// Pixels times scans that this file may cost. Photos have about ten scans and far more than a
  /// byte per 500 pixels and scan; a file that only repeats empty scans gets a fraction of a
  /// second.
  std::int64_t max_work() const {
    constexpr std::int64_t kFreeWork = 200'000'000, kWorkPerByte = 500;
    return kFreeWork + kWorkPerByte * static_cast<std::int64_t>(source_.bytes.size());
  }

  /// Called after each row of blocks of each scan.
  static void on_progress(j_common_ptr common) {
    if (!common->is_decompressor) return;
    const j_decompress_ptr info = reinterpret_cast<j_decompress_ptr>(common);
    JpegReader& reader = self(info);
    if (info->output_scanline > 0 || !jpeg_has_multiple_scans(info)) return;
    reader.work_ += std::int64_t{info->image_width} * info->max_v_samp_factor * DCTSIZE;
    if (reader.work_ <= reader.max_work()) return;
    info->err->msg_code = JERR_BAD_PROGRESSION;
    on_error(common);
  }

  /// Behind the last byte: an end marker is supplied, since some writers omit it. If pixels are
  /// missing, the decoder then warns that it hit a marker.
  static boolean on_end(j_decompress_ptr info) {
    static constexpr JOCTET kEndMarker[] = {0xFF, JPEG_EOI};
    JpegReader& reader = self(info);
    if (!reader.in_scans_ || reader.no_end_marker_) {
      info->err->msg_code = JERR_INPUT_EOF;
      on_error(reinterpret_cast<j_common_ptr>(info));
    }
    reader.no_end_marker_ = true;
    info->src->next_input_byte = kEndMarker;
    info->src->bytes_in_buffer = sizeof kEndMarker;
    return TRUE;
  }

  /// Of a file without an end marker, which may have been cut between two scans: all bits of all
  /// coefficients are known.
  bool all_scans_read() const {
    const jpeg_decompress_struct& info = handle_.info;
    if (!info.progressive_mode) return false;
    for (int c = 0; c < info.num_components; ++c) {
      for (int k = 0; k < DCTSIZE2; ++k) {
        if (info.coef_bits[c][k] != 0) return false;
      }
    }
    return true;
  }

  /// Adobe's programs store inks inverted, and write a marker of their own.
  void inks_to_rgb(const std::uint8_t* inks, std::uint8_t* rgb) const {
    const int flip = handle_.info.saw_Adobe_marker ? 0 : 255;
    for (JDIMENSION x = 0; x < handle_.info.output_width; ++x, inks += 4, rgb += 3) {
      const int key = inks[3] ^ flip;
      for (int c = 0; c < 3; ++c)
        rgb[c] = static_cast<std::uint8_t>(((inks[c] ^ flip) * key + 127) / 255);
    }
  }

  const Source& source_;
  bool in_scans_ = false;       ///< the header has been read
  bool no_end_marker_ = false;  ///< the file ended before its end marker
  std::int64_t work_ = 0;       ///< pixels times scans so far
  Errors errors_;
  jpeg_progress_mgr progress_{};
  Handle handle_;
};

}  // namespace

std::unique_ptr<Reader> open_jpeg(const Source& source) {
  return std::make_unique<JpegReader>(source);
}

}  // namespace mien::vision::codec
