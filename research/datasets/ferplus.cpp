#include <charconv>
#include <string>

#include "base/text.hpp"
#include "datasets/csv.hpp"
#include "datasets/dataset.hpp"

namespace mien::datasets {
namespace {

constexpr std::size_t kFirstVote = 2;  ///< after "Usage" and "Image name"

struct VoteRow {
  Split split;
  std::array<std::uint8_t, kVoteCount> votes;
};

VoteRow read_row(const CsvReader& csv) {
  const auto fields = csv.fields<kFirstVote + kVoteCount>();
  VoteRow row{};
  try {
    row.split = split_from_string(fields[0]);
  } catch (const Error& error) {
    csv.fail(error.what());
  }
  for (std::size_t i = 0; i < kVoteCount; ++i) {
    const std::string_view field = fields[kFirstVote + i];
    const auto [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), row.votes[i]);
    if (error != std::errc() || end != field.data() + field.size()) {
      csv.fail("vote " + std::to_string(i) + " is " + excerpt(field) +
               "; it must be a number from 0 to 255");
    }
  }
  return row;
}

}  // namespace

void attach_ferplus_votes(Dataset& dataset, const std::filesystem::path& votes_csv) {
  const std::string text = read_table(votes_csv);
  CsvReader csv(votes_csv, text);
  if (!csv.next()) csv.fail("empty file, expected the header 'Usage,Image name,neutral,…,NF'");
  if (csv.line().starts_with("emotion,"))
    csv.fail("the file has images, not FER+ votes; give fer2013new.csv");
  if (csv.fields<kFirstVote + kVoteCount>()[0] != "Usage")
    csv.fail("the header must start with 'Usage'");
  std::vector<VoteRow> rows;
  while (csv.next()) rows.push_back(read_row(csv));
  std::size_t matched = 0;
  for (const Sample& sample : dataset) {
    if (sample.row < 0) continue;
    ++matched;
    if (static_cast<std::size_t>(sample.row) >= rows.size()) {
      throw Error(ErrorCode::kBadFormat,
                  votes_csv.string() + base::format(": has %zu rows, but the data set has row %d",
                                                    rows.size(), sample.row));
    }
    const VoteRow& row = rows[static_cast<std::size_t>(sample.row)];
    if (row.split != sample.split) {
      throw Error(ErrorCode::kBadFormat,
                  votes_csv.string() +
                      base::format(": row %d is in %s, but in the data set it is in %s", sample.row,
                                   to_string(row.split).data(), to_string(sample.split).data()));
    }
  }
  if (matched == 0) {
    throw Error(ErrorCode::kInvalidArgument, votes_csv.string() +
                                                 ": the votes belong to rows of fer2013.csv, but "
                                                 "no image of the data set comes from it");
  }
  for (Sample& sample : dataset) {
    if (sample.row >= 0) sample.votes = rows[static_cast<std::size_t>(sample.row)].votes;
  }
}

}  // namespace mien::datasets
