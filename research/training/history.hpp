#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mien::training {

/// What one epoch gave. Training scores are those of the augmented batches as they went by;
/// validation is PublicTest with the averaged weights.
struct EpochRecord {
  int epoch = 0;  ///< from 1
  double learning_rate = 0;
  double train_loss = 0, train_accuracy = 0, train_macro_f1 = 0;
  double valid_loss = 0, valid_accuracy = 0, valid_macro_f1 = 0;
  double valid_ferplus_accuracy =
      0;  ///< of the FER+ head, eight classes, majority rule; 0 where there is none
  double seconds = 0;
  double images_per_second = 0;
};

using History = std::vector<EpochRecord>;

std::string history_to_csv(const History& history);
/// Throws Error kBadFormat.
History history_from_csv(std::string_view csv);

/// Loss on the left, accuracy and macro F1 on the right, training and validation, as a
/// self-contained SVG image.
std::string curves_svg(const History& history, std::string_view title);

}  // namespace mien::training
