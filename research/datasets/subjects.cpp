#include "datasets/subjects.hpp"

#include <set>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::datasets {

HeldOutSubjects hold_out_subjects(Dataset& dataset, int every) {
  if (every < 2) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("one person in %d held out: that leaves nobody to learn from, give 2 or more",
                     every));
  }
  using Name = decltype(Sample::subject);
  std::set<Name> persons;
  for (const Sample& sample : dataset) {
    if (sample.has_subject()) persons.insert(sample.subject);
  }
  std::set<Name> held;
  int place = 0;
  for (const Name& person : persons) {
    if (++place % every == 0) held.insert(person);
  }
  HeldOutSubjects out{.persons = persons.size(), .held_persons = held.size()};
  for (Sample& sample : dataset) {
    if (!sample.has_subject()) continue;
    ++out.pictures;
    if (!held.contains(sample.subject)) continue;
    ++out.held_pictures;
    sample.split = Split::kPrivateTest;
  }
  return out;
}

}  // namespace mien::datasets
