#include "metrics/ferplus.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.hpp"
#include "metrics/calibration.hpp"
#include "metrics/checks.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

constexpr std::array<Emotion, kFerPlusEmotions> kColumns = {
    Emotion::kNeutral, Emotion::kHappy,   Emotion::kSurprise, Emotion::kSad,
    Emotion::kAngry,   Emotion::kDisgust, Emotion::kFear,     Emotion::kContempt};
constexpr std::size_t kNotAFace = 9;

int sum(const FerPlusVotes& votes) { return std::accumulate(votes.begin(), votes.end(), 0); }

/// The Emotion of each of the network's outputs.
std::vector<std::size_t> emotions_of(std::span<const std::string> labels) {
  std::vector<std::size_t> out;
  for (const std::string& label : labels) {
    const std::optional<Emotion> emotion = emotion_from_string(label);
    if (!emotion)
      throw Error(ErrorCode::kInvalidArgument, "label '" + label + "' is not an emotion of FER+");
    const auto index = static_cast<std::size_t>(*emotion);
    if (std::find(out.begin(), out.end(), index) != out.end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "label '" + label + "' names the same emotion as another label");
    }
    out.push_back(index);
  }
  return out;
}

/// Adds one image to the sums over the vote distribution.
void score_distribution(std::span<const float> row, std::span<const std::size_t> emotions,
                        const FerPlusVotes& votes, FerPlusReport& report) {
  std::array<double, kFerPlusEmotions> counts{};
  for (std::size_t v = 0; v < kColumns.size(); ++v)
    counts[static_cast<std::size_t>(kColumns[v])] = votes[v];
  double named = 0;
  for (const std::size_t emotion : emotions) named += counts[emotion];
  if (2 * named <= sum(votes)) return;
  ++report.distribution_count;
  for (std::size_t c = 0; c < emotions.size(); ++c) {
    const double share = counts[emotions[c]] / named;
    report.distribution_log_loss -= share * std::log(std::max<double>(row[c], kMinProbability));
    report.distribution_brier += (row[c] - share) * (row[c] - share);
  }
}

}  // namespace

std::optional<Emotion> ferplus_majority(const FerPlusVotes& votes) {
  FerPlusVotes kept = votes;
  std::replace(kept.begin(), kept.end(), std::uint8_t{1}, std::uint8_t{0});
  const auto top = std::max_element(kept.begin(), kept.end());
  const auto column = static_cast<std::size_t>(top - kept.begin());
  if (2 * *top <= sum(kept) || column >= kColumns.size()) return std::nullopt;
  return kColumns[column];
}

bool is_ferplus_non_face(const FerPlusVotes& votes) {
  return votes[kNotAFace] > 0 && votes[kNotAFace] == sum(votes);
}

bool is_ferplus_tie(const FerPlusVotes& votes) {
  const std::uint8_t top = *std::max_element(votes.begin(), votes.end());
  return top > 0 && std::count(votes.begin(), votes.end(), top) > 1;
}

FerPlusReport ferplus_report(std::span<const float> probabilities,
                             std::span<const std::string> labels,
                             std::span<const FerPlusVotes> votes, const ReportOptions& options) {
  const std::vector<std::size_t> emotions = emotions_of(labels);
  const std::size_t classes = emotions.size();
  if (probabilities.size() != votes.size() * classes) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu probabilities for %zu images and %zu classes",
                             probabilities.size(), votes.size(), classes));
  }
  check_rows(probabilities, static_cast<int>(classes));
  check_range(probabilities);
  FerPlusReport out;
  out.count = votes.size();
  out.knows_contempt = std::find(emotions.begin(), emotions.end(),
                                 static_cast<std::size_t>(Emotion::kContempt)) != emotions.end();
  std::vector<float> rows;  // [kept, kFerPlusEmotions]
  std::vector<int> truth;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    out.non_face += is_ferplus_non_face(votes[i]) ? 1 : 0;
    out.tied += is_ferplus_tie(votes[i]) ? 1 : 0;
    const auto row = probabilities.subspan(i * classes, classes);
    score_distribution(row, emotions, votes[i], out);
    const std::optional<Emotion> majority = ferplus_majority(votes[i]);
    if (!majority) continue;
    chosen.push_back(i);
    truth.push_back(static_cast<int>(*majority));
    rows.resize(rows.size() + kFerPlusEmotions);
    for (std::size_t c = 0; c < classes; ++c)
      rows[rows.size() - kFerPlusEmotions + emotions[c]] = row[c];
  }
  if (out.distribution_count > 0) {
    out.distribution_log_loss /= static_cast<double>(out.distribution_count);
    out.distribution_brier /= static_cast<double>(out.distribution_count);
  }
  std::vector<std::string> names;
  for (int e = 0; e < kFerPlusEmotions; ++e) names.emplace_back(to_string(static_cast<Emotion>(e)));
  out.majority = report(rows, truth, std::move(names), options_for(options, chosen));
  return out;
}

base::Json to_json(const FerPlusReport& report) {
  return {{"count", report.count},
          {"non_face", report.non_face},
          {"tied", report.tied},
          {"knows_contempt", report.knows_contempt},
          {"distribution",
           {{"count", report.distribution_count},
            {"log_loss", base::rounded(report.distribution_log_loss, 6)},
            {"brier", base::rounded(report.distribution_brier, 6)}}},
          {"majority", to_json(report.majority)}};
}

std::string to_text(const FerPlusReport& report) {
  std::string out = base::format(
      "FER+: %llu of %zu images have a majority; %zu have only \"not a face\" votes, %zu are "
      "tied\n",
      static_cast<unsigned long long>(report.majority.count), report.count, report.non_face,
      report.tied);
  if (!report.knows_contempt)
    out += "The network has no output for contempt: all images of contempt count as errors.\n";
  out += base::format(
      "against the vote distribution of %zu images: log loss %.4f, Brier score %.4f\n\n",
      report.distribution_count, report.distribution_log_loss, report.distribution_brier);
  return out + to_text(report.majority);
}

}  // namespace mien::metrics
