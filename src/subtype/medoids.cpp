#include <algorithm>
#include <limits>

#include "radtype/subtype/partition.h"

namespace radtype::subtype {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

/// Of every item, the nearest and the second nearest medoid.
struct NearestMedoid {
  std::size_t medoid = 0;
  double distance = kFar;
  double second = kFar;
};

std::vector<NearestMedoid> nearest_of(const DistanceMatrix& d, const std::vector<std::size_t>& medoids) {
  std::vector<NearestMedoid> nearest(d.n);
  for (std::size_t i = 0; i < d.n; ++i) {
    NearestMedoid& of = nearest[i];
    for (std::size_t m = 0; m < medoids.size(); ++m) {
      const double distance = d(medoids[m], i);
      if (distance < of.distance) {
        of.second = of.distance;
        of.distance = distance;
        of.medoid = m;
      } else {
        of.second = std::min(of.second, distance);
      }
    }
  }
  return nearest;
}

std::vector<std::size_t> build(const DistanceMatrix& d, std::size_t k) {
  std::vector<std::size_t> medoids;
  std::vector<double> nearest(d.n, kFar);
  while (medoids.size() < k) {
    std::size_t best = d.n;
    double least = kFar;
    for (std::size_t x = 0; x < d.n; ++x) {
      if (std::find(medoids.begin(), medoids.end(), x) != medoids.end()) continue;
      double sum = 0;
      for (std::size_t i = 0; i < d.n; ++i) sum += std::min(nearest[i], d(x, i));
      if (sum < least) {
        least = sum;
        best = x;
      }
    }
    medoids.push_back(best);
    for (std::size_t i = 0; i < d.n; ++i) nearest[i] = std::min(nearest[i], d(best, i));
  }
  return medoids;
}

/// One swap; whether there was any that helps.
bool swap_best(const DistanceMatrix& d, std::vector<std::size_t>& medoids) {
  const std::vector<NearestMedoid> nearest = nearest_of(d, medoids);
  double cost = 0;
  for (const NearestMedoid& of : nearest) cost += of.distance;
  double least = -1e-10 * cost;  // rounding alone may promise less than that
  std::size_t in = d.n;
  std::size_t out = 0;
  std::vector<double> change(medoids.size());
  for (std::size_t x = 0; x < d.n; ++x) {
    if (std::find(medoids.begin(), medoids.end(), x) != medoids.end()) continue;
    // What x gains by itself, and what each medoid's going costs beyond.
    double gain = 0;
    std::fill(change.begin(), change.end(), 0.0);
    for (std::size_t i = 0; i < d.n; ++i) {
      const NearestMedoid& of = nearest[i];
      const double distance = d(x, i);
      const double nearer = std::min(distance - of.distance, 0.0);
      gain += nearer;
      change[of.medoid] += std::min(distance, of.second) - of.distance - nearer;
    }
    for (std::size_t m = 0; m < medoids.size(); ++m) {
      if (gain + change[m] < least) {
        least = gain + change[m];
        in = x;
        out = m;
      }
    }
  }
  if (in == d.n) return false;
  medoids[out] = in;
  return true;
}

}  // namespace

Medoids around_medoids(const DistanceMatrix& distances, int k) {
  RADTYPE_CHECK(k >= 1 && static_cast<std::size_t>(k) <= distances.n);
  std::vector<std::size_t> medoids = build(distances, static_cast<std::size_t>(k));
  while (swap_best(distances, medoids)) {
  }
  Medoids result;
  std::vector<int> label_of(medoids.size(), 0);
  double sum = 0;
  for (const NearestMedoid& of : nearest_of(distances, medoids)) {
    sum += of.distance;
    if (label_of[of.medoid] == 0) {
      result.medoids.push_back(medoids[of.medoid]);
      label_of[of.medoid] = static_cast<int>(result.medoids.size());
    }
    result.labels.push_back(label_of[of.medoid]);
  }
  result.mean_distance = sum / static_cast<double>(distances.n);
  return result;
}

Clustering medoid_runs(DistanceMatrix distances, ClusterNumbers numbers) {
  return [distances = std::move(distances), numbers](const std::vector<std::uint32_t>& items, std::size_t) {
    const DistanceMatrix part = distances.of(items);
    std::vector<std::vector<std::uint8_t>> labels;
    for (int k = numbers.smallest; k <= numbers.largest; ++k) {
      const std::vector<int> found = around_medoids(part, k).labels;
      labels.emplace_back(found.begin(), found.end());
    }
    return labels;
  };
}

}  // namespace radtype::subtype
