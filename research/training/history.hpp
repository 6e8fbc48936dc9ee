#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mien::training {

/// Scores of one epoch. Training scores are those of the augmented batches during the epoch;
/// validation is PublicTest with the averaged weights.
struct EpochRecord {
  int epoch = 0;  ///< from 1
  double learning_rate = 0;
  double train_loss = 0, train_accuracy = 0, train_macro_f1 = 0;
  double valid_loss = 0, valid_accuracy = 0, valid_macro_f1 = 0;
  double valid_ferplus_accuracy = 0;  ///< of the FER+ head, eight classes; 0 without that head
  double seconds = 0;
  double images_per_second = 0;
};

using History = std::vector<EpochRecord>;

/// One line per epoch; the header has the names of the fields (plots::RunHistory).
std::string history_to_csv(const History& history);
/// The inverse; columns that are missing are 0. Throws Error kBadFormat naming the line.
History history_from_csv(std::string_view csv);

}  // namespace mien::training
