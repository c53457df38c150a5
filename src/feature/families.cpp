// The table of families. To add one: its functions in a file of its own module, a pair like those below, and a line in
// families().
#include <cmath>

#include <fmt/format.h>

#include "radtype/feature/catalogue.h"
#include "radtype/feature/family.h"
#include "radtype/shape/morphology.h"
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

std::optional<std::string> shape_not_allowed(const CaseData&) { return std::nullopt; }

Result<void> compute_shape(const CaseData& data, FeatureRow& row) {
  const auto measured = shape::measure_morphology(data.tumour);
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const shape::Morphology& m = *measured;
  row.set("shape_volume_mm3", m.volume_mm3);
  row.set("shape_voxel_volume_mm3", m.voxel_volume_mm3);
  row.set("shape_area_mm2", m.area_mm2);
  row.set("shape_mean_radius_mm", m.mean_radius_mm);
  row.set("shape_max_diameter_mm", m.max_diameter_mm);
  row.set("shape_sphericity", m.sphericity);
  row.set("shape_axis_major_mm", m.axis_major_mm);
  row.set("shape_axis_minor_mm", m.axis_minor_mm);
  row.set("shape_axis_least_mm", m.axis_least_mm);
  if (m.axis_major_mm > 0) {
    row.set("shape_elongation", m.elongation);
    row.set("shape_flatness", m.flatness);
  } else {
    const std::string reason = "a single voxel has no principal axes";
    row.set_missing("shape_elongation", reason);
    row.set_missing("shape_flatness", reason);
  }
  return {};
}

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

std::optional<std::string> reference_not_allowed(const CaseData& data) {
  if (!data.image) return "needs an image (--image)";
  if (!data.modality) return "defined on CT in HU; the modality is not known (--modality CT)";
  if (*data.modality != io::Modality::kCt) {
    return fmt::format("defined on CT in HU only; this is {}", io::modality_word(*data.modality));
  }
  if (!data.tissue) return "needs the lung mask (--tissue)";
  return std::nullopt;
}

Result<void> compute_reference(const CaseData& data, FeatureRow& row) {
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
  static const std::vector<Family> table = {
      {"shape", 0.0, shape_not_allowed, compute_shape},
      {"reference_wu2021", 10.0, reference_not_allowed, compute_reference},
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

Extraction extract(const CaseData& data) {
  Extraction result;
  int computed = 0;
  for (const Family& family : families()) {
    FamilyReport report{family.name, "computed", ""};
    FeatureRow row;
    if (auto why_not = family.not_allowed(data)) {
      report.outcome = "not allowed";
      report.reason = *why_not;
    } else if (auto done = family.compute(data, row); !done) {
      report.outcome = "failed";
      report.reason = done.error().to_string();
      result.reason += (result.reason.empty() ? "" : "; ") + family.name + ": " + report.reason;
      row = {};
    } else {
      ++computed;
    }
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
  if (computed == 0) {
    result.status = Status::kFailed;
  } else {
    result.status = result.reason.empty() ? Status::kOk : Status::kPartial;
  }
  return result;
}

}  // namespace radtype::feature
