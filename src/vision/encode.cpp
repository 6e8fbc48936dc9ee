#include "vision/encode.hpp"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
// clang-format off
#include <jpeglib.h>
// clang-format on

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::vision {
namespace {

void require_pixels(const ImageView& image) {
  if (image.empty()) throw Error(ErrorCode::kInvalidArgument, "an empty image cannot be encoded");
}

struct JpegErrors {
  jpeg_error_mgr base{};
  std::jmp_buf jump;
};

struct JpegWriter {
  jpeg_compress_struct info{};
  unsigned char* buffer = nullptr;  ///< of libjpeg
  unsigned long size = 0;
  JpegErrors errors;

  ~JpegWriter() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }

  /// False when libjpeg gave up; no frame with a destructor lies between here and its jump.
  bool write(const ImageView& image, int quality) {
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = [](j_common_ptr common) {
      std::longjmp(reinterpret_cast<JpegErrors*>(common->err)->jump, 1);
    };
    if (setjmp(errors.jump) != 0) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = channels(image.format);
    info.in_color_space = image.format == PixelFormat::kGray8 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    if (quality >= 90) info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
    info.optimize_coding = TRUE;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(image.row(static_cast<int>(info.next_scanline)));
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

std::vector<std::byte> encode_jpeg(const ImageView& image, int quality) {
  require_pixels(image);
  if (quality < 1 || quality > 100) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("JPEG quality %d is outside 1 to 100", quality));
  }
  if (image.width > JPEG_MAX_DIMENSION || image.height > JPEG_MAX_DIMENSION) {
    throw Error(ErrorCode::kTooLarge,
                base::format("%d x %d pixels do not fit a JPEG", image.width, image.height));
  }
  JpegWriter writer;
  if (!writer.write(image, quality))
    throw Error(ErrorCode::kIo, "libjpeg failed to encode the image");
  const std::byte* bytes = reinterpret_cast<const std::byte*>(writer.buffer);
  return {bytes, bytes + writer.size};
}

std::vector<std::byte> encode_png(const ImageView& image) {
  require_pixels(image);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.format == PixelFormat::kGray8 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  header.flags = PNG_IMAGE_FLAG_FAST;
  std::vector<std::byte> bytes(PNG_IMAGE_PNG_SIZE_MAX(header));
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, image.data,
                                 static_cast<png_int_32>(image.stride), nullptr)) {
    throw Error(ErrorCode::kIo,
                std::string("libpng failed to encode the image: ") + header.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace mien::vision
