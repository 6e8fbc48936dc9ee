#include "datasets/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/file.hpp"
#include "data_support.hpp"
#include "mien/error.hpp"
#include "support.hpp"

namespace mien::datasets {
namespace {

using test::flat_pixels;
using test::make_sample;
using test::TemporaryDir;

/// Expects an Error of `code` whose message contains each of `words`.
template <class Action>
void expect_error(ErrorCode code, const std::vector<std::string>& words, Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << error.what() << " lacks " << word;
    }
  }
}

Dataset three_samples() {
  Dataset dataset = {make_sample(1, 3, Split::kTraining), make_sample(2, -1, Split::kPublicTest),
                     make_sample(3, 7, Split::kPrivateTest)};
  dataset[0].votes = {1, 9, 0, 0, 0, 0, 0, 0, 0, 0};
  dataset[0].row = 70000;
  dataset[2].subject = {'S', '0', '1', '0'};
  return dataset;
}

TEST(Split, NamesGoBothWays) {
  for (const Split split : {Split::kTraining, Split::kPublicTest, Split::kPrivateTest}) {
    EXPECT_EQ(split_from_string(to_string(split)), split);
  }
  EXPECT_EQ(split_from_string("train"), Split::kTraining);
  EXPECT_EQ(split_from_string("PUBLIC"), Split::kPublicTest);
  EXPECT_EQ(split_from_string("private"), Split::kPrivateTest);
  expect_error(ErrorCode::kInvalidArgument, {"holiday"}, [] { split_from_string("holiday"); });
}

TEST(Fer2013Csv, ReadsRowsWithQuotesAndCarriageReturns) {
  const TemporaryDir folder;
  const auto path = folder / "fer.csv";
  base::write_file(path, "emotion,pixels,Usage\r\n0," + flat_pixels("7") + ",Training\r\n\"6\",\"" +
                             flat_pixels("255") + "\",\"PrivateTest\"\r\n\r\n");
  const Dataset dataset = read_dataset(path);
  ASSERT_EQ(dataset.size(), 2u);
  EXPECT_EQ(dataset[0].emotion, 0);
  EXPECT_EQ(dataset[0].pixels[2303], 7);
  EXPECT_EQ(dataset[1].emotion, 6);
  EXPECT_EQ(dataset[1].pixels[0], 255);
  EXPECT_EQ(dataset[1].split, Split::kPrivateTest);
  EXPECT_EQ(dataset[1].row, 1);
  EXPECT_FALSE(dataset[1].has_votes());
}

TEST(Fer2013Csv, FindsItsColumnsByName) {
  const TemporaryDir folder;
  base::write_file(folder / "icml.csv",
                   "emotion, Usage, pixels\n4,PublicTest," + flat_pixels("9") + "\n");
  const Dataset dataset = read_fer2013_csv(folder / "icml.csv");
  ASSERT_EQ(dataset.size(), 1u);
  EXPECT_EQ(dataset[0].emotion, 4);
  EXPECT_EQ(dataset[0].split, Split::kPublicTest);
  EXPECT_EQ(dataset[0].pixels[5], 9);
}

TEST(Fer2013Csv, ReadsKagglesOtherFilesAndIndexColumns) {
  const TemporaryDir folder;
  base::write_file(folder / "train.csv", ",emotion,pixels\n0,4," + flat_pixels("9") + "\n");
  base::write_file(folder / "test.csv", "pixels\n" + flat_pixels("8") + "\n");
  base::write_file(folder / "faces.csv",
                   "id,emotion,pixels,Usage\n17,1," + flat_pixels("7") + ",val\n");
  const Dataset train = read_dataset(folder / "train.csv"),
                test = read_dataset(folder / "test.csv"),
                faces = read_dataset(folder / "faces.csv");
  ASSERT_EQ(train.size(), 1u);
  EXPECT_EQ(train[0].split, Split::kTraining);
  EXPECT_EQ(train[0].emotion, 4);
  EXPECT_EQ(train[0].row, 0);
  ASSERT_EQ(test.size(), 1u);
  EXPECT_EQ(test[0].split, Split::kPrivateTest);
  EXPECT_EQ(test[0].emotion, -1);
  EXPECT_EQ(test[0].row, -1);
  ASSERT_EQ(faces.size(), 1u);
  EXPECT_EQ(faces[0].split, Split::kPublicTest);
}

TEST(Fer2013Csv, UnpacksCompressedFiles) {
  const TemporaryDir folder;
  base::write_file(folder / "fer2013.csv",
                   "emotion,pixels,Usage\n0," + flat_pixels("7") + ",Training\n");
  const std::string in = "cd '" + folder.path().string() + "' && ";
  ASSERT_EQ(
      std::system((in + "gzip -k fer2013.csv && tar -cf a.tar fer2013.csv && gzip -k a.tar && "
                        "mkdir x && cp fer2013.csv x/one.csv && cp fer2013.csv x/two.csv && "
                        "tar -czf two.tar.gz x")
                      .c_str()),
      0);
  for (const char* name : {"fer2013.csv.gz", "a.tar", "a.tar.gz"})
    EXPECT_EQ(read_dataset(folder / name).size(), 1u) << name;
  expect_error(ErrorCode::kBadFormat, {"two.tar.gz", "2 CSV files"},
               [&] { read_dataset(folder / "two.tar.gz"); });
  base::write_file(folder / "broken.csv.gz", std::string_view("\x1f\x8b\x08 no"));
  expect_error(ErrorCode::kUnsupported, {"broken.csv.gz", "gzip"},
               [&] { read_dataset(folder / "broken.csv.gz"); });
  expect_error(ErrorCode::kInvalidArgument, {"mien data pack"},
               [&] { read_dataset(folder.path()); });
}

TEST(Fer2013Csv, NamesFileLineAndReason) {
  const TemporaryDir folder;
  const std::string good = "emotion,pixels,Usage\n0," + flat_pixels("7") + ",Training\n";
  const struct {
    std::string text;
    std::string reason;
  } cases[] = {
      {"", "empty"},
      {"a,b,c\n", "no column 'pixels'"},
      {good + "0,1 2 3,Training\n", "line 3: 3 pixels; there must be 2304"},
      {good + "0," + flat_pixels("7") + " 7,Training\n", "line 3: more than 2304"},
      {good + "0," + flat_pixels("256") + ",Training\n", "line 3: pixel 0 is '256'"},
      {good + "0,1 99999999999999999999 3,Training\n", "line 3: pixel 1 is '99999999999999999999'"},
      {good + "0,1 -2 3,Training\n", "line 3: pixel 1 is '-2'"},
      {good + "0,1 2x 3,Training\n", "line 3: pixel 1 is '2x'"},
      {good + "7," + flat_pixels("7") + ",Training\n", "line 3: emotion is '7'"},
      {good + "," + flat_pixels("7") + ",Training\n", "line 3: emotion is ''"},
      {good + "0," + flat_pixels("7") + ",Holiday\n", "line 3: unknown split 'Holiday'"},
      {good + "0," + flat_pixels("7") + "\n", "line 3: expected 3 fields"},
      {good + "0," + flat_pixels("7") + ",Training,more\n", "line 3: expected 3 fields"},
      {std::string("\x89PNG\r\n\x1a\n\0\0", 10), "line 1"},
  };
  for (const auto& [text, reason] : cases) {
    base::write_file(folder / "bad.csv", text);
    expect_error(ErrorCode::kBadFormat, {"bad.csv", reason},
                 [&] { read_dataset(folder / "bad.csv"); });
  }
  expect_error(ErrorCode::kNotFound, {"none.csv"}, [&] { read_dataset(folder / "none.csv"); });
}

TEST(FerPlus, VotesFollowTheRow) {
  const TemporaryDir folder;
  base::write_file(
      folder / "votes.csv",
      "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
      "Training,a.png,4,0,0,1,3,2,0,0,0,0\nPrivateTest,,0,0,0,0,0,0,0,0,0,10\n");
  Dataset dataset = {make_sample(1, 0, Split::kPrivateTest)};
  dataset[0].row = 1;
  attach_ferplus_votes(dataset, folder / "votes.csv");
  EXPECT_TRUE(dataset[0].has_votes());
  EXPECT_EQ(dataset[0].votes[static_cast<std::size_t>(Vote::kNotAFace)], 10);

  dataset[0].row = 2;
  expect_error(ErrorCode::kBadFormat, {"votes.csv", "2 rows", "row 2"},
               [&] { attach_ferplus_votes(dataset, folder / "votes.csv"); });
  dataset[0].row = 0;
  expect_error(ErrorCode::kBadFormat, {"row 0", "Training", "PrivateTest"},
               [&] { attach_ferplus_votes(dataset, folder / "votes.csv"); });
  base::write_file(folder / "votes.csv",
                   "Usage,i,n,h,s,s,a,d,f,c,u,NF\nTraining,a.png,4,0,0,1,x,2,0,0,0,0\n");
  expect_error(ErrorCode::kBadFormat, {"line 2", "vote 4 is 'x'"},
               [&] { attach_ferplus_votes(dataset, folder / "votes.csv"); });
}

TEST(FerPlus, ImagesOfAFolderHaveNoVotes) {
  const TemporaryDir folder;
  base::write_file(folder / "votes.csv",
                   "Usage,i,n,h,s,s,a,d,f,c,u,NF\nTraining,a.png,4,0,0,1,3,2,0,0,0,0\n");
  Dataset dataset = {make_sample(1, 0, Split::kTraining), make_sample(2, 0, Split::kTraining)};
  dataset[1].row = 0;
  attach_ferplus_votes(dataset, folder / "votes.csv");
  EXPECT_FALSE(dataset[0].has_votes());
  EXPECT_TRUE(dataset[1].has_votes());

  dataset.resize(1);
  expect_error(ErrorCode::kInvalidArgument, {"votes.csv", "no image"},
               [&] { attach_ferplus_votes(dataset, folder / "votes.csv"); });
}

TEST(Packed, ComesBackAsItWent) {
  const TemporaryDir folder;
  const Dataset dataset = three_samples();
  write_packed(folder / "faces.npy", dataset);
  const Dataset back = read_dataset(folder / "faces.npy");
  ASSERT_EQ(back.size(), dataset.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].pixels, dataset[i].pixels);
    EXPECT_EQ(back[i].emotion, dataset[i].emotion);
    EXPECT_EQ(back[i].split, dataset[i].split);
    EXPECT_EQ(back[i].votes, dataset[i].votes);
    EXPECT_EQ(back[i].row, dataset[i].row);
    EXPECT_EQ(back[i].subject, dataset[i].subject);
  }
  write_packed(folder / "none.npy", {});
  EXPECT_TRUE(read_packed(folder / "none.npy").empty());
}

TEST(Packed, IsANumpyFile) {
  const TemporaryDir folder;
  write_packed(folder / "faces.npy", three_samples());
  const std::string text = base::read_text(folder / "faces.npy");
  EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header =
      static_cast<unsigned char>(text[8]) + 256u * static_cast<unsigned char>(text[9]);
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_EQ(text[10 + header - 1], '\n');
  // 48 * 48 + emotion 1 + split 1 + votes 10 + row 4 + subject 12 = 2332 bytes a face
  EXPECT_EQ(text.size(), 10 + header + 3 * 2332);
}

TEST(Packed, RefusesBytesThatDoNotFit) {
  const TemporaryDir folder;
  write_packed(folder / "good.npy", three_samples());
  const std::string good = base::read_text(folder / "good.npy");
  const auto refuse = [&](const std::string& text, const std::string& reason) {
    base::write_file(folder / "bad.npy", text);
    expect_error(ErrorCode::kBadFormat, {"bad.npy", reason},
                 [&] { read_packed(folder / "bad.npy"); });
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), to.size(),
                        to);  // writes over, so that the header keeps its length
  };
  refuse("", "not a NumPy");
  refuse(good.substr(0, 9), "not a NumPy");
  refuse(good.substr(0, 60), "truncated");
  refuse(good.substr(0, good.size() - 1), "says 3 faces");
  refuse(good + "x", "says 3 faces");
  refuse(with("(3,),}", "(4,),}"), "says 4 faces");
  // 2^64 / 2332 rounded up, whose bytes wrap around to nearly none, and a count beyond 64 bits
  refuse(with("(3,),}", "(7910267613082999,),}"), "says 7910267613082999 faces");
  refuse(with("(3,),}", "(99999999999999999999,),}"), "dimension");
  refuse(with("(3,),}", "(3,1),}"), "dimension");
  refuse(with("'<i4'", "'>i4'"), "type");
  std::string text = good;
  text[6] = 2;
  refuse(text, "version");
  text = good;
  text[text.size() - 2332 + 2304] = 8;
  refuse(text, "face 2: invalid emotion 8");
  text = good;
  text[text.size() - 2332 + 2305] = 3;
  refuse(text, "face 2: invalid split 3");
}

TEST(Duplicates, AreFoundByPixels) {
  const Dataset dataset = {
      make_sample(1, 0, Split::kTraining),    make_sample(2, 0, Split::kTraining),
      make_sample(1, 5, Split::kPrivateTest), make_sample(3, 0, Split::kPrivateTest),
      make_sample(2, 0, Split::kPublicTest),  make_sample(3, 0, Split::kPublicTest)};
  EXPECT_EQ(find_leaked_training(dataset), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(find_seen_in_training(dataset, Split::kPrivateTest), (std::vector<std::size_t>{2}));
  EXPECT_EQ(find_seen_in_training(dataset, Split::kPublicTest), (std::vector<std::size_t>{4}));
}

TEST(DatasetHash, IsFnv1aAndFeelsEveryField) {
  EXPECT_EQ(dataset_hash({}), "cbf29ce484222325");  // the offset basis of 64-bit FNV-1a
  const std::string before = dataset_hash(three_samples());
  Dataset changed = three_samples();
  changed[1].pixels[2303] ^= 1;
  EXPECT_NE(dataset_hash(changed), before);
  changed = three_samples();
  changed[1].emotion = 0;
  EXPECT_NE(dataset_hash(changed), before);
  changed = three_samples();
  changed[1].split = Split::kTraining;
  EXPECT_NE(dataset_hash(changed), before);
  changed = three_samples();
  changed[2].votes[9] = 1;
  EXPECT_NE(dataset_hash(changed), before);
  changed = three_samples();
  std::swap(changed[0], changed[1]);
  EXPECT_NE(dataset_hash(changed), before);
}

}  // namespace
}  // namespace mien::datasets
