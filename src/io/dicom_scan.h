// A walk over the structure of a DICOM file before any library sees it: every length lies within its parent and
// the file, nesting and element counts are bounded. DCMTK allocates what a length claims and recurses as deep as
// items nest, so this is what makes it safe to call on foreign bytes. It also finds where the pixel data lies,
// which is then read from the file directly and never held whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "radtype/core/error.h"
#include "radtype/io/bytes.h"

namespace radtype::io {

inline constexpr int kMaxDicomNesting = 32;
inline constexpr std::int64_t kMaxDicomElements = 4'000'000;
inline constexpr std::uint64_t kMaxDicomHeaderBytes = std::uint64_t{1} << 30;

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct DicomLayout {
  std::string transfer_syntax;  ///< UID
  bool explicit_vr = false;     ///< how the data set is encoded (always little endian)
  ByteRange data_set;           ///< the data set up to PixelData
  bool has_pixel_data = false;
  bool encapsulated = false;
  ByteRange pixels;                  ///< native pixel data
  std::vector<ByteRange> fragments;  ///< encapsulated pixel data, without the offset table
};

/// True for "DICM" at byte 128.
Result<bool> has_dicom_magic(const ByteSource& bytes);

/// kCorrupt: not DICOM, truncated, or lengths that contradict each other. kUnsupported: big endian or deflated.
/// kTooLarge: over the limits above.
Result<DicomLayout> scan_dicom(const ByteSource& bytes);

/// Fills a buffer of the range's length; kCorrupt when the bytes are not there.
Result<std::vector<std::byte>> read_range(const ByteSource& bytes, const ByteRange& range);

}  // namespace radtype::io
