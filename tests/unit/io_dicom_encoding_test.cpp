// The structural walk before DCMTK is called, and compressed pixel data.
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>
#include <gmock/gmock.h>

#include <cstring>
#include <sstream>

#include "io/dicom_codestream.h"
#include "io/dicom_scan.h"
#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

using Bytes = std::vector<std::byte>;
using test::dicom::bytes_of;
using test::dicom::Slice;
using testing::HasSubstr;

// A file by hand: preamble, meta header naming `uid`, then `data`.
Bytes file_with(const std::string& data, std::string uid = "1.2.840.10008.1.2.1") {
  if (uid.size() % 2 != 0) uid += '\0';
  std::string text(128, '\0');
  text += "DICM";
  text += std::string("\x02\x00\x10\x00UI", 6) + static_cast<char>(uid.size()) + '\0' + uid + data;
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}
std::string le32(std::uint32_t value) {
  std::string text(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) text[i] = static_cast<char>(value >> (8 * i));
  return text;
}
std::string tag(std::uint16_t group, std::uint16_t element) {
  return {static_cast<char>(group), static_cast<char>(group >> 8), static_cast<char>(element),
          static_cast<char>(element >> 8)};
}
std::string element(std::uint16_t group, std::uint16_t number, const std::string& vr, const std::string& value) {
  return tag(group, number) + vr + static_cast<char>(value.size()) + static_cast<char>(value.size() >> 8) + value;
}
const std::string kUndefined = "\xff\xff\xff\xff";

void expect_refused(const Bytes& bytes, ErrorCode code, const std::string& because) {
  const auto layout = scan_dicom(*memory_bytes(bytes));
  ASSERT_FALSE(layout);
  EXPECT_EQ(error_word(layout.error().code()), error_word(code)) << layout.error().to_string();
  EXPECT_THAT(layout.error().to_string(), HasSubstr(because));
}

TEST(DicomScan, FindsThePixelDataBehindNestedSequences) {
  const std::string icon = tag(0x7fe0, 0x0010) + "OB" + std::string(2, '\0') + le32(2) + "xy";
  const std::string item = tag(0xfffe, 0xe000) + kUndefined + icon + tag(0xfffe, 0xe00d) + le32(0);
  const std::string sequence =
      tag(0x0088, 0x0200) + "SQ" + std::string(2, '\0') + kUndefined + item + tag(0xfffe, 0xe0dd) + le32(0);
  const std::string before = element(0x0008, 0x0060, "CS", "CT") + sequence;
  const Bytes bytes = file_with(before + tag(0x7fe0, 0x0010) + "OW" + std::string(2, '\0') + le32(4) + "abcd");
  const auto layout = scan_dicom(*memory_bytes(bytes));
  ASSERT_TRUE(layout) << layout.error().to_string();
  EXPECT_EQ(layout->data_set.length, before.size());
  EXPECT_EQ(layout->pixels.length, 4U);
  EXPECT_EQ(static_cast<char>(bytes[layout->pixels.offset]), 'a');
}

TEST(DicomScan, RefusesWhatWouldHurtAParser) {
  expect_refused({}, ErrorCode::kCorrupt, "not a DICOM file");
  expect_refused(file_with(element(0x0010, 0x0010, "PN", "Doe^").substr(0, 10)), ErrorCode::kCorrupt, "truncated");
  // 4 GB stated in a file of a few bytes.
  expect_refused(file_with(tag(0x0009, 0x0010) + "OB" + std::string(2, '\0') + le32(0xfffffff0)), ErrorCode::kCorrupt,
                 "4294967280 bytes");
  expect_refused(file_with(tag(0x0009, 0x0010) + le32(0x7fffffff), "1.2.840.10008.1.2"), ErrorCode::kCorrupt,
                 "truncated");
  // Found by fuzzing: without a VR, a sequence whose item claims more than the sequence has. DCMTK would allocate it.
  expect_refused(file_with(tag(0x0028, 0x9110) + le32(8) + tag(0xfffe, 0xe000) + le32(0xfe000002), "1.2.840.10008.1.2"),
                 ErrorCode::kCorrupt, "4261412866 bytes");
  expect_refused(file_with(element(0x0008, 0x0060, "??", "CT")), ErrorCode::kCorrupt, "value representation");
  expect_refused(file_with(tag(0xfffe, 0xe00d) + le32(0)), ErrorCode::kCorrupt, "never began");
  expect_refused(file_with("", "1.2.840.10008.1.2.2"), ErrorCode::kUnsupported, "dcmconv");
  expect_refused(file_with("", "1.2.840.10008.1.2.1.99"), ErrorCode::kUnsupported, "dcmconv");
  expect_refused(file_with("", ""), ErrorCode::kCorrupt, "TransferSyntaxUID");
  std::string descending;
  for (int n = 2000; n > 0; --n) descending += element(0x0009, static_cast<std::uint16_t>(n + 0x1000), "LO", "");
  expect_refused(file_with(descending), ErrorCode::kCorrupt, "not in order");
}

TEST(DicomScan, NestingIsBoundedInEveryEncoding) {
  for (const bool explicit_vr : {true, false}) {
    for (const bool undefined : {true, false}) {
      std::string data;
      for (int depth = 0; depth < 5000 && data.size() < 60000; ++depth) {
        const std::string item = undefined ? tag(0xfffe, 0xe000) + kUndefined + data + tag(0xfffe, 0xe00d) + le32(0)
                                           : tag(0xfffe, 0xe000) + le32(static_cast<std::uint32_t>(data.size())) + data;
        const std::string body = undefined ? item + tag(0xfffe, 0xe0dd) + le32(0) : item;
        const std::string length = undefined ? kUndefined : le32(static_cast<std::uint32_t>(body.size()));
        const std::string vr = explicit_vr ? "SQ" + std::string(2, '\0') : "";
        data = tag(0x0040, 0xa730) + vr + length + body;
      }
      expect_refused(file_with(data, explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2"), ErrorCode::kTooLarge,
                     "nest deeper");
    }
  }
}

// --- compressed pixel data ---

Slice scan_like(bool is_signed, int bits_stored) {
  Slice slice;
  slice.columns = 37;
  slice.rows = 29;
  slice.bits_stored = bits_stored;
  slice.is_signed = is_signed;
  slice.rescale = std::pair(1.0, 0.0);
  const int range = 1 << bits_stored;
  for (int n = 0; n < slice.columns * slice.rows; ++n) {
    slice.stored.push_back((n * n * 7 + n * 13) % range - (is_signed ? range / 2 : 0));
  }
  return slice;
}

Bytes compressed(const Slice& slice, gdcm::TransferSyntax::TSType syntax) {
  const Bytes plain = bytes_of(slice);
  std::stringstream in(std::string(reinterpret_cast<const char*>(plain.data()), plain.size()));
  gdcm::ImageReader reader;
  reader.SetStream(in);
  EXPECT_TRUE(reader.Read());
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(syntax);
  change.SetInput(reader.GetImage());
  EXPECT_TRUE(change.Change());
  gdcm::ImageWriter writer;
  writer.SetFile(reader.GetFile());
  writer.SetImage(change.GetOutput());
  std::stringstream out;
  writer.SetStream(out);
  EXPECT_TRUE(writer.Write());
  const std::string text = out.str();
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

Result<std::vector<double>> values_of(const Bytes& bytes) {
  auto source = open_dicom_slice(memory_bytes(bytes));
  if (!source) return pass_on(std::move(source));
  return test::all_values(**source);
}

struct TestedCodec {
  const char* name;
  gdcm::TransferSyntax::TSType syntax;
};
void PrintTo(const TestedCodec& codec, std::ostream* out) { *out << codec.name; }
class DicomCompressed : public testing::TestWithParam<TestedCodec> {};

TEST_P(DicomCompressed, LosslessCodecsGiveTheStoredValues) {
  for (const bool is_signed : {false, true}) {
    for (const int bits_stored : {16, 12}) {
      const Slice slice = scan_like(is_signed, bits_stored);
      const auto values = values_of(compressed(slice, GetParam().syntax));
      ASSERT_TRUE(values) << values.error().to_string();
      ASSERT_EQ(values->size(), slice.stored.size());
      for (std::size_t n = 0; n < values->size(); ++n) {
        ASSERT_EQ((*values)[n], slice.stored[n]) << "pixel " << n << ", signed " << is_signed << ", " << bits_stored;
      }
    }
  }
}

TEST_P(DicomCompressed, CodeStreamsCutOrOfAnotherSizeAreRefusedOrCaughtByTheCodec) {
  const Slice slice = scan_like(false, 16);
  Bytes bytes = compressed(slice, GetParam().syntax);
  const auto layout = scan_dicom(*memory_bytes(bytes));
  ASSERT_TRUE(layout) << layout.error().to_string();
  ASSERT_FALSE(layout->fragments.empty());
  // Another number of rows in the header than in the code stream. RLE has no size of its own: too few bytes result.
  Bytes other = bytes;
  const Bytes rows{std::byte{0x28}, std::byte{0}, std::byte{0x10}, std::byte{0}, std::byte{'U'},
                   std::byte{'S'},  std::byte{2}, std::byte{0},    std::byte{29}};
  const auto at = std::search(other.begin(), other.end(), rows.begin(), rows.end());
  ASSERT_NE(at, other.end());
  *(at + 8) = std::byte{31};
  EXPECT_FALSE(values_of(other));
  // A code stream without its header.
  for (std::size_t n = 0; n < 16; ++n) bytes[layout->fragments[0].offset + n] = std::byte{0};
  EXPECT_FALSE(values_of(bytes));
}

INSTANTIATE_TEST_SUITE_P(Codecs, DicomCompressed,
                         testing::Values(TestedCodec{"rle", gdcm::TransferSyntax::RLELossless},
                                         TestedCodec{"jpeg_lossless", gdcm::TransferSyntax::JPEGLosslessProcess14_1},
                                         TestedCodec{"jpeg_lossless_any", gdcm::TransferSyntax::JPEGLosslessProcess14},
                                         TestedCodec{"jpeg_ls", gdcm::TransferSyntax::JPEGLSLossless},
                                         TestedCodec{"jpeg_2000", gdcm::TransferSyntax::JPEG2000Lossless}),
                         [](const auto& codec) { return std::string(codec.param.name); });

// --- code streams before a codec ---

Bytes bytes_from(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
  return bytes;
}
Bytes rle(std::initializer_list<std::uint32_t> offsets, const Bytes& data) {
  std::string header = le32(static_cast<std::uint32_t>(offsets.size()));
  for (const std::uint32_t offset : offsets) header += le32(offset);
  header.resize(64, '\0');
  Bytes bytes;
  for (const char c : header) bytes.push_back(static_cast<std::byte>(c));
  for (const std::byte b : data) bytes.push_back(b);
  return bytes;
}

TEST(DicomRle, RunsLiteralsAndTheOrderOfBytes) {
  // 3 x 1 of 16 bits, 0x0102 0x0103 0x0104: high bytes as a run of 3 behind a no-op, low bytes as a literal of 3.
  const Bytes stream = rle({64, 67}, bytes_from({128, 254, 1, 2, 2, 3, 4}));
  const auto samples = decode_rle(stream, {3, 1, 16});
  ASSERT_TRUE(samples) << samples.error().to_string();
  EXPECT_EQ(*samples, bytes_from({2, 1, 3, 1, 4, 1}));
}

TEST(DicomRle, SegmentsThatDoNotFillTheFrame) {
  const auto refused = [](const Bytes& stream) {
    const auto samples = decode_rle(stream, {3, 1, 8});
    return samples ? "was decoded" : samples.error().message();
  };
  EXPECT_THAT(refused(rle({64}, bytes_from({255, 1}))), HasSubstr("too short"));
  EXPECT_THAT(refused(rle({64}, bytes_from({253, 1}))), HasSubstr("leaves its segment"));
  EXPECT_THAT(refused(rle({64}, bytes_from({2, 1, 1}))), HasSubstr("leaves its segment"));
  EXPECT_THAT(refused(rle({64}, bytes_from({128, 128}))), HasSubstr("too short"));
  EXPECT_THAT(refused(rle({63}, bytes_from({254, 1}))), HasSubstr("do not lie within"));
  EXPECT_THAT(refused(rle({0xffffffff}, bytes_from({254, 1}))), HasSubstr("do not lie within"));
  EXPECT_THAT(refused(rle({64, 66}, bytes_from({254, 1, 254, 1}))), HasSubstr("number of segments"));
  EXPECT_THAT(refused({}), HasSubstr("number of segments"));
}

TEST(DicomCodeStream, JpegHeadersAreReducedAndChecked) {
  const Bytes file = compressed(scan_like(false, 16), gdcm::TransferSyntax::JPEGLosslessProcess14_1);
  const DicomLayout layout = *scan_dicom(*memory_bytes(file));
  const Bytes stream = *read_range(*memory_bytes(file), layout.fragments.at(0));
  const FrameSize size{37, 29, 16};
  const auto plain = checked_code_stream(stream, Codec::kJpegLossless, size);
  ASSERT_TRUE(plain) << plain.error().to_string();
  const auto with = [&](const Bytes& segment) {
    Bytes changed = stream;
    changed.insert(changed.begin() + 2, segment.begin(), segment.end());
    return checked_code_stream(changed, Codec::kJpegLossless, size);
  };
  EXPECT_EQ(*with(bytes_from({0xff, 0xfe, 0, 4, 'h', 'i'})), *plain);  // a comment
  EXPECT_EQ(*with(bytes_from({0xff, 0xee, 0, 4, 'A', 'd'})), *plain);  // an application segment
  EXPECT_EQ(*with(bytes_from({0xff, 0xff})), *plain);                  // fill bytes
  EXPECT_THAT(with(bytes_from({0xf5, 0xc4, 0, 2})).error().message(), HasSubstr("between the segments"));
  EXPECT_THAT(with(bytes_from({0xff, 0xcc, 0, 2})).error().message(), HasSubstr("unknown kind"));
  EXPECT_THAT(with(bytes_from({0xff, 0xdb, 0xff, 0xff})).error().message(), HasSubstr("longer than the data"));
  EXPECT_FALSE(checked_code_stream(stream, Codec::kJpegBaseline, size));
  EXPECT_THAT(checked_code_stream(stream, Codec::kJpegLossless, {37, 30, 16}).error().message(), HasSubstr("37 x 29"));
  for (std::size_t n = 0; n < 40; ++n) {
    EXPECT_FALSE(checked_code_stream(std::span(stream).first(n), Codec::kJpegLossless, size)) << n;
  }
}

TEST(DicomCompressedNotes, LossySyntaxesAreNoted) {
  const Bytes bytes = compressed(scan_like(false, 16), gdcm::TransferSyntax::JPEG2000);
  auto source = open_dicom_slice(memory_bytes(bytes));
  ASSERT_TRUE(source) << source.error().to_string();
  EXPECT_THAT((*source)->info().notes, testing::Contains(HasSubstr("may have changed its values")));
}

}  // namespace
}  // namespace radtype::io
