#include "radtype/texture/neighbourhood.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>

#include <fmt/format.h>

#include "radtype/image/region.h"
#include "texture/mid_ranks.h"
#include "texture/voxel_distance.h"

namespace radtype::texture {
namespace {

constexpr std::int64_t kMostVoxels = std::int64_t{1} << 26;
// Places between native voxels are counted in parts, so that weights are integers and add up the same in any order.
constexpr std::int64_t kParts = 256;
constexpr std::int64_t kWholeWeight = kParts * kParts * kParts;
// A place on the outline is outside whatever the rounding.
constexpr double kTieShareOfSpacing = 1e-6;
constexpr unsigned kZoneBits = 4;
constexpr unsigned kKeyBits = 32 - kZoneBits;
// Binomial weights over 4 voxels to either side: a standard deviation of sqrt(2) voxels.
constexpr std::int64_t kSmoothingReach = 4;
constexpr std::array<std::int32_t, 2 * kSmoothingReach + 1> kBinomial = {1, 8, 28, 56, 70, 56, 28, 8, 1};
constexpr std::int64_t kSmoothedParts = 16;
constexpr std::int32_t kUnranked = std::numeric_limits<std::int32_t>::min();

/// Where the working grid's planes along one axis lie between the native ones.
struct Axis {
  /// Every plane is a native one.
  bool native() const {
    return std::all_of(places.begin(), places.end(), [](const Place& place) { return place.part == 0; }) &&
           places.back().lower - places.front().lower + 1 == static_cast<std::int64_t>(places.size());
  }
  struct Place {
    std::int64_t lower;  ///< native index
    std::int64_t upper;  ///< the next one; the same at the last
    std::int64_t part;   ///< of the way from lower to upper, in 1 / kParts
  };
  std::vector<Place> places;
  double first_index = 0;  ///< of the first plane, native, not clamped
};

/// Distance of the nearest working plane to the middle between two native ones, at which a voxel's membership would be
/// a toss-up.
double distance_to_faces(std::int64_t twice_centre, double shift, double step, std::int64_t planes) {
  double nearest = 0.5;
  for (std::int64_t m = 0; m <= planes; ++m) {
    const double at = 0.5 * static_cast<double>(twice_centre) + (static_cast<double>(m) + shift) * step;
    nearest = std::min(nearest, std::abs(at - std::floor(at) - 0.5));
  }
  return nearest;
}

/// Planes symmetric about the middle of lo..hi, so that flips of the image flip the planes; `step` is their spacing in
/// native voxels.
Axis make_axis(std::int64_t lo, std::int64_t hi, std::int64_t native_size, double step, double margin_voxels) {
  const std::int64_t twice_centre = lo + hi - 1;
  const double half = 0.5 * static_cast<double>(hi - lo) + margin_voxels;
  const auto planes = static_cast<std::int64_t>(half / step) + 1;
  const bool between =
      distance_to_faces(twice_centre, 0.5, step, planes) > distance_to_faces(twice_centre, 0, step, planes);
  const double shift = between ? 0.5 : 0;
  Axis axis;
  const std::int64_t last = kParts * (native_size - 1);
  const auto add = [&](std::int64_t at) {
    if (at < -kParts / 2 || at > last + kParts / 2) return;
    if (axis.places.empty()) axis.first_index = static_cast<double>(at) / static_cast<double>(kParts);
    const std::int64_t inside = std::clamp<std::int64_t>(at, 0, last);
    const std::int64_t lower = inside / kParts;
    axis.places.push_back({lower, std::min(lower + 1, native_size - 1), inside % kParts});
  };
  const auto offset = [&](std::int64_t m) {
    return std::llround((static_cast<double>(m) + shift) * step * static_cast<double>(kParts));
  };
  const std::int64_t centre = twice_centre * kParts / 2;
  for (std::int64_t m = planes; m >= (between ? 0 : 1); --m) add(centre - offset(m));
  for (std::int64_t m = 0; m <= planes; ++m) add(centre + offset(m));
  return axis;
}

/// The eight native voxels around a working one and their weights, which add up to kWholeWeight.
struct Corners {
  std::array<std::int64_t, 2> i, j, k;
  std::array<std::int64_t, 2> wi, wj, wk;

  Corners(const Axis::Place& x, const Axis::Place& y, const Axis::Place& z)
      : i{x.lower, x.upper},
        j{y.lower, y.upper},
        k{z.lower, z.upper},
        wi{kParts - x.part, x.part},
        wj{kParts - y.part, y.part},
        wk{kParts - z.part, z.part} {}
};

/// sum / weight rounded down plus the same rounded up: a rounding that a change of sign commutes with.
std::int64_t twice_rounded(std::int64_t sum, std::int64_t weight) {
  const auto rounded = [](std::int64_t quotient, std::int64_t rest) {
    return 2 * quotient + (rest > 0 ? 1 : rest < 0 ? -1 : 0);
  };
  // The most frequent weight by far, and no division.
  if (weight == kWholeWeight) return rounded(sum / kWholeWeight, sum % kWholeWeight);
  return rounded(sum / weight, sum % weight);
}

class Builder {
 public:
  Builder(const Image& image, const Mask& tumour, const Mask* tissue)
      : image_(image), tumour_(tumour), tissue_(tissue) {}

  Result<Neighbourhood> build() {
    const Box box = inside_box(tumour_);
    if (box.empty()) return fail(ErrorCode::kUndefined, "the tumour mask has no voxels");
    crop_around(box);
    if (native_box_.voxel_count() > kMostVoxels) {
      return fail(
          ErrorCode::kTooLarge,
          fmt::format("the tumour and 10 mm around it span {} voxels; at most {} are ranked: resample the image",
                      native_box_.voxel_count(), kMostVoxels));
    }
    if (auto placed = place_planes(box); !placed) return pass_on(std::move(placed));
    // Where the grids are one nothing is interpolated, and only voxels of a zone need a rank.
    on_native_grid_ = std::all_of(axes_.begin(), axes_.end(), [](const Axis& axis) { return axis.native(); });
    if (!on_native_grid_) choose_native_voxels();
    if (auto zoned = make_zones(); !zoned) return pass_on(std::move(zoned));
    if (on_native_grid_) choose_native_voxels();
    rank();
    if (result_.tumour_voxels == 0) {
      return fail(ErrorCode::kUndefined, "no voxel of the tumour has a finite intensity");
    }
    smooth_inside();
    return std::move(result_);
  }

 private:
  void crop_around(const Box& box) {
    native_box_ = box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double reach = (kRingMm + kWorkingSpacingMm) / tumour_.grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
      native_box_.lo[axis] -= static_cast<std::int64_t>(reach) + 2;
      native_box_.hi[axis] += static_cast<std::int64_t>(reach) + 2;
    }
    native_box_ = intersection(native_box_, tumour_.grid.box());
  }

  Result<void> place_planes(const Box& box) {
    Size3 size{};
    Point<Index> first;
    const Eigen::Vector3d native_mm = tumour_.grid.spacing_mm();
    for (std::size_t n = 0; n < 3; ++n) {
      const auto row = static_cast<Eigen::Index>(n);
      const double step = kWorkingSpacingMm / native_mm[row];
      axes_[n] = make_axis(box.lo[n] - native_box_.lo[n], box.hi[n] - native_box_.lo[n], native_box_.size()[n], step,
                           (kRingMm + kWorkingSpacingMm) / native_mm[row]);
      size[n] = static_cast<std::int64_t>(axes_[n].places.size());
      first.v[row] = axes_[n].first_index + static_cast<double>(native_box_.lo[n]);
    }
    if (size[0] * size[1] * size[2] == 0) {
      return fail(ErrorCode::kUndefined, fmt::format("the image holds no voxel of a {} mm grid", kWorkingSpacingMm));
    }
    if (size[0] * size[1] * size[2] > kMostVoxels) {
      return fail(ErrorCode::kTooLarge, fmt::format("the tumour and 10 mm around it span {} x {} x {} voxels of {} mm; "
                                                    "at most {} are ranked",
                                                    size[0], size[1], size[2], kWorkingSpacingMm, kMostVoxels));
    }
    auto grid = make_grid(size, Eigen::Vector3d::Constant(kWorkingSpacingMm), tumour_.grid.direction(),
                          tumour_.grid.lps_from_index()(first).v);
    if (!grid) return fail(grid.error().code(), grid.error().to_string());
    result_.grid = *grid;
    return {};
  }

  std::size_t whole_offset(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return image_.offset(i + native_box_.lo[0], j + native_box_.lo[1], k + native_box_.lo[2]);
  }

  /// Voxels that are ranked: the tumour, and the tissue as far as the working ring may reach between voxels.
  void choose_native_voxels() {
    Region region;
    region.runs = runs_of(tumour_);
    Mask native = dense_mask(tumour_.grid, region, native_box_);
    if (!on_native_grid_) {
      const bool fills_image =
          std::all_of(native.voxels.begin(), native.voxels.end(), [](std::uint8_t in) { return in != 0; });
      distance_ = fills_image ? Volume<float>(native.grid, -1.0F) : image::signed_distance_mm(native);
    }
    const auto reach = static_cast<float>(kRingMm + tumour_.grid.spacing_mm().maxCoeff());
    const Size3 size = native_box_.size();
    std::vector<std::uint32_t> keys;
    std::size_t n = 0;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
          const std::size_t whole = whole_offset(i, j, k);
          const bool inside = native.voxels[n] != 0;
          const bool finite = std::isfinite(image_.voxels[whole]);
          if (inside && !finite) ++result_.unknown_voxels;
          const bool near = on_native_grid_ ? zone_of_native(i, j, k) != 0 : distance_.voxels[n] <= reach;
          const bool in_ring = near && (tissue_ == nullptr || tissue_->voxels[whole] != 0);
          native.voxels[n] = finite && (inside || in_ring) ? 1 : 0;
          if (native.voxels[n] != 0) keys.push_back(ordered_key(image_.voxels[whole]));
        }
      }
    }
    ranked_ = std::move(native.voxels);
    const auto count = static_cast<std::int64_t>(keys.size());
    rank_factor_ = 1;
    while (4 * rank_factor_ * count < (std::int64_t{1} << (kKeyBits - 1)) && rank_factor_ < 16) rank_factor_ *= 2;
    native_ranks_ = std::make_unique<MidRanks>(std::move(keys));
  }

  /// Where the grids are one; 0 beyond the working one.
  Zone zone_of_native(std::int64_t i, std::int64_t j, std::int64_t k) const {
    const Size3& size = result_.grid.size();
    const std::int64_t x = i - axes_[0].places.front().lower, y = j - axes_[1].places.front().lower,
                       z = k - axes_[2].places.front().lower;
    if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) return 0;
    return result_.zones[static_cast<std::size_t>((z * size[1] + y) * size[0] + x)];
  }

  double distance_at(const Corners& at) const {
    double sum = 0;
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t a = 0; a < 2; ++a) {
          const auto weight = static_cast<double>(at.wi[a] * at.wj[b] * at.wk[c]);
          sum += weight * static_cast<double>(distance_.at(at.i[a], at.j[b], at.k[c]));
        }
      }
    }
    return sum / static_cast<double>(kWholeWeight);
  }

  template <class Visit>
  void for_each_voxel(Visit&& visit) const {
    std::size_t n = 0;
    for (const Axis::Place& z : axes_[2].places) {
      for (const Axis::Place& y : axes_[1].places) {
        for (const Axis::Place& x : axes_[0].places) visit(n++, Corners(x, y, z));
      }
    }
  }

  /// Zones by distance alone; rank() empties those of voxels that have no rank.
  Result<void> make_zones() {
    const Size3& size = result_.grid.size();
    std::vector<std::uint8_t> inside(static_cast<std::size_t>(result_.grid.voxel_count()));
    const double limit = -kTieShareOfSpacing * tumour_.grid.spacing_mm().minCoeff();
    for_each_voxel([&](std::size_t n, const Corners& at) {
      const bool in =
          on_native_grid_ ? tumour_.voxels[whole_offset(at.i[0], at.j[0], at.k[0])] != 0 : distance_at(at) < limit;
      inside[n] = in ? 1 : 0;
    });
    distance_ = {};
    const auto voxels = std::count(inside.begin(), inside.end(), std::uint8_t{1});
    if (voxels == 0) {
      return fail(ErrorCode::kUndefined, fmt::format("the tumour holds no voxel of a {} mm grid", kWorkingSpacingMm));
    }
    result_.radius_mm = kWorkingSpacingMm * std::cbrt(3 * static_cast<double>(voxels) / (4 * std::numbers::pi));
    result_.zones.assign(inside.size(), 0);
    if (voxels == static_cast<std::ptrdiff_t>(inside.size())) {
      std::fill(result_.zones.begin(), result_.zones.end(), Zone{1});
      return {};
    }
    // The surface runs half way between an inside voxel and its outside neighbour.
    const auto reach = static_cast<std::int64_t>(std::ceil(kRingMm / kWorkingSpacingMm + 0.5));
    const std::vector<std::int16_t> squares = signed_squared_distances(inside, size, reach);
    const auto from_surface_mm = [](int square) {
      return kWorkingSpacingMm * (std::sqrt(static_cast<double>(std::abs(square))) - 0.5);
    };
    const std::int16_t deepest = *std::min_element(squares.begin(), squares.end());
    result_.deepest_mm = from_surface_mm(deepest);
    std::vector<Zone> zone_of_depth{0}, zone_of_ring{0};  // by square, which is at least 1
    for (int square = 1; square <= -deepest; ++square)
      zone_of_depth.push_back(
          static_cast<Zone>(std::ceil(kDepthZones * (from_surface_mm(square) / result_.deepest_mm))));
    for (int square = 1; from_surface_mm(square) <= kRingMm; ++square)
      zone_of_ring.push_back(
          static_cast<Zone>(kDepthZones + std::ceil(from_surface_mm(square) * (kRingZones / kRingMm))));
    for (std::size_t n = 0; n < result_.zones.size(); ++n) {
      if (squares[n] < 0) {
        result_.zones[n] = zone_of_depth[static_cast<std::size_t>(-squares[n])];
      } else if (static_cast<std::size_t>(squares[n]) < zone_of_ring.size()) {
        result_.zones[n] = zone_of_ring[static_cast<std::size_t>(squares[n])];
      }
    }
    return {};
  }

  /// Centred ranks of the voxels of one native slice.
  struct Slice {
    std::int64_t k = -1;
    std::vector<std::int32_t> ranks;
    std::vector<std::uint8_t> inside;
  };
  const Slice& slice_ranks(std::int64_t k) {
    auto& held = slices_[static_cast<std::size_t>(k & 1)];
    if (held.k == k) return held;
    held.k = k;
    const Size3 size = native_box_.size();
    held.ranks.resize(static_cast<std::size_t>(size[0] * size[1]));
    held.inside.resize(held.ranks.size());
    const std::size_t first = static_cast<std::size_t>(k) * held.ranks.size();
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const auto n = static_cast<std::size_t>(j * size[0] + i);
        const bool has_rank = ranked_[first + n] != 0;
        held.inside[n] = tumour_.voxels[whole_offset(i, j, k)];
        held.ranks[n] = has_rank ? (*native_ranks_)(ordered_key(image_.voxels[whole_offset(i, j, k)])) : kUnranked;
      }
    }
    return held;
  }

  /// Interpolated order of a working voxel, as an unsigned key; 0 where less than half of the weight is ranked, or less
  /// than half of it outside the tumour for a voxel of the ring.
  std::uint32_t key_at(const Corners& at, const std::array<const Slice*, 2>& slices, bool in_ring) const {
    const std::int64_t row = native_box_.size()[0];
    if (on_native_grid_) {
      const auto corner = static_cast<std::size_t>(at.j[0] * row + at.i[0]);
      const std::int32_t rank = slices[0]->ranks[corner];
      if (rank == kUnranked || (in_ring && slices[0]->inside[corner] != 0)) return 0;
      return static_cast<std::uint32_t>(2 * rank * rank_factor_ + (std::int64_t{1} << (kKeyBits - 1)));
    }
    std::int64_t weight = 0, weight_outside = 0, sum = 0;
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t a = 0; a < 2; ++a) {
          const std::int64_t w = at.wi[a] * at.wj[b] * at.wk[c];
          if (w == 0) continue;
          const auto corner = static_cast<std::size_t>(at.j[b] * row + at.i[a]);
          const std::int32_t rank = slices[c]->ranks[corner];
          if (rank == kUnranked) continue;
          weight += w;
          if (slices[c]->inside[corner] == 0) weight_outside += w;
          sum += w * rank;
        }
      }
    }
    if (2 * (in_ring ? weight_outside : weight) < kWholeWeight) return 0;
    return static_cast<std::uint32_t>(twice_rounded(sum * rank_factor_, weight) + (std::int64_t{1} << (kKeyBits - 1)));
  }

  void rank() {
    const Size3 size = result_.grid.size();
    result_.ranks.resize(result_.zones.size());
    const auto zoned = std::count_if(result_.zones.begin(), result_.zones.end(), [](Zone zone) { return zone != 0; });
    result_.sorted.reserve(static_cast<std::size_t>(zoned));
    std::size_t n = 0;
    for (const Axis::Place& z : axes_[2].places) {
      const Slice& lower = slice_ranks(z.lower);
      const Slice& upper = slice_ranks(z.upper);
      for (const Axis::Place& y : axes_[1].places) {
        for (const Axis::Place& x : axes_[0].places) {
          const Zone zone = result_.zones[n];
          const std::uint32_t key = zone != 0 ? key_at(Corners(x, y, z), {&lower, &upper}, !in_tumour(zone)) : 0;
          if (key == 0) {
            result_.zones[n] = 0;
          } else {
            result_.sorted.push_back(key << kZoneBits | result_.zones[n]);
            ++result_.counts[result_.zones[n]];
          }
          // Until the ranks are known, the voxel holds its key.
          result_.ranks[n++] = std::bit_cast<RankPair>(key);
        }
      }
    }
    RADTYPE_CHECK(n == static_cast<std::size_t>(size[0] * size[1] * size[2]));
    for (Zone zone = 1; zone <= kDepthZones; ++zone) result_.tumour_voxels += result_.counts[zone];
    native_ranks_.reset();
    ranked_ = {};
    sort_keys(result_.sorted);
    replace_keys_by_ranks();
  }

  void replace_keys_by_ranks() {
    std::vector<std::uint32_t> keys;
    std::vector<RankPair> pairs;
    std::int64_t inside_total = 0, ring_total = 0;
    for (Zone zone = 1; zone < kZones; ++zone) {
      (zone <= kDepthZones ? inside_total : ring_total) += result_.counts[zone];
    }
    const auto rounded = [](double centred) { return static_cast<std::int16_t>(std::lround(kRankScale * centred)); };
    std::int64_t inside_below = 0, ring_below = 0;
    std::size_t at = 0;
    result_.for_each_block([&](const BlockCounts& block) {
      std::int64_t inside = 0, ring = 0;
      for (Zone zone = 1; zone < kZones; ++zone) (zone <= kDepthZones ? inside : ring) += block[zone];
      const auto centred = [](std::int64_t below, std::int64_t here, std::int64_t total) {
        return total == 0 ? 0.0 : static_cast<double>(2 * below + here - total) / static_cast<double>(total);
      };
      const double among_inside = centred(inside_below, inside, inside_total);
      const double among_ring = centred(ring_below, ring, ring_total);
      keys.push_back(result_.sorted[at] >> kZoneBits);
      pairs.push_back({rounded(ring_total == 0 ? among_inside : 0.5 * (among_inside + among_ring)),
                       inside == 0 ? std::int16_t{0} : rounded(among_inside)});
      at += static_cast<std::size_t>(inside + ring);
      inside_below += inside;
      ring_below += ring;
    });
    const KeyIndex index(std::move(keys));
    for (std::size_t n = 0; n < result_.ranks.size(); ++n) {
      RankPair& voxel = result_.ranks[n];
      if (result_.zones[n] == 0) {
        voxel = {};
        continue;
      }
      voxel = pairs[index(std::bit_cast<std::uint32_t>(voxel))];
      if (result_.zones[n] > kDepthZones) voxel.inside = 0;
    }
  }

  /// Replaces the ranks within the tumour by the mid-ranks of their weighted means over neighbours in the tumour.
  /// Weights are binomial integers: within a plane they add up to 2^16, so that sums of ranks fit 32 bits, and those
  /// over planes are exact in double.
  void smooth_inside() {
    const Box box = tumour_box(result_);
    const Size3 size = box.size();
    const Size3& whole = result_.grid.size();
    // Room for what a pass moves out of the box and a later one back.
    const std::int64_t width = size[0] + 2 * kSmoothingReach, height = size[1] + 2 * kSmoothingReach;
    struct Plane {
      std::vector<std::int32_t> ranks, weights;
    };
    std::array<Plane, 2 * kSmoothingReach + 1> planes;
    std::vector<std::int32_t> spare(static_cast<std::size_t>(width * height));
    const auto row_of_grid = [&](std::int64_t j, std::int64_t k) {
      return static_cast<std::size_t>(((box.lo[2] + k) * whole[1] + box.lo[1] + j) * whole[0] + box.lo[0]);
    };
    const auto row_of_plane = [&](std::int64_t j) {
      return static_cast<std::size_t>((j + kSmoothingReach) * width + kSmoothingReach);
    };
    const auto columns = static_cast<std::size_t>(size[0]);
    const auto fill = [&](std::int64_t k, Plane& plane) {
      plane.ranks.assign(static_cast<std::size_t>(width * height), 0);
      plane.weights.assign(static_cast<std::size_t>(width * height), 0);
      if (k >= size[2]) return;
      for (std::int64_t j = 0; j < size[1]; ++j) {
        const std::size_t n = row_of_plane(j), at = row_of_grid(j, k);
        for (std::size_t i = 0; i < columns; ++i) {
          const bool in = in_tumour(result_.zones[at + i]);
          plane.ranks[n + i] = in ? result_.ranks[at + i].inside : 0;
          plane.weights[n + i] = in ? 1 : 0;
        }
      }
      smooth_plane(plane.ranks, spare, width, height);
      smooth_plane(plane.weights, spare, width, height);
    };
    const auto held = [&](std::int64_t k) -> Plane& { return planes[static_cast<std::size_t>(k) % planes.size()]; };
    for (std::int64_t k = 0; k < kSmoothingReach; ++k) fill(k, held(k));

    std::vector<std::uint32_t> of_voxel;  // keys, in the order in which the tumour's voxels are met
    of_voxel.reserve(static_cast<std::size_t>(result_.tumour_voxels));
    std::vector<double> sums(columns);
    std::vector<std::int32_t> weights(columns);
    for (std::int64_t k = 0; k < size[2]; ++k) {
      fill(k + kSmoothingReach, held(k + kSmoothingReach));
      for (std::int64_t j = 0; j < size[1]; ++j) {
        std::fill(sums.begin(), sums.end(), 0.0);
        std::fill(weights.begin(), weights.end(), 0);
        for (std::int64_t d = -std::min(k, kSmoothingReach); d <= kSmoothingReach; ++d) {
          const Plane& plane = held(k + d);
          const std::int32_t binomial = kBinomial[static_cast<std::size_t>(d + kSmoothingReach)];
          add_row(plane.ranks.data() + row_of_plane(j), binomial, sums);
          add_row(plane.weights.data() + row_of_plane(j), binomial, weights);
        }
        const std::size_t at = row_of_grid(j, k);
        for (std::size_t i = 0; i < columns; ++i) {
          if (!in_tumour(result_.zones[at + i])) continue;
          const std::int64_t twice = twice_rounded(kSmoothedParts * static_cast<std::int64_t>(sums[i]), weights[i]);
          of_voxel.push_back(static_cast<std::uint32_t>(twice + 4 * kSmoothedParts * kRankScale));
        }
      }
    }
    const MidRanks ranks(of_voxel);
    const auto count = static_cast<double>(of_voxel.size());
    std::vector<std::int16_t> rounded;
    rounded.reserve(ranks.all().size());
    for (const std::int32_t rank : ranks.all())
      rounded.push_back(static_cast<std::int16_t>(std::lround(kRankScale * (static_cast<double>(rank) / count))));
    std::size_t next = 0;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        const std::size_t at = row_of_grid(j, k);
        for (std::size_t i = 0; i < columns; ++i) {
          if (in_tumour(result_.zones[at + i])) result_.ranks[at + i].inside = rounded[ranks.place(of_voxel[next++])];
        }
      }
    }
  }

  template <class Sum>
  static void add_row(const std::int32_t* row, std::int32_t weight, std::vector<Sum>& sums) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<Sum>(weight) * static_cast<Sum>(row[i]);
  }

  /// [1 2 1] kSmoothingReach times along rows and columns; what lies that near the plane's border must be 0.
  static void smooth_plane(std::vector<std::int32_t>& plane, std::vector<std::int32_t>& spare, std::int64_t width,
                           std::int64_t height) {
    for (std::int64_t pass = 0; pass < kSmoothingReach; ++pass) {
      for (std::int64_t j = 0; j < height; ++j) {
        const std::int32_t* from = plane.data() + j * width;
        std::int32_t* to = spare.data() + j * width;
        for (std::int64_t i = 1; i + 1 < width; ++i) to[i] = from[i - 1] + 2 * from[i] + from[i + 1];
        to[0] = 2 * from[0] + from[1];
        to[width - 1] = from[width - 2] + 2 * from[width - 1];
      }
      plane.swap(spare);
    }
    for (std::int64_t pass = 0; pass < kSmoothingReach; ++pass) {
      for (std::int64_t j = 0; j < height; ++j) {
        const std::int32_t* from = plane.data() + j * width;
        const std::int32_t* above = j > 0 ? from - width : from;
        const std::int32_t* below = j + 1 < height ? from + width : from;
        std::int32_t* to = spare.data() + j * width;
        if (j > 0 && j + 1 < height) {
          for (std::int64_t i = 0; i < width; ++i) to[i] = above[i] + 2 * from[i] + below[i];
        } else {
          const std::int32_t* other = j > 0 ? above : below;
          for (std::int64_t i = 0; i < width; ++i) to[i] = 2 * from[i] + other[i];
        }
      }
      plane.swap(spare);
    }
  }

  const Image& image_;
  const Mask& tumour_;
  const Mask* tissue_;
  Box native_box_;
  std::array<Axis, 3> axes_;
  bool on_native_grid_ = false;
  Volume<float> distance_;  // native, from the tumour's surface
  std::vector<std::uint8_t> ranked_;
  std::unique_ptr<MidRanks> native_ranks_;
  std::int64_t rank_factor_ = 1;
  std::array<Slice, 2> slices_;
  Neighbourhood result_;
};

bool same_sampling(const Grid& a, const Grid& b) {
  const GridMatch match = match_grids(a, b, image::kSnapToleranceVoxels);
  return a.size() == b.size() && match.same_sampling && match.fixed_from_moving.linear.isIdentity(0.5) &&
         match.fixed_from_moving.offset.isZero(0.5);
}

}  // namespace

Box tumour_box(const Neighbourhood& around) {
  const Size3 size = around.grid.size();
  Box box;
  std::size_t row = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j, row += static_cast<std::size_t>(size[0])) {
      const auto begin = around.zones.begin() + static_cast<std::ptrdiff_t>(row);
      const auto first = std::find_if(begin, begin + size[0], in_tumour);
      if (first == begin + size[0]) continue;
      const auto last =
          std::find_if(std::make_reverse_iterator(begin + size[0]), std::make_reverse_iterator(begin), in_tumour);
      box = bounding(box, Box{{first - begin, j, k}, {last.base() - begin, j + 1, k + 1}});
    }
  }
  return box;
}

Result<Neighbourhood> make_neighbourhood(const Image& image, const Mask& tumour, const Mask* tissue) {
  if (!same_sampling(image.grid, tumour.grid) || (tissue != nullptr && !same_sampling(image.grid, tissue->grid))) {
    return fail(ErrorCode::kInconsistent, "image, tumour and tissue must lie on one grid: resample the masks first");
  }
  return Builder(image, tumour, tissue).build();
}

}  // namespace radtype::texture
