// Smooth random fields: normal numbers on a lattice, blended by cubic B-splines.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

namespace radtype::simulate {

/// A Gaussian field of mean 0 and standard deviation 1 (averaged over places within a cell) whose correlation falls to
/// a half at about 0.8 of `spacing_mm`. Defined within the box; its border value goes on outside.
class LatticeField {
 public:
  LatticeField(std::uint64_t seed, const Eigen::Vector3d& low_mm, const Eigen::Vector3d& high_mm, double spacing_mm);
  double value(const Eigen::Vector3d& point_mm) const;

 private:
  Eigen::Vector3d low_mm_;
  double spacing_mm_;
  std::array<std::int64_t, 3> size_{};
  std::vector<float> nodes_;
};

}  // namespace radtype::simulate
