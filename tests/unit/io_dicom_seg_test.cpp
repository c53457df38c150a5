// SEG: bits and fractions, frames in any order, sparse and overlapping, and what is refused.
#include <gmock/gmock.h>

#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/shared_data.h"

namespace radtype::io {
namespace {

using test::dicom::bytes_of;
using test::dicom::item_of;
using test::dicom::put;
using test::dicom::Seg;
using test::dicom::SegFrame;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Row = radtype::Run;  // testing::Test has a Run of its own

Result<LabelMap> read(const Seg& seg, const SegOptions& options = {}) {
  const std::vector<std::byte> bytes = bytes_of(seg);
  return read_dicom_seg(*memory_bytes(bytes), options);
}
void expect_refused(const Seg& seg, ErrorCode code, const std::string& because, const SegOptions& options = {}) {
  const auto map = read(seg, options);
  ASSERT_FALSE(map);
  EXPECT_EQ(error_word(map.error().code()), error_word(code)) << map.error().to_string();
  EXPECT_THAT(map.error().to_string(), HasSubstr(because));
}

// 5 x 3: 15 bits, so that every frame but the first begins within a byte.
SegFrame frame(double z, std::vector<int> values, int segment = 1) { return {segment, {-3, 4, z}, std::move(values)}; }
const std::vector<int> kRing{1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1};
const std::vector<int> kDot{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
const std::vector<int> kCorner{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};

TEST(DicomSeg, BinaryFramesAreNotPaddedToBytes) {
  Seg seg;
  seg.frames = {frame(10, kRing), frame(12, kDot), frame(14, kCorner)};
  const auto map = read(seg);
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_EQ(map->grid.size(), (Size3{5, 3, 3}));
  EXPECT_TRUE(map->grid.spacing_mm().isApprox(Eigen::Vector3d(0.75, 0.5, 2)));
  EXPECT_TRUE(map->grid.origin_lps_mm().isApprox(Eigen::Vector3d(-3, 4, 10)));
  ASSERT_EQ(map->regions.size(), 1U);
  EXPECT_EQ(map->regions[0].name, "Tumour");
  EXPECT_EQ(map->regions[0].label, 1);
  EXPECT_THAT(map->regions[0].runs, ElementsAre(Row{0, 5, 0, 0}, Row{0, 1, 1, 0}, Row{4, 5, 1, 0}, Row{0, 5, 2, 0},
                                                Row{2, 3, 1, 1}, Row{3, 5, 2, 2}));
  EXPECT_THAT(map->notes, IsEmpty());
  Seg implicit = seg;
  implicit.syntax = EXS_LittleEndianImplicit;
  EXPECT_EQ(read(implicit)->regions[0].runs, map->regions[0].runs);
}

TEST(DicomSeg, FramesInAnyOrderWithGapsAndOverlappingSegments) {
  Seg seg;
  seg.labels = {"Tumour", "Necrosis"};
  seg.frames = {frame(20, kDot, 2), frame(14, kCorner, 1), frame(10, kDot, 1), frame(10, kRing, 2)};
  const auto map = read(seg);
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_EQ(map->grid.size()[2], 6);
  ASSERT_EQ(map->regions.size(), 2U);
  EXPECT_THAT(map->regions[0].runs, ElementsAre(Row{2, 3, 1, 0}, Row{3, 5, 2, 2}));
  EXPECT_EQ(map->regions[1].voxel_count(), 13);
  EXPECT_EQ(map->regions[1].runs.back(), (Row{2, 3, 1, 5}));
  // The grid is that of all frames, whichever segment is wanted.
  EXPECT_EQ(read(seg, {.segment = "necrosis"})->grid.size()[2], 6);
  EXPECT_EQ(read(seg, {.segment = "necrosis"})->regions[0].label, 2);
}

TEST(DicomSeg, NormalMayPointEitherWay) {
  Seg seg;
  seg.cosines = {0, 1, 0, 0, 0, -1};  // sagittal: the normal is -x
  seg.frames = {{1, {8, 0, 0}, kDot}, {1, {6, 0, 0}, kCorner}};
  const auto map = read(seg);
  ASSERT_TRUE(map) << map.error().to_string();
  EXPECT_TRUE(map->grid.direction().col(2).isApprox(Eigen::Vector3d(-1, 0, 0)));
  EXPECT_TRUE(map->grid.origin_lps_mm().isApprox(Eigen::Vector3d(8, 0, 0)));
  EXPECT_EQ(map->regions[0].runs.front(), (Row{2, 3, 1, 0}));
}

TEST(DicomSeg, FractionsAreCutAtTheAskedShare) {
  Seg seg;
  seg.fractional = true;
  seg.maximum = 200;
  seg.frames = {frame(10, {0, 99, 100, 101, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})};
  EXPECT_THAT(read(seg)->regions[0].runs, ElementsAre(Row{2, 5, 0, 0}));
  EXPECT_THAT(read(seg, {.fraction = 1})->regions[0].runs, ElementsAre(Row{4, 5, 0, 0}));
  EXPECT_THAT(read(seg, {.fraction = 0.495})->regions[0].runs, ElementsAre(Row{1, 5, 0, 0}));
  expect_refused(seg, ErrorCode::kUsage, "fraction", {.fraction = 0});
  expect_refused(seg, ErrorCode::kUsage, "fraction", {.fraction = std::nan("")});
}

TEST(DicomSeg, SpacingComesFromTheHeaderIfItFits) {
  Seg seg;
  seg.frames = {frame(10, kDot), frame(14, kDot)};
  EXPECT_EQ(read(seg)->grid.size()[2], 3);  // every second slice, SpacingBetweenSlices 2
  seg.between_slices_mm = 3;                // wrong
  EXPECT_EQ(read(seg)->grid.size()[2], 2);
  EXPECT_EQ(read(seg)->grid.spacing_mm()[2], 4);
  seg.between_slices_mm.reset();
  EXPECT_EQ(read(seg)->grid.spacing_mm()[2], 4);
  seg.frames.pop_back();
  EXPECT_EQ(read(seg)->grid.spacing_mm()[2], 2);
  EXPECT_THAT(read(seg)->notes, Contains(HasSubstr("SliceThickness")));
}

TEST(DicomSeg, FramesOffTheLatticeAreRefused) {
  Seg seg;
  seg.frames = {frame(10, kDot), frame(12, kDot), frame(15, kDot)};
  expect_refused(seg, ErrorCode::kInconsistent, "no lattice");
  seg.frames[2].position_lps_mm[2] = 14;
  seg.frames[2].position_lps_mm[0] += 1;
  expect_refused(seg, ErrorCode::kInconsistent, "frame 3");
}

TEST(DicomSeg, SegmentsByName) {
  Seg seg;
  seg.labels = {"Tumour", "tumour", "Empty"};
  seg.frames = {frame(10, kDot, 1), frame(10, kRing, 2), frame(12, std::vector<int>(15, 0), 3)};
  EXPECT_EQ(read(seg, {.segment = "tumour"})->regions[0].label, 2);
  expect_refused(seg, ErrorCode::kInconsistent, "2 segments", {.segment = "TUMOUR"});
  expect_refused(seg, ErrorCode::kNotFound, "it has \"Tumour\", \"tumour\", \"Empty\"", {.segment = "liver"});
  expect_refused(seg, ErrorCode::kEmpty, "\"Empty\" has no voxel", {.segment = "Empty"});
  const auto map = read(seg);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->regions.size(), 2U);
  EXPECT_THAT(map->notes, ElementsAre(HasSubstr("\"Empty\" has no voxel")));
  seg.labels[0] = "腫瘍";
  EXPECT_EQ(read(seg, {.segment = "腫瘍"})->regions[0].label, 1);
}

TEST(DicomSeg, HeadersThatLie) {
  Seg good;
  good.frames = {frame(10, kDot), frame(12, kDot)};
  const auto with = [&](const test::dicom::Edit& edit) {
    Seg seg = good;
    seg.edit = edit;
    return seg;
  };
  expect_refused(with([](DcmDataset& d) { put(d, DCM_NumberOfFrames, "1000000"); }), ErrorCode::kCorrupt,
                 "1000000 frames of 3 x 5 need 1875000");
  expect_refused(with([](DcmDataset& d) { put(d, DCM_NumberOfFrames, "1"); }), ErrorCode::kCorrupt, "need 2");
  expect_refused(with([](DcmDataset& d) { put(d, DCM_NumberOfFrames, "-2"); }), ErrorCode::kCorrupt, "-2 frames");
  expect_refused(with([](DcmDataset& d) { put(d, DCM_Rows, 65535); }), ErrorCode::kCorrupt, "65535");
  expect_refused(with([](DcmDataset& d) {
                   item_of(d, DCM_PerFrameFunctionalGroupsSequence, 2);  // a third group
                 }),
                 ErrorCode::kCorrupt, "has 3 items");
  expect_refused(with([](DcmDataset& d) {
                   put(item_of(item_of(d, DCM_PerFrameFunctionalGroupsSequence, 1), DCM_SegmentIdentificationSequence),
                       DCM_ReferencedSegmentNumber, 9);
                 }),
                 ErrorCode::kCorrupt, "frame 2 belongs to segment 9");
  expect_refused(with([](DcmDataset& d) {
                   put(item_of(item_of(d, DCM_PerFrameFunctionalGroupsSequence, 1), DCM_PlanePositionSequence),
                       DCM_ImagePositionPatient, "-3\\4\\10");
                 }),
                 ErrorCode::kInconsistent, "frames 1 and 2 show the same segment");
  expect_refused(with([](DcmDataset& d) {
                   item_of(d, DCM_SharedFunctionalGroupsSequence).findAndDeleteElement(DCM_PixelMeasuresSequence);
                 }),
                 ErrorCode::kCorrupt, "frame 1 has no PixelMeasuresSequence");
  expect_refused(with([](DcmDataset& d) { put(d, DCM_SegmentationType, "LABELMAP"); }), ErrorCode::kUnsupported,
                 "LABELMAP");
  expect_refused(with([](DcmDataset& d) { d.findAndDeleteElement(DCM_PixelData); }), ErrorCode::kCorrupt, "0 bytes");
  expect_refused(with([](DcmDataset& d) { d.findAndDeleteElement(DCM_SegmentSequence); }), ErrorCode::kCorrupt,
                 "SegmentSequence");
  Seg fractional;
  fractional.fractional = true;
  fractional.frames = {frame(10, std::vector<int>(15, 255))};
  fractional.edit = [](DcmDataset& d) { put(d, DCM_MaximumFractionalValue, 0); };
  expect_refused(fractional, ErrorCode::kCorrupt, "MaximumFractionalValue");
  const std::vector<std::byte> image = bytes_of(test::dicom::Slice{});
  EXPECT_EQ(read_dicom_seg(*memory_bytes(image), {}).error().code(), ErrorCode::kUsage);
}

TEST(DicomSeg, TruncatedAtEveryByte) {
  Seg seg;
  seg.frames = {frame(10, kDot), frame(12, kRing)};
  const std::vector<std::byte> whole = bytes_of(seg);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(read_dicom_seg(*memory_bytes(part), {})) << size << " of " << whole.size();
  }
}

}  // namespace
}  // namespace radtype::io
