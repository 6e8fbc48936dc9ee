#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/npy.hpp"

namespace mien::audit {

/// Two pictures that show the same.
struct TwinPair {
  std::size_t a = 0;  ///< of the data set; a < b
  std::size_t b = 0;
  bool exact = false;     ///< equal pixel by pixel; the rest is then as of equal pictures
  bool mirrored = false;  ///< one is the other's mirror image
  int hash_distance = 0;  ///< of their perceptual hashes, 0 to 64
  float similarity = 1;   ///< cosine of their features; 0 where there are none
  float correlation =
      1;  ///< of their pixels, at the shift of up to two pixels in 24 that fits best
};

/// Which pictures are worth a comparison of their pixels, and what settles it.
struct TwinOptions {
  int largest_hash_distance = 10;
  int neighbours = 4;  ///< of each picture: so many are nearest in the features; a threshold would
                       ///< depend on the network
  float least_correlation = 0.93F;
};

/// May throw to stop the search.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// All pairs of equal pictures, and those pairs of different ones that are near in their hashes (as
/// they are or mirrored) or in their features, and whose pixels correlate. `features` [samples,
/// width] has rows of length 1 (unit_rows), or no columns. Of equal pictures only the first is
/// compared with others. Compares all with all: 640 million pairs for FER2013.
std::vector<TwinPair> find_twins(const datasets::Dataset& dataset,
                                 const datasets::FloatTable& features,
                                 const TwinOptions& options = {}, const Progress& progress = {});

/// Pictures that are twins of each other, directly or through others.
struct TwinGroup {
  std::vector<std::size_t> members;  ///< ascending
  bool exact = true;                 ///< all equal pixel by pixel
  float weakest = 1;                 ///< the smallest correlation of its pairs
};
/// Groups of two and more, by their first member.
std::vector<TwinGroup> group_twins(const std::vector<TwinPair>& pairs, std::size_t samples);

/// Scales each row to length 1; a row of zeros stays.
void unit_rows(datasets::FloatTable& table);

}  // namespace mien::audit
