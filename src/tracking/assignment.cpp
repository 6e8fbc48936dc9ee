#include "tracking/assignment.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::tracking {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Rows join one after the other, each on the cheapest path of swaps that ends in a free column;
/// rows <= columns.
template <class Cost>
std::vector<int> assign_rows(int rows, int columns, Cost cost) {
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  std::vector<double> row_price(at(rows), 0), column_price(at(columns), 0);
  std::vector<int> row_of(at(columns), -1), column_of(at(rows), -1);
  for (int first = 0; first < rows; ++first) {
    std::vector<double> distance(at(columns), kInfinity);
    std::vector<int> came_from(at(columns),
                               -1);  // the column before on the path; -1: straight from `first`
    std::vector<char> settled(at(columns), 0);
    int row = first, column = -1;
    double length = 0;
    do {
      int nearest = -1;
      for (int c = 0; c < columns; ++c) {
        if (settled[at(c)] != 0) continue;
        const double here = length + cost(row, c) - row_price[at(row)] - column_price[at(c)];
        if (here < distance[at(c)]) {
          distance[at(c)] = here;
          came_from[at(c)] = column;
        }
        if (nearest < 0 || distance[at(c)] < distance[at(nearest)]) nearest = c;
      }
      column = nearest;
      length = distance[at(column)];
      settled[at(column)] = 1;
      row = row_of[at(column)];
    } while (row >= 0);

    row_price[at(first)] += length;
    for (int c = 0; c < columns; ++c) {
      if (settled[at(c)] == 0) continue;
      column_price[at(c)] += distance[at(c)] - length;
      if (row_of[at(c)] >= 0) row_price[at(row_of[at(c)])] += length - distance[at(c)];
    }
    while (column >= 0) {  // swap along the path
      const int before = came_from[at(column)];
      const int mover = before < 0 ? first : row_of[at(before)];
      row_of[at(column)] = mover;
      column_of[at(mover)] = column;
      column = before;
    }
  }
  return column_of;
}

}  // namespace

std::vector<int> min_cost_assignment(std::span<const double> costs, int columns) {
  if (columns <= 0 || costs.size() % static_cast<std::size_t>(columns) != 0) {
    if (costs.empty() && columns == 0) return {};
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("assignment: %zu costs are not whole rows of %d", costs.size(), columns));
  }
  const int rows = static_cast<int>(costs.size()) / columns;
  const auto cost = [&](int r, int c) { return costs[static_cast<std::size_t>(r * columns + c)]; };
  if (rows <= columns) return assign_rows(rows, columns, cost);
  const std::vector<int> row_of =
      assign_rows(columns, rows, [&](int c, int r) { return cost(r, c); });
  std::vector<int> column_of(static_cast<std::size_t>(rows), -1);
  for (int c = 0; c < columns; ++c)
    column_of[static_cast<std::size_t>(row_of[static_cast<std::size_t>(c)])] = c;
  return column_of;
}

}  // namespace mien::tracking
