#include "io/dicom_slice.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace radtype::io {
namespace {

constexpr double kMaxPositionMm = 1e6;

Result<void> read_rescale(const DicomItem& root, Slice& slice) {
  if (!root.items(Tag::kModalityLutSequence).empty()) {
    return fail(ErrorCode::kUnsupported,
                display_name(Tag::kModalityLutSequence) + " (a table instead of slope and intercept) is not read");
  }
  auto slope = root.number_if_present(Tag::kRescaleSlope);
  if (!slope) return pass_on(std::move(slope));
  auto intercept = root.number_if_present(Tag::kRescaleIntercept);
  if (!intercept) return pass_on(std::move(intercept));
  if (slope->has_value() != intercept->has_value()) {
    return fail(ErrorCode::kCorrupt, "only one of RescaleSlope (0028,1053) and RescaleIntercept (0028,1052) is there");
  }
  if (!slope->has_value()) return {};
  if (**slope == 0 || std::abs(**slope) > 1e12 || std::abs(**intercept) > 1e12) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("RescaleSlope (0028,1053) is {} and RescaleIntercept (0028,1052) is {}", **slope, **intercept));
  }
  slice.slope = **slope;
  slice.intercept = **intercept;
  slice.rescaled = true;
  slice.rescale_type = root.raw(Tag::kRescaleType);
  return {};
}

}  // namespace

Result<Eigen::Vector3d> read_position(const DicomItem& item) {
  auto values = item.numbers(Tag::kImagePosition, 3);
  if (!values) return pass_on(std::move(values));
  const Eigen::Vector3d position(values->data());
  if (position.cwiseAbs().maxCoeff() > kMaxPositionMm) {
    return fail(ErrorCode::kCorrupt, display_name(Tag::kImagePosition) + " lies over 1000 m from the isocentre");
  }
  return position;
}

Result<std::array<double, 2>> read_pixel_spacing(const DicomItem& item) {
  auto values = item.numbers(Tag::kPixelSpacing, 2);
  if (!values) return pass_on(std::move(values));
  for (const double spacing : *values) {
    if (spacing < kMinSpacingMm || spacing > kMaxSpacingMm) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} is {} mm; {} to {} mm is allowed", display_name(Tag::kPixelSpacing), spacing,
                              kMinSpacingMm, kMaxSpacingMm));
    }
  }
  return std::array{values->at(0), values->at(1)};
}

Result<Slice> read_slice(const DicomHeader& header, const std::string& name, const SliceReadOptions& options) {
  const DicomItem root = header.root();
  Slice slice;
  slice.name = name;
  slice.modality = root.raw(Tag::kModality);
  slice.frame_of_reference = root.raw(Tag::kFrameOfReferenceUid);
  const auto types = root.words(Tag::kImageType);
  slice.localizer = std::find(types.begin(), types.end(), "LOCALIZER") != types.end();
  slice.layout = header.layout();

  auto format = read_pixel_format(root);
  if (!format) return pass_on(std::move(format));
  slice.format = *format;
  if (auto length = check_pixel_length(slice.layout, slice.format); !length) return pass_on(std::move(length));

  auto cosines = root.numbers(Tag::kImageOrientation, 6);
  if (!cosines) return pass_on(std::move(cosines));
  auto direction = direction_from_cosines(*cosines);
  if (!direction) return pass_on(std::move(direction));
  slice.direction = *direction;
  auto position = read_position(root);
  if (!position) return pass_on(std::move(position));
  slice.position_lps_mm = *position;
  auto spacing = read_pixel_spacing(root);
  if (!spacing) return pass_on(std::move(spacing));
  slice.row_spacing_mm = spacing->at(0);
  slice.column_spacing_mm = spacing->at(1);
  // Only used where there is one slice, or to say more about sheared ones: nonsense there must not refuse a series.
  slice.thickness_mm = root.number_if_present(Tag::kSliceThickness).value_or(std::nullopt);
  slice.tilt_degrees = root.number_if_present(Tag::kGantryDetectorTilt).value_or(std::nullopt);

  if (auto rescale = read_rescale(root, slice); !rescale) return pass_on(std::move(rescale));
  if (slice.modality == "PT" && !options.raw_pet) {
    auto pet = read_pet_header(root);
    if (!pet) return pass_on(std::move(pet));
    slice.pet = std::move(*pet);
  }
  return slice;
}

}  // namespace radtype::io
