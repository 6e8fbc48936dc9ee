#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mien/emotion.hpp"

namespace mien::datasets {

enum class Split : std::uint8_t { kTraining = 0, kPublicTest = 1, kPrivateTest = 2 };
inline constexpr int kSplitCount = 3;

/// FER2013's own words: "Training", "PublicTest", "PrivateTest".
std::string_view to_string(Split split);
/// The inverse, any case, also "train", "public", "private"; throws Error kInvalidArgument for
/// other words.
Split split_from_string(std::string_view name);

inline constexpr int kFaceSize = 48;  ///< side of a face picture in pixels
inline constexpr int kFacePixels = kFaceSize * kFaceSize;

/// The columns of FER+ (Barsoum et al. 2016, fer2013new.csv): votes of ten people.
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

/// One 48x48 gray face picture and what is known of it.
struct Sample {
  std::array<std::uint8_t, kFacePixels> pixels{};  ///< [48 * 48], rows from the top
  std::int8_t emotion = -1;                        ///< an Emotion, or -1 where the set does not say
  Split split = Split::kTraining;
  std::array<std::uint8_t, kVoteCount> votes{};  ///< by Vote; all 0 where there are none
  std::int32_t row = -1;  ///< data row of the CSV from 0; -1 where the source is none
  std::array<char, 12>
      subject{};  ///< person, where the set says (CK+ "S010", JAFFE "KA"); zero padded

  bool has_votes() const;
  bool has_subject() const { return subject[0] != 0; }
};

using Dataset = std::vector<Sample>;

/// Reads FER2013's CSV (header "emotion,pixels,Usage", in any order; quotes allowed around fields;
/// CRLF allowed). Throws Error kBadFormat naming file, line and reason: a short row, a pixel above
/// 255 or not a number, an emotion outside 0..6, an unknown Usage.
Dataset read_fer2013_csv(const std::filesystem::path& path);

/// Reads FER+ votes ("Usage,Image name,neutral,…,NF") into `dataset`. The votes file has the rows
/// of the whole fer2013.csv: each sample takes the line that its `row` names, and one of row -1, a
/// folder's picture, none. Throws Error kBadFormat when there is no such line, when its usage is
/// not the sample's, or when a field is not a number, and kInvalidArgument when no sample has a
/// row. `dataset` is then as it was.
void attach_ferplus_votes(Dataset& dataset, const std::filesystem::path& votes_csv);

/// The packed file is a NumPy array file (.npy 1.0) of one structured, unpadded little-endian type,
/// C order, one dimension:
/// [('image','|u1',(48,48)),('emotion','|i1'),('split','|u1'),('votes','|u1',(10,)),('row','<i4'),('subject','|S12')].
/// numpy.load(path)['image'] opens it.
void write_packed(const std::filesystem::path& path, const Dataset& dataset);
Dataset read_packed(const std::filesystem::path& path);

/// A CSV or packed file, told apart by its first bytes.
Dataset read_dataset(const std::filesystem::path& path);

/// Indices of training samples whose pixels equal those of a PublicTest or PrivateTest sample.
std::vector<std::size_t> find_leaked_training(const Dataset& dataset);
/// Indices of samples of `split` whose pixels equal those of a training sample.
std::vector<std::size_t> find_seen_in_training(const Dataset& dataset, Split split);
/// How many of those have a label that an equal training sample has, too: what remembering could
/// score on them.
std::size_t count_seen_labels(const Dataset& dataset, Split split);

/// Which data a network saw: 64-bit FNV-1a over pixels, emotions, splits and votes in order, 16 hex
/// digits.
std::string dataset_hash(const Dataset& dataset);

}  // namespace mien::datasets
