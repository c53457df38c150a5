// From a checked header to slices: seek or inflate, decode, rescale.
#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "inflate.h"
#include "volume_header.h"

namespace radtype::io {
namespace {

/// Bytes that may follow the last voxel (padding to a block, a tool's trailer). More of them mean that header and data
/// do not belong together, for instance that volumes of a 4-D image are left out.
constexpr std::uint64_t kMaxSurplus = std::uint64_t{1} << 20;
/// Stored bytes decoded at a time: they stay in the cache, and memory is that of the values alone.
constexpr std::size_t kStreamPieceBytes = std::size_t{1} << 17;

template <std::size_t kBytes>
struct BitsOf;
template <>
struct BitsOf<1> {
  using Type = std::uint8_t;
};
template <>
struct BitsOf<2> {
  using Type = std::uint16_t;
};
template <>
struct BitsOf<4> {
  using Type = std::uint32_t;
};
template <>
struct BitsOf<8> {
  using Type = std::uint64_t;
};

template <class Bits>
Bits swapped(Bits bits) {
  if constexpr (sizeof(Bits) == 2) return __builtin_bswap16(bits);
  if constexpr (sizeof(Bits) == 4) return __builtin_bswap32(bits);
  if constexpr (sizeof(Bits) == 8) return __builtin_bswap64(bits);
  return bits;
}

template <class T, bool kSwap>
void decode_as(const std::byte* stored, std::span<double> values) {
  for (std::size_t n = 0; n < values.size(); ++n) {
    typename BitsOf<sizeof(T)>::Type bits;
    std::memcpy(&bits, stored + n * sizeof(T), sizeof(T));
    if constexpr (kSwap) bits = swapped(bits);
    values[n] = static_cast<double>(std::bit_cast<T>(bits));
  }
}

template <class T>
void decode_as(const std::byte* stored, bool swap, std::span<double> values) {
  if (swap && sizeof(T) > 1) {
    decode_as<T, true>(stored, values);
  } else {
    decode_as<T, false>(stored, values);
  }
}

void decode(const VoxelData& data, const std::byte* stored, std::span<double> values) {
  const bool swap = data.big_endian != (std::endian::native == std::endian::big);
  switch (data.type) {
    case VoxelType::kInt8:
      decode_as<std::int8_t>(stored, swap, values);
      break;
    case VoxelType::kUint8:
      decode_as<std::uint8_t>(stored, swap, values);
      break;
    case VoxelType::kInt16:
      decode_as<std::int16_t>(stored, swap, values);
      break;
    case VoxelType::kUint16:
      decode_as<std::uint16_t>(stored, swap, values);
      break;
    case VoxelType::kInt32:
      decode_as<std::int32_t>(stored, swap, values);
      break;
    case VoxelType::kUint32:
      decode_as<std::uint32_t>(stored, swap, values);
      break;
    case VoxelType::kInt64:
      decode_as<std::int64_t>(stored, swap, values);
      break;
    case VoxelType::kUint64:
      decode_as<std::uint64_t>(stored, swap, values);
      break;
    case VoxelType::kFloat32:
      decode_as<float>(stored, swap, values);
      break;
    case VoxelType::kFloat64:
      decode_as<double>(stored, swap, values);
      break;
  }
  if (data.slope != 1 || data.intercept != 0) {
    for (double& value : values) value = data.slope * value + data.intercept;
  }
}

/// Raw bytes with the interface of Inflater.
class RawReader {
 public:
  RawReader(const ByteSource& bytes, std::uint64_t begin) : bytes_(bytes), next_(begin) {}

  Result<std::size_t> read(std::span<std::byte> into) {
    auto got = bytes_.read_at(next_, into);
    if (got) next_ += *got;
    return got;
  }
  Result<std::uint64_t> skip(std::uint64_t count) {
    next_ += count;
    return count;
  }

 private:
  const ByteSource& bytes_;
  std::uint64_t next_;
};

tl::unexpected<Error> too_short() {
  return fail(
      ErrorCode::kCorrupt,
      "the data ends before the last voxel that the header promises: the file is truncated, or header and data do "
      "not belong together; copy or download it again");
}

class VolumeStream final : public ImageSource {
 public:
  explicit VolumeStream(VolumeHeader header) : data_(std::move(header.data)) { info_ = std::move(header.info); }

  Result<void> read_slices(std::int64_t k_begin, std::int64_t k_end, const SliceVisitor& visit) override {
    RADTYPE_CHECK(0 <= k_begin && k_begin <= k_end && k_end <= info_.grid.size()[2]);
    if (!data_.compressed) {
      RawReader reader(*data_.bytes, data_.begin);
      return visit_slices(reader, k_begin, k_end, visit);
    }
    Inflater inflater(*data_.bytes, data_.begin, data_.end);
    if (auto done = pass_over(inflater, data_.skip); !done) return done;
    if (auto done = visit_slices(inflater, k_begin, k_end, visit); !done) return done;
    // On to the end: a damaged tail shows in the checksum, a wrong header in the length.
    const auto slices_left = static_cast<std::uint64_t>(info_.grid.size()[2] - k_end);
    if (auto done = pass_over(inflater, slices_left * slice_bytes()); !done) return done;
    auto surplus = inflater.skip(kMaxSurplus + 1);
    if (!surplus) return pass_on(std::move(surplus));
    if (*surplus > kMaxSurplus) return too_long();
    return {};
  }

  static tl::unexpected<Error> too_long() {
    return fail(ErrorCode::kCorrupt,
                "the data goes on for more than 1 MiB after the last voxel of the header: header and "
                "data do not belong together; write the file again");
  }

 private:
  std::uint64_t slice_voxels() const { return static_cast<std::uint64_t>(info_.grid.size()[0] * info_.grid.size()[1]); }
  std::uint64_t slice_bytes() const { return slice_voxels() * byte_count(data_.type); }

  template <class Reader>
  static Result<void> pass_over(Reader& reader, std::uint64_t count) {
    auto done = reader.skip(count);
    if (!done) return pass_on(std::move(done));
    if (*done < count) return too_short();
    return {};
  }

  template <class Reader>
  Result<void> visit_slices(Reader& reader, std::int64_t k_begin, std::int64_t k_end, const SliceVisitor& visit) {
    if (auto done = pass_over(reader, static_cast<std::uint64_t>(k_begin) * slice_bytes()); !done) return done;
    if (k_begin == k_end) return {};
    const std::size_t voxel_bytes = byte_count(data_.type);
    std::vector<std::byte> stored(std::min<std::size_t>(kStreamPieceBytes, slice_bytes()));
    std::vector<double> values(slice_voxels());
    for (std::int64_t k = k_begin; k < k_end; ++k) {
      for (std::span<double> rest(values); !rest.empty();) {
        const std::size_t count = std::min(rest.size(), stored.size() / voxel_bytes);
        auto got = reader.read(std::span(stored).first(count * voxel_bytes));
        if (!got) return pass_on(std::move(got));
        if (*got < count * voxel_bytes) return too_short();
        decode(data_, stored.data(), rest.first(count));
        rest = rest.subspan(count);
      }
      if (auto done = visit(k, values); !done) return done;
    }
    return {};
  }

  VoxelData data_;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_stream(VolumeHeader header) {
  ImageInfo& info = header.info;
  const VoxelData& data = header.data;
  if (auto ok = check_size(info.grid.size(), "the header"); !ok) return pass_on(std::move(ok));
  const std::uint64_t need = static_cast<std::uint64_t>(info.grid.voxel_count()) * byte_count(data.type);
  const std::uint64_t have = data.end > data.begin ? data.end - data.begin : 0;
  const std::string promise = fmt::format("the header promises {} bytes of voxels", need);
  if (data.compressed) {
    // Divided, because skip is a number of the file's choosing.
    if (have == 0 || data.skip / have > kMaxInflation || need / have > kMaxInflation) {
      return fail(ErrorCode::kCorrupt, fmt::format("{}, and the {} compressed bytes cannot hold them: the file is "
                                                   "truncated, or its header is damaged; copy or download it again",
                                                   promise, have));
    }
  } else if (have < need) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("{}, and there are {}: the file is truncated, or its header is damaged; copy or download it again",
                    promise, have));
  } else if (have - need > kMaxSurplus) {
    return VolumeStream::too_long();
  } else if (have > need) {
    info.notes.push_back(fmt::format("{} bytes after the last voxel are ignored", have - need));
  }
  info.stored_type = type_name(data.type);
  info.integer_values = is_integer(data.type) && data.slope == 1 && data.intercept == 0;
  info.details["stored_type"] = info.stored_type;
  info.details["encoding"] = data.compressed ? "compressed" : "raw";
  info.details["byte_order"] = data.big_endian ? "big" : "little";
  if (data.slope != 1 || data.intercept != 0) {
    info.details["slope"] = data.slope;
    info.details["intercept"] = data.intercept;
  }
  return std::make_unique<VolumeStream>(std::move(header));
}

}  // namespace radtype::io
