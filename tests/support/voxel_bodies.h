// Bodies as voxel masks: a voxel is inside when its centre is.
#pragma once

#include <cmath>
#include <functional>

#include <Eigen/Geometry>

#include "radtype/core/volume.h"
#include "support/analytic_bodies.h"

namespace radtype::test {

using InsideTest = std::function<bool(const Eigen::Vector3d&)>;

/// A grid that holds the cube of +-half_mm around the origin with two voxels to spare; `offset` shifts the grid by
/// shares of a voxel.
inline Mask voxelise(const InsideTest& inside, double half_mm, const Eigen::Vector3d& spacing_mm,
                     const Eigen::Vector3d& offset = Eigen::Vector3d::Zero()) {
  Size3 size{};
  Eigen::Vector3d origin;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const auto reach = static_cast<std::int64_t>(std::ceil(half_mm / spacing_mm[a])) + 2;
    size[axis] = 2 * reach + 1;
    origin[a] = (-static_cast<double>(reach) + offset[a]) * spacing_mm[a];
  }
  Mask mask(*make_grid(size, spacing_mm, Eigen::Matrix3d::Identity(), origin));
  const auto lps = mask.grid.lps_from_index();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        mask.at(i, j, k) =
            inside(lps(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v) ? 1 : 0;
      }
    }
  }
  return mask;
}

inline InsideTest ball(double radius, const Eigen::Vector3d& centre = Eigen::Vector3d::Zero()) {
  return [=](const Eigen::Vector3d& p) { return (p - centre).norm() <= radius; };
}
inline InsideTest ellipsoid(const Eigen::Vector3d& semi_axes) {
  return [=](const Eigen::Vector3d& p) { return p.cwiseQuotient(semi_axes).norm() <= 1; };
}
inline InsideTest inside_of(const BodyOfRevolution& star_shaped) {
  return [=](const Eigen::Vector3d& p) {
    if (p.norm() < 1e-9) return true;
    const auto [r, z] = star_shaped.profile(std::acos(std::clamp(p[2] / p.norm(), -1.0, 1.0)));
    return p.norm() <= std::hypot(r, z);
  };
}
inline InsideTest torus(double big, double small, const Eigen::Vector3d& centre = Eigen::Vector3d::Zero()) {
  return [=](const Eigen::Vector3d& q) {
    const Eigen::Vector3d p = q - centre;
    return std::hypot(std::hypot(p[0], p[1]) - big, p[2]) <= small;
  };
}
inline InsideTest either(InsideTest a, InsideTest b) {
  return [=](const Eigen::Vector3d& p) { return a(p) || b(p); };
}
inline InsideTest rotated(InsideTest body, const Eigen::Matrix3d& rotation) {
  return [=](const Eigen::Vector3d& p) { return body(rotation.transpose() * p); };
}
/// A smooth star-shaped lump without symmetry, whose energies fall off with the degree as those of real tumours do
/// (0.4 at degree 2, a few hundredths at 15).
inline InsideTest lumpy(double radius) {
  return [=](const Eigen::Vector3d& p) {
    if (p.norm() < 1e-9) return true;
    const Eigen::Vector3d u = p.normalized();
    double log_r = 0;
    for (int n = 1; n <= 12; ++n) {
      const Eigen::Vector3d axis =
          Eigen::Vector3d(std::sin(2.1 * n), std::cos(3.7 * n), std::sin(5.3 * n + 1)).normalized();
      log_r += 0.45 / (n + 1) * std::sin(1.3 * n * u.dot(axis) + 0.7 * n);
    }
    return p.norm() <= radius * std::exp(log_r);
  };
}

}  // namespace radtype::test
