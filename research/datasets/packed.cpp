#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "base/file.hpp"
#include "datasets/dataset.hpp"
#include "datasets/npy.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

constexpr std::string_view kHeaderStart =
    "{'descr':[('image','|u1',(48,48)),('emotion','|i1'),('split','|u1'),('votes','|u1',(10,)),('"
    "row','<i4'),"
    "('subject','|S12')],'fortran_order':False,'shape':(";

constexpr std::size_t kEmotionOffset = kFacePixels;
constexpr std::size_t kSplitOffset = kEmotionOffset + 1;
constexpr std::size_t kVotesOffset = kSplitOffset + 1;
constexpr std::size_t kRowOffset = kVotesOffset + kVoteCount;
constexpr std::size_t kSubjectOffset = kRowOffset + 4;
constexpr std::size_t kRecordSize = kSubjectOffset + sizeof(Sample::subject);

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorCode::kBadFormat, path.string() + ": " + reason);
}

std::uint8_t byte_at(const std::byte* record, std::size_t offset) {
  return static_cast<std::uint8_t>(record[offset]);
}

void encode(const Sample& sample, std::byte* record) {
  std::memcpy(record, sample.pixels.data(), sample.pixels.size());
  record[kEmotionOffset] = static_cast<std::byte>(sample.emotion);
  record[kSplitOffset] = static_cast<std::byte>(sample.split);
  std::memcpy(record + kVotesOffset, sample.votes.data(), sample.votes.size());
  const auto row = static_cast<std::uint32_t>(sample.row);
  for (std::size_t i = 0; i < 4; ++i)
    record[kRowOffset + i] = static_cast<std::byte>(row >> (8 * i));
  std::memcpy(record + kSubjectOffset, sample.subject.data(), sample.subject.size());
}

Sample decode(const std::byte* record) {
  Sample sample;
  std::memcpy(sample.pixels.data(), record, sample.pixels.size());
  sample.emotion = static_cast<std::int8_t>(byte_at(record, kEmotionOffset));
  sample.split = static_cast<Split>(byte_at(record, kSplitOffset));
  std::memcpy(sample.votes.data(), record + kVotesOffset, sample.votes.size());
  std::uint32_t row = 0;
  for (std::size_t i = 0; i < 4; ++i)
    row |= std::uint32_t{byte_at(record, kRowOffset + i)} << (8 * i);
  sample.row = static_cast<std::int32_t>(row);
  std::memcpy(sample.subject.data(), record + kSubjectOffset, sample.subject.size());
  return sample;
}

/// The number of records according to the header.
std::uint64_t read_count(const std::filesystem::path& path, const std::string& header) {
  if (!header.starts_with(kHeaderStart))
    fail(path, "not a packed set: the array has a different type; create it with mien data pack");
  const std::string_view shape = std::string_view(header).substr(kHeaderStart.size());
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), count);
  const std::string_view rest = shape.substr(static_cast<std::size_t>(end - shape.data()));
  if (error != std::errc() || (rest != ",),}" && rest != ",)}"))
    fail(path, "the array must have one dimension");
  return count;
}

}  // namespace

void write_packed(const std::filesystem::path& path, const Dataset& dataset) {
  const std::string head =
      npy_preamble(std::string(kHeaderStart) + std::to_string(dataset.size()) + ",),}");
  std::vector<std::byte> bytes(head.size() + dataset.size() * kRecordSize);
  std::memcpy(bytes.data(), head.data(), head.size());
  std::byte* record = bytes.data() + head.size();
  for (const Sample& sample : dataset) {
    encode(sample, record);
    record += kRecordSize;
  }
  base::write_file(path, bytes);
}

Dataset read_packed(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path);
  const NpyFile file = parse_npy(path, bytes);
  const std::uint64_t count = read_count(path, file.header);
  const std::size_t payload = file.payload.size();
  if (payload % kRecordSize != 0 || payload / kRecordSize != count) {
    fail(path, base::format("the header says %llu faces, but %zu bytes follow (%zu per face)",
                            static_cast<unsigned long long>(count), payload, kRecordSize));
  }
  Dataset dataset;
  dataset.reserve(count);
  const std::byte* record = file.payload.data();
  for (std::uint64_t i = 0; i < count; ++i, record += kRecordSize) {
    const Sample& sample = dataset.emplace_back(decode(record));
    if (sample.emotion < -1 || sample.emotion > static_cast<int>(Emotion::kContempt)) {
      fail(path, base::format("face %zu: invalid emotion %d", dataset.size() - 1, sample.emotion));
    }
    if (static_cast<int>(sample.split) >= kSplitCount) {
      fail(path, base::format("face %zu: invalid split %d", dataset.size() - 1,
                              static_cast<int>(sample.split)));
    }
  }
  return dataset;
}

}  // namespace mien::datasets
