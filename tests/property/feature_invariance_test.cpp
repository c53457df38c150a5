// What the heterogeneity families promise: the order of intensities is all they see of them, and they do not care how
// the patient lies. On virtual and on real volumes.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/intensity_cases.h"

namespace radtype::feature {
namespace {

using test::features_of;

void expect_same(const std::map<std::string, Value>& expected, const std::map<std::string, Value>& found,
                 double tolerance) {
  for (const auto& [name, value] : expected) {
    const Value& other = found.at(name);
    EXPECT_EQ(value.missing_reason, other.missing_reason) << name;
    if (!value.number || !other.number) continue;
    if (tolerance == 0) {
      EXPECT_EQ(*value.number, *other.number) << name;
    } else {
      EXPECT_NEAR(*value.number, *other.number, tolerance) << name;
    }
  }
}

/// Exchanges "low" and "high", "bright" and "dark" in a name.
std::string mirrored(const std::string& name) {
  const auto replaced = [&](const std::string& from, const std::string& to) -> std::optional<std::string> {
    const auto at = name.find(from);
    return at == std::string::npos ? std::nullopt : std::optional(std::string(name).replace(at, from.size(), to));
  };
  for (const auto& [a, b] :
       {std::pair<const char*, const char*>{"low_middle", "middle_high"}, {"_low", "_high"}, {"bright", "dark"}}) {
    if (auto other = replaced(a, b)) return *other;
    if (auto other = replaced(b, a)) return *other;
  }
  return name;
}

void expect_reversed(const std::map<std::string, Value>& expected, const std::map<std::string, Value>& found) {
  for (const auto& [name, value] : expected) {
    const std::string& rule = find_feature(name)->under_reversal;
    const Value& other = found.at(rule == "exchanged" ? mirrored(name) : name);
    ASSERT_NE(rule, "") << name;
    EXPECT_EQ(value.missing_reason, other.missing_reason) << name;
    if (!value.number || !other.number) continue;
    EXPECT_NEAR(*value.number, rule == "sign" ? -*other.number : *other.number, 1e-12) << name;
  }
}

void expect_invariant_to_intensity(const CaseData& data) {
  const auto original = features_of(data);
  int present = 0;
  for (const auto& [name, value] : original) present += value.number ? 1 : 0;
  EXPECT_GT(present, 60);
  const std::vector<std::pair<const char*, std::function<float(std::size_t, float)>>> increasing = {
      {"number of the level", [](std::size_t level, float) { return static_cast<float>(level); }},
      {"exponential", [](std::size_t level, float) { return static_cast<float>(std::exp(0.0005 * double(level))); }},
      {"gamma", [](std::size_t level, float) { return static_cast<float>(std::pow(double(level) + 1, 0.4)); }},
      {"pieces",
       [](std::size_t level, float) { return static_cast<float>(level < 500 ? 3 * level : 5 * level + 10000); }},
  };
  int maps = 0;
  for (const auto& [name, map] : increasing) {
    SCOPED_TRACE(name);
    const CaseData changed = test::remapped(data, map);
    // Rounding must not have merged two levels.
    const std::set<float> before(data.image->voxels.begin(), data.image->voxels.end());
    const std::set<float> after(changed.image->voxels.begin(), changed.image->voxels.end());
    if (before.size() != after.size()) {
      EXPECT_STRNE(name, "number of the level");
      continue;
    }
    ++maps;
    expect_same(original, features_of(changed), 0);
  }
  EXPECT_GE(maps, 2);
  expect_reversed(original, features_of(test::remapped(data, [](std::size_t, float value) { return -value; })));
  expect_reversed(original, features_of(test::remapped(data, [](std::size_t level, float) {
                    return 1e6F / (1.0F + static_cast<float>(level));
                  })));
}

CaseData embedded(const CaseData& data);

void expect_invariant_to_pose(const CaseData& data) {
  const auto original = features_of(data);
  expect_same(original, features_of(embedded(data)), 0);
  // Turns and mirror images: every axis goes to every place, each way round.
  const std::vector<std::pair<std::array<int, 3>, std::array<bool, 3>>> poses = {{{0, 1, 2}, {true, false, false}},
                                                                                 {{1, 2, 0}, {false, true, true}},
                                                                                 {{2, 0, 1}, {true, true, false}},
                                                                                 {{1, 0, 2}, {false, false, true}}};
  for (const auto& [order, flips] : poses) {
    const auto found = features_of(test::turned(data, order, flips));
    for (const auto& [name, value] : original) {
      const std::string& family = find_feature(name)->family;
      const bool exact = family == "regional" || family == "radial" || family == "texture";
      if (!value.number || !found.at(name).number) {
        EXPECT_EQ(value.missing_reason, found.at(name).missing_reason) << name;
      } else if (exact) {
        EXPECT_EQ(*value.number, *found.at(name).number) << name;
      }
    }
  }
}

/// In a larger image, elsewhere on its grid; nothing that was there is changed, and the new voxels are no tissue.
CaseData embedded(const CaseData& data) {
  CaseData result = data;
  const Size3 size = data.tumour.grid.size();
  const Box box{{-3, -5, -2}, {size[0] + 4, size[1] + 1, size[2] + 6}};
  result.tumour = test::padded(data.tumour, box);
  result.image = test::padded(*data.image, box);
  result.tissue = test::padded(data.tissue ? *data.tissue : Mask(data.tumour.grid, 1), box);
  return result;
}

/// A tumour, an organ and a scanner by number.
CaseData drawn_case(std::uint64_t number) {
  std::mt19937_64 random(number);
  const auto between = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random() % 1000) / 1000;
  };
  simulate::TumourParameters p;
  p.radius_mm = between(5, 16);
  p.elongation = between(0.6, 1);
  p.flatness = p.elongation * between(0.7, 1);
  p.roughness = between(0, 0.15);
  p.necrotic_share = between(0, 0.4);
  p.soft_share = between(0, 0.3);
  p.margin_mm = between(0.2, 2.5);
  p.layering = between(0, 1);
  p.seed = random();
  simulate::Scanner scanner;
  scanner.modality = number % 2 == 0 ? io::Modality::kCt : io::Modality::kMr;
  scanner.slice_mm = std::array<double, 3>{1.0, 2.5, 5.0}[random() % 3];
  scanner.seed = random();
  const auto organ = static_cast<simulate::Organ>(number % 3);
  return test::virtual_case(organ, scanner, p, scanner.seed);
}

class HeterogeneityOfVirtualTumours : public testing::TestWithParam<std::uint64_t> {};

TEST_P(HeterogeneityOfVirtualTumours, SeesOnlyTheOrderOfIntensities) {
  expect_invariant_to_intensity(drawn_case(GetParam()));
}

TEST_P(HeterogeneityOfVirtualTumours, DoesNotCareHowThePatientLies) {
  expect_invariant_to_pose(drawn_case(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Drawn, HeterogeneityOfVirtualTumours, testing::Range<std::uint64_t>(1, 7));

struct RealCase {
  const char* name;
  const char* image;
  const char* mask;
  const char* region;
};

class HeterogeneityOfRealTumours : public testing::TestWithParam<RealCase> {};

TEST_P(HeterogeneityOfRealTumours, SeesOnlyTheOrderOfIntensities) {
  NEEDS_SHARED("data");
  expect_invariant_to_intensity(test::real_case(GetParam().image, GetParam().mask, GetParam().region));
}

TEST_P(HeterogeneityOfRealTumours, DoesNotCareHowThePatientLies) {
  NEEDS_SHARED("data");
  expect_invariant_to_pose(test::real_case(GetParam().image, GetParam().mask, GetParam().region));
}

INSTANTIATE_TEST_SUITE_P(
    Shared, HeterogeneityOfRealTumours,
    testing::Values(RealCase{"SarcomaCt", "sts/STS_012/CT_image.nii.gz", "sts/STS_012/CT_mask.nii.gz", ""},
                    RealCase{"SarcomaMr", "sts/STS_012/MR_T1_image.nii.gz", "sts/STS_012/MR_T1_mask.nii.gz", ""},
                    RealCase{"SarcomaPet", "sts/STS_012/PET_image.nii.gz", "sts/STS_012/PET_mask.nii.gz", ""},
                    RealCase{"Glioma", "glioma/TCGA-FG-6692/t1c.nii.gz", "glioma/TCGA-FG-6692/fusion_mav.nii.gz", "2"},
                    RealCase{"LungCt", "lung_ct/LUNG1-001_ct_crop.nii.gz", "lung_ct/LUNG1-001_labels_crop.nii.gz",
                             "1"}),
    [](const auto& drawn) { return std::string(drawn.param.name); });

}  // namespace
}  // namespace radtype::feature
