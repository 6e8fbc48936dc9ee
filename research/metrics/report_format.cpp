#include <algorithm>
#include <string>

#include "base/file.hpp"
#include "metrics/report.hpp"

namespace mien::metrics {
namespace {

std::string json(const Score& score) {
  return base::format("{\"value\": %.6g, \"low\": %.6g, \"high\": %.6g}", score.value, score.low,
                      score.high);
}

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

std::string to_json(const ClassificationReport& report) {
  std::string labels;
  std::string per_class;
  std::string confusion;
  for (int c = 0; c < report.confusion.classes(); ++c) {
    const ClassScores& entry = report.per_class[static_cast<std::size_t>(c)];
    const std::string comma = c == 0 ? "" : ",";
    labels += (c == 0 ? "" : ", ") + base::json_quote(entry.name);
    per_class += comma + "\n    {\"label\": " + base::json_quote(entry.name) +
                 base::format(", \"support\": %llu", number(entry.support)) +
                 ", \"precision\": " + json(entry.precision) +
                 ", \"recall\": " + json(entry.recall) + ", \"f1\": " + json(entry.f1) + "}";
    std::string row;
    for (int guess = 0; guess < report.confusion.classes(); ++guess) {
      row += base::format(guess == 0 ? "%llu" : ", %llu", number(report.confusion.count(c, guess)));
    }
    confusion += comma + "\n    [" + row + "]";
  }
  return base::format("{\n  \"count\": %llu,\n", number(report.count)) + "  \"labels\": [" +
         labels + "],\n" + "  \"accuracy\": " + json(report.accuracy) +
         ",\n  \"macro_f1\": " + json(report.macro_f1) +
         ",\n  \"weighted_f1\": " + json(report.weighted_f1) +
         ",\n  \"log_loss\": " + json(report.log_loss) + ",\n  \"ece\": " + json(report.ece) +
         ",\n  \"per_class\": [" + per_class + "\n  ],\n  \"confusion\": [" + confusion +
         "\n  ]\n}\n";
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
