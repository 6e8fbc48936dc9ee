#include "training/history.hpp"

#include "base/text.hpp"
#include "plots/history.hpp"

namespace mien::training {
namespace {

struct Column {
  const char* name;
  int decimals;
  double EpochRecord::* field;
};

constexpr Column kColumns[] = {
    {"learning_rate", 8, &EpochRecord::learning_rate},
    {"train_loss", 5, &EpochRecord::train_loss},
    {"train_accuracy", 5, &EpochRecord::train_accuracy},
    {"train_macro_f1", 5, &EpochRecord::train_macro_f1},
    {"valid_loss", 5, &EpochRecord::valid_loss},
    {"valid_accuracy", 5, &EpochRecord::valid_accuracy},
    {"valid_macro_f1", 5, &EpochRecord::valid_macro_f1},
    {"valid_ferplus_accuracy", 5, &EpochRecord::valid_ferplus_accuracy},
    {"seconds", 2, &EpochRecord::seconds},
    {"images_per_second", 1, &EpochRecord::images_per_second},
};

}  // namespace

std::string history_to_csv(const History& history) {
  std::string csv = "epoch";
  for (const Column& column : kColumns) csv += std::string(",") + column.name;
  csv += "\n";
  for (const EpochRecord& record : history) {
    csv += std::to_string(record.epoch);
    for (const Column& column : kColumns)
      csv += base::format(",%.*f", column.decimals, record.*column.field);
    csv += "\n";
  }
  return csv;
}

History history_from_csv(std::string_view csv) {
  const plots::RunHistory table = plots::parse_history(csv, "training history");
  History history;
  const std::vector<double>* epochs = table.find("epoch");
  for (std::size_t i = 0; epochs != nullptr && i < epochs->size(); ++i) {
    EpochRecord& record =
        history.emplace_back(EpochRecord{.epoch = static_cast<int>((*epochs)[i])});
    for (const Column& column : kColumns) {
      if (const std::vector<double>* values = table.find(column.name))
        record.*column.field = (*values)[i];
    }
  }
  return history;
}

}  // namespace mien::training
