#include "radtype/io/mask_input.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/text.h"

namespace radtype::io {
namespace {

std::string describe(const Region& region) {
  return region.name.empty() ? std::to_string(region.label) : fmt::format("{} '{}'", region.label, region.name);
}

// An exact name wins over a number, a number over a name in other case.
const Region* find_region(const std::vector<Region>& regions, const std::string& wanted) {
  for (const Region& region : regions) {
    if (!region.name.empty() && region.name == wanted) return &region;
  }
  if (const auto number = parse_integer(wanted)) {
    for (const Region& region : regions) {
      if (region.label == *number) return &region;
    }
  }
  for (const Region& region : regions) {
    if (!region.name.empty() && lower_case(region.name) == lower_case(wanted)) return &region;
  }
  return nullptr;
}

Result<void> keep_only(LabelMap& map, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {};
  std::vector<Region> kept;
  for (const std::string& name : wanted) {
    const Region* region = find_region(map.regions, name);
    if (region == nullptr) {
      std::vector<std::string> available;
      for (const Region& there : map.regions) available.push_back(describe(there));
      return fail(ErrorCode::kNotFound, fmt::format("no region '{}'; there are: {}", name, fmt::join(available, ", ")));
    }
    kept.push_back(*region);
  }
  map.regions = std::move(kept);
  return {};
}

}  // namespace

Result<MaskInput> read_mask(const std::filesystem::path& path, const std::optional<Grid>& image_grid,
                            const MaskOptions& options) {
  MaskInput input;
  DicomKind kind = DicomKind::kNotDicom;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) {
    auto found = dicom_kind(path);
    if (!found) return pass_on(std::move(found));
    kind = *found;
  }
  if (kind == DicomKind::kRtStruct) {
    if (!image_grid) {
      return fail(ErrorCode::kUsage, "an RTSTRUCT holds contours, not voxels: give the image they were drawn on");
    }
    std::vector<std::string> names = options.regions;
    if (names.empty()) {
      auto listed = list_rtstruct_rois(path);
      if (!listed) return pass_on(std::move(listed));
      names = std::move(*listed);
    }
    input.map.grid = *image_grid;
    for (const std::string& name : names) {
      RtStructOptions one = options.rtstruct;
      one.roi = name;
      auto map = read_rtstruct(path, *image_grid, one);
      if (!map) {
        // Asked for by name: the user must know. One of many: the others go on.
        if (!options.regions.empty()) return pass_on(std::move(map));
        input.failures.push_back({name, map.error()});
        continue;
      }
      std::move(map->regions.begin(), map->regions.end(), std::back_inserter(input.map.regions));
      std::move(map->notes.begin(), map->notes.end(), std::back_inserter(input.map.notes));
    }
    input.format = "DICOM RTSTRUCT";
    input.files = {path};
  } else if (kind == DicomKind::kSeg) {
    SegOptions seg = options.seg;
    seg.segment.clear();
    auto map = read_dicom_seg(path, seg);
    if (!map) return pass_on(std::move(map));
    input.map = std::move(*map);
    input.format = "DICOM SEG";
    input.files = {path};
  } else {
    auto source = open_image(path);
    if (!source) return pass_on(std::move(source));
    auto map = read_label_map(**source, options.encoding);
    if (!map) return pass_on(std::move(map));
    input.map = std::move(*map);
    input.format = (*source)->info().format;
    input.files = (*source)->info().files;
  }
  if (input.map.regions.empty() && input.failures.empty()) {
    return fail(ErrorCode::kEmpty, "the mask is empty: no voxel of it is outlined");
  }
  if (kind != DicomKind::kRtStruct) {
    if (auto kept = keep_only(input.map, options.regions); !kept) return pass_on(std::move(kept));
  }
  return input;
}

}  // namespace radtype::io
