// A pose that belongs to the tumour, for the few numbers and pictures that need one.
#pragma once

#include "radtype/shape/spectrum.h"

namespace radtype::shape {

struct CanonicalPose {
  /// Columns: longest, middle, shortest axis of the first-order ellipsoid, right-handed.
  Eigen::Matrix3d object_axes;   ///< in LPS
  Eigen::Matrix3d sphere_axes;   ///< the places on the sphere that the map sends there
  Eigen::Vector3d semi_axes_mm;  ///< of the first-order ellipsoid, descending
  Eigen::Vector3d skewness;      ///< third standardised moment of the surface along each axis; >= 0 for two
  bool axes_ambiguous = false;   ///< two semi-axes within kSameAxes of each other
  bool signs_ambiguous = false;  ///< the first or second skewness is under kNoSkewness
};
inline constexpr double kSameAxes = 0.05;
inline constexpr double kNoSkewness = 0.02;

/// First-order ellipsoid of the fit (brechbuehler1995); signs so that the first two axes have positive third moments.
CanonicalPose canonical_pose(const Spectrum& spectrum);

/// Coefficients of the same surface and map with object and sphere turned into the pose, centred: row 0 is zero.
HarmonicFit fit_in_pose(const Spectrum& spectrum, const CanonicalPose& pose);

/// "Skewness" of one degree in the reference's code (wu2021): entropy of the power over the 2l + 1 complex orders, with
/// their 1e-5 inside the logarithm, which adds (2l + 1) 1e-5.
double reference_entropy(const std::vector<double>& power_by_order);

}  // namespace radtype::shape
