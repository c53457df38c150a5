// The features that everybody computes (IBSI 1, ibsi1_2020): intensity statistics, intensity histogram and grey
// level co-occurrence. A yardstick for our own families, not a part of the catalogue.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "radtype/core/volume.h"

namespace radtype::texture {

inline constexpr int kStandardBins = 32;

/// Grey levels 1..count within the mask, 0 outside.
struct GreyLevels {
  Volume<std::int32_t> level;
  std::int32_t count = 0;
};

/// A fixed number of equal bins from the lowest to the highest value in the mask; a constant image has level 1 alone.
/// kInconsistent for unequal sizes, kEmpty for an empty mask, kUsage for fewer than 1 or more than 4096 bins, kCorrupt
/// for a value in the mask that is not finite.
Result<GreyLevels> fixed_bins(const Image& image, const Mask& mask, int bins = kStandardBins);

// Features below are in the order of their names, which are IBSI's tags. NaN: not defined for this input.

/// stat_mean ... stat_rms, 18.
const std::vector<std::string>& intensity_statistics_names();
/// At least one value.
std::vector<double> intensity_statistics(std::span<const double> values);

/// ih_mean ... ih_min_grad_g, 23.
const std::vector<std::string>& intensity_histogram_names();
/// At least one voxel with a level.
std::vector<double> intensity_histogram(const GreyLevels& levels);

/// cm_joint_max_3D_avg ..., 25 averaged over the thirteen directions, then 25 (_3D_comb) of their merged matrix.
/// Neighbours are voxels, whatever the spacing. Symmetric; entropies in bits. NaN without two neighbours in the mask.
const std::vector<std::string>& cooccurrence_names();
std::vector<double> cooccurrence(const GreyLevels& levels);

/// Names of all 91, and all 91 on a fixed number of bins. Errors of fixed_bins.
const std::vector<std::string>& standard_names();
Result<std::vector<double>> standard_set(const Image& image, const Mask& mask, int bins = kStandardBins);

}  // namespace radtype::texture
