#pragma once

#include <span>
#include <vector>

namespace mien::tracking {

/// The pairs of rows and columns with the least sum of costs, as many as the shorter side has (the
/// Hungarian method with potentials, Kuhn 1955, as shortest augmenting paths: O(rows² columns)).
/// `costs` is [rows, columns], finite. Returns the column of each row, -1 where it has none. Throws
/// Error kInvalidArgument for costs that are no table of `columns`.
std::vector<int> least_cost_assignment(std::span<const double> costs, int columns);

}  // namespace mien::tracking
