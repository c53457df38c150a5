// The heterogeneity families on bodies whose answers are known on paper.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "radtype/texture/habitats.h"
#include "radtype/texture/margin.h"
#include "radtype/texture/radial.h"
#include "radtype/texture/regional.h"
#include "radtype/texture/scales.h"
#include "support/voxel_bodies.h"

namespace radtype::texture {
namespace {

using Eigen::Vector3d;

using Intensity = std::function<double(const Vector3d& lps_mm, bool inside)>;

struct Phantom {
  Image image;
  Mask tumour;
};

Phantom make_phantom(const test::InsideTest& inside, double half_mm, const Vector3d& spacing_mm,
                     const Intensity& value) {
  Phantom phantom;
  phantom.tumour = test::voxelise(inside, half_mm, spacing_mm);
  phantom.image = Image(phantom.tumour.grid);
  const auto lps = phantom.image.grid.lps_from_index();
  const Size3 size = phantom.image.grid.size();
  std::size_t n = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
        const auto at = lps(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        phantom.image.voxels[n] = static_cast<float>(value(at, phantom.tumour.voxels[n] != 0));
      }
    }
  }
  return phantom;
}

test::InsideTest ball(double radius_mm) {
  return [radius_mm](const Vector3d& at) { return at.norm() < radius_mm; };
}

Neighbourhood neighbourhood_of(const Phantom& phantom, const Mask* tissue = nullptr) {
  auto around = make_neighbourhood(phantom.image, phantom.tumour, tissue);
  if (!around) throw std::runtime_error(around.error().to_string());
  return std::move(*around);
}

/// Deterministic white noise.
Intensity noise(std::uint64_t seed) {
  auto random = std::make_shared<std::mt19937_64>(seed);
  return [random](const Vector3d&, bool) { return static_cast<double>((*random)() >> 40); };
}

TEST(Neighbourhood, ZonesOfABallLieWhereTheyShould) {
  const Phantom phantom = make_phantom(ball(20), 32, Vector3d::Ones(), noise(1));
  const Neighbourhood around = neighbourhood_of(phantom);
  EXPECT_EQ(around.tumour_voxels, std::count(phantom.tumour.voxels.begin(), phantom.tumour.voxels.end(), 1));
  EXPECT_NEAR(around.radius_mm, 20, 0.1);
  EXPECT_NEAR(around.deepest_mm, 20, 0.6);
  const auto lps = around.grid.lps_from_index();
  const Size3 size = around.grid.size();
  std::size_t n = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
        const double r =
            lps(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v.norm();
        const Zone zone = around.zones[n];
        // Voxels give the distance from the surface to within their diagonal.
        if (zone >= 1 && zone <= kDepthZones) {
          EXPECT_GE(20 - r, 20.0 * (zone - 1) / 8 - 1) << r;
          EXPECT_LE(20 - r, 20.0 * zone / 8 + 1) << r;
        } else if (zone > kDepthZones) {
          EXPECT_GE(r - 20, 2.5 * (zone - 9) - 1) << r;
          EXPECT_LE(r - 20, 2.5 * (zone - 8) + 1) << r;
        } else {
          EXPECT_GT(r, 29);
        }
      }
    }
  }
}

TEST(Neighbourhood, KeepsTheVoxelsOfAnImageOnItsOwnGrid) {
  // 3 x 3 x 3 voxels of 1 mm: every voxel is one of the working grid, in the order of its intensity.
  Phantom phantom = make_phantom([](const Vector3d& at) { return at.cwiseAbs().maxCoeff() < 1.5; }, 6, Vector3d::Ones(),
                                 [](const Vector3d& at, bool) { return at[0] + 3 * at[1] + 9 * at[2]; });
  const Neighbourhood around = neighbourhood_of(phantom);
  EXPECT_EQ(around.tumour_voxels, 27);
  std::vector<std::int16_t> ranks;
  for (std::size_t n = 0; n < around.zones.size(); ++n) {
    if (in_tumour(around.zones[n])) ranks.push_back(around.ranks[n].inside);
  }
  ASSERT_EQ(ranks.size(), 27U);
  for (std::size_t n = 0; n < 27; ++n) {
    EXPECT_EQ(ranks[n], std::lround(32767 * (2.0 * static_cast<double>(n) - 26) / 27)) << n;
  }
}

TEST(Neighbourhood, VolumeOfACoarselySampledTumourIsKept) {
  for (const Vector3d& spacing : {Vector3d(0.7, 0.7, 1), Vector3d(2, 2, 2), Vector3d(0.9, 0.9, 3), Vector3d(1, 1, 5)}) {
    const Phantom phantom = make_phantom(ball(20), 32, spacing, noise(2));
    EXPECT_NEAR(neighbourhood_of(phantom).radius_mm, 20, 0.25) << spacing.transpose();
  }
}

TEST(Neighbourhood, TissueBoundsTheRing) {
  const Phantom phantom = make_phantom(ball(15), 28, Vector3d::Ones(), noise(3));
  Mask tissue(phantom.tumour.grid);
  const auto lps = tissue.grid.lps_from_index();
  const Size3 size = tissue.grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const auto at = lps(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        tissue.at(i, j, k) = at[0] > 0 ? 1 : 0;
      }
    }
  }
  const Neighbourhood free = neighbourhood_of(phantom);
  const Neighbourhood half = neighbourhood_of(phantom, &tissue);
  EXPECT_EQ(half.tumour_voxels, free.tumour_voxels);
  EXPECT_NEAR(static_cast<double>(voxels_in(half, kRing5)), 0.5 * static_cast<double>(voxels_in(free, kRing5)),
              0.06 * static_cast<double>(voxels_in(free, kRing5)));
  const Mask nowhere(phantom.tumour.grid);
  const Neighbourhood none = neighbourhood_of(phantom, &nowhere);
  EXPECT_EQ(voxels_in(none, kRing5), 0);
  EXPECT_FALSE(regional_contrast(none, kRim, kRing5));
  EXPECT_FALSE(ring_monotonicity(none));
  EXPECT_FALSE(measure_margin(none));
  EXPECT_TRUE(regional_contrast(none, kCore, kRim));
}

/// Two zones filled from the same pool at random, `levels` distinct intensities (0: all distinct).
Neighbourhood shuffled(std::int64_t a, std::int64_t b, std::int64_t levels, std::mt19937_64& random) {
  std::vector<std::uint32_t> zones(static_cast<std::size_t>(a + b), 5);
  std::fill(zones.begin(), zones.begin() + a, 1U);
  std::shuffle(zones.begin(), zones.end(), random);
  Neighbourhood around;
  around.counts[1] = a;
  around.counts[5] = b;
  for (std::int64_t n = 0; n < a + b; ++n) {
    const auto level = static_cast<std::uint32_t>(levels == 0 ? n : n * levels / (a + b));
    around.sorted.push_back(level << 4 | zones[static_cast<std::size_t>(n)]);
  }
  std::sort(around.sorted.begin(), around.sorted.end());
  return around;
}

TEST(Neighbourhood, ARingWithoutTissueIsEmptyOnThickSlicesToo) {
  for (const double slice_mm : {1.0, 3.0, 5.0, 6.5}) {
    const Phantom phantom = make_phantom(ball(10), 24, Vector3d(1, 1, slice_mm), noise(8));
    const Neighbourhood around = neighbourhood_of(phantom, &phantom.tumour);
    EXPECT_LT(voxels_in(around, kRing5) + voxels_in(around, kRing10), kFewestVoxels) << slice_mm;
  }
}

TEST(Neighbourhood, SingleVoxelsApartHaveNoTextureAndNoContacts) {
  const auto scattered = [](const Vector3d& at) {
    const auto index = at.array().round().cast<std::int64_t>();
    return at.cwiseAbs().maxCoeff() < 9 && index[0] % 4 == 0 && index[1] % 4 == 0 && index[2] % 4 == 0;
  };
  const Neighbourhood around = neighbourhood_of(make_phantom(scattered, 20, Vector3d::Ones(), noise(9)));
  ASSERT_GE(around.tumour_voxels, kFewestVoxels);
  const auto texture = scale_texture(around);
  if (texture) {
    for (std::size_t n = 0; n < kScales; ++n) {
      EXPECT_TRUE(!texture->explained[n] || std::isfinite(*texture->explained[n])) << n;
    }
  }
  const auto found = find_habitats(around);
  ASSERT_TRUE(found);
  EXPECT_TRUE(!found->habitats || !found->habitats->contrast || std::isfinite(*found->habitats->contrast));
}

TEST(RegionalContrast, IsZeroInExpectationForShuffledLabels) {
  std::mt19937_64 random(7);
  for (const std::int64_t levels : {0, 100, 20, 5, 2}) {
    for (const auto& [a, b] :
         std::vector<std::pair<int, int>>{{30, 30}, {30, 300}, {30, 30000}, {300, 300}, {30000, 30000}}) {
      const int draws = a + b > 10000 ? 60 : 2500;
      Contrast mean;
      for (int n = 0; n < draws; ++n) {
        const auto contrast = regional_contrast(shuffled(a, b, levels, random), {1, 1}, {5, 5});
        ASSERT_TRUE(contrast);
        mean.jensen_shannon += contrast->jensen_shannon / draws;
        mean.hellinger += contrast->hellinger / draws;
        mean.total_variation += contrast->total_variation / draws;
        mean.kolmogorov_smirnov += contrast->kolmogorov_smirnov / draws;
        mean.area += contrast->area / draws;
        mean.cliff_delta += contrast->cliff_delta / draws;
        mean.abs_delta += contrast->abs_delta / draws;
      }
      SCOPED_TRACE(testing::Message() << a << " and " << b << " voxels, " << levels << " levels");
      // 30 against 30,000 of 60 draws leaves an error of the mean of its own: a spread of about 0.1 over sqrt(60).
      const double tolerance = draws > 1000 ? 0.01 : a < 100 ? 0.04 : 0.01;
      EXPECT_NEAR(mean.jensen_shannon, 0, tolerance);
      EXPECT_NEAR(mean.hellinger, 0, tolerance);
      EXPECT_NEAR(mean.total_variation, 0, tolerance);
      EXPECT_NEAR(mean.kolmogorov_smirnov, 0, tolerance);
      EXPECT_NEAR(mean.area, 0, tolerance);
      EXPECT_NEAR(mean.cliff_delta, 0, tolerance);
      EXPECT_NEAR(mean.abs_delta, 0, tolerance);
    }
  }
}

TEST(RegionalContrast, SeparateRegionsAreFarthestApartWhateverTheirSize) {
  for (const std::uint32_t b : {30U, 3000U}) {
    Neighbourhood around;
    around.counts[1] = 30;
    around.counts[5] = b;
    for (std::uint32_t n = 0; n < 30; ++n) around.sorted.push_back(n << 4 | 1U);
    for (std::uint32_t n = 0; n < b; ++n) around.sorted.push_back((100 + n) << 4 | 5U);
    const auto contrast = regional_contrast(around, {1, 1}, {5, 5});
    ASSERT_TRUE(contrast);
    EXPECT_NEAR(contrast->jensen_shannon, 1, 1e-12);
    EXPECT_NEAR(contrast->hellinger, 1, 1e-6);
    EXPECT_NEAR(contrast->total_variation, 1, 1e-12);
    EXPECT_NEAR(contrast->kolmogorov_smirnov, 1, 1e-12);
    EXPECT_NEAR(contrast->area, 1, 1e-12);
    EXPECT_EQ(contrast->cliff_delta, -1);
    EXPECT_NEAR(contrast->abs_delta, 1, 1e-12);
  }
}

TEST(RegionalContrast, MatchesTheClosedFormsOfTwoOverlappingUniforms) {
  // A uniform on 0..1, B on 1/2..3/2, 4,000 each: the chance correction is below 1e-2 of the values.
  constexpr std::uint32_t kCount = 4000;
  Neighbourhood around;
  around.counts[1] = around.counts[5] = kCount;
  for (std::uint32_t n = 0; n < kCount; ++n) {
    around.sorted.push_back((2 * n) << 4 | 1U);
    around.sorted.push_back((2 * n + kCount + 1) << 4 | 5U);
  }
  std::sort(around.sorted.begin(), around.sorted.end());
  const auto contrast = regional_contrast(around, {1, 1}, {5, 5});
  ASSERT_TRUE(contrast);
  // A quarter of the pooled mass is A alone, a quarter B alone, half is shared alike.
  EXPECT_NEAR(contrast->jensen_shannon, 0.5, 0.005);
  EXPECT_NEAR(contrast->hellinger, std::sqrt(0.5), 0.01);
  EXPECT_NEAR(contrast->total_variation, 0.5, 0.015);
  EXPECT_NEAR(contrast->kolmogorov_smirnov, 0.5, 0.015);
  EXPECT_NEAR(contrast->cliff_delta, -0.75, 0.001);
  EXPECT_NEAR(contrast->area, 0.75, 0.01);  // |F - G| = 2 H up to H = 1/4, then 1/2
}

TEST(RadialProfile, KnowsIntensityThatIsFixedByDepth) {
  const Phantom phantom =
      make_phantom(ball(20), 32, Vector3d::Ones(), [](const Vector3d& at, bool) { return -at.norm(); });
  const auto profile = radial_profile(neighbourhood_of(phantom));
  ASSERT_TRUE(profile);
  EXPECT_GT(profile->monotonicity, 0.98);
  EXPECT_GT(profile->explained, 0.97);
  EXPECT_NEAR(profile->curvature, 0, 0.05);
  EXPECT_GT(*ring_monotonicity(neighbourhood_of(phantom)), -1);
  EXPECT_LT(*ring_monotonicity(neighbourhood_of(phantom)), -0.9);
}

TEST(RadialProfile, SeesAShellAndNothingInNoise) {
  // Dark between a bright centre and a bright surface.
  const Phantom shell =
      make_phantom(ball(20), 32, Vector3d::Ones(), [](const Vector3d& at, bool) { return std::abs(at.norm() - 10); });
  const auto profile = radial_profile(neighbourhood_of(shell));
  ASSERT_TRUE(profile);
  EXPECT_GT(profile->curvature, 0.6);
  EXPECT_NEAR(profile->monotonicity, 0, 0.1);
  const auto nothing = radial_profile(neighbourhood_of(make_phantom(ball(20), 32, Vector3d::Ones(), noise(4))));
  ASSERT_TRUE(nothing);
  EXPECT_NEAR(nothing->explained, 0, 0.01);
  EXPECT_NEAR(nothing->monotonicity, 0, 0.03);
}

TEST(Asymmetry, OfARampThroughABallIsKnown) {
  const Phantom phantom =
      make_phantom(ball(20), 32, Vector3d::Ones(), [](const Vector3d& at, bool) { return at.dot(Vector3d(1, 2, 3)); });
  const auto sides = asymmetry(neighbourhood_of(phantom));
  ASSERT_TRUE(sides);
  // x along the ramp has density 3/4 (1 - x^2): the brightest quarter begins at x = 0.3473, where x^3 - 3 x + 1 = 0,
  // and its mean is 4 * 3/16 (1 - 0.3473^2)^2.
  const double mean = 0.75 * std::pow(1 - 0.34729636 * 0.34729636, 2);
  EXPECT_NEAR(sides->bright_offset, mean, 0.01);
  EXPECT_NEAR(sides->dark_offset, mean, 0.01);
  EXPECT_NEAR(sides->tail_separation, 2 * mean, 0.02);
  // corr(x, F(x)) = 0.9978 along the ramp, over the spread of three axes.
  EXPECT_NEAR(sides->polarity, 0.9978 / std::sqrt(3.0), 0.01);
}

TEST(ScaleTexture, OfWhiteNoiseIsThatOfItsSmoothingAndOfARampIsAll) {
  const auto white = scale_texture(neighbourhood_of(make_phantom(ball(30), 42, Vector3d::Ones(), noise(5))));
  ASSERT_TRUE(white);
  // Noise smoothed by [1 2 1]^4 has the correlation C(16, 8 + d) / C(16, 8) at d voxels along an axis; ranks have
  // 6 / pi asin(half of it). At 4 mm six of nine directions are 3 voxels along two axes, at 8 mm 6 voxels.
  const auto of_ranks = [](double correlation) { return 6 / M_PI * std::asin(correlation / 2); };
  const double at2 = of_ranks(8008.0 / 12870);
  const double at4 = of_ranks(1820.0 / 12870) / 3 + of_ranks(std::pow(4368.0 / 12870, 2)) * 2 / 3;
  EXPECT_NEAR(*white->moran[0], at2, 0.02);
  EXPECT_NEAR(*white->moran[1], at4, 0.02);
  EXPECT_NEAR(*white->moran[2], 0, 0.02);
  EXPECT_NEAR(*white->geary[0], 1 - at2, 0.02);
  EXPECT_NEAR(*white->geary[2], 1, 0.02);
  EXPECT_NEAR(*white->explained[2], 0, 0.13);
  const auto ramp = scale_texture(
      neighbourhood_of(make_phantom(ball(16), 28, Vector3d::Ones(), [](const Vector3d& at, bool) { return at[0]; })));
  ASSERT_TRUE(ramp);
  EXPECT_GT(*ramp->moran[0], 0.93);
  EXPECT_LT(*ramp->geary[0], 0.02);
  EXPECT_GT(*ramp->explained[0], 0.95);
}

TEST(ScaleTexture, LargeTumoursAreSampledWithoutBias) {
  // Blocks of 8 mm of one intensity: known to the last digit on any sample but for which blocks it meets.
  const auto blocks = [](const Vector3d& at, bool) {
    const auto cell = (at / 8).array().floor().cast<std::int64_t>();
    auto mixed = static_cast<std::uint64_t>(cell[0] * 7919 + cell[1] * 104729 + cell[2] * 1299709 + 77);
    for (int round = 0; round < 3; ++round) mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9U;
    return static_cast<double>(mixed >> 40);
  };
  const auto small = scale_texture(neighbourhood_of(make_phantom(ball(30), 42, Vector3d::Ones(), blocks)));  // all
  const auto large = scale_texture(neighbourhood_of(make_phantom(ball(60), 72, Vector3d::Ones(), blocks)));  // 1 in 8
  ASSERT_TRUE(small && large);
  for (std::size_t n = 0; n < kScalesMm.size(); ++n) {
    // Independent blocks: I(d) = mean over the directions of the chance that both voxels lie in one block.
    EXPECT_NEAR(*large->moran[n], *small->moran[n], 0.04) << n;
    EXPECT_NEAR(*large->explained[n], *small->explained[n], 0.04) << n;
  }
}

TEST(Margin, WidthGrowsWithTheBlurOfAnEdge) {
  double previous = 0;
  for (const double sigma : {0.4, 1.0, 2.0}) {
    auto random = std::make_shared<std::mt19937_64>(11);
    const Phantom phantom = make_phantom(ball(20), 32, Vector3d::Ones(), [&](const Vector3d& at, bool) {
      const double noise = static_cast<double>((*random)() >> 40) / (1 << 24);
      return 100 * std::erfc((at.norm() - 20) / (sigma * std::sqrt(2.0))) + 40 * noise;
    });
    const auto margin = measure_margin(neighbourhood_of(phantom));
    ASSERT_TRUE(margin && margin->width_mm);
    EXPECT_GT(*margin->width_mm, previous + 0.3) << sigma;
    EXPECT_GT(*margin->goodness, 0.95);
    EXPECT_GT(margin->contrast, 0.8);
    EXPECT_EQ(margin->consistency, 1);
    EXPECT_LT(margin->blurred_share, sigma < 1.5 ? 0.05 : 1.01);
    previous = *margin->width_mm;
  }
  const auto none = measure_margin(neighbourhood_of(make_phantom(ball(20), 32, Vector3d::Ones(), noise(6))));
  ASSERT_TRUE(none);
  EXPECT_GT(none->blurred_share, 0.9);
}

TEST(Margin, HalfSharpHalfBlurredIsSeen) {
  auto random = std::make_shared<std::mt19937_64>(12);
  const Phantom phantom = make_phantom(ball(20), 32, Vector3d::Ones(), [&](const Vector3d& at, bool) {
    const double noise = static_cast<double>((*random)() >> 40) / (1 << 24);
    return 100 * std::erfc((at.norm() - 20) / ((at[0] > 0 ? 0.4 : 2.0) * std::sqrt(2.0))) + 40 * noise;
  });
  const auto margin = measure_margin(neighbourhood_of(phantom));
  ASSERT_TRUE(margin && margin->width_variation);
  EXPECT_GT(*margin->width_variation, 0.4);
}

TEST(Habitats, ConcentricShellsAreFound) {
  const Phantom phantom = make_phantom(ball(20), 32, Vector3d::Ones(), [](const Vector3d& at, bool) {
    return at.norm() < 10 ? 300.0 : at.norm() < 15 ? 200.0 : 100.0;
  });
  const auto found = find_habitats(neighbourhood_of(phantom));
  ASSERT_TRUE(found && found->habitats);
  const Habitats& habitats = *found->habitats;
  EXPECT_NEAR(habitats.fraction[0] + habitats.fraction[1] + habitats.fraction[2], 1, 1e-12);
  EXPECT_GT(habitats.depth[2], habitats.depth[1]);
  EXPECT_GT(habitats.depth[1], habitats.depth[0]);
  EXPECT_GT(habitats.surface[0], 0.95);
  EXPECT_EQ(habitats.components, (std::vector<double>{1, 1, 1}));
  EXPECT_LT(habitats.contact[1][3], 0.05);
  // Nested balls touch outwards only: sum of areas in proportion to r^2, r^3 being the share of the volume inside.
  const double middle = std::pow(1 - habitats.fraction[0], 2.0 / 3), inner = std::pow(habitats.fraction[2], 2.0 / 3);
  EXPECT_NEAR(habitats.contact[0][1], 1 / (1 + middle + inner), 0.1);
  EXPECT_NEAR(habitats.contact[1][2], middle / (1 + middle + inner), 0.1);
  EXPECT_NEAR(habitats.contact[2][3], inner / (1 + middle + inner), 0.1);
  EXPECT_GT(*found->explained[1], 0.85);
  EXPECT_GT(*found->explained[1], *found->explained[0]);
}

TEST(Degenerate, EveryOddTumourHasValuesOrNone) {
  const auto all = [](const Phantom& phantom) {
    const auto around = make_neighbourhood(phantom.image, phantom.tumour, nullptr);
    if (!around) return around.error().message();
    for (const auto& [a, b] : {std::pair{kCore, kRim}, std::pair{kRim, kRing5}}) regional_contrast(*around, a, b);
    radial_profile(*around);
    ring_monotonicity(*around);
    asymmetry(*around);
    scale_texture(*around);
    measure_margin(*around);
    for (int count = kFewestHabitats; count <= kMostHabitats; ++count) find_habitats(*around, count);
    return std::string();
  };
  const auto one_voxel = [](const Vector3d& at) { return at.cwiseAbs().maxCoeff() < 0.5; };
  const auto line = [](const Vector3d& at) { return std::abs(at[0]) < 10 && std::hypot(at[1], at[2]) < 0.5; };
  const auto plane = [](const Vector3d& at) { return std::abs(at[0]) < 0.5 && std::hypot(at[1], at[2]) < 10; };
  EXPECT_EQ(all(make_phantom(one_voxel, 12, Vector3d::Ones(), noise(1))), "");
  EXPECT_EQ(all(make_phantom(line, 22, Vector3d::Ones(), noise(2))), "");
  EXPECT_EQ(all(make_phantom(plane, 22, Vector3d::Ones(), noise(3))), "");
  EXPECT_EQ(all(make_phantom(ball(8), 20, Vector3d::Ones(), [](const Vector3d&, bool) { return 5.0; })), "");
  EXPECT_EQ(
      all(make_phantom(ball(8), 20, Vector3d::Ones(), [](const Vector3d& at, bool) { return at[0] > 0 ? 1.0 : 0.0; })),
      "");
  // A voxel smaller than a millimetre may hold no voxel of the working grid.
  EXPECT_NE(all(make_phantom([](const Vector3d& at) { return (at - Vector3d(0.1, 0.1, 0.1)).norm() < 0.15; }, 12,
                             Vector3d::Constant(0.2), noise(4))),
            "radtype never says nothing");

  Phantom full = make_phantom([](const Vector3d&) { return true; }, 6, Vector3d::Ones(), noise(5));
  EXPECT_EQ(all(full), "");
  EXPECT_EQ(neighbourhood_of(full).deepest_mm, 0);
  EXPECT_FALSE(radial_profile(neighbourhood_of(full)));
  EXPECT_TRUE(scale_texture(neighbourhood_of(full)));
  ASSERT_TRUE(find_habitats(neighbourhood_of(full)));

  // Touching the border of the image.
  Phantom border = make_phantom(ball(8), 6, Vector3d::Ones(), noise(6));
  EXPECT_EQ(all(border), "");

  Phantom holes = make_phantom(ball(8), 20, Vector3d::Ones(), noise(7));
  std::int64_t spoilt = 0;
  for (std::size_t n = 0; n < holes.tumour.voxels.size(); n += 3) {
    holes.image.voxels[n] =
        n % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    spoilt += holes.tumour.voxels[n] != 0 ? 1 : 0;
  }
  EXPECT_EQ(all(holes), "");
  EXPECT_EQ(neighbourhood_of(holes).unknown_voxels, spoilt);
  for (float& voxel : holes.image.voxels) voxel = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(all(holes), "no voxel of the tumour has a finite intensity");
}

}  // namespace
}  // namespace radtype::texture
