// What the readers of NIfTI, NRRD and MetaImage share: the outcome of reading a header, and the checks on its numbers.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "radtype/io/volume_files.h"

namespace radtype::io {

enum class VoxelType { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64 };
std::uint64_t byte_count(VoxelType type);
std::string_view type_name(VoxelType type);  ///< "int16", "float32", ...
bool is_integer(VoxelType type);

/// Where the voxels are and what turns them into values: slope * stored + intercept.
struct VoxelData {
  std::shared_ptr<ByteSource> bytes;
  bool compressed = false;  ///< [begin, end) is a gzip or zlib stream, else raw voxels
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t skip = 0;  ///< compressed: inflated bytes before the first voxel
  VoxelType type = VoxelType::kUint8;
  bool big_endian = false;
  double slope = 1;
  double intercept = 0;
};

struct VolumeHeader {
  ImageInfo info;  ///< format, grid, modality, notes, details; open_stream fills stored_type and integer_values
  VoxelData data;
};

Result<VolumeHeader> read_nifti_header(std::shared_ptr<ByteSource> bytes, const OpenPartner& open_partner);
Result<VolumeHeader> read_nrrd_header(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling);
Result<VolumeHeader> read_metaimage_header(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling);

/// Makes the source, after checking that the data can hold the voxels of the header. Nothing is allocated by the
/// header's numbers before that.
Result<std::unique_ptr<ImageSource>> open_stream(VolumeHeader header);

/// A slice is handed over as doubles, so its size bounds the memory of reading: 128 MiB.
inline constexpr std::int64_t kMaxSliceVoxels = std::int64_t{1} << 24;

/// kCorrupt for a size < 1, kTooLarge over kMaxAxis, kMaxSliceVoxels or kMaxVoxels. `where`: "dim", "sizes", "DimSize".
Result<void> check_size(const Size3& size, std::string_view where);
/// kCorrupt for a spacing that is not finite and positive, naming the axis.
Result<void> check_spacing(const Eigen::Vector3d& spacing, std::string_view where);
Result<void> check_finite(std::span<const double> numbers, std::string_view where);
/// How many mm one "mm", "cm", "m", "um", ... is.
Result<double> mm_per_unit(std::string_view unit);
/// A detached data file must lie beside its header: a plain name, no folders.
Result<void> check_sibling_name(std::string_view name);

/// The given columns (index steps in LPS mm) with, for an image of one slice, the missing third axis made up: normal to
/// the slice, 1 mm thick.
Eigen::Matrix3d with_normal(const Eigen::Matrix3d& linear);

}  // namespace radtype::io
