#pragma once

#include <span>
#include <string>

#include "engine/network.hpp"

namespace mien::apps {

/// Prints what each call of a network takes on `input`, as a table or, where `format` is "json", as
/// JSON.
void print_layers(const std::string& model, const engine::Network& network,
                  std::span<const float> input, const engine::InputShape& shape, double seconds,
                  const std::string& format);

}  // namespace mien::apps
