// Where slices lie: from ImagePositionPatient and ImageOrientationPatient to a lattice, or the reason why not.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "radtype/core/geometry.h"

namespace radtype::io {

/// Slices are evenly spaced when every gap is within this of their spacing (the larger of the two).
inline constexpr double kSpacingTolerance = 0.01;  // of the spacing
inline constexpr double kSpacingToleranceMm = 0.01;
/// Slices are stacked straight when the origin of none leaves the normal through the first by more than this part of
/// the smaller pixel spacing; a tilted gantry shifts each slice.
inline constexpr double kDriftTolerance = 0.05;
/// Rows and columns are orthonormal within this, and slices share directions within kSameDirection.
inline constexpr double kCosineTolerance = 1e-3;
inline constexpr double kSameDirection = 1e-4;

inline double spacing_tolerance_mm(double spacing_mm) {
  return std::max(kSpacingTolerance * spacing_mm, kSpacingToleranceMm);
}

/// Columns: direction of increasing column, of increasing row, and their cross product, so always right-handed.
Result<Eigen::Matrix3d> direction_from_cosines(const std::vector<double>& row_then_column);

struct SlicePlace {
  Eigen::Vector3d position_lps_mm;  ///< centre of the first pixel
  std::string name;                 ///< file name, for messages
};

struct SliceStack {
  std::vector<std::size_t> order;  ///< of the input, ascending along the normal
  Eigen::Vector3d origin_lps_mm = Eigen::Vector3d::Zero();
  double spacing_mm = 0;  ///< 0 for a single slice
};

/// Every slice of an image: no two in one place, none missing, evenly spaced. kInconsistent, naming which.
/// At least one place. Linear in the slices but for sorting.
Result<SliceStack> stack_slices(const std::vector<SlicePlace>& places, const Eigen::Matrix3d& direction,
                                double pixel_spacing_mm);

struct FrameLattice {
  std::vector<std::int64_t> index;  ///< of each frame along the normal, from 0
  std::int64_t count = 0;           ///< 1 + the largest index
  Eigen::Vector3d origin_lps_mm = Eigen::Vector3d::Zero();
  double spacing_mm = 0;
  bool from_thickness = false;  ///< spacing_mm is the slice thickness
};

/// What a header says of the distance between frames.
struct StatedSpacing {
  std::optional<double> between_slices_mm;
  std::optional<double> thickness_mm;
};
/// Frames that may share a place or leave places empty. The spacing is the stated one if every frame lies on its
/// lattice, else the smallest distance between two frames; the thickness counts only when all lie in one plane.
Result<FrameLattice> place_frames(const std::vector<SlicePlace>& places, const Eigen::Matrix3d& direction,
                                  double pixel_spacing_mm, const StatedSpacing& stated);

/// "12.5, 15, 17.5 and 4 more".
std::string list_positions(const std::vector<double>& positions_mm, std::size_t at_most = 6);

}  // namespace radtype::io
