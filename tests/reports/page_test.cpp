#include "reports/page.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/file.hpp"
#include "error_code.hpp"
#include "mentions.hpp"
#include "plots/history.hpp"
#include "support.hpp"

namespace mien::reports {
namespace {

TEST(Page, TextStaysText) {
  const std::string page =
      make_page("<script>&\"", "sub", section("x\"", "a < b", figure("<svg></svg>", "")));
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("<title>&lt;script&gt;&amp;&quot;</title>"), std::string::npos);
  EXPECT_NE(page.find("<h2>a &lt; b</h2>"), std::string::npos);
  EXPECT_NE(page.find("id=\"x&quot;\""), std::string::npos);
  EXPECT_EQ(page.find("<figcaption>"), std::string::npos);
}

TEST(Page, ImagesAreInIt) {
  const std::array<std::uint8_t, 4> pixels = {0, 80, 160, 255};
  const std::string image = inline_image({pixels.data(), 2, 2, 2, PixelFormat::kGray8}, "a face");
  EXPECT_EQ(image.find("<img alt=\"a face\" src=\"data:image/png;base64,iVBORw0KGgo"), 0U) << image;
}

TEST(History, ReadsColumnsByTheirNames) {
  const test::TemporaryDir folder;
  base::write_file(folder / "history.csv",
                   std::string_view("epoch,valid_loss,new\r\n1,0.5,7\r\n2,0.25,8\r\n"));
  const plots::RunHistory history = plots::read_history(folder / "history.csv");
  EXPECT_EQ(history.name, folder.path().filename());
  EXPECT_EQ(*history.find("valid_loss"), (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(*history.find("epoch"), (std::vector<double>{1, 2}));
  EXPECT_EQ(history.find("train_loss"), nullptr);
}

TEST(History, MistakesNameFileAndLine) {
  const test::TemporaryDir folder;
  const auto expect = [&](std::string_view text, const std::string& place,
                          const std::string& word) {
    base::write_file(folder / "h.csv", text);
    try {
      plots::read_history(folder / "h.csv");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadFormat);
      EXPECT_TRUE(test::mentions(error.what(), {(folder / "h.csv").string() + place, word}));
    }
  };
  expect("", "", "epochs");
  expect("epoch\n", "", "epochs");
  expect("a,b\n1,2\n", ":1", "'epoch'");
  expect("epoch,a\n1\n", ":2", "2");
  expect("epoch,a\n1,2\n2,x\n", ":3", "'x'");
  EXPECT_EQ(test::code_of([&] { plots::read_history(folder / "none.csv"); }), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mien::reports
