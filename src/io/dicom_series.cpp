#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "io/dicom_slice.h"
#include "radtype/io/dicom.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;

struct FolderImage {
  fs::path path;
  std::string series_uid;
  std::string modality;
  std::string description;
  Result<Slice> slice;  // an unreadable slice matters only when its series is chosen
};

// The last part of a path, also of one that ends in a slash.
std::string shown(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

tl::unexpected<Error> about_file(Error&& error, const fs::path& path) {
  return tl::unexpected<Error>(std::move(error).within(path.filename().string()));
}

// The header of a DICOM file, nothing for other files.
Result<std::optional<DicomHeader>> header_of_file(const fs::path& path) {
  auto bytes = open_file(path);
  if (!bytes) return pass_on(std::move(bytes));
  auto magic = has_dicom_magic(**bytes);
  if (!magic) return about_file(std::move(magic).error(), path);
  if (!*magic) return std::nullopt;
  auto header = read_dicom_header(**bytes);
  if (!header) return about_file(std::move(header).error(), path);
  return std::optional<DicomHeader>(std::move(*header));
}

// Every image of a folder in order of file names. A DICOM file that cannot be parsed is an error and not passed over:
// it may be a slice.
Result<std::vector<FolderImage>> images_in(const fs::path& folder, const SliceReadOptions& options) {
  std::error_code failed;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code unknown;
    if (it->is_regular_file(unknown)) paths.push_back(it->path());
  }
  if (failed) {
    return fail(ErrorCode::kUnreadable, "the folder " + shown(folder) + " cannot be listed: " + failed.message());
  }
  std::sort(paths.begin(), paths.end());

  std::vector<FolderImage> images;
  for (fs::path& path : paths) {
    auto header = header_of_file(path);
    if (!header) return pass_on(std::move(header));
    if (!*header || (*header)->kind() != DicomKind::kImage) continue;
    const DicomItem root = (*header)->root();
    auto slice = read_slice(**header, path.filename().string(), options);
    if (slice) slice->path = path;
    images.push_back({std::move(path), std::string(root.raw(Tag::kSeriesInstanceUid)),
                      std::string(root.raw(Tag::kModality)), (*header)->text(root, Tag::kSeriesDescription).utf8,
                      std::move(slice)});
  }
  return images;
}

struct Found {
  std::vector<FolderImage> images;
  std::optional<std::string> series_uid;  // of the file that was named
};

Result<Found> find_images(const fs::path& path, const SliceReadOptions& options) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (!fs::exists(status)) {
    return fail(ErrorCode::kNotFound, "there is no file or folder " + path.string() + "; check the path");
  }
  Found found;
  fs::path folder = path;
  if (!fs::is_directory(status)) {
    auto header = header_of_file(path);
    if (!header) return pass_on(std::move(header));
    if (!*header || (*header)->kind() != DicomKind::kImage) {
      return fail(ErrorCode::kUsage, path.filename().string() + " is not a DICOM image; name a slice or its folder");
    }
    found.series_uid = (*header)->root().raw(Tag::kSeriesInstanceUid);
    folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  }
  auto images = images_in(folder, options);
  if (!images) return pass_on(std::move(images));
  found.images = std::move(*images);
  return found;
}

Result<void> check_alike(const std::vector<Slice>& slices) {
  const Slice& first = slices.front();
  for (const Slice& s : slices) {
    std::string what;
    if (s.modality != first.modality) {
      what = "Modality (0008,0060)";
    } else if (s.format.rows != first.format.rows || s.format.columns != first.format.columns) {
      what = "the size";
    } else if (!(s.format == first.format)) {
      what = "the stored type";
    } else if (std::abs(s.row_spacing_mm - first.row_spacing_mm) > 1e-4 * first.row_spacing_mm ||
               std::abs(s.column_spacing_mm - first.column_spacing_mm) > 1e-4 * first.column_spacing_mm) {
      what = display_name(Tag::kPixelSpacing);
    } else if ((s.direction - first.direction).cwiseAbs().maxCoeff() > kSameDirection) {
      what = display_name(Tag::kImageOrientation);
    } else if (s.rescale_type != first.rescale_type || s.rescaled != first.rescaled) {
      what = "the rescaling (slope, intercept, RescaleType)";
    } else if (s.frame_of_reference != first.frame_of_reference) {
      what = display_name(Tag::kFrameOfReferenceUid);
    }
    if (!what.empty()) {
      return fail(ErrorCode::kInconsistent,
                  fmt::format("{} of {} differs from that of {}; the series mixes images, choose "
                              "or export those of one stack",
                              what, s.name, first.name));
    }
  }
  return {};
}

using OpenSlice = std::function<Result<std::shared_ptr<ByteSource>>(const Slice&)>;

class DicomSeriesSource final : public ImageSource {
 public:
  static Result<std::unique_ptr<ImageSource>> make(std::vector<Slice> slices, OpenSlice open_slice,
                                                   const SliceReadOptions& options) {
    auto source = std::make_unique<DicomSeriesSource>();
    source->open_slice_ = std::move(open_slice);
    source->info_.format = "DICOM series";
    if (auto alike = check_alike(slices); !alike) return pass_on(std::move(alike));
    if (auto placed = source->place(slices); !placed) return pass_on(std::move(placed));
    if (auto valued = source->describe_values(slices, options); !valued) return pass_on(std::move(valued));
    source->slices_ = std::move(slices);
    return source;
  }

  Result<void> read_slices(std::int64_t k_begin, std::int64_t k_end, const SliceVisitor& visit) override {
    RADTYPE_CHECK(0 <= k_begin && k_begin <= k_end && k_end <= info_.grid.size()[2]);
    if (k_begin == k_end) return {};
    std::vector<double> values(static_cast<std::size_t>(slices_.front().format.count()));
    for (std::int64_t k = k_begin; k < k_end; ++k) {
      const Slice& slice = slices_[static_cast<std::size_t>(k)];
      auto bytes = open_slice_(slice);
      if (!bytes) return pass_on(std::move(bytes));
      auto read = read_stored_values(**bytes, slice.layout, slice.format, values);
      if (!read) return pass_on(std::move(read), slice.name);
      for (double& v : values) v = (v * slice.slope + slice.intercept) * factor_;
      if (auto visited = visit(k, values); !visited) return visited;
    }
    return {};
  }

 private:
  // Sorts the slices and makes the grid.
  Result<void> place(std::vector<Slice>& slices) {
    const Slice& first = slices.front();
    std::vector<SlicePlace> places;
    for (const Slice& s : slices) places.push_back({s.position_lps_mm, s.name});
    auto stack = stack_slices(places, first.direction, std::min(first.row_spacing_mm, first.column_spacing_mm));
    if (!stack) {
      if (first.tilt_degrees.value_or(0) == 0) return pass_on(std::move(stack));
      return pass_on(std::move(stack),
                     fmt::format("{} is {:.3g} degrees", display_name(Tag::kGantryDetectorTilt), *first.tilt_degrees));
    }
    if (slices.size() == 1) {
      if (!(first.thickness_mm.value_or(0) > 0)) {
        return fail(ErrorCode::kInconsistent, "the series has a single slice and " +
                                                  display_name(Tag::kSliceThickness) + " does not say how thick it is");
      }
      stack->spacing_mm = *first.thickness_mm;
      info_.notes.emplace_back("a single slice: its SliceThickness is taken as the spacing");
    }
    auto grid = make_grid({first.format.columns, first.format.rows, static_cast<std::int64_t>(slices.size())},
                          {first.column_spacing_mm, first.row_spacing_mm, stack->spacing_mm}, first.direction,
                          Point<LpsMm>(stack->origin_lps_mm).v);
    if (!grid) return pass_on(std::move(grid));
    info_.grid = *grid;
    std::vector<Slice> sorted;
    sorted.reserve(slices.size());
    for (const std::size_t i : stack->order) sorted.push_back(std::move(slices[i]));
    slices = std::move(sorted);
    return {};
  }

  Result<void> describe_values(const std::vector<Slice>& slices, const SliceReadOptions& options) {
    const Slice& first = slices.front();
    info_.stored_type = first.format.stored_type();
    info_.modality = modality_from_word(first.modality);
    for (const Slice& s : slices) {
      if (!s.path.empty()) info_.files.push_back(s.path);
    }
    const auto [low_slope, high_slope] = std::minmax_element(
        slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.slope < b.slope; });
    const auto [low, high] = std::minmax_element(
        slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.intercept < b.intercept; });
    info_.details = {{"slices", slices.size()},
                     {"transfer_syntax", first.layout.transfer_syntax},
                     {"bits_stored", first.format.bits_stored},
                     {"rescale_slope", {low_slope->slope, high_slope->slope}},
                     {"rescale_intercept", {low->intercept, high->intercept}}};
    const bool identity =
        low_slope->slope == 1 && high_slope->slope == 1 && low->intercept == 0 && high->intercept == 0;

    if (first.modality == "CT") {
      if (!first.rescaled) {
        return fail(ErrorCode::kInconsistent,
                    "CT values cannot be made HU: " + display_name(Tag::kRescaleSlope) +
                        " and RescaleIntercept (0028,1052) are missing; export the series again");
      }
      if (first.rescale_type.empty() || first.rescale_type == "HU") {
        info_.unit = "HU";
      } else {
        info_.notes.emplace_back("RescaleType (0028,1054) of the CT is \"" + first.rescale_type + "\" and not HU");
      }
    } else if (first.modality == "PT" && options.raw_pet) {
      info_.notes.emplace_back("PET values are read as stored (raw_pet), in units of the header; they are not SUV");
    } else if (first.modality == "PT") {
      std::vector<PetHeader> pets;
      for (const Slice& s : slices) pets.push_back(*s.pet);
      auto scale = suv_scale(pets);
      if (!scale) return pass_on(std::move(scale));
      factor_ = scale->factor;
      info_.unit = "SUVbw";
      info_.details["suv"] = std::move(scale->inputs);
      info_.notes.insert(info_.notes.end(), scale->notes.begin(), scale->notes.end());
    }
    info_.integer_values = identity && factor_ == 1;
    if (may_be_lossy(first.layout.transfer_syntax)) {
      info_.notes.emplace_back(
          "the pixel data was compressed in a way that may have changed its values (transfer syntax " +
          first.layout.transfer_syntax + ")");
    }
    if (first.localizer) info_.notes.emplace_back("the series is a localiser (scout) and not a scan");
    return {};
  }

  std::vector<Slice> slices_;  // ascending along the normal
  OpenSlice open_slice_;
  double factor_ = 1;
};

}  // namespace

Result<DicomKind> dicom_kind(const fs::path& path) {
  auto header = header_of_file(path);
  if (!header) return pass_on(std::move(header));
  return *header ? (*header)->kind() : DicomKind::kNotDicom;
}

Result<std::vector<DicomSeries>> list_dicom_series(const fs::path& path) {
  auto found = find_images(path, {});
  if (!found) return pass_on(std::move(found));
  std::map<std::string, DicomSeries> by_uid;
  for (FolderImage& image : found->images) {
    if (found->series_uid && image.series_uid != *found->series_uid) continue;
    DicomSeries& series = by_uid[image.series_uid];
    if (series.files.empty()) {
      series.series_uid = image.series_uid;
      series.modality = image.modality;
      series.description = image.description;
    }
    series.files.push_back(std::move(image.path));
  }
  std::vector<DicomSeries> list;
  for (auto& [uid, series] : by_uid) list.push_back(std::move(series));
  return list;
}

Result<std::unique_ptr<ImageSource>> open_dicom_series(const fs::path& path, const OpenOptions& options) {
  const SliceReadOptions read_options{options.raw_pet};
  auto found = find_images(path, read_options);
  if (!found) return pass_on(std::move(found));
  if (found->images.empty()) {
    return fail(ErrorCode::kNotFound, "there is no DICOM image in " + shown(path) + "; name the folder of its slices");
  }

  std::map<std::string, std::pair<std::size_t, std::string>> series;  // files and modality, by UID
  for (const FolderImage& image : found->images) {
    ++series[image.series_uid].first;
    series[image.series_uid].second = image.modality;
  }
  std::string chosen = !options.series_uid.empty() ? options.series_uid : found->series_uid.value_or("");
  if (chosen.empty() && series.size() == 1) chosen = series.begin()->first;
  if (!series.contains(chosen)) {
    std::string list;
    for (const auto& [uid, what] : series) list += fmt::format("\n  {} {}, {} images", uid, what.second, what.first);
    const bool asked = !options.series_uid.empty();
    return fail(asked ? ErrorCode::kNotFound : ErrorCode::kUsage,
                fmt::format("{} holds {} series{}; choose one by its SeriesInstanceUID, or name one of its files:{}",
                            shown(path), series.size(), asked ? " and not the one asked for" : "", list));
  }

  std::vector<Slice> slices;
  for (FolderImage& image : found->images) {
    if (image.series_uid != chosen) continue;
    if (!image.slice) return about_file(std::move(image.slice).error(), image.path);
    slices.push_back(std::move(*image.slice));
  }
  return DicomSeriesSource::make(
      std::move(slices), [](const Slice& slice) { return open_file(slice.path); }, read_options);
}

Result<std::unique_ptr<ImageSource>> open_dicom_slice(std::shared_ptr<ByteSource> bytes) {
  RADTYPE_CHECK(bytes != nullptr);
  auto header = read_dicom_header(*bytes);
  if (!header) return pass_on(std::move(header));
  if (header->kind() != DicomKind::kImage) return fail(ErrorCode::kUsage, "this DICOM object is not an image");
  auto slice = read_slice(*header, "the slice", {});
  if (!slice) return pass_on(std::move(slice));
  std::vector<Slice> slices;
  slices.push_back(std::move(*slice));
  return DicomSeriesSource::make(std::move(slices),
                                 [bytes](const Slice&) -> Result<std::shared_ptr<ByteSource>> { return bytes; }, {});
}

}  // namespace radtype::io
