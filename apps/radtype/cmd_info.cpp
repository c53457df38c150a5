// radtype info: what a file or folder is, as JSON. Prints no patient's name, number or dates.
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/io/dicom.h"
#include "radtype/io/image_source.h"

namespace radtype::app {
namespace {

namespace fs = std::filesystem;

const ConfigSpec& info_spec() {
  static const ConfigSpec description{
      "info",
      "Describes an image, mask, RTSTRUCT, SEG, DICOM file or folder",
      {{"path", FieldType::kPath, "file or folder", nullptr},
       {"series", FieldType::kText, "SeriesInstanceUID, for a folder that holds several series", nullptr},
       {"raw_pet", FieldType::kSwitch, "PET in the stored unit instead of SUV by body weight", false}}};
  return description;
}

nlohmann::json describe_grid(const Grid& grid) {
  const auto& direction = grid.direction();
  nlohmann::json columns = nlohmann::json::array();
  for (int axis = 0; axis < 3; ++axis) {
    columns.push_back({direction(0, axis), direction(1, axis), direction(2, axis)});
  }
  return {{"size", grid.size()},
          {"spacing_mm", {grid.spacing_mm()[0], grid.spacing_mm()[1], grid.spacing_mm()[2]}},
          {"origin_lps_mm", {grid.origin_lps_mm()[0], grid.origin_lps_mm()[1], grid.origin_lps_mm()[2]}},
          {"axis_directions_lps", columns},
          {"axis_codes", grid.axis_codes()}};
}

Result<nlohmann::json> describe_image(const fs::path& path, const io::OpenOptions& options) {
  auto source = io::open_image(path, options);
  if (!source) return pass_on(std::move(source));
  const io::ImageInfo& info = (*source)->info();
  return nlohmann::json{
      {"kind", "image"},
      {"format", info.format},
      {"grid", describe_grid(info.grid)},
      {"stored_type", info.stored_type},
      {"may_be_label_map", info.integer_values},
      {"modality", info.modality ? nlohmann::json(io::modality_word(*info.modality)) : nlohmann::json()},
      {"unit", info.unit},
      {"files", info.files.size()},
      {"details", info.details},
      {"notes", info.notes}};
}

Result<nlohmann::json> describe_seg(const fs::path& path) {
  auto map = io::read_dicom_seg(path, {});
  if (!map) return pass_on(std::move(map));
  nlohmann::json segments = nlohmann::json::array();
  for (const Region& region : map->regions) {
    segments.push_back({{"number", region.label}, {"name", region.name}, {"voxels", region.voxel_count()}});
  }
  return nlohmann::json{{"kind", "mask"},
                        {"format", "DICOM SEG"},
                        {"grid", describe_grid(map->grid)},
                        {"segments", segments},
                        {"notes", map->notes}};
}

Result<nlohmann::json> describe_rtstruct(const fs::path& path) {
  auto names = io::list_rtstruct_rois(path);
  if (!names) return pass_on(std::move(names));
  return nlohmann::json{{"kind", "mask"}, {"format", "DICOM RTSTRUCT"}, {"rois", *names}};
}

Result<nlohmann::json> describe_folder(const fs::path& path, const io::OpenOptions& options) {
  auto listed = io::list_dicom_series(path);
  if (!listed) return pass_on(std::move(listed));
  if (listed->size() == 1 || !options.series_uid.empty()) return describe_image(path, options);
  nlohmann::json series = nlohmann::json::array();
  for (const io::DicomSeries& one : *listed) {
    series.push_back({{"series_uid", one.series_uid},
                      {"modality", one.modality},
                      {"description", one.description},
                      {"files", one.files.size()}});
  }
  return nlohmann::json{{"kind", "folder"}, {"format", "DICOM"}, {"series", series}};
}

Result<nlohmann::json> describe(const fs::path& path, const io::OpenOptions& options) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return describe_folder(path, options);
  auto kind = io::dicom_kind(path);
  if (!kind) return pass_on(std::move(kind));
  switch (*kind) {
    case io::DicomKind::kSeg:
      return describe_seg(path);
    case io::DicomKind::kRtStruct:
      return describe_rtstruct(path);
    case io::DicomKind::kOther:
      return fail(ErrorCode::kUnsupported, "DICOM, but neither an image, an RTSTRUCT nor a SEG");
    case io::DicomKind::kNotDicom:
    case io::DicomKind::kImage:
      return describe_image(path, options);
  }
  RADTYPE_CHECK(false);
}

Result<int> run_info(const nlohmann::json& config) {
  if (config["path"].is_null()) return fail(ErrorCode::kUsage, "name a file or folder: radtype info FILE");
  io::OpenOptions options;
  options.series_uid = text_of(config, "series");
  options.raw_pet = config["raw_pet"];
  const fs::path path = text_of(config, "path");
  auto described = describe(path, options);
  if (!described) return pass_on(std::move(described), path.string());
  fmt::print("{}\n", described->dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return kExitOk;
}

}  // namespace

Command info_command() { return {info_spec, {"path"}, run_info}; }

}  // namespace radtype::app
