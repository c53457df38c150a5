// The table of families. To add one: its functions in a file of its own module, a pair like those below, and a line in
// families().
#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "feature/shape_families.h"
#include "feature/texture_families.h"
#include "radtype/feature/catalogue.h"
#include "radtype/feature/family.h"
#include "radtype/texture/reference_family.h"

namespace radtype::feature {

void FeatureRow::set(const std::string& name, double number) {
  if (!std::isfinite(number)) {
    set_missing(name, fmt::format("the computation gave {}", number));
    return;
  }
  values_[name] = Value{number, ""};
}

void FeatureRow::set_missing(const std::string& name, const std::string& reason) { values_[name] = Value{{}, reason}; }

namespace {

// Exchanges axes so that the third is the one nearest to the patient's long axis: the released code works on axial
// slices.
template <class T>
Volume<T> axial_slices_last(const Volume<T>& volume) {
  Eigen::Index axial = 0;
  volume.grid.direction().row(2).cwiseAbs().maxCoeff(&axial);
  if (axial == 2) return volume;
  const auto& old = volume.grid;
  std::array<int, 3> order = axial == 0 ? std::array<int, 3>{1, 2, 0} : std::array<int, 3>{0, 2, 1};
  Affine<LpsMm, Index> lps_from_index = old.lps_from_index();
  Size3 size{};
  for (int axis = 0; axis < 3; ++axis) {
    const auto from = order[static_cast<std::size_t>(axis)];
    lps_from_index.linear.col(axis) = old.lps_from_index().linear.col(from);
    size[static_cast<std::size_t>(axis)] = old.size()[static_cast<std::size_t>(from)];
  }
  const auto grid = make_grid(size, lps_from_index);
  RADTYPE_CHECK(grid.has_value());
  Volume<T> result(*grid);
  Size3 to{};
  for (to[2] = 0; to[2] < size[2]; ++to[2]) {
    for (to[1] = 0; to[1] < size[1]; ++to[1]) {
      for (to[0] = 0; to[0] < size[0]; ++to[0]) {
        Size3 from{};
        for (std::size_t axis = 0; axis < 3; ++axis) from[static_cast<std::size_t>(order[axis])] = to[axis];
        result.at(to[0], to[1], to[2]) = volume.at(from[0], from[1], from[2]);
      }
    }
  }
  return result;
}

std::optional<std::string> reference_not_allowed(const CaseData& data, Derived&) {
  if (!data.image) return "needs an image (--image)";
  if (!data.modality) return "defined on CT in HU; the modality is not known (--modality CT)";
  if (*data.modality != io::Modality::kCt) {
    return fmt::format("defined on CT in HU only; this is {}", io::modality_word(*data.modality));
  }
  if (!data.tissue) return "needs the lung mask (--tissue)";
  return std::nullopt;
}

Result<void> compute_reference(const CaseData& data, Derived&, FeatureRow& row) {
  const Image image = axial_slices_last(*data.image);
  const auto numbers = texture::reference_family(image, axial_slices_last(data.tumour), axial_slices_last(*data.tissue),
                                                 image.grid.spacing_mm()[0]);
  if (!numbers) return fail(numbers.error().code(), numbers.error().to_string());
  const auto& names = texture::reference_feature_names();
  for (std::size_t i = 0; i < names.size(); ++i) row.set("wu2021_" + names[i], (*numbers)[i]);
  return {};
}

}  // namespace

const std::vector<Family>& families() {
  constexpr double kRing = texture::kRingMm;
  static const std::vector<Family> table = {
      {"shape", "IBSI morphology of the voxels", true, 0, always_allowed, compute_morphology},
      {"shape_spectrum", "spherical harmonics of the canonical map", true, 0, surface_not_allowed, compute_spectrum},
      {"shape_surface", "curvature of the smooth surface", true, 0, surface_not_allowed, compute_surface},
      {"shape_lobes", "spicules, lobes and clefts", true, 0, surface_not_allowed, compute_lobes},
      {"shape_zernike", "3-D Zernike invariants of the volume", true, 0, always_allowed, compute_zernike},
      {"shape_fractal", "fractal dimension of the surface", true, 0, fractal_not_allowed, compute_fractal},
      {"regional", "contrast of core, rim and rings, of ranks", true, kRing, ranks_not_allowed, compute_regional},
      {"radial", "order from the centre outwards and to one side", true, kRing, ranks_not_allowed, compute_radial},
      {"margin", "width of the transition across the surface", true, kRing, ranks_not_allowed, compute_margin},
      {"texture", "likeness within the tumour at scales in mm", true, kRing, ranks_not_allowed, compute_texture},
      {"habitat", "ordered habitats and their contacts", true, kRing, ranks_not_allowed, compute_habitat},
      {"compat_wu2021", "the reference's shape definitions on our map", false, 0, surface_not_allowed, compute_compat},
      {"reference_wu2021", "the reference's 24 numbers on CT", true, 10.0, reference_not_allowed, compute_reference},
  };
  return table;
}

std::string_view status_word(Status status) {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kPartial:
      return "partial";
    case Status::kFailed:
      return "failed";
  }
  RADTYPE_CHECK(false);
}

const image::Components& Derived::components() {
  if (!components_) components_ = image::connected_components(data_.tumour);
  return *components_;
}

const shape::TriangleMesh& Derived::voxel_surface() {
  if (!voxel_surface_) voxel_surface_ = shape::marching_cubes_at_origin(data_.tumour);
  return *voxel_surface_;
}

const Result<shape::Spectrum>& Derived::spectrum() {
  if (!spectrum_) {
    shape::SpectrumOptions options;
    options.surface = surface_;
    spectrum_ = shape::measure_spectrum(data_.tumour, options);
  }
  return *spectrum_;
}

const Derived::Rebuilt& Derived::rebuilt(int degree) {
  const auto [place, is_new] = rebuilt_.try_emplace(degree);
  if (is_new) {
    const shape::Spectrum& spectrum = **spectrum_;
    shape::HarmonicFit fit = spectrum.fit;
    // Row 0 is the place in the patient, whose size would round small steps away.
    fit.coefficients.row(0).setZero();
    place->second.mesh = shape::reconstruct(fit, spectrum.surface.mesh, spectrum.points, degree);
    place->second.curvatures = shape::principal_curvatures(place->second.mesh);
  }
  return place->second;
}

const Result<texture::Neighbourhood>& Derived::neighbourhood() {
  if (!neighbourhood_) {
    neighbourhood_ = texture::make_neighbourhood(*data_.image, data_.tumour, data_.tissue ? &*data_.tissue : nullptr);
  }
  return *neighbourhood_;
}

const std::optional<texture::Margin>& Derived::margin() {
  if (!margin_) margin_ = texture::measure_margin(*neighbourhood());
  return *margin_;
}

const std::optional<texture::HabitatSet>& Derived::habitats() {
  if (!habitats_) habitats_ = texture::find_habitats(*neighbourhood());
  return *habitats_;
}

Result<void> check_families(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto& all = families();
    if (std::any_of(all.begin(), all.end(), [&](const Family& family) { return family.name == name; })) continue;
    std::string known;
    for (const Family& family : all) known += (known.empty() ? "" : ", ") + family.name;
    return fail(ErrorCode::kUsage, fmt::format("there is no family {}; there are {}", name, known));
  }
  return {};
}

namespace {

/// "a, b: why; c: why else": families that failed alike stand together.
std::string failure_reason(const std::vector<FamilyReport>& reports) {
  std::vector<std::pair<std::string, std::string>> names_by_reason;
  for (const FamilyReport& report : reports) {
    if (report.outcome != "failed") continue;
    const auto known = std::find_if(names_by_reason.begin(), names_by_reason.end(),
                                    [&](const auto& entry) { return entry.second == report.reason; });
    if (known == names_by_reason.end()) {
      names_by_reason.emplace_back(report.family, report.reason);
    } else {
      known->first += ", " + report.family;
    }
  }
  std::string text;
  for (const auto& [names, reason] : names_by_reason) text += (text.empty() ? "" : "; ") + names + ": " + reason;
  return text;
}

}  // namespace

Extraction extract(const CaseData& data, const std::vector<std::string>& chosen, const shape::SurfaceOptions& surface) {
  Extraction result;
  Derived derived(data, surface);
  int computed = 0;
  for (const Family& family : families()) {
    FamilyReport report{family.name, "computed", "", 0};
    const auto start = std::chrono::steady_clock::now();
    FeatureRow row;
    const bool asked_for =
        chosen.empty() ? family.by_default : std::find(chosen.begin(), chosen.end(), family.name) != chosen.end();
    if (!asked_for) {
      report.outcome = "not asked for";
      report.reason = "not asked for (--families)";
    } else if (auto why_not = family.not_allowed(data, derived)) {
      report.outcome = "not allowed";
      report.reason = *why_not;
    } else if (auto done = family.compute(data, derived, row); !done) {
      report.outcome = "failed";
      report.reason = done.error().to_string();
      row = {};
    } else {
      ++computed;
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const Entry& entry : catalogue()) {
      if (entry.family != family.name) continue;
      const auto found = row.values().find(entry.name);
      if (found == row.values().end()) {
        RADTYPE_CHECK(report.outcome != "computed");
        result.row.set_missing(entry.name, report.reason);
      } else if (found->second.number) {
        result.row.set(entry.name, *found->second.number);
      } else {
        result.row.set_missing(entry.name, found->second.missing_reason);
      }
    }
    result.families.push_back(std::move(report));
  }
  result.reason = failure_reason(result.families);
  if (computed == 0) {
    result.status = Status::kFailed;
    if (result.reason.empty()) result.reason = "no family that was asked for is allowed by these inputs";
  } else {
    result.status = result.reason.empty() ? Status::kOk : Status::kPartial;
  }
  if (derived.has_spectrum()) result.spectrum = derived.take_spectrum();
  if (derived.has_neighbourhood()) {
    result.margin = derived.take_margin();
    result.habitats = derived.take_habitats();
    result.neighbourhood = derived.take_neighbourhood();
  }
  return result;
}

}  // namespace radtype::feature
