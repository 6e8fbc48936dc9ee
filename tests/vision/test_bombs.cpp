/// Files whose cost would exceed their size. Each is decoded in a child process, which measures CPU
/// time and memory.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <optional>

#include "mien/error.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"

namespace mien::vision {
namespace {

using namespace std::string_literals;

struct Cost {
  int code = -1;  ///< ErrorCode; -1: decoded, -2: another exception
  double seconds = 0;
  long kilobytes = 0;
};

double cpu_seconds(const rusage& usage) {
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Decodes in a child process, which may allocate `max_bytes` more than it has.
Cost cost_of(const std::string& file, std::optional<rlim_t> max_bytes = {}) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    if (max_bytes) {
      malloc_trim(0);
      long pages = 0;
      std::FILE* const statm = std::fopen("/proc/self/statm", "r");
      if (statm == nullptr || std::fscanf(statm, "%ld", &pages) != 1) _exit(1);
      const rlim_t limit =
          static_cast<rlim_t>(pages) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + *max_bytes;
      const rlimit space{limit, limit};
      setrlimit(RLIMIT_AS, &space);
    }
    Cost cost;
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    try {
      decode_photo(std::as_bytes(std::span(file)), "bomb");
    } catch (const Error& error) {
      cost.code = static_cast<int>(error.code());
    } catch (...) {
      cost.code = -2;
    }
    getrusage(RUSAGE_SELF, &after);
    cost.seconds = cpu_seconds(after) - cpu_seconds(before);
    cost.kilobytes = after.ru_maxrss - before.ru_maxrss;
    _exit(write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  close(ends[1]);
  Cost cost;
  const bool complete = read(ends[0], &cost, sizeof cost) == sizeof cost;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(complete && status == 0) << "the child ended with " << status;
  return cost;
}

void expect_cheap(const std::string& what, const std::string& file, std::optional<ErrorCode> code) {
  const Cost cost = cost_of(file);
  std::printf("%-40s %8zu bytes: %.3f s, %ld kB\n", what.c_str(), file.size(), cost.seconds,
              cost.kilobytes);
  EXPECT_LT(cost.seconds, 1) << what;
  EXPECT_LT(cost.kilobytes, 100'000) << what;
  EXPECT_EQ(cost.code, code ? static_cast<int>(*code) : -1) << what;
}

std::string big_endian(std::uint32_t value, int size = 4) {
  std::string out;
  for (int i = size - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string little_endian(std::uint32_t value, int size = 4) {
  std::string out = big_endian(value, size);
  return {out.rbegin(), out.rend()};
}

std::string deflated(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(text.data()), text.size(), 9);
  out.resize(size);
  return out;
}

std::string chunk(const std::string& type, const std::string& content) {
  const std::string body = type + content;
  const uLong checksum =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(content.size())) + body +
         big_endian(static_cast<std::uint32_t>(checksum));
}

std::string png_start(int width, int height, int bits = 8) {
  return "\x89PNG\r\n\x1A\n"s + chunk("IHDR", big_endian(static_cast<std::uint32_t>(width)) +
                                                  big_endian(static_cast<std::uint32_t>(height)) +
                                                  static_cast<char>(bits) + "\0\0\0\0"s);
}

TEST(Bombs, PngChunksThatClaimAGigabyte) {
  for (const char* type : {"zTXt", "tEXt", "iTXt", "sPLT", "eXIf", "iCCP", "hIST", "abCd"}) {
    const std::string claim = png_start(1, 1) + big_endian(1'000'000'000) + type + "Comment\0\0"s;
    expect_cheap("PNG "s + type, claim, ErrorCode::kBadFormat);
  }
}

/// The header is read once, and text is not inflated.
TEST(Bombs, PngWithInflatableText) {
  const std::string text = chunk("zTXt", "Comment\0\0"s + deflated(std::string(7'000'000, 'a')));
  std::string png = png_start(16, 16);
  for (int i = 0; i < 900; ++i) png += text;
  png += chunk("IDAT", deflated(std::string(16 * 17, '\0'))) + chunk("IEND", "");
  expect_cheap("PNG with 900 zTXt", png, std::nullopt);
}

TEST(Bombs, PngOfManyPixelsInFewBytes) {
  const std::string png = png_start(10'900, 10'900, 1) +
                          chunk("IDAT", deflated(std::string(10'000'000, '\0'))) +
                          chunk("IEND", "");
  expect_cheap("PNG of 119 megapixels", png, ErrorCode::kTooLarge);
}

std::string tiff(std::uint32_t width, std::uint32_t height, std::uint32_t tile,
                 const std::string& data) {
  std::string entries;
  std::uint32_t count = 0;
  const auto add = [&](std::uint32_t tag, std::uint32_t value) {
    entries +=
        little_endian(tag, 2) + little_endian(4, 2) + little_endian(1) + little_endian(value);
    ++count;
  };
  constexpr std::uint32_t kDeflate = 8, kEntries = 11;
  const std::uint32_t offset = 8 + 2 + 12 * kEntries + 4;
  add(256, width);
  add(257, height);
  add(258, 8);
  add(259, kDeflate);
  add(262, 1);
  if (tile == 0) {
    add(273, offset);
    add(277, 1);
    add(278, height);
    add(279, static_cast<std::uint32_t>(data.size()));
    add(284, 1);
    add(339, 1);
  } else {
    add(277, 1);
    add(284, 1);
    add(322, tile);
    add(323, tile);
    add(324, offset);
    add(325, static_cast<std::uint32_t>(data.size()));
  }
  EXPECT_EQ(count, kEntries);
  return "II*\0"s + little_endian(8) + little_endian(count, 2) + entries + little_endian(0) + data;
}

TEST(Bombs, TiffWithHugeTiles) {
  EXPECT_EQ(cost_of(tiff(20, 10, 0, deflated(std::string(200, 'x')))).code, -1)
      << "the TIFF without a bomb is read";
  EXPECT_EQ(cost_of(tiff(20, 10, 64, deflated(std::string(64 * 64, 'x')))).code, -1);
  expect_cheap("TIFF with a tile of 1 GB", tiff(1, 1, 32'768, deflated(std::string(50'000'000, 0))),
               ErrorCode::kTooLarge);
  expect_cheap("TIFF of 100 megapixels, one strip",
               tiff(10'000, 10'000, 0, deflated(std::string(50'000'000, 0))), ErrorCode::kTooLarge);
}

/// Gray progressive JPEG with scans that only say that the AC coefficients of 16,384 blocks at a
/// time are 0.
std::string progressive_jpeg(int side, int scans) {
  const auto segment = [](int marker, const std::string& content) {
    return "\xFF"s + static_cast<char>(marker) +
           big_endian(static_cast<std::uint32_t>(content.size() + 2), 2) + content;
  };
  const std::uint32_t size = static_cast<std::uint32_t>(side);
  std::string jpeg =
      "\xFF\xD8"s + segment(0xDB, "\0"s + std::string(64, '\1')) +
      segment(0xC2, "\x08"s + big_endian(size, 2) + big_endian(size, 2) + "\x01\x01\x11\0"s);
  // One AC code of one bit: a run of 2^14 blocks, plus 14 bits.
  jpeg += segment(0xC4, "\x10\1"s + std::string(15, '\0') + "\xE0");
  const int runs = (side / 8) * (side / 8) / 16'384 + 1;
  for (int i = 0; i < scans; ++i) {
    jpeg += segment(0xDA, "\x01\x01\x00\x01\x3F\x00"s) +
            std::string(static_cast<std::size_t>(runs * 15 / 8 + 1), '\0');
  }
  return jpeg + "\xFF\xD9";
}

TEST(Bombs, ProgressiveJpegWithManyScans) {
  EXPECT_EQ(cost_of(progressive_jpeg(800, 10)).code, -1) << "a few scans are read";
  expect_cheap("progressive JPEG, 119 megapixels", progressive_jpeg(10'904, 100),
               ErrorCode::kTooLarge);
  expect_cheap("progressive JPEG, 16 megapixels", progressive_jpeg(4000, 300),
               ErrorCode::kTooLarge);
  expect_cheap("progressive JPEG, 1 megapixel", progressive_jpeg(1000, 1000), ErrorCode::kTooLarge);
}

TEST(Bombs, JpegWithoutPixels) {
  for (const int side : {3000, 10'904, 15'000, 65'000}) {
    std::string jpeg = progressive_jpeg(side, 1);
    jpeg.resize(jpeg.size() - 8);  // in the only scan
    const Cost cost = cost_of(jpeg);
    EXPECT_GE(cost.code, 0) << side;
    EXPECT_LT(cost.seconds, 1) << side;
    EXPECT_LT(cost.kilobytes, 100'000) << side;
  }
}

std::string webp(std::uint32_t side, std::size_t padding) {
  const std::string content =
      "\x2F"s + little_endian((side - 1) | (side - 1) << 14) + std::string(padding, '\0');
  const std::string body =
      "WEBPVP8L" + little_endian(static_cast<std::uint32_t>(content.size())) + content;
  return "RIFF" + little_endian(static_cast<std::uint32_t>(body.size())) + body;
}

TEST(Bombs, WebpOfManyPixelsInFewBytes) {
  expect_cheap("WebP of 119 megapixels", webp(10'900, 4599), ErrorCode::kTooLarge);
  expect_cheap("WebP of 268 megapixels", webp(16'383, 1'000'001), ErrorCode::kTooLarge);
}

TEST(Bombs, HeadersWithoutPixels) {
  expect_cheap("PGM", "P5 10900 10900 255\n", ErrorCode::kTooLarge);
  expect_cheap("PPM", "P6 4000 3900 65535\n", ErrorCode::kBadFormat);
  expect_cheap("BMP",
               "BM"s + std::string(8, '\0') + little_endian(54) + little_endian(40) +
                   little_endian(4000) + little_endian(3900) + little_endian(1, 2) +
                   little_endian(24, 2) + std::string(24, '\0'),
               ErrorCode::kBadFormat);
}

/// Running out of memory is kTooLarge, not a damaged file.
TEST(Bombs, OutOfMemoryIsTooLarge) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve address space";
#endif
  Image image(4000, 4000, PixelFormat::kRgb8);
  for (int y = 0; y < image.height(); ++y) {
    for (int i = 0; i < image.stride(); ++i)
      image.row(y)[i] = static_cast<std::uint8_t>(i * 7 + y * 13);
  }
  constexpr rlim_t kFree = 8 << 20;
  for (const std::vector<std::byte>& bytes : {encode_png(image), encode_jpeg(image, 90)}) {
    const std::string file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(cost_of(file, kFree).code, static_cast<int>(ErrorCode::kTooLarge));
    EXPECT_EQ(cost_of(file).code, -1);
  }
  EXPECT_EQ(cost_of(progressive_jpeg(4000, 5), kFree).code, static_cast<int>(ErrorCode::kTooLarge));
}

}  // namespace
}  // namespace mien::vision
