#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "metrics/report.hpp"

namespace mien::metrics {
namespace {

unsigned long long number(std::uint64_t value) { return value; }

std::string line(const char* name, const Score& score) {
  return base::format("%-12s %.4f  (%.4f to %.4f)\n", name, score.value, score.low, score.high);
}

std::string cell(const Score& score) {
  return base::format("  %.3f (%.3f-%.3f)", score.value, score.low, score.high);
}

/// The name, cut or padded to `width` columns (names are ASCII).
std::string column(const std::string& name, int width) {
  return base::format("%-*.*s", width, width, name.c_str());
}

std::string confusion_text(const ClassificationReport& report) {
  constexpr int kCell = 9;
  const int classes = report.confusion.classes();
  std::string out = column("truth", 10);
  for (const ClassScores& entry : report.per_class)
    out += base::format(" %*.*s", kCell, kCell, entry.name.c_str());
  out += '\n';
  for (int truth = 0; truth < classes; ++truth) {
    std::string shares = column(report.per_class[static_cast<std::size_t>(truth)].name, 10);
    std::string counts = column("", 10);
    const double support =
        static_cast<double>(std::max<std::uint64_t>(report.confusion.support(truth), 1));
    for (int guess = 0; guess < classes; ++guess) {
      const std::uint64_t count = report.confusion.count(truth, guess);
      shares += base::format(" %*.1f%%", kCell - 1, 100 * static_cast<double>(count) / support);
      counts += base::format(" %*llu", kCell, number(count));
    }
    out += shares + '\n' + counts + '\n';
  }
  return out;
}

}  // namespace

base::Json to_json(const Score& score) {
  return {{"value", base::rounded(score.value, 6)},
          {"low", base::rounded(score.low, 6)},
          {"high", base::rounded(score.high, 6)}};
}

base::Json to_json(const ClassificationReport& report) {
  base::Json labels = base::Json::array(), per_class = labels, confusion = labels;
  for (int c = 0; c < report.confusion.classes(); ++c) {
    const ClassScores& entry = report.per_class[static_cast<std::size_t>(c)];
    labels.push_back(entry.name);
    per_class.push_back({{"label", entry.name},
                         {"support", entry.support},
                         {"precision", to_json(entry.precision)},
                         {"recall", to_json(entry.recall)},
                         {"f1", to_json(entry.f1)}});
    base::Json row = base::Json::array();
    for (int guess = 0; guess < report.confusion.classes(); ++guess)
      row.push_back(report.confusion.count(c, guess));
    confusion.push_back(std::move(row));
  }
  return {{"count", report.count},
          {"labels", std::move(labels)},
          {"accuracy", to_json(report.accuracy)},
          {"macro_f1", to_json(report.macro_f1)},
          {"weighted_f1", to_json(report.weighted_f1)},
          {"log_loss", to_json(report.log_loss)},
          {"ece", to_json(report.ece)},
          {"per_class", std::move(per_class)},
          {"confusion", std::move(confusion)}};
}

std::string to_text(const ClassificationReport& report) {
  std::string out = base::format("samples      %llu\n", number(report.count));
  out += line("accuracy", report.accuracy) + line("macro F1", report.macro_f1) +
         line("weighted F1", report.weighted_f1) + line("log loss", report.log_loss) +
         line("ECE", report.ece);
  out += "\nclass       support  precision            recall               F1\n";
  for (const ClassScores& entry : report.per_class) {
    out += column(entry.name, 10) + base::format(" %8llu", number(entry.support)) +
           cell(entry.precision) + cell(entry.recall) + cell(entry.f1) + '\n';
  }
  return out +
         "\nconfusion matrix: rows truth, columns prediction; percent of the row, and counts\n" +
         confusion_text(report);
}

}  // namespace mien::metrics
