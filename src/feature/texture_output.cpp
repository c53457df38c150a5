// Regions, ranks, habitats and margin for other programs.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "feature/texture_families.h"
#include "radtype/core/files.h"
#include "radtype/feature/case_run.h"
#include "radtype/io/volume_files.h"
#include "radtype/shape/mesh_files.h"

namespace radtype::feature {
namespace {

namespace fs = std::filesystem;

Mask region_map(const texture::Neighbourhood& around) {
  Mask regions(around.grid);
  std::transform(around.zones.begin(), around.zones.end(), regions.voxels.begin(), region_of);
  return regions;
}

Image rank_map(const texture::Neighbourhood& around) {
  Image ranks(around.grid);
  std::transform(around.ranks.begin(), around.ranks.end(), ranks.voxels.begin(), [](const texture::RankPair& rank) {
    return static_cast<float>(rank.around) / static_cast<float>(texture::kRankScale);
  });
  return ranks;
}

Result<void> write_margin(const texture::Margin& margin, const fs::path& path, bool force) {
  shape::TriangleMesh points;
  const auto rays = static_cast<Eigen::Index>(margin.rays.size());
  std::array<shape::VertexValues, 4> values = {{{"width_mm", Eigen::VectorXd(rays)},
                                                {"contrast", Eigen::VectorXd(rays)},
                                                {"goodness", Eigen::VectorXd(rays)},
                                                {"patch", Eigen::VectorXd(rays)}}};
  for (Eigen::Index n = 0; n < rays; ++n) {
    const texture::MarginRay& ray = margin.rays[static_cast<std::size_t>(n)];
    const texture::MarginPatch& patch = margin.patches[ray.patch];
    points.vertices.push_back(ray.at_lps_mm);
    // Readers of .vtp as text do not agree on how a NaN is spelt.
    values[0].values[n] = patch.width_mm.value_or(-1);
    values[1].values[n] = patch.contrast;
    values[2].values[n] = patch.goodness;
    values[3].values[n] = static_cast<double>(ray.patch);
  }
  return shape::write_mesh(points, {values.begin(), values.end()}, path, force);
}

std::string fit_for_file_name(std::string name) {
  for (char& letter : name) {
    if (static_cast<unsigned char>(letter) < 32 || std::string_view("/\\:*?\"<>|").find(letter) != std::string::npos)
      letter = '_';
  }
  return name;
}

}  // namespace

std::optional<std::string> no_maps_reason(const CaseRow& row) {
  if (row.extraction.neighbourhood) return std::nullopt;
  for (const FamilyReport& report : row.extraction.families) {
    const auto& all = families();
    const auto family =
        std::find_if(all.begin(), all.end(), [&](const Family& known) { return known.name == report.family; });
    if (family->not_allowed == ranks_not_allowed && report.outcome != "not asked for") return report.reason;
  }
  if (row.extraction.families.empty()) return row.extraction.reason;
  return "none of the families asked for ranks the tumour and what is around it";
}

std::vector<std::string> map_folder_names(const std::vector<CaseRow>& rows) {
  std::vector<std::string> names;
  std::multiset<std::string> taken;
  for (const CaseRow& row : rows) {
    const std::string region = row.roi.empty() ? std::to_string(row.label) : row.roi;
    names.push_back(fit_for_file_name(row.case_id + "_" + region));
    taken.insert(names.back());
  }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (taken.count(names[n]) > 1) names[n] += fmt::format("_{}", rows[n].label);
  }
  return names;
}

Result<void> write_maps(const CaseRow& row, const fs::path& folder, bool force) {
  if (const auto reason = no_maps_reason(row)) return fail(ErrorCode::kUndefined, "no maps: " + *reason);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::kUnreadable, "cannot make " + folder.string() + ": " + error.message());
  const auto file = [&](const char* name) { return folder / name; };
  constexpr std::array<const char*, 4> kFiles = {"regions.nii.gz", "rank.nii.gz", "habitats.nii.gz", "margin.vtp"};
  for (const char* name : kFiles) {
    if (auto allowed = check_output(file(name), force); !allowed) return allowed;
  }
  // Maps of an earlier run must not stand beside those of this one.
  for (const char* name : kFiles) fs::remove(file(name), error);
  const texture::Neighbourhood& around = *row.extraction.neighbourhood;
  if (auto written = io::write_mask(region_map(around), file("regions.nii.gz"), {force}); !written) return written;
  if (auto written = io::write_image(rank_map(around), file("rank.nii.gz"), {force}); !written) return written;
  if (const auto& habitats = row.extraction.habitats) {
    Mask labels(habitats->grid);
    labels.voxels = habitats->habitat;
    if (auto written = io::write_mask(labels, file("habitats.nii.gz"), {force}); !written) return written;
  }
  if (const auto& margin = row.extraction.margin) return write_margin(*margin, file("margin.vtp"), force);
  return {};
}

}  // namespace radtype::feature
