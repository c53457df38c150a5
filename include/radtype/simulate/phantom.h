// One tumour with known truth, in a chest-like body: what the demo runs on and tests measure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "radtype/core/volume.h"

namespace radtype::simulate {

struct PhantomOptions {
  std::uint64_t seed = 1;
  Size3 size{224, 176, 72};  ///< voxels; the body is scaled in mm, not in voxels
  Eigen::Vector3d spacing_mm{1.4, 1.4, 2.5};
};

struct Phantom {
  Volume<std::int16_t> ct;  ///< HU: body, lungs, a tumour whose rim is denser than its core, noise of 20 HU
  Volume<std::int16_t>
      mr;  ///< arbitrary units: the same anatomy in another order of brightness, bias field, Rician noise
  Mask tumour;
  Mask lung;  ///< both lungs without the tumour
  /// Analytic values by feature name: the tumour is a rotated ellipsoid.
  std::map<std::string, double> truth;
};

/// The same bytes for the same options, whatever the thread count.
Phantom make_phantom(const PhantomOptions& options);

}  // namespace radtype::simulate
