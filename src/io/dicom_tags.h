// The attributes that the DICOM readers use, in one table: nothing else can be asked for.
#pragma once

#include <cstdint>
#include <string>

namespace radtype::io {

/// In the order of the table in dicom_tags.cpp (checked when it is built).
enum class Tag : std::uint8_t {
  kSpecificCharacterSet,
  kImageType,
  kSopClassUid,
  kSeriesDate,
  kAcquisitionDate,
  kSeriesTime,
  kAcquisitionTime,
  kModality,
  kSeriesDescription,
  kPatientWeight,
  kSliceThickness,
  kSpacingBetweenSlices,
  kRadiopharmaceuticalStartTime,
  kRadionuclideTotalDose,
  kRadionuclideHalfLife,
  kRadiopharmaceuticalStartDateTime,
  kGantryDetectorTilt,
  kActualFrameDuration,
  kSeriesInstanceUid,
  kImagePosition,
  kImageOrientation,
  kFrameOfReferenceUid,
  kPlanePositionSequence,
  kPlaneOrientationSequence,
  kSamplesPerPixel,
  kPhotometricInterpretation,
  kNumberOfFrames,
  kRows,
  kColumns,
  kPixelSpacing,
  kCorrectedImage,
  kBitsAllocated,
  kBitsStored,
  kHighBit,
  kPixelRepresentation,
  kRescaleIntercept,
  kRescaleSlope,
  kRescaleType,
  kModalityLutSequence,
  kPixelMeasuresSequence,
  kRadiopharmaceuticalInformationSequence,
  kUnits,
  kSuvType,
  kDecayCorrection,
  kFrameReferenceTime,
  kSegmentationType,
  kSegmentSequence,
  kSegmentNumber,
  kSegmentLabel,
  kSegmentIdentificationSequence,
  kReferencedSegmentNumber,
  kMaximumFractionalValue,
  kStructureSetRoiSequence,
  kRoiNumber,
  kRoiName,
  kRoiContourSequence,
  kContourSequence,
  kContourGeometricType,
  kNumberOfContourPoints,
  kContourData,
  kReferencedRoiNumber,
  kSharedFunctionalGroupsSequence,
  kPerFrameFunctionalGroupsSequence,
  kPhilipsCreator,
  kPhilipsSuvFactor,
  kCount
};

struct Attribute {
  Tag tag;
  std::uint16_t group;
  std::uint16_t element;
  const char* name;
  const char* used_for;
};

const Attribute& attribute(Tag tag);
/// "PixelSpacing (0028,0030)", for messages.
std::string display_name(Tag tag);

}  // namespace radtype::io
