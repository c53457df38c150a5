// Stored values of one frame: native ones straight from the file, encapsulated ones through GDCM's codecs.
#pragma once

#include <span>
#include <string>

#include "io/dicom_header.h"

namespace radtype::io {

struct PixelFormat {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  int bits_allocated = 16;  ///< 8, 16 or 32
  int bits_stored = 16;     ///< the lowest bits; those above may hold anything and are masked
  bool is_signed = false;

  bool operator==(const PixelFormat&) const = default;
  std::int64_t count() const { return rows * columns; }
  std::uint64_t byte_count() const {
    return static_cast<std::uint64_t>(count()) * static_cast<unsigned>(bits_allocated) / 8;
  }
  std::string stored_type() const;  ///< "int16"
};

/// kUnsupported: colour, MONOCHROME1, several frames, unusual bit layouts. kCorrupt: missing or impossible values.
Result<PixelFormat> read_pixel_format(const DicomItem& root);

/// kCorrupt when the pixel data cannot hold exactly one frame of this format; kUnsupported for other codecs. Looks at
/// lengths only, so it is cheap enough for every file of a folder.
Result<void> check_pixel_length(const DicomLayout& layout, const PixelFormat& format);

/// Stored values, row by row, masked to bits_stored and sign-extended. `values` has format.count() elements.
/// Encapsulated data: the code stream's own header must state the size of `format` before a codec is called.
Result<void> read_stored_values(const ByteSource& bytes, const DicomLayout& layout, const PixelFormat& format,
                                std::span<double> values);

/// True for transfer syntaxes that may have changed the values.
bool may_be_lossy(const std::string& transfer_syntax);

}  // namespace radtype::io
