// Family 2: how intensity is ordered from the centre to the surface and beyond, and to one side.
#pragma once

#include <optional>

#include "radtype/texture/neighbourhood.h"

namespace radtype::texture {

/// Ranks refer to the tumour (or ring) with every zone of equal weight, so that the many voxels near the surface do not
/// outvote the centre. "Signed" values change their sign when the order of intensities is reversed, others nothing.
struct RadialProfile {
  double monotonicity = 0;  ///< signed, -1..1: weighted Spearman of intensity and depth; positive: brighter centre
  double curvature = 0;     ///< signed: second Legendre coefficient of the profile; positive: brighter at both ends
  /// Share of the rank variance between depth zones, 0 expected for shuffled voxels, 1 for intensity fixed by depth.
  double explained = 0;
};
/// Nothing with fewer than four zones, kFewestVoxels voxels, or when all are of one intensity.
std::optional<RadialProfile> radial_profile(const Neighbourhood& around);
/// Signed, -1..1: Spearman of intensity and distance from the surface within the ring.
std::optional<double> ring_monotonicity(const Neighbourhood& around);

/// Of the voxels of the tumour, equally weighted; lengths over the radius of the ball of the same volume.
struct Asymmetry {
  double polarity = 0;         ///< length of the covariance of rank and place over their spreads: 0 even, <= 1
  double bright_offset = 0;    ///< distance of the brightest quarter's centroid from the tumour's
  double dark_offset = 0;      ///< likewise the darkest quarter; reversal exchanges the two
  double tail_separation = 0;  ///< distance between the two
};
/// Nothing under kFewestVoxels voxels, or when less than an eighth of the voxels is bright or dark (heavily tied).
std::optional<Asymmetry> asymmetry(const Neighbourhood& around);

/// Mean rank (-1..1, tumour and ring weighing one half each) of every zone; unset where it is empty. For pictures.
std::array<std::optional<double>, kZones> zone_means(const Neighbourhood& around);

}  // namespace radtype::texture
