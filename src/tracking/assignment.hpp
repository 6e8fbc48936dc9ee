#pragma once

#include <span>
#include <vector>

namespace mien::tracking {

/// The pairs of rows and columns with the minimum sum of costs, as many as the shorter side has
/// (the Hungarian method with potentials, Kuhn 1955, as shortest augmenting paths: O(rows²
/// columns)). `costs` is [rows, columns], finite. Returns the column of each row, -1 where it has
/// none. Throws Error kInvalidArgument if the number of costs is not a multiple of `columns`.
std::vector<int> min_cost_assignment(std::span<const double> costs, int columns);

}  // namespace mien::tracking
