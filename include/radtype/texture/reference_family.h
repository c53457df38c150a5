// The 24 regional-contrast numbers of the code released with Wu et al. 2021 (wu2021), quirks included, for comparison
// only. Definition: docs/methods/reference-family.md.
#pragma once

#include <array>
#include <string>

#include "radtype/core/volume.h"

namespace radtype::texture {

inline constexpr int kReferenceFeatureCount = 24;
/// "inner_vs_outer_correl_5mm", ...: 12 names for 5 mm, then 12 for 10 mm. Catalogue names have "wu2021_" before them.
const std::array<std::string, kReferenceFeatureCount>& reference_feature_names();

/// image (HU), tumour and lung on one grid, third axis = slices; voxels farther than 10 mm from the tumour's box in the
/// plane are not looked at. `spacing_x_mm` is the spacing used to turn 5 and 10 mm into pixels (the released code's own
/// argument). kInconsistent for unequal grids or a spacing that is not positive; kUndefined when core, inner or outer
/// holds no voxel between -1000 and 500 HU.
Result<std::array<double, kReferenceFeatureCount>> reference_family(const Image& image, const Mask& tumour,
                                                                    const Mask& lung, double spacing_x_mm);

}  // namespace radtype::texture
