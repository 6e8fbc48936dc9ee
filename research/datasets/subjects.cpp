#include "datasets/subjects.hpp"

#include <set>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::datasets {

HeldOutSubjects hold_out_subjects(Dataset& dataset, int every) {
  if (every < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("cannot hold out every %dth subject; give 2 or more", every));
  }
  using Name = decltype(Sample::subject);
  std::set<Name> subjects;
  for (const Sample& sample : dataset) {
    if (sample.has_subject()) subjects.insert(sample.subject);
  }
  std::set<Name> held;
  int place = 0;
  for (const Name& subject : subjects) {
    if (++place % every == 0) held.insert(subject);
  }
  HeldOutSubjects out{.subjects = subjects.size(), .held_subjects = held.size()};
  for (Sample& sample : dataset) {
    if (!sample.has_subject()) continue;
    ++out.images;
    if (!held.contains(sample.subject)) continue;
    ++out.held_images;
    sample.split = Split::kPrivateTest;
  }
  return out;
}

}  // namespace mien::datasets
