#include "volume_header.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::io {
namespace {

struct TypeRow {
  VoxelType type;
  std::uint64_t bytes;
  std::string_view name;
};
constexpr std::array<TypeRow, 10> kTypes{{{VoxelType::kInt8, 1, "int8"},
                                          {VoxelType::kUint8, 1, "uint8"},
                                          {VoxelType::kInt16, 2, "int16"},
                                          {VoxelType::kUint16, 2, "uint16"},
                                          {VoxelType::kInt32, 4, "int32"},
                                          {VoxelType::kUint32, 4, "uint32"},
                                          {VoxelType::kInt64, 8, "int64"},
                                          {VoxelType::kUint64, 8, "uint64"},
                                          {VoxelType::kFloat32, 4, "float32"},
                                          {VoxelType::kFloat64, 8, "float64"}}};

const TypeRow& row_of(VoxelType type) {
  const auto* row = std::find_if(kTypes.begin(), kTypes.end(), [type](const TypeRow& r) { return r.type == type; });
  RADTYPE_CHECK(row != kTypes.end());
  return *row;
}

std::string size_text(const Size3& size) { return fmt::format("{} x {} x {}", size[0], size[1], size[2]); }

}  // namespace

std::uint64_t byte_count(VoxelType type) { return row_of(type).bytes; }
std::string_view type_name(VoxelType type) { return row_of(type).name; }
bool is_integer(VoxelType type) { return type != VoxelType::kFloat32 && type != VoxelType::kFloat64; }

Result<void> check_size(const Size3& size, std::string_view where) {
  for (const std::int64_t n : size) {
    if (n < 1) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format("{} says {} voxels; every axis needs at least 1: write the file again", where, size_text(size)));
    }
  }
  // Axes first, so that the products below cannot overflow.
  const bool axes_fit = std::all_of(size.begin(), size.end(), [](std::int64_t n) { return n <= kMaxAxis; });
  if (!axes_fit || size[0] * size[1] * size[2] > kMaxVoxels) {
    return fail(
        ErrorCode::kTooLarge,
        fmt::format("{} says {} voxels; at most {} along an axis and {} in all are read: crop or resample the image",
                    where, size_text(size), kMaxAxis, kMaxVoxels));
  }
  if (size[0] * size[1] > kMaxSliceVoxels) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("{} says slices of {} x {} voxels; at most {} are read: crop or resample the image", where,
                            size[0], size[1], kMaxSliceVoxels));
  }
  return {};
}

Result<void> check_spacing(const Eigen::Vector3d& spacing, std::string_view where) {
  for (int axis = 0; axis < 3; ++axis) {
    if (!std::isfinite(spacing[axis]) || spacing[axis] <= 0) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format("the voxel spacing along axis {} is {} ({}); it must be a positive length: correct the header",
                      axis, shortest(spacing[axis]), where));
    }
  }
  return {};
}

Result<void> check_finite(std::span<const double> numbers, std::string_view where) {
  if (std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); })) return {};
  return fail(ErrorCode::kCorrupt, fmt::format("{} holds a number that is not finite: correct the header", where));
}

Result<double> mm_per_unit(std::string_view unit) {
  const std::string word = lower_case(unit);
  if (word == "mm" || word == "millimeter" || word == "millimeters" || word == "millimetre" || word == "millimetres") {
    return 1.0;
  }
  if (word == "cm") return 10.0;
  if (word == "m" || word == "meter" || word == "metre") return 1000.0;
  if (word == "um" || word == "micron" || word == "microns" || word == "\u00b5m" || word == "\u03bcm") return 1e-3;
  return fail(ErrorCode::kUnsupported,
              fmt::format("the unit of length '{}' is not known; mm, cm, m and um are: correct the header", unit));
}

Result<void> check_sibling_name(std::string_view name) {
  const bool plain = !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
                     name.find('\\') == std::string_view::npos && name.find('\0') == std::string_view::npos;
  if (plain) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("the header names its data file as '{}'; only a plain file name in the header's own folder "
                          "is read: move the data file there and correct the header",
                          name));
}

Eigen::Matrix3d with_normal(const Eigen::Matrix3d& linear) {
  Eigen::Matrix3d full = linear;
  full.col(2) = linear.col(0).cross(linear.col(1)).normalized();
  return full;
}

}  // namespace radtype::io
