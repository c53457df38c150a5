#include "io/dicom_header.h"

#include <iconv.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>
#include <fmt/format.h>
#include <gdcmTrace.h>

#include "radtype/core/text.h"

namespace radtype::io {
namespace {

constexpr std::string_view kSegmentation = "1.2.840.10008.5.1.4.1.1.66.4";
constexpr std::string_view kRtStructureSet = "1.2.840.10008.5.1.4.1.1.481.3";
constexpr std::string_view kRtFamily = "1.2.840.10008.5.1.4.1.1.481.";
constexpr std::string_view kSegmentationFamily = "1.2.840.10008.5.1.4.1.1.66";

// Both libraries report to the console. What they find wrong comes back as a status, and their messages quote
// attribute values, which must not reach a log.
void silence_libraries() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const char* name : {"dcmtk.dcmdata", "dcmtk.ofstd"}) {
      OFLog::getLogger(name).setLogLevel(OFLogger::OFF_LOG_LEVEL);
    }
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
  });
}

DcmElement* find(DcmItem& item, Tag tag) {
  const Attribute& a = attribute(tag);
  DcmElement* element = nullptr;
  if (item.findAndGetElement(DcmTagKey(a.group, a.element), element).bad()) return nullptr;
  return element;
}

tl::unexpected<Error> missing(Tag tag) {
  return fail(ErrorCode::kCorrupt, display_name(tag) + " is missing; the file cannot be read without it");
}

template <class T>
void append(DcmElement& element, OFCondition (DcmElement::*get)(T*&), std::vector<double>& values) {
  T* data = nullptr;
  if ((element.*get)(data).bad() || data == nullptr) return;
  const std::size_t count = element.getLength() / sizeof(T);
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(data[i]));
}

// Japanese names (ISO 2022 IR 87, IR 159: JIS X 0208, 0212) switch sets by the very escapes of ISO-2022-JP-2. DCMTK
// knows them only when built with another library than the C library's iconv, as Debian's is not.
std::optional<std::string> from_iso_2022_jp(std::string_view stored) {
  const iconv_t converter = ::iconv_open("UTF-8", "ISO-2022-JP-2");
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string in(stored);
  std::string out(4 * in.size() + 16, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t from_left = in.size();
  std::size_t to_left = out.size();
  const std::size_t status = ::iconv(converter, &from, &from_left, &to, &to_left);
  ::iconv_close(converter);
  if (status == static_cast<std::size_t>(-1) || from_left != 0) return std::nullopt;
  out.resize(out.size() - to_left);
  return out;
}

std::string without_controls(std::string_view text) {
  std::string kept;
  for (const char c : trimmed(text)) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) kept += c;
  }
  return kept;
}

}  // namespace

bool DicomItem::has(Tag tag) const {
  DcmElement* element = find(*item_, tag);
  return element != nullptr && element->getLength() > 0;
}

std::string_view DicomItem::raw(Tag tag) const {
  DcmElement* element = find(*item_, tag);
  if (element == nullptr || element->getLength() == 0) return {};
  char* text = nullptr;
  Uint32 length = 0;
  if (element->ident() == EVR_UN) {  // some writers store text over 65534 bytes under VR UN
    Uint8* data = nullptr;
    if (element->getUint8Array(data).bad() || data == nullptr) return {};
    text = reinterpret_cast<char*>(data);
    length = element->getLength();
  } else if (!element->isaString() || element->getString(text, length).bad() || text == nullptr) {
    return {};
  }
  std::string_view view(text, length);
  while (view.ends_with('\0')) view.remove_suffix(1);
  return trimmed(view);
}

std::vector<std::string_view> DicomItem::words(Tag tag) const {
  std::vector<std::string_view> result = split(raw(tag), "\\");
  for (std::string_view& word : result) word = trimmed(word);
  return result;
}

Result<std::vector<double>> DicomItem::numbers(Tag tag) const {
  std::vector<double> values;
  DcmElement* element = find(*item_, tag);
  if (element == nullptr || element->getLength() == 0) return values;
  switch (element->ident()) {
    case EVR_US:
      append<Uint16>(*element, &DcmElement::getUint16Array, values);
      break;
    case EVR_SS:
      append<Sint16>(*element, &DcmElement::getSint16Array, values);
      break;
    case EVR_UL:
      append<Uint32>(*element, &DcmElement::getUint32Array, values);
      break;
    case EVR_SL:
      append<Sint32>(*element, &DcmElement::getSint32Array, values);
      break;
    case EVR_FL:
      append<Float32>(*element, &DcmElement::getFloat32Array, values);
      break;
    case EVR_FD:
      append<Float64>(*element, &DcmElement::getFloat64Array, values);
      break;
    default: {
      std::string_view text = raw(tag);
      if (text.empty()) break;
      while (true) {
        const std::size_t end = text.find('\\');
        const std::string_view part = trimmed(text.substr(0, end));
        const std::optional<double> value = parse_double(part);
        if (!value) {
          return fail(ErrorCode::kCorrupt,
                      fmt::format("value {} of {} is not a number", values.size() + 1, display_name(tag)));
        }
        values.push_back(*value);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
      }
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return fail(ErrorCode::kCorrupt, fmt::format("value {} of {} is not finite", i + 1, display_name(tag)));
    }
  }
  return values;
}

Result<std::vector<double>> DicomItem::numbers(Tag tag, std::size_t count) const {
  auto values = numbers(tag);
  if (!values) return values;
  if (values->empty()) return missing(tag);
  if (values->size() != count) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} holds {} values, {} are needed", display_name(tag), values->size(), count));
  }
  return values;
}

Result<double> DicomItem::number(Tag tag) const {
  auto values = numbers(tag, 1);
  if (!values) return pass_on(std::move(values));
  return values->front();
}

Result<std::optional<double>> DicomItem::number_if_present(Tag tag) const {
  auto values = numbers(tag);
  if (!values) return pass_on(std::move(values));
  if (values->empty()) return std::nullopt;
  if (values->size() != 1) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} holds {} values, one is needed", display_name(tag), values->size()));
  }
  return values->front();
}

Result<std::int64_t> DicomItem::integer(Tag tag) const {
  auto value = number(tag);
  if (!value) return pass_on(std::move(value));
  if (*value != std::floor(*value) || std::abs(*value) > 9007199254740992.0) {
    return fail(ErrorCode::kCorrupt, display_name(tag) + " is not an integer: " + shortest(*value));
  }
  return static_cast<std::int64_t>(*value);
}

std::vector<DicomItem> DicomItem::items(Tag tag) const {
  std::vector<DicomItem> result;
  DcmElement* element = find(*item_, tag);
  if (element == nullptr || element->ident() != EVR_SQ) return result;
  auto* sequence = static_cast<DcmSequenceOfItems*>(element);
  result.reserve(sequence->card());
  // Not getItem(i): it walks a list from its start each time.
  for (DcmObject* object = sequence->nextInContainer(nullptr); object != nullptr;
       object = sequence->nextInContainer(object)) {
    result.emplace_back(*static_cast<DcmItem*>(object));
  }
  return result;
}

std::optional<DicomItem> DicomItem::item(Tag tag) const {
  DcmElement* element = find(*item_, tag);
  if (element == nullptr || element->ident() != EVR_SQ) return std::nullopt;
  auto* sequence = static_cast<DcmSequenceOfItems*>(element);
  if (sequence->card() == 0) return std::nullopt;
  return DicomItem(*sequence->getItem(0));
}

DicomHeader::DicomHeader(DicomLayout layout, std::unique_ptr<DcmDataset> data_set)
    : layout_(std::move(layout)), data_set_(std::move(data_set)) {}
DicomHeader::~DicomHeader() = default;
DicomHeader::DicomHeader(DicomHeader&&) noexcept = default;
DicomHeader& DicomHeader::operator=(DicomHeader&&) noexcept = default;

DicomItem DicomHeader::root() const { return DicomItem(*data_set_); }

DicomKind DicomHeader::kind() const {
  const std::string_view sop_class = root().raw(Tag::kSopClassUid);
  if (sop_class == kRtStructureSet) return DicomKind::kRtStruct;
  if (sop_class == kSegmentation) return DicomKind::kSeg;
  if (sop_class.starts_with(kRtFamily) || sop_class.starts_with(kSegmentationFamily)) return DicomKind::kOther;
  return layout_.has_pixel_data && root().has(Tag::kRows) ? DicomKind::kImage : DicomKind::kOther;
}

DicomHeader::Text DicomHeader::text(const DicomItem& item, Tag tag) const {
  const std::string_view stored = item.raw(tag);
  const bool plain = std::all_of(stored.begin(), stored.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\x1b'; });
  if (plain) return {without_controls(stored), false};
  const std::string character_set(root().raw(Tag::kSpecificCharacterSet));
  if (character_set.find("2022 IR 87") != std::string::npos || character_set.find("2022 IR 159") != std::string::npos) {
    if (const auto converted = from_iso_2022_jp(stored)) return {without_controls(*converted), false};
  }
  if (!character_set.empty()) {
    DcmSpecificCharacterSet converter;
    OFString converted;
    if (converter.selectCharacterSet(OFString(character_set.data(), character_set.size())).good() &&
        converter.convertString(stored.data(), stored.size(), converted, "\\").good()) {
      return {without_controls(std::string_view(converted.data(), converted.size())), false};
    }
  }
  if (valid_utf8(stored)) return {without_controls(stored), true};
  std::string readable(stored);
  for (char& c : readable) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return {without_controls(readable), true};
}

Result<DicomHeader> read_dicom_header(const ByteSource& bytes) {
  silence_libraries();
  auto layout = scan_dicom(bytes);
  if (!layout) return pass_on(std::move(layout));
  auto encoded = read_range(bytes, layout->data_set);
  if (!encoded) return pass_on(std::move(encoded));

  DcmInputBufferStream stream;
  stream.setBuffer(encoded->data(), static_cast<offile_off_t>(encoded->size()));
  stream.setEos();
  auto data_set = std::make_unique<DcmDataset>();
  data_set->transferInit();
  const OFCondition status =
      data_set->read(stream, layout->explicit_vr ? EXS_LittleEndianExplicit : EXS_LittleEndianImplicit, EGL_noChange);
  data_set->transferEnd();
  if (status.bad()) {
    return fail(ErrorCode::kCorrupt, fmt::format("the DICOM header cannot be parsed: {}", status.text()));
  }
  return DicomHeader(std::move(*layout), std::move(data_set));
}

}  // namespace radtype::io
