#include <gtest/gtest.h>

#include <functional>

#include "base/options.hpp"
#include "mentions.hpp"
#include "mien/error.hpp"

namespace mien::base {
namespace {

using test::mentions;

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
    set.alias("rounds");
    set.add(rate, "learning-rate", "RATE", "step", {0, 1});
    set.alias("lr");
    set.add(seed, "seed", "N", "seed");
    set.add(out, "out", "DIR", "folder");
    set.short_name('o');
    set.add_choice(device, "device", {"cpu", "cuda"}, "where");
    set.add(flip, "flip", "flip horizontally");
    set.alias("mirror");
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
  EXPECT_EQ(s.seed, 1U);  // positional after "--"
  EXPECT_EQ(rest, (std::vector<std::string>{"a.jpg", "-", "--seed"}));
}

TEST(Options, ErrorsNameTheOptionAndTheAllowedValues) {
  Settings s;
  const auto error = [&](std::vector<std::string> arguments) {
    return message_of([&] { s.parse(arguments); });
  };
  EXPECT_TRUE(mentions(error({"--epoch", "3"}), {"unknown", "--epoch'", "--epochs"}));
  EXPECT_TRUE(mentions(error({"--frobnicate"}), {"unknown", "--frobnicate"}));
  EXPECT_TRUE(mentions(error({"--epochs"}), {"--epochs", "needs a value", "N"}));
  EXPECT_TRUE(mentions(error({"--epochs", "ten"}), {"--epochs", "integer", "ten"}));
  EXPECT_TRUE(mentions(error({"--epochs", "0"}), {"--epochs", "between 1 and 1000"}));
  EXPECT_TRUE(mentions(error({"--learning-rate", "nan"}), {"--learning-rate", "finite"}));
  EXPECT_TRUE(mentions(error({"--device", "tpu"}),
                       {"--device", "unknown device 'tpu'; choose cpu or cuda"}));
  EXPECT_TRUE(mentions(error({"--seed", "-1"}), {"--seed", "integer", "-1"}));
  EXPECT_TRUE(mentions(error({"-x"}), {"unknown", "-x"}));
  EXPECT_TRUE(mentions(error({"--no-epochs"}), {"unknown", "--no-epochs"}));
}

TEST(Options, ADeprecatedNameWorksAndWarns) {
  Settings s;
  OptionSet set = s.options();
  std::vector<std::string> warnings;
  set.on_warning([&](const std::string& message) { warnings.push_back(message); });
  set.parse(std::vector<std::string>{"--rounds=5", "--no-mirror"});
  set.parse_toml("# old\nlr = 0.5\nepochs = 6\n", "old.toml", "");
  EXPECT_EQ(s.epochs, 6);
  EXPECT_FALSE(s.flip);
  EXPECT_EQ(s.rate, 0.5);
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_EQ(warnings[0], "--rounds is deprecated; use --epochs");
  EXPECT_EQ(warnings[1], "--no-mirror is deprecated; use --no-flip");
  EXPECT_EQ(warnings[2], "old.toml:2: lr is deprecated; use learning-rate");
  for (const char* old_name : {"rounds", "mirror", "lr"}) {
    EXPECT_EQ(set.help().find(old_name), std::string::npos);
    EXPECT_EQ(set.to_toml().find(old_name), std::string::npos);
  }
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

TEST(Options, TomlStringsAreUnicode) {
  Settings s;
  s.toml("\xEF\xBB\xBFout = \"caf\\u00e9 \\u4e2d \\U0001F600\\t\"\n");
  EXPECT_EQ(s.out, "caf\u00e9 \u4e2d \U0001F600\t");
  for (const char* escape : {"\\ud800", "\\u00", "\\u00zz", "\\U00110000", "\\q"})
    EXPECT_TRUE(mentions(message_of([&] { s.toml("out = \"" + std::string(escape) + "\"\n"); }),
                         {"recipe.toml:1", "escape"}));
}

TEST(Options, TomlErrorsNameFileAndLine) {
  Settings s;
  const auto error = [&](std::string_view text) { return message_of([&] { s.toml(text); }); };
  EXPECT_TRUE(mentions(error("epochs = 3\nepoch = 4\n"), {"recipe.toml:2", "'epoch'", "'epochs'"}));
  EXPECT_TRUE(mentions(error("[tune]\n"), {"recipe.toml:1", "unknown", "[tune]"}));
  EXPECT_TRUE(mentions(error("epochs\n"), {"recipe.toml:1", "name = value"}));
  EXPECT_TRUE(mentions(error("device = cpu\n"), {"recipe.toml:1", "quotes"}));
  EXPECT_TRUE(mentions(error("out = \"x\n"), {"recipe.toml:1", "quote"}));
  EXPECT_TRUE(mentions(error("epochs = [1]\n"), {"recipe.toml:1", "arrays"}));
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
