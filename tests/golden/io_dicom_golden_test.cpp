// Real DICOM against the NIfTI and NRRD files that others made from it, read by ITK.
#include <gmock/gmock.h>

#include <cmath>

#include "radtype/io/dicom.h"
#include "support/itk_volume.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

using test::shared;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using ItkImage = itk::Image<double, 3>;

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return std::move(*result);
}

/// The value of `image` at the centre of a voxel, nothing outside of it.
std::optional<double> at(const ItkImage& image, const Affine<LpsMm, Index>& lps_from_index, std::int64_t i,
                         std::int64_t j, std::int64_t k) {
  const Eigen::Vector3d p =
      lps_from_index(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
  ItkImage::PointType point;
  for (unsigned axis = 0; axis < 3; ++axis) point[axis] = p[axis];
  itk::ContinuousIndex<double, 3> continuous;
  if (!image.TransformPhysicalPointToContinuousIndex(point, continuous)) return std::nullopt;
  ItkImage::IndexType index;
  for (unsigned axis = 0; axis < 3; ++axis) {
    index[axis] = std::llround(continuous[axis]);
    EXPECT_NEAR(continuous[axis], static_cast<double>(index[axis]), 1e-3);  // the grids coincide
  }
  return image.GetPixel(index);
}

struct ImageDifference {
  double largest = 0;
  std::int64_t compared = 0;
};
ImageDifference compare_image(const std::string& series, const std::string& volume, ImageInfo* info = nullptr) {
  auto source = value_of(open_dicom_series(shared(series)));
  const std::vector<double> values = value_of(test::all_values(*source));
  const auto other = test::read_with_itk(shared(volume));
  const Grid& grid = source->info().grid;
  const auto lps = grid.lps_from_index();
  ImageDifference difference;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i, ++n) {
        const auto expected = at(*other, lps, i, j, k);
        if (!expected) continue;
        ++difference.compared;
        difference.largest = std::max(difference.largest, std::abs(values[n] - *expected));
      }
    }
  }
  if (info != nullptr) *info = source->info();
  return difference;
}

struct MaskDifference {
  std::int64_t both = 0, only_ours = 0, only_theirs = 0, ours_outside = 0;
  std::int64_t theirs = 0;                        ///< in their whole file
  std::map<int, std::int64_t> ours_where_theirs;  ///< our voxels by the label of their file
};
MaskDifference compare_mask(const Grid& grid, const Region& region, const std::string& volume,
                            std::optional<int> label = std::nullopt) {
  const auto other = test::read_with_itk(shared(volume));
  const Mask mask = dense_mask(grid, region, grid.box());
  const auto lps = grid.lps_from_index();
  const auto is_theirs = [&](double value) { return label ? value == *label : value > 0; };
  MaskDifference d;
  for (std::size_t n = 0; n < other->GetBufferedRegion().GetNumberOfPixels(); ++n) {
    d.theirs += is_theirs(other->GetBufferPointer()[n]);
  }
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i) {
        const bool ours = mask.at(i, j, k) != 0;
        const auto value = at(*other, lps, i, j, k);
        if (!value) {
          d.ours_outside += ours;
          continue;
        }
        const bool theirs = is_theirs(*value);
        d.both += ours && theirs;
        d.only_ours += ours && !theirs;
        d.only_theirs += theirs && !ours;
        if (ours) ++d.ours_where_theirs[static_cast<int>(*value)];
      }
    }
  }
  return d;
}
void expect_equal(const MaskDifference& d, std::int64_t voxels) {
  EXPECT_EQ(d.both, voxels);
  EXPECT_EQ(d.theirs, voxels);
  EXPECT_EQ(d.only_ours, 0);
  EXPECT_EQ(d.only_theirs, 0);
  EXPECT_EQ(d.ours_outside, 0);
}

LabelMap outlines(const std::string& series, const std::string& rtstruct, const RtStructOptions& options) {
  const Grid grid = value_of(open_dicom_series(shared(series)))->info().grid;
  return value_of(read_rtstruct(shared(rtstruct), grid, options));
}

TEST(DicomGolden, IbsiPhantomEqualsItsNiftiVoxelForVoxel) {
  NEEDS_SHARED("data/ibsi/ibsi1_ct_phantom");
  const std::string folder = "data/ibsi/ibsi1_ct_phantom/";
  ImageInfo info;
  const ImageDifference image = compare_image(folder + "dicom/image", folder + "nifti/phantom.nii.gz", &info);
  EXPECT_EQ(image.largest, 0);
  EXPECT_EQ(image.compared, 204 * 201 * 60);
  EXPECT_EQ(info.unit, "HU");
  const LabelMap map = outlines(folder + "dicom/image", folder + "dicom/mask/DCM_RS_00060.dcm", {.roi = "GTV-1"});
  expect_equal(compare_mask(map.grid, map.regions.at(0), folder + "nifti/mask.nii.gz"), 125256);
}

struct StsCase {
  const char* modality;
  const char* unit;
  std::int64_t voxels;
  double tolerance;
};
void PrintTo(const StsCase& c, std::ostream* out) { *out << c.modality; }
class DicomGoldenSts : public testing::TestWithParam<StsCase> {};

TEST_P(DicomGoldenSts, SeriesAndOutlinesEqualTheNifti) {
  NEEDS_SHARED("data/dicom/STS_025");
  const std::string modality = GetParam().modality;
  const std::string folder = "data/dicom/STS_025/" + modality, nifti = "data/sts/STS_025/" + modality;
  ImageInfo info;
  const ImageDifference image = compare_image(folder + "/image", nifti + "_image.nii.gz", &info);
  EXPECT_LE(image.largest, GetParam().tolerance);
  EXPECT_EQ(image.compared, info.grid.voxel_count());
  EXPECT_EQ(info.unit, GetParam().unit);
  const LabelMap map = outlines(folder + "/image", folder + "/mask/RS.dcm", {});
  expect_equal(compare_mask(map.grid, map.regions.at(0), nifti + "_mask.nii.gz"), GetParam().voxels);
}

// The PET series is stored in g/ml (SUV already); its NIfTI holds float32, which is the difference allowed.
INSTANTIATE_TEST_SUITE_P(Modalities, DicomGoldenSts,
                         testing::Values(StsCase{"CT", "HU", 9655, 0}, StsCase{"MR_T1", "", 9655, 0},
                                         StsCase{"PET", "SUVbw", 606, 1e-6}));

TEST(DicomGolden, Lung1SeriesAndOutlines) {
  NEEDS_SHARED("data/dicom/LUNG1-001");
  const std::string series = "data/dicom/LUNG1-001/ct", rtstruct = "data/dicom/LUNG1-001/rtstruct.dcm";
  const std::string labels = "data/lung_ct/LUNG1-001_labels_crop.nii.gz";
  const ImageDifference image = compare_image(series, "data/lung_ct/LUNG1-001_ct_crop.nii.gz");
  EXPECT_EQ(image.largest, 0);
  EXPECT_EQ(image.compared, 217 * 210 * 25);
  const LabelMap tumour = outlines(series, rtstruct, {.roi = "gtv-1"});
  expect_equal(compare_mask(tumour.grid, tumour.regions.at(0), labels, 1), 54639);

  // The folder holds the slices of the tumour only: the lungs reach beyond.
  const Grid& grid = tumour.grid;
  const auto refused = read_rtstruct(shared(rtstruct), grid, {.roi = "Lung-Left"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInconsistent);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("85 of 139 contours"));
  const LabelMap left = outlines(series, rtstruct, {.roi = "Lung-Left", .partial_roi = true});
  EXPECT_THAT(left.notes, Contains(HasSubstr("85 of 139 contours")));
  const MaskDifference d = compare_mask(grid, left.regions.at(0), labels, 2);
  EXPECT_EQ(d.only_theirs, 0);
  // Where tumour and lung overlap the label map keeps the tumour; an RTSTRUCT keeps both.
  EXPECT_EQ(d.only_ours, d.ours_where_theirs.at(1));
  const LabelMap right = outlines(series, rtstruct, {.roi = "Lung-Right", .partial_roi = true});
  const MaskDifference e = compare_mask(grid, right.regions.at(0), labels, 3);
  EXPECT_EQ(e.only_ours + e.only_theirs, 0);
  EXPECT_GT(e.both, 38000);
  EXPECT_THAT(value_of(list_rtstruct_rois(shared(rtstruct))),
              ElementsAre("GTV-1", "Spinal-Cord", "Lung-Left", "Lung-Right"));
}

TEST(DicomGolden, BinarySegEqualsItsNrrd) {
  NEEDS_SHARED("data/dicom/dcmqi");
  const LabelMap map = value_of(read_dicom_seg(shared("data/dicom/dcmqi/liver.dcm"), {}));
  ASSERT_EQ(map.regions.size(), 1U);
  EXPECT_EQ(map.regions[0].name, "Liver");
  expect_equal(compare_mask(map.grid, map.regions[0], "data/dicom/dcmqi/liver_seg.nrrd"), 107098);
}

TEST(DicomGolden, FractionalSegEqualsItsNifti) {
  NEEDS_SHARED("data/dicom/UCSF-BR-06");
  const LabelMap map = value_of(read_dicom_seg(shared("data/dicom/UCSF-BR-06/seg_fractional.dcm"), {}));
  ASSERT_EQ(map.regions.size(), 1U);
  EXPECT_EQ(map.regions[0].name, "Breast");
  // The NIfTI is a crop on another index order: compared where they meet in patient space.
  expect_equal(compare_mask(map.grid, map.regions[0], "data/breast_dce/UCSF-BR-06_voi.nii.gz"), 82527);
}

TEST(DicomGolden, EnhancedMultiFrameIsRefused) {
  NEEDS_SHARED("data/dicom/dcmqi");
  const auto opened = open_dicom_series(shared("data/dicom/dcmqi/23x38x3/multiframe/mf.dcm"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace radtype::io
