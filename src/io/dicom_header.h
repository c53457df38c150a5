// The attributes of one DICOM file, parsed by DCMTK after scan_dicom has passed it. DCMTK's headers stay in the .cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/dicom_scan.h"
#include "io/dicom_tags.h"
#include "radtype/io/dicom.h"

class DcmDataset;
class DcmItem;

namespace radtype::io {

/// A data set or an item of a sequence; valid while its DicomHeader lives. "Absent" includes present without a value.
class DicomItem {
 public:
  explicit DicomItem(DcmItem& item) : item_(&item) {}

  bool has(Tag tag) const;
  /// The bytes of a text value as stored, without padding; empty when absent or not text.
  std::string_view raw(Tag tag) const;
  /// The parts of a code string ("ORIGINAL\PRIMARY\AXIAL").
  std::vector<std::string_view> words(Tag tag) const;

  /// Every value of a numeric attribute, in text or binary; empty when absent. kCorrupt: no number, or not finite.
  Result<std::vector<double>> numbers(Tag tag) const;
  /// kCorrupt when there are not exactly `count` values.
  Result<std::vector<double>> numbers(Tag tag, std::size_t count) const;
  Result<double> number(Tag tag) const;
  Result<std::optional<double>> number_if_present(Tag tag) const;
  /// kCorrupt when absent, or not an integer of at most 2^53.
  Result<std::int64_t> integer(Tag tag) const;

  /// Items of a sequence, in order; empty when absent or no sequence.
  std::vector<DicomItem> items(Tag tag) const;
  /// The one item of a sequence, the first when there are several.
  std::optional<DicomItem> item(Tag tag) const;

 private:
  DcmItem* item_;
};

class DicomHeader {
 public:
  DicomHeader(DicomLayout layout, std::unique_ptr<DcmDataset> data_set);
  ~DicomHeader();
  DicomHeader(DicomHeader&&) noexcept;
  DicomHeader& operator=(DicomHeader&&) noexcept;

  const DicomLayout& layout() const { return layout_; }
  DicomItem root() const;
  DicomKind kind() const;

  struct Text {
    std::string utf8;
    bool guessed = false;  ///< the character set was missing or wrong; unreadable bytes became '?'
  };
  /// A name in UTF-8, converted by SpecificCharacterSet; control characters are dropped.
  Text text(const DicomItem& item, Tag tag) const;

 private:
  DicomLayout layout_;
  std::unique_ptr<DcmDataset> data_set_;
};

/// kCorrupt, kUnsupported, kTooLarge as scan_dicom.
Result<DicomHeader> read_dicom_header(const ByteSource& bytes);

}  // namespace radtype::io
