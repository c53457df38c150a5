#include "feature/texture_families.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "radtype/texture/radial.h"
#include "radtype/texture/regional.h"
#include "radtype/texture/scales.h"

namespace radtype::feature {
namespace {

using texture::Neighbourhood;
using texture::ZoneRange;

constexpr const char* kOneIntensity = "all voxels of the tumour have one intensity";

void set_or_missing(FeatureRow& row, const std::string& name, const std::optional<double>& value,
                    const std::string& reason) {
  if (value) {
    row.set(name, *value);
  } else {
    row.set_missing(name, reason);
  }
}

void set_missing(FeatureRow& row, const char* prefix, std::initializer_list<const char*> names,
                 const std::string& reason) {
  for (const char* name : names) row.set_missing(fmt::format("{}_{}", prefix, name), reason);
}

/// Why the tumour as a whole has no features of a family.
std::string too_little(const Neighbourhood& around, const std::string& otherwise) {
  if (around.tumour_voxels >= texture::kFewestVoxels) return otherwise;
  return fmt::format("the tumour has {} voxels of {:g} mm, {} are needed", around.tumour_voxels,
                     around.grid.spacing_mm()[0], texture::kFewestVoxels);
}

struct NamedRange {
  const char* name;
  ZoneRange range;
};
constexpr NamedRange kCoreRegion{"core", texture::kCore};
constexpr NamedRange kRimRegion{"rim", texture::kRim};
constexpr NamedRange kRing5Region{"ring5", texture::kRing5};
constexpr NamedRange kRing10Region{"ring10", texture::kRing10};
constexpr std::array<std::pair<NamedRange, NamedRange>, 4> kPairs = {{{kCoreRegion, kRimRegion},
                                                                      {kRimRegion, kRing5Region},
                                                                      {kCoreRegion, kRing5Region},
                                                                      {kRing5Region, kRing10Region}}};

/// The regions of a pair that have too few voxels.
std::string too_few(const Neighbourhood& around, const NamedRange& a, const NamedRange& b) {
  std::string reason;
  for (const NamedRange& region : {a, b}) {
    const std::int64_t voxels = texture::voxels_in(around, region.range);
    if (voxels >= texture::kFewestVoxels) continue;
    reason += fmt::format("{}{} has {} voxels of {:g} mm, {} are needed", reason.empty() ? "" : "; ", region.name,
                          voxels, around.grid.spacing_mm()[0], texture::kFewestVoxels);
  }
  return reason;
}

}  // namespace

std::uint8_t region_of(texture::Zone zone) {
  std::uint8_t label = 1;
  for (const ZoneRange& range : {texture::kCore, texture::kRim, texture::kRing5, texture::kRing10}) {
    if (zone >= range.first && zone <= range.last) return label;
    ++label;
  }
  return 0;
}

std::optional<std::string> ranks_not_allowed(const CaseData& data, Derived& derived) {
  if (!data.image) return "needs an image (--image)";
  const auto& around = derived.neighbourhood();
  if (!around) return around.error().to_string();
  return std::nullopt;
}

Result<void> compute_regional(const CaseData&, Derived& derived, FeatureRow& row) {
  const Neighbourhood& around = *derived.neighbourhood();
  for (const auto& [a, b] : kPairs) {
    const std::string prefix = fmt::format("regional_{}_{}", a.name, b.name);
    const auto contrast = texture::regional_contrast(around, a.range, b.range);
    if (!contrast) {
      set_missing(row, prefix.c_str(),
                  {"jensen_shannon", "hellinger", "total_variation", "ks", "area", "delta", "abs_delta"},
                  too_few(around, a, b));
      continue;
    }
    row.set(prefix + "_jensen_shannon", contrast->jensen_shannon);
    row.set(prefix + "_hellinger", contrast->hellinger);
    row.set(prefix + "_total_variation", contrast->total_variation);
    row.set(prefix + "_ks", contrast->kolmogorov_smirnov);
    row.set(prefix + "_area", contrast->area);
    row.set(prefix + "_delta", contrast->cliff_delta);
    row.set(prefix + "_abs_delta", contrast->abs_delta);
  }
  return {};
}

Result<void> compute_radial(const CaseData&, Derived& derived, FeatureRow& row) {
  const Neighbourhood& around = *derived.neighbourhood();
  if (const auto profile = texture::radial_profile(around)) {
    row.set("radial_monotonicity", profile->monotonicity);
    row.set("radial_abs_monotonicity", std::abs(profile->monotonicity));
    row.set("radial_curvature", profile->curvature);
    row.set("radial_abs_curvature", std::abs(profile->curvature));
    row.set("radial_explained", profile->explained);
  } else {
    set_missing(
        row, "radial", {"monotonicity", "abs_monotonicity", "curvature", "abs_curvature", "explained"},
        too_little(around, around.deepest_mm > 0
                               ? "all intensities are equal, or fewer than four of the eight depths hold a voxel"
                               : "the tumour fills the image: it has no depth"));
  }
  const auto ring = texture::ring_monotonicity(around);
  const char* no_ring = "the ring holds too little tissue, or all of one intensity";
  set_or_missing(row, "radial_ring_monotonicity", ring, no_ring);
  set_or_missing(row, "radial_abs_ring_monotonicity", ring ? std::optional(std::abs(*ring)) : std::nullopt, no_ring);
  if (const auto sides = texture::asymmetry(around)) {
    row.set("radial_polarity", sides->polarity);
    row.set("radial_tail_separation", sides->tail_separation);
    row.set("radial_tail_offset", 0.5 * (sides->bright_offset + sides->dark_offset));
    row.set("radial_bright_offset", sides->bright_offset);
    row.set("radial_dark_offset", sides->dark_offset);
  } else {
    set_missing(row, "radial", {"polarity", "tail_separation", "tail_offset", "bright_offset", "dark_offset"},
                too_little(around, "too many voxels share one intensity: there is no brightest and darkest quarter"));
  }
  return {};
}

Result<void> compute_margin(const CaseData&, Derived& derived, FeatureRow& row) {
  const auto& margin = derived.margin();
  if (!margin) {
    set_missing(row, "margin", {"contrast", "consistency", "blurred_share", "width_mm", "width_variation", "goodness"},
                "fewer than 30 rays through the surface see 2 mm of tumour and 2 mm of tissue");
    return {};
  }
  row.set("margin_contrast", margin->contrast);
  row.set("margin_consistency", margin->consistency);
  row.set("margin_blurred_share", margin->blurred_share);
  const char* no_width = "less than a quarter of the surface has contrast enough to have a width";
  set_or_missing(row, "margin_width_mm", margin->width_mm, no_width);
  set_or_missing(row, "margin_width_variation", margin->width_variation, no_width);
  set_or_missing(row, "margin_goodness", margin->goodness, no_width);
  return {};
}

Result<void> compute_texture(const CaseData&, Derived& derived, FeatureRow& row) {
  const Neighbourhood& around = *derived.neighbourhood();
  const auto measured = texture::scale_texture(around);
  const std::string none = too_little(around, kOneIntensity);
  constexpr std::array<const char*, texture::kScales> kSuffixes = {"2mm", "4mm", "8mm", "r8", "r4", "r2"};
  for (std::size_t n = 0; n < texture::kScales; ++n) {
    const std::string reason = measured ? "the tumour is too small for that scale" : none;
    const auto get = [&](const auto& values) { return measured ? values(*measured)[n] : std::nullopt; };
    set_or_missing(row, fmt::format("texture_moran_{}", kSuffixes[n]), get([](const auto& m) { return m.moran; }),
                   reason);
    set_or_missing(row, fmt::format("texture_geary_{}", kSuffixes[n]), get([](const auto& m) { return m.geary; }),
                   reason);
    set_or_missing(row, fmt::format("texture_explained_{}", kSuffixes[n]),
                   get([](const auto& m) { return m.explained; }), reason);
  }
  set_or_missing(row, "texture_range_over_radius", measured ? measured->range_over_radius : std::nullopt,
                 measured ? "the correlation does not fall to 1/e within the tumour" : none);
  return {};
}

Result<void> compute_habitat(const CaseData&, Derived& derived, FeatureRow& row) {
  const Neighbourhood& around = *derived.neighbourhood();
  const auto& found = derived.habitats();
  const std::string none = too_little(around, kOneIntensity);
  for (int count = texture::kFewestHabitats; count <= texture::kMostHabitats; ++count) {
    const auto n = static_cast<std::size_t>(count - texture::kFewestHabitats);
    set_or_missing(row, fmt::format("habitat_explained_{}", count), found ? found->explained[n] : std::nullopt,
                   found ? fmt::format("fewer than {} supervoxels differ in intensity", count) : none);
  }
  const std::optional<texture::Habitats> habitats = found ? found->habitats : std::nullopt;
  constexpr std::array<const char*, texture::kHabitats> kWords = {"low", "middle", "high"};
  if (!habitats) {
    const std::string reason = found ? "fewer than 3 supervoxels differ in intensity" : none;
    for (const char* kind : {"fraction", "surface", "depth", "components"}) {
      set_missing(row, fmt::format("habitat_{}", kind).c_str(), {"low", "middle", "high"}, reason);
    }
    set_missing(row, "habitat",
                {"contact_low_middle", "contact_middle_high", "contact_low_high", "fraction_imbalance",
                 "surface_imbalance", "depth_spread", "components", "entropy", "interface", "contrast", "homogeneity"},
                reason);
    return {};
  }
  for (std::size_t n = 0; n < kWords.size(); ++n) {
    row.set(fmt::format("habitat_fraction_{}", kWords[n]), habitats->fraction[n]);
    row.set(fmt::format("habitat_surface_{}", kWords[n]), habitats->surface[n]);
    set_or_missing(row, fmt::format("habitat_depth_{}", kWords[n]),
                   habitats->depth.empty() ? std::nullopt : std::optional(habitats->depth[n]),
                   "the tumour fills the image: it has no depth");
    row.set(fmt::format("habitat_components_{}", kWords[n]), habitats->components[n]);
  }
  row.set("habitat_contact_low_middle", habitats->contact[1][2]);
  row.set("habitat_contact_middle_high", habitats->contact[2][3]);
  row.set("habitat_contact_low_high", habitats->contact[1][3]);
  row.set("habitat_fraction_imbalance", std::abs(habitats->fraction[2] - habitats->fraction[0]));
  row.set("habitat_surface_imbalance", std::abs(habitats->surface[2] - habitats->surface[0]));
  const auto depths = std::minmax_element(habitats->depth.begin(), habitats->depth.end());
  set_or_missing(row, "habitat_depth_spread",
                 habitats->depth.empty() ? std::nullopt : std::optional(*depths.second - *depths.first),
                 "the tumour fills the image: it has no depth");
  double components = 0;
  for (const double parts : habitats->components) components += parts;
  row.set("habitat_components", components);
  row.set("habitat_entropy", habitats->entropy);
  row.set("habitat_interface", habitats->interface);
  set_or_missing(row, "habitat_contrast", habitats->contrast, "no two voxels of the tumour touch");
  set_or_missing(row, "habitat_homogeneity", habitats->homogeneity, "no two voxels of the tumour touch");
  return {};
}

}  // namespace radtype::feature
