#include "radtype/texture/reference_family.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "radtype/image/region.h"

namespace radtype::texture {
namespace {

constexpr std::array<int, 2> kDistancesMm = {5, 10};
constexpr std::size_t kBins = 100;
constexpr double kLowestHu = -1000;
constexpr double kHighestHu = 500;
constexpr double kBinHu = (kHighestHu - kLowestHu) / static_cast<double>(kBins);

/// Counts of the values within range; bins are half-open, the last one closed.
class Histogram {
 public:
  void add(double hu) {
    if (!(hu >= kLowestHu && hu <= kHighestHu)) return;
    ++counts_[std::min(static_cast<std::size_t>((hu - kLowestHu) / kBinHu), kBins - 1)];
    ++total_;
  }
  std::int64_t total() const { return total_; }
  /// Shares, rounded to single precision as the released code hands them to OpenCV.
  std::array<double, kBins> shares() const {
    std::array<double, kBins> shares{};
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double share = static_cast<double>(counts_[bin]) / (static_cast<double>(total_) + 1e-10);
      shares[bin] = static_cast<double>(static_cast<float>(share));
    }
    return shares;
  }

 private:
  std::array<std::int64_t, kBins> counts_{};
  std::int64_t total_ = 0;
};

/// OpenCV's documented histogram comparisons: correlation, chi-square, intersection, Bhattacharyya.
std::array<double, 4> compare(const std::array<double, kBins>& p, const std::array<double, kBins>& q) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double sum_p = 0, sum_q = 0, sum_pp = 0, sum_qq = 0, sum_pq = 0;
  double chi_square = 0, intersection = 0, roots = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    sum_p += p[bin];
    sum_q += q[bin];
    sum_pp += p[bin] * p[bin];
    sum_qq += q[bin] * q[bin];
    sum_pq += p[bin] * q[bin];
    if (p[bin] > kEpsilon) chi_square += (p[bin] - q[bin]) * (p[bin] - q[bin]) / p[bin];
    intersection += std::min(p[bin], q[bin]);
    roots += std::sqrt(p[bin] * q[bin]);
  }
  constexpr double kScale = 1.0 / static_cast<double>(kBins);
  const double variances = (sum_pp - sum_p * sum_p * kScale) * (sum_qq - sum_q * sum_q * kScale);
  const double correlation =
      std::abs(variances) > kEpsilon ? (sum_pq - sum_p * sum_q * kScale) / std::sqrt(variances) : 1.0;
  const double bhattacharyya = std::sqrt(std::max(1.0 - roots / std::sqrt(sum_p * sum_q), 0.0));
  return {correlation, chi_square, intersection, bhattacharyya};
}

std::array<std::string, kReferenceFeatureCount> make_names() {
  std::array<std::string, kReferenceFeatureCount> names;
  std::size_t at = 0;
  for (const int distance : kDistancesMm) {
    for (const std::string_view regions : {"inner_vs_outer", "core_vs_outer", "core_vs_inner"}) {
      for (const std::string_view measure : {"correl", "chisqr", "intersect", "bhattacharyya"}) {
        names[at++] = fmt::format("{}_{}_{}mm", regions, measure, distance);
      }
    }
  }
  return names;
}

bool same_grid(const Grid& a, const Grid& b) {
  const GridMatch match = match_grids(a, b, image::kSnapToleranceVoxels);
  return a.size() == b.size() && match.same_sampling && match.fixed_from_moving.linear.isIdentity(0.5) &&
         match.fixed_from_moving.offset.isZero(0.5);
}

Box box_of(const Mask& mask) {
  Region region;
  region.runs = runs_of(mask);
  return region.bounding_box();
}

Mask cropped(const Mask& mask, const Box& box) {
  Region region;
  region.runs = runs_of(mask);
  return dense_mask(mask.grid, region, box);
}

}  // namespace

const std::array<std::string, kReferenceFeatureCount>& reference_feature_names() {
  static const auto kNames = make_names();
  return kNames;
}

Result<std::array<double, kReferenceFeatureCount>> reference_family(const Image& image, const Mask& tumour,
                                                                    const Mask& lung, double spacing_x_mm) {
  for (const Mask* mask : {&tumour, &lung}) {
    if (!same_grid(image.grid, mask->grid)) {
      return fail(ErrorCode::kInconsistent,
                  "image, tumour and lung must lie on one grid: resample the masks to the image first");
    }
  }
  if (!(spacing_x_mm > 0) || !std::isfinite(spacing_x_mm)) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("the spacing must be a positive number of mm, not {}", spacing_x_mm));
  }
  Box box = box_of(tumour);
  if (box.empty()) return fail(ErrorCode::kUndefined, "the tumour mask has no voxels");

  // nearbyint rounds half to even, as numpy does.
  std::array<double, 2> pixels{};
  for (std::size_t d = 0; d < 2; ++d) pixels[d] = std::nearbyint(kDistancesMm[d] / spacing_x_mm);
  // At least one pixel of surroundings: the distance inside a slice needs its zeros. No image is wider than kMaxAxis.
  const auto margin = static_cast<std::int64_t>(std::clamp(pixels[1], 1.0, static_cast<double>(kMaxAxis)));
  for (std::size_t axis = 0; axis < 2; ++axis) {
    box.lo[axis] -= margin;
    box.hi[axis] += margin;
  }
  box = intersection(box, image.grid.box());

  const Mask near_tumour = cropped(tumour, box);
  Mask elsewhere = near_tumour;
  for (auto& voxel : elsewhere.voxels) voxel = voxel == 0 ? 1 : 0;
  const Volume<double> depth2 = image::slice_squared_distance_pixels(near_tumour);
  const Volume<double> away2 = image::slice_squared_distance_pixels(elsewhere);

  Histogram core, inner;
  std::array<Histogram, 2> outer;
  const Size3 size = box.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    const auto slice = static_cast<std::ptrdiff_t>(depth2.offset(0, 0, k));
    const double deepest2 =
        *std::max_element(depth2.voxels.begin() + slice, depth2.voxels.begin() + slice + size[0] * size[1]);
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const std::size_t n = depth2.offset(i, j, k);
        const std::size_t whole = image.offset(i + box.lo[0], j + box.lo[1], k + box.lo[2]);
        const double hu = image.voxels[whole];
        const bool in_tumour = near_tumour.voxels[n] != 0;
        // depth > deepest / 2, squared; false where both are infinite (a slice that is all tumour).
        if (in_tumour) (4 * depth2.voxels[n] > deepest2 && std::isfinite(deepest2) ? core : inner).add(hu);
        if (!in_tumour && lung.voxels[whole] == 0) continue;
        for (std::size_t d = 0; d < 2; ++d) {
          if (away2.voxels[n] <= pixels[d] * pixels[d]) outer[d].add(hu);
        }
      }
    }
  }
  if (core.total() == 0 || inner.total() == 0 || outer[0].total() == 0) {
    return fail(
        ErrorCode::kUndefined,
        fmt::format("a region is empty (voxels within -1000 to 500 HU: core {}, inner {}, outer {}): the tumour "
                    "is too thin, or the image is not CT in HU",
                    core.total(), inner.total(), outer[0].total()));
  }

  std::array<double, kReferenceFeatureCount> features{};
  auto next = features.begin();
  for (const Histogram& around : outer) {
    using Pair = std::pair<const Histogram*, const Histogram*>;
    for (const auto& [p, q] : {Pair{&inner, &around}, Pair{&core, &around}, Pair{&core, &inner}}) {
      const auto block = compare(p->shares(), q->shares());
      next = std::copy(block.begin(), block.end(), next);
    }
  }
  return features;
}

}  // namespace radtype::texture
