#include "tracking/emotion_log.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mien::tracking {
namespace {

constexpr std::array<float, 2> kFirst{0.75f, 0.25f}, kSecond{0, 1};

EmotionLog::Entry shows(int number, std::size_t label) {
  return {number, label, label == 0 ? kFirst : kSecond};
}

double sum(const PersonLog& person, std::size_t value) {
  double total = 0;
  for (std::size_t i = value; i < person.bins.size(); i += 3) total += person.bins[i];
  return total;
}

TEST(EmotionLog, AFrameCountsUntilTheNext) {
  EmotionLog log(2);
  log.add(0, std::array{shows(1, 0)});
  log.add(0.5, std::array{shows(1, 1), shows(2, 1)});  // frames of different lengths
  log.add(2, {});
  log.add(3, std::array{shows(1, 1)});
  log.finish(3.25);
  const std::vector<PersonLog> persons = log.persons();
  ASSERT_EQ(persons.size(), 2U);
  EXPECT_EQ(persons[0].label_seconds, (std::vector<double>{0.5, 1.75}));
  EXPECT_EQ(persons[0].seconds, 2.25);
  EXPECT_EQ(persons[0].last_seen, 3.25);
  EXPECT_EQ(persons[1].label_seconds, (std::vector<double>{0, 1.5}));
  EXPECT_EQ(persons[1].first_seen, 0.5);
  EXPECT_EQ(persons[1].last_seen, 2);
}

TEST(EmotionLog, BinsContainTheTimeline) {
  EmotionLog log(2);
  log.add(1.05, std::array{shows(1, 0)});
  log.finish(1.25);
  const PersonLog person = log.persons().at(0);
  ASSERT_EQ(log.bin_seconds(), 0.1);
  EXPECT_EQ(person.first_bin, 10U);
  ASSERT_EQ(person.bins.size(), 3U * 3);
  EXPECT_NEAR(person.bins[0], 0.05, 1e-6);
  EXPECT_NEAR(person.bins[3], 0.1, 1e-6);
  EXPECT_NEAR(person.bins[4], 0.075, 1e-6);
  EXPECT_NEAR(person.bins[6], 0.05, 1e-6);
}

TEST(EmotionLog, ALongVideoTakesNoMoreMemory) {
  EmotionLog log(2);
  for (int i = 0; i <= 36000; ++i)
    log.add(0.1 * i, std::array{shows(1, i % 2 == 0 ? 0 : 1)});  // an hour
  const PersonLog person = log.persons().at(0);
  EXPECT_LE(person.bins.size(), 2048U * 3);
  EXPECT_NEAR(person.seconds, 3600, 1e-6);
  EXPECT_NEAR(sum(person, 0), 3600, 0.1);
  EXPECT_NEAR(sum(person, 1), 0.75 * 1800, 0.1);
  EXPECT_NEAR(sum(person, 2), 0.25 * 1800 + 1800, 0.1);
}

TEST(EmotionLog, LatePeopleKeepTheirTimeWhenBinsWiden) {
  EmotionLog log(2);
  log.add(150.3, std::array{shows(1, 0)});
  log.add(150.5, {});
  log.finish(5000);  // several times as long as the first bins reach
  const PersonLog person = log.persons().at(0);
  EXPECT_EQ(person.first_bin, static_cast<std::size_t>(150.3 / log.bin_seconds()));
  EXPECT_NEAR(sum(person, 0), 0.2, 1e-6);
}

TEST(EmotionLog, TimeNeverDecreases) {
  EmotionLog log(2);
  log.add(1, std::array{shows(1, 0)});
  log.add(0.5, std::array{shows(1, 0)});
  log.finish(2);
  EXPECT_EQ(log.persons().at(0).seconds, 1);
}

}  // namespace
}  // namespace mien::tracking
