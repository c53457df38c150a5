// One scan through the whole pipeline on the phantom: what must not matter, and what must be said.
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"
#include "radtype/io/volume_files.h"
#include "radtype/simulate/phantom.h"
#include "support/shared_data.h"

namespace radtype::feature {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using test::TempDir;
using testing::Contains;
using testing::HasSubstr;

const simulate::Phantom& phantom() {
  static const simulate::Phantom made =
      simulate::make_phantom({.seed = 5, .size = {160, 120, 48}, .spacing_mm = {1.9, 1.9, 3.0}});
  return made;
}

template <class T>
Volume<T> on_grid(const Grid& grid, const std::function<T(std::int64_t, std::int64_t, std::int64_t)>& value) {
  Volume<T> volume(grid);
  const Size3 size = grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) volume.at(i, j, k) = value(i, j, k);
    }
  }
  return volume;
}

/// CT, tumour and lung on disk, and the request that measures them.
struct Files {
  TempDir folder;
  CaseRequest request;

  Files(const Volume<std::int16_t>& ct, const Mask& tumour, const Mask& lung) {
    EXPECT_TRUE(io::write_image_int16(ct, folder / "ct.nii.gz"));
    EXPECT_TRUE(io::write_mask(tumour, folder / "tumour.nrrd"));
    EXPECT_TRUE(io::write_mask(lung, folder / "lung.mha"));
    request.case_id = "phantom";
    request.image = folder / "ct.nii.gz";
    request.mask = folder / "tumour.nrrd";
    request.tissue = folder / "lung.mha";
    request.modality = io::Modality::kCt;
    request.families = {"shape", "reference_wu2021"};
  }
};

/// Of the families asked for, all of which must be there.
std::map<std::string, double> numbers(const CaseRun& run) {
  EXPECT_FALSE(run.error) << run.error->to_string();
  std::map<std::string, double> all;
  for (const auto& [name, value] : run.rows.at(0).extraction.row.values()) {
    const std::string family = find_feature(name)->family;
    if (family != "shape" && family != "reference_wu2021") continue;
    EXPECT_TRUE(value.number) << name << ": " << value.missing_reason;
    all[name] = value.number.value_or(std::nan(""));
  }
  return all;
}

const std::map<std::string, double>& reference_numbers() {
  static const std::map<std::string, double> made = [] {
    const Files files(phantom().ct, phantom().tumour, phantom().lung);
    return numbers(run_case(files.request));
  }();
  return made;
}

TEST(RunCase, WhatLiesFarFromTheTumourDoesNotMatter) {
  const Box part{{20, 10, 6}, {90, 110, 44}};  // right lung with 30 mm to spare around the tumour
  const auto cut = [&]<class T>(const Volume<T>& whole) {
    return on_grid<T>(whole.grid.cropped(part),
                      [&](auto i, auto j, auto k) { return whole.at(i + part.lo[0], j + part.lo[1], k + part.lo[2]); });
  };
  const Files files(cut(phantom().ct), cut(phantom().tumour), cut(phantom().lung));
  for (const auto& [name, value] : numbers(run_case(files.request))) {
    EXPECT_NEAR(value, reference_numbers().at(name), 1e-9 * std::abs(value)) << name;
  }
}

TEST(RunCase, OrderOfStoredAxesDoesNotMatter) {
  const Grid& old = phantom().ct.grid;
  const Size3 size = old.size();
  Affine<LpsMm, Index> stored;  // axial axis first and downwards, as KiTS19 stores it
  stored.linear.col(0) = -old.lps_from_index().linear.col(2);
  stored.linear.col(1) = old.lps_from_index().linear.col(1);
  stored.linear.col(2) = -old.lps_from_index().linear.col(0);
  stored.offset =
      old.lps_from_index()(Point<Index>(static_cast<double>(size[0] - 1), 0, static_cast<double>(size[2] - 1))).v;
  const auto grid = make_grid({size[2], size[1], size[0]}, stored);
  ASSERT_TRUE(grid);
  const auto turned = [&]<class T>(const Volume<T>& whole) {
    return on_grid<T>(*grid, [&](auto i, auto j, auto k) { return whole.at(size[0] - 1 - k, j, size[2] - 1 - i); });
  };
  const Files files(turned(phantom().ct), turned(phantom().tumour), turned(phantom().lung));
  for (const auto& [name, value] : numbers(run_case(files.request))) {
    EXPECT_NEAR(value, reference_numbers().at(name), 1e-6 * std::abs(value)) << name;
  }
  // And with the image in one order, the masks in another.
  Files mixed(phantom().ct, turned(phantom().tumour), turned(phantom().lung));
  for (const auto& [name, value] : numbers(run_case(mixed.request))) {
    EXPECT_NEAR(value, reference_numbers().at(name), 1e-6 * std::abs(value)) << name;
  }
}

TEST(RunCase, MaskOnAnotherGridIsResampledWithANote) {
  const auto finer =
      make_grid({250, 190, 100}, Vector3d(1.2, 1.2, 1.44), Matrix3d::Identity(), phantom().ct.grid.origin_lps_mm());
  ASSERT_TRUE(finer);
  const auto index = phantom().tumour.grid.index_from_lps();
  const Mask tumour = on_grid<std::uint8_t>(*finer, [&](auto i, auto j, auto k) -> std::uint8_t {
    const Vector3d at = index(finer->lps_from_index()(Point<Index>(double(i), double(j), double(k)))).v.array().round();
    const Size3 nearest{std::lround(at[0]), std::lround(at[1]), std::lround(at[2])};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (nearest[axis] < 0 || nearest[axis] >= phantom().tumour.grid.size()[axis]) return 0;
    }
    return phantom().tumour.at(nearest[0], nearest[1], nearest[2]);
  });
  const Files files(phantom().ct, tumour, phantom().lung);
  const CaseRun run = run_case(files.request);
  EXPECT_THAT(run.rows.at(0).notes, Contains(HasSubstr("resampled")));
  EXPECT_NEAR(numbers(run).at("shape_volume_mm3") / reference_numbers().at("shape_volume_mm3"), 1, 0.03);
}

TEST(RunCase, MaskOfAnotherPatientIsRefused) {
  const auto elsewhere = make_grid(phantom().tumour.grid.size(), phantom().tumour.grid.spacing_mm(),
                                   Matrix3d::Identity(), Vector3d(2000, 2000, 2000));
  Mask moved(*elsewhere);
  moved.voxels = phantom().tumour.voxels;
  const Files files(phantom().ct, moved, phantom().lung);
  const CaseRun run = run_case(files.request);
  ASSERT_TRUE(run.error);
  EXPECT_EQ(run.error->code(), ErrorCode::kInconsistent);
  ASSERT_EQ(run.rows.size(), 1u);
  EXPECT_EQ(run.rows[0].extraction.status, Status::kFailed);
  EXPECT_FALSE(run.rows[0].extraction.reason.empty());
}

TEST(RunCase, OneBadRegionDoesNotStopTheOthers) {
  // Region 2 lies on the mask's grid beyond the image.
  const Grid& image_grid = phantom().ct.grid;
  const Grid wider =
      image_grid.cropped({{0, 0, 0}, {image_grid.size()[0] + 40, image_grid.size()[1], image_grid.size()[2]}});
  const Mask labels = on_grid<std::uint8_t>(wider, [&](auto i, auto j, auto k) -> std::uint8_t {
    if (i < image_grid.size()[0]) return phantom().tumour.at(i, j, k) != 0 ? 1 : 0;
    return i > image_grid.size()[0] + 10 && j > 20 && j < 30 && k > 10 && k < 20 ? 2 : 0;
  });
  const Files files(phantom().ct, labels, phantom().lung);
  const CaseRun run = run_case(files.request);
  ASSERT_EQ(run.rows.size(), 2u);
  EXPECT_EQ(run.rows[0].extraction.status, Status::kOk);
  EXPECT_EQ(run.rows[1].extraction.status, Status::kFailed);
  EXPECT_EQ(run.rows[1].label, 2);
  EXPECT_TRUE(run.error);
}

TEST(RunCase, ASingleVoxelHasNoPrincipalAxesAndSaysSo) {
  Mask one(phantom().tumour.grid);
  one.at(40, 60, 24) = 1;
  const Files files(phantom().ct, one, phantom().lung);
  CaseRequest request = files.request;
  request.image.reset();
  request.tissue.reset();
  const CaseRun run = run_case(request);
  ASSERT_FALSE(run.error);
  const auto& row = run.rows.at(0);
  EXPECT_EQ(row.extraction.status, Status::kOk);
  EXPECT_THAT(row.extraction.row.values().at("shape_elongation").missing_reason, HasSubstr("single voxel"));
  // Octahedron through the six face midpoints (docs/methods/morphology.md).
  EXPECT_NEAR(*row.extraction.row.values().at("shape_volume_mm3").number, 1.9 * 1.9 * 3.0 / 6, 1e-9);
}

TEST(RunCase, ValuesThatAreNoNumbersAreLeftOutAndCounted) {
  const Files files(phantom().ct, phantom().tumour, phantom().lung);
  Image broken(phantom().ct.grid);
  std::copy(phantom().ct.voxels.begin(), phantom().ct.voxels.end(), broken.voxels.begin());
  const auto runs = runs_of(phantom().tumour);
  broken.at(runs[0].i_begin, runs[0].j, runs[0].k) = std::numeric_limits<float>::quiet_NaN();
  CaseRequest request = files.request;
  request.image = files.folder / "broken.nii";
  request.families.push_back("regional");
  ASSERT_TRUE(io::write_image(broken, *request.image));
  const CaseRun run = run_case(request);
  ASSERT_FALSE(run.error);
  const CaseRow& row = run.rows[0];
  EXPECT_EQ(row.extraction.status, Status::kOk) << row.extraction.reason;
  EXPECT_EQ(row.quality.at("voxels_without_intensity"), 1);
  EXPECT_THAT(row.notes, testing::Contains(HasSubstr("hold no finite number")));
  EXPECT_TRUE(row.extraction.row.values().at("regional_core_rim_ks").number)
      << row.extraction.row.values().at("regional_core_rim_ks").missing_reason;
  EXPECT_TRUE(row.extraction.row.values().at("wu2021_core_vs_inner_correl_5mm").number);
}

TEST(RunCase, AnAllowedFamilyThatFailsMakesTheCasePartial) {
  // Tissue that ends far from the tumour leaves nothing for the lung's histogram; a tumour of one voxel leaves no inner
  // region.
  Mask one(phantom().tumour.grid);
  one.at(40, 60, 24) = 1;
  const Files files(phantom().ct, one, phantom().lung);
  const CaseRun run = run_case(files.request);
  const auto& row = run.rows.at(0);
  EXPECT_EQ(row.extraction.status, Status::kPartial);
  EXPECT_THAT(row.extraction.reason, HasSubstr("reference_wu2021"));
  EXPECT_FALSE(row.extraction.row.values().at("wu2021_core_vs_inner_correl_5mm").number);
  EXPECT_FALSE(row.extraction.row.values().at("wu2021_core_vs_inner_correl_5mm").missing_reason.empty());
}

TEST(RunCase, EveryDefaultFamilyOnThePhantom) {
  Files files(phantom().ct, phantom().tumour, phantom().lung);
  files.request.families.clear();
  files.request.keep_data = true;
  const CaseRun run = run_case(files.request);
  ASSERT_FALSE(run.error) << run.error->to_string();
  const CaseRow& row = run.rows.at(0);
  EXPECT_EQ(row.extraction.status, Status::kOk) << row.extraction.reason;
  for (const FamilyReport& report : row.extraction.families) {
    // Slices of 3 mm are too thick for the surface's dimension at this radius.
    const std::string expected = report.family == "compat_wu2021"   ? "not asked for"
                                 : report.family == "shape_fractal" ? "not allowed"
                                                                    : "computed";
    EXPECT_EQ(report.outcome, expected) << report.family << ": " << report.reason;
  }
  const auto& values = row.extraction.row.values();
  EXPECT_NEAR(*values.at("shape_energy_01").number, std::sqrt(4 * M_PI), 0.2);
  for (const auto& [name, value] : values) {
    const std::string family = find_feature(name)->family;
    if (value.number || family == "compat_wu2021") continue;
    EXPECT_THAT(value.missing_reason, HasSubstr("unresolved")) << name;
  }
  EXPECT_EQ(row.quality.at("surface").at("flipped_triangles"), 0);
  // What other programs get.
  ASSERT_TRUE(write_surface(row, files.folder / "a.vtp", false));
  const auto coefficients = coefficients_json(row);
  ASSERT_TRUE(coefficients);
  EXPECT_EQ(coefficients->at("coefficients").size(), 256u);
  EXPECT_EQ(coefficients->at("coefficients_in_pose").at(0), nlohmann::json({0.0, 0.0, 0.0}));
  double power = 0;
  for (int m = 4; m < 9; ++m) {
    for (int axis = 0; axis < 3; ++axis)
      power += std::pow(coefficients->at("coefficients_in_pose")
                            .at(static_cast<std::size_t>(m))
                            .at(static_cast<std::size_t>(axis))
                            .get<double>(),
                        2);
  }
  EXPECT_NEAR(std::sqrt(power) / coefficients->at("mean_radius_mm").get<double>(), *values.at("shape_energy_02").number,
              1e-9)
      << "energies do not depend on the pose";
}

TEST(RunCase, FamiliesAreChosenByName) {
  Files files(phantom().ct, phantom().tumour, phantom().lung);
  files.request.families = {"shape", "compat_wu2021"};
  const CaseRun run = run_case(files.request);
  const auto& values = run.rows.at(0).extraction.row.values();
  EXPECT_TRUE(values.at("wu2021_energy_01").number);
  EXPECT_FALSE(values.at("shape_energy_01").number);
  EXPECT_THAT(values.at("shape_energy_01").missing_reason, HasSubstr("not asked for"));
  files.request.families = {"shape", "shapes"};
  const CaseRun refused = run_case(files.request);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code(), ErrorCode::kUsage);
  EXPECT_THAT(refused.error->to_string(), HasSubstr("shape_zernike"));
}

TEST(RunCase, ASurfaceThatIsRefusedMakesTheCasePartialAndLeavesTheRest) {
  // A ball whose hollow is more than may be filled.
  Mask shell(phantom().tumour.grid);
  for (std::int64_t k = 12; k < 36; ++k) {
    for (std::int64_t j = 40; j < 80; ++j) {
      for (std::int64_t i = 20; i < 60; ++i) {
        const Vector3d from_centre(static_cast<double>(i - 40), static_cast<double>(j - 60),
                                   static_cast<double>(k - 24));
        const double r = from_centre.cwiseProduct(Vector3d(1.9, 1.9, 3.0)).norm();
        shell.at(i, j, k) = r < 26 && r > 17 ? 1 : 0;
      }
    }
  }
  Files files(phantom().ct, shell, phantom().lung);
  files.request.image.reset();
  files.request.tissue.reset();
  files.request.families.clear();
  const CaseRun run = run_case(files.request);
  const CaseRow& row = run.rows.at(0);
  EXPECT_EQ(row.extraction.status, Status::kPartial);
  EXPECT_THAT(row.extraction.reason, HasSubstr("cavities"));
  EXPECT_TRUE(row.extraction.row.values().at("shape_zernike_02_02").number) << "map-free families remain";
  EXPECT_FALSE(row.extraction.row.values().at("shape_energy_01").number);
  EXPECT_FALSE(write_surface(row, files.folder / "a.vtp", false));
}

TEST(RunCase, AThreadOfVoxelsAcrossTheScanIsRefusedNotHeldInMemory) {
  // One voxel thick and 200 long: smoothed at a share of its own tiny radius the box would need gigabytes.
  Mask thread(*make_grid({204, 204, 204}, Vector3d::Ones(), Matrix3d::Identity(), Vector3d::Zero()));
  for (std::int64_t n = 2; n < 202; ++n) thread.at(n, n, n) = 1;
  const TempDir folder;
  ASSERT_TRUE(io::write_mask(thread, folder / "thread.nii.gz"));
  CaseRequest request;
  request.mask = folder / "thread.nii.gz";
  const CaseRun run = run_case(request);
  ASSERT_FALSE(run.error);
  const CaseRow& row = run.rows.at(0);
  EXPECT_EQ(row.extraction.status, Status::kPartial);
  EXPECT_THAT(row.extraction.reason, HasSubstr("shape_spectrum, shape_surface, shape_lobes: "));
  EXPECT_THAT(row.extraction.reason, HasSubstr("too thin"));
  EXPECT_TRUE(row.extraction.row.values().at("shape_volume_mm3").number);
}

TEST(RunCase, TissueOfSeveralRegionsMustBeChosen) {
  Mask both = phantom().lung;
  for (std::size_t i = 0; i < both.voxels.size(); ++i)
    both.voxels[i] = static_cast<std::uint8_t>(both.voxels[i] != 0 ? 1 + i % 2 : 0);
  const Files files(phantom().ct, phantom().tumour, both);
  const CaseRun refused = run_case(files.request);
  ASSERT_TRUE(refused.error);
  EXPECT_THAT(refused.error->to_string(), HasSubstr("--tissue-roi"));
  for (const std::vector<std::string>& chosen : {std::vector<std::string>{"1", "2"}, {"all"}}) {
    CaseRequest request = files.request;
    request.tissue_options.regions = chosen;
    EXPECT_EQ(numbers(run_case(request)), reference_numbers());
  }
}

TEST(FeatureRowTest, NeverHoldsANumberThatIsNone) {
  FeatureRow row;
  row.set("a", std::nan(""));
  row.set("b", std::numeric_limits<double>::infinity());
  row.set("c", 1.5);
  EXPECT_FALSE(row.values().at("a").number);
  EXPECT_FALSE(row.values().at("a").missing_reason.empty());
  EXPECT_FALSE(row.values().at("b").number);
  EXPECT_EQ(row.values().at("c").number, 1.5);
}

TEST(Catalogue, NamesAreUniqueCitedAndOfAKnownFamily) {
  std::set<std::string> names;
  std::set<std::string> known;
  for (const Family& family : families()) known.insert(family.name);
  std::ifstream file(RADTYPE_SOURCE_DIR "/docs/references.bib");
  const std::string bibliography((std::istreambuf_iterator<char>(file)), {});
  for (const Entry& entry : catalogue()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_TRUE(known.contains(entry.family)) << entry.family;
    EXPECT_GE(entry.version, 1);
    EXPECT_FALSE(entry.unit.empty());
    EXPECT_FALSE(entry.definition.empty());
    EXPECT_FALSE(entry.formula.empty()) << entry.name;
    EXPECT_THAT(bibliography, HasSubstr("{" + entry.citation + ",")) << entry.name;
    if (!entry.for_clustering) {
      EXPECT_FALSE(entry.note.empty()) << entry.name << " must say why it is not for clustering";
    }
  }
}

}  // namespace
}  // namespace radtype::feature
