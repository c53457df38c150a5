#include "radtype/io/image_source.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "inflate.h"
#include "radtype/core/text.h"
#include "radtype/io/dicom.h"
#include "volume_header.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormats =
    "NIfTI-1 and NIfTI-2 (.nii, .nii.gz, .hdr with .img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd) and DICOM series";

enum class Format { kUnknown, kEmpty, kNifti, kNrrd, kMetaImage, kDicom, kOtherGzip };

bool looks_like_nifti(std::string_view bytes) {
  if (bytes.size() < 4) return false;
  const std::string_view size = bytes.substr(0, 4);
  using namespace std::string_view_literals;
  return size == "\x5c\x01\0\0"sv || size == "\0\0\x01\x5c"sv || size == "\x1c\x02\0\0"sv || size == "\0\0\x02\x1c"sv;
}

/// A MetaImage begins with one of its keys and "=".
bool looks_like_metaimage(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  static constexpr std::string_view kFirstKeys[] = {"ObjectType", "NDims", "Comment", "ObjectSubType"};
  return std::find(std::begin(kFirstKeys), std::end(kFirstKeys), trimmed(line.substr(0, equals))) !=
         std::end(kFirstKeys);
}

Result<Format> recognise(const ByteSource& bytes) {
  std::array<std::byte, 256> stored{};
  auto got = bytes.read_at(0, stored);
  if (!got) return pass_on(std::move(got));
  const std::string_view front(reinterpret_cast<const char*>(stored.data()), *got);
  if (front.empty()) return Format::kEmpty;
  if (front.size() >= 132 && front.substr(128, 4) == "DICM") return Format::kDicom;
  if (front.starts_with("NRRD000")) return Format::kNrrd;
  if (looks_like_nifti(front)) return Format::kNifti;
  if (looks_like_metaimage(front)) return Format::kMetaImage;
  if (!looks_like_gzip(std::span(stored).first(*got))) return Format::kUnknown;
  std::array<std::byte, 4> inside{};
  auto inflated = Inflater(bytes, 0, bytes.size()).read(inside);
  if (!inflated) return pass_on(std::move(inflated));
  const std::string_view first(reinterpret_cast<const char*>(inside.data()), *inflated);
  return looks_like_nifti(first) ? Format::kNifti : Format::kOtherGzip;
}

Result<std::unique_ptr<ImageSource>> open_dicom(const fs::path& path, const OpenOptions& options) {
  auto kind = dicom_kind(path);
  if (!kind) return pass_on(std::move(kind));
  if (*kind == DicomKind::kImage) return open_dicom_series(path, options);
  const std::string what = *kind == DicomKind::kRtStruct ? "outlines (RTSTRUCT)"
                           : *kind == DicomKind::kSeg    ? "a segmentation (SEG)"
                                                         : "neither an image nor outlines";
  return fail(
      ErrorCode::kUsage,
      fmt::format("the DICOM file holds {}, not an image; name a file or the folder of the image series", what));
}

/// Opens `path` as NIfTI, NRRD or MetaImage, keeping the names of all files read.
Result<std::unique_ptr<ImageSource>> open_volume(const fs::path& path, Format format,
                                                 std::shared_ptr<ByteSource> bytes) {
  std::vector<fs::path> files{path};
  const auto open_beside = [&](const fs::path& file) {
    files.push_back(file);
    return open_file(file);
  };
  const OpenSibling open_sibling = [&](const std::string& name) { return open_beside(path.parent_path() / name); };
  const OpenPartner open_partner = [&]() -> Result<NiftiPartner> {
    fs::path raw = path;
    if (raw.extension() == ".gz") raw.replace_extension();
    raw.replace_extension(".img");
    const fs::path packed = raw.string() + ".gz";
    std::error_code ignored;
    const bool compressed = !fs::exists(raw, ignored) && fs::exists(packed, ignored);
    auto opened = open_beside(compressed ? packed : raw);
    if (!opened) return pass_on(std::move(opened));
    return NiftiPartner{std::move(*opened), compressed};
  };
  auto header = format == Format::kNifti  ? read_nifti_header(std::move(bytes), open_partner)
                : format == Format::kNrrd ? read_nrrd_header(std::move(bytes), open_sibling)
                                          : read_metaimage_header(std::move(bytes), open_sibling);
  if (!header) return pass_on(std::move(header));
  header->info.files = std::move(files);
  return open_stream(std::move(*header));
}

Result<std::unique_ptr<ImageSource>> open_path(const fs::path& path, const OpenOptions& options) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return open_dicom_series(path, options);
  auto bytes = open_file(path);
  if (!bytes) return pass_on(std::move(bytes));
  auto format = recognise(**bytes);
  if (!format) return pass_on(std::move(format));
  switch (*format) {
    case Format::kNifti:
    case Format::kNrrd:
    case Format::kMetaImage:
      return open_volume(path, *format, std::move(*bytes));
    case Format::kDicom:
      return open_dicom(path, options);
    case Format::kEmpty:
      return fail(ErrorCode::kCorrupt, "the file is empty; copy or download it again");
    case Format::kOtherGzip:
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("the file is gzip, and its content is not NIfTI; decompress it first. Read are {}", kFormats));
    case Format::kUnknown:
      break;
  }
  if (path.extension() == ".img") {
    return fail(ErrorCode::kUsage, "this is the .img of a pair; name its .hdr");
  }
  if (path.extension() == ".raw" || path.extension() == ".zraw") {
    return fail(ErrorCode::kUsage, "raw voxels do not say what they are; name their header (.mhd or .nhdr)");
  }
  return fail(ErrorCode::kUnsupported, fmt::format("the content is of no known format. Read are {}", kFormats));
}

}  // namespace

std::string_view modality_word(Modality modality) {
  switch (modality) {
    case Modality::kCt:
      return "CT";
    case Modality::kMr:
      return "MR";
    case Modality::kPet:
      return "PT";
    case Modality::kOther:
      return "OT";
  }
  RADTYPE_CHECK(false);
}

std::optional<Modality> modality_from_word(std::string_view word) {
  for (const Modality modality : {Modality::kCt, Modality::kMr, Modality::kPet, Modality::kOther}) {
    if (word == modality_word(modality)) return modality;
  }
  return std::nullopt;
}

Result<std::unique_ptr<ImageSource>> open_image(const fs::path& path, const OpenOptions& options) {
  auto source = open_path(path, options);
  if (!source) return pass_on(std::move(source), "opening " + path.string());
  return source;
}

Result<Image> read_region(ImageSource& source, const Box& box) {
  const Grid& grid = source.info().grid;
  RADTYPE_CHECK(!box.empty() && intersection(box, grid.box()) == box);
  Image image(grid.cropped(box));
  const auto row_voxels = static_cast<std::size_t>(box.size()[0]);
  auto done =
      source.read_slices(box.lo[2], box.hi[2], [&](std::int64_t k, std::span<const double> values) -> Result<void> {
        for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
          const auto row = values.subspan(static_cast<std::size_t>(j * grid.size()[0] + box.lo[0]), row_voxels);
          float* into = &image.at(0, j - box.lo[1], k - box.lo[2]);
          std::transform(row.begin(), row.end(), into, [](double value) { return static_cast<float>(value); });
        }
        return {};
      });
  if (!done) return pass_on(std::move(done));
  return image;
}

}  // namespace radtype::io
