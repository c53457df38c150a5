// Image series: geometry, values, and everything that is refused.
#include <gmock/gmock.h>

#include <cmath>

#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

using test::TempDir;
using test::dicom::bytes_of;
using test::dicom::put;
using test::dicom::series;
using test::dicom::Slice;
using test::dicom::write_bytes;
using test::dicom::write_series;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

struct Opened {
  ImageInfo info;
  std::vector<double> values;
};
Result<Opened> open(const std::filesystem::path& path, const OpenOptions& options = {}) {
  auto source = open_dicom_series(path, options);
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{(*source)->info(), std::move(*values)};
}
Result<Opened> open(const Slice& slice) {
  const std::vector<std::byte> bytes = bytes_of(slice);
  auto source = open_dicom_slice(memory_bytes(bytes));
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{(*source)->info(), std::move(*values)};
}
Result<Opened> open(const std::vector<Slice>& slices, const OpenOptions& options = {}) {
  TempDir folder;
  write_series(folder.path(), slices);
  return open(folder.path(), options);
}

template <class Input>
void expect_refused(const Input& input, ErrorCode code, const std::vector<std::string>& because) {
  const auto opened = open(input);
  ASSERT_FALSE(opened) << "was read";
  EXPECT_EQ(error_word(opened.error().code()), error_word(code)) << opened.error().to_string();
  for (const std::string& text : because) EXPECT_THAT(opened.error().to_string(), HasSubstr(text));
  // No message may name the patient.
  EXPECT_THAT(opened.error().to_string(), AllOf(Not(HasSubstr("Doe")), Not(HasSubstr("ID-1"))));
}

TEST(DicomSeries, SortsSlicesByPositionAndDeliversHu) {
  std::vector<Slice> slices = series(Slice{}, 4, 2.5);
  std::swap(slices[0], slices[3]);
  std::swap(slices[1], slices[2]);
  const auto opened = open(slices);
  ASSERT_TRUE(opened) << opened.error().to_string();
  const ImageInfo& info = opened->info;
  EXPECT_EQ(info.grid.size(), (Size3{4, 3, 4}));
  EXPECT_TRUE(info.grid.spacing_mm().isApprox(Eigen::Vector3d(0.75, 0.5, 2.5), 1e-12));
  EXPECT_TRUE(info.grid.origin_lps_mm().isApprox(Eigen::Vector3d(-10, 20, 30), 1e-12));
  EXPECT_TRUE(info.grid.direction().isApprox(Eigen::Matrix3d::Identity()));
  EXPECT_EQ(info.unit, "HU");
  EXPECT_EQ(info.modality, Modality::kCt);
  EXPECT_EQ(info.stored_type, "int16");
  EXPECT_FALSE(info.integer_values);
  EXPECT_EQ(info.details["slices"], 4);
  EXPECT_EQ(info.files.size(), 4U);
  EXPECT_EQ(info.files.front().filename(), "slice003.dcm");  // ascending along the normal
  for (std::size_t n = 0; n < opened->values.size(); ++n) {
    EXPECT_EQ(opened->values[n], static_cast<double>(n % 12 + 100 * (n / 12)) - 1024);
  }
}

TEST(DicomSeries, ObliqueSlicesKeepTheirPlaceAndStayRightHanded) {
  Slice first;
  const double a = 0.3;
  // Rows run backwards, so that the cross product points to the patient's feet.
  first.cosines = {-std::cos(a), std::sin(a), 0, std::sin(a), std::cos(a), 0};
  const auto opened = open(series(first, 3, 4));
  ASSERT_TRUE(opened) << opened.error().to_string();
  const Grid& grid = opened->info.grid;
  EXPECT_NEAR(grid.direction().determinant(), 1, 1e-12);
  EXPECT_NEAR(grid.direction()(2, 2), -1, 1e-12);
  // PS3.3 C.7.6.2.1.1: P = position + row * spacing between columns * i + column * spacing between rows * j.
  const Eigen::Vector3d position(-10, 20, 30 - 2 * 4.0), row(-std::cos(a), std::sin(a), 0),
      column(std::sin(a), std::cos(a), 0);
  const Eigen::Vector3d expected = position + row * 0.75 * 3 + column * 0.5 * 2;
  EXPECT_LT((grid.lps_from_index()(Point<Index>(3, 2, 2)).v - expected).norm(), 1e-9);
  EXPECT_EQ(opened->values.back(), 11 + 200 - 1024);
}

TEST(DicomSeries, BitsAboveBitsStoredAreMaskedAndSignExtended) {
  Slice slice;
  slice.columns = 3;
  slice.rows = 1;
  slice.bits_stored = 12;
  slice.rescale = std::pair(1.0, 0.0);
  slice.stored = {0xf7ff, 0x5800, 0x0fff};  // overlay bits above bit 11
  slice.is_signed = true;
  auto opened = open(slice);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_THAT(opened->values, ElementsAre(2047, -2048, -1));
  slice.is_signed = false;
  opened = open(slice);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_THAT(opened->values, ElementsAre(2047, 2048, 4095));
  EXPECT_TRUE(opened->info.integer_values);
}

TEST(DicomSeries, EightAndThirtyTwoBits) {
  Slice slice;
  slice.modality = "MR";
  slice.columns = 3;
  slice.rows = 1;
  slice.rescale.reset();
  slice.bits_allocated = slice.bits_stored = 8;
  slice.is_signed = false;
  slice.stored = {0, 7, 255};
  auto opened = open(slice);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_THAT(opened->values, ElementsAre(0, 7, 255));
  EXPECT_EQ(opened->info.stored_type, "uint8");
  EXPECT_EQ(opened->info.unit, "");
  slice.bits_allocated = slice.bits_stored = 32;
  slice.is_signed = true;
  slice.stored = {-70000, 1, 2147483647};
  opened = open(slice);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_THAT(opened->values, ElementsAre(-70000, 1, 2147483647));
}

TEST(DicomSeries, EachSliceHasItsOwnRescaling) {
  Slice first;
  first.modality = "MR";
  std::vector<Slice> slices = series(first, 2, 1);
  slices[0].rescale = std::pair(0.5, 3.0);
  slices[1].rescale = std::pair(2.0, -1.0);
  const auto opened = open(slices);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->values[4], 4 * 0.5 + 3);
  EXPECT_EQ(opened->values[12 + 4], 104 * 2 - 1);
  EXPECT_EQ(opened->info.details["rescale_slope"], nlohmann::json({0.5, 2.0}));
}

TEST(DicomSeries, ImplicitEncodingGivesTheSame) {
  Slice slice;
  slice.syntax = EXS_LittleEndianImplicit;
  const auto implicit = open(slice);
  ASSERT_TRUE(implicit) << implicit.error().to_string();
  EXPECT_EQ(implicit->values, open(Slice{})->values);
}

TEST(DicomSeries, PartOfASeriesMayBeReadTwice) {
  TempDir folder;
  write_series(folder.path(), series(Slice{}, 5, 2));
  auto source = open_dicom_series(folder.path());
  ASSERT_TRUE(source);
  for (int repeat = 0; repeat < 2; ++repeat) {
    std::vector<std::pair<std::int64_t, double>> seen;
    const auto read = (*source)->read_slices(2, 4, [&](std::int64_t k, std::span<const double> v) -> Result<void> {
      seen.emplace_back(k, v[0]);
      return {};
    });
    ASSERT_TRUE(read);
    EXPECT_THAT(seen, ElementsAre(Pair(2, 200 - 1024.0), Pair(3, 300 - 1024.0)));
  }
  const auto stopped = (*source)->read_slices(
      0, 5, [](std::int64_t, std::span<const double>) -> Result<void> { return fail(ErrorCode::kUsage, "enough"); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message(), "enough");
}

TEST(DicomSeries, SingleSliceTakesItsThickness) {
  const auto opened = open(Slice{});
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->info.grid.spacing_mm()[2], 2);
  EXPECT_THAT(opened->info.notes, Contains(HasSubstr("SliceThickness")));
  Slice thin;
  thin.thickness_mm = 0;
  expect_refused(thin, ErrorCode::kInconsistent, {"SliceThickness (0018,0050)"});
}

TEST(DicomSeries, SeveralSeriesAreListedAndOneIsChosen) {
  TempDir folder;
  Slice ct;
  Slice mr;
  mr.modality = "MR";
  mr.series_uid = "1.2.9";
  mr.rescale.reset();
  mr.edit = [](DcmDataset& d) { put(d, DCM_SeriesDescription, "T1 axial"); };
  write_series(folder.path(), series(ct, 3, 2), "a");
  write_series(folder.path(), series(mr, 2, 2), "b");
  write_bytes(folder / "notes.txt", {std::byte{'h'}, std::byte{'i'}});
  test::dicom::RtStruct outlines;
  outlines.rois.push_back({});
  write_bytes(folder / "outlines.dcm", bytes_of(outlines));

  const auto list = list_dicom_series(folder.path());
  ASSERT_TRUE(list) << list.error().to_string();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].series_uid, "1.2.3.4");
  EXPECT_EQ((*list)[0].files.size(), 3U);
  EXPECT_EQ((*list)[1].modality, "MR");
  EXPECT_EQ((*list)[1].description, "T1 axial");
  const auto own = list_dicom_series(folder / "b001.dcm");
  ASSERT_TRUE(own);
  ASSERT_EQ(own->size(), 1U);
  EXPECT_EQ((*own)[0].series_uid, "1.2.9");

  expect_refused(folder.path(), ErrorCode::kUsage, {"2 series", "1.2.3.4 CT, 3 images", "1.2.9 MR, 2 images"});
  EXPECT_EQ(open(folder.path(), {.series_uid = "1.2.9"})->info.grid.size()[2], 2);
  EXPECT_EQ(open(folder / "a001.dcm")->info.grid.size()[2], 3);
  const auto other = open(folder.path(), {.series_uid = "9.9"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kNotFound);
  expect_refused(folder / "outlines.dcm", ErrorCode::kUsage, {"not a DICOM image"});
  expect_refused(folder / "none.dcm", ErrorCode::kNotFound, {"no file"});
}

TEST(DicomSeries, KindIsByContent) {
  TempDir folder;
  write_bytes(folder / "a", bytes_of(Slice{}));
  write_bytes(folder / "b", bytes_of(test::dicom::RtStruct{{{}}, "ISO_IR 100", EXS_LittleEndianImplicit, {}}));
  test::dicom::Seg seg;
  seg.frames = {{1, {0, 0, 0}, std::vector<int>(15, 1)}};
  write_bytes(folder / "c", bytes_of(seg));
  write_bytes(folder / "d.dcm", std::vector<std::byte>(300));
  Slice other;
  other.edit = [](DcmDataset& d) { put(d, DCM_SOPClassUID, UID_RTDoseStorage); };
  write_bytes(folder / "e", bytes_of(other));
  EXPECT_EQ(*dicom_kind(folder / "a"), DicomKind::kImage);
  EXPECT_EQ(*dicom_kind(folder / "b"), DicomKind::kRtStruct);
  EXPECT_EQ(*dicom_kind(folder / "c"), DicomKind::kSeg);
  EXPECT_EQ(*dicom_kind(folder / "d.dcm"), DicomKind::kNotDicom);
  EXPECT_EQ(*dicom_kind(folder / "e"), DicomKind::kOther);
}

// --- what is refused ---

TEST(DicomSeriesRefused, MissingSliceIsNamedByItsPosition) {
  std::vector<Slice> slices = series(Slice{}, 6, 2.5);
  slices.erase(slices.begin() + 3);
  expect_refused(slices, ErrorCode::kInconsistent, {"1 slices are missing", "at 37.5 mm", "spacing 2.5"});
  slices = series(Slice{}, 3, 2.5);
  slices.erase(slices.begin() + 1);
  slices.push_back(series(Slice{}, 4, 2.5).back());  // 0, 5, 7.5
  expect_refused(slices, ErrorCode::kInconsistent, {"1 slices are missing", "at 32.5 mm"});
}

TEST(DicomSeriesRefused, DuplicatesAreNamed) {
  std::vector<Slice> slices = series(Slice{}, 4, 2.5);
  slices.push_back(slices[1]);
  expect_refused(slices, ErrorCode::kInconsistent, {"1 of 5 slices", "slice001.dcm = slice004.dcm"});
}

TEST(DicomSeriesRefused, UnevenSpacing) {
  std::vector<Slice> slices = series(Slice{}, 5, 2.5);
  slices[2].position_lps_mm[2] += 0.024;  // within 1 %
  EXPECT_TRUE(open(slices));
  slices[2].position_lps_mm[2] += 0.01;
  expect_refused(slices, ErrorCode::kInconsistent, {"not evenly spaced", "slice001.dcm", "slice002.dcm"});
}

TEST(DicomSeriesRefused, SpacingThatDriftsWithinToleranceOfEachGap) {
  std::vector<Slice> slices = series(Slice{}, 101, 2);
  for (std::size_t k = 51; k < slices.size(); ++k) slices[k].position_lps_mm[2] += 0.019 * static_cast<double>(k - 50);
  expect_refused(slices, ErrorCode::kInconsistent, {"not evenly spaced"});
}

TEST(DicomSeriesRefused, GantryTiltAndShear) {
  std::vector<Slice> slices = series(Slice{}, 4, 2.5);
  for (std::size_t k = 0; k < 4; ++k) {
    slices[k].position_lps_mm[1] += 0.008 * static_cast<double>(k);  // at most 5 % of 0.5 mm
  }
  EXPECT_TRUE(open(slices));
  for (std::size_t k = 0; k < 4; ++k) {
    slices[k].position_lps_mm[1] = 20 + 2.5 * std::tan(10 * M_PI / 180) * static_cast<double>(k);
    slices[k].edit = [](DcmDataset& d) { put(d, DCM_GantryDetectorTilt, "10"); };
  }
  expect_refused(slices, ErrorCode::kInconsistent, {"sheared", "slice003.dcm", "10 degrees", "GantryDetectorTilt"});
}

TEST(DicomSeriesRefused, MixedAttributes) {
  const auto spoil = [](const test::dicom::Edit& edit) {
    std::vector<Slice> slices = series(Slice{}, 3, 2);
    slices[1].edit = edit;
    return slices;
  };
  const auto words = [](const DcmTagKey& key, const std::string& value) {
    return [key, value](DcmDataset& d) { put(d, key, value); };
  };
  expect_refused(spoil(words(DCM_PixelSpacing, "0.5\\0.76")), ErrorCode::kInconsistent,
                 {"PixelSpacing (0028,0030) of slice001.dcm"});
  expect_refused(spoil(words(DCM_ImageOrientationPatient, "1\\0\\0\\0\\0.8\\0.6")), ErrorCode::kInconsistent,
                 {"ImageOrientationPatient"});
  expect_refused(spoil(words(DCM_RescaleType, "US")), ErrorCode::kInconsistent, {"RescaleType"});
  expect_refused(spoil(words(DCM_Modality, "MR")), ErrorCode::kInconsistent, {"Modality"});
  expect_refused(spoil(words(DCM_FrameOfReferenceUID, "1.9")), ErrorCode::kInconsistent, {"FrameOfReferenceUID"});
  std::vector<Slice> slices = series(Slice{}, 3, 2);
  std::swap(slices[2].rows, slices[2].columns);
  expect_refused(slices, ErrorCode::kInconsistent, {"the size of slice002.dcm"});
}

TEST(DicomSeriesRefused, ImagesThatAreNotPlainSlices) {
  const auto with = [](const test::dicom::Edit& edit) {
    Slice slice;
    slice.edit = edit;
    return slice;
  };
  expect_refused(with([](DcmDataset& d) { put(d, DCM_NumberOfFrames, "3"); }), ErrorCode::kUnsupported,
                 {"multi-frame", "convert"});
  expect_refused(with([](DcmDataset& d) { put(d, DCM_PhotometricInterpretation, "MONOCHROME1"); }),
                 ErrorCode::kUnsupported, {"MONOCHROME1"});
  expect_refused(with([](DcmDataset& d) { put(d, DCM_SamplesPerPixel, 3); }), ErrorCode::kUnsupported, {"3 samples"});
  expect_refused(with([](DcmDataset& d) { put(d, DCM_HighBit, 14); }), ErrorCode::kUnsupported, {"HighBit 14"});
  expect_refused(with([](DcmDataset& d) { put(d, DCM_BitsStored, 17); }), ErrorCode::kUnsupported, {"BitsStored 17"});
  expect_refused(with([](DcmDataset& d) { d.findAndDeleteElement(DCM_RescaleSlope); }), ErrorCode::kCorrupt,
                 {"RescaleSlope"});
  expect_refused(with([](DcmDataset& d) { put(d, DCM_RescaleSlope, "0"); }), ErrorCode::kCorrupt, {"RescaleSlope"});
  expect_refused(with([](DcmDataset& d) {
                   d.findAndDeleteElement(DCM_RescaleSlope);
                   d.findAndDeleteElement(DCM_RescaleIntercept);
                 }),
                 ErrorCode::kInconsistent, {"cannot be made HU"});
  expect_refused(with([](DcmDataset& d) { d.findAndDeleteElement(DCM_PixelData); }), ErrorCode::kUsage,
                 {"not an image"});
}

TEST(DicomSeriesRefused, ImpossibleGeometry) {
  const auto with = [](const DcmTagKey& key, const std::string& value) {
    Slice slice;
    slice.edit = [key, value](DcmDataset& d) { put(d, key, value); };
    return slice;
  };
  expect_refused(with(DCM_PixelSpacing, "0\\1"), ErrorCode::kCorrupt, {"PixelSpacing (0028,0030) is 0 mm"});
  expect_refused(with(DCM_PixelSpacing, "nan\\1"), ErrorCode::kCorrupt, {"PixelSpacing", "not finite"});
  expect_refused(with(DCM_PixelSpacing, "1"), ErrorCode::kCorrupt, {"holds 1 values, 2 are needed"});
  expect_refused(with(DCM_PixelSpacing, "1\\one"), ErrorCode::kCorrupt, {"value 2 of PixelSpacing", "not a number"});
  expect_refused(with(DCM_ImageOrientationPatient, "1\\0\\0\\0.1\\1\\0"), ErrorCode::kCorrupt, {"orthogonal"});
  expect_refused(with(DCM_ImageOrientationPatient, "2\\0\\0\\0\\1\\0"), ErrorCode::kCorrupt, {"unit vectors"});
  expect_refused(with(DCM_ImagePositionPatient, "0\\0\\1e30"), ErrorCode::kCorrupt, {"ImagePositionPatient"});
  expect_refused(with(DCM_ImagePositionPatient, ""), ErrorCode::kCorrupt, {"ImagePositionPatient", "missing"});
}

TEST(DicomSeriesRefused, PixelDataOfAnotherLength) {
  Slice slice;
  slice.edit = [](DcmDataset& d) {
    put(d, DCM_Rows, 65535);
    put(d, DCM_Columns, 65535);
  };
  expect_refused(slice, ErrorCode::kCorrupt, {"24 bytes", "8589672450"});
  slice.edit = [](DcmDataset& d) { put(d, DCM_Rows, 2); };
  expect_refused(slice, ErrorCode::kCorrupt, {"24 bytes", "need 16"});
}

TEST(DicomSeriesRefused, TruncatedAtEveryByte) {
  const std::vector<std::byte> whole = bytes_of(Slice{});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(open_dicom_slice(memory_bytes(part))) << size << " of " << whole.size() << " bytes were read";
  }
  // One bad slice refuses its folder; it is not passed over.
  TempDir folder;
  write_series(folder.path(), series(Slice{}, 3, 2));
  write_bytes(folder / "slice003.dcm", {whole.begin(), whole.end() - 5});
  expect_refused(folder.path(), ErrorCode::kCorrupt, {"slice003.dcm", "truncated"});
}

// --- names ---

TEST(DicomSeries, JapanesePatientsAndFolders) {
  TempDir folder;
  Slice first;
  first.character_set = "\\ISO 2022 IR 87";
  // PS3.5 annex H.3.1: Yamada^Tarou=山田^太郎=やまだ^たろう
  first.patient_name = "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
  first.edit = [](DcmDataset& d) { put(d, DCM_SeriesDescription, "\x1b$B;3ED\x1b(B"); };
  const std::filesystem::path scans = folder / "肺 がん" / "CT 画像";
  write_series(scans, series(first, 3, 2), "山田 太郎 ");
  const auto opened = open(scans);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->info.grid.size()[2], 3);
  EXPECT_EQ(opened->values[0], -1024);
  EXPECT_EQ(opened->info.files.size(), 3U);
  EXPECT_THAT(opened->info.details.dump(), Not(HasSubstr("Yamada")));
  const auto list = list_dicom_series(scans / "山田 太郎 001.dcm");
  ASSERT_TRUE(list) << list.error().to_string();
  EXPECT_EQ(list->at(0).description, "山田");
}

TEST(DicomSeries, BrokenCharacterSetsDoNotStopAnImage) {
  Slice slice;
  slice.character_set = "ISO_IR 999";
  slice.patient_name = "Andr\xe9";
  EXPECT_TRUE(open(slice));
}

TEST(DicomTags, ListIsSortedCompleteAndFreeOfIdentity) {
  const std::vector<DicomTag>& tags = dicom_tags_read();
  std::vector<std::string> numbers;
  for (const DicomTag& tag : tags) {
    numbers.push_back(tag.tag);
    EXPECT_FALSE(tag.name.empty() || tag.used_for.empty()) << tag.tag;
    unsigned group = 0, element = 0;
    ASSERT_EQ(std::sscanf(tag.tag.c_str(), "(%4x,%4x)", &group, &element), 2);
    // The names are DCMTK's dictionary's, but for the two private ones.
    if (group % 2 == 0) {
      const DcmTag known(static_cast<Uint16>(group), static_cast<Uint16>(element));
      EXPECT_EQ(tag.name, const_cast<DcmTag&>(known).getTagName());
    }
    // Patient module: the weight alone (PatientName, PatientID, birth date... are never read).
    if (group == 0x0010) {
      EXPECT_EQ(tag.name, "PatientWeight");
    }
  }
  EXPECT_THAT(numbers, Contains("(0028,0030)"));
  EXPECT_THAT(numbers, Contains("(7FE0,0010)"));
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace
}  // namespace radtype::io
