#include "radtype/subtype/validity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "subtype/rows.h"

namespace radtype::subtype {

std::vector<double> silhouette(const DistanceMatrix& distances, const std::vector<int>& labels) {
  const std::size_t n = distances.n;
  RADTYPE_CHECK(labels.size() == n);
  const auto clusters = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()));
  std::vector<double> sizes(clusters, 0);
  for (const int label : labels) ++sizes[static_cast<std::size_t>(label - 1)];
  std::vector<double> result(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> sums(clusters, 0);
    for (std::size_t j = 0; j < n; ++j) sums[static_cast<std::size_t>(labels[j] - 1)] += distances(i, j);
    const auto own = static_cast<std::size_t>(labels[i] - 1);
    if (sizes[own] < 2) continue;
    const double a = sums[own] / (sizes[own] - 1);
    double b = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < clusters; ++c) {
      if (c != own && sizes[c] > 0) b = std::min(b, sums[c] / sizes[c]);
    }
    if (std::max(a, b) > 0) result[i] = (b - a) / std::max(a, b);
  }
  return result;
}

KMeans k_means(const Table& table, const Table& centres, int most_iterations) {
  RADTYPE_CHECK(table.columns == centres.columns && centres.rows >= 1 && table.rows >= centres.rows);
  const std::size_t columns = table.columns;
  KMeans result;
  result.centres = centres;
  result.labels.assign(table.rows, 0);
  std::vector<double> far(table.rows, 0);
  const auto squared = [&](std::size_t row, std::size_t centre) {
    double sum = 0;
    for (std::size_t f = 0; f < columns; ++f) {
      const double difference = table.row(row)[f] - result.centres.row(centre)[f];
      sum += difference * difference;
    }
    return sum;
  };
  for (result.iterations = 0; result.iterations < most_iterations && !result.converged;) {
    ++result.iterations;
    result.converged = true;
    std::vector<double> sizes(centres.rows, 0);
    for (std::size_t r = 0; r < table.rows; ++r) {
      std::size_t nearest = 0;
      far[r] = squared(r, 0);
      for (std::size_t c = 1; c < centres.rows; ++c) {
        const double distance = squared(r, c);
        if (distance < far[r]) {
          far[r] = distance;
          nearest = c;
        }
      }
      result.converged &= result.labels[r] == static_cast<int>(nearest) + 1;
      result.labels[r] = static_cast<int>(nearest) + 1;
      ++sizes[nearest];
    }
    for (std::size_t c = 0; c < centres.rows; ++c) {
      if (sizes[c] > 0) continue;
      // From a cluster that can spare it.
      std::size_t taken = table.rows;
      for (std::size_t r = 0; r < table.rows; ++r) {
        if (sizes[static_cast<std::size_t>(result.labels[r] - 1)] > 1 && (taken == table.rows || far[r] > far[taken]))
          taken = r;
      }
      --sizes[static_cast<std::size_t>(result.labels[taken] - 1)];
      result.labels[taken] = static_cast<int>(c) + 1;
      far[taken] = 0;
      sizes[c] = 1;
      result.converged = false;
    }
    std::fill(result.centres.values.begin(), result.centres.values.end(), 0.0);
    for (std::size_t r = 0; r < table.rows; ++r) {
      double* centre = result.centres.values.data() + static_cast<std::size_t>(result.labels[r] - 1) * columns;
      for (std::size_t f = 0; f < columns; ++f) centre[f] += table.row(r)[f];
    }
    for (std::size_t c = 0; c < centres.rows; ++c) {
      for (std::size_t f = 0; f < columns; ++f) result.centres.values[c * columns + f] /= sizes[c];
    }
  }
  result.within.assign(centres.rows, 0);
  for (std::size_t r = 0; r < table.rows; ++r) {
    const auto c = static_cast<std::size_t>(result.labels[r] - 1);
    result.within[c] += squared(r, c);
  }
  return result;
}

Result<InGroup> in_group_proportion(const Table& table, const Table& centroids) {
  RADTYPE_CHECK(table.columns == centroids.columns);
  auto rows = unit_rows(table, false);
  if (!rows) return pass_on(std::move(rows));
  auto targets = unit_rows(centroids, false);
  if (!targets) return pass_on(std::move(targets), "centroid");
  const auto correlation = [&](const double* a, const double* b) {
    double sum = 0;
    for (std::size_t f = 0; f < table.columns; ++f) sum += a[f] * b[f];
    return sum;
  };
  InGroup result;
  result.sizes.assign(centroids.rows, 0);
  for (std::size_t r = 0; r < table.rows; ++r) {
    std::size_t best = 0;
    double highest = -2;
    for (std::size_t c = 0; c < centroids.rows; ++c) {
      const double value = correlation(rows->row(r), targets->row(c));
      if (value > highest) {
        highest = value;
        best = c;
      }
    }
    result.assigned.push_back(static_cast<int>(best) + 1);
    ++result.sizes[best];
  }
  std::vector<double> inside(centroids.rows, 0);
  for (std::size_t r = 0; r < table.rows; ++r) {
    std::size_t nearest = r;
    double highest = -2;
    for (std::size_t other = 0; other < table.rows; ++other) {
      if (other == r) continue;
      const double value = correlation(rows->row(r), rows->row(other));
      if (value > highest) {
        highest = value;
        nearest = other;
      }
    }
    if (nearest != r && result.assigned[nearest] == result.assigned[r])
      ++inside[static_cast<std::size_t>(result.assigned[r] - 1)];
  }
  for (std::size_t c = 0; c < centroids.rows; ++c)
    result.proportion.push_back(inside[c] / static_cast<double>(result.sizes[c]));
  return result;
}

}  // namespace radtype::subtype
