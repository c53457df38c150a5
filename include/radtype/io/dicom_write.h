// DICOM out: an image series, and outlines on it as an RTSTRUCT. What is written: docs/methods/dicom.md.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "radtype/core/label_map.h"
#include "radtype/io/image_source.h"

namespace radtype::io {

/// Who and what the objects say they are. UIDs follow from `identity` alone: the same again for the same words.
struct DicomIdentity {
  std::string identity;     ///< anything that tells this series from all others
  std::string patient_id;   ///< also the name
  std::string study;        ///< series with the same patient and study belong together
  std::string description;  ///< SeriesDescription
  Modality modality = Modality::kCt;
  std::string study_date = "20200101";  ///< DA
  bool synthetic = true;                ///< says so in ImageComments, and burns nothing in
};

/// One file a slice, slice_0001.dcm ...; 16-bit, little endian explicit; rescale 1, 0 for MR, HU for CT. The image's
/// first two axes are columns and rows. kExists where a file is there already, unless `force`.
Result<void> write_dicom_series(const Volume<std::int16_t>& image, const DicomIdentity& identity,
                                const std::filesystem::path& folder, bool force = false);

/// Closed planar contours along the pixels' edges, holes as contours of their own: rasterised on the series' grid by
/// the even-odd rule they give back the very mask. `outlines`: ROI name and mask on the series' grid.
Result<void> write_rtstruct(const std::vector<std::pair<std::string, const Mask*>>& outlines,
                            const DicomIdentity& series, const std::filesystem::path& path, bool force = false);

/// "2.25." and 128 bits of the words' SHA-256 (DICOM PS3.5 B.2).
std::string uid_of(const std::string& words);

}  // namespace radtype::io
