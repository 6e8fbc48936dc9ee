#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

#include "base/file.hpp"
#include "datasets/csv.hpp"
#include "datasets/dataset.hpp"

namespace mien::datasets {
namespace {

/// Where the header puts the three columns: fer2013.csv and icml_face_data.csv order them
/// differently.
struct Columns {
  std::size_t emotion;
  std::size_t pixels;
  std::size_t usage;
};

Columns read_header(CsvReader& csv) {
  if (!csv.next()) csv.fail("empty file, expected the header 'emotion,pixels,Usage'");
  if (csv.line().starts_with("Usage,Image name")) {
    csv.fail(
        "these are FER+ votes, not images: give fer2013.csv as the data and this file with "
        "--votes");
  }
  auto names = csv.fields<3>();
  const auto column = [&](std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) csv.fail("the header has no column '" + std::string(name) + "'");
    return static_cast<std::size_t>(found - names.begin());
  };
  return {column("emotion"), column("pixels"), column("Usage")};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void read_pixels(const CsvReader& csv, std::string_view text,
                 std::array<std::uint8_t, kFacePixels>& pixels) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = 0;
  while (at < end) {
    if (*at == ' ') {
      ++at;
      continue;
    }
    const char* const first = at;
    unsigned value = 0;
    while (at < end && is_digit(*at) && value <= 255)
      value = value * 10 + static_cast<unsigned>(*at++ - '0');
    if (at == first || value > 255 || (at < end && *at != ' ')) {
      const std::string_view word = text.substr(static_cast<std::size_t>(first - text.data()));
      csv.fail("pixel " + std::to_string(count) + " is " + excerpt(word.substr(0, word.find(' '))) +
               ", not a number from 0 to 255");
    }
    if (count == kFacePixels) csv.fail(base::format("more than %d pixels", kFacePixels));
    pixels[count++] = static_cast<std::uint8_t>(value);
  }
  if (count != kFacePixels) csv.fail(base::format("%zu pixels instead of %d", count, kFacePixels));
}

}  // namespace

Dataset read_fer2013_csv(const std::filesystem::path& path) {
  const std::string text = base::read_text(path);
  CsvReader csv(path, text);
  const Columns columns = read_header(csv);
  Dataset dataset;
  while (csv.next()) {
    const auto fields = csv.fields<3>();
    Sample& sample = dataset.emplace_back();
    const std::string_view emotion = fields[columns.emotion];
    if (emotion.size() != 1 || emotion[0] < '0' || emotion[0] >= '0' + kEmotionCount) {
      csv.fail("emotion is " + excerpt(emotion) + ", not a number from 0 to 6");
    }
    sample.emotion = static_cast<std::int8_t>(emotion[0] - '0');
    read_pixels(csv, fields[columns.pixels], sample.pixels);
    try {
      sample.split = split_from_string(fields[columns.usage]);
    } catch (const Error& error) {
      csv.fail(error.what());
    }
    sample.row = static_cast<std::int32_t>(dataset.size() - 1);
  }
  return dataset;
}

}  // namespace mien::datasets
