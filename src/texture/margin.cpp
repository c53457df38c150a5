#include "radtype/texture/margin.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace radtype::texture {
namespace {

using Eigen::Vector3d;

constexpr double kStepMm = 0.5;
// Farther away the profile follows what the tumour and its surroundings hold, not its margin.
constexpr double kReachMm = 6;
constexpr int kStepsEachWay = static_cast<int>(kReachMm / kStepMm);
constexpr std::size_t kSamples = 2 * kStepsEachWay;  // at -5.75, -5.25, ..., 5.75 mm
// A ray must see this far to either side.
constexpr int kFewestSteps = 4;
constexpr std::size_t kMostRays = 4000;
constexpr std::size_t kMostPatches = 64;
constexpr std::size_t kRaysAPatch = 16;
constexpr std::int64_t kNormalReach = 3;  // voxels
constexpr double kLowShare = 0.2;
constexpr double kHighShare = 0.8;

double sample_mm(std::size_t n) { return (static_cast<double>(n) + 0.5) * kStepMm - kReachMm; }

/// Ranks seen along one ray; NaN beyond what belongs to it.
using EdgeProfile = std::array<double, kSamples>;

class Surface {
 public:
  explicit Surface(const Neighbourhood& around) : around_(around), size_(around.grid.size()) {}

  /// Voxels of the tumour with an outside face, evenly thinned.
  std::vector<Size3> voxels() const {
    std::vector<Size3> all;
    for (std::int64_t k = 0; k < size_[2]; ++k) {
      for (std::int64_t j = 0; j < size_[1]; ++j) {
        for (std::int64_t i = 0; i < size_[0]; ++i) {
          if (inside(i, j, k) && !(inside(i - 1, j, k) && inside(i + 1, j, k) && inside(i, j - 1, k) &&
                                   inside(i, j + 1, k) && inside(i, j, k - 1) && inside(i, j, k + 1))) {
            all.push_back({i, j, k});
          }
        }
      }
    }
    if (all.size() <= kMostRays) return all;
    std::vector<Size3> thinned(kMostRays);
    for (std::size_t n = 0; n < kMostRays; ++n) thinned[n] = all[n * all.size() / kMostRays];
    return thinned;
  }

  /// Outward unit normal from the tumour's voxels near by; zero where they balance.
  Vector3d normal(const Size3& at) const {
    Vector3d sum = Vector3d::Zero();
    for (std::int64_t c = -kNormalReach; c <= kNormalReach; ++c) {
      for (std::int64_t b = -kNormalReach; b <= kNormalReach; ++b) {
        for (std::int64_t a = -kNormalReach; a <= kNormalReach; ++a) {
          if (a * a + b * b + c * c > kNormalReach * kNormalReach || !inside(at[0] + a, at[1] + b, at[2] + c)) continue;
          sum -= Vector3d(static_cast<double>(a), static_cast<double>(b), static_cast<double>(c));
        }
      }
    }
    return sum.squaredNorm() > 0.5 ? Vector3d(sum.normalized()) : Vector3d(Vector3d::Zero());
  }

  /// Inwards to the tumour's far side, outwards through the ring. Whether it sees enough of both.
  bool look(const Vector3d& from, const Vector3d& along, EdgeProfile& profile) const {
    profile.fill(std::numeric_limits<double>::quiet_NaN());
    int seen_inside = 0, seen_outside = 0;
    for (int step = 0; step < kStepsEachWay; ++step) {
      const auto n = static_cast<std::size_t>(kStepsEachWay - 1 - step);
      const auto value = rank_at(from + sample_mm(n) / spacing_mm() * along, true);
      if (!value) break;
      profile[n] = *value;
      ++seen_inside;
    }
    for (int step = 0; step < kStepsEachWay; ++step) {
      const auto n = static_cast<std::size_t>(kStepsEachWay + step);
      const auto value = rank_at(from + sample_mm(n) / spacing_mm() * along, false);
      if (!value) break;
      profile[n] = *value;
      ++seen_outside;
    }
    return seen_inside >= kFewestSteps && seen_outside >= kFewestSteps;
  }

  double spacing_mm() const { return around_.grid.spacing_mm()[0]; }

 private:
  Zone zone(std::int64_t i, std::int64_t j, std::int64_t k) const {
    if (i < 0 || j < 0 || k < 0 || i >= size_[0] || j >= size_[1] || k >= size_[2]) return 0;
    return around_.zones[static_cast<std::size_t>((k * size_[1] + j) * size_[0] + i)];
  }
  bool inside(std::int64_t i, std::int64_t j, std::int64_t k) const { return in_tumour(zone(i, j, k)); }

  /// Interpolated rank where most of the weight is ranked and the nearest voxel lies on the wanted side.
  std::optional<double> rank_at(const Vector3d& at, bool wanted_inside) const {
    const Zone nearest = zone(std::llround(at[0]), std::llround(at[1]), std::llround(at[2]));
    if (nearest == 0 || (nearest <= kDepthZones) != wanted_inside) return std::nullopt;
    const Vector3d base = at.array().floor();
    const Vector3d t = at - base;
    const auto i = static_cast<std::int64_t>(base[0]);
    const auto j = static_cast<std::int64_t>(base[1]);
    const auto k = static_cast<std::int64_t>(base[2]);
    double weights = 0, sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      const int a = corner & 1, b = corner >> 1 & 1, c = corner >> 2;
      if (zone(i + a, j + b, k + c) == 0) continue;
      const double weight = (a ? t[0] : 1 - t[0]) * (b ? t[1] : 1 - t[1]) * (c ? t[2] : 1 - t[2]);
      const auto n = static_cast<std::size_t>(((k + c) * size_[1] + j + b) * size_[0] + i + a);
      weights += weight;
      sum += weight * around_.ranks[n].around;
    }
    if (weights < 0.5) return std::nullopt;
    return sum / weights / kRankScale;
  }

  const Neighbourhood& around_;
  Size3 size_;
};

/// Each ray's nearest of up to kMostPatches rays that lie far from each other.
std::vector<std::size_t> patches_of(const std::vector<MarginRay>& rays, std::size_t patches) {
  std::vector<std::size_t> patch(rays.size(), 0);
  std::vector<double> nearest(rays.size(), std::numeric_limits<double>::infinity());
  std::size_t seed = 0;
  for (std::size_t p = 0; p < patches; ++p) {
    for (std::size_t n = 0; n < rays.size(); ++n) {
      const double distance = (rays[n].at_lps_mm - rays[seed].at_lps_mm).squaredNorm();
      if (distance < nearest[n]) {
        nearest[n] = distance;
        patch[n] = p;
      }
    }
    seed = static_cast<std::size_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
  }
  return patch;
}

/// Non-decreasing least squares (pool adjacent violators, barlow1972).
std::vector<double> isotonic(const std::vector<double>& values, const std::vector<double>& weights) {
  struct Pool {
    double sum;
    double weight;
    std::size_t length;
    double mean() const { return sum / weight; }
  };
  std::vector<Pool> pools;
  for (std::size_t n = 0; n < values.size(); ++n) {
    pools.push_back({values[n] * weights[n], weights[n], 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().weight += last.weight;
      pools.back().length += last.length;
    }
  }
  std::vector<double> fitted;
  for (const Pool& pool : pools) fitted.insert(fitted.end(), pool.length, pool.mean());
  return fitted;
}

/// Where the rising values first reach `level`, straight between places.
double crossing(const std::vector<double>& values, const std::vector<double>& places, double level) {
  for (std::size_t n = 1; n < values.size(); ++n) {
    if (values[n] < level) continue;
    if (values[n - 1] >= level) return places[n - 1];
    return places[n - 1] + (level - values[n - 1]) / (values[n] - values[n - 1]) * (places[n] - places[n - 1]);
  }
  return places.back();
}

/// Mean profile of some rays and the transition in it.
class PooledProfile {
 public:
  void add(const EdgeProfile& profile) {
    for (std::size_t n = 0; n < kSamples; ++n) {
      if (std::isnan(profile[n])) continue;
      sums_[n] += profile[n];
      weights_[n] += 1;
    }
    ++rays_;
  }

  MarginPatch fit() const {
    MarginPatch patch;
    patch.rays = rays_;
    std::vector<double> places, values, weights;
    for (std::size_t n = 0; n < kSamples; ++n) {
      // The far ends, which few rays reach, say more of those rays than of the margin.
      if (2 * weights_[n] < static_cast<double>(rays_)) continue;
      places.push_back(sample_mm(n));
      values.push_back(sums_[n] / weights_[n]);
      weights.push_back(weights_[n]);
    }
    double inner = 0, outer = 0, inner_weight = 0, outer_weight = 0;
    for (std::size_t n = 0; n < places.size(); ++n) {
      (places[n] < 0 ? inner : outer) += weights[n] * values[n];
      (places[n] < 0 ? inner_weight : outer_weight) += weights[n];
    }
    if (inner_weight == 0 || outer_weight == 0) return patch;
    const double sign = outer / outer_weight >= inner / inner_weight ? 1 : -1;
    for (double& value : values) value *= sign;
    const std::vector<double> fitted = isotonic(values, weights);
    const double rise = fitted.back() - fitted.front();
    // Two halves of one mixture that do not overlap have mean ranks -1/2 and 1/2.
    patch.contrast = sign * std::min(rise, 1.0);
    if (rise < kLeastContrast) return patch;
    patch.width_mm = crossing(fitted, places, fitted.front() + kHighShare * rise) -
                     crossing(fitted, places, fitted.front() + kLowShare * rise);
    double mean = 0, total = 0;
    for (std::size_t n = 0; n < values.size(); ++n) {
      mean += weights[n] * values[n];
      total += weights[n];
    }
    mean /= total;
    double residual = 0, variance = 0;
    for (std::size_t n = 0; n < values.size(); ++n) {
      residual += weights[n] * (values[n] - fitted[n]) * (values[n] - fitted[n]);
      variance += weights[n] * (values[n] - mean) * (values[n] - mean);
    }
    patch.goodness = 1 - residual / variance;
    return patch;
  }

 private:
  std::array<double, kSamples> sums_{};
  std::array<double, kSamples> weights_{};
  std::int64_t rays_ = 0;
};

/// Value below which `share` of the weight lies, straight between the middles of the weights.
double weighted_quantile(std::vector<std::pair<double, double>> value_weights, double share) {
  std::sort(value_weights.begin(), value_weights.end());
  double total = 0;
  for (const auto& [value, weight] : value_weights) total += weight;
  double below = 0, previous_place = 0, previous_value = value_weights.front().first;
  for (const auto& [value, weight] : value_weights) {
    const double place = (below + 0.5 * weight) / total;
    if (place >= share) {
      if (place == previous_place) return value;
      return previous_value + (share - previous_place) / (place - previous_place) * (value - previous_value);
    }
    below += weight;
    previous_place = place;
    previous_value = value;
  }
  return value_weights.back().first;
}

}  // namespace

std::optional<Margin> measure_margin(const Neighbourhood& around) {
  const Surface surface(around);
  const auto lps_from_index = around.grid.lps_from_index();
  Margin margin;
  std::vector<EdgeProfile> profiles;
  for (const Size3& voxel : surface.voxels()) {
    const Vector3d normal = surface.normal(voxel);
    if (normal.isZero()) continue;
    const Vector3d at =
        Vector3d(static_cast<double>(voxel[0]), static_cast<double>(voxel[1]), static_cast<double>(voxel[2])) +
        0.5 * normal;
    EdgeProfile profile;
    if (!surface.look(at, normal, profile)) continue;
    margin.rays.push_back({lps_from_index(Point<Index>(at)).v, 0});
    profiles.push_back(profile);
  }
  if (margin.rays.size() < static_cast<std::size_t>(kFewestVoxels)) return std::nullopt;

  const std::size_t count = std::clamp<std::size_t>(margin.rays.size() / kRaysAPatch, 1, kMostPatches);
  const std::vector<std::size_t> patch = patches_of(margin.rays, count);
  std::vector<PooledProfile> pooled(count);
  for (std::size_t n = 0; n < profiles.size(); ++n) {
    margin.rays[n].patch = patch[n];
    pooled[patch[n]].add(profiles[n]);
  }
  double signed_contrast = 0, blurred = 0, with_width = 0;
  std::vector<std::pair<double, double>> widths, goodness;
  const auto all = static_cast<double>(margin.rays.size());
  for (const PooledProfile& profile : pooled) {
    const MarginPatch fitted = profile.fit();
    const double share = static_cast<double>(fitted.rays) / all;
    margin.contrast += share * std::abs(fitted.contrast);
    signed_contrast += share * fitted.contrast;
    if (!fitted.width_mm || *fitted.width_mm > kBlurredWidthMm) blurred += share;
    if (fitted.width_mm) {
      with_width += share;
      widths.emplace_back(*fitted.width_mm, share);
      goodness.emplace_back(fitted.goodness, share);
    }
    margin.patches.push_back(fitted);
  }
  margin.consistency = margin.contrast > 0 ? std::abs(signed_contrast) / margin.contrast : 0;
  margin.blurred_share = blurred;
  if (with_width >= 0.25) {
    margin.width_mm = weighted_quantile(widths, 0.5);
    margin.goodness = weighted_quantile(goodness, 0.5);
    const double spread = weighted_quantile(widths, 0.75) - weighted_quantile(widths, 0.25);
    if (*margin.width_mm > 0) margin.width_variation = spread / *margin.width_mm;
  }
  return margin;
}

}  // namespace radtype::texture
