#include "training/search_space.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "base/options.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"
#include "training/settings.hpp"

namespace mien::training {
namespace {

double parse_number(const std::string& text) {
  const auto value = base::parse_number<double>(text);
  if (!value) throw Error(ErrorCode::kInvalidArgument, "'" + text + "' is not a number");
  return *value;
}

Dimension parse_dimension(const std::string& name, const std::string& text) {
  Dimension dimension{.name = name};
  if (text.find('|') != std::string::npos) {
    dimension.choices = base::split_list(text, '|');
    return dimension;
  }
  const std::vector<std::string> parts = base::split_list(text);
  constexpr std::string_view kTo = " to ";
  const std::size_t middle = parts.empty() ? std::string::npos : parts[0].find(kTo);
  if (middle == std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("invalid range '%s'; write \"LOW to HIGH\" or \"ONE | ANOTHER\"",
                             text.c_str()));
  }
  dimension.low = parse_number(parts[0].substr(0, middle));
  dimension.high = parse_number(parts[0].substr(middle + kTo.size()));
  for (auto word = parts.begin() + 1; word != parts.end(); ++word) {
    if (*word == "log")
      dimension.logarithmic = true;
    else if (*word == "whole")
      dimension.whole = true;
    else
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("unknown word '%s'; use 'log' or 'whole'", word->c_str()));
  }
  if (!(dimension.low < dimension.high))
    throw Error(ErrorCode::kInvalidArgument, "the lower end must be less than the upper end");
  if (dimension.logarithmic && !(dimension.low > 0))
    throw Error(ErrorCode::kInvalidArgument, "a 'log' range must be positive");
  return dimension;
}

/// Checks that both ends, or all choices, are valid settings.
void check_values(const Dimension& dimension) {
  const std::size_t count = std::max<std::size_t>(2, dimension.choices.size());
  for (std::size_t i = 0; i < count; ++i) {
    TrainSettings settings;
    base::OptionSet options;
    settings.declare(options);
    const double position = static_cast<double>(i) / static_cast<double>(count - 1);
    options.parse_toml(dimension.name + " = " + dimension.value_at(position) + "\n",
                       "the search space", "");
  }
}

}  // namespace

std::string Dimension::value_at(double position) const {
  position = std::clamp(position, 0.0, 1.0);
  if (!choices.empty()) {
    const auto count = static_cast<double>(choices.size());
    const std::string& word =
        choices[static_cast<std::size_t>(std::min(position * count, count - 1))];
    return word == "true" || word == "false" ||
                   word.find_first_not_of("0123456789.-+e") == std::string::npos
               ? word
               : base::json_quote(word);
  }
  if (whole) {
    // Each whole number has an equal share of [0, 1], or of the logarithm.
    const double from = low - 0.5, to = high + 0.5;
    const double value =
        logarithmic ? from * std::pow(to / from, position) : from + position * (to - from);
    return base::format("%.0f", std::clamp(std::round(value), low, high));
  }
  return base::format(
      "%.4g", logarithmic ? low * std::pow(high / low, position) : low + position * (high - low));
}

Point SearchSpace::sample(std::mt19937_64& random) const {
  Point point;
  // The distributions of the standard library differ between platforms; the generator does not.
  for (std::size_t i = 0; i < dimensions.size(); ++i)
    point.push_back(static_cast<double>(random() >> 11) * 0x1p-53);
  return point;
}

std::string SearchSpace::recipe_of(const Point& point) const {
  std::string recipe;
  for (std::size_t i = 0; i < dimensions.size(); ++i)
    recipe += dimensions[i].name + " = " + dimensions[i].value_at(point[i]) + "\n";
  return recipe;
}

SearchSpace parse_search_space(std::string_view toml, const std::string& file_name) {
  TrainSettings settings;
  base::OptionSet known;
  settings.declare(known);
  std::vector<std::string> names = known.names();
  std::erase_if(names, [](const std::string& name) { return name.starts_with("no-"); });
  std::vector<std::string> texts(names.size());
  base::OptionSet fields;
  for (std::size_t i = 0; i < names.size(); ++i) fields.add(texts[i], names[i], "RANGE", "");
  fields.parse_toml(toml, file_name, "space");
  SearchSpace space;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (texts[i].empty()) continue;
    try {
      space.dimensions.push_back(parse_dimension(names[i], texts[i]));
      check_values(space.dimensions.back());
    } catch (const Error& error) {
      throw Error(ErrorCode::kInvalidArgument, file_name + ": " + names[i] + ": " + error.what());
    }
  }
  if (space.dimensions.empty())
    throw Error(ErrorCode::kInvalidArgument, file_name + ": [space] lists no settings");
  return space;
}

}  // namespace mien::training
