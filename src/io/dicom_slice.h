// One image slice: what its header says, checked, and nothing of its pixels.
#pragma once

#include <filesystem>
#include <string>

#include "io/dicom_geometry.h"
#include "io/dicom_pixels.h"
#include "io/dicom_suv.h"

namespace radtype::io {

struct Slice {
  std::filesystem::path path;  ///< empty when read from memory
  std::string name;            ///< file name, for messages
  std::string modality;        ///< as stored: "CT", "MR", "PT", ...
  std::string frame_of_reference;
  bool localizer = false;
  DicomLayout layout;
  PixelFormat format;
  Eigen::Vector3d position_lps_mm = Eigen::Vector3d::Zero();
  Eigen::Matrix3d direction = Eigen::Matrix3d::Identity();
  double column_spacing_mm = 0;  ///< between columns: along a row
  double row_spacing_mm = 0;
  std::optional<double> thickness_mm;
  std::optional<double> tilt_degrees;
  double slope = 1;
  double intercept = 0;
  bool rescaled = false;  ///< slope and intercept are stored
  std::string rescale_type;
  std::optional<PetHeader> pet;  ///< PET, unless its values are wanted as stored
};

struct SliceReadOptions {
  bool raw_pet = false;
};

/// kCorrupt: missing or impossible attributes, pixel data of another length. kUnsupported: see read_pixel_format.
Result<Slice> read_slice(const DicomHeader& header, const std::string& name, const SliceReadOptions& options);

/// Image position with coordinates that a scan can have; kCorrupt otherwise.
Result<Eigen::Vector3d> read_position(const DicomItem& item);
/// Two positive spacings: between rows, between columns. kCorrupt otherwise.
Result<std::array<double, 2>> read_pixel_spacing(const DicomItem& item);

}  // namespace radtype::io
