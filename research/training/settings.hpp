#pragma once

#include <cstdint>
#include <string>

#include "base/options.hpp"
#include "training/network_spec.hpp"

namespace mien::training {

/// Everything that decides what a training run gives. Saved in the checkpoint and in the model
/// file.
struct TrainSettings {
  std::string network = "reference";
  std::string data;   ///< fer2013.csv or a packed set
  std::string votes;  ///< fer2013new.csv, for soft targets; empty: none
  double vote_mix = 0;
  double ferplus_weight = 0;
  std::string from;      ///< checkpoint or model file whose weights a fresh run begins with; empty:
                         ///< drawn from the seed
  std::string teachers;  ///< checkpoints and model files with commas between them, whose answers
                         ///< are learnt; empty: none
  double teacher_weight = 0.5;
  bool drop_leaked = true;
  std::string drop;     ///< list of training rows to leave out (data/edits.hpp); empty: none
  std::string relabel;  ///< list of training rows with their right labels; empty: none

  int epochs = 30;
  int batch_size = 64;
  int parts = 0;
  std::string optimizer = "sgd";
  double learning_rate = 0.02;
  std::string schedule = "cosine";
  double warmup = 1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  double dropout = 0.3;
  int filters1 = 16, filters2 = 14, filters3 = 56, filters4 = 252;
  int more_convs = 0;
  int first_kernel = 5;
  int dense = 343;
  std::string norm = "block";
  double label_smoothing = 0;
  double sharpness = 0;
  double sharpness_part = 1;
  double class_balance = 0;
  double average = 0.999;
  int small_side = 0;
  double small_part = 0.5;

  bool flip = true;
  double rotate = 10;
  double scale = 0.1;
  double shift = 0.08;
  double contrast = 0.2;
  double brightness = 0.1;
  double blur = 0;   ///< widest deviation in pixels of the whole picture
  double noise = 0;  ///< greatest deviation, part of the range
  double erase = 0.25;

  std::string best_by = "accuracy";
  std::uint64_t seed = 1;
  std::string precision = "auto";
  std::string device = "cpu";
  int threads = 0;

  bool has_ferplus_head() const { return ferplus_weight > 0; }
  /// Side of the pictures in an epoch (from 1): progressive resizing starts small.
  int side_in(int epoch) const;
  /// What these settings train: the network with its heads.
  NetworkSpec network_spec() const;

  /// The fields as options, in the order of a recipe file.
  void declare(base::OptionSet& options);
};

}  // namespace mien::training
