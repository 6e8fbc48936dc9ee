#include "model/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "mien/emotion.hpp"
#include "mien/error.hpp"

namespace mien::model {
namespace {

constexpr std::string_view kCropPrefix = "crop.", kLabelsPrefix = "labels.",
                           kTemperaturePrefix = "temperature.";
constexpr int kMaxInputSize = 1024;

[[noreturn]] void fail(std::string_view field, const std::string& what) {
  throw Error(ErrorCode::kBadFormat, "model metadata '" + std::string(field) + "' " + what);
}

double parse_number(std::string_view field, std::string_view text) {
  const std::optional<double> value = base::parse_number<double>(text);
  if (!value) fail(field, "must be a number, not '" + std::string(text) + "'");
  return *value;
}

const std::string& require(const Model& model, const char* field) {
  const auto found = model.metadata.find(field);
  if (found == model.metadata.end())
    fail(field, "is missing; this is not an emotion network, or its metadata was removed");
  return found->second;
}

std::vector<std::string> parse_labels(const std::string& field, const std::string& text) {
  const std::vector<std::string_view> parts = base::split(text, ',');
  std::vector<std::string> labels(parts.begin(), parts.end());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!emotion_from_string(labels[i])) fail(field, "has an unknown emotion '" + labels[i] + "'");
    if (std::find(labels.begin(), labels.begin() + i, labels[i]) != labels.begin() + i) {
      fail(field, "has the duplicate '" + labels[i] + "'");
    }
  }
  return labels;
}

double parse_temperature(const std::string& field, const std::string& text) {
  const double temperature = parse_number(field, text);
  if (!(temperature > 0)) fail(field, "must be positive");
  return temperature;
}

base::CropGeometry parse_crop(const std::string& field, const std::string& text) {
  const std::vector<std::string_view> parts = base::split(text, ' ');
  if (parts.size() != 3)
    fail(field, "must be 3 numbers (scale shift_x shift_y), not '" + text + "'");
  const base::CropGeometry crop{parse_number(field, parts[0]), parse_number(field, parts[1]),
                                parse_number(field, parts[2])};
  if (!(crop.scale > 0)) fail(field, "must have a positive scale");
  return crop;
}

/// Throws if the metadata does not match the inputs and outputs of the graph.
void check_graph(const Model& model, const ClassifierInfo& info) {
  if (model.inputs.size() != 1) fail("input_size", "needs a graph with one input");
  const auto fits = [](std::int64_t dimension, std::int64_t wanted) {
    return dimension < 0 || dimension == wanted;
  };
  const std::vector<std::int64_t>& shape = model.inputs[0].shape;
  if (shape.size() != 4 || !fits(shape[1], 1) || !fits(shape[2], info.input_size) ||
      !fits(shape[3], info.input_size)) {
    fail("input_size", "does not match the input '" + model.inputs[0].name + "'");
  }
  const auto check_output = [&](const ValueInfo& output, const std::vector<std::string>& labels,
                                const std::string& field) {
    if (!output.shape.empty() &&
        !fits(output.shape.back(), static_cast<std::int64_t>(labels.size()))) {
      fail(field, "does not match the output '" + output.name + "'");
    }
  };
  check_output(model.outputs.at(0), info.labels, "labels");
  for (const auto& [name, head] : info.other_heads) {
    const auto output = std::find_if(model.outputs.begin() + 1, model.outputs.end(),
                                     [&](const ValueInfo& o) { return o.name == name; });
    const std::string field = std::string(kLabelsPrefix) + name;
    if (head.labels.empty()) fail(field, "is missing");
    if (output == model.outputs.end()) fail(field, "is not another output of the graph");
    check_output(*output, head.labels, field);
  }
}

}  // namespace

ClassifierInfo read_classifier_info(const Model& model) {
  ClassifierInfo info;
  info.labels = parse_labels("labels", require(model, "labels"));
  const double input_size = parse_number("input_size", require(model, "input_size"));
  if (!(input_size >= 1 && input_size <= kMaxInputSize) || input_size != std::floor(input_size)) {
    fail("input_size", "must be an integer from 1 to " + std::to_string(kMaxInputSize));
  }
  info.input_size = static_cast<int>(input_size);
  info.mean = parse_number("mean", require(model, "mean"));
  info.std = parse_number("std", require(model, "std"));
  if (!(info.std > 0)) fail("std", "must be positive");
  for (const auto& [key, value] : model.metadata) {
    if (key == "labels" || key == "input_size" || key == "mean" || key == "std") continue;
    if (key == "temperature") {
      info.temperature = parse_temperature(key, value);
    } else if (key.starts_with(kLabelsPrefix)) {
      info.other_heads[key.substr(kLabelsPrefix.size())].labels = parse_labels(key, value);
    } else if (key.starts_with(kTemperaturePrefix)) {
      info.other_heads[key.substr(kTemperaturePrefix.size())].temperature =
          parse_temperature(key, value);
    } else if (key.starts_with(kCropPrefix)) {
      info.crops[key.substr(kCropPrefix.size())] = parse_crop(key, value);
    } else {
      info.provenance[key] = value;
    }
  }
  check_graph(model, info);
  return info;
}

void write_classifier_info(Model& model, const ClassifierInfo& info) {
  model.metadata = info.provenance;
  model.metadata["labels"] = base::join(info.labels, ",");
  model.metadata["input_size"] = std::to_string(info.input_size);
  model.metadata["mean"] = base::print_number(info.mean);
  model.metadata["std"] = base::print_number(info.std);
  model.metadata["temperature"] = base::print_number(info.temperature);
  for (const auto& [name, head] : info.other_heads) {
    model.metadata[std::string(kLabelsPrefix) + name] = base::join(head.labels, ",");
    model.metadata[std::string(kTemperaturePrefix) + name] = base::print_number(head.temperature);
  }
  for (const auto& [detector, crop] : info.crops) {
    model.metadata[std::string(kCropPrefix) + detector] = base::print_number(crop.scale) + " " +
                                                          base::print_number(crop.shift_x) + " " +
                                                          base::print_number(crop.shift_y);
  }
}

}  // namespace mien::model
