// DICOM: image series, RTSTRUCT outlines, SEG segmentations. DCMTK parses; encapsulated pixel data is decoded by GDCM.
//
// Tags read are listed in dicom_tags_read() and docs/reference/dicom-tags.md; none identifies a patient, and
// nothing read here reaches a log.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "radtype/io/bytes.h"
#include "radtype/io/image_source.h"

namespace radtype::io {

enum class DicomKind { kNotDicom, kImage, kRtStruct, kSeg, kOther };
/// By the file's content (preamble and SOP class); kNotDicom for anything without "DICM" at byte 128.
Result<DicomKind> dicom_kind(const std::filesystem::path& path);

/// One image series found in a folder.
struct DicomSeries {
  std::string series_uid;
  std::string modality;
  std::string description;  ///< SeriesDescription: shown to the user in lists, never logged
  std::vector<std::filesystem::path> files;
};
/// Every image series directly in a folder, by SeriesInstanceUID; other files are passed over. With one file given: the
/// series it belongs to.
Result<std::vector<DicomSeries>> list_dicom_series(const std::filesystem::path& path);

/// Slices sorted by position along their normal. Refused, with what and where: several series without a choice,
/// duplicate positions, missing slices and uneven spacing (over 1 % of the spacing, at least 0.01 mm), gantry tilt or
/// shear, mixed orientation, size or pixel spacing, colour or multi-frame images. CT is delivered in HU, PET in SUV by
/// body weight (unit "SUVbw", with its inputs in info().details).
Result<std::unique_ptr<ImageSource>> open_dicom_series(const std::filesystem::path& path,
                                                       const OpenOptions& options = {});

struct RtStructOptions {
  std::string roi = {};      ///< exact name, or, if none matches, case-insensitive; empty: every ROI that has contours
  bool partial_roi = false;  ///< go on although contours fall on slices that the image lacks
  double max_lost_share = 0.02;  ///< share of contours allowed to be lost without partial_roi
};
/// Rasterises planar contours on the image's grid: a voxel is inside when its centre is, by the even-odd rule over
/// all contours of that slice (so holes and keyholes work). Contours off the image's slices are counted and named.
Result<LabelMap> read_rtstruct(const std::filesystem::path& path, const Grid& image_grid,
                               const RtStructOptions& options = {});
Result<std::vector<std::string>> list_rtstruct_rois(const std::filesystem::path& path);

struct SegOptions {
  std::string segment = {};  ///< SegmentLabel; empty: every segment
  double fraction = 0.5;     ///< fractional SEG: inside where value / MaximumFractionalValue >= fraction
};
/// Binary and fractional SEG, frames in any order, sparse frames; the grid is that of the SEG's own frames, at the
/// slice spacing its frames (or PixelMeasures) give.
Result<LabelMap> read_dicom_seg(const std::filesystem::path& path, const SegOptions& options = {});

/// The same from bytes, for fuzzers and tests.
Result<LabelMap> read_rtstruct(const ByteSource& bytes, const Grid& image_grid, const RtStructOptions& options);
Result<LabelMap> read_dicom_seg(const ByteSource& bytes, const SegOptions& options);
/// One image slice as a one-slice series.
Result<std::unique_ptr<ImageSource>> open_dicom_slice(std::shared_ptr<ByteSource> bytes);

struct DicomTag {
  std::string tag;  ///< "(0028,0030)"
  std::string name;
  std::string used_for;
};
/// Every attribute this program reads.
const std::vector<DicomTag>& dicom_tags_read();

}  // namespace radtype::io
