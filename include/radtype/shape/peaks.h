// Peaks and valleys of a function on a closed surface by topological persistence: spicules, lobes and clefts.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

struct Peak {
  std::int32_t apex = 0;  ///< vertex
  double prominence = 0;  ///< value at the apex above the saddle where it meets a higher peak; of the highest: above
                          ///< the median over the area
  double share = 0;       ///< of the surface, around the apex, with values in the upper half of the prominence
  std::vector<std::int32_t> region;  ///< those vertices
};

/// Peaks whose prominence is at least `least_prominence` (edelsbrunner2002), the most prominent first. The highest of
/// all is one of them only where it stands out so far from the median. Valleys are the peaks of -values.
/// `values`: one a vertex. Where two apices are equal the lower vertex number counts as higher.
std::vector<Peak> find_peaks(const TriangleMesh& mesh, const Eigen::VectorXd& values, double least_prominence);

/// A peak of the surface as a cone: from the middle of its border to the apex.
struct Protrusion {
  std::int32_t apex = 0;
  double height_mm = 0;  ///< of the region above the centre of its border, towards the region's mean
  double width_mm = 0;   ///< twice the mean distance of the border to its centre
  double sharpness() const { return height_mm / width_mm; }
};
Protrusion measure_protrusion(const TriangleMesh& mesh, const Peak& peak);

}  // namespace radtype::shape
