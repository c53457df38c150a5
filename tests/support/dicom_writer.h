// Small DICOM objects for tests and fuzzing seeds, made with DCMTK: image slices, RTSTRUCT, SEG. Everything they hold
// is a plain struct; `edit` changes the data set last, so that a test spoils one attribute and nothing else.
#pragma once

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace radtype::test::dicom {

using Edit = std::function<void(DcmDataset&)>;

inline void check(const OFCondition& status) {
  if (status.bad()) throw std::runtime_error(status.text());
}

inline void put(DcmItem& item, const DcmTagKey& key, const std::string& value) {
  check(item.putAndInsertOFStringArray(DcmTag(key), OFString(value.data(), value.size())));
}
inline void put(DcmItem& item, const DcmTagKey& key, int value) {
  check(item.putAndInsertUint16(DcmTag(key), static_cast<Uint16>(value)));
}
/// "1.5\-2\3"
template <class Numbers>
std::string decimals(const Numbers& numbers) {
  std::string text;
  for (const double n : numbers) text += fmt::format("{}{:.15g}", text.empty() ? "" : "\\", n);
  return text;
}
/// The item of a sequence, made when missing.
inline DcmItem& item_of(DcmItem& parent, const DcmTagKey& key, long index = 0) {
  DcmItem* item = nullptr;
  check(parent.findOrCreateSequenceItem(DcmTag(key), item, index));
  return *item;
}

/// The bytes of a DICOM file.
inline std::vector<std::byte> encode(DcmFileFormat& file, E_TransferSyntax syntax = EXS_LittleEndianExplicit) {
  check(file.validateMetaInfo(syntax));
  std::vector<std::byte> bytes;
  std::vector<char> buffer(1 << 16);
  DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
  file.transferInit();
  OFCondition status;
  do {
    status = file.write(stream, syntax, EET_ExplicitLength, nullptr);
    void* data = nullptr;
    offile_off_t length = 0;
    stream.flushBuffer(data, length);
    const auto* begin = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), begin, begin + length);
  } while (status == EC_StreamNotifyClient);
  check(status);
  file.transferEnd();
  return bytes;
}

inline void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

inline void put_identity(DcmDataset& data, const char* sop_class, const std::string& instance_uid,
                         const std::string& patient_name, const std::string& character_set) {
  if (!character_set.empty()) put(data, DCM_SpecificCharacterSet, character_set);
  put(data, DCM_SOPClassUID, sop_class);
  put(data, DCM_SOPInstanceUID, instance_uid);
  put(data, DCM_PatientName, patient_name);
  put(data, DCM_PatientID, "ID-" + instance_uid);
}

struct Slice {
  std::string modality = "CT";
  std::string series_uid = "1.2.3.4";
  std::string instance_uid = "1.2.3.4.1";
  std::string patient_name = "Doe^Jane";
  std::string character_set = "ISO_IR 100";
  int columns = 4;
  int rows = 3;
  std::vector<int> stored;  ///< rows * columns, row by row; empty: 0, 1, 2, ...
  int bits_allocated = 16;
  int bits_stored = 16;
  bool is_signed = true;
  std::array<double, 2> pixel_spacing_mm{0.5, 0.75};  ///< between rows, between columns
  std::array<double, 6> cosines{1, 0, 0, 0, 1, 0};
  std::array<double, 3> position_lps_mm{-10, 20, 30};
  double thickness_mm = 2;
  std::optional<std::pair<double, double>> rescale = std::pair(1.0, -1024.0);  ///< slope, intercept
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  Edit edit;

  const char* sop_class() const {
    return modality == "CT"   ? UID_CTImageStorage
           : modality == "MR" ? UID_MRImageStorage
           : modality == "PT" ? UID_PositronEmissionTomographyImageStorage
                              : UID_SecondaryCaptureImageStorage;
  }
};

inline std::vector<std::byte> bytes_of(const Slice& slice) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_identity(data, slice.sop_class(), slice.instance_uid, slice.patient_name, slice.character_set);
  put(data, DCM_Modality, slice.modality);
  put(data, DCM_SeriesInstanceUID, slice.series_uid);
  put(data, DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  put(data, DCM_SliceThickness, decimals(std::array{slice.thickness_mm}));
  put(data, DCM_ImagePositionPatient, decimals(slice.position_lps_mm));
  put(data, DCM_ImageOrientationPatient, decimals(slice.cosines));
  put(data, DCM_FrameOfReferenceUID, "1.2.3");
  put(data, DCM_SamplesPerPixel, 1);
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  put(data, DCM_Rows, slice.rows);
  put(data, DCM_Columns, slice.columns);
  put(data, DCM_PixelSpacing, decimals(slice.pixel_spacing_mm));
  put(data, DCM_BitsAllocated, slice.bits_allocated);
  put(data, DCM_BitsStored, slice.bits_stored);
  put(data, DCM_HighBit, slice.bits_stored - 1);
  put(data, DCM_PixelRepresentation, slice.is_signed ? 1 : 0);
  if (slice.rescale) {
    put(data, DCM_RescaleSlope, decimals(std::array{slice.rescale->first}));
    put(data, DCM_RescaleIntercept, decimals(std::array{slice.rescale->second}));
  }
  std::vector<int> stored = slice.stored;
  if (stored.empty()) {
    for (int n = 0; n < slice.rows * slice.columns; ++n) stored.push_back(n);
  }
  if (slice.bits_allocated == 16) {
    std::vector<Uint16> words;
    for (const int value : stored) words.push_back(static_cast<Uint16>(value));
    check(data.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
  } else if (slice.bits_allocated == 8) {
    std::vector<Uint8> words;
    for (const int value : stored) words.push_back(static_cast<Uint8>(value));
    if (words.size() % 2 != 0) words.push_back(0);
    check(data.putAndInsertUint8Array(DCM_PixelData, words.data(), words.size()));
  } else {
    std::vector<Uint16> words;  // 32 bits as pairs, low word first
    for (const int value : stored) {
      words.push_back(static_cast<Uint16>(value & 0xffff));
      words.push_back(static_cast<Uint16>(static_cast<unsigned>(value) >> 16));
    }
    check(data.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
  }
  if (slice.edit) slice.edit(data);
  return encode(file, slice.syntax);
}

/// `count` slices `step_mm` apart along the normal of `first`, each stored value raised by 100 from slice to slice.
inline std::vector<Slice> series(const Slice& first, int count, double step_mm) {
  const auto& c = first.cosines;
  const std::array<double, 3> normal{c[1] * c[5] - c[2] * c[4], c[2] * c[3] - c[0] * c[5], c[0] * c[4] - c[1] * c[3]};
  std::vector<Slice> slices;
  for (int k = 0; k < count; ++k) {
    Slice slice = first;
    slice.instance_uid = fmt::format("{}.{}", first.series_uid, k + 1);
    for (std::size_t axis = 0; axis < 3; ++axis) slice.position_lps_mm[axis] += step_mm * k * normal[axis];
    if (slice.stored.empty()) {
      for (int n = 0; n < slice.rows * slice.columns; ++n) slice.stored.push_back(n);
    }
    for (int& value : slice.stored) value += 100 * k;
    slices.push_back(slice);
  }
  return slices;
}

/// Writes slice000.dcm, slice001.dcm, ... in the given order.
inline void write_series(const std::filesystem::path& folder, const std::vector<Slice>& slices,
                         const std::string& stem = "slice") {
  for (std::size_t n = 0; n < slices.size(); ++n) {
    write_bytes(folder / fmt::format("{}{:03}.dcm", stem, n), bytes_of(slices[n]));
  }
}

struct RtContour {
  std::vector<std::array<double, 3>> points_lps_mm;
  std::string type = "CLOSED_PLANAR";
};
struct RtRoi {
  int number = 1;
  std::string name = "GTV-1";
  std::vector<RtContour> contours;
};
struct RtStruct {
  std::vector<RtRoi> rois;
  std::string character_set = "ISO_IR 100";
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  Edit edit;
};

inline std::vector<std::byte> bytes_of(const RtStruct& set) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_identity(data, UID_RTStructureSetStorage, "1.2.3.5.1", "Doe^Jane", set.character_set);
  put(data, DCM_Modality, "RTSTRUCT");
  put(data, DCM_SeriesInstanceUID, "1.2.3.5");
  for (std::size_t r = 0; r < set.rois.size(); ++r) {
    const RtRoi& roi = set.rois[r];
    DcmItem& named = item_of(data, DCM_StructureSetROISequence, static_cast<long>(r));
    put(named, DCM_ROINumber, std::to_string(roi.number));
    put(named, DCM_ROIName, roi.name);
    DcmItem& outlined = item_of(data, DCM_ROIContourSequence, static_cast<long>(r));
    put(outlined, DCM_ReferencedROINumber, std::to_string(roi.number));
    for (std::size_t c = 0; c < roi.contours.size(); ++c) {
      const RtContour& contour = roi.contours[c];
      DcmItem& item = item_of(outlined, DCM_ContourSequence, static_cast<long>(c));
      put(item, DCM_ContourGeometricType, contour.type);
      put(item, DCM_NumberOfContourPoints, std::to_string(contour.points_lps_mm.size()));
      std::vector<double> flat;
      for (const auto& p : contour.points_lps_mm) flat.insert(flat.end(), p.begin(), p.end());
      put(item, DCM_ContourData, decimals(flat));
    }
  }
  if (set.edit) set.edit(data);
  return encode(file, set.syntax);
}

struct SegFrame {
  int segment = 1;
  std::array<double, 3> position_lps_mm{0, 0, 0};
  std::vector<int> values;  ///< rows * columns
};
struct Seg {
  int columns = 5;
  int rows = 3;
  bool fractional = false;
  int maximum = 255;
  std::vector<std::string> labels{"Tumour"};  ///< segments 1, 2, ...
  std::vector<SegFrame> frames;
  std::array<double, 2> pixel_spacing_mm{0.5, 0.75};
  std::array<double, 6> cosines{1, 0, 0, 0, 1, 0};
  std::optional<double> between_slices_mm = 2.0;
  double thickness_mm = 2;
  std::string character_set = "ISO_IR 192";
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  Edit edit;
};

inline std::vector<std::byte> bytes_of(const Seg& seg) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_identity(data, UID_SegmentationStorage, "1.2.3.6.1", "Doe^Jane", seg.character_set);
  put(data, DCM_Modality, "SEG");
  put(data, DCM_SeriesInstanceUID, "1.2.3.6");
  put(data, DCM_SamplesPerPixel, 1);
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  put(data, DCM_NumberOfFrames, std::to_string(seg.frames.size()));
  put(data, DCM_Rows, seg.rows);
  put(data, DCM_Columns, seg.columns);
  const int bits = seg.fractional ? 8 : 1;
  put(data, DCM_BitsAllocated, bits);
  put(data, DCM_BitsStored, bits);
  put(data, DCM_HighBit, bits - 1);
  put(data, DCM_PixelRepresentation, 0);
  put(data, DCM_SegmentationType, seg.fractional ? "FRACTIONAL" : "BINARY");
  if (seg.fractional) put(data, DCM_MaximumFractionalValue, seg.maximum);
  for (std::size_t s = 0; s < seg.labels.size(); ++s) {
    DcmItem& item = item_of(data, DCM_SegmentSequence, static_cast<long>(s));
    put(item, DCM_SegmentNumber, static_cast<int>(s) + 1);
    put(item, DCM_SegmentLabel, seg.labels[s]);
  }
  DcmItem& shared = item_of(data, DCM_SharedFunctionalGroupsSequence);
  put(item_of(shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient, decimals(seg.cosines));
  DcmItem& measures = item_of(shared, DCM_PixelMeasuresSequence);
  put(measures, DCM_PixelSpacing, decimals(seg.pixel_spacing_mm));
  put(measures, DCM_SliceThickness, decimals(std::array{seg.thickness_mm}));
  if (seg.between_slices_mm) put(measures, DCM_SpacingBetweenSlices, decimals(std::array{*seg.between_slices_mm}));
  std::vector<int> all;
  for (std::size_t f = 0; f < seg.frames.size(); ++f) {
    DcmItem& group = item_of(data, DCM_PerFrameFunctionalGroupsSequence, static_cast<long>(f));
    put(item_of(group, DCM_PlanePositionSequence), DCM_ImagePositionPatient, decimals(seg.frames[f].position_lps_mm));
    put(item_of(group, DCM_SegmentIdentificationSequence), DCM_ReferencedSegmentNumber, seg.frames[f].segment);
    all.insert(all.end(), seg.frames[f].values.begin(), seg.frames[f].values.end());
  }
  std::vector<Uint8> bytes;
  if (seg.fractional) {
    for (const int value : all) bytes.push_back(static_cast<Uint8>(value));
  } else {
    bytes.resize((all.size() + 7) / 8);
    for (std::size_t n = 0; n < all.size(); ++n) {
      if (all[n] != 0) bytes[n / 8] = static_cast<Uint8>(bytes[n / 8] | (1U << (n % 8)));
    }
  }
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  check(data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()));
  if (seg.edit) seg.edit(data);
  return encode(file, seg.syntax);
}

}  // namespace radtype::test::dicom
