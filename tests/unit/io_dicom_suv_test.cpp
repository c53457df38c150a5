// PET to SUV, against the formula worked out by hand.
#include <gmock/gmock.h>

#include <cmath>

#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

using test::TempDir;
using test::dicom::item_of;
using test::dicom::put;
using test::dicom::series;
using test::dicom::Slice;
using test::dicom::write_series;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

struct Pet {
  std::string units = "BQML";
  std::string decay_correction = "START";
  std::string corrected = "DECY\\ATTN\\SCAT";
  std::string series_date = "20200302", series_time = "101500.00";
  std::string acquisition_date = "20200302", acquisition_time = "101500";
  std::string injection_time = "091500.000000", injection_date_time = {};
  std::string weight_kg = "70", dose_bq = "350000000", half_life_s = "6586.2";
  std::string frame_reference_ms = {}, frame_duration_ms = {};
  std::string suv_type = {}, philips_factor = {};
};

// Two slices; the first stored value of the first is 1000, its slope 2: 2000 Bq/ml.
std::vector<Slice> slices_of(const Pet& pet) {
  Slice first;
  first.modality = "PT";
  first.rescale = std::pair(2.0, 0.0);
  first.stored.assign(12, 1000);
  first.edit = [pet](DcmDataset& d) {
    const auto put_if = [](DcmItem& item, const DcmTagKey& key, const std::string& value) {
      if (!value.empty()) put(item, key, value);
    };
    put_if(d, DCM_Units, pet.units);
    put_if(d, DCM_DecayCorrection, pet.decay_correction);
    put_if(d, DCM_CorrectedImage, pet.corrected);
    put_if(d, DCM_SeriesDate, pet.series_date);
    put_if(d, DCM_SeriesTime, pet.series_time);
    put_if(d, DCM_AcquisitionDate, pet.acquisition_date);
    put_if(d, DCM_AcquisitionTime, pet.acquisition_time);
    put_if(d, DCM_PatientWeight, pet.weight_kg);
    put_if(d, DCM_FrameReferenceTime, pet.frame_reference_ms);
    put_if(d, DCM_ActualFrameDuration, pet.frame_duration_ms);
    put_if(d, DCM_SUVType, pet.suv_type);
    DcmItem& radio = item_of(d, DCM_RadiopharmaceuticalInformationSequence);
    put_if(radio, DCM_RadiopharmaceuticalStartTime, pet.injection_time);
    put_if(radio, DCM_RadiopharmaceuticalStartDateTime, pet.injection_date_time);
    put_if(radio, DCM_RadionuclideTotalDose, pet.dose_bq);
    put_if(radio, DCM_RadionuclideHalfLife, pet.half_life_s);
    if (!pet.philips_factor.empty()) {
      const DcmTag creator(0x7053, 0x0010, DcmVR(EVR_LO)), factor(0x7053, 0x1000, DcmVR(EVR_DS));
      test::dicom::check(d.putAndInsertString(creator, "Philips PET Private Group"));
      test::dicom::check(d.putAndInsertString(factor, pet.philips_factor.c_str()));
    }
  };
  return series(first, 2, 3);
}

struct Opened {
  ImageInfo info;
  double first_value = 0;
};
Result<Opened> open(const std::vector<Slice>& slices, bool raw_pet = false) {
  TempDir folder;
  write_series(folder.path(), slices);
  auto source = open_dicom_series(folder.path(), {.raw_pet = raw_pet});
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{(*source)->info(), values->front()};
}
Result<Opened> open(const Pet& pet, bool raw_pet = false) { return open(slices_of(pet), raw_pet); }

double suv(const Pet& pet) {
  const auto opened = open(pet);
  EXPECT_TRUE(opened) << opened.error().to_string();
  if (!opened) return -1;
  EXPECT_EQ(opened->info.unit, "SUVbw");
  return opened->first_value;
}
void expect_refused(const Pet& pet, ErrorCode code, const std::string& because) {
  const auto opened = open(pet);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), code);
  EXPECT_THAT(opened.error().to_string(), HasSubstr(because));
  EXPECT_THAT(opened.error().to_string(), HasSubstr("raw_pet"));
}

double expected(double decay_s) { return 2000 * 70e3 / (350e6 * std::exp2(-decay_s / 6586.2)); }

TEST(DicomSuv, DecayedToTheStartOfTheScan) {
  EXPECT_NEAR(suv({}), expected(3600), 1e-12);
  const auto opened = open(Pet{});
  ASSERT_TRUE(opened);
  const nlohmann::json& inputs = opened->info.details["suv"];
  EXPECT_EQ(inputs["dose_bq"], 350e6);
  EXPECT_EQ(inputs["half_life_s"], 6586.2);
  EXPECT_EQ(inputs["decay_s"], 3600.0);
  EXPECT_EQ(inputs["weight_kg"], 70.0);
  EXPECT_EQ(inputs["scan_start_from"], "SeriesTime");
  EXPECT_NEAR(inputs["factor"].get<double>(), expected(3600) / 2000, 1e-15);
  for (const std::string& note : opened->info.notes) EXPECT_THAT(note, Not(HasSubstr("70")));
}

TEST(DicomSuv, DecayCorrectedToAdministration) { EXPECT_NEAR(suv({.decay_correction = "ADMIN"}), expected(0), 1e-12); }

TEST(DicomSuv, FractionsOfSecondsAndOldTimes) {
  EXPECT_NEAR(suv({.injection_time = "09:14:59.5"}), expected(3600.5), 1e-12);
  EXPECT_NEAR(suv({.injection_time = "0915"}), expected(3600), 1e-12);
}

TEST(DicomSuv, InjectionBeforeMidnight) {
  const Pet late{.series_time = "001500", .acquisition_time = "001500", .injection_time = "231500"};
  EXPECT_NEAR(suv(late), expected(3600), 1e-12);
  EXPECT_THAT(open(late)->info.notes, Contains(HasSubstr("day before")));
}

TEST(DicomSuv, InjectionDateTimeIsPreferredWhereItFits) {
  EXPECT_NEAR(suv({.injection_time = "080000", .injection_date_time = "20200302091500.00+0900"}), expected(3600),
              1e-12);
  // A shifted date (de-identification) is noticed.
  EXPECT_NEAR(suv({.injection_date_time = "19000101091500"}), expected(3600), 1e-12);
}

TEST(DicomSuv, SeriesMadeAnewTakesTheAcquisition) {
  // Frames of 120 s; the reference time of the first is the time of its mean activity after the start of the scan.
  const double lambda = std::log(2.0) / 6586.2;
  const double mean_s = std::log(lambda * 120 / (1 - std::exp(-lambda * 120))) / lambda;
  const Pet anew{.series_time = "173000",
                 .acquisition_time = "101500",
                 .frame_reference_ms = std::to_string(mean_s * 1000),
                 .frame_duration_ms = "120000"};
  EXPECT_NEAR(suv(anew), expected(3600), 1e-7);
  const Pet later{.series_time = "173000",
                  .acquisition_time = "102500",
                  .frame_reference_ms = std::to_string((mean_s + 600) * 1000),
                  .frame_duration_ms = "120000"};
  EXPECT_NEAR(suv(later), expected(3600), 1e-7);
  expect_refused({.series_time = "173000"}, ErrorCode::kInconsistent, "FrameReferenceTime (0054,1300) is missing");
}

TEST(DicomSuv, ValuesThatAreSuvAlready) {
  EXPECT_EQ(suv({.units = "GML"}), 2000);
  EXPECT_EQ(suv({.units = "GML", .suv_type = "BW"}), 2000);
  expect_refused({.units = "GML", .suv_type = "BSA"}, ErrorCode::kUnsupported, "type BSA");
}

TEST(DicomSuv, CountsOfPhilips) {
  EXPECT_NEAR(suv({.units = "CNTS", .philips_factor = "0.000551"}), 2000 * 0.000551, 1e-12);
  expect_refused({.units = "CNTS"}, ErrorCode::kInconsistent, "(7053,1000) is missing");
}

TEST(DicomSuv, EachMissingInputIsNamed) {
  expect_refused({.units = ""}, ErrorCode::kInconsistent, "Units (0054,1001) is missing");
  expect_refused({.units = "PROPCNTS"}, ErrorCode::kUnsupported, "PROPCNTS");
  expect_refused({.decay_correction = "NONE"}, ErrorCode::kInconsistent, "DecayCorrection (0054,1102) is \"NONE\"");
  expect_refused({.corrected = "ATTN"}, ErrorCode::kInconsistent, "DECY");
  expect_refused({.series_date = ""}, ErrorCode::kInconsistent, "SeriesDate (0008,0021) is missing");
  expect_refused({.series_time = ""}, ErrorCode::kInconsistent, "SeriesTime (0008,0031) is missing");
  expect_refused({.injection_time = ""}, ErrorCode::kInconsistent,
                 "RadiopharmaceuticalStartTime (0018,1072) is missing");
  expect_refused({.weight_kg = ""}, ErrorCode::kInconsistent, "PatientWeight (0010,1030) is missing");
  expect_refused({.weight_kg = "0"}, ErrorCode::kInconsistent, "PatientWeight (0010,1030) is missing");
  expect_refused({.dose_bq = ""}, ErrorCode::kInconsistent, "RadionuclideTotalDose (0018,1074) is missing");
  expect_refused({.dose_bq = "350"}, ErrorCode::kInconsistent, "was MBq meant?");
  expect_refused({.half_life_s = ""}, ErrorCode::kInconsistent, "RadionuclideHalfLife (0018,1075) is missing");
  expect_refused({.half_life_s = "10"}, ErrorCode::kInconsistent, "360 half-lives");
}

TEST(DicomSuv, InputsThatDifferBetweenSlices) {
  std::vector<Slice> slices = slices_of({});
  slices[1].edit = slices_of({.weight_kg = "71"})[1].edit;
  const auto opened = open(slices);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().to_string(), HasSubstr("differ between the slices"));
}

TEST(DicomSuv, RawValuesOnRequest) {
  const auto opened = open(Pet{.units = "", .weight_kg = "heavy"}, true);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->first_value, 2000);
  EXPECT_EQ(opened->info.unit, "");
  EXPECT_FALSE(opened->info.details.contains("suv"));
  EXPECT_THAT(opened->info.notes, Contains(HasSubstr("not SUV")));
}

TEST(DicomSuv, MissingAttenuationCorrectionIsNoted) {
  EXPECT_THAT(open(Pet{.corrected = "DECY"})->info.notes, Contains(HasSubstr("attenuation")));
}

}  // namespace
}  // namespace radtype::io
