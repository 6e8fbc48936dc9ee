#include <gtest/gtest.h>

#include <functional>

#include "base/options.hpp"
#include "mien/error.hpp"

namespace mien::base {
namespace {

struct Settings {
  int epochs = 30;
  double rate = 0.1;
  std::uint64_t seed = 1;
  std::string out;
  std::string device = "cpu";
  bool flip = true;

  OptionSet options() {
    OptionSet set;
    set.add(epochs, "epochs", "N", "passes", {1, 1000});
    set.add(rate, "learning-rate", "RATE", "step", {0, 1});
    set.add(seed, "seed", "N", "seed");
    set.add(out, "out", "DIR", "folder");
    set.short_name('o');
    set.add_choice(device, "device", {"cpu", "cuda"}, "where");
    set.add(flip, "flip", "mirror");
    return set;
  }
  std::vector<std::string> parse(std::vector<std::string> arguments) {
    return options().parse(arguments);
  }
  void toml(std::string_view text) { options().parse_toml(text, "recipe.toml", "train"); }
};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Options, ReadsEverySpelling) {
  Settings s;
  const auto rest = s.parse({"a.jpg", "--epochs", "5", "--learning-rate=0.5", "--no-flip", "-o",
                             "x", "--device", "cuda", "-", "--", "--seed"});
  EXPECT_EQ(s.epochs, 5);
  EXPECT_EQ(s.rate, 0.5);
  EXPECT_EQ(s.out, "x");
  EXPECT_EQ(s.device, "cuda");
  EXPECT_FALSE(s.flip);
  EXPECT_EQ(s.seed, 1U);  // after "--" it was no option
  EXPECT_EQ(rest, (std::vector<std::string>{"a.jpg", "-", "--seed"}));
}

TEST(Options, NamesWhatIsWrong) {
  Settings s;
  EXPECT_EQ(message_of([&] { s.parse({"--epoch", "3"}); }),
            "unknown option '--epoch', did you mean '--epochs'?");
  EXPECT_EQ(message_of([&] { s.parse({"--frobnicate"}); }), "unknown option '--frobnicate'");
  EXPECT_EQ(message_of([&] { s.parse({"--epochs"}); }), "--epochs needs a value: N");
  EXPECT_EQ(message_of([&] { s.parse({"--epochs", "ten"}); }),
            "--epochs: 'ten' is not a whole number");
  EXPECT_EQ(message_of([&] { s.parse({"--epochs", "0"}); }), "--epochs: '0' must lie in 1 to 1000");
  EXPECT_EQ(message_of([&] { s.parse({"--learning-rate", "nan"}); }),
            "--learning-rate: 'nan' is not a finite number");
  EXPECT_EQ(message_of([&] { s.parse({"--device", "tpu"}); }),
            "--device: 'tpu' is none of cpu, cuda");
  EXPECT_EQ(message_of([&] { s.parse({"--seed", "-1"}); }),
            "--seed: '-1' is not a whole number of 0 or more");
  EXPECT_EQ(message_of([&] { s.parse({"-x"}); }), "unknown option '-x'");
}

TEST(Options, HelpShowsTheDefaultsWhateverWasParsed) {
  Settings s;
  const std::string before = s.options().help();
  OptionSet options = s.options();
  options.parse(std::vector<std::string>{"--epochs", "7", "--no-flip"});
  EXPECT_EQ(options.help(), before);
  EXPECT_EQ(before.find("[7]"), std::string::npos);
}

TEST(Options, ReadsToml) {
  Settings s;
  s.toml(
      "# a recipe\n[train]\nepochs = 12 # few\nlearning-rate = 2_0e-2\nout = \"a "
      "\\\"b\\\"\"\ndevice = 'cuda'\r\nflip = false\n");
  EXPECT_EQ(s.epochs, 12);
  EXPECT_DOUBLE_EQ(s.rate, 0.2);
  EXPECT_EQ(s.out, "a \"b\"");
  EXPECT_EQ(s.device, "cuda");
  EXPECT_FALSE(s.flip);
}

TEST(Options, TomlErrorsNameFileAndLine) {
  Settings s;
  EXPECT_EQ(message_of([&] { s.toml("epochs = 3\nepoch = 4\n"); }),
            "recipe.toml:2: unknown option 'epoch', did you mean 'epochs'?");
  EXPECT_EQ(message_of([&] { s.toml("[tune]\n"); }), "recipe.toml:1: unknown table [tune]");
  EXPECT_EQ(message_of([&] { s.toml("epochs\n"); }), "recipe.toml:1: expected 'name = value'");
  EXPECT_EQ(message_of([&] { s.toml("device = cpu\n"); }),
            "recipe.toml:1: a text needs quotes: \"cpu\"");
  EXPECT_EQ(message_of([&] { s.toml("out = \"x\n"); }),
            "recipe.toml:1: the string does not end on its line");
  EXPECT_EQ(message_of([&] { s.toml("epochs = [1]\n"); }),
            "recipe.toml:1: arrays and tables are not settings: '[1]'");
}

TEST(Options, TomlRoundTrip) {
  Settings a;
  a.parse({"--epochs", "7", "--learning-rate", "0.025", "--out", "a\"b\\c\x1f", "--no-flip"});
  Settings b;
  b.toml(a.options().to_toml());
  EXPECT_EQ(b.epochs, 7);
  EXPECT_EQ(b.rate, 0.025);
  EXPECT_EQ(b.out, "a\"b\\c\x1f");
  EXPECT_FALSE(b.flip);
}

TEST(Nearest, FindsTypingErrorsOnly) {
  const std::vector<std::string> words{"predict", "evaluate", "data"};
  EXPECT_EQ(nearest("predcit", words), "predict");
  EXPECT_EQ(nearest("date", words), "data");
  EXPECT_EQ(nearest("zzzzzz", words), "");
}

}  // namespace
}  // namespace mien::base
