#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/texture/reference_family.h"
#include "support/bodies.h"

namespace radtype::texture {
namespace {

using test::grid_of;

/// A disc of radius 6 pixels in slice 1 of three, in lung everywhere; intensity per voxel from `hu`.
struct Scene {
  Image image;
  Mask tumour;
  Mask lung;
};
template <class Hu>
Scene scene(const Hu& hu) {
  const Grid grid = grid_of({41, 41, 3});
  Scene made{Image(grid), Mask(grid), Mask(grid, 1)};
  for (std::int64_t k = 0; k < 3; ++k) {
    for (std::int64_t j = 0; j < 41; ++j) {
      for (std::int64_t i = 0; i < 41; ++i) {
        const double r = std::hypot(static_cast<double>(i - 20), static_cast<double>(j - 20));
        made.tumour.at(i, j, k) = k == 1 && r <= 6 ? 1 : 0;
        made.image.at(i, j, k) = static_cast<float>(hu(r, i, j));
      }
    }
  }
  return made;
}

TEST(ReferenceFamily, NamesAreThoseOfTheCatalogueInOrder) {
  std::ifstream file(std::string(RADTYPE_SOURCE_DIR) + "/catalog/features.json");
  const auto catalogue = nlohmann::json::parse(file);
  std::vector<std::string> names;
  for (const auto& feature : catalogue.at("features")) {
    if (feature.at("family") == "reference_wu2021") names.push_back(feature.at("name"));
  }
  ASSERT_EQ(names.size(), reference_feature_names().size());
  for (std::size_t n = 0; n < names.size(); ++n) EXPECT_EQ(names[n], "wu2021_" + reference_feature_names()[n]);
  EXPECT_EQ(reference_feature_names().front(), "inner_vs_outer_correl_5mm");
  EXPECT_EQ(reference_feature_names().back(), "core_vs_inner_bhattacharyya_10mm");
}

TEST(ReferenceFamily, TwoConstantRegionsGiveTheFormulasByHand) {
  // Tumour -7 HU (bin 66), around it -800 HU (bin 13). Tumour 113 pixels; within 5 pixels of it 373 in all.
  const Scene s = scene([](double r, auto, auto) { return r <= 6 ? -7.0 : -800.0; });
  std::int64_t tumour = 0, near_tumour = 0;
  for (std::int64_t v = -20; v <= 20; ++v) {
    for (std::int64_t u = -20; u <= 20; ++u) {
      if (u * u + v * v <= 36) ++tumour;
      bool near = false;
      for (std::int64_t y = -6; y <= 6 && !near; ++y) {
        for (std::int64_t x = -6; x <= 6 && !near; ++x) {
          near = x * x + y * y <= 36 && (u - x) * (u - x) + (v - y) * (v - y) <= 25;
        }
      }
      if (near) ++near_tumour;
    }
  }
  const auto features = reference_family(s.image, s.tumour, s.lung, 1.0);
  ASSERT_TRUE(features) << features.error().to_string();
  const double q = static_cast<double>(tumour) / static_cast<double>(near_tumour);  // share of the outer in bin 66
  const double cross = q - 0.01;
  const double variances = (1 - 0.01) * (q * q + (1 - q) * (1 - q) - 0.01);
  EXPECT_NEAR((*features)[0], cross / std::sqrt(variances), 1e-6);
  EXPECT_NEAR((*features)[1], (1 - q) * (1 - q), 1e-6);  // bins empty in the inner region do not count
  EXPECT_NEAR((*features)[2], q, 1e-6);
  EXPECT_NEAR((*features)[3], std::sqrt(1 - std::sqrt(q)), 1e-6);
  const std::array<double, 4> equal = {1, 0, 1, 0};  // core and inner are the same constant
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_NEAR((*features)[8 + n], equal[n], 1e-6);
    EXPECT_EQ((*features)[8 + n], (*features)[20 + n]);
  }
}

TEST(ReferenceFamily, CoreIsDeeperThanHalfOfTheSliceMaximum) {
  // The disc's deepest pixel is 7 pixels (exactly) or less from outside; only the core is bright.
  const Scene s = scene([](double r, auto, auto) { return r <= 6 ? (r <= 3 ? 90.0 : 10.0) : -800.0; });
  const auto features = reference_family(s.image, s.tumour, s.lung, 1.0);
  ASSERT_TRUE(features);
  EXPECT_LT((*features)[10], 0.1);  // core and inner share almost nothing
  EXPECT_GT((*features)[9], 0.8);
}

TEST(ReferenceFamily, HalfPixelsRoundToEvenAndBinsCloseAtTheTop) {
  const Scene s = scene([](double r, std::int64_t i, std::int64_t j) {
    return r <= 6 ? 500.0 : -1000.0 + 13.0 * static_cast<double>((i * 7 + j) % 90);
  });
  const auto block_5mm = [&](double pixels) {
    const auto features = reference_family(s.image, s.tumour, s.lung, 5.0 / pixels);
    EXPECT_TRUE(features) << "the tumour, all 500 HU, must fall into the last bin";
    return std::vector<double>(features->begin(), features->begin() + 12);
  };
  EXPECT_EQ(block_5mm(4.5), block_5mm(4.0));
  EXPECT_EQ(block_5mm(3.5), block_5mm(4.0));
  EXPECT_NE(block_5mm(4.6), block_5mm(4.0));
}

TEST(ReferenceFamily, OnlyVoxelsNearTheTumourMatter) {
  const Scene s = scene([](double r, std::int64_t i, std::int64_t j) {
    return r <= 6 ? -50.0 + 7.0 * static_cast<double>((3 * i + j) % 9) : -900.0 + static_cast<double>((i * j) % 200);
  });
  const auto features = reference_family(s.image, s.tumour, s.lung, 1.0);
  Scene far = s;
  for (std::int64_t k = 0; k < 3; ++k) {
    for (std::int64_t j = 0; j < 41; ++j) {
      for (std::int64_t i = 0; i < 41; ++i) {
        // Other slices, and beyond 16 pixels of the centre.
        if (k != 1 || std::abs(i - 20) > 16 || std::abs(j - 20) > 16) far.image.at(i, j, k) = 55.0F;
      }
    }
  }
  EXPECT_EQ(*features, *reference_family(far.image, far.tumour, far.lung, 1.0));
  far.image.at(20, 29, 1) = 55.0F;
  EXPECT_NE(*features, *reference_family(far.image, far.tumour, far.lung, 1.0));
}

TEST(ReferenceFamily, RefusesWhatItCannotMeasure) {
  const Scene s = scene([](double, auto, auto) { return -20.0; });
  const auto code = [](const auto& result) { return result.error().code(); };
  EXPECT_EQ(code(reference_family(s.image, Mask(s.image.grid), s.lung, 1.0)), ErrorCode::kUndefined);
  EXPECT_EQ(code(reference_family(s.image, s.tumour, s.lung, 0.0)), ErrorCode::kInconsistent);
  EXPECT_EQ(code(reference_family(s.image, s.tumour, s.lung, NAN)), ErrorCode::kInconsistent);
  EXPECT_EQ(code(reference_family(s.image, Mask(grid_of({41, 41, 2}), 1), s.lung, 1.0)), ErrorCode::kInconsistent);
  Mask thin(s.image.grid);  // every voxel of a line is core: no inner region
  for (std::int64_t i = 10; i < 30; ++i) thin.at(i, 20, 1) = 1;
  EXPECT_EQ(code(reference_family(s.image, thin, s.lung, 1.0)), ErrorCode::kUndefined);
  EXPECT_EQ(code(reference_family(s.image, Mask(s.image.grid, 1), s.lung, 1.0)), ErrorCode::kUndefined);  // no edge
  const Scene mr = scene([](double, auto, auto) { return 900.0; });  // nothing within the CT bins
  EXPECT_EQ(code(reference_family(mr.image, mr.tumour, mr.lung, 1.0)), ErrorCode::kUndefined);
}

}  // namespace
}  // namespace radtype::texture
