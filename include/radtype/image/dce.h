// Maps of contrast uptake from three phases of a dynamic contrast-enhanced scan on one grid.
#pragma once

#include <optional>

#include "radtype/core/volume.h"

namespace radtype::image {

struct DceOptions {
  /// Voxels whose pre-contrast intensity is below this are left out; those without signal (<= 0) always are.
  double least_pre = 0;
};

/// 0 in both maps at the voxels left out, and in one map where that one is undefined.
struct DceMaps {
  Image percent_enhancement;         ///< 100 (early - pre) / pre
  Image signal_enhancement_ratio;    ///< (early - pre) / (late - pre) (hylton2012)
  std::int64_t computed = 0;         ///< voxels with a percent enhancement
  std::int64_t outside_mask = 0;     ///< left out: outside the mask
  std::int64_t below_least_pre = 0;  ///< left out: 0 < pre < least_pre
  std::int64_t no_pre_signal = 0;    ///< left out: pre <= 0
  std::int64_t not_finite = 0;       ///< left out: a phase is NaN or infinite
  std::int64_t ratio_undefined = 0;  ///< of those computed: late == pre
};

/// kInconsistent when an image or the mask is not on the grid of `pre`, within a thousandth of a voxel; the axes must
/// be stored in the same order.
Result<DceMaps> dce_maps(const Image& pre, const Image& early, const Image& late, const Mask* mask = nullptr,
                         const DceOptions& options = {});

}  // namespace radtype::image
