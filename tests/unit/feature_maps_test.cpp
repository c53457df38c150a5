// Maps for other programs: what they hold is what was counted, and nothing of the user's is lost.
#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/io/image_source.h"
#include "radtype/simulate/phantom.h"
#include "radtype/texture/regional.h"
#include "support/intensity_cases.h"

namespace radtype::feature {
namespace {

using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

CaseRow phantom_row(const std::vector<std::string>& families) {
  const simulate::Phantom phantom =
      simulate::make_phantom({.seed = 5, .size = {160, 120, 48}, .spacing_mm = {1.9, 1.9, 3.0}});
  const Box box = test::box_around(phantom.tumour, 16);
  CaseRow row;
  row.case_id = "a/b";
  row.label = 3;
  row.data.tumour = test::cropped(phantom.tumour, box);
  row.data.tissue = test::cropped(phantom.lung, box);
  const auto ct = test::cropped(phantom.ct, box);
  row.data.image = Image(ct.grid);
  std::copy(ct.voxels.begin(), ct.voxels.end(), row.data.image->voxels.begin());
  row.data.modality = io::Modality::kCt;
  row.extraction = extract(row.data, families);
  return row;
}

const CaseRow& whole_row() {
  static const CaseRow row = phantom_row({"regional", "margin", "habitat"});
  return row;
}

Image read(const std::filesystem::path& path) {
  auto source = io::open_image(path);
  EXPECT_TRUE(source) << source.error().to_string();
  auto image = io::read_region(**source, (*source)->info().grid.box());
  EXPECT_TRUE(image) << image.error().to_string();
  return std::move(*image);
}

std::int64_t voxels_of(const Image& image, float value) {
  return std::count(image.voxels.begin(), image.voxels.end(), value);
}

TEST(Maps, HoldWhatWasCounted) {
  const TempDir temp;
  const auto folder = temp / "new" / "folder";
  const CaseRow& row = whole_row();
  ASSERT_FALSE(no_maps_reason(row));
  const auto written = write_maps(row, folder, false);
  ASSERT_TRUE(written) << written.error().to_string();

  const texture::Neighbourhood& around = *row.extraction.neighbourhood;
  const Image regions = read(folder / "regions.nii.gz");
  EXPECT_EQ(regions.grid.size(), around.grid.size());
  EXPECT_LT((regions.grid.origin_lps_mm() - around.grid.origin_lps_mm()).norm(), 1e-3);
  EXPECT_EQ(voxels_of(regions, 1), texture::voxels_in(around, texture::kCore));
  EXPECT_EQ(voxels_of(regions, 2), texture::voxels_in(around, texture::kRim));
  EXPECT_EQ(voxels_of(regions, 3), texture::voxels_in(around, texture::kRing5));
  EXPECT_EQ(voxels_of(regions, 4), texture::voxels_in(around, texture::kRing10));
  EXPECT_EQ(voxels_of(regions, 1) + voxels_of(regions, 2), around.tumour_voxels);

  const Image ranks = read(folder / "rank.nii.gz");
  ASSERT_EQ(ranks.voxels.size(), around.ranks.size());
  for (std::size_t n = 0; n < ranks.voxels.size(); ++n) {
    ASSERT_NEAR(ranks.voxels[n], around.ranks[n].around / 32767.0, 1e-6);
    if (regions.voxels[n] == 0) {
      ASSERT_EQ(ranks.voxels[n], 0) << n;
    }
  }

  const Image habitats = read(folder / "habitats.nii.gz");
  const texture::Habitats& found = *row.extraction.habitats;
  EXPECT_EQ(habitats.grid.size(), found.grid.size());
  for (const int label : {1, 2, 3}) {
    EXPECT_EQ(voxels_of(habitats, static_cast<float>(label)),
              std::count(found.habitat.begin(), found.habitat.end(), label));
    EXPECT_GT(voxels_of(habitats, static_cast<float>(label)), 0);
  }

  std::ifstream file(folder / "margin.vtp");
  const std::string vtp{std::istreambuf_iterator<char>(file), {}};
  const std::size_t rays = row.extraction.margin->rays.size();
  EXPECT_THAT(vtp, HasSubstr(fmt::format("NumberOfPoints=\"{}\" NumberOfVerts=\"{}\"", rays, rays)));
  for (const char* name : {"width_mm", "contrast", "goodness", "patch"})
    EXPECT_THAT(vtp, HasSubstr(fmt::format("Name=\"{}\"", name)));
}

TEST(Maps, NothingIsOverwrittenUntoldAndNothingStaleRemains) {
  const TempDir folder;
  std::ofstream(folder / "margin.vtp") << "mine";
  const auto refused = write_maps(whole_row(), folder.path(), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
  EXPECT_FALSE(std::filesystem::exists(folder / "regions.nii.gz")) << "refused before anything is written";
  EXPECT_EQ(std::filesystem::file_size(folder / "margin.vtp"), 4u);
  ASSERT_TRUE(write_maps(whole_row(), folder.path(), true));
  EXPECT_GT(std::filesystem::file_size(folder / "margin.vtp"), 1000u);
  // Without the families that make them there is no margin and no habitat; those of before are gone.
  ASSERT_TRUE(write_maps(phantom_row({"regional"}), folder.path(), true));
  EXPECT_TRUE(std::filesystem::exists(folder / "rank.nii.gz"));
  EXPECT_FALSE(std::filesystem::exists(folder / "margin.vtp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "habitats.nii.gz"));
}

TEST(Maps, ARowWithoutANeighbourhoodSaysWhy) {
  const TempDir folder;
  CaseRow row = whole_row();
  row.data.image.reset();
  row.extraction = extract(row.data, {"shape", "margin"});
  const auto refused = write_maps(row, folder / "a", false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUndefined);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("needs an image"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  EXPECT_THAT(*no_maps_reason(phantom_row({"shape"})), HasSubstr("none of the families asked for"));
}

TEST(Maps, FoldersOfRegionsDiffer) {
  std::vector<CaseRow> rows(4);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    rows[n].case_id = "a/b";
    rows[n].label = static_cast<int>(n) + 1;
  }
  rows[1].roi = "GTV:1";
  rows[2].roi = rows[3].roi = "GTV";
  EXPECT_THAT(map_folder_names(rows), ElementsAre("a_b_1", "a_b_GTV_1", "a_b_GTV_3", "a_b_GTV_4"));
}

TEST(Figure, ShowsTheNeighbourhoodWithAndWithoutHabitats) {
  const TempDir folder;
  ASSERT_TRUE(draw_case(whole_row(), folder / "a.png", false));
  ASSERT_TRUE(draw_case(phantom_row({"regional"}), folder / "b.svg", false));
  ASSERT_TRUE(draw_case(phantom_row({"shape"}), folder / "c.png", false));
  EXPECT_GT(std::filesystem::file_size(folder / "a.png"), std::filesystem::file_size(folder / "c.png"));
}

}  // namespace
}  // namespace radtype::feature
