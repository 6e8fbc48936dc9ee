#pragma once

#include <cstddef>

#include "datasets/dataset.hpp"

namespace mien::datasets {

/// Numbers of subjects and their images, in total and held out.
struct HeldOutSubjects {
  std::size_t subjects = 0, held_subjects = 0;
  std::size_t images = 0, held_images = 0;
};

/// Moves all images of every `every`-th subject (sorted by name) to PrivateTest, so that training
/// and test share no subject. Other images, and those without a subject (FER2013), keep their
/// split. The choice does not depend on other data in the set. Throws Error kInvalidArgument if
/// `every` is less than 2.
HeldOutSubjects hold_out_subjects(Dataset& dataset, int every);

}  // namespace mien::datasets
