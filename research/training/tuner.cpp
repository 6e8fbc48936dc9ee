#include "training/tuner.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mien::training {
namespace {

constexpr int kEta = 3;

std::mt19937_64 generator(const TuneOptions& options, int number) {
  std::seed_seq seeds{static_cast<std::uint64_t>(options.seed), static_cast<std::uint64_t>(number)};
  return std::mt19937_64(seeds);
}

/// Parzen estimator of one dimension: normal densities around the points, plus a uniform one over
/// [0, 1].
class Parzen {
 public:
  Parzen(const std::vector<const Trial*>& trials, std::size_t dimension) {
    for (const Trial* trial : trials) centers_.push_back(trial->point[dimension]);
    width_ = std::max(0.05, 0.5 / std::sqrt(static_cast<double>(centers_.size()) + 1));
  }
  double sample(std::mt19937_64& random) const {
    const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
    const auto pick =
        static_cast<std::size_t>(uniform() * static_cast<double>(centers_.size() + 1));
    if (pick == centers_.size()) return uniform();
    const double normal = std::sqrt(-2 * std::log(uniform())) *
                          std::cos(2 * std::numbers::pi * uniform());  // Box and Muller 1958
    return std::clamp(centers_[pick] + width_ * normal, 0.0, 1.0);
  }
  double density(double x) const {
    double sum = 1;  // the uniform one
    for (const double center : centers_) {
      const double z = (x - center) / width_;
      sum += std::exp(-z * z / 2) / (width_ * std::sqrt(2 * std::numbers::pi));
    }
    return sum / static_cast<double>(centers_.size() + 1);
  }

 private:
  std::vector<double> centers_;
  double width_;
};

/// The next point of the tree-structured Parzen estimator: of 24 candidates from the best quarter,
/// the one with the largest density ratio to the rest.
Point tpe_point(const SearchSpace& space, std::vector<Trial> seen, std::mt19937_64& random) {
  constexpr std::size_t kStart = 8;
  constexpr int kCandidates = 24;
  if (seen.size() < kStart) return space.sample(random);
  std::stable_sort(seen.begin(), seen.end(),
                   [](const Trial& a, const Trial& b) { return a.score > b.score; });
  std::vector<const Trial*> good, rest;
  for (std::size_t i = 0; i < seen.size(); ++i)
    (i < (seen.size() + 3) / 4 ? good : rest).push_back(&seen[i]);
  Point point;
  for (std::size_t d = 0; d < space.dimensions.size(); ++d) {
    const Parzen likely(good, d), unlikely(rest, d);
    double best = 0, best_ratio = -1;
    for (int i = 0; i < kCandidates; ++i) {
      const double x = likely.sample(random), ratio = likely.density(x) / unlikely.density(x);
      if (ratio > best_ratio) best = x, best_ratio = ratio;
    }
    point.push_back(best);
  }
  return point;
}

class Search {
 public:
  Search(const SearchSpace& space, const TuneOptions& options, std::vector<Trial> done,
         const std::function<Trial(const Request&)>& evaluate)
      : space_(space), options_(options), done_(std::move(done)), evaluate_(evaluate) {}

  std::vector<Trial> run() {
    if (options_.method == Method::kHyperband)
      hyperband();
    else
      one_by_one();
    return std::move(trials_);
  }

 private:
  const Trial& get(const Request& request) {
    const auto known = std::find_if(done_.begin(), done_.end(), [&](const Trial& trial) {
      return trial.number == request.number && trial.epochs == request.epochs &&
             trial.point == request.point;
    });
    trials_.push_back(known != done_.end() ? *known : evaluate_(request));
    return trials_.back();
  }

  void one_by_one() {
    for (int number = 1; number <= options_.trials; ++number) {
      std::mt19937_64 random = generator(options_, number);
      get({number, options_.epochs,
           options_.method == Method::kTpe ? tpe_point(space_, trials_, random)
                                           : space_.sample(random)});
    }
  }

  void hyperband() {
    int number = 0;
    for (int round = 0; round < options_.trials; ++round) {
      for (const std::vector<Rung>& bracket : hyperband_brackets(options_.epochs)) {
        std::vector<Request> rung;
        for (int i = 0; i < bracket.front().points; ++i) {
          std::mt19937_64 random = generator(options_, ++number);
          rung.push_back({number, 0, space_.sample(random)});
        }
        for (const Rung& now : bracket) {
          std::vector<Trial> results;
          rung.resize(static_cast<std::size_t>(now.points));
          for (Request& request : rung) {
            request.epochs = now.epochs;
            results.push_back(get(request));
          }
          std::stable_sort(results.begin(), results.end(),
                           [](const Trial& a, const Trial& b) { return a.score > b.score; });
          for (std::size_t i = 0; i < rung.size(); ++i)
            rung[i] = {results[i].number, 0, results[i].point};
        }
      }
    }
  }

  const SearchSpace& space_;
  const TuneOptions& options_;
  std::vector<Trial> done_, trials_;
  const std::function<Trial(const Request&)>& evaluate_;
};

}  // namespace

std::vector<std::vector<Rung>> hyperband_brackets(int epochs) {
  int last = 0;
  for (int power = kEta; power <= epochs; power *= kEta) ++last;
  std::vector<std::vector<Rung>> brackets;
  for (int s = last; s >= 0; --s) {
    std::vector<Rung> rungs;
    const double start = std::ceil(static_cast<double>(last + 1) / (s + 1) * std::pow(kEta, s));
    for (int i = 0; i <= s; ++i) {
      rungs.push_back({std::max(1, static_cast<int>(start * std::pow(kEta, -i))),
                       std::max(1, static_cast<int>(std::lround(epochs * std::pow(kEta, i - s))))});
    }
    brackets.push_back(std::move(rungs));
  }
  return brackets;
}

int count_requests(const TuneOptions& options) {
  if (options.method != Method::kHyperband) return options.trials;
  int count = 0;
  for (const auto& bracket : hyperband_brackets(options.epochs)) {
    for (const Rung& rung : bracket) count += rung.points;
  }
  return count * options.trials;
}

std::vector<Trial> tune(const SearchSpace& space, const TuneOptions& options,
                        std::vector<Trial> done,
                        const std::function<Trial(const Request&)>& evaluate) {
  return Search(space, options, std::move(done), evaluate).run();
}

}  // namespace mien::training
