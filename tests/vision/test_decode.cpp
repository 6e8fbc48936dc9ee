#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/file.hpp"
#include "error_code.hpp"
#include "mien/error.hpp"
#include "support.hpp"
#include "vision/codecs.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"
#include "vision/orientation.hpp"
#include "vision/photo_files.hpp"

namespace mien::vision {
namespace {

const std::filesystem::path kImages =
    std::filesystem::path(MIEN_SOURCE_DIR) / "tests/vision/images";

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

ErrorCode code_of(std::span<const std::byte> bytes, const DecodeLimits& limits = {}) {
  try {
    decode_image(bytes, "photo", limits);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("photo"), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::kIo;
}

std::string message_of(std::span<const std::byte> bytes) {
  try {
    decode_image(bytes, "photo");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// What tests/vision/make_images.py draws; the right half is white where the file has alpha.
int expected(int x, int y, int channel, bool transparent_right) {
  if (transparent_right && x >= 12) return 255;
  return channel == 0 ? 10 * x : channel == 1 ? 15 * y : 128;
}

struct Variant {
  const char* file;
  ImageType type;
  PixelFormat format;
  int tolerance;
  bool transparent_right = false;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.file; }

class DecodeVariant : public testing::TestWithParam<Variant> {};

TEST_P(DecodeVariant, GivesTheGradient) {
  const Variant& variant = GetParam();
  const std::vector<std::byte> bytes = base::read_file(kImages / variant.file);
  const Image image = decode_image(bytes, variant.file);
  ASSERT_EQ(image.width(), 24);
  ASSERT_EQ(image.height(), 16);
  ASSERT_EQ(image.format(), variant.format);
  int worst = 0;
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 24; ++x) {
      for (int c = 0; c < image.channels(); ++c) {
        const int value = image.row(y)[x * image.channels() + c];
        worst = std::max(worst, std::abs(value - expected(x, y, c, variant.transparent_right)));
      }
    }
  }
  EXPECT_LE(worst, variant.tolerance);

  const ImageInfo info = read_image_info(bytes, variant.file);
  EXPECT_EQ(info.type, variant.type);
  EXPECT_EQ(info.width, 24);
  EXPECT_EQ(info.height, 16);
}

/// Every prefix of a file either decodes or throws Error; none of them crashes, hangs or reads
/// outside.
TEST_P(DecodeVariant, SurvivesTruncationAtEveryLength) {
  const std::vector<std::byte> bytes = base::read_file(kImages / GetParam().file);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> part(bytes.begin(),
                                      bytes.begin() + static_cast<std::ptrdiff_t>(size));
    try {
      decode_image(part, "part");
    } catch (const Error&) {
    }
  }
  const std::vector<std::byte> half(bytes.begin(),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
  EXPECT_EQ(code_of(half), ErrorCode::kBadFormat);
}

TEST_P(DecodeVariant, SurvivesFlippedBytes) {
  const std::vector<std::byte> bytes = base::read_file(kImages / GetParam().file);
  const DecodeLimits small{.max_pixels = 1'000'000};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::byte flip : {std::byte{0xFF}, std::byte{0x80}, std::byte{0x01}}) {
      std::vector<std::byte> damaged = bytes;
      damaged[at] ^= flip;
      try {
        decode_image(damaged, "damaged", small);
      } catch (const Error&) {
      }
    }
  }
}

constexpr PixelFormat kG = PixelFormat::kGray8;
constexpr PixelFormat kC = PixelFormat::kRgb8;

INSTANTIATE_TEST_SUITE_P(All, DecodeVariant,
                         testing::Values(Variant{"rgb.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"gray.jpg", ImageType::kJpeg, kG, 4},
                                         Variant{"progressive.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"cmyk.jpg", ImageType::kJpeg, kC, 8},
                                         Variant{"orientation_1.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_2.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_3.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_4.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_5.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_6.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_7.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"orientation_8.jpg", ImageType::kJpeg, kC, 6},
                                         Variant{"rgb.png", ImageType::kPng, kC, 0},
                                         Variant{"gray.png", ImageType::kPng, kG, 0},
                                         Variant{"gray16.png", ImageType::kPng, kG, 0},
                                         Variant{"alpha.png", ImageType::kPng, kC, 0, true},
                                         Variant{"gray_alpha.png", ImageType::kPng, kG, 0, true},
                                         Variant{"palette.png", ImageType::kPng, kC, 64},
                                         Variant{"bilevel.png", ImageType::kPng, kG, 135},
                                         Variant{"interlaced.png", ImageType::kPng, kC, 0},
                                         Variant{"orientation_6.png", ImageType::kPng, kC, 0},
                                         Variant{"lossy.webp", ImageType::kWebp, kC, 24},
                                         Variant{"lossless.webp", ImageType::kWebp, kC, 0},
                                         Variant{"alpha.webp", ImageType::kWebp, kC, 0, true},
                                         Variant{"orientation_6.webp", ImageType::kWebp, kC, 0},
                                         Variant{"rgb.tif", ImageType::kTiff, kC, 0},
                                         Variant{"lzw.tif", ImageType::kTiff, kC, 0},
                                         Variant{"gray.tif", ImageType::kTiff, kG, 0},
                                         Variant{"gray16.tif", ImageType::kTiff, kG, 0},
                                         Variant{"palette.tif", ImageType::kTiff, kC, 64},
                                         Variant{"orientation_6.tif", ImageType::kTiff, kC, 0},
                                         Variant{"rgb.bmp", ImageType::kBmp, kC, 0},
                                         Variant{"gray.bmp", ImageType::kBmp, kG, 0},
                                         Variant{"alpha.bmp", ImageType::kBmp, kC, 0},
                                         Variant{"palette.bmp", ImageType::kBmp, kC, 64},
                                         Variant{"bilevel.bmp", ImageType::kBmp, kG, 135},
                                         Variant{"rgb.ppm", ImageType::kPnm, kC, 0},
                                         Variant{"gray.pgm", ImageType::kPnm, kG, 0},
                                         Variant{"gray16.pgm", ImageType::kPnm, kG, 0},
                                         Variant{"ascii.pgm", ImageType::kPnm, kG, 0}),
                         [](const auto& info) {
                           std::string name = info.param.file;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(Decode, NamesWhatAForeignFileSeemsToBe) {
  EXPECT_NE(message_of({}).find("empty"), std::string::npos);
  EXPECT_EQ(code_of({}), ErrorCode::kBadFormat);

  const std::vector<std::byte> text = bytes_of("Dear Sir or Madam,\nthis is not an image.\n");
  EXPECT_EQ(code_of(text), ErrorCode::kBadFormat);
  EXPECT_NE(message_of(text).find("text"), std::string::npos);
  EXPECT_NE(message_of(text).find("accepted are JPEG"), std::string::npos);

  const std::vector<std::byte> gif = base::read_file(kImages / "foreign.gif");
  EXPECT_EQ(code_of(gif), ErrorCode::kUnsupported);
  EXPECT_NE(message_of(gif).find("GIF"), std::string::npos);

  using namespace std::string_literals;
  EXPECT_NE(message_of(bytes_of("\0\0\0\x18"s + "ftypheic")).find("HEIC"), std::string::npos);
  EXPECT_NE(message_of(bytes_of("\0\0\0\x18"s + "ftypavif")).find("AVIF"), std::string::npos);
  EXPECT_NE(message_of(bytes_of("\0\0\0\x18"s + "ftypisom")).find("video"), std::string::npos);
  EXPECT_NE(message_of(bytes_of("%PDF-1.7")).find("PDF"), std::string::npos);
  EXPECT_EQ(code_of(bytes_of("\x01\x02\x03\x04\x05")), ErrorCode::kBadFormat);
}

TEST(Decode, RefusesVariantsItCannotRead) {
  EXPECT_EQ(code_of(base::read_file(kImages / "animated.webp")), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of(base::read_file(kImages / "float.tif")), ErrorCode::kUnsupported);
}

TEST(Decode, TruncatedJpegSaysSo) {
  std::vector<std::byte> bytes = base::read_file(kImages / "rgb.jpg");
  bytes.resize(bytes.size() - 20);
  EXPECT_NE(message_of(bytes).find("truncated"), std::string::npos) << message_of(bytes);
  bytes.push_back(std::byte{0xFF});
  bytes.push_back(std::byte{0xD9});  // an end marker does not make it whole
  EXPECT_NE(message_of(bytes).find("truncated"), std::string::npos) << message_of(bytes);
}

TEST(Decode, RefusesHugeImagesByTheirHeader) {
  EXPECT_EQ(code_of(bytes_of("P5 30000 30000 255\n")), ErrorCode::kTooLarge);
  EXPECT_EQ(code_of(bytes_of("P5 20000 19999 255\n")), ErrorCode::kTooLarge);

  std::vector<std::byte> png = base::read_file(kImages / "rgb.png");
  const DecodeLimits limits{.max_pixels = 24 * 16 - 1};
  EXPECT_EQ(code_of(png, limits), ErrorCode::kTooLarge);
  EXPECT_EQ(code_of(png, {.max_side = 23}), ErrorCode::kTooLarge);
  EXPECT_EQ(code_of(png, {.max_file_bytes = png.size() - 1}), ErrorCode::kTooLarge);

  std::vector<std::byte> jpeg = base::read_file(kImages / "rgb.jpg");
  for (std::size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] != std::byte{0xFF} || jpeg[i + 1] != std::byte{0xC0}) continue;
    jpeg[i + 5] = jpeg[i + 7] = std::byte{30000 >> 8};
    break;
  }
  EXPECT_EQ(code_of(jpeg), ErrorCode::kTooLarge);
}

Image horizontal_ramp(int width, int height) {
  Image image(width, height, PixelFormat::kRgb8);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      image.row(y)[3 * x] = static_cast<std::uint8_t>(x * 255 / (width - 1));
  }
  return image;
}

TEST(Decode, LargeJpegPhotosAreDecodedAtHalfTheirSize) {
  const auto large = encode_jpeg(horizontal_ramp(2401, 300), 95);
  const ScaledImage photo = decode_photo(large, "photo");
  EXPECT_EQ(photo.image.width(), 1201);
  EXPECT_EQ(photo.image.height(), 150);
  EXPECT_EQ(photo.original_width, 2401);
  EXPECT_EQ(photo.original_height, 300);
  EXPECT_NEAR(photo.scale_x(), 2, 0.01);
  EXPECT_NEAR(photo.image.row(30)[3 * 600], 127, 4);
  EXPECT_EQ(decode_image(large, "photo").width(), 2401);
  EXPECT_EQ(decode_photo(encode_jpeg(horizontal_ramp(2399, 300), 95), "photo").image.width(), 2399);
  EXPECT_EQ(decode_photo(encode_png(horizontal_ramp(2401, 30)), "photo").image.width(), 2401);
}

TEST(Decode, LimitsApplyToTheDecodedSize) {
  const auto jpeg = encode_jpeg(horizontal_ramp(2400, 100), 90);
  const DecodeLimits limits{.max_pixels = 1200 * 50, .max_side = 1200};
  EXPECT_EQ(decode_photo(jpeg, "photo", limits).image.width(), 1200);
  EXPECT_EQ(code_of(jpeg, limits), ErrorCode::kTooLarge);
  EXPECT_EQ(test::code_of([&] { decode_photo(jpeg, "photo", {.max_pixels = 1200 * 50 - 1}); }),
            ErrorCode::kTooLarge);
  EXPECT_EQ(
      test::code_of([&] { decode_photo(jpeg, "photo", {.max_source_pixels = 2400 * 100 - 1}); }),
      ErrorCode::kTooLarge);
}

/// A JPEG without its last two bytes has all its pixels.
TEST(Decode, ReadsJpegsWithoutTheEndMarker) {
  for (const char* file : {"rgb.jpg", "gray.jpg", "progressive.jpg"}) {
    std::vector<std::byte> bytes = base::read_file(kImages / file);
    const Image whole = decode_image(bytes, file);
    for (int missing = 1; missing <= 2; ++missing) {
      bytes.pop_back();
      const Image image = decode_image(bytes, file);
      ASSERT_EQ(image.width(), whole.width());
      EXPECT_EQ(std::memcmp(image.row(0), whole.row(0),
                            static_cast<std::size_t>(whole.stride() * whole.height())),
                0)
          << file;
    }
    bytes.resize(bytes.size() - 4);
    EXPECT_EQ(code_of(bytes), ErrorCode::kBadFormat) << file;
  }
}

/// A progressive file that ends after a scan lacks detail.
TEST(Decode, RefusesProgressiveJpegsWithoutTheirLastScans) {
  const std::vector<std::byte> bytes = base::read_file(kImages / "progressive.jpg");
  int cuts = 0;
  for (std::size_t at = 2; at + 1 < bytes.size(); ++at) {
    if (bytes[at] != std::byte{0xFF} || bytes[at + 1] != std::byte{0xDA}) continue;
    if (cuts++ > 0) {
      EXPECT_EQ(code_of(std::span(bytes).first(at)), ErrorCode::kBadFormat) << at;
    }
  }
  EXPECT_GT(cuts, 2);
}

std::vector<std::byte> with_segment(std::vector<std::byte> jpeg, std::string_view content) {
  std::vector<std::byte> segment = bytes_of("\xFF\xE1");
  segment.push_back(static_cast<std::byte>((content.size() + 2) >> 8));
  segment.push_back(static_cast<std::byte>((content.size() + 2) & 255));
  const auto rest = bytes_of(content);
  segment.insert(segment.end(), rest.begin(), rest.end());
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

TEST(Decode, OrientationMayBeInALaterSegmentOrInXmp) {
  using namespace std::string_literals;
  const auto jpeg = encode_jpeg(horizontal_ramp(40, 20), 90);
  const std::string tag = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01"s;
  const std::string empty = "Exif\0\0II*\0\x08\0\0\0\0\0"s,
                    as_short = tag + "\x03\0\x01\0\0\0\x06\0\0\0"s,
                    as_long = tag + "\x04\0\x01\0\0\0\x06\0\0\0"s,
                    as_byte = tag + "\x01\0\x01\0\0\0\x06\0\0\0"s,
                    wrong = tag + "\x03\0\x01\0\0\0\x09\0\0\0"s,
                    xmp = "http://ns.adobe.com/xap/1.0/\0<rdf tiff:Orientation=\"6\"/>"s,
                    element =
                        "http://ns.adobe.com/xap/1.0/\0<tiff:Orientation>6</tiff:Orientation>"s;
  const auto height = [&](std::initializer_list<std::string> segments) {
    std::vector<std::byte> bytes = jpeg;
    for (const std::string& segment : segments) bytes = with_segment(bytes, segment);
    return decode_image(bytes, "photo").height();
  };
  EXPECT_EQ(height({as_short}), 40);
  EXPECT_EQ(height({as_long}), 40);
  EXPECT_EQ(height({as_byte}), 40);
  EXPECT_EQ(height({as_short, empty}), 40);  // the empty one comes first in the file
  EXPECT_EQ(height({xmp}), 40);
  EXPECT_EQ(height({element}), 40);
  EXPECT_EQ(height({wrong}), 20);
  EXPECT_EQ(height({}), 20);
}

TEST(Decode, FullyTransparentImagesShowTheirColors) {
  // tests/vision/images/alpha.png has a transparent right half only.
  Image image(2, 2, PixelFormat::kRgb8);
  codec::Compositor invisible(image);
  const std::uint8_t hidden[] = {10, 20, 30, 0, 40, 50, 60, 0};
  invisible.add_row(hidden);
  invisible.add_row(hidden);
  EXPECT_EQ(image.row(0)[0], 10);
  EXPECT_EQ(image.row(1)[5], 60);
  codec::Compositor late(image);
  const std::uint8_t shown[] = {40, 50, 60, 0, 10, 20, 30, 255};
  late.add_row(hidden);
  late.add_row(shown);
  EXPECT_EQ(image.row(0)[0], 255);
  EXPECT_EQ(image.row(1)[0], 255);
  EXPECT_EQ(image.row(1)[3], 10);
}

TEST(Decode, ReportsRawPhotosInsteadOfReadingTheirThumbnails) {
  using namespace std::string_literals;
  const auto raw_kind = [&](const std::string& text) {
    EXPECT_EQ(code_of(bytes_of(text)), ErrorCode::kUnsupported);
    return message_of(bytes_of(text));
  };
  EXPECT_NE(raw_kind("II*\0\x10\0\0\0CR\x02\0"s).find("CR2"), std::string::npos);
  EXPECT_NE(raw_kind("\0\0\0\x18"s + "ftypcrx "s).find("CR3"), std::string::npos);
  EXPECT_NE(raw_kind("FUJIFILMCCD-RAW 0201").find("RAF"), std::string::npos);
  EXPECT_NE(raw_kind("IIU\0\x18\0\0\0"s).find("RW2"), std::string::npos);
  // One entry, DNGVersion; two entries, a reduced image with a sub-directory.
  EXPECT_NE(raw_kind("II*\0\x08\0\0\0\x01\0\x12\xC6\x01\0\x04\0\0\0\x01\x04\0\0"s).find("DNG"),
            std::string::npos);
  EXPECT_NE(raw_kind("MM\0*\0\0\0\x08\0\x02\0\xFE\0\x04\0\0\0\x01\0\0\0\x01"
                     "\x01\x4A\0\x04\0\0\0\x01\0\0\0\x08"s)
                .find("RAW"),
            std::string::npos);
}

TEST(PhotoFiles, RecognizesNamesInAnyCase) {
  for (const char* name : {"a.jpg", "a.JFIF", "a.mpo", "a.JPEG", "a.tiff", "a.webp"})
    EXPECT_TRUE(has_photo_extension(name)) << name;
  for (const char* name : {"a.txt", "a", "a.heic", ".jpg.txt"})
    EXPECT_FALSE(has_photo_extension(name)) << name;
  EXPECT_TRUE(has_unsupported_extension("a.HEIC"));
  EXPECT_TRUE(has_unsupported_extension("a.nef"));
  EXPECT_FALSE(has_unsupported_extension("a.jpg"));
}

TEST(Decode, LoadImageNamesTheFile) {
  const test::TemporaryDir folder;
  try {
    load_image(folder / "missing.jpg");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
  base::write_file(folder / "letter.jpg", "not an image");
  try {
    load_image(folder / "letter.jpg");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("letter.jpg"), std::string::npos);
  }
  std::filesystem::copy(kImages / "rgb.png", folder / "mislabeled.jpg");
  EXPECT_EQ(load_image(folder / "mislabeled.jpg").width(), 24);
}

TEST(Decode, JaffeTiffs) {
  const auto folder = test::shared_path("data/jaffe");
  if (!folder) GTEST_SKIP() << "data/jaffe is not there";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".tiff") continue;
    const Image image = load_image(entry.path());
    EXPECT_EQ(image.width(), 256) << entry.path();
    EXPECT_EQ(image.height(), 256) << entry.path();
    ++count;
  }
  EXPECT_EQ(count, 213);
}

TEST(Encode, RoundTrips) {
  for (const PixelFormat format : {PixelFormat::kGray8, PixelFormat::kRgb8}) {
    Image image(31, 17, format);
    for (int y = 0; y < 17; ++y) {
      for (int i = 0; i < image.stride(); ++i)
        image.row(y)[i] = static_cast<std::uint8_t>(2 * i + 3 * y);
    }
    const Image same = decode_image(encode_png(image), "png");
    ASSERT_EQ(same.format(), format);
    for (int y = 0; y < 17; ++y)
      EXPECT_EQ(std::memcmp(same.row(y), image.row(y), image.stride()), 0);
    const Image close = decode_image(encode_jpeg(image, 100), "jpeg");
    ASSERT_EQ(close.format(), format);
    int worst = 0;
    for (int y = 0; y < 17; ++y) {
      for (int i = 0; i < image.stride(); ++i)
        worst = std::max(worst, std::abs(close.row(y)[i] - image.row(y)[i]));
    }
    EXPECT_LE(worst, 8);
  }
}

TEST(Encode, ReadsOnlyTheViewsPart) {
  Image image(20, 10, PixelFormat::kGray8);
  for (int y = 0; y < 10; ++y) std::memset(image.row(y), 10 * y, 20);
  const ImageView part{image.row(2) + 3, 5, 4, image.stride(), PixelFormat::kGray8};
  const Image back = decode_image(encode_png(part), "part");
  ASSERT_EQ(back.width(), 5);
  ASSERT_EQ(back.height(), 4);
  EXPECT_EQ(back.row(0)[0], 20);
  EXPECT_EQ(back.row(3)[4], 50);
}

TEST(Encode, RefusesBadArguments) {
  EXPECT_THROW(encode_png(ImageView{}), Error);
  EXPECT_THROW(encode_jpeg(Image(2, 2, PixelFormat::kGray8), 0), Error);
  EXPECT_THROW(encode_jpeg(Image(2, 2, PixelFormat::kGray8), 101), Error);
  EXPECT_THROW(encode_jpeg(Image(70000, 1, PixelFormat::kGray8), 90), Error);
}

TEST(Exif, ReadsBothByteOrdersAndNothingOutside) {
  const unsigned char little[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12,
                                  1,   3,   0,  1, 0, 0, 0, 6, 0, 0, 0};
  const unsigned char big[] = {'M',  'M', 0, 42, 0, 0, 0, 8, 0, 1, 1,
                               0x12, 0,   3, 0,  0, 0, 1, 0, 8, 0, 0};
  EXPECT_EQ(exif_orientation(std::as_bytes(std::span(little))), 6);
  EXPECT_EQ(exif_orientation(std::as_bytes(std::span(big))), 8);
  for (std::size_t size = 0; size < 20; ++size) {
    const std::vector<unsigned char> part(little, little + size);
    EXPECT_EQ(exif_orientation(std::as_bytes(std::span(part))), std::nullopt) << size;
  }
  const unsigned char far_away[] = {'I', 'I', 42, 0, 0xF8, 0xFF, 0xFF, 0xFF, 1, 0};
  EXPECT_EQ(exif_orientation(std::as_bytes(std::span(far_away))), std::nullopt);
}

}  // namespace
}  // namespace mien::vision
