#include "io/dicom_codestream.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace radtype::io {
namespace {

using Bytes = std::vector<std::byte>;

std::uint32_t u8(std::span<const std::byte> b, std::size_t at) { return std::to_integer<std::uint32_t>(b[at]); }
std::uint32_t be16(std::span<const std::byte> b, std::size_t at) { return (u8(b, at) << 8) | u8(b, at + 1); }
std::uint32_t be32(std::span<const std::byte> b, std::size_t at) { return (be16(b, at) << 16) | be16(b, at + 2); }
std::uint32_t le32(std::span<const std::byte> b, std::size_t at) {
  return u8(b, at) | (u8(b, at + 1) << 8) | (u8(b, at + 2) << 16) | (u8(b, at + 3) << 24);
}

tl::unexpected<Error> broken(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("the compressed pixel data is damaged: ") + what +
                                       "; export the series again, or uncompressed (\"gdcmconv --raw IN OUT\")");
}

Result<void> check_size(std::uint32_t columns, std::uint32_t rows, std::uint32_t components, std::uint32_t bits,
                        const FrameSize& frame) {
  if (columns == frame.columns && rows == frame.rows && components == 1 && bits <= frame.bits_allocated) return {};
  return fail(ErrorCode::kCorrupt,
              fmt::format("the compressed pixel data is {} x {} with {} components of {} bits, the header says {} x {} "
                          "with 1 of {}",
                          columns, rows, components, bits, frame.columns, frame.rows, frame.bits_allocated));
}

// Marker codes, the low byte (ISO 10918-1 table B.1, ISO 14495-1 table C.1).
constexpr std::uint32_t kSof0 = 0xc0, kSof1 = 0xc1, kSof3 = 0xc3, kSofLs = 0xf7;
constexpr std::uint32_t kDht = 0xc4, kSos = 0xda, kDqt = 0xdb, kDri = 0xdd, kLse = 0xf8;

bool is_frame_of(Codec codec, std::uint32_t marker) {
  switch (codec) {
    case Codec::kJpegBaseline:
      return marker == kSof0;
    case Codec::kJpegExtended:
      return marker == kSof0 || marker == kSof1;
    case Codec::kJpegLossless:
      return marker == kSof3;
    case Codec::kJpegLs:
      return marker == kSofLs;
    default:
      return false;
  }
}

bool bits_fit(Codec codec, std::uint32_t bits) {
  if (codec == Codec::kJpegBaseline) return bits == 8;
  if (codec == Codec::kJpegExtended) return bits == 8 || bits == 12;
  return bits >= 2 && bits <= 16;
}

// From SOI to the first scan: well-formed segments of known kinds, one frame header.
Result<Bytes> checked_jpeg(std::span<const std::byte> b, Codec codec, const FrameSize& size) {
  if (b.size() < 4 || be16(b, 0) != 0xffd8) return broken("it does not begin with a JPEG image");
  Bytes kept(b.begin(), b.begin() + 2);
  bool framed = false;
  std::size_t at = 2;
  while (b.size() - at >= 4) {
    if (u8(b, at) != 0xff) return broken("there are bytes between the segments of its header");
    const std::uint32_t marker = u8(b, at + 1);
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    const std::uint32_t length = be16(b, at + 2);
    if (length < 2 || length > b.size() - at - 2) return broken("a segment of its header is longer than the data");
    const std::span<const std::byte> segment = b.subspan(at, 2 + length);
    at += segment.size();
    const bool ignored = (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe;  // APPn, COM
    if (ignored) continue;
    if (is_frame_of(codec, marker)) {
      if (framed || length != 11 || segment.size() < 13) return broken("its frame header is repeated or malformed");
      framed = true;
      const std::uint32_t bits = u8(segment, 4);
      if (!bits_fit(codec, bits)) return broken("its depth is none of its codec");
      auto fits = check_size(be16(segment, 7), be16(segment, 5), u8(segment, 9), bits, size);
      if (!fits) return pass_on(std::move(fits));
    } else if (marker != kSos && marker != kDri &&
               !(codec == Codec::kJpegLs ? marker == kLse : marker == kDht || marker == kDqt)) {
      return broken("its header holds a segment of an unknown kind");
    }
    kept.insert(kept.end(), segment.begin(), segment.end());
    if (marker == kSos) {
      if (!framed || length != 8) return broken("its scan has no frame header or several components");
      kept.insert(kept.end(), b.begin() + static_cast<std::ptrdiff_t>(at), b.end());
      return kept;
    }
  }
  return broken("it has no scan");
}

// SOC, then SIZ (ISO 15444-1 A.5.1): one component, not subsampled, no offsets, tiles within the image.
Result<Bytes> checked_jpeg_2000(std::span<const std::byte> b, const FrameSize& size) {
  if (b.size() < 47 || be32(b, 0) != 0xff4fff51) return broken("it does not begin with a JPEG 2000 code stream");
  if (be16(b, 4) != 41 || be16(b, 40) != 1) return broken("it has several components");
  const std::uint32_t bits = (u8(b, 42) & 0x7f) + 1;
  auto fits = check_size(be32(b, 8), be32(b, 12), be16(b, 40), bits, size);
  if (!fits) return pass_on(std::move(fits));
  const bool offsets = be32(b, 16) != 0 || be32(b, 20) != 0 || be32(b, 32) != 0 || be32(b, 36) != 0;
  if (offsets || be32(b, 24) == 0 || be32(b, 28) == 0) return broken("its image or tiles are shifted or empty");
  if (u8(b, 43) != 1 || u8(b, 44) != 1) return broken("its component is subsampled");
  if (bits > 16) return broken("its depth is over 16 bits");
  return Bytes(b.begin(), b.end());
}

}  // namespace

Result<Bytes> checked_code_stream(std::span<const std::byte> stream, Codec codec, const FrameSize& frame) {
  RADTYPE_CHECK(codec != Codec::kRle);
  return codec == Codec::kJpeg2000 ? checked_jpeg_2000(stream, frame) : checked_jpeg(stream, codec, frame);
}

Result<Bytes> decode_rle(std::span<const std::byte> stream, const FrameSize& frame) {
  const std::size_t pixels = static_cast<std::size_t>(frame.columns) * frame.rows;
  const std::size_t segments = frame.bits_allocated / 8;
  if (stream.size() < 64 || le32(stream, 0) != segments) return broken("its RLE header has another number of segments");
  Bytes samples(pixels * segments);
  for (std::size_t s = 0; s < segments; ++s) {
    const std::size_t begin = le32(stream, 4 + 4 * s);
    const std::size_t end = s + 1 < segments ? le32(stream, 8 + 4 * s) : stream.size();
    if (begin < 64 || end < begin || end > stream.size()) return broken("its RLE segments do not lie within it");
    std::size_t at = begin;
    std::size_t done = 0;
    while (done < pixels) {
      if (at >= end) return broken("an RLE segment is too short");
      const std::uint32_t control = u8(stream, at++);
      if (control == 128) continue;
      const bool literal = control < 128;
      const std::size_t count = literal ? control + 1 : 257 - control;
      if (count > pixels - done || at + (literal ? count : 1) > end)
        return broken("an RLE run leaves its segment or row");
      for (std::size_t n = 0; n < count; ++n, ++done) {
        // The first segment holds the most significant bytes.
        samples[done * segments + (segments - 1 - s)] = stream[at + (literal ? n : 0)];
      }
      at += literal ? count : 1;
    }
  }
  return samples;
}

}  // namespace radtype::io
