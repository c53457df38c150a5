// A CT-like scan with one ball-shaped tumour: what the benchmarks read.
#pragma once

#include <cmath>

#include "radtype/core/seed.h"
#include "radtype/core/volume.h"

namespace radtype::bench {

inline constexpr double kBallRadiusMm = 15;  ///< "a 30 mm tumour"

struct Scan {
  Volume<std::int16_t> ct;
  Mask tumour;
};

/// size x size x slices voxels of 0.8 x 0.8 x 1 mm: air, a body of soft tissue with lungs, noise of 20 HU so that it
/// compresses as CT does (to about half), and a ball of radius kBallRadiusMm.
inline Scan make_scan(std::int64_t size, std::int64_t slices) {
  const Grid grid =
      make_grid({size, size, slices}, {0.8, 0.8, 1}, Eigen::Matrix3d::Identity(), {-200.5, -180.25, -600}).value();
  Scan scan{Volume<std::int16_t>(grid), Mask(grid)};
  const double half = static_cast<double>(size) / 2;
  const Eigen::Vector3d centre(half * 0.8 + 0.3, half * 0.6, static_cast<double>(slices) / 2);
  Random random(20240501);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < slices; ++k) {
    for (std::int64_t j = 0; j < size; ++j) {
      for (std::int64_t i = 0; i < size; ++i, ++n) {
        const double x = (static_cast<double>(i) - half) / half, y = (static_cast<double>(j) - half) / half;
        const bool body = x * x + 1.6 * y * y < 0.7;
        const bool lung = (std::abs(x) - 0.4) * (std::abs(x) - 0.4) * 4 + y * y * 4 < 0.3;
        const Eigen::Vector3d from_centre =
            (Eigen::Vector3d(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)) - centre)
                .cwiseProduct(grid.spacing_mm());
        const bool tumour = from_centre.squaredNorm() < kBallRadiusMm * kBallRadiusMm;
        // The sum of four uniforms is noise enough, and quick.
        const std::uint64_t bits = random();
        const double noise =
            static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48)) /
                65536.0 -
            2.0;
        const double hu = tumour ? 35 : lung ? -820 : body ? 40 : -1000;
        scan.ct.voxels[n] = static_cast<std::int16_t>(std::lround(hu + (body ? 35 * noise : 5 * noise)));
        scan.tumour.voxels[n] = tumour ? 1 : 0;
      }
    }
  }
  return scan;
}

}  // namespace radtype::bench
