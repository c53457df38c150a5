// Points, affine maps and sampling grids, with their frames in the type.
//
// One world frame: LPS millimetres (x to the patient's left, y posterior, z superior; DICOM, ITK).
// One index frame: integer index = voxel centre, first axis fastest in memory.
// See docs/concepts/frames.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <Eigen/Core>
#include <Eigen/LU>

#include "radtype/core/error.h"

namespace radtype {

struct LpsMm {};  ///< frame: patient millimetres
struct Index {};  ///< frame: voxel index of a grid (continuous; integers are voxel centres)

template <class Frame>
struct Point {
  Eigen::Vector3d v = Eigen::Vector3d::Zero();

  Point() = default;
  explicit Point(const Eigen::Vector3d& coordinates) : v(coordinates) {}
  Point(double x, double y, double z) : v(x, y, z) {}
};

/// To = linear * From + offset. Names carry both ends: lps_from_index.
template <class To, class From>
struct Affine {
  Eigen::Matrix3d linear = Eigen::Matrix3d::Identity();
  Eigen::Vector3d offset = Eigen::Vector3d::Zero();

  Point<To> operator()(const Point<From>& p) const { return Point<To>(linear * p.v + offset); }

  Affine<From, To> inverse() const {
    Affine<From, To> result;
    result.linear = linear.inverse();
    result.offset = -(result.linear * offset);
    return result;
  }
};

/// (A <- B) after (B <- C) is (A <- C).
template <class A, class B, class C>
Affine<A, C> operator*(const Affine<A, B>& left, const Affine<B, C>& right) {
  Affine<A, C> result;
  result.linear = left.linear * right.linear;
  result.offset = left.linear * right.offset + left.offset;
  return result;
}

using Size3 = std::array<std::int64_t, 3>;

/// Half-open box of voxel indices: lo <= index < hi.
struct Box {
  Size3 lo{0, 0, 0};
  Size3 hi{0, 0, 0};

  bool operator==(const Box&) const = default;
  Size3 size() const { return {hi[0] - lo[0], hi[1] - lo[1], hi[2] - lo[2]}; }
  bool empty() const { return hi[0] <= lo[0] || hi[1] <= lo[1] || hi[2] <= lo[2]; }
  std::int64_t voxel_count() const { return empty() ? 0 : (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]); }
};

Box intersection(const Box& a, const Box& b);
Box bounding(const Box& a, const Box& b);

/// A regular sampling of patient space with orthogonal axes. Made by make_grid, which checks it.
class Grid {
 public:
  Grid() = default;

  const Size3& size() const { return size_; }
  const Eigen::Vector3d& spacing_mm() const { return spacing_mm_; }
  /// Columns: unit direction of each index axis in LPS.
  const Eigen::Matrix3d& direction() const { return direction_; }
  /// Centre of voxel (0,0,0).
  const Eigen::Vector3d& origin_lps_mm() const { return origin_lps_mm_; }

  Affine<LpsMm, Index> lps_from_index() const;
  Affine<Index, LpsMm> index_from_lps() const;

  std::int64_t voxel_count() const { return size_[0] * size_[1] * size_[2]; }
  double voxel_volume_mm3() const { return spacing_mm_.prod(); }
  Box box() const { return Box{{0, 0, 0}, size_}; }
  /// The same sampling restricted to a box (which may reach outside).
  Grid cropped(const Box& box) const;
  /// Nearest anatomical direction of each increasing axis, e.g. "LPS", "RAS".
  std::string axis_codes() const;

 private:
  friend Result<Grid> make_grid(const Size3&, const Eigen::Vector3d&, const Eigen::Matrix3d&, const Eigen::Vector3d&);
  Size3 size_{0, 0, 0};
  Eigen::Vector3d spacing_mm_ = Eigen::Vector3d::Ones();
  Eigen::Matrix3d direction_ = Eigen::Matrix3d::Identity();
  Eigen::Vector3d origin_lps_mm_ = Eigen::Vector3d::Zero();
};

/// Limits of what is accepted as a scan; they are checked before anything is allocated.
inline constexpr std::int64_t kMaxAxis = 65536;
inline constexpr std::int64_t kMaxVoxels = std::int64_t{1} << 33;  // 8.6e9: a whole-body scan at 0.3 mm
inline constexpr double kMinSpacingMm = 1e-4;
inline constexpr double kMaxSpacingMm = 1e3;
/// |cosine| between two axes above this is a sheared (non-orthogonal) grid and is refused.
inline constexpr double kMaxAxisCosine = 1e-3;

/// Refuses sizes < 1 or over the limits, spacing that is not finite and within limits, direction columns that
/// are not finite, of unit length within 1e-3, and orthogonal within kMaxAxisCosine; a left-handed direction is
/// accepted.
Result<Grid> make_grid(const Size3& size, const Eigen::Vector3d& spacing_mm, const Eigen::Matrix3d& direction,
                       const Eigen::Vector3d& origin_lps_mm);

/// Columns of `linear` are index steps in LPS mm: spacing and direction are separated, then make_grid.
Result<Grid> make_grid(const Size3& size, const Affine<LpsMm, Index>& lps_from_index);

/// How one grid's indices fall on another's.
struct GridMatch {
  bool same_sampling =
      false;  ///< every corner of `moving` lands within tolerance of an integer index of `fixed`, axes in any order
  double worst_offset_voxels = 0;  ///< largest distance of a corner from the nearest integer index of `fixed`
  Affine<Index, Index> fixed_from_moving;
};
GridMatch match_grids(const Grid& fixed, const Grid& moving, double tolerance_voxels);

}  // namespace radtype
