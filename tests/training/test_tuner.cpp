#include "training/tuner.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "error_code.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr const char* kSpace =
    "[space]\nlearning-rate = \"0.001 to 0.1, log\"\nfilters1 = \"8 to 11, whole\"\noptimizer = "
    "\"sgd | adamw\"\n";

SearchSpace space() { return parse_search_space(kSpace, "space.toml"); }

const Dimension& dimension(const SearchSpace& space, const std::string& name) {
  return *std::find_if(space.dimensions.begin(), space.dimensions.end(),
                       [&](const Dimension& d) { return d.name == name; });
}

/// Best at learning-rate 0.01 (the middle of its logarithms), filters1 10, adamw.
double score_of(const SearchSpace& space, const Point& point) {
  double score = 1;
  for (std::size_t d = 0; d < point.size(); ++d) {
    const double best = space.dimensions[d].name == "optimizer"  ? 0.75
                        : space.dimensions[d].name == "filters1" ? 0.625
                                                                 : 0.5;
    score -= (point[d] - best) * (point[d] - best);
  }
  return score;
}

TEST(SearchSpace, PositionsBecomeValues) {
  const SearchSpace s = space();
  ASSERT_EQ(s.dimensions.size(), 3U);
  const Dimension& rate = dimension(s, "learning-rate");
  EXPECT_EQ(rate.value_at(0), "0.001");
  EXPECT_EQ(rate.value_at(0.5), "0.01");
  EXPECT_EQ(rate.value_at(1), "0.1");
  const Dimension& filters = dimension(s, "filters1");  // 8, 9, 10, 11 have a quarter each
  EXPECT_EQ(filters.value_at(0), "8");
  EXPECT_EQ(filters.value_at(0.24), "8");
  EXPECT_EQ(filters.value_at(0.26), "9");
  EXPECT_EQ(filters.value_at(1), "11");
  const Dimension& optimizer = dimension(s, "optimizer");
  EXPECT_EQ(optimizer.value_at(0.49), "\"sgd\"");
  EXPECT_EQ(optimizer.value_at(0.51), "\"adamw\"");
}

TEST(SearchSpace, MistakesAreNamed) {
  const auto message = [](const std::string& line) -> std::string {
    try {
      parse_search_space("[space]\n" + line + "\n", "space.toml");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message("learning-rat = \"0 to 1\"").find("learning-rat"), std::string::npos);
  EXPECT_NE(message("dropout = \"0 - 1\"").find("space.toml: dropout"), std::string::npos);
  EXPECT_NE(message("dropout = \"0 to 2\"").find("dropout"),
            std::string::npos);  // the trainer takes at most 0.95
  EXPECT_NE(message("dropout = \"0.5 to 0.1\"").find("lower end"), std::string::npos);
  EXPECT_NE(message("dropout = \"0 to 0.5, log\"").find("positive"), std::string::npos);
  EXPECT_NE(message("optimizer = \"sgd | adam\"").find("adam"), std::string::npos);
  EXPECT_NE(message("dropout = \"0 to 0.5, squared\"").find("squared"), std::string::npos);
  EXPECT_NE(message("").find("no settings"), std::string::npos);
}

TEST(Hyperband, BracketsAreThoseOfThePaper) {
  // Li et al. 2018 with R = 9, eta = 3: s = 2: 9 points for 1, 3 for 3, 1 for 9; s = 1: ceil(3/2 *
  // 3) = 5 for 3, 1 for 9; s = 0: 3 for 9.
  const auto brackets = hyperband_brackets(9);
  const std::vector<std::vector<std::pair<int, int>>> expected = {
      {{9, 1}, {3, 3}, {1, 9}}, {{5, 3}, {1, 9}}, {{3, 9}}};
  ASSERT_EQ(brackets.size(), expected.size());
  for (std::size_t b = 0; b < expected.size(); ++b) {
    ASSERT_EQ(brackets[b].size(), expected[b].size());
    for (std::size_t r = 0; r < expected[b].size(); ++r) {
      EXPECT_EQ(std::pair(brackets[b][r].points, brackets[b][r].epochs), expected[b][r])
          << b << ", " << r;
    }
  }
  EXPECT_EQ(count_requests({.method = Method::kHyperband, .trials = 1, .epochs = 9}), 22);
}

class Tune : public testing::TestWithParam<Method> {
 protected:
  std::vector<Trial> search(std::vector<Trial> done, int* asked, int stop_after = 1000) {
    return tune(space_, options(), std::move(done), [&](const Request& request) {
      if (++*asked > stop_after) throw Error(ErrorCode::kInterrupted, "stopped");
      log_ += trial_to_json(
          {request.number, request.epochs, score_of(space_, request.point) - 1.0 / request.epochs,
           1.5, request.point},
          space_);
      return trials_from_jsonl(log_, space_, "log").back();
    });
  }
  TuneOptions options() const {
    return {GetParam(), GetParam() == Method::kHyperband ? 2 : 30, 9, 5};
  }

  SearchSpace space_ = space();
  std::string log_;
};

TEST_P(Tune, GoesOnWhereItWasCutOff) {
  int asked = 0;
  const std::vector<Trial> whole = search({}, &asked);
  EXPECT_EQ(asked, count_requests(options()));
  log_.clear();
  asked = 0;
  EXPECT_THROW(search({}, &asked, 11), Error);
  log_ += "{\"trial\": 12, \"epo";  // the line that was being written
  const std::vector<Trial> done = trials_from_jsonl(log_, space_, "log");
  EXPECT_EQ(done.size(), 11U);
  log_.erase(log_.rfind('{'));
  int rest = 0;
  const std::vector<Trial> resumed = search(done, &rest);
  EXPECT_EQ(rest, count_requests(options()) - 11);
  ASSERT_EQ(resumed.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(resumed[i].number, whole[i].number);
    EXPECT_EQ(resumed[i].point, whole[i].point);
    EXPECT_EQ(resumed[i].score, whole[i].score);
  }
}

TEST_P(Tune, FindsAGoodPoint) {
  int asked = 0;
  const std::vector<Trial> trials = search({}, &asked);
  const Trial& best = best_trial(trials);
  EXPECT_EQ(best.epochs, 9);
  for (const Trial& trial : trials) {
    if (trial.epochs == 9) {
      EXPECT_LE(trial.score, best.score);
    }
  }
  EXPECT_GT(best.score, 0.8);  // of at most 1 - 1/9
  const plots::Figure figure = trials_figure(trials, space_);
  std::string svg;
  for (const auto& [place, name] : figure.panels[0].x.ticks) svg += name + " ";
  for (const char* name : {"learning-rate", "filters1", "optimizer", "score"})
    EXPECT_NE(svg.find(name), std::string::npos) << name;
}

INSTANTIATE_TEST_SUITE_P(All, Tune,
                         testing::Values(Method::kRandom, Method::kHyperband, Method::kTpe),
                         [](const auto& info) {
                           return info.param == Method::kRandom ? "random"
                                  : info.param == Method::kTpe  ? "tpe"
                                                                : "hyperband";
                         });

TEST(Tpe, IsBetterThanChanceOnTheMean) {
  const SearchSpace s = space();
  double random = 0, tpe = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const Method method : {Method::kRandom, Method::kTpe}) {
      double sum = 0;  // of the later half: where the estimator has learnt
      int number = 0;
      tune(s, {method, 40, 1, seed}, {}, [&](const Request& request) {
        const double score = score_of(s, request.point);
        if (++number > 20) sum += score / 20;
        return Trial{request.number, request.epochs, score, 0, request.point};
      });
      (method == Method::kTpe ? tpe : random) += sum / 20;
    }
  }
  EXPECT_GT(tpe, random + 0.05);
}

TEST(Trials, OfAnotherSpaceAreRefused) {
  const Trial trial{1, 3, 0.5, 2, {0.1, 0.2}};
  SearchSpace two;
  two.dimensions = {{.name = "a"}, {.name = "b"}};
  EXPECT_THROW(trials_from_jsonl(trial_to_json(trial, two), space(), "log"), Error);
  SearchSpace wider = two;  // the same place in another range is another value
  wider.dimensions[1].high = 2;
  EXPECT_THROW(trials_from_jsonl(trial_to_json(trial, two), wider, "log"), Error);
  EXPECT_EQ(trials_from_jsonl(trial_to_json(trial, two), two, "log").size(), 1U);
}

}  // namespace
}  // namespace mien::training
