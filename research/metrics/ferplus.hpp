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

/// How many of (usually) ten people chose neutral, happiness, surprise, sadness, anger, disgust,
/// fear, contempt, unknown, not a face: the columns of fer2013new.csv.
using FerPlusVotes = std::array<std::uint8_t, 10>;

inline constexpr int kFerPlusEmotions = 8;

/// The emotion of the majority: single votes count as slips and are left out; the most frequent
/// answer must then have more than half of the rest. Empty where none has, or where it is "unknown"
/// or "not a face": the evaluation drops such a picture (of PrivateTest it keeps 3,153).
std::optional<Emotion> ferplus_majority(const FerPlusVotes& votes);

/// Everybody says that the picture shows no face.
bool is_ferplus_non_face(const FerPlusVotes& votes);

/// Two or more answers share the largest number of votes.
bool is_ferplus_tie(const FerPlusVotes& votes);

struct FerPlusReport {
  std::size_t count = 0;     ///< pictures given
  std::size_t non_face = 0;  ///< of which everybody says that they show no face
  std::size_t tied = 0;      ///< of which two answers share the first place
  bool knows_contempt =
      false;  ///< false: seven classes; the recall of contempt is 0 by construction
  /// The pictures that the majority rule keeps, eight classes in Emotion's order.
  ClassificationReport majority;
  /// Against the shares of the votes: over pictures with more votes for emotions that the network
  /// knows than other votes, and over those emotions alone. Cross entropy (clamped as
  /// calibration.hpp says; at its least it is the entropy of the votes, not 0) and squared
  /// distance.
  std::size_t distribution_count = 0;
  double distribution_log_loss = 0;
  double distribution_brier = 0;
};

/// Probabilities [count, classes] of a network whose outputs have the `labels` [classes], each the
/// name of another Emotion; votes [count]. Throws Error kInvalidArgument as `report` does, when a
/// label is no emotion or occurs twice, or when the majority rule keeps nothing.
FerPlusReport ferplus_report(std::span<const float> probabilities,
                             std::span<const std::string> labels,
                             std::span<const FerPlusVotes> votes,
                             const ReportOptions& options = {});

std::string to_json(const FerPlusReport& report);
std::string to_text(const FerPlusReport& report);

}  // namespace mien::metrics
