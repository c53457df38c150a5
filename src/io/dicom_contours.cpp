#include "io/dicom_contours.h"

#include <algorithm>
#include <cmath>

namespace radtype::io {
namespace {

struct Edge {
  Eigen::Vector2d top;  // smaller row
  Eigen::Vector2d bottom;
  std::int64_t first_row;  // rows whose centre line is crossed: top.y() <= row < bottom.y()
  std::int64_t last_row;

  // One division of products: with vertices on quarter pixels, as many programs draw them, the products are exact and
  // a crossing at a pixel's centre is found there wherever the outline lies.
  double column_at(std::int64_t row) const {
    const double below_top = static_cast<double>(row) - top.y(), above_bottom = bottom.y() - static_cast<double>(row);
    return (top.x() * above_bottom + bottom.x() * below_top) / (bottom.y() - top.y());
  }
};

// The least integer >= x, kept within [0, limit].
std::int64_t ceil_within(double x, std::int64_t limit) {
  return static_cast<std::int64_t>(std::ceil(std::clamp(x, 0.0, static_cast<double>(limit))));
}

}  // namespace

std::vector<Run> fill_even_odd(std::span<const Outline> outlines, std::int64_t columns, std::int64_t rows,
                               std::int32_t k) {
  std::vector<Edge> edges;
  for (const Outline& outline : outlines) {
    for (std::size_t n = 0; n < outline.size(); ++n) {
      Edge e{outline[n], outline[(n + 1) % outline.size()], 0, 0};
      // One orientation, so that an edge drawn forth and back crosses each row at the very same number.
      if (e.bottom.y() < e.top.y()) std::swap(e.top, e.bottom);
      e.first_row = ceil_within(e.top.y(), rows);
      e.last_row = ceil_within(e.bottom.y(), rows) - 1;
      if (e.first_row <= e.last_row) edges.push_back(e);
    }
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.first_row < b.first_row; });

  std::vector<Run> runs;
  std::vector<const Edge*> active;
  std::vector<double> crossings;
  std::size_t next = 0;
  for (std::int64_t row = edges.empty() ? rows : edges.front().first_row; row < rows; ++row) {
    std::erase_if(active, [row](const Edge* e) { return e->last_row < row; });
    for (; next < edges.size() && edges[next].first_row == row; ++next) active.push_back(&edges[next]);
    if (active.empty() && next == edges.size()) break;
    crossings.clear();
    for (const Edge* e : active) crossings.push_back(e->column_at(row));
    std::sort(crossings.begin(), crossings.end());
    const std::size_t row_start = runs.size();
    for (std::size_t n = 0; n + 1 < crossings.size(); n += 2) {
      const std::int64_t begin = ceil_within(crossings[n], columns);
      const std::int64_t end = ceil_within(crossings[n + 1], columns);
      if (begin == end) continue;
      if (runs.size() > row_start && runs.back().i_end == begin) {
        runs.back().i_end = static_cast<std::int32_t>(end);
      } else {
        runs.push_back(
            {static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end), static_cast<std::int32_t>(row), k});
      }
    }
  }
  return runs;
}

}  // namespace radtype::io
