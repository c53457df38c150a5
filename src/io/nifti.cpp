// NIfTI-1 and NIfTI-2 headers (nifti1, nifti2): fields, checks, and the one place where RAS becomes LPS.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "inflate.h"
#include "radtype/core/text.h"
#include "volume_header.h"

namespace radtype::io {
namespace {

constexpr std::int32_t kNifti1Bytes = 348;
constexpr std::int32_t kNifti2Bytes = 540;
/// sform and qform of one header that put a corner further apart than this contradict each other.
constexpr double kFormToleranceMm = 1e-3;
constexpr double kHeaderSpacingTolerance = 1e-2;

/// What both versions say, in this machine's byte order.
struct NiftiFields {
  int version = 1;
  bool single_file = true;
  bool big_endian = false;
  std::array<std::int64_t, 8> dim{};
  int datatype = 0;
  int bitpix = 0;
  std::array<double, 8> pixdim{};
  double vox_offset = 0;
  double scl_slope = 0;
  double scl_inter = 0;
  int xyzt_units = 0;
  int qform_code = 0;
  int sform_code = 0;
  std::array<double, 3> quatern{};
  std::array<double, 3> qoffset{};
  std::array<std::array<double, 4>, 3> srow{};
};

/// Numbers at byte offsets of a header in either byte order.
class HeaderBytes {
 public:
  HeaderBytes(std::span<const std::byte> bytes, bool swap) : bytes_(bytes), swap_(swap) {}

  template <class T>
  T at(std::size_t offset) const {
    std::array<std::byte, sizeof(T)> stored;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), stored.begin());
    if (swap_) std::reverse(stored.begin(), stored.end());
    return std::bit_cast<T>(stored);
  }

  template <class T, class Number, std::size_t kCount>
  void fill(std::size_t offset, std::array<Number, kCount>& into) const {
    for (std::size_t n = 0; n < kCount; ++n) into[n] = static_cast<Number>(at<T>(offset + n * sizeof(T)));
  }

 private:
  std::span<const std::byte> bytes_;
  bool swap_;
};

NiftiFields read_version_1(const HeaderBytes& header) {
  NiftiFields f;
  f.version = 1;
  header.fill<std::int16_t>(40, f.dim);
  f.datatype = header.at<std::int16_t>(70);
  f.bitpix = header.at<std::int16_t>(72);
  header.fill<float>(76, f.pixdim);
  f.vox_offset = static_cast<double>(header.at<float>(108));
  f.scl_slope = static_cast<double>(header.at<float>(112));
  f.scl_inter = static_cast<double>(header.at<float>(116));
  f.xyzt_units = header.at<std::uint8_t>(123);
  f.qform_code = header.at<std::int16_t>(252);
  f.sform_code = header.at<std::int16_t>(254);
  header.fill<float>(256, f.quatern);
  header.fill<float>(268, f.qoffset);
  for (std::size_t row = 0; row < 3; ++row) header.fill<float>(280 + 16 * row, f.srow[row]);
  return f;
}

NiftiFields read_version_2(const HeaderBytes& header) {
  NiftiFields f;
  f.version = 2;
  f.datatype = header.at<std::int16_t>(12);
  f.bitpix = header.at<std::int16_t>(14);
  header.fill<std::int64_t>(16, f.dim);
  header.fill<double>(104, f.pixdim);
  f.vox_offset = static_cast<double>(header.at<std::int64_t>(168));
  f.scl_slope = header.at<double>(176);
  f.scl_inter = header.at<double>(184);
  f.qform_code = header.at<std::int32_t>(344);
  f.sform_code = header.at<std::int32_t>(348);
  header.fill<double>(352, f.quatern);
  header.fill<double>(376, f.qoffset);
  for (std::size_t row = 0; row < 3; ++row) header.fill<double>(400 + 32 * row, f.srow[row]);
  f.xyzt_units = header.at<std::int32_t>(500);
  return f;
}

std::string_view text_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, count};
}

Result<NiftiFields> read_fields(std::span<const std::byte> bytes) {
  const auto too_short = [&](std::int32_t need) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("the file is too short for a NIfTI header ({} of {} bytes): it is truncated; copy it again",
                            bytes.size(), need));
  };
  if (bytes.size() < static_cast<std::size_t>(kNifti1Bytes)) return too_short(kNifti1Bytes);
  for (const bool swap : {false, true}) {
    const HeaderBytes header(bytes, swap);
    const auto header_bytes = header.at<std::int32_t>(0);
    if (header_bytes != kNifti1Bytes && header_bytes != kNifti2Bytes) continue;
    if (bytes.size() < static_cast<std::size_t>(header_bytes)) return too_short(header_bytes);
    const bool second = header_bytes == kNifti2Bytes;
    const std::string_view magic = second ? text_at(bytes, 4, 8) : text_at(bytes, 344, 4);
    const char digit = second ? '2' : '1';
    const bool known = magic[0] == 'n' && (magic[1] == '+' || magic[1] == 'i') && magic[2] == digit && magic[3] == '\0';
    if (!known) {
      return fail(
          ErrorCode::kCorrupt,
          "the header has NIfTI's size but not its magic ('n+1', 'ni1', 'n+2' or 'ni2'); an Analyze 7.5 image must be "
          "converted to NIfTI, since it does not say left from right, and a damaged file copied again");
    }
    if (second && magic.substr(4) != "\r\n\032\n") {
      return fail(ErrorCode::kCorrupt,
                  "the NIfTI-2 magic was altered by a transfer as text; copy the file again as binary");
    }
    NiftiFields fields = second ? read_version_2(header) : read_version_1(header);
    fields.single_file = magic[1] == '+';
    fields.big_endian = swap != (std::endian::native == std::endian::big);
    return fields;
  }
  return fail(ErrorCode::kCorrupt,
              "this is no NIfTI header: its first number is neither 348 nor 540 in either byte order");
}

Result<Size3> read_size(const NiftiFields& f, std::vector<std::string>& notes) {
  const std::int64_t dimensions = f.dim[0];
  if (dimensions < 1 || dimensions > 7) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("dim[0] is {}; a NIfTI image has 1 to 7 dimensions: the header is damaged", dimensions));
  }
  if (dimensions == 1) {
    return fail(ErrorCode::kUnsupported, "the image has one dimension; 2-D and 3-D images are read");
  }
  for (std::size_t axis = 4; axis <= static_cast<std::size_t>(dimensions); ++axis) {
    const std::int64_t count = f.dim[axis];
    if (f.dim[axis] < 1) {
      return fail(ErrorCode::kCorrupt, fmt::format("dim[{}] is {}; every dimension needs at least 1", axis, count));
    }
    if (f.dim[axis] == 1) continue;
    if (axis == 4) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the image is 4-D: it has {} volumes; choose one, e.g. with fslroi IN OUT 0 1", count));
    }
    return fail(ErrorCode::kUnsupported,
                fmt::format("dim[{}] is {}: several values per voxel; write one of them alone", axis, count));
  }
  const Size3 size{f.dim[1], f.dim[2], dimensions >= 3 ? f.dim[3] : 1};
  if (auto ok = check_size(size, "dim"); !ok) return pass_on(std::move(ok));
  if (size[2] == 1) notes.push_back("the image is one slice");
  return size;
}

Result<VoxelType> read_type(int datatype) {
  const auto unsupported = [](const std::string& what) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("voxels of type {} are not read; write the image as int16, float32 or another plain number", what));
  };
  switch (datatype) {
    case 2:
      return VoxelType::kUint8;
    case 4:
      return VoxelType::kInt16;
    case 8:
      return VoxelType::kInt32;
    case 16:
      return VoxelType::kFloat32;
    case 64:
      return VoxelType::kFloat64;
    case 256:
      return VoxelType::kInt8;
    case 512:
      return VoxelType::kUint16;
    case 768:
      return VoxelType::kUint32;
    case 1024:
      return VoxelType::kInt64;
    case 1280:
      return VoxelType::kUint64;
    case 1:
      return unsupported("binary (one bit per voxel)");
    case 32:
      return unsupported("complex64");
    case 128:
      return unsupported("RGB");
    case 1536:
      return unsupported("float128");
    case 1792:
      return unsupported("complex128");
    case 2048:
      return unsupported("complex256");
    case 2304:
      return unsupported("RGBA");
    default:
      return fail(ErrorCode::kCorrupt, fmt::format("datatype {} is not a NIfTI type: the header is damaged", datatype));
  }
}

Result<double> read_unit(int xyzt_units, std::vector<std::string>& notes) {
  switch (xyzt_units & 7) {
    case 0:
      notes.push_back("the header names no unit of length; mm assumed");
      return 1.0;
    case 1:
      return 1000.0;
    case 2:
      return 1.0;
    case 3:
      return 1e-3;
    default:
      return fail(ErrorCode::kCorrupt,
                  fmt::format("xyzt_units {} holds no known unit of length: correct the header", xyzt_units));
  }
}

/// pixdim[1..3], which the standard wants positive. Beside an sform, which holds the orientation, a sign does no harm.
Result<Eigen::Vector3d> read_spacing(const NiftiFields& f, std::vector<std::string>& notes) {
  Eigen::Vector3d spacing(f.pixdim[1], f.pixdim[2], f.pixdim[3]);
  if (f.dim[0] == 2 && !(std::isfinite(spacing[2]) && spacing[2] != 0)) {
    spacing[2] = 1;
    notes.push_back("the image is 2-D and has no slice thickness; 1 unit of length assumed");
  }
  if ((spacing.array() < 0).any()) {
    if (f.sform_code <= 0) {
      return fail(
          ErrorCode::kCorrupt,
          "pixdim holds a negative spacing and there is no sform; programs disagree on whether that mirrors the "
          "axis: convert the image again from its source, or set its sform");
    }
    spacing = spacing.cwiseAbs().eval();
    notes.push_back("pixdim holds a negative spacing; its absolute value is used");
  }
  if (auto ok = check_spacing(spacing, "pixdim"); !ok) return pass_on(std::move(ok));
  return spacing;
}

using RasFromIndex = Affine<LpsMm, Index>;  ///< RAS until to_lps, which is the last thing done to it

RasFromIndex to_lps(RasFromIndex map, double mm) {
  const Eigen::DiagonalMatrix<double, 3> flip(-mm, -mm, mm);
  map.linear = flip * map.linear;
  map.offset = flip * map.offset;
  return map;
}

Result<RasFromIndex> read_sform(const NiftiFields& f) {
  RasFromIndex map;
  for (int row = 0; row < 3; ++row) {
    const std::array<double, 4>& numbers = f.srow[static_cast<std::size_t>(row)];
    if (auto ok = check_finite(numbers, "the sform"); !ok) return pass_on(std::move(ok));
    for (int column = 0; column < 3; ++column) map.linear(row, column) = numbers[static_cast<std::size_t>(column)];
    map.offset[row] = numbers[3];
  }
  for (int axis = 0; axis < 3; ++axis) {
    if (map.linear.col(axis).norm() > 0) continue;
    return fail(ErrorCode::kCorrupt, fmt::format("the sform gives axis {} no length although sform_code is {}; set the "
                                                 "sform, or its code to 0 (fslorient -setsformcode 0)",
                                                 axis, f.sform_code));
  }
  return map;
}

/// Method 2 of nifti1: rotation by the quaternion (a, b, c, d) with a >= 0, third axis times qfac.
Result<RasFromIndex> read_qform(const NiftiFields& f, const Eigen::Vector3d& spacing) {
  if (auto ok = check_finite(f.quatern, "the qform's quaternion"); !ok) return pass_on(std::move(ok));
  if (auto ok = check_finite(f.qoffset, "the qform's offset"); !ok) return pass_on(std::move(ok));
  Eigen::Vector3d bcd(f.quatern[0], f.quatern[1], f.quatern[2]);
  if (bcd.norm() > 1 + 1e-3) {
    return fail(ErrorCode::kCorrupt, "the qform's quaternion is longer than 1: it is no rotation; correct the header");
  }
  // Like the reference implementation: below 1e-7 the square of a is rounding of the single-precision b, c, d, which
  // would turn the image by up to 3e-4 radians.
  double a = 0;
  if (const double a_squared = 1 - bcd.squaredNorm(); a_squared < 1e-7) {
    bcd.normalize();
  } else {
    a = std::sqrt(a_squared);
  }
  const double b = bcd[0], c = bcd[1], d = bcd[2];
  RasFromIndex map;
  map.linear << a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c),  //
      2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b),            //
      2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c;
  if (f.pixdim[0] < 0) map.linear.col(2) *= -1;
  map.linear = map.linear * spacing.asDiagonal();
  map.offset = Eigen::Vector3d(f.qoffset[0], f.qoffset[1], f.qoffset[2]);
  return map;
}

double worst_corner_distance(const RasFromIndex& a, const RasFromIndex& b, const Size3& size) {
  double worst = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Point<Index> index;
    for (int axis = 0; axis < 3; ++axis) {
      if ((corner >> axis) & 1) index.v[axis] = static_cast<double>(size[static_cast<std::size_t>(axis)] - 1);
    }
    worst = std::max(worst, (a(index).v - b(index).v).norm());
  }
  return worst;
}

/// Method 3 (sform) before method 2 (qform) before method 1 (spacing alone).
Result<Grid> read_nifti_grid(const NiftiFields& f, ImageInfo& info) {
  auto size = read_size(f, info.notes);
  if (!size) return pass_on(std::move(size));
  auto mm = read_unit(f.xyzt_units, info.notes);
  if (!mm) return pass_on(std::move(mm));
  auto spacing = read_spacing(f, info.notes);
  if (!spacing) return pass_on(std::move(spacing));

  RasFromIndex chosen;
  if (f.sform_code > 0) {
    auto sform = read_sform(f);
    if (!sform) return pass_on(std::move(sform));
    chosen = *sform;
    const Eigen::Vector3d lengths = chosen.linear.colwise().norm();
    if (((lengths - *spacing).array().abs() > kHeaderSpacingTolerance * spacing->array()).any()) {
      info.notes.push_back("the sform's spacing differs from pixdim by more than 1 %; the sform is used");
    }
    if (f.qform_code > 0) {
      auto qform = read_qform(f, *spacing);
      if (!qform) {
        info.notes.push_back(fmt::format("the sform is used; the qform is broken: {}", qform.error().message()));
      } else if (const double apart = worst_corner_distance(chosen, *qform, *size) * *mm; apart > kFormToleranceMm) {
        info.notes.push_back(fmt::format("sform and qform place a corner {:.3g} mm apart; the sform is used", apart));
      }
    }
    info.details["geometry"] = "sform";
  } else if (f.qform_code > 0) {
    auto qform = read_qform(f, *spacing);
    if (!qform) return pass_on(std::move(qform));
    chosen = *qform;
    info.details["geometry"] = "qform";
  } else {
    chosen.linear = spacing->asDiagonal();
    info.notes.push_back(
        "the header gives no orientation (sform and qform codes 0); axes to right, anterior, superior and "
        "origin 0 assumed");
    info.details["geometry"] = "spacing";
  }
  auto grid = make_grid(*size, to_lps(chosen, *mm));
  if (!grid) {
    return pass_on(std::move(grid), "the " + info.details["geometry"].get<std::string>() + " of the NIfTI header");
  }
  return grid;
}

Result<void> read_scaling(const NiftiFields& f, VoxelData& data) {
  // 0 means "no scaling"; the intercept is then to be ignored too.
  if (f.scl_slope == 0) return {};
  if (auto ok = check_finite(std::array{f.scl_slope, f.scl_inter}, "scl_slope or scl_inter"); !ok) return ok;
  data.slope = f.scl_slope;
  data.intercept = f.scl_inter;
  return {};
}

/// The first bytes of a file, inflated where it is gzip.
Result<std::vector<std::byte>> read_front(const ByteSource& bytes, std::size_t count, bool& compressed) {
  std::vector<std::byte> front(count);
  auto got = bytes.read_at(0, front);
  if (!got) return pass_on(std::move(got));
  compressed = looks_like_gzip(std::span(front).first(*got));
  if (compressed) {
    got = Inflater(bytes, 0, bytes.size()).read(front);
    if (!got) return pass_on(std::move(got));
  }
  front.resize(*got);
  return front;
}

}  // namespace

Result<VolumeHeader> read_nifti_header(std::shared_ptr<ByteSource> bytes, const OpenPartner& open_partner) {
  VolumeHeader header;
  auto front = read_front(*bytes, kNifti2Bytes, header.data.compressed);
  if (!front) return pass_on(std::move(front));
  auto fields = read_fields(*front);
  if (!fields) return pass_on(std::move(fields));
  header.info.format = fields->version == 2 ? "NIfTI-2" : "NIfTI-1";

  auto type = read_type(fields->datatype);
  if (!type) return pass_on(std::move(type));
  header.data.type = *type;
  header.data.big_endian = fields->big_endian;
  if (static_cast<std::uint64_t>(fields->bitpix) != 8 * byte_count(*type)) {
    header.info.notes.push_back(
        fmt::format("bitpix is {} and does not fit the data type {}, which is used", fields->bitpix, type_name(*type)));
  }
  if (auto ok = read_scaling(*fields, header.data); !ok) return pass_on(std::move(ok));
  auto grid = read_nifti_grid(*fields, header.info);
  if (!grid) return pass_on(std::move(grid));
  header.info.grid = *grid;

  // In a single file the voxels follow the header, 4 bytes of extension flags and the extensions.
  const double least = fields->single_file ? (fields->version == 2 ? kNifti2Bytes : kNifti1Bytes) + 4 : 0;
  const double offset = fields->vox_offset;
  if (!(offset >= least && offset <= 1e15) || offset != std::floor(offset)) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("vox_offset is {}; it must be a whole number of at least {}: the header is damaged",
                            shortest(offset), shortest(least)));
  }
  header.data.bytes = std::move(bytes);
  if (!fields->single_file) {
    if (!open_partner) {
      return fail(ErrorCode::kUnsupported,
                  "the header belongs to a .hdr/.img pair; name the .hdr file beside its .img");
    }
    auto partner = open_partner();
    if (!partner) return pass_on(std::move(partner), "the .img of a NIfTI pair");
    header.data.bytes = std::move(partner->bytes);
    header.data.compressed = partner->compressed;
  }
  const auto skip = static_cast<std::uint64_t>(offset);
  header.data.end = header.data.bytes->size();
  if (header.data.compressed) {
    header.data.skip = skip;
  } else {
    header.data.begin = skip;
  }
  return header;
}

Result<std::unique_ptr<ImageSource>> open_nifti(std::shared_ptr<ByteSource> bytes, const OpenPartner& open_partner) {
  auto header = read_nifti_header(std::move(bytes), open_partner);
  if (!header) return pass_on(std::move(header));
  return open_stream(std::move(*header));
}

}  // namespace radtype::io
