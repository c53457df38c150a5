#include "radtype/texture/scales.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <vector>

namespace radtype::texture {
namespace {

// A face diagonal stands for a distance when its nearest number of voxels is at most this far off it.
constexpr double kDiagonalTolerance = 0.15;
// Local means are kept as integers of this many parts of a rank, twice: exact sums, whatever the order.
constexpr std::int64_t kMeanParts = 4;
// Of a larger tumour about this many voxels are sampled.
constexpr double kSampledVoxels = 1 << 17;
constexpr std::int64_t kInverseParts = std::int64_t{1} << 40;

/// Sums over pairs of voxels of the tumour.
struct PairSums {
  std::int64_t pairs = 0;
  std::int64_t products = 0;
  std::int64_t squares = 0;  // x^2 + y^2
};

/// No rank: ranks end at -kRankScale.
constexpr std::int16_t kOutside = std::numeric_limits<std::int16_t>::min();

/// Ranks of the tumour in its own box; kOutside outside it.
class TumourBlock {
 public:
  explicit TumourBlock(const Neighbourhood& around) {
    const Size3 size = around.grid.size();
    const Box box = tumour_box(around);
    size_ = box.size();
    ranks_.assign(static_cast<std::size_t>(box.voxel_count()), kOutside);
    std::size_t n = 0;
    for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
      for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
        auto at = static_cast<std::size_t>((k * size[1] + j) * size[0] + box.lo[0]);
        for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i, ++n, ++at) {
          if (!in_tumour(around.zones[at])) continue;
          ranks_[n] = around.ranks[at].inside;
          ++count_;
          sum_ += ranks_[n];
          squares_ += static_cast<std::int64_t>(ranks_[n]) * ranks_[n];
        }
      }
    }
    sampling_ = std::max<std::int64_t>(1, std::llround(std::cbrt(static_cast<double>(count_) / kSampledVoxels)));
    n = 0;
    for (std::int32_t k = 0; k < size_[2]; ++k) {
      for (std::int32_t j = 0; j < size_[1]; ++j) {
        for (std::int32_t i = 0; i < size_[0]; ++i, ++n) {
          if (ranks_[n] != kOutside && sampled(i, 0) && sampled(j, 1) && sampled(k, 2)) samples_.push_back({i, j, k});
        }
      }
    }
  }

  std::int64_t count() const { return count_; }
  double mean() const { return static_cast<double>(sum_) / static_cast<double>(count_); }
  double variance() const { return static_cast<double>(squares_) / static_cast<double>(count_) - mean() * mean(); }

  /// Adds the pairs of a sampled voxel with those `step` before and after it; once each where all are sampled.
  void add_pairs(const Size3& step, PairSums& sums) const {
    add_pairs_one_way(step, sums);
    if (sampling_ > 1) add_pairs_one_way({-step[0], -step[1], -step[2]}, sums);
  }

  /// Share of the variance between means over cubes of 2 w + 1 voxels, corrected for chance; nothing where every cube
  /// holds one voxel, or none is sampled.
  std::optional<double> explained(std::int64_t w) const;

 private:
  std::size_t offset(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k * size_[1] + j) * size_[0] + i);
  }

  /// Every voxel of a small tumour; of a large one those whose distance from the middle of its box is, rounded down, a
  /// multiple of `sampling_` along each axis: flips and turns leave the choice as it is.
  bool sampled(std::int64_t i, std::size_t axis) const {
    return std::abs(2 * i - size_[axis] + 1) / 2 % sampling_ == 0;
  }

  void add_pairs_one_way(const Size3& step, PairSums& sums) const {
    const std::int64_t move = (step[2] * size_[1] + step[1]) * size_[0] + step[0];
    for (const Sample& sample : samples_) {
      const std::int64_t i = sample.i + step[0], j = sample.j + step[1], k = sample.k + step[2];
      if (i < 0 || j < 0 || k < 0 || i >= size_[0] || j >= size_[1] || k >= size_[2]) continue;
      const std::size_t n = offset(sample.i, sample.j, sample.k);
      const std::int64_t x = ranks_[n], y = ranks_[static_cast<std::size_t>(static_cast<std::int64_t>(n) + move)];
      if (y == kOutside) continue;
      ++sums.pairs;
      sums.products += x * y;
      sums.squares += x * x + y * y;
    }
  }

  struct Sample {
    std::int32_t i, j, k;
  };
  std::int64_t sampling_ = 1;
  std::vector<Sample> samples_;
  Size3 size_{};
  std::vector<std::int16_t> ranks_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t squares_ = 0;
};

std::optional<double> TumourBlock::explained(std::int64_t w) const {
  const auto width = static_cast<std::size_t>(size_[0]);
  const auto area = width * static_cast<std::size_t>(size_[1]);
  // Sums of rank and of membership over the cube's planes, then its rows, then its voxels.
  struct Sums {
    std::vector<std::int32_t> rank, inside;
    explicit Sums(std::size_t size) : rank(size), inside(size) {}
  };
  Sums planes(area), rows(width);
  const auto add_plane = [&](std::int64_t k, std::int32_t sign) {
    if (k < 0 || k >= size_[2]) return;
    const std::int16_t* plane = ranks_.data() + static_cast<std::size_t>(k) * area;
    for (std::size_t n = 0; n < area; ++n) {
      const std::int32_t rank = plane[n];
      planes.rank[n] += rank == kOutside ? 0 : sign * rank;
      planes.inside[n] += rank == kOutside ? 0 : sign;
    }
  };
  const auto add_row = [&](std::int64_t j, std::int32_t sign) {
    if (j < 0 || j >= size_[1]) return;
    const std::size_t first = static_cast<std::size_t>(j) * width;
    for (std::size_t i = 0; i < width; ++i) {
      rows.rank[i] += sign * planes.rank[first + i];
      rows.inside[i] += sign * planes.inside[first + i];
    }
  };
  std::int64_t mean_sum = 0, mean_squares = 0, inverse_sum = 0, sampled_voxels = 0;
  for (std::int64_t k = 0; k < w; ++k) add_plane(k, 1);
  for (std::int64_t k = 0; k < size_[2]; ++k) {
    add_plane(k + w, 1);
    add_plane(k - w - 1, -1);
    if (!sampled(k, 2)) continue;
    std::fill(rows.rank.begin(), rows.rank.end(), 0);
    std::fill(rows.inside.begin(), rows.inside.end(), 0);
    for (std::int64_t j = 0; j < w; ++j) add_row(j, 1);
    for (std::int64_t j = 0; j < size_[1]; ++j) {
      add_row(j + w, 1);
      add_row(j - w - 1, -1);
      if (!sampled(j, 1)) continue;
      const std::int16_t* here = ranks_.data() + offset(0, j, k);
      std::int64_t rank = 0, voxels = 0;
      const auto add_cell = [&](std::int64_t i, std::int64_t sign) {
        if (i < 0 || i >= size_[0]) return;
        rank += sign * rows.rank[static_cast<std::size_t>(i)];
        voxels += sign * rows.inside[static_cast<std::size_t>(i)];
      };
      for (std::int64_t i = 0; i < w; ++i) add_cell(i, 1);
      for (std::int64_t i = 0; i < size_[0]; ++i) {
        add_cell(i + w, 1);
        add_cell(i - w - 1, -1);
        if (here[i] == kOutside || !sampled(i, 0)) continue;
        ++sampled_voxels;
        const std::int64_t scaled = kMeanParts * rank;
        const std::int64_t rest = scaled % voxels;
        const std::int64_t twice_mean = 2 * (scaled / voxels) + (rest > 0 ? 1 : rest < 0 ? -1 : 0);
        mean_sum += twice_mean;
        mean_squares += twice_mean * twice_mean;
        inverse_sum += kInverseParts / voxels;
      }
    }
  }
  if (sampled_voxels == 0 || inverse_sum == sampled_voxels * kInverseParts) return std::nullopt;
  const auto count = static_cast<double>(sampled_voxels);
  constexpr double kUnit = 2 * static_cast<double>(kMeanParts);
  const double centre = static_cast<double>(mean_sum) / count / kUnit;
  const double between = static_cast<double>(mean_squares) / count / (kUnit * kUnit) - centre * centre;
  const double null = static_cast<double>(inverse_sum) / count / static_cast<double>(kInverseParts);
  return (between / variance() - null) / (1 - null);
}

/// Steps of about `distance` voxels along the three axes and, where one fits, the six face diagonals.
std::vector<Size3> steps_of(std::int64_t distance) {
  std::vector<Size3> steps = {{distance, 0, 0}, {0, distance, 0}, {0, 0, distance}};
  const auto exact = static_cast<double>(distance) / std::numbers::sqrt2;
  const std::int64_t d = std::llround(exact);
  if (std::abs(static_cast<double>(d) - exact) <= kDiagonalTolerance * exact) {
    for (const std::int64_t e : {d, -d}) {
      steps.push_back({d, e, 0});
      steps.push_back({d, 0, e});
      steps.push_back({0, d, e});
    }
  }
  return steps;
}

/// Moran and Geary by distance in voxels, computed once each.
class Correlogram {
 public:
  explicit Correlogram(const TumourBlock& block) : block_(block) {}

  struct Value {
    double moran = 0;
    double geary = 0;
  };
  /// Nothing with too few pairs.
  std::optional<Value> at(std::int64_t distance) {
    const auto known = values_.find(distance);
    if (known != values_.end()) return known->second;
    PairSums sums;
    for (const Size3& step : steps_of(distance)) block_.add_pairs(step, sums);
    std::optional<Value> value;
    if (sums.pairs >= kFewestVoxels) {
      const auto pairs = static_cast<double>(sums.pairs);
      const double product = static_cast<double>(sums.products) / pairs;
      value = Value{(product - block_.mean() * block_.mean()) / block_.variance(),
                    (0.5 * static_cast<double>(sums.squares) / pairs - product) / block_.variance()};
    }
    values_.emplace(distance, value);
    return value;
  }

 private:
  const TumourBlock& block_;
  std::map<std::int64_t, std::optional<Value>> values_;
};

/// First distance in voxels at which the correlation falls to 1/e, straight between distances 1, 2, 3, 4, 6, 8, 12 ...
std::optional<double> correlation_range(Correlogram& correlogram) {
  constexpr double kThreshold = 1 / std::numbers::e;
  double before = 1;
  std::int64_t from = 0, distance = 1;
  while (const auto value = correlogram.at(distance)) {
    if (value->moran <= kThreshold) {
      const double share = (before - kThreshold) / (before - value->moran);
      return static_cast<double>(from) + share * static_cast<double>(distance - from);
    }
    before = value->moran;
    from = distance;
    const bool power_of_two = (distance & (distance - 1)) == 0;
    distance = distance < 4 ? distance + 1 : power_of_two ? distance * 3 / 2 : distance * 4 / 3;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ScaleTexture> scale_texture(const Neighbourhood& around) {
  if (around.tumour_voxels < kFewestVoxels) return std::nullopt;
  const TumourBlock block(around);
  if (!(block.variance() > 0)) return std::nullopt;
  const double spacing_mm = around.grid.spacing_mm()[0];
  Correlogram correlogram(block);
  ScaleTexture result;
  std::map<std::int64_t, std::optional<double>> explained;
  for (std::size_t n = 0; n < kScales; ++n) {
    const double scale_mm =
        n < kScalesMm.size() ? kScalesMm[n] : kScalesOfRadius[n - kScalesMm.size()] * around.radius_mm;
    const std::int64_t distance = std::llround(scale_mm / spacing_mm);
    if (distance < 1) continue;
    const auto value = correlogram.at(distance);
    if (!value) continue;
    result.moran[n] = value->moran;
    result.geary[n] = value->geary;
    const std::int64_t half_width = std::max<std::int64_t>(1, std::llround(0.5 * scale_mm / spacing_mm));
    const auto [place, is_new] = explained.try_emplace(half_width);
    if (is_new) place->second = block.explained(half_width);
    result.explained[n] = place->second;
  }
  if (const auto range = correlation_range(correlogram)) {
    result.range_over_radius = *range * spacing_mm / around.radius_mm;
  }
  return result;
}

}  // namespace radtype::texture
