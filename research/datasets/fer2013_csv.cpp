#include <algorithm>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "datasets/csv.hpp"
#include "datasets/dataset.hpp"

namespace mien::datasets {
namespace {

/// Column indices; FER2013 exists with several headers.
struct Columns {
  std::size_t count = 0;
  std::size_t pixels = 0;
  std::optional<std::size_t> emotion, usage;
};

Columns read_header(CsvReader& csv) {
  if (!csv.next()) csv.fail("the file is empty; expected the header 'emotion,pixels,Usage'");
  if (csv.line().starts_with("Usage,Image name")) {
    csv.fail(
        "the file has FER+ votes, not images; give fer2013.csv as the data and this file as "
        "--votes");
  }
  const std::vector<std::string_view> names = csv.all_fields();
  const auto find = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::find_if(names.begin(), names.end(), [&](std::string_view other) {
      return base::equal_ignoring_case(name, other);
    });
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
  };
  const std::optional<std::size_t> pixels = find("pixels");
  if (!pixels) csv.fail("the header has no column 'pixels'; expected 'emotion,pixels,Usage'");
  return {names.size(), *pixels, find("emotion"), find("usage")};
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
               "; it must be a number from 0 to 255");
    }
    if (count == kFacePixels) csv.fail(base::format("more than %d pixels", kFacePixels));
    pixels[count++] = static_cast<std::uint8_t>(value);
  }
  if (count != kFacePixels)
    csv.fail(base::format("%zu pixels; there must be %d", count, kFacePixels));
}

}  // namespace

Dataset read_fer2013_csv(const std::filesystem::path& path) {
  const std::string text = read_table(path);
  CsvReader csv(path, text);
  const Columns columns = read_header(csv);
  const Split split = find_split(base::to_lower(path.stem().string())).value_or(Split::kTraining);
  Dataset dataset;
  while (csv.next()) {
    const std::vector<std::string_view> fields = csv.all_fields();
    if (fields.size() != columns.count)
      csv.fail(base::format("expected %zu fields", columns.count));
    Sample& sample = dataset.emplace_back();
    if (columns.emotion) {
      const std::string_view emotion = fields[*columns.emotion];
      if (emotion.size() != 1 || emotion[0] < '0' || emotion[0] >= '0' + kEmotionCount)
        csv.fail("emotion is " + excerpt(emotion) + "; it must be a number from 0 to 6");
      sample.emotion = static_cast<std::int8_t>(emotion[0] - '0');
    }
    read_pixels(csv, fields[columns.pixels], sample.pixels);
    sample.split = split;
    if (columns.usage) {
      const std::optional<Split> usage = find_split(fields[*columns.usage]);
      if (!usage)
        csv.fail("unknown split " + excerpt(fields[*columns.usage]) +
                 "; choose Training, PublicTest or PrivateTest");
      sample.split = *usage;
    }
    // Kaggle's test.csv does not start at row 0 of fer2013.csv.
    if (columns.usage || split == Split::kTraining)
      sample.row = static_cast<std::int32_t>(dataset.size() - 1);
  }
  return dataset;
}

}  // namespace mien::datasets
