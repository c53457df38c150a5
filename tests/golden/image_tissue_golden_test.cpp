// Tissue found in real scans, and maps of contrast uptake, against what others drew and computed.
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "image/runs.h"
#include "radtype/image/dce.h"
#include "radtype/image/region.h"
#include "radtype/image/tissue.h"
#include "radtype/io/mask_input.h"
#include "support/bodies.h"
#include "support/shared_data.h"

namespace radtype::image {
namespace {

using io::Modality;
using test::shared;

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return std::move(*result);
}

std::unique_ptr<io::ImageSource> opened(const std::string& path) {
  return value_of(io::open_image(shared("data/" + path)));
}

Image all_of(const std::string& path) {
  const auto source = opened(path);
  return value_of(io::read_region(*source, source->info().grid.box()));
}

/// Regions of a mask, on the grid of the image, as one.
Mask regions_of(const std::string& path, const Grid& grid, const std::vector<std::string>& regions) {
  io::MaskOptions options;
  options.regions = regions;
  options.rtstruct.partial_roi = true;
  Region all;
  for (const Region& region : value_of(io::read_mask(shared("data/" + path), grid, options)).map.regions)
    all.runs = united(all.runs, region.runs);
  return dense_mask(grid, all, grid.box());
}

Mask found(const std::string& path, TissueKind kind, Modality modality) {
  const auto source = opened(path);
  const Tissue tissue = value_of(find_tissue(*source, kind, modality));
  const Grid& grid = source->info().grid;
  const double share = tissue.volume_ml * 1000 / (static_cast<double>(grid.voxel_count()) * grid.voxel_volume_mm3());
  fmt::print("{}: {} {:.1f} ml, {:.1f} % of the image\n", path, tissue_word(kind), tissue.volume_ml, 100 * share);
  return dense_mask(grid, tissue.region, grid.box());
}

double share_inside(const Mask& part, const Mask& whole) {
  std::int64_t all = 0;
  std::int64_t inside = 0;
  for (std::size_t n = 0; n < part.voxels.size(); ++n) {
    all += part.voxels[n];
    inside += part.voxels[n] & whole.voxels[n];
  }
  return static_cast<double>(inside) / static_cast<double>(all);
}

double lung_dice(const std::string& image, const std::string& outlines, const std::string& tumour_name,
                 const std::vector<std::string>& lung_names) {
  const Mask lungs = found(image, TissueKind::kLung, Modality::kCt);
  const Mask tumour = regions_of(outlines, lungs.grid, {tumour_name});
  std::vector<std::string> names = lung_names;
  names.push_back(tumour_name);
  const Mask drawn = regions_of(outlines, lungs.grid, names);
  const double agreement = test::dice(joined_with_tumour(lungs, tumour, TissueKind::kLung), drawn);
  fmt::print("Dice with the lungs drawn, tumour joined: {:.4f}\n", agreement);
  return agreement;
}

TEST(TissueGolden, LungOfACropThatCutsBothLungs) {
  NEEDS_SHARED("data/lung_ct");
  EXPECT_GE(lung_dice("lung_ct/LUNG1-001_ct_crop.nii.gz", "lung_ct/LUNG1-001_labels_crop.nii.gz", "1", {"2", "3"}),
            0.97);
}

TEST(TissueGolden, LungOfTheDicomSeries) {
  NEEDS_SHARED("data/dicom/LUNG1-001");
  EXPECT_GE(lung_dice("dicom/LUNG1-001/ct", "dicom/LUNG1-001/rtstruct.dcm", "GTV-1", {"Lung-Left", "Lung-Right"}),
            0.97);
}

TEST(TissueGolden, BrainIsTheFilledPartThatIsNotZero) {
  NEEDS_SHARED("data/glioma");
  for (const std::string contrast : {"t1", "t1c", "t2", "fla"}) {
    const std::string path = "glioma/TCGA-FG-6692/" + contrast + ".nii.gz";
    const Mask brain = found(path, TissueKind::kBrain, Modality::kMr);
    const Image image = all_of(path);
    Mask zero(image.grid);
    for (std::size_t n = 0; n < zero.voxels.size(); ++n) zero.voxels[n] = image.voxels[n] == 0 ? 1 : 0;
    // Filled by another way: all but the zeros that are joined to the first voxel.
    const auto runs = runs_of(zero);
    const RunSets sets = connected_runs(runs, zero.grid.size(), Neighbours::kFaces6);
    Region outside;
    for (std::size_t n = 0; n < runs.size(); ++n) {
      if (sets.set_of[n] == sets.set_of[0]) outside.runs.push_back(runs[n]);
    }
    Region head;
    head.runs = complement(outside.runs, zero.grid.size());
    const double agreement = test::dice(brain, dense_mask(zero.grid, head, zero.grid.box()));
    fmt::print("Dice with the filled voxels that are not zero: {:.5f}\n", agreement);
    EXPECT_GT(agreement, 0.99) << contrast;
  }
}

TEST(TissueGolden, BreastHoldsItsVoiAndNoAir) {
  NEEDS_SHARED("data/breast_dce");
  for (const std::string phase : {"dce0", "dce1", "dce2"}) {
    const Mask body = found("breast_dce/UCSF-BR-06_" + phase + ".nii.gz", TissueKind::kBody, Modality::kMr);
    const double inside = share_inside(regions_of("breast_dce/UCSF-BR-06_voi.nii.gz", body.grid, {}), body);
    fmt::print("{:.3f} % of the breast VOI inside\n", 100 * inside);
    EXPECT_GT(inside, 0.995) << phase;
    // The air before the breast: 25 voxels of the first rows of a middle slice.
    for (std::int64_t i = 0; i < 5; ++i) {
      for (std::int64_t j = 0; j < 5; ++j) EXPECT_EQ(body.at(i, j, 8), 0) << phase << " " << i << " " << j;
    }
  }
}

TEST(TissueGolden, SarcomasLieInTheBody) {
  NEEDS_SHARED("data/sts");
  double least = 1;
  int cases = 0;
  for (const auto& folder : std::filesystem::directory_iterator(shared("data/sts"))) {
    if (!folder.is_directory()) continue;
    const std::string name = "sts/" + folder.path().filename().string() + "/";
    for (const auto& [word, modality] :
         {std::pair{"CT", Modality::kCt}, std::pair{"MR_T1", Modality::kMr}, std::pair{"PET", Modality::kPet}}) {
      const Mask body = found(name + word + "_image.nii.gz", TissueKind::kBody, modality);
      const double inside = share_inside(regions_of(name + word + "_mask.nii.gz", body.grid, {}), body);
      if (inside < 0.999) fmt::print("{:.3f} % of the tumour inside\n", 100 * inside);
      EXPECT_GT(inside, 0.99) << name << word;
      least = std::min(least, inside);
      ++cases;
    }
  }
  fmt::print("sarcomas: {} images, least share inside {:.4f}\n", cases, least);
  EXPECT_EQ(cases, 78);
}

// The published maps: percent enhancement cut to whole percents, 0 where it is negative or the pre-contrast signal
// under 35; 1000 SER rounded and at most 3000, 0 where the percent enhancement is under 70, and, beyond a formula,
// at voxels with few neighbours over 70 %.
TEST(DceGolden, MapsOfUcsfBr06) {
  NEEDS_SHARED("data/breast_dce");
  const auto phase = [](const std::string& name) { return all_of("breast_dce/UCSF-BR-06_" + name + ".nii.gz"); };
  const Image pre = phase("dce0");
  const Image theirs_pe = phase("pe1");
  const Image theirs_ser = phase("ser_x1000");
  const DceMaps maps = value_of(dce_maps(pre, phase("dce1"), phase("dce2"), nullptr, {.least_pre = 35}));

  double worst_pe = 0;
  double worst_ser = 0;
  int pe_wrong = 0;
  int ser_compared = 0;
  int ser_limited = 0;
  int ser_isolated = 0;
  for (std::size_t n = 0; n < pre.voxels.size(); ++n) {
    const double pe = maps.percent_enhancement.voxels[n];
    const double ser = maps.signal_enhancement_ratio.voxels[n];
    // A whole percent may fall on either side of itself in floating point.
    const double whole_pe = std::max(0.0, std::floor(pe + 1e-4));
    pe_wrong += whole_pe != theirs_pe.voxels[n];
    if (theirs_pe.voxels[n] > 0) worst_pe = std::max(worst_pe, pe - theirs_pe.voxels[n]);
    if (theirs_ser.voxels[n] > 0) {
      EXPECT_GE(pe, 70 - 1e-4);
      ++ser_compared;
      ser_limited += ser > 3;
      worst_ser = std::max(worst_ser, std::abs(1000 * std::min(ser, 3.0) - theirs_ser.voxels[n]));
    } else if (pe >= 70) {
      ++ser_isolated;
    }
  }
  fmt::print("PE: {} of {} voxels differ after cutting to whole percents, by less than {:.3f} before\n", pe_wrong,
             pre.voxels.size(), worst_pe);
  fmt::print(
      "1000 SER: largest difference {:.4f} over {} voxels, {} of them at their limit of 3000; {} voxels over "
      "70 % that they left out\n",
      worst_ser, ser_compared, ser_limited, ser_isolated);
  EXPECT_EQ(pe_wrong, 0);
  EXPECT_LT(worst_pe, 1);
  EXPECT_LT(worst_ser, 0.5 + 1e-3);
  EXPECT_EQ(ser_compared, 41374);
  EXPECT_EQ(ser_isolated, 896);
}

}  // namespace
}  // namespace radtype::image
