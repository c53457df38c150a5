#include "radtype/texture/regional.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace radtype::texture {
namespace {

// Expected largest |Brownian bridge| (sqrt(pi / 2) ln 2), and what looking at it in steps only takes off for each
// sqrt(step): -zeta(1/2) / sqrt(2 pi) (chernoff1965, broadie1997).
constexpr double kBridgeMaximum = 0.8687311606361592;
constexpr double kStepCorrection = 0.5825971579390106;
// A share of a bin below this is rounding: no region has that many voxels.
constexpr double kNoShare = 1e-12;

/// Gamma(x + 1/2) / Gamma(x), x > 0.
double gamma_ratio(double x) {
  double factor = 1;
  for (; x < 12; ++x) factor *= x / (x + 0.5);
  const double u = 1 / x;
  return factor * std::sqrt(x) * (1 + u * (-1.0 / 8 + u * (1.0 / 128 + u * (5.0 / 1024 - u * (21.0 / 32768)))));
}

/// psi(2 x + 1) - psi(x + 1), x > 0.
double digamma_gap(double x) {
  const auto digamma = [](double y) {
    double sum = 0;
    for (; y < 12; ++y) sum -= 1 / y;
    const double u = 1 / (y * y);
    return sum + std::log(y) - 0.5 / y - u * (1.0 / 12 - u * (1.0 / 120 - u / 252));
  };
  return digamma(2 * x + 1) - digamma(x + 1);
}

/// One block of tied values, in the order of intensity.
struct Block {
  std::int64_t a = 0;
  std::int64_t b = 0;
};

double corrected(double raw, double expected) { return (raw - expected) / (1 - expected); }

/// Both samples as one ascending sequence of tied blocks, and everything that is known of it under exchange of labels.
class TwoSamples {
 public:
  TwoSamples(const Neighbourhood& around, ZoneRange a, ZoneRange b)
      : na_(voxels_in(around, a)), nb_(voxels_in(around, b)) {
    around.for_each_block([&](const BlockCounts& counts) {
      Block block;
      for (Zone zone = a.first; zone <= a.last; ++zone) block.a += counts[zone];
      for (Zone zone = b.first; zone <= b.last; ++zone) block.b += counts[zone];
      if (block.a + block.b > 0) blocks_.push_back(block);
    });
    const auto total = static_cast<double>(na_ + nb_);
    // Variance of F - G at pooled share u under exchange of labels is this times u (1 - u).
    scale_ = total * total / ((total - 1) * static_cast<double>(na_) * static_cast<double>(nb_));
  }

  Contrast contrast() const {
    Contrast result;
    measure_distributions(result);
    measure_bins(result);
    return result;
  }

 private:
  double share_a(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(na_); }
  double share_b(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(nb_); }
  double share(std::int64_t count) const { return static_cast<double>(count) / static_cast<double>(na_ + nb_); }

  void measure_distributions(Contrast& result) const {
    std::int64_t below_a = 0, below_b = 0;
    std::int64_t wins = 0;      // pairs with a > b minus pairs with a < b
    std::int64_t farthest = 0;  // largest |below_a nb - below_b na|
    double area = 0, null_area = 0, null_steps = 0, tied = 0;
    const double total = static_cast<double>(na_ + nb_);
    for (const Block& block : blocks_) {
      const double before = share_a(below_a) - share_b(below_b);
      const double u0 = share(below_a + below_b);
      wins += block.a * (2 * below_b + block.b - nb_);
      below_a += block.a;
      below_b += block.b;
      farthest = std::max(farthest, std::abs(below_a * nb_ - below_b * na_));
      const double after = share_a(below_a) - share_b(below_b);
      const double u1 = share(below_a + below_b);
      // |F - G| runs straight from `before` to `after` while H grows.
      const double ends = std::abs(before) + std::abs(after);
      const bool crosses = before * after < 0;
      const double mean = crosses ? 0.5 * (before * before + after * after) / ends : 0.5 * ends;
      area += mean * 0.5 * (share_a(block.a) + share_b(block.b));

      const double step = u1 - u0;
      const double v0 = u0 * (1 - u0), v1 = u1 * (1 - u1);
      const double middle = 0.25 * (v0 + v1 + 2 * u0 * (1 - u1));
      null_area += step * (std::sqrt(v0) + 4 * std::sqrt(middle) + std::sqrt(v1)) / 6;
      // The bridge is farthest where its variance u (1 - u) is large.
      const double u = 0.5 * (u0 + u1);
      null_steps += 6 * u * (1 - u) * step * std::sqrt(step);
      const double size = total * step;
      tied += size * (size * size - 1);
    }
    const double normal = std::sqrt(2 / std::numbers::pi);
    const double root = std::sqrt(scale_);
    const double pairs = static_cast<double>(na_) * static_cast<double>(nb_);

    const double null_ks = root * std::max(0.0, kBridgeMaximum - kStepCorrection * null_steps);
    result.kolmogorov_smirnov = corrected(static_cast<double>(farthest) / pairs, null_ks);
    result.area = corrected(2 * area, 2 * normal * root * null_area);
    result.cliff_delta = static_cast<double>(wins) / pairs;
    const double variance = ((total + 1) - tied / (total * (total - 1))) / (3 * pairs);
    result.abs_delta = corrected(std::abs(result.cliff_delta), normal * std::sqrt(std::max(0.0, variance)));
  }

  /// Where a share of the pooled sample lies among the blocks: the pooled shares before and after its block, and how
  /// far between them it lies.
  struct Knot {
    double u0 = 0;
    double u1 = 0;
    double t = 0;
  };

  /// Covariance of the interpolated bridge at two knots, p not after q.
  static double covariance(const Knot& p, const Knot& q) {
    const auto bridge = [](double x, double y) { return std::min(x, y) * (1 - std::max(x, y)); };
    return (1 - p.t) * ((1 - q.t) * bridge(p.u0, q.u0) + q.t * bridge(p.u0, q.u1)) +
           p.t * ((1 - q.t) * bridge(p.u1, q.u0) + q.t * bridge(p.u1, q.u1));
  }

  void measure_bins(Contrast& result) const {
    std::array<double, kContrastBins + 1> f{};  // F where H = bin / kContrastBins
    std::array<Knot, kContrastBins + 1> knots{};
    f[kContrastBins] = 1;
    knots[kContrastBins] = {1, 1, 0};
    std::int64_t below_a = 0, below_b = 0;
    int next_f = 1, next_knot = 1;
    for (const Block& block : blocks_) {
      const double h0 = 0.5 * (share_a(below_a) + share_b(below_b));
      const double u0 = share(below_a + below_b);
      const double f0 = share_a(below_a);
      below_a += block.a;
      below_b += block.b;
      const double h1 = 0.5 * (share_a(below_a) + share_b(below_b));
      const double u1 = share(below_a + below_b);
      for (; next_f < kContrastBins && static_cast<double>(next_f) <= h1 * kContrastBins; ++next_f) {
        const double t = (static_cast<double>(next_f) / kContrastBins - h0) / (h1 - h0);
        f[static_cast<std::size_t>(next_f)] = f0 + t * (share_a(below_a) - f0);
      }
      for (; next_knot < kContrastBins && static_cast<double>(next_knot) <= u1 * kContrastBins; ++next_knot) {
        const double t = (static_cast<double>(next_knot) / kContrastBins - u0) / (u1 - u0);
        knots[static_cast<std::size_t>(next_knot)] = {u0, u1, t};
      }
    }

    double entropy = 0, affinity = 0, variation = 0;
    double null_entropy = 0, null_affinity = 0, null_variation = 0;
    double sum_variance = 0, sum_variance2 = 0;
    for (std::size_t bin = 0; bin < kContrastBins; ++bin) {
      double p = 0.5 * kContrastBins * (f[bin + 1] - f[bin]);
      if (p < kNoShare) p = 0;
      if (p > 1 - kNoShare) p = 1;
      const double q = 1 - p;
      if (p > 0 && q > 0) entropy -= (p * std::log2(p) + q * std::log2(q)) / kContrastBins;
      affinity += 2 * std::sqrt(p * q) / kContrastBins;
      variation += std::abs(p - q) / kContrastBins;

      // Under exchange of labels p is as good as beta distributed about 1/2, with the variance of the bridge's step.
      const Knot& from = knots[bin];
      const Knot& to = knots[bin + 1];
      const double step = covariance(from, from) + covariance(to, to) - 2 * covariance(from, to);
      const double variance = std::clamp(scale_ * step * kContrastBins * kContrastBins / 4, 1e-12, 0.999);
      const double shape = 0.5 * (1 / variance - 1);
      const double ratio = gamma_ratio(shape);
      null_entropy += digamma_gap(shape) / std::numbers::ln2 / kContrastBins;
      null_affinity += ratio * ratio / shape / kContrastBins;
      null_variation += ratio / (std::sqrt(std::numbers::pi) * shape) / kContrastBins;
      sum_variance += variance;
      sum_variance2 += variance * variance;
    }
    result.jensen_shannon = corrected(1 - entropy, 1 - null_entropy);
    result.total_variation = corrected(variation, null_variation);
    // The squared distance is nearly chi-squared; its root lies below the root of its expectation.
    const double even = sum_variance * sum_variance / sum_variance2 * (kContrastBins - 1) / kContrastBins;
    const double freedom = std::max(1.0, std::min(even, static_cast<double>(blocks_.size()) - 1));
    const double root = gamma_ratio(freedom / 2) * std::sqrt(2 / freedom);
    result.hellinger =
        corrected(std::sqrt(std::max(0.0, 1 - affinity)), root * std::sqrt(std::max(0.0, 1 - null_affinity)));
  }

  std::int64_t na_;
  std::int64_t nb_;
  double scale_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace

std::int64_t voxels_in(const Neighbourhood& around, ZoneRange range) {
  std::int64_t voxels = 0;
  for (Zone zone = range.first; zone <= range.last; ++zone) voxels += around.counts[zone];
  return voxels;
}

std::optional<Contrast> regional_contrast(const Neighbourhood& around, ZoneRange a, ZoneRange b) {
  if (std::min(voxels_in(around, a), voxels_in(around, b)) < kFewestVoxels) return std::nullopt;
  return TwoSamples(around, a, b).contrast();
}

}  // namespace radtype::texture
