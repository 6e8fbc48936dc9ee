#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/npy.hpp"

namespace mien::audit {

/// Two images of the same photo.
struct DuplicatePair {
  std::size_t a = 0;  ///< of the data set; a < b
  std::size_t b = 0;
  bool exact = false;     ///< identical pixels; the other fields then keep their defaults
  bool mirrored = false;  ///< one is the mirror image of the other
  int hash_distance = 0;  ///< of their perceptual hashes, 0 to 64
  float similarity = 1;   ///< cosine of the features; 0 without features
  float correlation = 1;  ///< of the pixels at 24 x 24, maximum over shifts of up to two pixels
};

/// Which pairs are compared by pixels, and the threshold.
struct DuplicateOptions {
  int max_hash_distance = 10;
  int neighbors = 4;  ///< nearest images by features that are compared (a similarity threshold
                      ///< would depend on the network)
  float min_correlation = 0.93F;
};

/// May throw to stop.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Pairs of identical images, and pairs whose hashes (also mirrored) or features are near and whose
/// pixels correlate. `features` [samples, width] has rows of length 1 (unit_rows), or no columns.
/// Of identical images only the first is compared with others. Quadratic: 640 million pairs for
/// FER2013.
std::vector<DuplicatePair> find_duplicates(const datasets::Dataset& dataset,
                                           const datasets::FloatTable& features,
                                           const DuplicateOptions& options = {},
                                           const Progress& progress = {});

/// Images that are connected by duplicate pairs.
struct DuplicateGroup {
  std::vector<std::size_t> members;  ///< ascending
  bool exact = true;                 ///< all are identical
  float weakest = 1;                 ///< smallest correlation of its pairs
};
/// Groups of at least two images, sorted by first member.
std::vector<DuplicateGroup> group_duplicates(const std::vector<DuplicatePair>& pairs,
                                             std::size_t samples);

/// Scales each row to length 1; zero rows are unchanged.
void unit_rows(datasets::FloatTable& table);

}  // namespace mien::audit
