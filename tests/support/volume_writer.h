// Volume files made byte by byte: what no library writes (other byte order, damaged headers) and what fuzzers start
// from.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace radtype::test {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(data, data + text.size());
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class T>
void put(Bytes& bytes, std::size_t offset, T value, bool big_endian = false) {
  auto stored = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  if (big_endian != (std::endian::native == std::endian::big)) std::reverse(stored.begin(), stored.end());
  std::copy(stored.begin(), stored.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

template <class T>
Bytes stored(const std::vector<T>& values, bool big_endian = false) {
  Bytes bytes(values.size() * sizeof(T));
  for (std::size_t n = 0; n < values.size(); ++n) put(bytes, n * sizeof(T), values[n], big_endian);
  return bytes;
}

/// One gzip member, or a zlib stream.
inline Bytes deflated(const Bytes& plain, bool gzip = true, int level = 6) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  Bytes packed(deflateBound(&stream, plain.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline void save(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

inline Bytes load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return bytes_of(text);
}

/// NIfTI headers by field. The defaults are a valid int16 image of 4 x 3 x 2 voxels, 1 x 2 x 3 mm, oriented by its
/// sform.
struct NiftiSpec {
  int version = 1;
  bool pair = false;
  bool big_endian = false;
  std::array<std::int64_t, 8> dim{3, 4, 3, 2, 1, 1, 1, 1};
  int datatype = 4;
  int bitpix = 16;
  std::array<double, 8> pixdim{1, 1, 2, 3, 0, 0, 0, 0};
  double vox_offset = -1;  ///< < 0: right after the header
  double slope = 0;
  double intercept = 0;
  int units = 2;
  int qform_code = 0;
  int sform_code = 1;
  std::array<double, 3> quatern{0, 0, 0};
  std::array<double, 3> qoffset{0, 0, 0};
  std::array<double, 12> srow{1, 0, 0, -10, 0, 2, 0, -20, 0, 0, 3, 30};
};

inline std::size_t nifti_header_bytes(const NiftiSpec& spec) {
  return (spec.version == 2 ? 540U : 348U) + (spec.pair ? 0U : 4U);
}

inline Bytes nifti_header(const NiftiSpec& s) {
  Bytes h(nifti_header_bytes(s));
  const bool big = s.big_endian;
  const double offset = s.vox_offset >= 0 ? s.vox_offset : s.pair ? 0.0 : static_cast<double>(h.size());
  const auto floats = [&](std::size_t at, std::span<const double> values) {
    for (std::size_t n = 0; n < values.size(); ++n) put(h, at + 4 * n, static_cast<float>(values[n]), big);
  };
  const auto doubles = [&](std::size_t at, std::span<const double> values) {
    for (std::size_t n = 0; n < values.size(); ++n) put(h, at + 8 * n, values[n], big);
  };
  const auto text = [&](std::size_t at, std::string_view value) {
    const Bytes bytes = bytes_of(value);
    std::copy(bytes.begin(), bytes.end(), h.begin() + static_cast<std::ptrdiff_t>(at));
  };
  if (s.version == 1) {
    put(h, 0, std::int32_t{348}, big);
    for (std::size_t n = 0; n < 8; ++n) put(h, 40 + 2 * n, static_cast<std::int16_t>(s.dim[n]), big);
    put(h, 70, static_cast<std::int16_t>(s.datatype), big);
    put(h, 72, static_cast<std::int16_t>(s.bitpix), big);
    floats(76, s.pixdim);
    floats(108, std::array{offset, s.slope, s.intercept});
    put(h, 123, static_cast<std::uint8_t>(s.units), big);
    put(h, 252, static_cast<std::int16_t>(s.qform_code), big);
    put(h, 254, static_cast<std::int16_t>(s.sform_code), big);
    floats(256, s.quatern);
    floats(268, s.qoffset);
    floats(280, s.srow);
    text(344, s.pair ? "ni1" : "n+1");
  } else {
    put(h, 0, std::int32_t{540}, big);
    text(4, s.pair ? "ni2" : "n+2");
    text(8, "\r\n\032\n");
    put(h, 12, static_cast<std::int16_t>(s.datatype), big);
    put(h, 14, static_cast<std::int16_t>(s.bitpix), big);
    for (std::size_t n = 0; n < 8; ++n) put(h, 16 + 8 * n, s.dim[n], big);
    doubles(104, s.pixdim);
    put(h, 168, static_cast<std::int64_t>(offset), big);
    doubles(176, std::array{s.slope, s.intercept});
    put(h, 344, std::int32_t{s.qform_code}, big);
    put(h, 348, std::int32_t{s.sform_code}, big);
    doubles(352, s.quatern);
    doubles(376, s.qoffset);
    doubles(400, s.srow);
    put(h, 500, std::int32_t{s.units}, big);
  }
  return h;
}

/// 0, 1, 2, ... : as many as the default spec holds.
template <class T = std::int16_t>
std::vector<T> counting(std::size_t count = 24) {
  std::vector<T> values(count);
  for (std::size_t n = 0; n < count; ++n) values[n] = static_cast<T>(n);
  return values;
}

}  // namespace radtype::test
