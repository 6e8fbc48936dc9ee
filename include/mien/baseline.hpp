#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "mien/analyzer.hpp"

namespace mien {

/// What a person's face looks like to the network at rest. Resting faces differ: some look sad or
/// angry when they are neutral. Subtracting a person's mean log-probabilities from each of their
/// predictions removes this difference without labels.
///
///     mien::Baseline baseline(analyzer.labels());
///     for (const mien::Face& face : faces_of_one_person) baseline.add(face);
///     for (mien::Face& face : faces_of_one_person) face = baseline.apply(face);
///
/// Use it for one person at a time, and add varied expressions or neutral ones: it misleads if the
/// person shows one emotion throughout, because that becomes the resting face. With one photo
/// that is known to be neutral, apply half of it (strength 0.5). Not thread safe while adding.
class Baseline {
 public:
  /// For predictions with these labels, in this order (Analyzer::labels).
  explicit Baseline(std::vector<std::string> labels);

  /// Takes a prediction into the mean, `weight` (0 or more) times. Throws Error kInvalidArgument
  /// for another number of probabilities than labels, or an invalid weight.
  void add(std::span<const float> probabilities, double weight = 1);
  void add(const Face& face, double weight = 1) { add(face.probabilities, weight); }
  /// Multiplies the weight of everything added so far by `factor`, 0 to 1: older predictions count
  /// less in a running mean.
  void decay(double factor);

  double weight() const { return weight_; }  ///< sum of the weights; 0: apply changes nothing
  const std::vector<std::string>& labels() const { return labels_; }

  /// Probabilities proportional to p / exp(strength * mean log p); sum 1. Throws Error
  /// kInvalidArgument for another number of probabilities than labels.
  std::vector<float> apply(std::span<const float> probabilities, double strength = 1) const;
  /// The face with such probabilities, and emotion, confidence and uncertain that follow from them.
  Face apply(Face face, double strength = 1, double min_confidence = kDefaultMinConfidence) const;

  /// A small JSON file. Throws Error kIo; load kNotFound, kIo, or kBadFormat naming the field.
  void save(const std::filesystem::path& path) const;
  static Baseline load(const std::filesystem::path& path);

 private:
  std::vector<std::string> labels_;
  std::vector<double> sums_;  // of log-probabilities, by label
  double weight_ = 0;
};

}  // namespace mien
