#include "io/dicom_scan.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace radtype::io {
namespace {

constexpr std::uint32_t kUndefined = 0xffffffff;
constexpr std::uint32_t kItem = 0xfffee000;
constexpr std::uint32_t kItemEnd = 0xfffee00d;
constexpr std::uint32_t kSequenceEnd = 0xfffee0dd;
constexpr std::uint32_t kPixelData = 0x7fe00010;
constexpr std::uint32_t kTransferSyntax = 0x00020010;

// DCMTK keeps a data set sorted by insertion from the end: many elements in descending order would cost their square.
constexpr std::int64_t kMaxDisorder = 1000;

// Value representations with a 32-bit length in explicit encoding, then those with 16 bits (PS3.5, 7.1.2).
constexpr std::array<std::string_view, 13> kLongVr{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
constexpr std::array<std::string_view, 21> kShortVr{"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO",
                                                    "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"};

struct Element {
  std::uint32_t tag = 0;
  std::uint64_t value = 0;  // offset
  std::uint32_t length = 0;
  bool sequence = false;
  bool explicit_items = false;
};

class Scanner {
 public:
  explicit Scanner(const ByteSource& bytes) : bytes_(bytes), size_(bytes.size()), window_(1 << 16) {}

  Result<DicomLayout> run() {
    auto magic = has_dicom_magic(bytes_);
    if (!magic) return pass_on(std::move(magic));
    if (!*magic) return fail(ErrorCode::kCorrupt, "not a DICOM file: \"DICM\" is not at byte 128");
    auto at = meta_header();
    if (!at) return pass_on(std::move(at));
    if (auto known = transfer_syntax(); !known) return pass_on(std::move(known));
    layout_.data_set = {*at, size_ - *at};
    auto end = elements(*at, size_, layout_.explicit_vr, false, 0);
    if (!end) return pass_on(std::move(end));
    if (layout_.data_set.length > kMaxDicomHeaderBytes) {
      return fail(ErrorCode::kTooLarge, fmt::format("the DICOM header takes {} bytes, over the limit of {}",
                                                    layout_.data_set.length, kMaxDicomHeaderBytes));
    }
    return std::move(layout_);
  }

 private:
  // `count` bytes (at most 16) at `offset`, which the caller knows to lie within the file.
  Result<const unsigned char*> peek(std::uint64_t offset, std::size_t count) {
    if (offset < window_begin_ || offset + count > window_begin_ + window_filled_) {
      auto got = bytes_.read_at(offset, window_);
      if (!got) return pass_on(std::move(got));
      window_begin_ = offset;
      window_filled_ = *got;
      if (*got < count) return truncated(offset, count);
    }
    return reinterpret_cast<const unsigned char*>(window_.data()) + (offset - window_begin_);
  }

  tl::unexpected<Error> truncated(std::uint64_t offset, std::uint64_t count) const {
    return fail(ErrorCode::kCorrupt,
                fmt::format("the DICOM file is truncated or corrupt: {} bytes are needed at byte {} and its part ends "
                            "before; copy or export it again",
                            count, offset));
  }

  static std::uint32_t u16(const unsigned char* p) { return static_cast<std::uint32_t>(p[0] | (p[1] << 8)); }
  static std::uint32_t u32(const unsigned char* p) { return u16(p) | (u16(p + 2) << 16); }

  Result<Element> element(std::uint64_t at, std::uint64_t end, bool explicit_vr) {
    if (++count_ > kMaxDicomElements) {
      return fail(ErrorCode::kTooLarge, fmt::format("more than {} DICOM elements", kMaxDicomElements));
    }
    if (end - at < 8) return truncated(at, 8);
    auto bytes = peek(at, 8);
    if (!bytes) return pass_on(std::move(bytes));
    const unsigned char* p = *bytes;
    Element e;
    e.tag = (u16(p) << 16) | u16(p + 2);
    e.value = at + 8;
    const bool delimiter = (e.tag >> 16) == 0xfffe;
    if (!explicit_vr || delimiter) {
      e.length = u32(p + 4);
      e.sequence = !delimiter && e.length == kUndefined;
      if (!delimiter && !e.sequence && e.length >= 8 && e.length <= end - e.value) {
        // Without a VR only the content tells a sequence of stated length: it begins with an item. DCMTK goes by its
        // dictionary, but what it takes for a sequence and does not begin so it refuses at once.
        auto first = peek(e.value, 4);
        if (!first) return pass_on(std::move(first));
        e.sequence = u16(*first) == 0xfffe && u16(*first + 2) == 0xe000;
      }
      return e;
    }
    const std::string_view vr(reinterpret_cast<const char*>(p + 4), 2);
    if (std::find(kShortVr.begin(), kShortVr.end(), vr) != kShortVr.end()) {
      e.length = u16(p + 6);
      return e;
    }
    if (std::find(kLongVr.begin(), kLongVr.end(), vr) == kLongVr.end()) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the DICOM element ({:04X},{:04X}) at byte {} has no known value representation; the "
                              "file is corrupt or not in the transfer syntax that it names",
                              e.tag >> 16, e.tag & 0xffff, at));
    }
    e.value = at + 12;
    if (end - at < 12) return truncated(at, 12);
    bytes = peek(at, 12);
    if (!bytes) return pass_on(std::move(bytes));
    e.length = u32(*bytes + 8);
    const bool unknown_sequence = vr == "UN" && e.length == kUndefined;  // implicit inside (PS3.5, 6.2.2 note 2)
    e.sequence = vr == "SQ" || unknown_sequence;
    e.explicit_items = vr == "SQ";
    return e;
  }

  // Group 2, always explicit; leaves the offset of the data set.
  Result<std::uint64_t> meta_header() {
    std::uint64_t at = 132;
    while (size_ - at >= 8) {
      auto bytes = peek(at, 2);
      if (!bytes) return pass_on(std::move(bytes));
      if (u16(*bytes) != 2) break;
      auto e = element(at, size_, true);
      if (!e) return pass_on(std::move(e));
      if (e->sequence || e->length > size_ - e->value) return truncated(e->value, e->length);
      if (e->tag == kTransferSyntax && e->length <= 64) {
        auto text = read_range(bytes_, {e->value, e->length});
        if (!text) return pass_on(std::move(text));
        layout_.transfer_syntax.assign(reinterpret_cast<const char*>(text->data()), text->size());
        while (!layout_.transfer_syntax.empty() &&
               (layout_.transfer_syntax.back() == '\0' || layout_.transfer_syntax.back() == ' ')) {
          layout_.transfer_syntax.pop_back();
        }
      }
      at = e->value + e->length;
    }
    return at;
  }

  Result<void> transfer_syntax() {
    const std::string& uid = layout_.transfer_syntax;
    if (uid.empty()) return fail(ErrorCode::kCorrupt, "the DICOM file names no TransferSyntaxUID (0002,0010)");
    if (uid == "1.2.840.10008.1.2.2" || uid == "1.2.840.10008.1.2.1.99" || !uid.starts_with("1.2.840.10008.1.2")) {
      return fail(ErrorCode::kUnsupported, "transfer syntax " + uid +
                                               " (big endian, deflated or private) is not read; convert the file with "
                                               "\"dcmconv +te IN OUT\" of DCMTK");
    }
    layout_.explicit_vr = uid != "1.2.840.10008.1.2";
    return {};
  }

  Result<std::uint64_t> elements(std::uint64_t at, std::uint64_t end, bool explicit_vr, bool until_item_end,
                                 int depth) {
    std::uint32_t previous = 0;
    while (at != end) {
      auto e = element(at, end, explicit_vr);
      if (!e) return pass_on(std::move(e));
      if ((e->tag >> 16) == 0xfffe) {
        if (until_item_end && e->tag == kItemEnd && e->length == 0) return e->value;
        return fail(ErrorCode::kCorrupt, fmt::format("the DICOM file is corrupt: an item ends at byte {} that never "
                                                     "began",
                                                     at));
      }
      if (e->tag < previous && ++disorder_ > kMaxDisorder) {
        return fail(ErrorCode::kCorrupt, "the DICOM file is corrupt: its elements are not in order of their tags");
      }
      previous = e->tag;
      if (depth == 0 && e->tag == kPixelData) {
        layout_.data_set.length = at - layout_.data_set.offset;
        return pixel_data(*e);
      }
      if (e->length != kUndefined && e->length > end - e->value) return truncated(e->value, e->length);
      if (e->sequence) {
        auto after = sequence(*e, end, depth + 1);
        if (!after) return after;
        at = *after;
      } else if (e->length == kUndefined && e->tag == kPixelData) {  // a compressed icon
        auto after = fragments(e->value, nullptr);
        if (!after) return after;
        at = *after;
      } else if (e->length == kUndefined) {
        return fail(ErrorCode::kCorrupt, fmt::format("the DICOM element ({:04X},{:04X}) at byte {} has no length",
                                                     e->tag >> 16, e->tag & 0xffff, at));
      } else {
        at = e->value + e->length;
      }
    }
    if (until_item_end) return truncated(at, 8);
    return at;
  }

  Result<std::uint64_t> sequence(const Element& e, std::uint64_t end, int depth) {
    if (depth > kMaxDicomNesting) {
      return fail(ErrorCode::kTooLarge, fmt::format("DICOM sequences nest deeper than {}", kMaxDicomNesting));
    }
    const bool undefined = e.length == kUndefined;
    if (!undefined) end = e.value + e.length;
    std::uint64_t at = e.value;
    while (undefined || at != end) {
      auto item = element(at, end, false);
      if (!item) return pass_on(std::move(item));
      if (undefined && item->tag == kSequenceEnd && item->length == 0) return item->value;
      if (item->tag != kItem) {
        return fail(ErrorCode::kCorrupt, fmt::format("the DICOM file is corrupt: an item is expected at byte {}", at));
      }
      const bool open = item->length == kUndefined;
      if (!open && item->length > end - item->value) return truncated(item->value, item->length);
      auto after = elements(item->value, open ? end : item->value + item->length, e.explicit_items, open, depth);
      if (!after) return after;
      at = *after;
    }
    return at;
  }

  Result<std::uint64_t> pixel_data(const Element& e) {
    layout_.has_pixel_data = true;
    if (e.length != kUndefined) {
      if (e.length > size_ - e.value) {
        return fail(ErrorCode::kCorrupt,
                    fmt::format("the pixel data is truncated: {} of {} bytes are there; copy or export the file again",
                                size_ - e.value, e.length));
      }
      layout_.pixels = {e.value, e.length};
      return size_;
    }
    layout_.encapsulated = true;
    auto end = fragments(e.value, &layout_.fragments);
    if (!end) return pass_on(std::move(end), "reading the fragments of the pixel data");
    return size_;
  }

  Result<std::uint64_t> fragments(std::uint64_t at, std::vector<ByteRange>* into) {
    bool offset_table = true;
    while (true) {
      auto item = element(at, size_, false);
      if (!item) return pass_on(std::move(item));
      if (item->tag == kSequenceEnd) return item->value;
      if (item->tag != kItem || item->length > size_ - item->value) return truncated(item->value, item->length);
      if (into != nullptr && !offset_table) into->push_back({item->value, item->length});
      offset_table = false;
      at = item->value + item->length;
    }
  }

  const ByteSource& bytes_;
  const std::uint64_t size_;
  std::vector<std::byte> window_;
  std::uint64_t window_begin_ = 0;
  std::size_t window_filled_ = 0;
  std::int64_t count_ = 0;
  std::int64_t disorder_ = 0;
  DicomLayout layout_;
};

}  // namespace

Result<bool> has_dicom_magic(const ByteSource& bytes) {
  std::array<std::byte, 4> magic{};
  auto got = bytes.read_at(128, magic);
  if (!got) return pass_on(std::move(got));
  constexpr std::string_view kMagic = "DICM";
  return *got == 4 && std::equal(magic.begin(), magic.end(), kMagic.begin(),
                                 [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
}

Result<DicomLayout> scan_dicom(const ByteSource& bytes) { return Scanner(bytes).run(); }

Result<std::vector<std::byte>> read_range(const ByteSource& bytes, const ByteRange& range) {
  const std::uint64_t size = bytes.size();
  if (range.offset > size || range.length > size - range.offset) {
    return fail(ErrorCode::kCorrupt, fmt::format("the file ends before byte {}", range.offset + range.length));
  }
  std::vector<std::byte> buffer(static_cast<std::size_t>(range.length));
  auto got = bytes.read_at(range.offset, buffer);
  if (!got) return pass_on(std::move(got));
  if (*got != buffer.size()) return fail(ErrorCode::kCorrupt, "the file became shorter while it was read");
  return buffer;
}

}  // namespace radtype::io
