// Compressed frames as they go to a codec: their own headers read, compared with the DICOM attributes and cut to what
// the codec needs. GDCM's codecs end the process (assert) on headers that break the rules, so none reaches them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::io {

enum class Codec { kRle, kJpegBaseline, kJpegExtended, kJpegLossless, kJpegLs, kJpeg2000 };

/// What the attributes say of a frame of one sample per pixel.
struct FrameSize {
  std::uint32_t columns = 0;
  std::uint32_t rows = 0;
  std::uint32_t bits_allocated = 0;
};

/// JPEG, JPEG-LS and JPEG 2000: the code stream with comments and application segments removed. kCorrupt when its
/// header breaks the format, or is not that of one frame of this size in one component and at most as many bits.
Result<std::vector<std::byte>> checked_code_stream(std::span<const std::byte> stream, Codec codec,
                                                   const FrameSize& frame);

/// RLE (PS3.5 annex G) to little-endian samples; kCorrupt when the segments do not fill the frame.
Result<std::vector<std::byte>> decode_rle(std::span<const std::byte> stream, const FrameSize& frame);

}  // namespace radtype::io
