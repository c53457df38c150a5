// radtype dce: maps of contrast uptake from three phases of a dynamic contrast-enhanced scan.
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/image/dce.h"
#include "radtype/image/region.h"
#include "radtype/io/mask_input.h"
#include "radtype/io/volume_files.h"

namespace radtype::app {
namespace {

const ConfigSpec& dce_spec() {
  static const ConfigSpec description{
      "dce",
      "Percent enhancement and signal enhancement ratio of a contrast-enhanced MRI",
      {
          {"pre", FieldType::kPath, "image before contrast; the phases must be on one grid", nullptr},
          {"early", FieldType::kPath, "image early after contrast", nullptr},
          {"late", FieldType::kPath, "image late after contrast", nullptr},
          {"mask", FieldType::kPath, "voxels outside every region of this mask are left out", nullptr},
          {"least_pre", FieldType::kNumber, "voxels below this intensity before contrast are left out", 0, {}, 0, 1e9},
          {"pe", FieldType::kPath, "output: 100 (early - pre) / pre, as .nii, .nii.gz, .nrrd or .mha", nullptr},
          {"ser", FieldType::kPath, "output: (early - pre) / (late - pre), likewise", nullptr},
          {"force", FieldType::kSwitch, "overwrite outputs that exist", false},
      }};
  return description;
}

struct Input {
  Image image;
  nlohmann::json described;
};

Result<Input> read_phase(const nlohmann::json& config, const char* key) {
  const std::filesystem::path path = text_of(config, key);
  auto source = io::open_image(path);
  if (!source) return pass_on(std::move(source), key);
  auto image = io::read_region(**source, (*source)->info().grid.box());
  if (!image) return pass_on(std::move(image), key);
  auto described = describe_input(key, path, (*source)->info().files);
  if (!described) return pass_on(std::move(described));
  return Input{std::move(*image), std::move(*described)};
}

struct MaskOnGrid {
  Mask mask;
  nlohmann::json described;
};

Result<MaskOnGrid> read_mask_on(const Grid& grid, const std::filesystem::path& path) {
  auto read = io::read_mask(path, grid, {});
  if (!read) return pass_on(std::move(read), "mask");
  if (!read->failures.empty())
    return fail(read->failures.front().error.code(), read->failures.front().error.to_string());
  MaskOnGrid result{Mask(grid), {}};
  for (const Region& region : read->map.regions) {
    auto placed = image::place_on_grid(grid, read->map.grid, region);
    if (!placed) return pass_on(std::move(placed), "mask");
    const Mask inside = dense_mask(grid, {region.label, region.name, std::move(placed->runs)}, grid.box());
    for (std::size_t n = 0; n < inside.voxels.size(); ++n) result.mask.voxels[n] |= inside.voxels[n];
  }
  auto described = describe_input("mask", path, read->files);
  if (!described) return pass_on(std::move(described));
  result.described = std::move(*described);
  return result;
}

Result<void> check_request(const nlohmann::json& config) {
  for (const char* key : {"pre", "early", "late"}) {
    if (config[key].is_null()) return fail(ErrorCode::kUsage, fmt::format("--{} is missing: name that phase", key));
  }
  if (config["pe"].is_null() && config["ser"].is_null())
    return fail(ErrorCode::kUsage, "name an output: --pe, --ser or both");
  if (config["pe"] == config["ser"]) return fail(ErrorCode::kUsage, "--pe and --ser name the same file");
  for (const char* key : {"pe", "ser"}) {
    if (config[key].is_null()) continue;
    if (auto allowed = check_output(text_of(config, key), config["force"]); !allowed)
      return tl::unexpected(output_error(allowed.error()));
  }
  return {};
}

Result<int> run_dce(const nlohmann::json& config) {
  if (auto possible = check_request(config); !possible) return pass_on(std::move(possible));
  nlohmann::json inputs = nlohmann::json::array();
  std::vector<Image> phases;
  for (const char* key : {"pre", "early", "late"}) {
    auto phase = read_phase(config, key);
    if (!phase) return pass_on(std::move(phase));
    phases.push_back(std::move(phase->image));
    inputs.push_back(std::move(phase->described));
  }
  std::optional<Mask> mask;
  if (!config["mask"].is_null()) {
    auto read = read_mask_on(phases[0].grid, text_of(config, "mask"));
    if (!read) return pass_on(std::move(read));
    mask = std::move(read->mask);
    inputs.push_back(std::move(read->described));
  }
  const auto maps = image::dce_maps(phases[0], phases[1], phases[2], mask ? &*mask : nullptr,
                                    {.least_pre = config["least_pre"].get<double>()});
  if (!maps) return tl::unexpected(maps.error());

  for (const auto& [key, map] :
       {std::pair{"pe", &maps->percent_enhancement}, std::pair{"ser", &maps->signal_enhancement_ratio}}) {
    if (config[key].is_null()) continue;
    if (auto written = io::write_image(*map, text_of(config, key), {config["force"].get<bool>()}); !written)
      return tl::unexpected(output_error(written.error()));
  }
  const nlohmann::json output = {{"voxels",
                                  {{"computed", maps->computed},
                                   {"outside_mask", maps->outside_mask},
                                   {"below_least_pre", maps->below_least_pre},
                                   {"no_pre_signal", maps->no_pre_signal},
                                   {"not_finite", maps->not_finite},
                                   {"ratio_undefined", maps->ratio_undefined}}},
                                 {"provenance", make_provenance("dce", config, inputs)}};
  fmt::print("{}\n", output.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return kExitOk;
}

}  // namespace

Command dce_command() { return {dce_spec, {}, run_dce}; }

}  // namespace radtype::app
