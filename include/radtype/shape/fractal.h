// Fractal dimension of a mask's surface.
#pragma once

#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// Reach of the tube around the surface, as shares of the volume-equivalent radius.
inline constexpr std::array<double, 3> kTubeShares = {0.20, 0.28, 0.40};

struct FractalDimension {
  double dimension =
      0;  ///< under 2 for a smooth body (1.94 for a ball at these reaches), towards 3 for a surface that fills space
  double fit_error = 0;  ///< root mean square residual of log volume in the straight-line fit
};
/// Minkowski dimension, 3 minus the slope of log V(r) over log r, V(r) the volume within r of the marching-cubes
/// surface: equal to the box-counting dimension in the limit (falconer2003), and measured without boxes, whose position
/// and direction would count. kUndefined where the coarsest voxel spacing exceeds the
/// smallest reach, kEmpty for an empty mask.
Result<FractalDimension> fractal_dimension(const Mask& mask);
/// The same with the mask's marching-cubes surface, wherever it lies.
Result<FractalDimension> fractal_dimension(const Mask& mask, const TriangleMesh& mesh);

}  // namespace radtype::shape
