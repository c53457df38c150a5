// Outlines of any supported kind as regions: label maps (NIfTI, NRRD, MetaImage, DICOM series), RTSTRUCT, SEG.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "radtype/io/dicom.h"
#include "radtype/io/image_source.h"

namespace radtype::io {

struct MaskOptions {
  /// Names (ROI, segment) or numbers (label, segment number) to keep; empty: every region.
  std::vector<std::string> regions;
  LabelEncoding encoding = LabelEncoding::kValue;
  RtStructOptions rtstruct;  ///< `roi` is ignored here: use `regions`
  SegOptions seg;            ///< `segment` is ignored here: use `regions`
};

/// A region that exists and could not be read; the others can.
struct RegionFailure {
  std::string name;
  Error error;
};

struct MaskInput {
  LabelMap map;
  std::vector<RegionFailure> failures;  ///< RTSTRUCT: regions of interest refused one by one
  std::string format;
  std::vector<std::filesystem::path> files;
};

/// `image_grid` is needed for RTSTRUCT, whose contours have no grid of their own. A region asked for and not there is
/// kNotFound, listing what is; a mask without any region is kEmpty.
Result<MaskInput> read_mask(const std::filesystem::path& path, const std::optional<Grid>& image_grid,
                            const MaskOptions& options);

}  // namespace radtype::io
