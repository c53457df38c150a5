// 3-D Zernike moment invariants of a mask's volume: no map, any topology, any number of parts.
#pragma once

#include <vector>

#include "radtype/core/volume.h"

namespace radtype::shape {

inline constexpr int kZernikeOrder = 12;
/// The root mean square distance of the volume to its centroid becomes this length; the Zernike functions belong to the
/// unit ball. A ball then ends at 0.516, a rod at 0.693, a 3 : 1 spheroid at 0.81.
inline constexpr double kZernikeGyration = 0.4;

struct ZernikeInvariants {
  int order = 0;
  std::vector<double> values;  ///< F_nl in the order of zernike_index
  double outside_share = 0;    ///< of the volume, beyond the unit ball (by voxel centres)

  double at(int n, int l) const;
};

/// Invariants F_nl exist for 0 <= l <= n with n - l even.
constexpr int zernike_index(int n, int l) { return (n + 1) * (n + 1) / 4 + l / 2; }
constexpr int zernike_count(int order) { return zernike_index(order + 1, (order + 1) % 2); }

/// F_nl = sqrt(sum over m of Omega_nlm^2) with Omega = (3/4 pi) integral of Z_nlm over the body, so that the unit ball
/// has F_00 = 1 (novotni2003). The body is centred on its centroid and scaled by kZernikeGyration; every voxel counts
/// as the cuboid that it is, integrated exactly. The same for turned and mirrored bodies but for the voxels' staircase.
/// `order` <= 20. An empty mask is kEmpty.
Result<ZernikeInvariants> zernike_invariants(const Mask& mask, int order = kZernikeOrder);

/// The same about `centre_mm` with `unit_mm` as radius of the unit ball, both in the mask's own axes from its first
/// voxel's centre: for comparison with closed forms.
ZernikeInvariants zernike_about(const Mask& mask, const Eigen::Vector3d& centre_mm, double unit_mm, int order);

}  // namespace radtype::shape
