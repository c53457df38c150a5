// Opening an image of any supported format without holding it in memory.
//
// A source knows its header after opening (every check of size, spacing and direction has passed) and then
// delivers slices one by one, so that memory follows the part that is wanted and not the scan.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/label_map.h"

namespace radtype::io {

enum class Modality { kCt, kMr, kPet, kOther };
/// DICOM's words: "CT", "MR", "PT", "OT".
std::string_view modality_word(Modality modality);
std::optional<Modality> modality_from_word(std::string_view word);

struct ImageInfo {
  std::string format;  ///< "NIfTI-1", "NIfTI-2", "NRRD", "MetaImage", "DICOM series"
  Grid grid;
  std::string stored_type;                            ///< "int16", "uint8", "float32", ...
  bool integer_values = false;                        ///< stored as integers and not rescaled: may be a label map
  std::optional<Modality> modality;                   ///< where the file says so
  std::string unit;                                   ///< "HU", "SUVbw", or "" where the format does not say
  std::vector<std::filesystem::path> files;           ///< every file read, for provenance
  std::vector<std::string> notes;                     ///< assumptions and repairs
  nlohmann::json details = nlohmann::json::object();  ///< format-specific figures (no patient identifiers)
};

/// Values of slice k, first axis fastest, rescaled to `unit`; return an error to stop.
using SliceVisitor = std::function<Result<void>(std::int64_t k, std::span<const double> values)>;

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  const ImageInfo& info() const { return info_; }
  /// Visits slices k_begin <= k < k_end of the third axis in ascending order. May be called again.
  /// A compressed stream is read to its end, so that a truncated or corrupt file is always noticed.
  virtual Result<void> read_slices(std::int64_t k_begin, std::int64_t k_end, const SliceVisitor& visit) = 0;

 protected:
  ImageInfo info_;
};

struct OpenOptions {
  std::string series_uid = {};  ///< DICOM: which SeriesInstanceUID of a folder that holds several
  bool raw_pet = false;  ///< DICOM PET: values as stored, without unit, where SUV cannot or should not be computed
};

/// Recognises the format by content, not by name. `path` is a file, or a folder (or one file) of a DICOM series.
Result<std::unique_ptr<ImageSource>> open_image(const std::filesystem::path& path, const OpenOptions& options = {});

/// The part of an image inside `box` (must lie within the image).
Result<Image> read_region(ImageSource& source, const Box& box);

enum class LabelEncoding {
  kValue,  ///< one region per value other than 0
  kBits,   ///< one region per bit 0..30; label = bit number + 1 (readers of a multi-reader mask)
};

/// Reads an integer image as regions. Values that are no integers, or over 65535, are refused by name of the first such
/// voxel.
Result<LabelMap> read_label_map(ImageSource& source, LabelEncoding encoding);

}  // namespace radtype::io
