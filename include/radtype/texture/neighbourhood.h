// A tumour and its surroundings as ranks on an isotropic grid: what every heterogeneity feature is computed from.
//
// Intensities enter as their order alone. Native voxels of the neighbourhood get integer mid-ranks; these, not the
// intensities, are interpolated (in integers), and ranked again. So every strictly increasing map of intensity leaves
// all that follows unchanged to the last bit, and a decreasing one changes every rank's sign and nothing else.
// Definitions and proof: docs/methods/heterogeneity.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "radtype/core/volume.h"

namespace radtype::texture {

/// Zone of a voxel. 1..8: inside the tumour, by eighths of the greatest depth (1 touches the surface); 9..12: the ring,
/// by quarters of its 10 mm, inside the tissue; 0: neither.
using Zone = std::uint8_t;
inline constexpr Zone kDepthZones = 8;
inline constexpr Zone kRingZones = 4;
inline constexpr Zone kZones = 1 + kDepthZones + kRingZones;
inline bool in_tumour(Zone zone) { return zone >= 1 && zone <= kDepthZones; }
inline constexpr double kRingMm = 10;
inline constexpr double kWorkingSpacingMm = 1;
/// A region with fewer voxels has no features.
inline constexpr std::int64_t kFewestVoxels = 30;
inline constexpr int kRankScale = 32767;

/// Mid-ranks of one voxel, from -kRankScale (darkest) to kRankScale.
struct RankPair {
  std::int16_t around = 0;  ///< in tumour and ring, where each weighs one half; in the tumour alone without a ring
  /// Within the tumour, of ranks smoothed there to 3.3 mm full width at half maximum: what scanners of unlike
  /// resolution and noise have in common. 0 in the ring.
  std::int16_t inside = 0;
};

/// Voxels that share one rank, counted by zone; blocks come in ascending order of intensity.
using BlockCounts = std::array<std::int64_t, kZones>;

struct Neighbourhood {
  Grid grid;  ///< isotropic; a voxel or the corner of eight lies at the centre of the tumour's box; axes as the image's
  std::vector<Zone> zones;                    ///< one per voxel of `grid`
  std::vector<RankPair> ranks;                ///< likewise; {0, 0} in zone 0
  std::array<std::int64_t, kZones> counts{};  ///< voxels by zone; [0] unused
  std::int64_t tumour_voxels = 0;
  double radius_mm = 0;             ///< of the ball with as many voxels
  double deepest_mm = 0;            ///< greatest depth below the surface; 0 where the tumour fills the image
  std::int64_t unknown_voxels = 0;  ///< native voxels of the tumour whose intensity is no finite number, left out

  /// Order of intensity << 4 | zone of every voxel outside zone 0, ascending.
  std::vector<std::uint32_t> sorted;
  /// Calls visit(const BlockCounts&) for every block of one rank, in ascending order.
  template <class Visit>
  void for_each_block(Visit&& visit) const {
    for (std::size_t first = 0, next = 0; first < sorted.size(); first = next) {
      BlockCounts counts_of_block{};
      for (; next < sorted.size() && (sorted[next] >> 4) == (sorted[first] >> 4); ++next) {
        ++counts_of_block[sorted[next] & 15U];
      }
      visit(counts_of_block);
    }
  }
};

/// Smallest box of the working grid that holds the tumour.
Box tumour_box(const Neighbourhood& around);

/// image, tumour and tissue (or null: no limit) on one grid. Voxels of the image that are not finite are left out.
/// kUndefined, with the reason, when the tumour has no voxel on the working grid or none with a finite intensity;
/// kInconsistent for unequal grids; kTooLarge over 2^26 voxels. Memory beside the arguments: 12 bytes a voxel of the
/// tumour's box with 13 mm around it where the image has voxels of 1 mm (bench_heterogeneity), and the distance map of
/// the native outline, 13 bytes a native voxel, where it has not.
Result<Neighbourhood> make_neighbourhood(const Image& image, const Mask& tumour, const Mask* tissue);

}  // namespace radtype::texture
