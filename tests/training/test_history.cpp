#include "training/history.hpp"

#include <gtest/gtest.h>

#include "mien/error.hpp"
#include "plots/history.hpp"

namespace mien::training {
namespace {

History two_epochs() {
  return {{.epoch = 1,
           .learning_rate = 0.01,
           .train_loss = 1.9,
           .train_accuracy = 0.25,
           .train_macro_f1 = 0.2,
           .valid_loss = 1.8,
           .valid_accuracy = 0.3,
           .valid_macro_f1 = 0.25,
           .seconds = 12.5,
           .images_per_second = 700},
          {.epoch = 2,
           .learning_rate = 0.02,
           .train_loss = 1.5,
           .train_accuracy = 0.45,
           .train_macro_f1 = 0.4,
           .valid_loss = 1.4,
           .valid_accuracy = 0.5,
           .valid_macro_f1 = 0.45,
           .seconds = 12.25,
           .images_per_second = 710.5}};
}

TEST(History, CsvRoundTrip) {
  const History read = history_from_csv(history_to_csv(two_epochs()));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[1].epoch, 2);
  EXPECT_DOUBLE_EQ(read[1].valid_macro_f1, 0.45);
  EXPECT_DOUBLE_EQ(read[1].images_per_second, 710.5);
  EXPECT_EQ(history_to_csv(read), history_to_csv(two_epochs()));
}

TEST(History, CsvFromBeforeTheFerPlusHeadIsRead) {
  const History read = history_from_csv(
      "epoch,learning_rate,train_loss,train_accuracy,train_macro_f1,valid_loss,valid_accuracy,"
      "valid_macro_f1,seconds,images_per_second\n"
      "1,0.0125,1.79961,0.31,0.25,1.63,0.37,0.28,63.16,449.9\n");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_DOUBLE_EQ(read[0].valid_macro_f1, 0.28);
  EXPECT_DOUBLE_EQ(read[0].valid_ferplus_accuracy, 0);
  EXPECT_DOUBLE_EQ(read[0].seconds, 63.16);
  EXPECT_DOUBLE_EQ(read[0].images_per_second, 449.9);
}

TEST(History, DamagedCsvNamesTheLine) {
  try {
    history_from_csv(history_to_csv(two_epochs()) + "3,0.1\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(":4"), std::string::npos) << error.what();
  }
}

TEST(History, CurvesHaveALineForEachScore) {
  const plots::Figure figure =
      plots::training_figure(plots::parse_history(history_to_csv(two_epochs()), "history"));
  ASSERT_EQ(figure.panels.size(), 3U);
  for (const plots::Panel& panel : figure.panels) EXPECT_EQ(panel.series.size(), 2U) << panel.title;
}

}  // namespace
}  // namespace mien::training
