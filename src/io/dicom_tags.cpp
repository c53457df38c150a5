#include "io/dicom_tags.h"

#include <array>

#include <fmt/format.h>

#include "radtype/core/error.h"
#include "radtype/io/dicom.h"

namespace radtype::io {
namespace {

constexpr std::array kAttributes{
    Attribute{Tag::kSpecificCharacterSet, 0x0008, 0x0005, "SpecificCharacterSet", "names of regions and series"},
    Attribute{Tag::kImageType, 0x0008, 0x0008, "ImageType", "localiser images are named as such"},
    Attribute{Tag::kSopClassUid, 0x0008, 0x0016, "SOPClassUID", "kind of object"},
    Attribute{Tag::kSeriesDate, 0x0008, 0x0021, "SeriesDate", "PET: start of the scan, for decay"},
    Attribute{Tag::kAcquisitionDate, 0x0008, 0x0022, "AcquisitionDate", "PET: start of the scan, for decay"},
    Attribute{Tag::kSeriesTime, 0x0008, 0x0031, "SeriesTime", "PET: start of the scan, for decay"},
    Attribute{Tag::kAcquisitionTime, 0x0008, 0x0032, "AcquisitionTime", "PET: start of the scan, for decay"},
    Attribute{Tag::kModality, 0x0008, 0x0060, "Modality", "modality; unit of the values"},
    Attribute{Tag::kSeriesDescription, 0x0008, 0x103e, "SeriesDescription", "list of series to choose from"},
    Attribute{Tag::kPatientWeight, 0x0010, 0x1030, "PatientWeight", "PET: SUV by body weight"},
    Attribute{Tag::kSliceThickness, 0x0018, 0x0050, "SliceThickness", "spacing when there is one slice"},
    Attribute{Tag::kSpacingBetweenSlices, 0x0018, 0x0088, "SpacingBetweenSlices", "SEG: spacing of the frames"},
    Attribute{Tag::kRadiopharmaceuticalStartTime, 0x0018, 0x1072, "RadiopharmaceuticalStartTime", "PET: decay"},
    Attribute{Tag::kRadionuclideTotalDose, 0x0018, 0x1074, "RadionuclideTotalDose", "PET: SUV"},
    Attribute{Tag::kRadionuclideHalfLife, 0x0018, 0x1075, "RadionuclideHalfLife", "PET: decay"},
    Attribute{Tag::kRadiopharmaceuticalStartDateTime, 0x0018, 0x1078, "RadiopharmaceuticalStartDateTime", "PET: decay"},
    Attribute{Tag::kGantryDetectorTilt, 0x0018, 0x1120, "GantryDetectorTilt", "named when slices are sheared"},
    Attribute{Tag::kActualFrameDuration, 0x0018, 0x1242, "ActualFrameDuration", "PET: start of the scan, for decay"},
    Attribute{Tag::kSeriesInstanceUid, 0x0020, 0x000e, "SeriesInstanceUID", "which slices belong together"},
    Attribute{Tag::kImagePosition, 0x0020, 0x0032, "ImagePositionPatient", "place of a slice"},
    Attribute{Tag::kImageOrientation, 0x0020, 0x0037, "ImageOrientationPatient", "direction of rows and columns"},
    Attribute{Tag::kFrameOfReferenceUid, 0x0020, 0x0052, "FrameOfReferenceUID", "slices share one patient space"},
    Attribute{Tag::kPlanePositionSequence, 0x0020, 0x9113, "PlanePositionSequence", "SEG: place of a frame"},
    Attribute{Tag::kPlaneOrientationSequence, 0x0020, 0x9116, "PlaneOrientationSequence",
              "SEG: direction of rows and columns"},
    Attribute{Tag::kSamplesPerPixel, 0x0028, 0x0002, "SamplesPerPixel", "colour images are refused"},
    Attribute{Tag::kPhotometricInterpretation, 0x0028, 0x0004, "PhotometricInterpretation", "only MONOCHROME2 is read"},
    Attribute{Tag::kNumberOfFrames, 0x0028, 0x0008, "NumberOfFrames", "SEG: frames; other multi-frame refused"},
    Attribute{Tag::kRows, 0x0028, 0x0010, "Rows", "size"},
    Attribute{Tag::kColumns, 0x0028, 0x0011, "Columns", "size"},
    Attribute{Tag::kPixelSpacing, 0x0028, 0x0030, "PixelSpacing", "spacing"},
    Attribute{Tag::kCorrectedImage, 0x0028, 0x0051, "CorrectedImage", "PET: decay and attenuation correction"},
    Attribute{Tag::kBitsAllocated, 0x0028, 0x0100, "BitsAllocated", "stored values"},
    Attribute{Tag::kBitsStored, 0x0028, 0x0101, "BitsStored", "stored values"},
    Attribute{Tag::kHighBit, 0x0028, 0x0102, "HighBit", "stored values"},
    Attribute{Tag::kPixelRepresentation, 0x0028, 0x0103, "PixelRepresentation", "stored values"},
    Attribute{Tag::kRescaleIntercept, 0x0028, 0x1052, "RescaleIntercept", "values"},
    Attribute{Tag::kRescaleSlope, 0x0028, 0x1053, "RescaleSlope", "values"},
    Attribute{Tag::kRescaleType, 0x0028, 0x1054, "RescaleType", "unit of the values"},
    Attribute{Tag::kModalityLutSequence, 0x0028, 0x3000, "ModalityLUTSequence", "images with a table are refused"},
    Attribute{Tag::kPixelMeasuresSequence, 0x0028, 0x9110, "PixelMeasuresSequence", "SEG: spacing"},
    Attribute{Tag::kRadiopharmaceuticalInformationSequence, 0x0054, 0x0016, "RadiopharmaceuticalInformationSequence",
              "PET: SUV"},
    Attribute{Tag::kUnits, 0x0054, 0x1001, "Units", "PET: what the values are"},
    Attribute{Tag::kSuvType, 0x0054, 0x1006, "SUVType", "PET: by body weight or not"},
    Attribute{Tag::kDecayCorrection, 0x0054, 0x1102, "DecayCorrection", "PET: decay"},
    Attribute{Tag::kFrameReferenceTime, 0x0054, 0x1300, "FrameReferenceTime", "PET: start of the scan, for decay"},
    Attribute{Tag::kSegmentationType, 0x0062, 0x0001, "SegmentationType", "SEG: binary or fractional"},
    Attribute{Tag::kSegmentSequence, 0x0062, 0x0002, "SegmentSequence", "SEG: segments"},
    Attribute{Tag::kSegmentNumber, 0x0062, 0x0004, "SegmentNumber", "SEG: segments"},
    Attribute{Tag::kSegmentLabel, 0x0062, 0x0005, "SegmentLabel", "SEG: name of a segment"},
    Attribute{Tag::kSegmentIdentificationSequence, 0x0062, 0x000a, "SegmentIdentificationSequence",
              "SEG: segment of a frame"},
    Attribute{Tag::kReferencedSegmentNumber, 0x0062, 0x000b, "ReferencedSegmentNumber", "SEG: segment of a frame"},
    Attribute{Tag::kMaximumFractionalValue, 0x0062, 0x000e, "MaximumFractionalValue", "SEG: scale of fractions"},
    Attribute{Tag::kStructureSetRoiSequence, 0x3006, 0x0020, "StructureSetROISequence", "RTSTRUCT: regions"},
    Attribute{Tag::kRoiNumber, 0x3006, 0x0022, "ROINumber", "RTSTRUCT: regions"},
    Attribute{Tag::kRoiName, 0x3006, 0x0026, "ROIName", "RTSTRUCT: name of a region"},
    Attribute{Tag::kRoiContourSequence, 0x3006, 0x0039, "ROIContourSequence", "RTSTRUCT: outlines"},
    Attribute{Tag::kContourSequence, 0x3006, 0x0040, "ContourSequence", "RTSTRUCT: outlines"},
    Attribute{Tag::kContourGeometricType, 0x3006, 0x0042, "ContourGeometricType", "RTSTRUCT: closed outlines"},
    Attribute{Tag::kNumberOfContourPoints, 0x3006, 0x0046, "NumberOfContourPoints",
              "RTSTRUCT: checked against the data"},
    Attribute{Tag::kContourData, 0x3006, 0x0050, "ContourData", "RTSTRUCT: outlines"},
    Attribute{Tag::kReferencedRoiNumber, 0x3006, 0x0084, "ReferencedROINumber", "RTSTRUCT: region of an outline"},
    Attribute{Tag::kSharedFunctionalGroupsSequence, 0x5200, 0x9229, "SharedFunctionalGroupsSequence",
              "SEG: geometry of all frames"},
    Attribute{Tag::kPerFrameFunctionalGroupsSequence, 0x5200, 0x9230, "PerFrameFunctionalGroupsSequence",
              "SEG: geometry of each frame"},
    Attribute{Tag::kPhilipsCreator, 0x7053, 0x0010, "Philips PET Private Group", "PET in counts: whose factor"},
    Attribute{Tag::kPhilipsSuvFactor, 0x7053, 0x1000, "SUV factor of Philips", "PET in counts: SUV"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    if (static_cast<std::size_t>(kAttributes[i].tag) != i) return false;
  }
  return kAttributes.size() == static_cast<std::size_t>(Tag::kCount);
}
static_assert(in_order(), "the table follows the order of Tag");

std::string number_of(const Attribute& a) { return fmt::format("({:04X},{:04X})", a.group, a.element); }

}  // namespace

const Attribute& attribute(Tag tag) {
  RADTYPE_CHECK(tag < Tag::kCount);
  return kAttributes[static_cast<std::size_t>(tag)];
}

std::string display_name(Tag tag) { return fmt::format("{} {}", attribute(tag).name, number_of(attribute(tag))); }

const std::vector<DicomTag>& dicom_tags_read() {
  static const std::vector<DicomTag> tags = [] {
    std::vector<DicomTag> list{{"(0002,0010)", "TransferSyntaxUID", "how the file is encoded"}};
    for (const Attribute& a : kAttributes) list.push_back({number_of(a), a.name, a.used_for});
    list.push_back({"(7FE0,0010)", "PixelData", "stored values"});
    return list;
  }();
  return tags;
}

}  // namespace radtype::io
