// Reference family against the released code's own numbers (../shared/golden/regional).
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/io/image_source.h"
#include "radtype/texture/reference_family.h"
#include "support/shared_data.h"

namespace radtype::texture {
namespace {

Image whole_image(const std::string& relative) {
  auto source = io::open_image(test::shared(relative));
  EXPECT_TRUE(source) << source.error().to_string();
  auto image = io::read_region(**source, (*source)->info().grid.box());
  EXPECT_TRUE(image) << image.error().to_string();
  return *std::move(image);
}

Mask non_zero(const Image& image) {
  Mask mask(image.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) mask.voxels[n] = image.voxels[n] != 0 ? 1 : 0;
  return mask;
}

TEST(ReferenceFamilyGolden, EqualsTheReleasedCode) {
  NEEDS_SHARED("golden/regional/golden_regional.json");
  std::ifstream file(test::shared("golden/regional/golden_regional.json"));
  const auto golden = nlohmann::json::parse(file);
  const Image ct = whole_image("golden/regional/lung_001_ct.nii.gz");
  const Mask tumour = non_zero(whole_image("golden/regional/lung_001_tumor.nii.gz"));
  const Mask lung = non_zero(whole_image("golden/regional/lung_001_lung.nii.gz"));
  ASSERT_EQ(std::count(tumour.voxels.begin(), tumour.voxels.end(), 1), golden.at("input").at("tumour_voxels"));
  ASSERT_EQ(std::count(lung.voxels.begin(), lung.voxels.end(), 1), golden.at("input").at("lung_voxels"));

  int cases = 0;
  double worst_reference = 0, worst_formula = 0;
  for (const auto& [name, one] : golden.at("cases").items()) {
    const auto features = reference_family(ct, tumour, lung, one.at("spacing").at(0).get<double>());
    ASSERT_TRUE(features) << features.error().to_string();
    std::size_t n = 0;
    for (const char* distance : {"5", "10"}) {
      const auto& block = one.at("distances_mm").at(distance);
      for (std::size_t m = 0; m < 12; ++m, ++n) {
        const double reference = block.at("reference").at(m);
        const double formula = block.at("formula_float64").at(m);
        EXPECT_NEAR((*features)[n], reference, 1e-6) << name << " " << reference_feature_names()[n];
        worst_reference = std::max(worst_reference, std::abs((*features)[n] - reference));
        worst_formula = std::max(worst_formula, std::abs((*features)[n] - formula));
      }
    }
    ++cases;
  }
  EXPECT_EQ(cases, 2);
  // OpenCV sums chi-square in single precision; the same formulas in double precision agree to rounding.
  EXPECT_LT(worst_formula, 1e-13);
  EXPECT_LT(worst_reference, 5e-8);
  RecordProperty("worst_against_reference", std::to_string(worst_reference));
  RecordProperty("worst_against_formula", std::to_string(worst_formula));
}

}  // namespace
}  // namespace radtype::texture
