#pragma once

#include <span>
#include <string>

#include "engine/network.hpp"

namespace mien::apps {

/// Profiles the calls of a network on `input` and prints a table, or JSON if `format` is "json".
void print_layers(const std::string& model, const engine::Network& network,
                  std::span<const float> input, const engine::InputShape& shape, double seconds,
                  const std::string& format);

}  // namespace mien::apps
