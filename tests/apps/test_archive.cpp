// mien predict over archives: lists, shards, and output that several runs fill.
#include <set>
#include <sstream>
#include <thread>

#include "apps_support.hpp"
#include "photo_files.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Small images without faces, taken as crops: 1.png, 2.png, …
class Archive : public testing::Test {
 protected:
  static constexpr int kPhotos = 24;

  void SetUp() override {
    MIEN_SKIP_WITHOUT(default_model());
    for (int i = 1; i <= kPhotos; ++i) {
      paths_.push_back(std::to_string(i) + ".png");
      base::write_file(folder_ / paths_.back(), vision::encode_png(gradient(40 + i, 48)));
      list_ += paths_.back() + "\n";
    }
    base::write_file(folder_ / "list.txt", list_);
  }

  Command predict(const Words& arguments) const {
    Command command = mien_command(Words{"predict", "--crop", "--format", "jsonl"} + arguments);
    command.folder = folder_.path();
    return command;
  }

  static Words paths_of(const std::string& json_lines) {
    Words paths;
    std::istringstream stream(json_lines);
    for (std::string line; std::getline(stream, line);) paths.push_back(Json::parse(line)["path"]);
    return paths;
  }

  std::string output() const { return base::read_text(folder_ / "out.jsonl"); }

  TemporaryDir folder_;
  Words paths_;
  std::string list_;
};

TEST_F(Archive, ListsAreReadByLinesOrByNul) {
  EXPECT_EQ(paths_of(run(predict({"--list", "list.txt"})).out), paths_);
  Command lines = predict({"--list", "-"});
  lines.input = list_;
  EXPECT_EQ(paths_of(run(lines).out), paths_);
  // Ended by NUL, a name may hold a line break.
  fs::copy_file(folder_ / "1.png", folder_ / "two\nlines.png");
  Command nul = predict({"-"});
  nul.input = std::string("1.png\0two\nlines.png\0002.png", 25);
  EXPECT_EQ(paths_of(run(nul).out), (Words{"1.png", "two\nlines.png", "2.png"}));
  // Together with photos on the command line.
  EXPECT_EQ(paths_of(run(predict({"1.png", "--list", "list.txt"})).out).size(), paths_.size() + 1);
}

TEST_F(Archive, ListsThatAreNone) {
  const auto expect = [&](const Words& arguments, const std::string& input, int code,
                          std::initializer_list<std::string_view> parts) {
    Command command = predict(arguments);
    command.input = input;
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(mentions(result.error, parts));
  };
  base::write_file(folder_ / "empty.txt", std::string_view());
  expect({"--list", "1.png"}, "", 2, {"1.png: ", "list", "image"});
  expect({"-"}, base::read_text(folder_ / "1.png"), 2, {"standard input: ", "list", "image"});
  expect({"-"}, std::string(100'000, 'x'), 2, {"standard input: ", "list"});
  expect({"--list", "empty.txt"}, "", 2, {"empty.txt: ", "empty"});
  expect({"--list", "-"}, "\n\n", 2, {"standard input: ", "empty"});
  expect({"--list", "missing.txt"}, "", 1, {"missing.txt: ", "No such file"});
  expect({"--list", "."}, "", 1, {".: ", "directory"});
}

TEST_F(Archive, ListsMayHaveAByteOrderMark) {
  const auto paths = [&](const std::string& list) {
    base::write_file(folder_ / "marked.txt", list);
    const ProcessResult result = run(predict({"--list", "marked.txt"}));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return paths_of(result.out);
  };
  fs::copy_file(folder_ / "1.png", folder_ / "gr\u00fcn.png");
  const Words expected = {"1.png", "gr\u00fcn.png", "2.png"};
  EXPECT_EQ(paths("\xEF\xBB\xBF"
                  "1.png\ngr\u00fcn.png\n2.png\n"),
            expected);
  const std::u16string text = u"\uFEFF1.png\r\ngr\u00fcn.png\r\n2.png";
  std::string little, big;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    little += {low, high};
    big += {high, low};
  }
  EXPECT_EQ(paths(little), expected);
  EXPECT_EQ(paths(big), expected);
  std::u16string many = u"\uFEFF";  // longer than a block
  for (int i = 0; i < 6000; ++i) many += u"1.png\n";
  little.clear();
  for (const char16_t unit : many)
    little += {static_cast<char>(unit), static_cast<char>(unit >> 8)};
  EXPECT_EQ(paths(little).size(), 6000U);
}

TEST_F(Archive, ShardsShareThePhotos) {
  std::multiset<std::string> taken;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const ProcessResult result = run(predict({"--list", "list.txt", "--shard", shard}));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    const Words paths = paths_of(result.out);
    EXPECT_GE(paths.size(), 2U) << "of " << kPhotos << " photos in shard " << shard;
    taken.insert(paths.begin(), paths.end());
    // Another order of the list, another way to name the photos: the same part.
    const Words again =
        paths_of(run(predict(Words{"--shard", shard} + Words(paths_.rbegin(), paths_.rend()))).out);
    EXPECT_EQ(Words(again.rbegin(), again.rend()), paths);
  }
  EXPECT_EQ(taken, (std::multiset<std::string>(paths_.begin(), paths_.end())));
}

TEST_F(Archive, ShardWithoutPhotosIsNoError) {
  for (int i = 1; i <= 9; ++i) {
    const ProcessResult result =
        run(predict({"1.png", "--shard", std::to_string(i) + "/9", "-o", "out.jsonl"}));
    EXPECT_EQ(result.exit_code, 0) << result.error;
  }
  EXPECT_EQ(paths_of(output()), (Words{"1.png"}));
}

TEST_F(Archive, OutputGoesOnWhereItEnded) {
  const std::string whole = run(predict({"--list", "list.txt"})).out;
  const Words few = {"3.png", "1.png", "2.png"};
  EXPECT_EQ(run(predict(Words{"-o", "out.jsonl", few[0], few[1], few[2]})).out, "");
  EXPECT_EQ(paths_of(output()), few);
  const ProcessResult rest = run(predict({"-o", "out.jsonl", "--list", "list.txt"}));
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_TRUE(mentions(rest.error, {"3 of 24 photos", "done"}));
  const Words filled = paths_of(output());
  EXPECT_EQ(filled.size(), paths_.size());
  EXPECT_EQ(std::set<std::string>(filled.begin(), filled.end()),
            std::set<std::string>(paths_.begin(), paths_.end()));
  const std::string before = output();
  EXPECT_EQ(run(predict({"-o", "out.jsonl", "--list", "list.txt"})).exit_code, 0);
  EXPECT_EQ(output(), before);
  std::multiset<std::string> expected, lines;
  std::istringstream a(whole), b(before);
  for (std::string line; std::getline(a, line);) expected.insert(line);
  for (std::string line; std::getline(b, line);) lines.insert(line);
  EXPECT_EQ(lines, expected);
}

TEST_F(Archive, OutputCutAnywhereIsRepaired) {
  run(predict({"-o", "out.jsonl", "1.png", "2.png"}));
  const std::string whole = output();
  const std::size_t first = whole.find('\n') + 1;
  for (const std::size_t cut : {std::size_t{0}, std::size_t{4}, std::size_t{40}, first - 1, first,
                                first + 1, first + 30, whole.size() - 1}) {
    base::write_file(folder_ / "out.jsonl", std::string_view(whole).substr(0, cut));
    const ProcessResult result = run(predict({"-o", "out.jsonl", "1.png", "2.png"}));
    EXPECT_EQ(result.exit_code, 0) << cut << result.error;
    EXPECT_EQ(output(), whole) << cut;
  }
}

TEST_F(Archive, KilledRunGoesOn) {
  // A list long enough that the kill meets the run at work.
  std::string list;
  for (int i = 0; i < 50; ++i) list += list_;
  base::write_file(folder_ / "long.txt", list);
  {
    Process process(predict({"-o", "out.jsonl", "--list", "long.txt"}));
    std::error_code not_there;
    while (process.running() && (!fs::exists(folder_ / "out.jsonl") ||
                                 fs::file_size(folder_ / "out.jsonl", not_there) < 20'000)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    process.send(SIGKILL);
    EXPECT_EQ(process.wait().signal, SIGKILL);
  }
  const ProcessResult result = run(predict({"-o", "out.jsonl", "--list", "long.txt"}));
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(mentions(result.error, {" of 1200 photos", "done"}));
  const Words paths = paths_of(output());
  EXPECT_EQ(paths.size(), 1200U);  // a photo that the list names often is there as often
  for (std::size_t i = 0; i < paths.size(); ++i)
    ASSERT_EQ(paths[i], paths_[i % paths_.size()]) << i;
}

TEST_F(Archive, FailuresOfEarlierRunsCount) {
  write_bad_photos(folder_.path());
  const ProcessResult first = run(predict({"-o", "out.jsonl", "text.jpg", "1.png"}));
  EXPECT_EQ(first.exit_code, 1);
  const ProcessResult second = run(predict({"-o", "out.jsonl", "text.jpg", "1.png", "2.png"}));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_TRUE(mentions(second.error, {"2 of 3 photos", "done", "1 of 3 photos failed"}));
}

TEST_F(Archive, ACopyThatFailedIsAFailureOfTheNextRunToo) {
  fs::create_directories(folder_ / "copies" / "1.png" / "in the way");
  for (int time = 0; time < 2; ++time)
    EXPECT_EQ(run(predict({"-o", "out.jsonl", "--annotate", "copies", "1.png", "2.png"})).exit_code,
              1);
  EXPECT_EQ(paths_of(output()), (Words{"1.png", "2.png"}));
}

TEST_F(Archive, OddNamesAreFoundAgain) {
  const Words names = {"qu\"ote.png", "back\\slash.png",
                       "Stra\xDF"
                       "e.png",
                       "grün, \"faces\": [.png"};
  for (const std::string& name : names) fs::copy_file(folder_ / "1.png", folder_ / name);
  const Words arguments = Words{"-o", "out.jsonl"} + names;
  EXPECT_EQ(run(predict(arguments)).exit_code, 0);
  EXPECT_TRUE(mentions(run(predict(arguments)).error, {"4 of 4 photos"}));
}

TEST_F(Archive, ResultsThatOtherProgramsRewroteCount) {
  const Words names = {"gr\u00fcn.png", "\U0001F600.png", "a b.png"};
  for (const std::string& name : names) fs::copy_file(folder_ / "1.png", folder_ / name);
  const Words arguments = Words{"-o", "out.jsonl"} + names;
  ASSERT_EQ(run(predict(arguments)).exit_code, 0);
  const auto rewrite = [&](int indent, bool ascii) {  // jq -c, and json.dumps of Python
    std::istringstream lines(output());
    std::string text;
    for (std::string line; std::getline(lines, line);)
      text += Json::parse(line).dump(indent, ' ', ascii) + "\n";
    base::write_file(folder_ / "out.jsonl", text);
  };
  rewrite(-1, false);
  EXPECT_TRUE(mentions(run(predict(arguments)).error, {"3 of 3 photos"}));
  rewrite(-1, true);
  EXPECT_NE(output().find("\\ud83d"), std::string::npos);
  EXPECT_TRUE(mentions(run(predict(arguments)).error, {"3 of 3 photos"}));
  base::write_file(folder_ / "out.jsonl",
                   std::string_view(output()).substr(0, output().size() - 1));
  EXPECT_TRUE(mentions(run(predict(arguments)).error, {"3 of 3 photos"}));  // no last line feed
  EXPECT_EQ(paths_of(output()), names);
}

TEST_F(Archive, ForeignFilesAreLeftAlone) {
  for (const std::string text : {"It was a dark and stormy night.\n", "no line break",
                                 "{\"name\": 1}\n", "{\"path\": 3}\nhalf"}) {
    base::write_file(folder_ / "out.jsonl", text);
    const ProcessResult result = run(predict({"-o", "out.jsonl", "1.png"}));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.error.find("give another file"), std::string::npos) << result.error;
    EXPECT_EQ(output(), text);
  }
}

TEST_F(Archive, OneRunWritesAtATime) {
  std::string list;
  for (int i = 0; i < 4000; ++i) list += list_;
  base::write_file(folder_ / "long.txt", list);
  Process process(predict({"-o", "out.jsonl", "--list", "long.txt"}));
  std::error_code not_there;
  while (process.running() && (!fs::exists(folder_ / "out.jsonl") ||
                               fs::file_size(folder_ / "out.jsonl", not_there) == 0)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const ProcessResult second = run(predict({"-o", "out.jsonl", "1.png"}));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_TRUE(mentions(second.error, {"out.jsonl: ", "another run"}));
  process.send(SIGINT);
  const ProcessResult first = process.wait();
  EXPECT_EQ(first.exit_code, 130);
  EXPECT_NE(first.error.find("mien: stopped after "), std::string::npos) << first.error;
}

TEST_F(Archive, FullDiskEndsTheRun) {
  // A limit on the file's size stands for the disk.
  Command command = predict({"-o", "out.jsonl", "--list", "list.txt"});
  std::string words = "trap '' XFSZ; ulimit -f 1; exec";
  for (const std::string& word : Words{command.program} + command.arguments)
    words += " '" + word + "'";
  command.program = "/bin/bash";
  command.arguments = {"-c", words};
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {"out.jsonl: ", "File too large"}));
  EXPECT_EQ(run(predict({"-o", "out.jsonl", "--list", "list.txt"})).exit_code, 0);
  EXPECT_EQ(paths_of(output()), paths_);
}

TEST_F(Archive, OutputMustBeAFile) {
  const ProcessResult result = run(predict({"-o", "/dev/full", "1.png"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {"/dev/full: ", "regular file"}));
}

TEST_F(Archive, OptionsThatDoNotGoTogether) {
  const auto expect = [&](Command command, std::initializer_list<std::string_view> parts) {
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(mentions(result.error, parts));
  };
  expect(predict({"--annotate", "out", "--shard", "1/2", "1.png"}), {"--annotate", "--shard"});
  for (const std::string shard : {"3", "0/2", "3/2", "1/0", "a/2", "1/2x", "-1/2", "1/"})
    expect(predict({"--shard", shard, "1.png"}), {"--shard", "'" + shard + "'"});
}

TEST_F(Archive, TheOutputsExtensionSelectsTheFormat) {
  const auto predict = [&](const std::string& name) {
    Command command = mien_command({"predict", "--crop", "1.png", "-o", name});
    command.folder = folder_.path();
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.out, "");
    return base::read_text(folder_ / name);
  };
  EXPECT_TRUE(predict("a.csv").starts_with("path,face,"));
  EXPECT_EQ(Json::parse(predict("a.json")).size(), 1U);
  EXPECT_EQ(paths_of(predict("a.jsonl")), Words{"1.png"});
  EXPECT_TRUE(predict("a.txt").starts_with("1.png  "));
}

}  // namespace
}  // namespace mien::test
