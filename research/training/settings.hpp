#pragma once

#include <cstdint>
#include <string>

#include "base/options.hpp"
#include "training/network_spec.hpp"

namespace mien::training {

/// All settings that determine the result of a training run. Stored in checkpoints and model files.
struct TrainSettings {
  std::string network = "reference";
  std::string data;   ///< fer2013.csv or a packed set
  std::string votes;  ///< fer2013new.csv, for FER+ targets; empty: none
  double vote_weight = 0;
  double ferplus_weight = 0;
  std::string
      from;  ///< checkpoint or model file with the initial weights; empty: random, from the seed
  std::string
      teachers;  ///< comma-separated checkpoints and model files to distill from; empty: none
  double teacher_weight = 0.5;
  double validation = 0;  ///< share of Training used as PublicTest if the data have none
  bool drop_leaked = true;
  std::string drop;     ///< list of training rows to drop (datasets/edits.hpp); empty: none
  std::string relabel;  ///< list of training rows with new labels; empty: none

  int epochs = 30;
  int batch_size = 64;
  int micro_batches = 0;  ///< 0: one per worker
  std::string optimizer = "sgd";
  double learning_rate = 0.02;
  std::string schedule = "cosine";
  double warmup = 1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  double dropout = 0.3;
  int filters1 = 16, filters2 = 14, filters3 = 56, filters4 = 252;
  int extra_convs = 0;
  int first_kernel = 5;
  int dense = 343;
  std::string norm = "block";
  double label_smoothing = 0;
  double sam_radius = 0;  ///< 0: no sharpness-aware minimization
  double sam_fraction = 1;
  double class_balance = 0;
  double ema_decay = 0.999;  ///< 0: no average
  int initial_size = 0;      ///< 0: full size throughout
  double initial_fraction = 0.5;

  bool flip = true;
  double rotate = 10;
  double scale = 0.1;
  double shift = 0.08;
  double contrast = 0.2;
  double brightness = 0.1;
  double blur = 0;   ///< maximum standard deviation in pixels at full size
  double noise = 0;  ///< maximum standard deviation, share of the range
  double erase = 0.25;

  std::string best_by = "accuracy";
  std::uint64_t seed = 1;
  std::string precision = "auto";
  std::string device = "cpu";
  int threads = 0;

  bool has_ferplus_head() const { return ferplus_weight > 0; }
  /// Image side in an epoch (from 1); progressive resizing starts with `initial_size`.
  int side_in(int epoch) const;
  /// The network with its heads. Throws Error kInvalidArgument for invalid combinations.
  NetworkSpec network_spec() const;

  /// Declares the fields as options, in the order of a recipe.
  void declare(base::OptionSet& options);
};

}  // namespace mien::training
