// Outlines to regions: the fill rule, which contours count, and what is refused.
#include <gmock/gmock.h>

#include <cmath>

#include "io/dicom_contours.h"
#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/shared_data.h"

namespace radtype::io {
namespace {

using test::dicom::bytes_of;
using test::dicom::put;
using test::dicom::RtContour;
using test::dicom::RtRoi;
using test::dicom::RtStruct;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Row = radtype::Run;  // testing::Test has a Run of its own

Outline rectangle(double left, double top, double right, double bottom) {
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

// --- the fill rule ---

TEST(DicomContours, PixelsWhoseCentreIsInside) {
  const std::vector<Outline> outlines{rectangle(0.6, 0.6, 3.4, 2.4)};
  EXPECT_THAT(fill_even_odd(outlines, 6, 5, 7), ElementsAre(Row{1, 4, 1, 7}, Row{1, 4, 2, 7}));
}

TEST(DicomContours, CentresOnTheOutlineBelongToOneSide) {
  // Two rectangles that share the column of centres at 3: together they are the whole, and share nothing.
  const auto left = fill_even_odd(std::vector<Outline>{rectangle(1, 1, 3, 4)}, 9, 9, 0);
  const auto right = fill_even_odd(std::vector<Outline>{rectangle(3, 1, 5, 4)}, 9, 9, 0);
  EXPECT_THAT(left, ElementsAre(Row{1, 3, 1, 0}, Row{1, 3, 2, 0}, Row{1, 3, 3, 0}));
  EXPECT_THAT(right, ElementsAre(Row{3, 5, 1, 0}, Row{3, 5, 2, 0}, Row{3, 5, 3, 0}));
}

TEST(DicomContours, HolesAndKeyholes) {
  const std::vector<Outline> hole{rectangle(0.5, 0.5, 6.5, 5.5), rectangle(2.5, 2.5, 4.5, 3.5)};
  const std::vector<Row> with_hole = fill_even_odd(hole, 8, 8, 0);
  EXPECT_THAT(with_hole, ElementsAre(Row{1, 7, 1, 0}, Row{1, 7, 2, 0}, Row{1, 3, 3, 0}, Row{5, 7, 3, 0},
                                     Row{1, 7, 4, 0}, Row{1, 7, 5, 0}));
  // The same hole cut by one line that is drawn forth and back, through pixel centres and aslant.
  const Outline keyhole{{0.5, 0.5}, {6.5, 0.5}, {6.5, 5.5}, {0.5, 5.5}, {0.5, 0.5},
                        {2.5, 2.5}, {2.5, 3.5}, {4.5, 3.5}, {4.5, 2.5}, {2.5, 2.5}};
  EXPECT_EQ(fill_even_odd(std::vector<Outline>{keyhole}, 8, 8, 0), with_hole);
}

TEST(DicomContours, IsCutAtTheEdgesOfTheSlice) {
  EXPECT_THAT(fill_even_odd(std::vector<Outline>{rectangle(-1e6, -1e6, 1e6, 1e6)}, 3, 2, 0),
              ElementsAre(Row{0, 3, 0, 0}, Row{0, 3, 1, 0}));
  EXPECT_THAT(fill_even_odd(std::vector<Outline>{rectangle(5, 5, 9, 9)}, 3, 2, 0), IsEmpty());
  EXPECT_THAT(fill_even_odd(std::vector<Outline>{}, 3, 2, 0), IsEmpty());
}

TEST(DicomContours, AreaOfADiskConverges) {
  // Pixels of a disk against pi r^2: the error of a centre rule falls about as r^(2/3), far below this bound.
  for (const double r : {20.0, 80.0, 320.0}) {
    Outline circle;
    for (int n = 0; n < 4000; ++n) {
      const double a = 2 * M_PI * n / 4000;
      circle.emplace_back(400.3 + r * std::cos(a), 399.6 + r * std::sin(a));
    }
    Region disk;
    disk.runs = fill_even_odd(std::vector<Outline>{circle}, 800, 800, 0);
    EXPECT_NEAR(static_cast<double>(disk.voxel_count()), M_PI * r * r, 4 * std::sqrt(r)) << r;
  }
}

// --- contours of a file ---

// 20 x 16 x 6 voxels of 1 x 2 x 3 mm, first voxel at (-10, 5, 100).
Grid image_grid() {
  return *make_grid({20, 16, 6}, Eigen::Vector3d(1, 2, 3), Eigen::Matrix3d::Identity(), Eigen::Vector3d(-10, 5, 100));
}
RtContour box_at(double z, double left = -8.5, double right = -4.5, double top = 8, double bottom = 14) {
  return {{{left, top, z}, {right, top, z}, {right, bottom, z}, {left, bottom, z}}, "CLOSED_PLANAR"};
}
RtStruct one_roi(std::vector<RtContour> contours, const std::string& name = "GTV-1") {
  return {{RtRoi{1, name, std::move(contours)}}, "ISO_IR 100", EXS_LittleEndianExplicit, {}};
}
Result<LabelMap> read(const RtStruct& set, const RtStructOptions& options = {}) {
  const std::vector<std::byte> bytes = bytes_of(set);
  return read_rtstruct(*memory_bytes(bytes), image_grid(), options);
}
void expect_refused(const RtStruct& set, ErrorCode code, const std::string& because,
                    const RtStructOptions& options = {}) {
  const auto map = read(set, options);
  ASSERT_FALSE(map);
  EXPECT_EQ(error_word(map.error().code()), error_word(code)) << map.error().to_string();
  EXPECT_THAT(map.error().to_string(), HasSubstr(because));
}

TEST(DicomRtStruct, FillsContoursOnTheirSlices) {
  const auto map = read(one_roi({box_at(106), box_at(103)}));
  ASSERT_TRUE(map) << map.error().to_string();
  ASSERT_EQ(map->regions.size(), 1U);
  const Region& region = map->regions[0];
  EXPECT_EQ(region.label, 1);
  EXPECT_EQ(region.name, "GTV-1");
  // x -8.5..-4.5 holds the centres -8..-5 (columns 2..5), y 8..14 the centres 9, 11, 13 (rows 2, 3, 4).
  EXPECT_THAT(region.runs, ElementsAre(Row{2, 6, 2, 1}, Row{2, 6, 3, 1}, Row{2, 6, 4, 1}, Row{2, 6, 2, 2},
                                       Row{2, 6, 3, 2}, Row{2, 6, 4, 2}));
  EXPECT_THAT(map->notes, IsEmpty());
}

TEST(DicomRtStruct, ImplicitEncodingAndObliqueImage) {
  const double c = std::cos(0.4), s = std::sin(0.4);
  Eigen::Matrix3d turn;
  turn << c, 0, s, 0, 1, 0, -s, 0, c;
  const Grid grid = *make_grid({10, 10, 4}, Eigen::Vector3d(1, 1, 2), turn, Eigen::Vector3d(3, 4, 5));
  const auto lps = grid.lps_from_index();
  RtContour contour;
  for (const auto& [i, j] : {std::pair(1.5, 1.5), {4.5, 1.5}, {4.5, 3.5}, {1.5, 3.5}}) {
    const Eigen::Vector3d p = lps(Point<Index>(i, j, 2)).v;
    contour.points_lps_mm.push_back({p.x(), p.y(), p.z()});
  }
  RtStruct set = one_roi({contour});
  set.syntax = EXS_LittleEndianImplicit;
  const std::vector<std::byte> bytes = bytes_of(set);
  const auto map = read_rtstruct(*memory_bytes(bytes), grid, {});
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_THAT(map->regions[0].runs, ElementsAre(Row{2, 5, 2, 2}, Row{2, 5, 3, 2}));
}

TEST(DicomRtStruct, HoleIsASecondContour) {
  const auto map = read(one_roi({box_at(103), box_at(103, -7.5, -5.5, 10, 12)}));
  ASSERT_TRUE(map);
  EXPECT_THAT(map->regions[0].runs, ElementsAre(Row{2, 6, 2, 1}, Row{2, 3, 3, 1}, Row{5, 6, 3, 1}, Row{2, 6, 4, 1}));
}

TEST(DicomRtStruct, RepeatedContourIsTakenOnce) {
  const auto map = read(one_roi({box_at(103), box_at(103)}));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].voxel_count(), 12);
  EXPECT_THAT(map->notes, ElementsAre(HasSubstr("1 contours are stored twice")));
}

TEST(DicomRtStruct, ContoursBetweenSlicesGoToTheNearest) {
  const auto map = read(one_roi({box_at(104.2), box_at(106.02)}));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].runs.front().k, 1);
  EXPECT_EQ(map->regions[0].voxel_count(), 24);
  EXPECT_THAT(map->notes, ElementsAre(HasSubstr("1 contours lie between slices")));
}

TEST(DicomRtStruct, FinerOutlinesDoNotCutHolesIntoEachOther) {
  // Drawn every 1 mm on slices of 3 mm: one plane of three has its slice.
  std::vector<RtContour> contours;
  for (int n = 0; n < 9; ++n) contours.push_back(box_at(102 + n));
  expect_refused(one_roi(contours), ErrorCode::kInconsistent, "6 of 9 contours");
  const auto map = read(one_roi(contours), {.partial_roi = true});
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].voxel_count(), 3 * 12);
}

TEST(DicomRtStruct, LostContoursAreNamedAndRefusedPastTheShare) {
  const RtStruct set = one_roi({box_at(100), box_at(103), box_at(118), box_at(121)});
  expect_refused(set, ErrorCode::kInconsistent, "2 of 4 contours");
  expect_refused(set, ErrorCode::kInconsistent, "118, 121 mm");
  expect_refused(set, ErrorCode::kInconsistent, "partial_roi");
  expect_refused(set, ErrorCode::kInconsistent, "region \"GTV-1\"");
  for (const RtStructOptions& options :
       {RtStructOptions{.partial_roi = true}, RtStructOptions{.max_lost_share = 0.5}}) {
    const auto map = read(set, options);
    ASSERT_TRUE(map) << map.error().to_string();
    EXPECT_EQ(map->regions[0].voxel_count(), 24);
    EXPECT_THAT(map->notes, ElementsAre(HasSubstr("118, 121 mm")));
  }
  // Of another patient: beside the image.
  expect_refused(one_roi({box_at(103, 50, 60)}), ErrorCode::kInconsistent, "1 of 1 contours");
}

TEST(DicomRtStruct, ContoursThatEncloseNoArea) {
  RtContour point{{{-6, 10, 103}}, "POINT"};
  RtContour open{{{-6, 10, 103}, {-5, 10, 103}, {-5, 12, 103}}, "OPEN_PLANAR"};
  RtContour line{{{-6, 10, 103}, {-5, 10, 103}}, "CLOSED_PLANAR"};
  const auto map = read(one_roi({point, box_at(103), open, line}));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].voxel_count(), 12);
  EXPECT_THAT(map->notes, Contains(HasSubstr("1 of type OPEN_PLANAR, 1 of type POINT")));
  EXPECT_THAT(map->notes, Contains(HasSubstr("fewer than 3 points")));
  expect_refused(one_roi({point}), ErrorCode::kEmpty, "1 of type POINT", {.roi = "GTV-1"});
}

TEST(DicomRtStruct, ContoursAcrossSlicesAreRefused) {
  RtContour tilted = box_at(103);
  tilted.points_lps_mm[1][2] = 103.5;
  expect_refused(one_roi({box_at(103), tilted}), ErrorCode::kInconsistent, "contour 2 is not parallel");
}

TEST(DicomRtStruct, RegionsAreChosenByName) {
  RtStruct set = one_roi({box_at(103)});
  set.rois.push_back({7, "gtv-1", {box_at(106)}});
  set.rois.push_back({4, "Lung", {box_at(109)}});
  set.rois.push_back({5, "Empty", {}});
  EXPECT_EQ(read(set, {.roi = "GTV-1"})->regions[0].label, 1);
  EXPECT_EQ(read(set, {.roi = "gtv-1"})->regions[0].label, 7);
  EXPECT_EQ(read(set, {.roi = "LUNG"})->regions[0].label, 4);
  const auto all = read(set);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->regions.size(), 3U);
  EXPECT_EQ(all->regions[1].label, 4);  // ascending
  expect_refused(set, ErrorCode::kInconsistent, "2 regions", {.roi = "Gtv-1"});
  expect_refused(set, ErrorCode::kEmpty, "has no contours", {.roi = "Empty"});
  expect_refused(set, ErrorCode::kNotFound, "it has \"GTV-1\", \"Lung\", \"Empty\", \"gtv-1\"", {.roi = "Tumour"});
  test::TempDir folder;
  test::dicom::write_bytes(folder / "rt struct.dcm", bytes_of(set));
  EXPECT_THAT(*list_rtstruct_rois(folder / "rt struct.dcm"), ElementsAre("GTV-1", "Lung", "Empty", "gtv-1"));
  EXPECT_TRUE(read_rtstruct(folder / "rt struct.dcm", image_grid(), {.roi = "Lung"}));
  EXPECT_EQ(read_rtstruct(folder / "none.dcm", image_grid(), {}).error().code(), ErrorCode::kNotFound);
}

TEST(DicomRtStruct, NamesInJapaneseAndWithoutCharacterSet) {
  RtStruct set = one_roi({box_at(103)}, "\x1b$B<pag\x1b(B GTV");
  set.character_set = "\\ISO 2022 IR 87";
  auto map = read(set);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].name, "腫瘍 GTV");
  set = one_roi({box_at(103)}, "Tumeur \xe9pith\xe9liale");
  EXPECT_EQ(read(set, {.roi = "Tumeur épithéliale"})->regions.size(), 1U);
  set.character_set = "ISO_IR 192";  // and yet Latin-1
  map = read(set);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions[0].name, "Tumeur ?pith?liale");
  EXPECT_THAT(map->notes, Contains(HasSubstr("character set")));
  set.character_set = "";
  set.rois[0].name = "Tumör";
  EXPECT_EQ(read(set)->regions[0].name, "Tumör");
}

TEST(DicomRtStruct, ContourDataOver65534BytesUnderUn) {
  RtContour circle;
  for (int n = 0; n < 3000; ++n) {
    const double a = 2 * M_PI * n / 3000;
    circle.points_lps_mm.push_back({-1 + 6 * std::cos(a), 20 + 6 * std::sin(a), 103});
  }
  RtStruct set = one_roi({circle});
  set.syntax = EXS_LittleEndianImplicit;
  const auto implicit = read(set);
  ASSERT_TRUE(implicit);
  set.syntax = EXS_LittleEndianExplicit;  // DCMTK writes such a DS as UN
  const auto map = read(set);
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_EQ(map->regions[0].runs, implicit->regions[0].runs);
  EXPECT_NEAR(static_cast<double>(map->regions[0].voxel_count()) * 2, M_PI * 36, 6);
}

TEST(DicomRtStruct, BadContourData) {
  const auto with = [](const DcmTagKey& key, const std::string& value) {
    RtStruct set = one_roi({box_at(103)});
    set.edit = [key, value](DcmDataset& d) {
      DcmItem& roi = test::dicom::item_of(d, DCM_ROIContourSequence);
      put(test::dicom::item_of(roi, DCM_ContourSequence), key, value);
    };
    return set;
  };
  expect_refused(with(DCM_NumberOfContourPoints, "1000000000"), ErrorCode::kCorrupt, "says 1000000000 points");
  expect_refused(with(DCM_NumberOfContourPoints, ""), ErrorCode::kCorrupt,
                 "NumberOfContourPoints (3006,0046) is missing");
  expect_refused(with(DCM_ContourData, "0\\0\\103\\1\\1"), ErrorCode::kCorrupt, "holds 5 numbers");
  expect_refused(with(DCM_ContourData, "0\\0\\103\\1\\nan\\103\\1\\1\\103\\1\\2\\103"), ErrorCode::kCorrupt,
                 "value 5 of ContourData (3006,0050) is not finite");
  expect_refused(with(DCM_ContourData, "0\\0\\103\\1\\x\\103\\1\\1\\103\\1\\2\\103"), ErrorCode::kCorrupt,
                 "value 5 of ContourData (3006,0050) is not a number");
  expect_refused(with(DCM_ContourData, "0\\0\\103\\1\\1e300\\103\\1\\1\\103\\1\\2\\103"), ErrorCode::kCorrupt,
                 "1000 m");
  RtStruct twice = one_roi({box_at(103)});
  twice.rois.push_back(twice.rois[0]);
  expect_refused(twice, ErrorCode::kCorrupt, "two regions");
  RtStruct stray = one_roi({box_at(103)});
  stray.edit = [](DcmDataset& d) {
    put(test::dicom::item_of(d, DCM_ROIContourSequence), DCM_ReferencedROINumber, "9");
  };
  expect_refused(stray, ErrorCode::kCorrupt, "region 9");
  expect_refused({}, ErrorCode::kEmpty, "no region");
  const std::vector<std::byte> image = bytes_of(test::dicom::Slice{});
  EXPECT_EQ(read_rtstruct(*memory_bytes(image), image_grid(), {}).error().code(), ErrorCode::kUsage);
}

TEST(DicomRtStruct, TruncatedAtEveryByte) {
  const std::vector<std::byte> whole = bytes_of(one_roi({box_at(103)}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(read_rtstruct(*memory_bytes(part), image_grid(), {})) << size << " of " << whole.size();
  }
}

}  // namespace
}  // namespace radtype::io
