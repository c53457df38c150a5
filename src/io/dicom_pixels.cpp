#include "io/dicom_pixels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>

#include <fmt/format.h>
#include <gdcmFragment.h>
#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>

#include "io/dicom_codestream.h"

namespace radtype::io {
namespace {

// A frame over kFreeBytes must not claim to be compressed further than this, so that a small file cannot ask for
// gigabytes. Smaller frames may: JPEG 2000 shrinks an empty one to a few hundred bytes.
constexpr std::uint64_t kMaxCompression = 4000;
constexpr std::uint64_t kFreeBytes = std::uint64_t{32} << 20;  // 4096 x 4096 of 16 bits

struct CodecOf {
  std::string_view uid;
  Codec codec;
  gdcm::TransferSyntax::TSType gdcm_syntax;
  bool may_be_lossy;
};
constexpr std::array kCodecs{
    CodecOf{"1.2.840.10008.1.2.5", Codec::kRle, gdcm::TransferSyntax::RLELossless, false},
    CodecOf{"1.2.840.10008.1.2.4.50", Codec::kJpegBaseline, gdcm::TransferSyntax::JPEGBaselineProcess1, true},
    CodecOf{"1.2.840.10008.1.2.4.51", Codec::kJpegExtended, gdcm::TransferSyntax::JPEGExtendedProcess2_4, true},
    CodecOf{"1.2.840.10008.1.2.4.57", Codec::kJpegLossless, gdcm::TransferSyntax::JPEGLosslessProcess14, false},
    CodecOf{"1.2.840.10008.1.2.4.70", Codec::kJpegLossless, gdcm::TransferSyntax::JPEGLosslessProcess14_1, false},
    CodecOf{"1.2.840.10008.1.2.4.80", Codec::kJpegLs, gdcm::TransferSyntax::JPEGLSLossless, false},
    CodecOf{"1.2.840.10008.1.2.4.81", Codec::kJpegLs, gdcm::TransferSyntax::JPEGLSNearLossless, true},
    CodecOf{"1.2.840.10008.1.2.4.90", Codec::kJpeg2000, gdcm::TransferSyntax::JPEG2000Lossless, false},
    CodecOf{"1.2.840.10008.1.2.4.91", Codec::kJpeg2000, gdcm::TransferSyntax::JPEG2000, true},
};

const CodecOf* codec_of(const std::string& uid) {
  const auto found = std::find_if(kCodecs.begin(), kCodecs.end(), [&](const CodecOf& c) { return c.uid == uid; });
  return found == kCodecs.end() ? nullptr : &*found;
}

Result<std::vector<std::byte>> decode(const ByteSource& bytes, const DicomLayout& layout, const PixelFormat& format) {
  const CodecOf* codec = codec_of(layout.transfer_syntax);
  RADTYPE_CHECK(codec != nullptr);
  std::vector<std::byte> stream;
  for (const ByteRange& range : layout.fragments) {
    auto part = read_range(bytes, range);
    if (!part) return part;
    stream.insert(stream.end(), part->begin(), part->end());
  }
  const FrameSize size{static_cast<std::uint32_t>(format.columns), static_cast<std::uint32_t>(format.rows),
                       static_cast<std::uint32_t>(format.bits_allocated)};
  if (codec->codec == Codec::kRle) return decode_rle(stream, size);
  auto checked = checked_code_stream(stream, codec->codec, size);
  if (!checked) return checked;

  const auto failed = [] {
    return fail(ErrorCode::kCorrupt,
                "the compressed pixel data cannot be decoded; export the series uncompressed "
                "(for example with \"gdcmconv --raw IN OUT\")");
  };
  try {
    gdcm::Fragment fragment;
    fragment.SetByteValue(reinterpret_cast<const char*>(checked->data()),
                          gdcm::VL(static_cast<std::uint32_t>(checked->size())));
    auto fragments = gdcm::SequenceOfFragments::New();
    fragments->AddFragment(fragment);
    gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010));
    element.SetVR(gdcm::VR::OB);
    element.SetValue(*fragments);

    gdcm::Image image;
    image.SetNumberOfDimensions(2);
    image.SetDimension(0, static_cast<unsigned>(format.columns));
    image.SetDimension(1, static_cast<unsigned>(format.rows));
    image.SetPixelFormat(gdcm::PixelFormat(
        1, static_cast<unsigned short>(format.bits_allocated), static_cast<unsigned short>(format.bits_stored),
        static_cast<unsigned short>(format.bits_stored - 1), format.is_signed ? 1 : 0));
    image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    image.SetTransferSyntax(codec->gdcm_syntax);
    image.SetDataElement(element);
    if (image.GetBufferLength() != format.byte_count()) return failed();
    std::vector<std::byte> decoded(static_cast<std::size_t>(format.byte_count()));
    if (!image.GetBuffer(reinterpret_cast<char*>(decoded.data()))) return failed();
    return decoded;
  } catch (const std::exception&) {
    return failed();
  }
}

template <class Word>
void unpack(std::span<const std::byte> raw, const PixelFormat& format, std::span<double> values) {
  const std::uint64_t mask = (std::uint64_t{1} << format.bits_stored) - 1;
  const std::uint64_t sign = format.is_signed ? std::uint64_t{1} << (format.bits_stored - 1) : 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Word word;
    std::memcpy(&word, raw.data() + i * sizeof word, sizeof word);
    const std::uint64_t kept = word & mask;
    values[i] = static_cast<double>(static_cast<std::int64_t>(kept ^ sign) - static_cast<std::int64_t>(sign));
  }
}

}  // namespace

std::string PixelFormat::stored_type() const { return fmt::format("{}int{}", is_signed ? "" : "u", bits_allocated); }

bool may_be_lossy(const std::string& transfer_syntax) {
  const CodecOf* codec = codec_of(transfer_syntax);
  return codec != nullptr && codec->may_be_lossy;
}

Result<PixelFormat> read_pixel_format(const DicomItem& root) {
  const auto frames = root.number_if_present(Tag::kNumberOfFrames);
  if (!frames) return pass_on(Result<std::optional<double>>(frames));
  if (frames->value_or(1) != 1) {
    return fail(
        ErrorCode::kUnsupported,
        "multi-frame (enhanced) images are not read; convert to one file per slice, for example with \"emf2sf\" "
        "of dcm4che, or to NIfTI with dcm2niix");
  }
  auto samples = root.integer(Tag::kSamplesPerPixel);
  if (!samples) return pass_on(std::move(samples));
  const std::string photometric(root.raw(Tag::kPhotometricInterpretation));
  if (*samples != 1 || photometric != "MONOCHROME2") {
    return fail(ErrorCode::kUnsupported,
                fmt::format("pixels are {} with {} samples; only MONOCHROME2 with one is read (MONOCHROME1 shows small "
                            "values bright: invert it first if its values mean anything)",
                            photometric.empty() ? "of no known colour space" : photometric, *samples));
  }
  std::array<std::int64_t, 6> value{};
  constexpr std::array kTags{Tag::kRows,       Tag::kColumns, Tag::kBitsAllocated,
                             Tag::kBitsStored, Tag::kHighBit, Tag::kPixelRepresentation};
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    auto read = root.integer(kTags[i]);
    if (!read) return pass_on(std::move(read));
    value[i] = *read;
  }
  const auto [rows, columns, allocated, stored, high, representation] = value;
  if (rows < 1 || columns < 1 || rows > 65535 || columns > 65535) {
    return fail(ErrorCode::kCorrupt, fmt::format("the image has {} rows and {} columns", rows, columns));
  }
  if (allocated != 8 && allocated != 16 && allocated != 32) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("BitsAllocated (0028,0100) is {}; 8, 16 and 32 are read", allocated));
  }
  if (stored < 1 || stored > allocated || high != stored - 1 || representation < 0 || representation > 1) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("BitsAllocated {}, BitsStored {}, HighBit {}, PixelRepresentation {} do not fit together",
                            allocated, stored, high, representation));
  }
  return PixelFormat{rows, columns, static_cast<int>(allocated), static_cast<int>(stored), representation == 1};
}

Result<void> check_pixel_length(const DicomLayout& layout, const PixelFormat& format) {
  if (!layout.has_pixel_data) return fail(ErrorCode::kCorrupt, "there is no PixelData (7FE0,0010)");
  if (layout.encapsulated) {
    if (codec_of(layout.transfer_syntax) == nullptr) {
      return fail(ErrorCode::kUnsupported, "pixel data in transfer syntax " + layout.transfer_syntax +
                                               " is not decoded; convert with \"gdcmconv --raw IN OUT\"");
    }
    std::uint64_t compressed = 0;
    for (const ByteRange& range : layout.fragments) compressed += range.length;
    if (compressed == 0) return fail(ErrorCode::kCorrupt, "the compressed pixel data is empty");
    if (format.byte_count() > kFreeBytes && format.byte_count() / kMaxCompression > compressed) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} bytes of compressed pixel data cannot hold {} rows of {} columns", compressed,
                              format.rows, format.columns));
    }
    return {};
  }
  if (codec_of(layout.transfer_syntax) != nullptr) {
    return fail(ErrorCode::kCorrupt, "the pixel data is not encapsulated although the transfer syntax says so");
  }
  const std::uint64_t needed = format.byte_count();
  if (layout.pixels.length != needed && layout.pixels.length != needed + needed % 2) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("the pixel data has {} bytes, {} rows of {} columns at {} bits need {}; the file is damaged "
                    "or its header was edited",
                    layout.pixels.length, format.rows, format.columns, format.bits_allocated, needed));
  }
  return {};
}

Result<void> read_stored_values(const ByteSource& bytes, const DicomLayout& layout, const PixelFormat& format,
                                std::span<double> values) {
  RADTYPE_CHECK(static_cast<std::int64_t>(values.size()) == format.count());
  if (auto checked = check_pixel_length(layout, format); !checked) return checked;
  auto raw = layout.encapsulated ? decode(bytes, layout, format)
                                 : read_range(bytes, {layout.pixels.offset, format.byte_count()});
  if (!raw) return pass_on(std::move(raw));
  // DICOM data read here is little endian, as is every machine this builds for (x86-64, arm64).
  switch (format.bits_allocated) {
    case 8:
      unpack<std::uint8_t>(*raw, format, values);
      break;
    case 16:
      unpack<std::uint16_t>(*raw, format, values);
      break;
    default:
      unpack<std::uint32_t>(*raw, format, values);
      break;
  }
  return {};
}

}  // namespace radtype::io
