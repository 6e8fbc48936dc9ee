#include "datasets/dataset.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "datasets/npy.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

constexpr std::array<std::string_view, kSplitCount> kSplitNames = {"Training", "PublicTest",
                                                                   "PrivateTest"};
constexpr std::array<std::pair<std::string_view, Split>, 9> kSplitAliases = {
    {{"train", Split::kTraining},
     {"val", Split::kPublicTest},
     {"valid", Split::kPublicTest},
     {"validation", Split::kPublicTest},
     {"dev", Split::kPublicTest},
     {"public", Split::kPublicTest},
     {"test", Split::kPrivateTest},
     {"testing", Split::kPrivateTest},
     {"private", Split::kPrivateTest}}};

std::string_view pixels_of(const Sample& sample) {
  return {reinterpret_cast<const char*>(sample.pixels.data()), sample.pixels.size()};
}

/// Indices of samples accepted by `candidate` whose pixels equal those of a sample accepted by
/// `reference`.
template <class Candidate, class Reference>
std::vector<std::size_t> find_duplicates(const Dataset& dataset, Candidate candidate,
                                         Reference reference) {
  std::unordered_set<std::string_view> known;
  for (const Sample& sample : dataset) {
    if (reference(sample.split)) known.insert(pixels_of(sample));
  }
  std::vector<std::size_t> duplicates;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (candidate(dataset[i].split) && known.contains(pixels_of(dataset[i])))
      duplicates.push_back(i);
  }
  return duplicates;
}

bool is_training(Split split) { return split == Split::kTraining; }

}  // namespace

std::string_view to_string(Split split) { return kSplitNames.at(static_cast<std::size_t>(split)); }

std::optional<Split> find_split(std::string_view name) {
  for (std::size_t i = 0; i < kSplitNames.size(); ++i) {
    if (base::equal_ignoring_case(name, kSplitNames[i])) return static_cast<Split>(i);
  }
  for (const auto& [alias, split] : kSplitAliases) {
    if (base::equal_ignoring_case(name, alias)) return split;
  }
  return std::nullopt;
}

Split split_from_string(std::string_view name) {
  if (const std::optional<Split> split = find_split(name)) return *split;
  throw Error(ErrorCode::kInvalidArgument, "unknown split '" + std::string(name.substr(0, 40)) +
                                               "'; choose Training, PublicTest or PrivateTest");
}

bool Sample::has_votes() const {
  return std::any_of(votes.begin(), votes.end(), [](std::uint8_t count) { return count != 0; });
}

Dataset read_dataset(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorCode::kInvalidArgument, path.string() +
                                                 ": is a folder; pack it first: mien data pack " +
                                                 path.string() + " -o set.npy");
  }
  std::string magic(kNpyMagic.size(), '\0');
  std::ifstream(path, std::ios::binary)
      .read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return magic == kNpyMagic ? read_packed(path) : read_fer2013_csv(path);
}

std::vector<std::size_t> find_leaked_training(const Dataset& dataset) {
  return find_duplicates(dataset, is_training, [](Split split) { return !is_training(split); });
}

std::vector<std::size_t> find_seen_in_training(const Dataset& dataset, Split split) {
  return find_duplicates(dataset, [split](Split other) { return other == split; }, is_training);
}

std::size_t count_seen_labels(const Dataset& dataset, Split split) {
  std::unordered_map<std::string_view, std::set<int>> labels;
  for (const Sample& sample : dataset) {
    if (is_training(sample.split)) labels[pixels_of(sample)].insert(sample.emotion);
  }
  const auto is_seen = [&](const Sample& sample) {
    const auto duplicate = labels.find(pixels_of(sample));
    return sample.split == split && sample.emotion >= 0 && duplicate != labels.end() &&
           duplicate->second.contains(sample.emotion);
  };
  return static_cast<std::size_t>(std::count_if(dataset.begin(), dataset.end(), is_seen));
}

std::string dataset_hash(const Dataset& dataset) {
  base::Fnv1a hash;
  for (const Sample& sample : dataset) {
    hash.add(sample.pixels);
    hash.add(static_cast<std::uint8_t>(sample.emotion));
    hash.add(static_cast<std::uint8_t>(sample.split));
    hash.add(sample.votes);
  }
  return base::format("%016llx", static_cast<unsigned long long>(hash.value()));
}

}  // namespace mien::datasets
