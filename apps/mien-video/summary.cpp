#include "summary.hpp"

#include <algorithm>
#include <functional>

#include "base/file.hpp"

namespace mien::apps {
namespace {

constexpr double kGlimpse = 0.5;          ///< seconds
constexpr std::size_t kMostPersons = 20;  ///< lines of the text

}  // namespace

std::vector<tracking::PersonLog> main_persons(const tracking::EmotionLog& log) {
  std::vector<tracking::PersonLog> persons = log.persons();
  std::erase_if(persons,
                [](const tracking::PersonLog& person) { return person.seconds < kGlimpse; });
  std::ranges::stable_sort(persons, std::greater{}, &tracking::PersonLog::seconds);
  return persons;
}

std::string summary_text(const tracking::EmotionLog& log, std::span<const std::string> labels) {
  const std::vector<tracking::PersonLog> all = log.persons(), persons = main_persons(log);
  if (all.empty()) return "no face found\n";
  std::string out = "seconds of each emotion\n  person   in sight";
  for (const std::string& label : labels) out += base::format("  %8s", label.c_str());
  out += "\n";
  for (std::size_t i = 0; i < std::min(persons.size(), kMostPersons); ++i) {
    out += base::format("  %6d  %9.1f", persons[i].number, persons[i].seconds);
    for (const double seconds : persons[i].label_seconds)
      out += seconds > 0 ? base::format("  %8.1f", seconds) : std::string(9, ' ') + "·";
    out += "\n";
  }
  const std::size_t others = persons.size() - std::min(persons.size(), kMostPersons),
                    glimpses = all.size() - persons.size();
  if (others > 0) out += base::format("  %zu others, seen for less time\n", others);
  if (glimpses > 0)
    out += base::format("  %zu %s for less than half a second\n", glimpses,
                        glimpses == 1 ? "face was seen" : "faces were seen");
  return out;
}

std::string summary_json(const tracking::EmotionLog& log, std::span<const std::string> labels) {
  std::string out = base::format("{\"seconds\": %.4f,\n \"persons\": [", log.end());
  const char* separator = "";
  for (const tracking::PersonLog& person : log.persons()) {
    out += base::format(
        "%s\n  {\"track\": %d, \"first_seen\": %.4f, \"last_seen\": %.4f, \"seconds\": %.4f, "
        "\"emotions\": {",
        separator, person.number, person.first_seen, person.last_seen, person.seconds);
    separator = ",";
    for (std::size_t c = 0; c < labels.size(); ++c) {
      out += base::format("%s%s: %.4f", c == 0 ? "" : ", ", base::json_quote(labels[c]).c_str(),
                          person.label_seconds[c]);
    }
    out += "}}";
  }
  return out + "]}\n";
}

}  // namespace mien::apps
