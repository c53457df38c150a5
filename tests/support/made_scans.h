// Scans of ellipsoids with a core, made to measure: what grew, by how much, and what stayed, is known.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/io/volume_files.h"

namespace radtype::test {

struct MadeLesion {
  Eigen::Vector3d centre_mm{24, 24, 24};
  Eigen::Vector3d semi_axes_mm{8, 8, 8};
};

/// image.nii.gz and mask.nii.gz of `folder`, 48 mm wide; lesions have labels 1, 2, ... As in another scan of the same
/// patient, the seed moves the lesions by parts of a voxel, makes them a little larger or smaller (1 % of the radius),
/// and makes the noise.
inline void write_made_scan(const std::filesystem::path& folder, const std::vector<MadeLesion>& lesions,
                            std::uint64_t seed) {
  constexpr std::int64_t kSize = 48;
  const auto grid = make_grid({kSize, kSize, kSize}, Eigen::Vector3d(1, 1, 1), Eigen::Matrix3d::Identity(),
                              Eigen::Vector3d(-100, 40, 7));
  Random random(derive_seed(21, {seed}));
  const Eigen::Vector3d shift(random.uniform() - 0.5, random.uniform() - 0.5, random.uniform() - 0.5);
  std::vector<double> outlined;
  for (std::size_t n = 0; n < lesions.size(); ++n) outlined.push_back(std::exp(0.01 * random.normal()));
  Image image(*grid);
  Mask mask(*grid);
  for (std::int64_t k = 0; k < kSize; ++k) {
    for (std::int64_t j = 0; j < kSize; ++j) {
      for (std::int64_t i = 0; i < kSize; ++i) {
        double value = -150;
        const Eigen::Vector3d here(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        for (std::size_t n = 0; n < lesions.size(); ++n) {
          const Eigen::Vector3d from = here - lesions[n].centre_mm - shift;
          const double depth = from.cwiseQuotient(lesions[n].semi_axes_mm).norm() / outlined[n];
          if (depth >= 1) continue;
          mask.at(i, j, k) = static_cast<std::uint8_t>(n + 1);
          value = depth < 0.5 ? -20 : 60;
        }
        image.at(i, j, k) = static_cast<float>(std::round(value + 12 * random.normal()));
      }
    }
  }
  std::filesystem::create_directories(folder);
  if (!io::write_image(image, folder / "image.nii.gz", {true}) || !io::write_mask(mask, folder / "mask.nii.gz", {true}))
    throw std::runtime_error("cannot write " + folder.string());
}

}  // namespace radtype::test
