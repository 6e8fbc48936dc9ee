#include "summary.hpp"

#include <algorithm>
#include <functional>

#include "base/json.hpp"
#include "base/text.hpp"

namespace mien::apps {
namespace {

constexpr double kMinSeconds = 0.5;
constexpr std::size_t kMaxPersons = 20;  ///< rows of the table

}  // namespace

std::vector<tracking::PersonLog> main_persons(const tracking::EmotionLog& log) {
  std::vector<tracking::PersonLog> persons = log.persons();
  std::erase_if(persons,
                [](const tracking::PersonLog& person) { return person.seconds < kMinSeconds; });
  std::ranges::stable_sort(persons, std::greater{}, &tracking::PersonLog::seconds);
  return persons;
}

std::string summary_text(const tracking::EmotionLog& log, std::span<const std::string> labels) {
  const std::vector<tracking::PersonLog> all = log.persons(), persons = main_persons(log);
  if (all.empty()) return "no face found\n";
  std::string out = "seconds of each emotion\n  person   in sight";
  for (const std::string& label : labels) out += base::format("  %8s", label.c_str());
  out += "\n";
  for (std::size_t i = 0; i < std::min(persons.size(), kMaxPersons); ++i) {
    out += base::format("  %6d  %9.1f", persons[i].number, persons[i].seconds);
    for (const double seconds : persons[i].label_seconds)
      out += seconds > 0 ? base::format("  %8.1f", seconds) : std::string(9, ' ') + "·";
    out += "\n";
  }
  const std::size_t others = persons.size() - std::min(persons.size(), kMaxPersons),
                    brief = all.size() - persons.size();
  if (others > 0) out += base::format("  and %zu more\n", others);
  if (brief > 0)
    out += base::format("  %zu face%s in sight for less than half a second\n", brief,
                        brief == 1 ? "" : "s");
  return out;
}

std::string summary_json(const tracking::EmotionLog& log, std::span<const std::string> labels) {
  using base::Json, base::rounded;
  Json persons = Json::array();
  for (const tracking::PersonLog& person : log.persons()) {
    Json emotions;
    for (std::size_t c = 0; c < labels.size(); ++c)
      emotions[labels[c]] = rounded(person.label_seconds[c], 4);
    persons.push_back({{"track", person.number},
                       {"first_seen", rounded(person.first_seen, 4)},
                       {"last_seen", rounded(person.last_seen, 4)},
                       {"seconds", rounded(person.seconds, 4)},
                       {"emotions", emotions}});
  }
  return base::to_text({{"seconds", rounded(log.end(), 4)}, {"persons", persons}}) + "\n";
}

}  // namespace mien::apps
