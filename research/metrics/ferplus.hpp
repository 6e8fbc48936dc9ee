#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/report.hpp"
#include "mien/emotion.hpp"

// The rules of FER+ (Barsoum, Zhang, Canton Ferrer, Zhang 2016, arXiv:1608.01041) as its authors'
// reader applies them (https://github.com/microsoft/FERPlus, src/ferplus.py, mode "majority").
namespace mien::metrics {

/// Vote counts of (usually) ten annotators for neutral, happiness, surprise, sadness, anger,
/// disgust, fear, contempt, unknown, not a face: the columns of fer2013new.csv.
using FerPlusVotes = std::array<std::uint8_t, 10>;

inline constexpr int kFerPlusEmotions = 8;

/// The majority emotion: single votes are removed as outliers; the most frequent choice must then
/// have more than half of the remaining votes. Empty if there is no such choice, or if it is
/// "unknown" or "not a face"; evaluation drops such images (3,153 of PrivateTest remain).
std::optional<Emotion> ferplus_majority(const FerPlusVotes& votes);

/// All votes are "not a face".
bool is_ferplus_non_face(const FerPlusVotes& votes);

/// Two or more choices share the largest number of votes.
bool is_ferplus_tie(const FerPlusVotes& votes);

struct FerPlusReport {
  std::size_t count = 0;     ///< images given
  std::size_t non_face = 0;  ///< images with only "not a face" votes
  std::size_t tied = 0;      ///< images whose first place is tied
  bool knows_contempt =
      false;  ///< false: seven classes; the recall of contempt is 0 by construction
  /// Over the images with a majority; eight classes in Emotion's order.
  ClassificationReport majority;
  /// Against the vote distribution: over images where most votes are for emotions that the network
  /// has outputs for, and over these emotions only. Cross entropy (clamped, see calibration.hpp;
  /// its minimum is the entropy of the votes, not 0) and squared distance.
  std::size_t distribution_count = 0;
  double distribution_log_loss = 0;
  double distribution_brier = 0;
};

/// Probabilities [count, classes] of a network whose outputs have the `labels` [classes], distinct
/// emotion names; votes [count]. Throws Error kInvalidArgument as `report` does, for an unknown or
/// repeated label, or if no image has a majority.
FerPlusReport ferplus_report(std::span<const float> probabilities,
                             std::span<const std::string> labels,
                             std::span<const FerPlusVotes> votes,
                             const ReportOptions& options = {});

base::Json to_json(const FerPlusReport& report);
std::string to_text(const FerPlusReport& report);

}  // namespace mien::metrics
