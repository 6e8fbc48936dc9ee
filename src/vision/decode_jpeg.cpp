#include <cstdio>  // jpeglib.h needs FILE
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>
#include <cstring>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/exif_orientation.hpp"

namespace mien::vision::codec {
namespace {

/// libjpeg reports errors by a function that must not return: it jumps back into `guarded`, which
/// throws. Between the two there are only frames of libjpeg and of lambdas without destructors.
class JpegReader {
 public:
  explicit JpegReader(const Source& source) : source_(source) {
    handle_.info.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    progress_.progress_monitor = on_progress;
    guarded([&] {
      jpeg_create_decompress(&handle_.info);
      handle_.info.progress = &progress_;
      jpeg_mem_src(&handle_.info, source_.data(), static_cast<unsigned long>(source_.bytes.size()));
      handle_.info.src->fill_input_buffer = on_end;
      jpeg_save_markers(&handle_.info, JPEG_APP0 + 1, 0xFFFF);
      jpeg_read_header(&handle_.info, TRUE);
    });
  }

  Header header() const {
    return {static_cast<int>(handle_.info.image_width), static_cast<int>(handle_.info.image_height),
            orientation()};
  }

  Image decode() {
    jpeg_decompress_struct& info = handle_.info;
    const bool gray = info.jpeg_color_space == JCS_GRAYSCALE;
    const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    guarded([&] {
      info.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
      info.scale_num = 1;
      info.scale_denom = scale_denominator();
      jpeg_start_decompress(&info);
    });
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

  [[noreturn]] void fail() {
    switch (errors_.base.msg_code) {
      case JERR_INPUT_EOF:
      case JWRN_HIT_MARKER:
        source_.fail(ErrorCode::kBadFormat, "the JPEG is truncated or damaged");
      case JERR_NO_BACKING_STORE:
      case JERR_OUT_OF_MEMORY:
        source_.fail(ErrorCode::kTooLarge, "not enough memory for this JPEG");
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

  static void on_error(j_common_ptr info) {
    std::longjmp(reinterpret_cast<Errors*>(info->err)->jump, 1);
  }

  static void on_message(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code == JWRN_HIT_MARKER) on_error(info);
  }

  /// A progressive file may repeat scans without end; encoders use about ten.
  static void on_progress(j_common_ptr info) {
    constexpr int kMaxScans = 200;
    if (!info->is_decompressor ||
        reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans)
      return;
    info->err->msg_code = JERR_BAD_PROGRESSION;
    on_error(info);
  }

  static boolean on_end(j_decompress_ptr info) {
    info->err->msg_code = JERR_INPUT_EOF;
    on_error(reinterpret_cast<j_common_ptr>(info));
    return FALSE;
  }

  /// Adobe's programs store inks inverted, and say so by their marker.
  void inks_to_rgb(const std::uint8_t* inks, std::uint8_t* rgb) const {
    const int flip = handle_.info.saw_Adobe_marker ? 0 : 255;
    for (JDIMENSION x = 0; x < handle_.info.output_width; ++x, inks += 4, rgb += 3) {
      const int key = inks[3] ^ flip;
      for (int c = 0; c < 3; ++c)
        rgb[c] = static_cast<std::uint8_t>(((inks[c] ^ flip) * key + 127) / 255);
    }
  }

  unsigned scale_denominator() const {
    const unsigned side = std::max(handle_.info.image_width, handle_.info.image_height);
    unsigned denominator = 1;
    while (source_.min_side > 0 && denominator < 8 &&
           side / (denominator * 2) >= static_cast<unsigned>(source_.min_side)) {
      denominator *= 2;
    }
    return denominator;
  }

  int orientation() const {
    constexpr char kExif[] = "Exif\0";  // and the terminating zero: six bytes
    for (jpeg_saved_marker_ptr marker = handle_.info.marker_list; marker != nullptr;
         marker = marker->next) {
      if (marker->marker != JPEG_APP0 + 1 || marker->data_length < sizeof kExif) continue;
      if (std::memcmp(marker->data, kExif, sizeof kExif) != 0) continue;
      return exif_orientation(
          std::as_bytes(std::span(marker->data, marker->data_length)).subspan(sizeof kExif));
    }
    return 1;
  }

  const Source& source_;
  Errors errors_;
  jpeg_progress_mgr progress_{};
  Handle handle_;
};

}  // namespace

Header read_jpeg_header(const Source& source) { return JpegReader(source).header(); }

Image decode_jpeg(const Source& source) { return JpegReader(source).decode(); }

}  // namespace mien::vision::codec
