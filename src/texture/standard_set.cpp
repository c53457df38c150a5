#include "radtype/texture/standard_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace radtype::texture {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kMostBins = 4096;

double ratio(double above, double below) { return below != 0 ? above / below : kNone; }

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_distance(std::span<const double> values, double from) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value - from);
  return sum / static_cast<double>(values.size());
}

/// Linear between order statistics; `sorted` ascends.
double percentile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// What statistics and histogram have in common, of ascending values.
struct Distribution {
  double mean = 0, variance = 0, skewness = 0, excess_kurtosis = 0;
  double least = 0, p10 = 0, p25 = 0, median = 0, p75 = 0, p90 = 0, most = 0;
  double mean_deviation = 0, robust_mean_deviation = 0, median_deviation = 0;
};

Distribution distribution_of(std::span<const double> sorted) {
  Distribution d;
  const auto count = static_cast<double>(sorted.size());
  d.mean = mean_of(sorted);
  double second = 0, third = 0, fourth = 0;
  for (const double value : sorted) {
    const double off = value - d.mean, square = off * off;
    second += square;
    third += square * off;
    fourth += square * square;
  }
  d.variance = second / count;
  if (d.variance > 0) {
    d.skewness = third / count / std::pow(d.variance, 1.5);
    d.excess_kurtosis = fourth / count / (d.variance * d.variance) - 3;
  }
  d.least = sorted.front();
  d.p10 = percentile(sorted, 0.10);
  d.p25 = percentile(sorted, 0.25);
  d.median = percentile(sorted, 0.50);
  d.p75 = percentile(sorted, 0.75);
  d.p90 = percentile(sorted, 0.90);
  d.most = sorted.back();
  d.mean_deviation = mean_distance(sorted, d.mean);
  d.median_deviation = mean_distance(sorted, d.median);
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), d.p10);
  const auto last = std::upper_bound(sorted.begin(), sorted.end(), d.p90);
  const auto middle =
      sorted.subspan(static_cast<std::size_t>(first - sorted.begin()), static_cast<std::size_t>(last - first));
  d.robust_mean_deviation = middle.empty() ? 0 : mean_distance(middle, mean_of(middle));
  return d;
}

double variation(const Distribution& d) { return ratio(std::sqrt(d.variance), d.mean); }
double quartile_dispersion(const Distribution& d) { return ratio(d.p75 - d.p25, d.p75 + d.p25); }

std::vector<double> values_within(const Image& image, const Mask& mask) {
  std::vector<double> values;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) values.push_back(double{image.voxels[n]});
  }
  return values;
}

Result<void> check_inputs(const Image& image, const Mask& mask) {
  if (image.grid.size() != mask.grid.size()) {
    return fail(ErrorCode::kInconsistent, "image and mask must lie on one grid: place the mask on the image first");
  }
  bool any = false;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    any = true;
    if (!std::isfinite(image.voxels[n])) {
      return fail(ErrorCode::kCorrupt, "the image holds values in the mask that are no numbers");
    }
  }
  if (!any) return fail(ErrorCode::kEmpty, "the mask has no voxels");
  return {};
}

/// Voxels of each level, level 1 first.
std::vector<double> level_counts(const GreyLevels& levels) {
  std::vector<double> counts(static_cast<std::size_t>(levels.count));
  for (const std::int32_t level : levels.level.voxels) {
    if (level > 0) ++counts[static_cast<std::size_t>(level - 1)];
  }
  return counts;
}

std::vector<double> ascending_levels(const std::vector<double>& counts) {
  std::vector<double> sorted;
  for (std::size_t n = 0; n < counts.size(); ++n)
    sorted.insert(sorted.end(), static_cast<std::size_t>(counts[n]), static_cast<double>(n + 1));
  return sorted;
}

/// The most frequent level; of several the one nearest to the mean, then the lowest.
double mode_of(const std::vector<double>& counts, double mean) {
  std::size_t best = 0;
  for (std::size_t n = 1; n < counts.size(); ++n) {
    const bool nearer = std::abs(static_cast<double>(n + 1) - mean) < std::abs(static_cast<double>(best + 1) - mean);
    if (counts[n] > counts[best] || (counts[n] == counts[best] && nearer)) best = n;
  }
  return static_cast<double>(best + 1);
}

std::vector<double> gradient_of(const std::vector<double>& counts) {
  const std::size_t size = counts.size();
  std::vector<double> gradient(size);
  for (std::size_t n = 0; n < size && size > 1; ++n) {
    const std::size_t low = n == 0 ? 0 : n - 1, high = std::min(n + 1, size - 1);
    gradient[n] = (counts[high] - counts[low]) / static_cast<double>(high - low);
  }
  return gradient;
}

double bits(double share) { return share > 0 ? -share * std::log2(share) : 0; }

/// How often level i (row) lies beside level j.
class PairCounts {
 public:
  explicit PairCounts(std::int32_t levels) : levels_(static_cast<std::size_t>(levels)), counts_(levels_ * levels_) {}
  void add(std::int32_t a, std::int32_t b) {
    ++counts_[place(a, b)];
    ++counts_[place(b, a)];
    total_ += 2;
  }
  void add(const PairCounts& other) {
    for (std::size_t n = 0; n < counts_.size(); ++n) counts_[n] += other.counts_[n];
    total_ += other.total_;
  }
  bool empty() const { return total_ == 0; }
  std::vector<double> features() const;

 private:
  std::size_t place(std::int32_t a, std::int32_t b) const {
    return static_cast<std::size_t>(a - 1) * levels_ + static_cast<std::size_t>(b - 1);
  }
  std::size_t levels_;
  std::vector<double> counts_;
  double total_ = 0;
};

/// Mean, variance and entropy of a distribution over consecutive whole numbers.
struct Moments {
  double mean = 0, variance = 0, entropy = 0;
};
Moments moments_of(const std::vector<double>& shares, double first) {
  Moments m;
  for (std::size_t n = 0; n < shares.size(); ++n) {
    m.mean += (first + static_cast<double>(n)) * shares[n];
    m.entropy += bits(shares[n]);
  }
  for (std::size_t n = 0; n < shares.size(); ++n)
    m.variance += std::pow(first + static_cast<double>(n) - m.mean, 2) * shares[n];
  return m;
}

std::vector<double> PairCounts::features() const {
  std::vector<double> rows(levels_), differences(levels_), sums(2 * levels_ - 1);
  double joint_max = 0, joint_entropy = 0, energy = 0, auto_correlation = 0;
  for (std::size_t i = 0; i < levels_; ++i) {
    for (std::size_t j = 0; j < levels_; ++j) {
      const double p = counts_[i * levels_ + j] / total_;
      if (p == 0) continue;
      rows[i] += p;
      differences[i > j ? i - j : j - i] += p;
      sums[i + j] += p;
      joint_max = std::max(joint_max, p);
      joint_entropy += bits(p);
      energy += p * p;
      auto_correlation += static_cast<double>((i + 1) * (j + 1)) * p;
    }
  }
  const Moments level = moments_of(rows, 1), difference = moments_of(differences, 0), sum = moments_of(sums, 2);

  double contrast = 0, inverse = 0, inverse_norm = 0, inverse_moment = 0, inverse_moment_norm = 0, inverse_variance = 0;
  const auto levels = static_cast<double>(levels_);
  for (std::size_t n = 0; n < levels_; ++n) {
    const auto k = static_cast<double>(n);
    const double p = differences[n];
    contrast += k * k * p;
    inverse += p / (1 + k);
    inverse_norm += p / (1 + k / levels);
    inverse_moment += p / (1 + k * k);
    inverse_moment_norm += p / (1 + k * k / (levels * levels));
    if (n > 0) inverse_variance += p / (k * k);
  }
  double tendency = 0, shade = 0, prominence = 0;
  for (std::size_t n = 0; n < sums.size(); ++n) {
    const double off = static_cast<double>(n + 2) - 2 * level.mean;
    tendency += std::pow(off, 2) * sums[n];
    shade += std::pow(off, 3) * sums[n];
    prominence += std::pow(off, 4) * sums[n];
  }
  const double correlation = level.variance > 0 ? (auto_correlation - level.mean * level.mean) / level.variance : kNone;
  // Of a symmetric matrix both entropies of independent levels are twice that of one level.
  const double independent = 2 * level.entropy;
  const double information_1 = ratio(joint_entropy - independent, level.entropy);
  const double information_2 = std::sqrt(std::max(0.0, 1 - std::exp(-2 * (independent - joint_entropy))));
  return {joint_max,
          level.mean,
          level.variance,
          joint_entropy,
          difference.mean,
          difference.variance,
          difference.entropy,
          sum.mean,
          sum.variance,
          sum.entropy,
          energy,
          contrast,
          difference.mean,
          inverse,
          inverse_norm,
          inverse_moment,
          inverse_moment_norm,
          inverse_variance,
          correlation,
          auto_correlation,
          tendency,
          shade,
          prominence,
          information_1,
          information_2};
}

std::vector<std::array<std::int64_t, 3>> thirteen_directions() {
  std::vector<std::array<std::int64_t, 3>> directions;
  for (std::int64_t k = 0; k <= 1; ++k) {
    for (std::int64_t j = -1; j <= 1; ++j) {
      for (std::int64_t i = -1; i <= 1; ++i) {
        if (k > 0 || j > 0 || (j == 0 && i > 0)) directions.push_back({i, j, k});
      }
    }
  }
  return directions;
}

PairCounts pairs_along(const GreyLevels& levels, const std::array<std::int64_t, 3>& step) {
  PairCounts pairs(levels.count);
  const Size3& size = levels.level.grid.size();
  const auto first = [&](std::size_t axis) { return std::max<std::int64_t>(0, -step[axis]); };
  const auto last = [&](std::size_t axis) { return size[axis] - std::max<std::int64_t>(0, step[axis]); };
  const std::int64_t offset = (step[2] * size[1] + step[1]) * size[0] + step[0];
  for (std::int64_t k = first(2); k < last(2); ++k) {
    for (std::int64_t j = first(1); j < last(1); ++j) {
      const std::int32_t* row = levels.level.voxels.data() + levels.level.offset(0, j, k);
      for (std::int64_t i = first(0); i < last(0); ++i) {
        const std::int32_t here = row[i], there = row[i + offset];
        if (here > 0 && there > 0) pairs.add(here, there);
      }
    }
  }
  return pairs;
}

}  // namespace

Result<GreyLevels> fixed_bins(const Image& image, const Mask& mask, int bins) {
  if (bins < 1 || bins > kMostBins) {
    return fail(ErrorCode::kUsage, fmt::format("the number of bins must be 1 to {}, not {}", kMostBins, bins));
  }
  if (auto checked = check_inputs(image, mask); !checked) return pass_on(std::move(checked));
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    least = std::min(least, double{image.voxels[n]});
    most = std::max(most, double{image.voxels[n]});
  }
  GreyLevels levels{Volume<std::int32_t>(mask.grid), most > least ? bins : 1};
  const double per_unit = most > least ? bins / (most - least) : 0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    const auto bin = static_cast<std::int32_t>((double{image.voxels[n]} - least) * per_unit);
    levels.level.voxels[n] = std::min(bin, levels.count - 1) + 1;
  }
  return levels;
}

const std::vector<std::string>& intensity_statistics_names() {
  static const std::vector<std::string> names = {"stat_mean",  "stat_var",    "stat_skew", "stat_kurt",  "stat_median",
                                                 "stat_min",   "stat_p10",    "stat_p90",  "stat_max",   "stat_iqr",
                                                 "stat_range", "stat_mad",    "stat_rmad", "stat_medad", "stat_cov",
                                                 "stat_qcod",  "stat_energy", "stat_rms"};
  return names;
}

std::vector<double> intensity_statistics(std::span<const double> values) {
  RADTYPE_CHECK(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const Distribution d = distribution_of(sorted);
  double energy = 0;
  for (const double value : sorted) energy += value * value;
  return {d.mean,
          d.variance,
          d.skewness,
          d.excess_kurtosis,
          d.median,
          d.least,
          d.p10,
          d.p90,
          d.most,
          d.p75 - d.p25,
          d.most - d.least,
          d.mean_deviation,
          d.robust_mean_deviation,
          d.median_deviation,
          variation(d),
          quartile_dispersion(d),
          energy,
          std::sqrt(energy / static_cast<double>(sorted.size()))};
}

const std::vector<std::string>& intensity_histogram_names() {
  static const std::vector<std::string> names = {
      "ih_mean", "ih_var",     "ih_skew",       "ih_kurt",     "ih_median",     "ih_min",      "ih_p10",       "ih_p90",
      "ih_max",  "ih_mode",    "ih_iqr",        "ih_range",    "ih_mad",        "ih_rmad",     "ih_medad",     "ih_cov",
      "ih_qcod", "ih_entropy", "ih_uniformity", "ih_max_grad", "ih_max_grad_g", "ih_min_grad", "ih_min_grad_g"};
  return names;
}

std::vector<double> intensity_histogram(const GreyLevels& levels) {
  const std::vector<double> counts = level_counts(levels);
  const std::vector<double> sorted = ascending_levels(counts);
  RADTYPE_CHECK(!sorted.empty());
  const Distribution d = distribution_of(sorted);
  double entropy = 0, uniformity = 0;
  for (const double count : counts) {
    const double share = count / static_cast<double>(sorted.size());
    entropy += bits(share);
    uniformity += share * share;
  }
  const std::vector<double> gradient = gradient_of(counts);
  const auto steepest = std::max_element(gradient.begin(), gradient.end());
  const auto deepest = std::min_element(gradient.begin(), gradient.end());
  return {d.mean,
          d.variance,
          d.skewness,
          d.excess_kurtosis,
          d.median,
          d.least,
          d.p10,
          d.p90,
          d.most,
          mode_of(counts, d.mean),
          d.p75 - d.p25,
          d.most - d.least,
          d.mean_deviation,
          d.robust_mean_deviation,
          d.median_deviation,
          variation(d),
          quartile_dispersion(d),
          entropy,
          uniformity,
          *steepest,
          static_cast<double>(steepest - gradient.begin() + 1),
          *deepest,
          static_cast<double>(deepest - gradient.begin() + 1)};
}

const std::vector<std::string>& cooccurrence_names() {
  static const std::vector<std::string> names = [] {
    constexpr std::array<const char*, 25> kFeatures = {
        "joint_max",     "joint_avg",    "joint_var",         "joint_entr", "diff_avg", "diff_var",      "diff_entr",
        "sum_avg",       "sum_var",      "sum_entr",          "energy",     "contrast", "dissimilarity", "inv_diff",
        "inv_diff_norm", "inv_diff_mom", "inv_diff_mom_norm", "inv_var",    "corr",     "auto_corr",     "clust_tend",
        "clust_shade",   "clust_prom",   "info_corr1",        "info_corr2"};
    std::vector<std::string> all;
    for (const char* aggregation : {"avg", "comb"}) {
      for (const char* feature : kFeatures) all.push_back(fmt::format("cm_{}_3D_{}", feature, aggregation));
    }
    return all;
  }();
  return names;
}

std::vector<double> cooccurrence(const GreyLevels& levels) {
  const std::size_t features = cooccurrence_names().size() / 2;
  PairCounts merged(levels.count);
  std::vector<double> averaged(features);
  double directions = 0;
  for (const auto& step : thirteen_directions()) {
    const PairCounts pairs = pairs_along(levels, step);
    if (pairs.empty()) continue;
    merged.add(pairs);
    const std::vector<double> along = pairs.features();
    for (std::size_t n = 0; n < features; ++n) averaged[n] += along[n];
    ++directions;
  }
  if (merged.empty()) return std::vector<double>(2 * features, kNone);
  for (double& value : averaged) value /= directions;
  const std::vector<double> of_merged = merged.features();
  averaged.insert(averaged.end(), of_merged.begin(), of_merged.end());
  return averaged;
}

const std::vector<std::string>& standard_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto* part : {&intensity_statistics_names(), &intensity_histogram_names(), &cooccurrence_names()})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }();
  return names;
}

Result<std::vector<double>> standard_set(const Image& image, const Mask& mask, int bins) {
  auto levels = fixed_bins(image, mask, bins);
  if (!levels) return pass_on(std::move(levels));
  std::vector<double> all = intensity_statistics(values_within(image, mask));
  for (const auto& part : {intensity_histogram(*levels), cooccurrence(*levels)})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace radtype::texture
