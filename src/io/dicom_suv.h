// PET: from the stored unit to SUV by body weight.
//
// SUVbw = concentration [Bq/ml] * weight [g] / dose [Bq], both at one time (boellaard2015). When the scanner corrected
// for decay to the start of the scan (DecayCorrection START), the dose is decayed to that start; when to the
// administration (ADMIN), it is taken as given. The start of the scan is found by the vendor-neutral rule of QIBA's
// FDG-PET profile: SeriesTime, unless it is later than an AcquisitionTime (a series made anew), then
// AcquisitionTime - FrameReferenceTime + mean decay time of the frame.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/dicom_header.h"

namespace radtype::io {

/// Attributes of one PET slice as stored; empty where absent.
struct PetHeader {
  std::string units, suv_type, decay_correction;
  bool decay_corrected = false;        ///< CorrectedImage holds DECY
  bool attenuation_corrected = false;  ///< CorrectedImage holds ATTN
  std::string series_date, series_time, acquisition_date, acquisition_time;
  std::string injection_time, injection_date_time;
  std::optional<double> weight_kg, dose_bq, half_life_s, frame_reference_ms, frame_duration_ms, philips_factor;
};
Result<PetHeader> read_pet_header(const DicomItem& root);

struct SuvScale {
  double factor = 1;      ///< SUVbw per unit of the rescaled values
  nlohmann::json inputs;  ///< every number used, with its unit in the key
  std::vector<std::string> notes;
};
/// All slices of a series, at least one. kInconsistent: an attribute is missing, contradicts another, or differs
/// between slices; kUnsupported: another unit or SUV type. The message names the attribute and the way on (raw_pet).
Result<SuvScale> suv_scale(const std::vector<PetHeader>& slices);

}  // namespace radtype::io
