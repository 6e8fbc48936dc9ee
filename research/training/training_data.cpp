#include "training/training_data.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "datasets/edits.hpp"
#include "mien/error.hpp"
#include "training/targets.hpp"

namespace mien::training {

namespace {

/// Moves a share of the Training images to PublicTest if there are none; all images of a subject
/// stay together, and so do identical images.
void split_validation(datasets::Dataset& dataset, double share) {
  const auto is_in = [](datasets::Split split) {
    return [split](const datasets::Sample& sample) { return sample.split == split; };
  };
  if (share <= 0 ||
      std::any_of(dataset.begin(), dataset.end(), is_in(datasets::Split::kPublicTest)))
    return;
  for (datasets::Sample& sample : dataset) {
    if (sample.split != datasets::Split::kTraining) continue;
    const std::uint64_t hash =
        sample.has_subject()
            ? base::fnv1a(std::string_view(sample.subject.data(), sample.subject.size()))
            : base::fnv1a(sample.pixels);
    // The middle bits: FNV-1a mixes short inputs badly into the highest ones.
    if (static_cast<double>(hash >> 16 & 0xFFFF) < share * 0x10000)
      sample.split = datasets::Split::kPublicTest;
  }
}

}  // namespace

int fold_of(const datasets::Sample& sample, int folds) {
  const std::uint64_t hash = base::fnv1a(sample.pixels);
  return static_cast<int>((hash >> 32) % static_cast<std::uint64_t>(folds)) + 1;
}

datasets::Dataset load_training_data(const TrainSettings& settings, const Fold& left_out,
                                     std::string* summary) {
  if (settings.data.empty())
    throw Error(ErrorCode::kInvalidArgument, "--data is missing; give fer2013.csv or a packed set");
  datasets::Dataset dataset = datasets::read_dataset(settings.data);
  if (!settings.votes.empty()) datasets::attach_ferplus_votes(dataset, settings.votes);
  split_validation(dataset, settings.validation);
  const bool wants_votes = settings.vote_weight > 0 || settings.has_ferplus_head();
  if (wants_votes &&
      std::none_of(dataset.begin(), dataset.end(), [](auto& s) { return s.has_votes(); })) {
    throw Error(ErrorCode::kInvalidArgument, settings.data +
                                                 ": has no FER+ votes for --vote-weight or "
                                                 "--ferplus-weight; give --votes fer2013new.csv");
  }
  datasets::DataEdits edits;
  if (!settings.drop.empty()) datasets::read_drop_list(edits, settings.drop);
  if (!settings.relabel.empty()) datasets::read_relabel_list(edits, settings.relabel);
  const datasets::EditCounts edited = datasets::apply_edits(dataset, edits);
  std::vector<std::size_t> leaked;
  if (settings.drop_leaked) {
    leaked = datasets::find_leaked_training(dataset);
    for (auto i = leaked.rbegin(); i != leaked.rend(); ++i)
      dataset.erase(dataset.begin() + static_cast<std::ptrdiff_t>(*i));
  }
  if (left_out.count > 0) {
    std::erase_if(dataset, [&](const datasets::Sample& s) {
      return s.split == datasets::Split::kTraining && fold_of(s, left_out.count) == left_out.index;
    });
  }
  const auto training = std::count_if(dataset.begin(), dataset.end(), [](auto& s) {
    return s.split == datasets::Split::kTraining && has_label(s);
  });
  const auto unlabeled = std::count_if(dataset.begin(), dataset.end(), [](auto& s) {
    return s.split == datasets::Split::kTraining && !has_label(s);
  });
  *summary = base::format("%td training images (dropped %zu that equal a test image)", training,
                          leaked.size());
  if (unlabeled > 0)
    *summary += base::format(", ignored %td of contempt or without a label", unlabeled);
  if (!edits.empty()) {
    *summary +=
        base::format(", lists: %zu dropped, %zu relabeled", edited.dropped, edited.relabeled);
    if (edited.of_tests > 0)
      *summary += base::format(" (ignored %zu rows of test splits)", edited.of_tests);
  }
  if (left_out.count > 0)
    *summary += base::format(", without fold %d of %d", left_out.index, left_out.count);
  return dataset;
}

}  // namespace mien::training
