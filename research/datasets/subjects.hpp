#pragma once

#include <cstddef>

#include "datasets/dataset.hpp"

namespace mien::datasets {

/// Persons and their pictures, all and those held out.
struct HeldOutSubjects {
  std::size_t persons = 0, held_persons = 0;
  std::size_t pictures = 0, held_pictures = 0;
};

/// Moves all pictures of every `every`-th person, in the sorted order of the names, to PrivateTest:
/// no person is then both learnt from and tested on. Pictures of other persons, and those of no
/// named one (FER2013), stay where they are. The same persons of the same set are chosen whatever
/// else is packed beside it. Throws Error kInvalidArgument for `every` below 2.
HeldOutSubjects hold_out_subjects(Dataset& dataset, int every);

}  // namespace mien::datasets
