#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mien/emotion.hpp"

namespace mien::datasets {

enum class Split : std::uint8_t { kTraining = 0, kPublicTest = 1, kPrivateTest = 2 };
inline constexpr int kSplitCount = 3;

/// FER2013's names: "Training", "PublicTest", "PrivateTest".
std::string_view to_string(Split split);
/// The split of a name in any case: FER2013's names, and train, training; val, valid, validation,
/// dev, public; test, testing, private. "val" is PublicTest and "test" PrivateTest.
std::optional<Split> find_split(std::string_view name);
/// The same; throws Error kInvalidArgument for other names.
Split split_from_string(std::string_view name);

inline constexpr int kFaceSize = 48;  ///< side of a face image in pixels
inline constexpr int kFacePixels = kFaceSize * kFaceSize;

/// The columns of FER+ (Barsoum et al. 2016, fer2013new.csv): votes of ten annotators.
enum class Vote {
  kNeutral,
  kHappiness,
  kSurprise,
  kSadness,
  kAnger,
  kDisgust,
  kFear,
  kContempt,
  kUnknown,
  kNotAFace
};
inline constexpr int kVoteCount = 10;

/// One 48x48 gray face image with its annotations.
struct Sample {
  std::array<std::uint8_t, kFacePixels> pixels{};  ///< [48, 48], row-major, 0 black to 255 white
  std::int8_t emotion = -1;                        ///< an Emotion, or -1 if unknown
  Split split = Split::kTraining;
  std::array<std::uint8_t, kVoteCount> votes{};  ///< indexed by Vote; all 0 if there are no votes
  std::int32_t row = -1;  ///< data row of the CSV, from 0; -1 if the source is not a CSV
  std::array<char, 12>
      subject{};  ///< zero-padded, such as "S010" (CK+) or "KA" (JAFFE); empty if unknown

  bool has_votes() const;
  bool has_subject() const { return subject[0] != 0; }
};

using Dataset = std::vector<Sample>;

/// Reads FER2013's CSV. The header names "pixels" and, optionally, "emotion" and "Usage", in any
/// order; other columns are ignored. Without "Usage" (Kaggle's train.csv and test.csv), the file
/// name gives the split if it is the name of one, else all are Training. The file may be compressed
/// (read_table). Throws Error kBadFormat naming file, line and reason: a short row, a pixel above
/// 255 or not a number, an emotion outside 0..6, an unknown Usage.
Dataset read_fer2013_csv(const std::filesystem::path& path);

/// Reads FER+ votes ("Usage,Image name,neutral,…,NF") into `dataset`. The votes file has the rows
/// of the whole fer2013.csv: each sample gets the votes of its `row`; samples with row -1 get none.
/// Throws Error kBadFormat if a row is missing, its split differs from the sample's, or a field is
/// not a number, and kInvalidArgument if no sample has a row. `dataset` is unchanged after an
/// error.
void attach_ferplus_votes(Dataset& dataset, const std::filesystem::path& votes_csv);

/// A packed set is a NumPy file (.npy 1.0): a one-dimensional array of an unpadded little-endian
/// structured type:
/// [('image','|u1',(48,48)),('emotion','|i1'),('split','|u1'),('votes','|u1',(10,)),('row','<i4'),('subject','|S12')].
/// numpy.load(path)['image'] opens it.
void write_packed(const std::filesystem::path& path, const Dataset& dataset);
Dataset read_packed(const std::filesystem::path& path);

/// Reads a CSV or a packed set, distinguished by the first bytes.
Dataset read_dataset(const std::filesystem::path& path);

/// Indices of training samples whose pixels equal those of a PublicTest or PrivateTest sample.
std::vector<std::size_t> find_leaked_training(const Dataset& dataset);
/// Indices of samples of `split` whose pixels equal those of a training sample.
std::vector<std::size_t> find_seen_in_training(const Dataset& dataset, Split split);
/// Number of these samples whose label equals that of an identical training sample: what
/// memorization could score.
std::size_t count_seen_labels(const Dataset& dataset, Split split);

/// Identifies the data that a network was trained on: 64-bit FNV-1a over pixels, emotions, splits
/// and votes in order, 16 hex digits.
std::string dataset_hash(const Dataset& dataset);

}  // namespace mien::datasets
