// Every real case of ../shared/data through the whole extraction; volumes held against the tables that came with them.
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"
#include "support/shared_data.h"

namespace radtype::feature {
namespace {

using test::shared;

std::vector<CsvRow> read_table(const std::filesystem::path& path) {
  auto rows = read_csv(path);
  if (!rows) throw std::runtime_error(rows.error().to_string());
  return std::move(*rows);
}

CaseRequest request(const std::string& image, const std::string& mask) {
  CaseRequest made;
  made.case_id = mask;
  if (!image.empty()) made.image = shared("data/" + image);
  made.mask = shared("data/" + mask);
  // The spectrum has its own run over every outline: bench/shape_survey.
  made.families = {"shape", "reference_wu2021"};
  return made;
}

double number(const CaseRow& row, const std::string& name) {
  const Value& value = row.extraction.row.values().at(name);
  EXPECT_TRUE(value.number.has_value()) << row.case_id << ": " << name << " missing: " << value.missing_reason;
  return value.number.value_or(std::nan(""));
}

void expect_sane(const CaseRow& row, int wu2021_expected) {
  SCOPED_TRACE(row.case_id + " label " + std::to_string(row.label) + " " + row.roi);
  ASSERT_EQ(row.extraction.status, Status::kOk) << row.extraction.reason;
  const double volume = number(row, "shape_volume_mm3");
  const double voxel_volume = number(row, "shape_voxel_volume_mm3");
  const double voxels = row.quality.at("voxels").get<double>();
  const auto spacing = row.quality.at("spacing_mm").get<std::vector<double>>();
  EXPECT_NEAR(voxel_volume, voxels * spacing[0] * spacing[1] * spacing[2], 1e-9 * voxel_volume);
  EXPECT_GT(volume, 0);
  EXPECT_LT(volume, voxel_volume * (1 + 1e-12)) << "marching cubes at 0.5 cuts the corners of voxels";
  const double sphericity = number(row, "shape_sphericity");
  EXPECT_GT(sphericity, 0.02);
  EXPECT_LT(sphericity, 1);
  EXPECT_NEAR(sphericity, std::cbrt(36 * M_PI * volume * volume) / number(row, "shape_area_mm2"), 1e-12);
  const double diameter = number(row, "shape_max_diameter_mm");
  const double radius = number(row, "shape_mean_radius_mm");
  EXPECT_GT(diameter, 2 * std::cbrt(volume * 3 / (4 * M_PI)) * (1 - 1e-9)) << "isodiametric inequality";
  EXPECT_LT(radius, diameter);
  EXPECT_GE(number(row, "shape_axis_major_mm"), number(row, "shape_axis_minor_mm"));
  EXPECT_GE(number(row, "shape_axis_minor_mm"), number(row, "shape_axis_least_mm"));
  if (voxels > 1) {
    EXPECT_LE(number(row, "shape_elongation"), 1);
    EXPECT_LE(number(row, "shape_flatness"), number(row, "shape_elongation"));
  }
  int wu2021 = 0;
  for (const Entry& entry : catalogue()) {
    if (entry.family == "reference_wu2021") wu2021 += row.extraction.row.values().at(entry.name).number.has_value();
  }
  EXPECT_EQ(wu2021, wu2021_expected);
}

/// Runs one case and checks every row; returns the rows.
std::vector<CaseRow> expect_ok(const CaseRequest& made, std::size_t rows_expected, int wu2021_expected = 0) {
  CaseRun run = run_case(made);
  EXPECT_FALSE(run.error.has_value()) << run.error->to_string();
  EXPECT_EQ(run.rows.size(), rows_expected) << made.case_id;
  for (const CaseRow& row : run.rows) expect_sane(row, wu2021_expected);
  return std::move(run.rows);
}

TEST(RealData, PyRadiomicsNrrd) {
  NEEDS_SHARED("data/pyradiomics");
  for (const std::string name : {"brain1", "breast1"}) {
    CaseRequest made = request("pyradiomics/" + name + "_image.nrrd", "pyradiomics/" + name + "_label.nrrd");
    made.modality = io::Modality::kMr;
    expect_ok(made, 1);
  }
}

TEST(RealData, SarcomaInThreeModalities) {
  NEEDS_SHARED("data/sts");
  int cases = 0;
  for (const auto& row : read_table(shared("data/sts/sts_cases.csv"))) {
    const std::string folder = "sts/" + row.at("case") + "/" + row.at("modality");
    CaseRequest made = request(folder + "_image.nii.gz", folder + "_mask.nii.gz");
    made.modality = row.at("modality") == "CT"    ? io::Modality::kCt
                    : row.at("modality") == "PET" ? io::Modality::kPet
                                                  : io::Modality::kMr;
    const auto rows = expect_ok(made, 1);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].quality.at("voxels").get<long>(), *parse_integer(row.at("mask_voxels"))) << made.case_id;
    EXPECT_NEAR(number(rows[0], "shape_voxel_volume_mm3") / 1000, *parse_double(row.at("mask_volume_ml")), 6e-4)
        << made.case_id;
    ++cases;
  }
  EXPECT_EQ(cases, 78);
}

TEST(RealData, LungCtWithLungsAsTissue) {
  NEEDS_SHARED("data/lung_ct");
  CaseRequest made = request("lung_ct/LUNG1-001_ct_crop.nii.gz", "lung_ct/LUNG1-001_labels_crop.nii.gz");
  made.mask_options.regions = {"1"};
  made.tissue = made.mask;
  made.tissue_options.regions = {"2", "3"};
  made.modality = io::Modality::kCt;
  expect_ok(made, 1, 24);
}

TEST(RealData, GliomaLabelsOfSevenSegmentationsOnFourContrasts) {
  NEEDS_SHARED("data/glioma");
  int rows = 0;
  for (const std::string mask : {"fusion_mav", "fusion_simple", "seg_hnfnetv1-20", "seg_isen-20", "seg_sanet0-20",
                                 "seg_scan-20", "seg_yixinmpl-20"}) {
    for (const std::string image : {"t1", "t1c", "t2", "fla"}) {
      CaseRequest made = request("glioma/TCGA-FG-6692/" + image + ".nii.gz", "glioma/TCGA-FG-6692/" + mask + ".nii.gz");
      made.modality = io::Modality::kMr;
      const CaseRun run = run_case(made);
      EXPECT_FALSE(run.error) << run.error->to_string();
      EXPECT_GE(run.rows.size(), 1u);
      for (const CaseRow& row : run.rows) {
        EXPECT_THAT(row.label, testing::AnyOf(1, 2, 4));
        expect_sane(row, 0);
        ++rows;
      }
    }
  }
  EXPECT_GE(rows, 28);
}

TEST(RealData, DicomSeriesWithRtstruct) {
  NEEDS_SHARED("data/dicom");
  CaseRequest made = request("dicom/LUNG1-001/ct", "dicom/LUNG1-001/rtstruct.dcm");
  made.mask_options.regions = {"GTV-1"};
  made.tissue = made.mask;
  made.tissue_options.regions = {"Lung-Left", "Lung-Right"};
  // The folder holds the slices of the tumour only; the lungs reach beyond it.
  made.tissue_options.rtstruct.partial_roi = true;
  expect_ok(made, 1, 24);
  for (const auto& [folder, modality] : std::map<std::string, io::Modality>{
           {"CT", io::Modality::kCt}, {"MR_T1", io::Modality::kMr}, {"PET", io::Modality::kPet}}) {
    CaseRequest sarcoma = request("dicom/STS_025/" + folder + "/image", "dicom/STS_025/" + folder + "/mask/RS.dcm");
    const auto rows = expect_ok(sarcoma, 1);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_THAT(rows[0].roi, testing::HasSubstr("GTV_Mass_" + folder));
    // The outline of the NIfTI mask of the same tumour, rasterised by another program.
    sarcoma = request("sts/STS_025/" + folder + "_image.nii.gz", "sts/STS_025/" + folder + "_mask.nii.gz");
    sarcoma.modality = modality;
    const auto other = expect_ok(sarcoma, 1);
    EXPECT_NEAR(number(rows[0], "shape_voxel_volume_mm3") / number(other[0], "shape_voxel_volume_mm3"), 1, 0.03)
        << folder;
  }
}

TEST(RealData, DicomSeg) {
  NEEDS_SHARED("data/dicom/dcmqi");
  expect_ok(request("dicom/dcmqi/ct-3slice", "dicom/dcmqi/liver.dcm"), 1);
  const CaseRun labels = run_case(request("dicom/dcmqi/23x38x3/image", "dicom/dcmqi/23x38x3/nrrd/label.nrrd"));
  EXPECT_FALSE(labels.error) << labels.error->to_string();
  EXPECT_GE(labels.rows.size(), 1u);
  for (const CaseRow& row : labels.rows) expect_sane(row, 0);
  const CaseRun multiframe =
      run_case(request("dicom/dcmqi/23x38x3/multiframe/mf.dcm", "dicom/dcmqi/23x38x3/nrrd/label.nrrd"));
  ASSERT_TRUE(multiframe.error) << "enhanced multi-frame images are refused";
  EXPECT_EQ(multiframe.error->code(), ErrorCode::kUnsupported);
}

TEST(RealData, FractionalSegOfABreast) {
  NEEDS_SHARED("data/breast_dce");
  CaseRequest made = request("breast_dce/UCSF-BR-06_dce1.nii.gz", "dicom/UCSF-BR-06/seg_fractional.dcm");
  made.modality = io::Modality::kMr;
  expect_ok(made, 1);
}

TEST(RealData, MasksAlone) {
  NEEDS_SHARED("data/decathlon");
  expect_ok(request("", "decathlon/lung_001_mask.nii.gz"), 1);
  expect_ok(request("", "breast_dce/ACRIN-6698-102212_ftv_mask.nii.gz"), 1);
  expect_ok(request("", "breast_dce/ACRIN-6698-104268_ftv_mask.nii.gz"), 1);
  int kidneys = 0;
  for (const auto& row : read_table(shared("data/kits19/kits19_cases.csv"))) {
    // The crops hold the kidney as label 1 beside the tumour, which is label 2 as in KiTS19.
    CaseRequest made = request("", "kits19/" + row.at("file"));
    made.mask_options.regions = {"2"};
    const auto rows = expect_ok(made, 1);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].quality.at("voxels").get<long>(), *parse_integer(row.at("tumor_voxels")));
    EXPECT_NEAR(number(rows[0], "shape_voxel_volume_mm3") / 1000, *parse_double(row.at("tumor_volume_ml")), 6e-4);
    ++kidneys;
  }
  EXPECT_EQ(kidneys, 105);
}

TEST(RealData, EveryReaderOfEveryLidcNodule) {
  NEEDS_SHARED("data/lidc");
  std::map<std::string, std::map<int, double>> stated_mm3;
  std::size_t annotations = 0;
  for (const auto& row : read_table(shared("data/lidc/lidc_annotations.csv"))) {
    stated_mm3[row.at("nodule_id")][static_cast<int>(*parse_integer(row.at("reader")))] =
        *parse_double(row.at("volume_mm3"));
    ++annotations;
  }
  std::size_t measured = 0;
  for (const auto& nodule : read_table(shared("data/lidc/lidc_nodules.csv"))) {
    CaseRequest made = request("", "lidc/" + nodule.at("file"));
    made.mask_options.encoding = io::LabelEncoding::kBits;
    const CaseRun run = run_case(made);
    ASSERT_FALSE(run.error) << made.case_id << ": " << run.error->to_string();
    for (const CaseRow& row : run.rows) {
      expect_sane(row, 0);
      if (row.label > 4) continue;  // bits 4 to 7: pixels of the drawn outlines
      const auto& readers = stated_mm3.at(nodule.at("nodule_id"));
      ASSERT_TRUE(readers.contains(row.label)) << made.case_id;
      EXPECT_NEAR(number(row, "shape_voxel_volume_mm3"), readers.at(row.label), 2e-3 + 2e-6 * readers.at(row.label))
          << made.case_id << " reader " << row.label;
      ++measured;
    }
  }
  fmt::print("LIDC: {} reader outlines measured of {} annotations\n", measured, annotations);
  EXPECT_EQ(measured, annotations);
}

}  // namespace
}  // namespace radtype::feature
