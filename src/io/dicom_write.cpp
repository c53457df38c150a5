#include "radtype/io/dicom_write.h"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "radtype/core/files.h"
#include "radtype/core/hash.h"
#include "radtype/core/provenance.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;

/// DCMTK refuses a value only where ours is wrong.
void check(const OFCondition& status) { RADTYPE_CHECK(status.good()); }

void put(DcmItem& item, const DcmTagKey& key, const std::string& value) {
  check(item.putAndInsertOFStringArray(DcmTag(key), OFString(value.data(), value.size())));
}
void put_number(DcmItem& item, const DcmTagKey& key, std::int64_t value) {
  check(item.putAndInsertUint16(DcmTag(key), static_cast<Uint16>(value)));
}
DcmItem& item_of(DcmItem& parent, const DcmTagKey& key, std::size_t index = 0) {
  DcmItem* item = nullptr;
  check(parent.findOrCreateSequenceItem(DcmTag(key), item, static_cast<long>(index)));
  return *item;
}

/// A DS value holds at most 16 characters.
std::string decimal(double value) {
  for (int digits = 15; digits > 4; --digits) {
    std::string text = fmt::format("{:.{}g}", value, digits);
    if (text.size() <= 16) return text;
  }
  return fmt::format("{:.4g}", value);
}
template <class Numbers>
std::string decimals(const Numbers& numbers) {
  std::string text;
  for (const double n : numbers) text += (text.empty() ? "" : "\\") + decimal(n);
  return text;
}

struct Uids {
  std::string study, frame, series;
  explicit Uids(const DicomIdentity& id)
      : study(uid_of("study " + id.patient_id + " " + id.study)),
        frame(uid_of("frame " + id.identity)),
        series(uid_of("series " + id.identity)) {}
  std::string instance(const DicomIdentity& id, std::int64_t slice) const {
    return uid_of(fmt::format("instance {} {}", id.identity, slice));
  }
};

void put_identity(DcmDataset& data, const DicomIdentity& id, const char* sop_class, const std::string& instance,
                  const std::string& modality) {
  const Uids uids(id);
  put(data, DCM_SpecificCharacterSet, "ISO_IR 192");
  put(data, DCM_SOPClassUID, sop_class);
  put(data, DCM_SOPInstanceUID, instance);
  put(data, DCM_StudyInstanceUID, uids.study);
  put(data, DCM_StudyDate, id.study_date);
  put(data, DCM_StudyTime, "120000");
  put(data, DCM_AccessionNumber, "");
  put(data, DCM_ReferringPhysicianName, "");
  put(data, DCM_StudyID, "1");
  put(data, DCM_Modality, modality);
  put(data, DCM_Manufacturer, "radtype");
  put(data, DCM_ManufacturerModelName, id.synthetic ? "radtype simulate" : "radtype");
  put(data, DCM_SoftwareVersions, version());
  put(data, DCM_PatientName, id.patient_id);
  put(data, DCM_PatientID, id.patient_id);
  put(data, DCM_PatientBirthDate, "");
  put(data, DCM_PatientSex, "");
  put(data, DCM_FrameOfReferenceUID, uids.frame);
  put(data, DCM_PositionReferenceIndicator, "");
}

Result<void> save(DcmFileFormat& file, const fs::path& path, bool force) {
  return write_then_rename(path, force, [&](const fs::path& temporary) -> Result<void> {
    const OFCondition status = file.saveFile(OFFilename(temporary.c_str()), EXS_LittleEndianExplicit);
    if (status.good()) return {};
    return fail(ErrorCode::kUnreadable, fmt::format("cannot write {}: {}", path.string(), status.text()));
  });
}

using Corner = std::pair<std::int64_t, std::int64_t>;

/// Loops along the edges of the pixels inside, corners in units of pixels from the first pixel's outer corner; inside
/// on the right hand as columns grow to the right and rows downwards. Points on straight runs are left out.
std::vector<std::vector<Corner>> edge_loops(const Mask& mask, std::int64_t k) {
  const Size3& size = mask.grid.size();
  const auto inside = [&](std::int64_t i, std::int64_t j) {
    return i >= 0 && j >= 0 && i < size[0] && j < size[1] && mask.at(i, j, k) != 0;
  };
  std::multimap<Corner, Corner> edges;
  for (std::int64_t j = 0; j < size[1]; ++j) {
    for (std::int64_t i = 0; i < size[0]; ++i) {
      if (!inside(i, j)) continue;
      if (!inside(i, j - 1)) edges.insert({{i, j}, {i + 1, j}});
      if (!inside(i + 1, j)) edges.insert({{i + 1, j}, {i + 1, j + 1}});
      if (!inside(i, j + 1)) edges.insert({{i + 1, j + 1}, {i, j + 1}});
      if (!inside(i - 1, j)) edges.insert({{i, j + 1}, {i, j}});
    }
  }
  std::vector<std::vector<Corner>> loops;
  while (!edges.empty()) {
    std::vector<Corner> loop;
    for (auto edge = edges.begin(); edge != edges.end(); edge = edges.find(loop.back())) {
      const Corner from = edge->first, to = edge->second;
      edges.erase(edge);
      const auto straight = [](const Corner& a, const Corner& b, const Corner& c) {
        return (b.first - a.first) * (c.second - b.second) == (b.second - a.second) * (c.first - b.first);
      };
      if (loop.empty()) loop.push_back(from);
      if (loop.size() >= 2 && straight(loop[loop.size() - 2], loop.back(), to)) loop.pop_back();
      loop.push_back(to);
    }
    loop.pop_back();  // the first again
    loops.push_back(std::move(loop));
  }
  return loops;
}

}  // namespace

std::string uid_of(const std::string& words) {
  // 128 bits as a decimal number.
  const std::string hex = sha256(words).substr(0, 32);
  std::string digits = "0";
  for (const char c : hex) {
    int carry = c <= '9' ? c - '0' : c - 'a' + 10;
    for (char& digit : digits) {  // least first
      carry += 16 * (digit - '0');
      digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  std::reverse(digits.begin(), digits.end());
  return "2.25." + digits;
}

Result<void> write_dicom_series(const Volume<std::int16_t>& image, const DicomIdentity& identity,
                                const fs::path& folder, bool force) {
  RADTYPE_CHECK(identity.modality == Modality::kCt || identity.modality == Modality::kMr);
  const bool ct = identity.modality == Modality::kCt;
  const Grid& grid = image.grid;
  const Size3& size = grid.size();
  if (size[0] > 65535 || size[1] > 65535)
    return fail(ErrorCode::kUnsupported, "a DICOM image has at most 65535 rows and columns");
  const Uids uids(identity);
  const auto plane = static_cast<std::size_t>(size[0] * size[1]);
  for (std::int64_t k = 0; k < size[2]; ++k) {
    DcmFileFormat file;
    DcmDataset& data = *file.getDataset();
    put_identity(data, identity, ct ? UID_CTImageStorage : UID_MRImageStorage, uids.instance(identity, k),
                 std::string(modality_word(identity.modality)));
    put(data, DCM_SeriesInstanceUID, uids.series);
    put(data, DCM_SeriesNumber, "1");
    put(data, DCM_SeriesDescription, identity.description);
    put(data, DCM_InstanceNumber, std::to_string(k + 1));
    put(data, DCM_ImageType, "DERIVED\\PRIMARY\\AXIAL");
    if (identity.synthetic) put(data, DCM_ImageComments, std::string("Simulated: no patient. ") + research_notice());
    put(data, DCM_BurnedInAnnotation, "NO");
    put(data, DCM_SliceThickness, decimal(grid.spacing_mm()[2]));
    put(data, DCM_SpacingBetweenSlices, decimal(grid.spacing_mm()[2]));
    const Eigen::Vector3d position = grid.lps_from_index()(Point<Index>(0, 0, static_cast<double>(k))).v;
    put(data, DCM_ImagePositionPatient, decimals(position));
    const Eigen::Matrix3d& direction = grid.direction();
    put(data, DCM_ImageOrientationPatient,
        decimals(std::array{direction(0, 0), direction(1, 0), direction(2, 0), direction(0, 1), direction(1, 1),
                            direction(2, 1)}));
    put(data, DCM_PixelSpacing, decimals(std::array{grid.spacing_mm()[1], grid.spacing_mm()[0]}));
    put_number(data, DCM_SamplesPerPixel, 1);
    put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
    put_number(data, DCM_Rows, size[1]);
    put_number(data, DCM_Columns, size[0]);
    put_number(data, DCM_BitsAllocated, 16);
    put_number(data, DCM_BitsStored, 16);
    put_number(data, DCM_HighBit, 15);
    put_number(data, DCM_PixelRepresentation, 1);
    if (ct) {
      put(data, DCM_RescaleIntercept, "0");
      put(data, DCM_RescaleSlope, "1");
      put(data, DCM_RescaleType, "HU");
      put(data, DCM_KVP, "");
      put(data, DCM_AcquisitionNumber, "");
    } else {
      put(data, DCM_ScanningSequence, "RM");
      put(data, DCM_SequenceVariant, "NONE");
      put(data, DCM_ScanOptions, "");
      put(data, DCM_MRAcquisitionType, "2D");
      put(data, DCM_EchoTime, "");
      put(data, DCM_EchoTrainLength, "");
    }
    std::vector<Uint16> words(plane);
    for (std::size_t n = 0; n < plane; ++n)
      words[n] = static_cast<Uint16>(image.voxels[static_cast<std::size_t>(k) * plane + n]);
    check(data.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
    if (auto saved = save(file, folder / fmt::format("slice_{:04}.dcm", k + 1), force); !saved) return saved;
  }
  return {};
}

Result<void> write_rtstruct(const std::vector<std::pair<std::string, const Mask*>>& outlines,
                            const DicomIdentity& series, const fs::path& path, bool force) {
  RADTYPE_CHECK(!outlines.empty());
  const Uids uids(series);
  const char* image_class = series.modality == Modality::kCt ? UID_CTImageStorage : UID_MRImageStorage;
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_identity(data, series, UID_RTStructureSetStorage, uid_of("structures " + series.identity), "RTSTRUCT");
  put(data, DCM_SeriesInstanceUID, uid_of("structure series " + series.identity));
  put(data, DCM_SeriesNumber, "2");
  put(data, DCM_StructureSetLabel, "OUTLINES");
  put(data, DCM_StructureSetDate, series.study_date);
  put(data, DCM_StructureSetTime, "120000");
  if (series.synthetic)
    put(data, DCM_StructureSetDescription, std::string("Simulated: no patient. ") + research_notice());

  DcmItem& frame = item_of(data, DCM_ReferencedFrameOfReferenceSequence);
  put(frame, DCM_FrameOfReferenceUID, uids.frame);
  DcmItem& study = item_of(frame, DCM_RTReferencedStudySequence);
  put(study, DCM_ReferencedSOPClassUID, UID_RETIRED_DetachedStudyManagementSOPClass);
  put(study, DCM_ReferencedSOPInstanceUID, uids.study);
  DcmItem& referenced = item_of(study, DCM_RTReferencedSeriesSequence);
  put(referenced, DCM_SeriesInstanceUID, uids.series);
  const std::int64_t slices = outlines.front().second->grid.size()[2];
  for (std::int64_t k = 0; k < slices; ++k) {
    DcmItem& image = item_of(referenced, DCM_ContourImageSequence, static_cast<std::size_t>(k));
    put(image, DCM_ReferencedSOPClassUID, image_class);
    put(image, DCM_ReferencedSOPInstanceUID, uids.instance(series, k));
  }

  for (std::size_t n = 0; n < outlines.size(); ++n) {
    const auto& [name, mask] = outlines[n];
    const std::string number = std::to_string(n + 1);
    DcmItem& roi = item_of(data, DCM_StructureSetROISequence, n);
    put(roi, DCM_ROINumber, number);
    put(roi, DCM_ReferencedFrameOfReferenceUID, uids.frame);
    put(roi, DCM_ROIName, name);
    put(roi, DCM_ROIGenerationAlgorithm, "AUTOMATIC");
    DcmItem& drawn = item_of(data, DCM_ROIContourSequence, n);
    put(drawn, DCM_ReferencedROINumber, number);
    put(drawn, DCM_ROIDisplayColor, "255\\64\\51");
    const auto place = mask->grid.lps_from_index();
    std::size_t contours = 0;
    for (std::int64_t k = 0; k < slices; ++k) {
      for (const auto& loop : edge_loops(*mask, k)) {
        DcmItem& contour = item_of(drawn, DCM_ContourSequence, contours++);
        DcmItem& image = item_of(contour, DCM_ContourImageSequence);
        put(image, DCM_ReferencedSOPClassUID, image_class);
        put(image, DCM_ReferencedSOPInstanceUID, uids.instance(series, k));
        put(contour, DCM_ContourGeometricType, "CLOSED_PLANAR");
        put(contour, DCM_NumberOfContourPoints, std::to_string(loop.size()));
        std::vector<double> points;
        for (const auto& [i, j] : loop) {
          const Eigen::Vector3d p =
              place(Point<Index>(static_cast<double>(i) - 0.5, static_cast<double>(j) - 0.5, static_cast<double>(k))).v;
          points.insert(points.end(), p.begin(), p.end());
        }
        put(contour, DCM_ContourData, decimals(points));
      }
    }
    DcmItem& observation = item_of(data, DCM_RTROIObservationsSequence, n);
    put(observation, DCM_ObservationNumber, number);
    put(observation, DCM_ReferencedROINumber, number);
    put(observation, DCM_RTROIInterpretedType, "GTV");
    put(observation, DCM_ROIInterpreter, "");
  }
  put(data, DCM_ApprovalStatus, "UNAPPROVED");
  return save(file, path, force);
}

}  // namespace radtype::io
