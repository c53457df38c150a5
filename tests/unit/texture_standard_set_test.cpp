#include "radtype/texture/standard_set.h"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "support/bodies.h"

namespace radtype::texture {
namespace {

std::map<std::string, double> named(const std::vector<std::string>& names, const std::vector<double>& values) {
  EXPECT_EQ(names.size(), values.size());
  std::map<std::string, double> result;
  for (std::size_t n = 0; n < names.size(); ++n) result[names[n]] = values[n];
  return result;
}

Image image_of(const Size3& size, const std::vector<float>& voxels) {
  Image image(test::grid_of(size));
  image.voxels = voxels;
  return image;
}

/// Three by two, three levels.
GreyLevels six_voxels() { return {Volume<std::int32_t>(test::grid_of({3, 2, 1})), 3}; }

TEST(StandardSet, StatisticsByHand) {
  // Mean 3, variance (4 + 1 + 0 + 0 + 0 + 0 + 9) / 7 = 2.
  const auto f = named(intensity_statistics_names(), intensity_statistics(std::vector<double>{1, 2, 3, 3, 3, 3, 6}));
  EXPECT_DOUBLE_EQ(f.at("stat_mean"), 3);
  EXPECT_DOUBLE_EQ(f.at("stat_var"), 2);
  EXPECT_DOUBLE_EQ(f.at("stat_skew"), (27 - 8 - 1) / 7.0 / std::pow(2, 1.5));
  EXPECT_DOUBLE_EQ(f.at("stat_kurt"), (81 + 16 + 1) / 7.0 / 4 - 3);
  EXPECT_DOUBLE_EQ(f.at("stat_p10"), 1.6);
  EXPECT_DOUBLE_EQ(f.at("stat_p90"), 4.2);
  EXPECT_DOUBLE_EQ(f.at("stat_iqr"), 0.5);
  EXPECT_DOUBLE_EQ(f.at("stat_mad"), 6.0 / 7);
  EXPECT_DOUBLE_EQ(f.at("stat_rmad"), (0.8 + 4 * 0.2) / 5);  // of 2 3 3 3 3
  EXPECT_DOUBLE_EQ(f.at("stat_cov"), std::sqrt(2.0) / 3);
  EXPECT_DOUBLE_EQ(f.at("stat_qcod"), 0.5 / 5.5);
  EXPECT_DOUBLE_EQ(f.at("stat_energy"), 77);
  EXPECT_DOUBLE_EQ(f.at("stat_rms"), std::sqrt(11.0));
}

TEST(StandardSet, HistogramByHand) {
  GreyLevels levels = six_voxels();
  levels.level.voxels = {1, 1, 2, 2, 3, 1};
  const auto f = named(intensity_histogram_names(), intensity_histogram(levels));
  EXPECT_DOUBLE_EQ(f.at("ih_mode"), 1);
  EXPECT_DOUBLE_EQ(f.at("ih_entropy"), 0.5 + std::log2(3.0) / 3 + std::log2(6.0) / 6);
  EXPECT_DOUBLE_EQ(f.at("ih_uniformity"), 14.0 / 36);
  // Counts 3 2 1 fall by one at every level.
  EXPECT_DOUBLE_EQ(f.at("ih_max_grad"), -1);
  EXPECT_DOUBLE_EQ(f.at("ih_max_grad_g"), 1);
  levels.level.voxels = {1, 1, 2, 3, 3, 2};
  EXPECT_DOUBLE_EQ(named(intensity_histogram_names(), intensity_histogram(levels)).at("ih_mode"), 2)
      << "of equally frequent levels the one nearest to the mean";
}

TEST(StandardSet, CooccurrenceByHand) {
  // A row 1 2 2: pairs 1-2 and 2-2 along one direction alone, so P = 1/4 for (1,2) and (2,1), 1/2 for (2,2).
  GreyLevels levels{Volume<std::int32_t>(test::grid_of({4, 1, 1})), 2};
  levels.level.voxels = {1, 2, 2, 0};
  const auto f = named(cooccurrence_names(), cooccurrence(levels));
  for (const std::string how : {"_3D_avg", "_3D_comb"}) {
    EXPECT_DOUBLE_EQ(f.at("cm_joint_max" + how), 0.5);
    EXPECT_DOUBLE_EQ(f.at("cm_joint_avg" + how), 1.75);
    EXPECT_DOUBLE_EQ(f.at("cm_joint_var" + how), 3.0 / 16);
    EXPECT_DOUBLE_EQ(f.at("cm_joint_entr" + how), 1.5);
    EXPECT_DOUBLE_EQ(f.at("cm_contrast" + how), 0.5);
    EXPECT_DOUBLE_EQ(f.at("cm_inv_diff" + how), 0.75);
    EXPECT_DOUBLE_EQ(f.at("cm_inv_diff_norm" + how), 0.5 + 0.5 / 1.5);
    EXPECT_DOUBLE_EQ(f.at("cm_inv_var" + how), 0.5);
    EXPECT_DOUBLE_EQ(f.at("cm_auto_corr" + how), 3);
    // Covariance 3 - 1.75^2 = -1/16.
    EXPECT_DOUBLE_EQ(f.at("cm_corr" + how), -1.0 / 3);
    EXPECT_DOUBLE_EQ(f.at("cm_clust_tend" + how), 0.25);  // 2 (variance + covariance)
    EXPECT_DOUBLE_EQ(f.at("cm_sum_avg" + how), 3.5);
  }
}

TEST(StandardSet, AveragedAndMergedDifferWhereDirectionsDo) {
  // Along rows all equal, across them all different: contrast 0 in one direction, 1 in three.
  GreyLevels levels{Volume<std::int32_t>(test::grid_of({3, 2, 1})), 2};
  levels.level.voxels = {1, 1, 1, 2, 2, 2};
  const auto f = named(cooccurrence_names(), cooccurrence(levels));
  EXPECT_DOUBLE_EQ(f.at("cm_contrast_3D_avg"), 3.0 / 4);
  EXPECT_DOUBLE_EQ(f.at("cm_contrast_3D_comb"), 7.0 / 11);  // 4 pairs along, 3 + 2 + 2 across
}

TEST(StandardSet, BinsAreEqualAndTheHighestValueIsInTheLast) {
  const Image image = image_of({5, 1, 1}, {0, 1, 2, 4, 99});
  Mask mask(image.grid, 1);
  mask.voxels[4] = 0;
  const auto levels = fixed_bins(image, mask, 4);
  ASSERT_TRUE(levels);
  EXPECT_EQ(levels->level.voxels, (std::vector<std::int32_t>{1, 2, 3, 4, 0}));
  EXPECT_EQ(levels->count, 4);
}

TEST(StandardSet, RefusesWhatItCannotUse) {
  const Image image = image_of({2, 1, 1}, {1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(standard_set(image, Mask(image.grid)).error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(standard_set(image, Mask(image.grid, 1)).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(standard_set(image, Mask(test::grid_of({1, 2, 1}), 1)).error().code(), ErrorCode::kInconsistent);
  EXPECT_EQ(standard_set(image, Mask(image.grid, 1), 0).error().code(), ErrorCode::kUsage);
}

TEST(StandardSet, OneVoxelHasNoNeighbours) {
  const auto all = standard_set(image_of({1, 1, 1}, {7}), Mask(test::grid_of({1, 1, 1}), 1));
  ASSERT_TRUE(all);
  const auto f = named(standard_names(), *all);
  EXPECT_EQ(f.at("stat_mean"), 7);
  EXPECT_EQ(f.at("ih_mean"), 1);
  EXPECT_TRUE(std::isnan(f.at("cm_contrast_3D_avg")));
}

}  // namespace
}  // namespace radtype::texture
