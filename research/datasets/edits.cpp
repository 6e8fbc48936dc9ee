#include "datasets/edits.hpp"

#include <charconv>
#include <string>
#include <unordered_set>

#include "base/file.hpp"
#include "datasets/csv.hpp"

namespace mien::datasets {
namespace {

template <std::size_t N>
void read_header(CsvReader& csv, const std::array<std::string_view, N>& names,
                 const char* expected) {
  if (!csv.next() || csv.fields<N>() != names)
    csv.fail(std::string("expected the header '") + expected + "'");
}

std::int32_t read_row(const CsvReader& csv, std::string_view text) {
  std::int32_t row = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
  if (error != std::errc() || end != text.data() + text.size() || row < 0)
    csv.fail("row is " + excerpt(text) + "; it must be a whole number from 0");
  return row;
}

Emotion read_emotion(const CsvReader& csv, std::string_view text) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '7')
    return static_cast<Emotion>(text[0] - '0');
  const std::optional<Emotion> emotion = emotion_from_string(text);
  if (!emotion)
    csv.fail("emotion is " + excerpt(text) + "; it must be a name or a number from 0 to 7");
  return *emotion;
}

}  // namespace

void read_drop_list(DataEdits& edits, const std::filesystem::path& path) {
  const std::string text = base::read_text(path);
  CsvReader csv(path, text);
  read_header<1>(csv, {"row"}, "row");
  while (csv.next()) edits.drop.insert(read_row(csv, csv.fields<1>()[0]));
}

void read_relabel_list(DataEdits& edits, const std::filesystem::path& path) {
  const std::string text = base::read_text(path);
  CsvReader csv(path, text);
  read_header<2>(csv, {"row", "emotion"}, "row,emotion");
  while (csv.next()) {
    const auto fields = csv.fields<2>();
    const std::int32_t row = read_row(csv, fields[0]);
    const Emotion emotion = read_emotion(csv, fields[1]);
    if (edits.relabel.try_emplace(row, emotion).first->second != emotion)
      csv.fail(base::format("row %d has two different labels", row));
  }
}

EditCounts apply_edits(Dataset& dataset, const DataEdits& edits) {
  std::unordered_set<std::int32_t> rows;
  for (const Sample& sample : dataset) rows.insert(sample.row);
  const auto check = [&](std::int32_t row, const char* list) {
    if (!rows.contains(row))
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("row %d in the %s list does not exist in the data set", row, list));
  };
  for (const std::int32_t row : edits.drop) check(row, "drop");
  for (const auto& [row, emotion] : edits.relabel) check(row, "relabel");

  EditCounts counts;
  const auto is_dropped = [&](Sample& sample) {
    const bool drop = edits.drop.contains(sample.row);
    const auto label = edits.relabel.find(sample.row);
    if (sample.split != Split::kTraining) {
      counts.of_tests += drop || label != edits.relabel.end() ? 1 : 0;
      return false;
    }
    if (!drop && label != edits.relabel.end() &&
        sample.emotion != static_cast<std::int8_t>(label->second)) {
      sample.emotion = static_cast<std::int8_t>(label->second);
      ++counts.relabeled;
    }
    counts.dropped += drop ? 1 : 0;
    return drop;
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (is_dropped(dataset[i])) continue;
    if (kept != i) dataset[kept] = dataset[i];
    ++kept;
  }
  dataset.resize(kept);
  return counts;
}

}  // namespace mien::datasets
