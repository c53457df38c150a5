// From a mask to one smooth closed surface of genus 0 with a stated number of vertices, and what had to be done for it.
#pragma once

#include <string>
#include <vector>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// A mask whose largest part has fewer voxels has no surface of its own shape.
inline constexpr std::int64_t kFewestSurfaceVoxels = 8;

struct SurfaceOptions {
  int target_vertices = 10000;
  /// Standard deviation of the Gaussian over the occupancy, as a share of the volume-equivalent radius: a
  /// length of the tumour, never of the voxel.
  double smoothing_share = 0.06;
  /// Repairs of topology may change this share of the volume; beyond it the surface is refused (kUndefined).
  double max_repair_share = 0.10;
};

struct SurfaceReport {
  int components = 0;            ///< 26-connected parts of the mask
  double satellites_share = 0;   ///< volume outside the largest part / volume
  int handles = 0;               ///< through-holes of the largest part's smoothed surface that were closed or cut
  int cavities = 0;              ///< enclosed hollows that were filled
  double repaired_share = 0;     ///< volume changed by closing, cutting and filling / volume of the largest part
  double lost_pieces_share = 0;  ///< volume of pieces that smoothing split off and that are not on the surface
  double step_mm = 0;            ///< isotropic step of the distance grid
  double iso_mm = 0;  ///< level of the smoothed field (a distance near the surface) whose volume is the mask's
  std::string note;
};

struct Surface {
  TriangleMesh mesh;  ///< V - E + F = 2, vertices on the level set, outward triangles, LPS mm
  SurfaceReport report;
};

/// The surface encloses the voxel volume of the mask's largest part, less lost_pieces_share (to 0.1 %). kUndefined
/// where no surface can be made (fewer than 8 voxels, or a repair beyond max_repair_share); the message says which
/// rule.
Result<Surface> extract_surface(const Mask& mask, const SurfaceOptions& options = {});

}  // namespace radtype::shape
