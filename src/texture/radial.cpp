#include "radtype/texture/radial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <Eigen/Cholesky>

namespace radtype::texture {
namespace {

constexpr int kFewestZones = 4;
// Centred ranks beyond these are the brightest and darkest quarters.
constexpr int kTailRank = 16383;

/// Mean and mean square of the rank in each zone of a range, where the zones that are not empty weigh the same.
struct Profile {
  std::vector<double> place;  // of the zone, from 0 at the first to 1 at the last of the range
  std::vector<double> mean;
  double variance = 0;  // of the rank over all; its mean is zero
  double null = 0;      // expected share of it between zones that voxels are shuffled over
};

std::optional<Profile> profile_of(const Neighbourhood& around, Zone first, Zone last) {
  std::vector<Zone> zones;
  std::int64_t voxels = 0;
  for (Zone zone = first; zone <= last; ++zone) {
    if (around.counts[zone] > 0) zones.push_back(zone);
    voxels += around.counts[zone];
  }
  if (voxels < kFewestVoxels || zones.size() < kFewestZones) return std::nullopt;
  const auto count = static_cast<double>(zones.size());

  Profile profile;
  profile.mean.assign(zones.size(), 0);
  std::vector<std::int64_t> below(zones.size(), 0);
  around.for_each_block([&](const BlockCounts& block) {
    double rank = 0;
    std::int64_t here = 0;
    for (std::size_t n = 0; n < zones.size(); ++n) {
      const std::int64_t total = around.counts[zones[n]];
      const std::int64_t in_block = block[zones[n]];
      rank += static_cast<double>(2 * below[n] + in_block - total) / static_cast<double>(total);
      below[n] += in_block;
      here += in_block;
    }
    if (here == 0) return;
    rank /= count;
    for (std::size_t n = 0; n < zones.size(); ++n) {
      const double share = static_cast<double>(block[zones[n]]) / static_cast<double>(around.counts[zones[n]]);
      profile.mean[n] += share * rank;
      profile.variance += share * rank * rank / count;
    }
  });
  if (!(profile.variance > 0)) return std::nullopt;
  for (const Zone zone : zones) {
    profile.place.push_back(static_cast<double>(zone - first) / static_cast<double>(last - first));
    profile.null += 1 / (count * static_cast<double>(around.counts[zone]));
  }
  return profile;
}

/// Correlation of rank and zone.
double monotonicity(const Profile& profile) {
  const auto count = static_cast<double>(profile.place.size());
  double middle = 0;
  for (const double place : profile.place) middle += place / count;
  double covariance = 0, spread = 0;
  for (std::size_t n = 0; n < profile.place.size(); ++n) {
    const double from_middle = profile.place[n] - middle;
    covariance += from_middle * profile.mean[n] / count;
    spread += from_middle * from_middle / count;
  }
  return covariance / std::sqrt(spread * profile.variance);
}

/// The same whatever the order of the axes.
double length(std::array<double, 3> v) {
  for (double& x : v) x *= x;
  std::sort(v.begin(), v.end());
  return std::sqrt(v[0] + v[1] + v[2]);
}

using AxisSums = std::array<std::int64_t, 3>;

std::array<double, 3> mean_of(const AxisSums& sums, std::int64_t count) {
  std::array<double, 3> mean{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    mean[axis] = static_cast<double>(sums[axis]) / static_cast<double>(count);
  }
  return mean;
}

std::array<double, 3> minus(std::array<double, 3> a, const std::array<double, 3>& b) {
  for (std::size_t axis = 0; axis < 3; ++axis) a[axis] -= b[axis];
  return a;
}

}  // namespace

std::optional<RadialProfile> radial_profile(const Neighbourhood& around) {
  const auto profile = profile_of(around, 1, kDepthZones);
  if (!profile) return std::nullopt;
  RadialProfile result;
  result.monotonicity = monotonicity(*profile);
  // Least squares of the means on 1, x, (3 x^2 - 1) / 2, x from -1 to 1.
  Eigen::MatrixX3d basis(static_cast<Eigen::Index>(profile->mean.size()), 3);
  for (Eigen::Index n = 0; n < basis.rows(); ++n) {
    const double x = 2 * profile->place[static_cast<std::size_t>(n)] - 1;
    basis.row(n) << 1, x, 0.5 * (3 * x * x - 1);
  }
  const Eigen::Map<const Eigen::VectorXd> means(profile->mean.data(), basis.rows());
  result.curvature = (basis.transpose() * basis).ldlt().solve(basis.transpose() * means)[2];
  double between = 0;
  for (const double mean : profile->mean) between += mean * mean / static_cast<double>(profile->mean.size());
  result.explained = (between / profile->variance - profile->null) / (1 - profile->null);
  return result;
}

std::optional<double> ring_monotonicity(const Neighbourhood& around) {
  const auto profile = profile_of(around, kDepthZones + 1, kDepthZones + kRingZones);
  if (!profile) return std::nullopt;
  return monotonicity(*profile);
}

std::optional<Asymmetry> asymmetry(const Neighbourhood& around) {
  const Size3 size = around.grid.size();
  AxisSums all{}, with_rank{}, bright{}, dark{};
  std::int64_t bright_count = 0, dark_count = 0, rank_sum = 0, rank_squares = 0, squares = 0;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
        if (!in_tumour(around.zones[n])) continue;
        // From the middle of the grid, in half voxels: integers that a flip changes the sign of.
        const AxisSums at = {2 * i - size[0] + 1, 2 * j - size[1] + 1, 2 * k - size[2] + 1};
        const std::int64_t rank = around.ranks[n].inside;
        const bool is_bright = rank > kTailRank, is_dark = rank < -kTailRank;
        bright_count += is_bright ? 1 : 0;
        dark_count += is_dark ? 1 : 0;
        rank_sum += rank;
        rank_squares += rank * rank;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          all[axis] += at[axis];
          with_rank[axis] += rank * at[axis];
          squares += at[axis] * at[axis];
          if (is_bright) bright[axis] += at[axis];
          if (is_dark) dark[axis] += at[axis];
        }
      }
    }
  }
  const std::int64_t count = around.tumour_voxels;
  if (count < kFewestVoxels || 8 * std::min(bright_count, dark_count) < count) return std::nullopt;
  const auto centre = mean_of(all, count);
  const auto bright_at = mean_of(bright, bright_count);
  const auto dark_at = mean_of(dark, dark_count);
  const double in_radii = 0.5 * around.grid.spacing_mm()[0] / around.radius_mm;

  Asymmetry result;
  result.bright_offset = in_radii * length(minus(bright_at, centre));
  result.dark_offset = in_radii * length(minus(dark_at, centre));
  result.tail_separation = in_radii * length(minus(bright_at, dark_at));
  const double mean_rank = static_cast<double>(rank_sum) / static_cast<double>(count);
  const double rank_variance = static_cast<double>(rank_squares) / static_cast<double>(count) - mean_rank * mean_rank;
  std::array<double, 3> covariance = mean_of(with_rank, count);
  for (std::size_t axis = 0; axis < 3; ++axis) covariance[axis] -= mean_rank * centre[axis];
  const double centre_length = length(centre);
  const double place_variance =
      static_cast<double>(squares) / static_cast<double>(count) - centre_length * centre_length;
  result.polarity = length(covariance) / std::sqrt(rank_variance * place_variance);
  return result;
}

std::array<std::optional<double>, kZones> zone_means(const Neighbourhood& around) {
  std::array<std::int64_t, kZones> sums{};
  for (std::size_t n = 0; n < around.zones.size(); ++n) sums[around.zones[n]] += around.ranks[n].around;
  std::array<std::optional<double>, kZones> means;
  for (Zone zone = 1; zone < kZones; ++zone) {
    if (around.counts[zone] == 0) continue;
    means[zone] = static_cast<double>(sums[zone]) / static_cast<double>(around.counts[zone]) / kRankScale;
  }
  return means;
}

}  // namespace radtype::texture
