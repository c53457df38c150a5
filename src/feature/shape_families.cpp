#include "feature/shape_families.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "radtype/shape/curvature.h"
#include "radtype/shape/fractal.h"
#include "radtype/shape/morphology.h"
#include "radtype/shape/peaks.h"
#include "radtype/shape/pose.h"
#include "radtype/shape/zernike.h"

namespace radtype::feature {
namespace {

using shape::kMaxDegree;
using shape::Spectrum;

std::string numbered(const char* prefix, int n) { return fmt::format("{}_{:02}", prefix, n); }

std::string unresolved(const Spectrum& spectrum, int degree) {
  return fmt::format("unresolved: degree {} has a wavelength under two of the coarsest voxel spacings (resolved to {})",
                     degree, spectrum.resolved_degree);
}

/// log e_l over log l, l = 2 to the resolved degree: what spectra of rough bodies follow.
void set_slope(const Spectrum& spectrum, FeatureRow& row) {
  constexpr int kFirst = 2;
  constexpr int kFewest = 4;
  const int last = spectrum.resolved_degree;
  if (last - kFirst + 1 < kFewest) {
    const std::string reason =
        fmt::format("unresolved: a slope needs {} degrees from {} on (resolved to {})", kFewest, kFirst, last);
    row.set_missing("shape_slope", reason);
    row.set_missing("shape_slope_error", reason);
    return;
  }
  const double count = last - kFirst + 1;
  double mean_x = 0, mean_y = 0;
  for (int l = kFirst; l <= last; ++l) {
    mean_x += std::log(l) / count;
    mean_y += std::log(spectrum.fit.energy(l)) / count;
  }
  double xx = 0, xy = 0, yy = 0;
  for (int l = kFirst; l <= last; ++l) {
    const double x = std::log(l) - mean_x;
    const double y = std::log(spectrum.fit.energy(l)) - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const double slope = xy / xx;
  row.set("shape_slope", slope);
  row.set("shape_slope_error", std::sqrt(std::max(yy - slope * xy, 0.0) / count));
}

/// Curvature of the surface rebuilt to a degree: on the surface itself the second derivatives would show the voxels'
/// steps wherever these are finer than the smoothing but not much.
void set_curvature(const std::string& suffix, Derived& derived, int degree, FeatureRow& row) {
  const Spectrum& spectrum = *derived.spectrum();
  const std::array<const char*, shape::kPlaces> places{"cup", "rut", "saddle", "ridge", "cap"};
  if (spectrum.resolved_degree < degree) {
    std::vector<std::string> names{"bending_energy", "curvedness", "curvedness_sd"};
    for (const char* place : places) names.push_back(fmt::format("index_{}", place));
    for (const std::string& name : names)
      row.set_missing(fmt::format("shape_{}{}", name, suffix), unresolved(spectrum, degree));
    return;
  }
  const auto& [mesh, curvatures] = derived.rebuilt(degree);
  const auto summary = shape::summarise(mesh, curvatures, spectrum.fit.mean_radius_mm);
  row.set("shape_bending_energy" + suffix, summary.bending_energy);
  row.set("shape_curvedness" + suffix, summary.curvedness);
  row.set("shape_curvedness_sd" + suffix, summary.curvedness_sd);
  for (std::size_t n = 0; n < places.size(); ++n)
    row.set(fmt::format("shape_index_{}{}", places[n], suffix), summary.share[n]);
}

/// How far a peak must stand out: a factor e^0.5 of area or angle; one unit of R x mean curvature, which a ball has
/// everywhere.
constexpr double kLogProminence = 0.5;
constexpr double kCurvatureProminence = 1.0;
/// A cone of 90 degrees: what is sharper is a spicule, what is blunter a lobe.
constexpr double kSpiculeSharpness = 0.5;

std::vector<shape::Peak> set_peaks(const std::string& prefix, const shape::TriangleMesh& mesh,
                                   const Eigen::VectorXd& values, double least_prominence, FeatureRow& row) {
  auto peaks = shape::find_peaks(mesh, values, least_prominence);
  double share = 0;
  for (const shape::Peak& peak : peaks) share = std::max(share, peak.share);
  row.set(prefix + "_count", static_cast<double>(peaks.size()));
  row.set(prefix + "_height", peaks.empty() ? 0 : peaks.front().prominence);
  row.set(prefix + "_share", share);
  return peaks;
}

}  // namespace

std::optional<std::string> always_allowed(const CaseData&, Derived&) { return std::nullopt; }

std::optional<std::string> surface_not_allowed(const CaseData&, Derived& derived) {
  const auto& voxels = derived.components().voxels;
  if (!voxels.empty() && voxels.front() < shape::kFewestSurfaceVoxels) {
    return fmt::format("the largest part has {} voxels; a surface needs at least {}", voxels.front(),
                       shape::kFewestSurfaceVoxels);
  }
  return std::nullopt;
}

std::optional<std::string> fractal_not_allowed(const CaseData& data, Derived&) {
  const auto voxels = static_cast<double>(
      std::count_if(data.tumour.voxels.begin(), data.tumour.voxels.end(), [](std::uint8_t v) { return v != 0; }));
  const double radius = std::cbrt(voxels * data.tumour.grid.voxel_volume_mm3() * 3 / (4 * std::numbers::pi));
  const double asked = shape::kTubeShares[0] * radius;
  const double coarsest = data.tumour.grid.spacing_mm().maxCoeff();
  if (coarsest <= asked) return std::nullopt;
  return fmt::format("unresolved: voxels of {:.2f} mm; a radius of {:.2f} mm asks for {:.2f} mm or less", coarsest,
                     radius, asked);
}

Result<void> compute_morphology(const CaseData& data, Derived& derived, FeatureRow& row) {
  const auto measured = shape::measure_morphology(data.tumour, derived.voxel_surface());
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const shape::Morphology& m = *measured;
  row.set("shape_volume_mm3", m.volume_mm3);
  row.set("shape_voxel_volume_mm3", m.voxel_volume_mm3);
  row.set("shape_area_mm2", m.area_mm2);
  row.set("shape_mean_radius_mm", m.mean_radius_mm);
  row.set("shape_max_diameter_mm", m.max_diameter_mm);
  row.set("shape_sphericity", m.sphericity);
  row.set("shape_compactness", std::pow(m.sphericity, 3));
  row.set("shape_convexity", m.volume_mm3 / m.hull_volume_mm3);
  row.set("shape_convexity_area", m.area_mm2 / m.hull_area_mm2);
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

Result<void> compute_spectrum(const CaseData&, Derived& derived, FeatureRow& row) {
  const auto& measured = derived.spectrum();
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const Spectrum& spectrum = *measured;
  const shape::HarmonicFit& fit = spectrum.fit;
  const double spread = 4 * std::numbers::pi * fit.mean_square_radius_mm2;
  double high = 0;
  double above_first = 0;
  for (int l = 1; l <= kMaxDegree; ++l) {
    const double energy = fit.energy(l);
    if (l > 1) above_first += energy * energy;
    if (l > 6) high += energy * energy;
    if (l > spectrum.resolved_degree) {
      row.set_missing(numbered("shape_energy", l), unresolved(spectrum, l));
      row.set_missing(numbered("shape_share", l), unresolved(spectrum, l));
      continue;
    }
    row.set(numbered("shape_energy", l), energy);
    row.set(numbered("shape_share", l), std::pow(energy * fit.mean_radius_mm, 2) / spread);
  }
  if (spectrum.resolved_degree == kMaxDegree) {
    row.set("shape_roughness", std::sqrt(high / above_first));
    row.set("shape_residual", fit.residual_rms_mm / fit.mean_radius_mm);
  } else {
    row.set_missing("shape_roughness", unresolved(spectrum, kMaxDegree));
    row.set_missing("shape_residual", unresolved(spectrum, kMaxDegree));
  }
  set_slope(spectrum, row);
  const auto pose = shape::canonical_pose(spectrum);
  for (Eigen::Index axis = 0; axis < 3; ++axis) {
    const std::string name = fmt::format("shape_axis_{}", axis + 1);
    if (spectrum.resolved_degree < 1) {
      row.set_missing(name, unresolved(spectrum, 1));
    } else {
      row.set(name, pose.semi_axes_mm[axis] / fit.mean_radius_mm);
    }
  }
  return {};
}

Result<void> compute_surface(const CaseData&, Derived& derived, FeatureRow& row) {
  const auto& measured = derived.spectrum();
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const shape::TriangleMesh& mesh = measured->surface.mesh;
  const double volume = shape::enclosed_volume_mm3(mesh);
  const double area = shape::surface_area_mm2(mesh);
  const auto hull = shape::convex_hull(mesh.vertices);
  if (!hull) return fail(hull.error().code(), hull.error().to_string());
  row.set("shape_smooth_sphericity", std::cbrt(36 * std::numbers::pi * volume * volume) / area);
  row.set("shape_smooth_convexity", volume / hull->volume_mm3);
  constexpr int kCoarseDegree = 6;
  set_curvature("", derived, kMaxDegree, row);
  set_curvature("_coarse", derived, kCoarseDegree, row);
  return {};
}

Result<void> compute_lobes(const CaseData&, Derived& derived, FeatureRow& row) {
  const auto& measured = derived.spectrum();
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const shape::TriangleMesh& mesh = measured->surface.mesh;
  const double radius = measured->fit.mean_radius_mm;
  const Eigen::VectorXd log_area = shape::vertex_distortion(mesh, measured->conformal).log_area;
  const Eigen::VectorXd log_angle = shape::vertex_distortion(mesh, measured->points).log_angle;

  if (!log_area.allFinite() || !log_angle.allFinite())
    return fail(ErrorCode::kUndefined, "a part of the surface has no extent on the sphere: no distortion");
  row.set("shape_area_distortion", std::log(shape::measure_map(mesh, measured->conformal).area_distortion));
  row.set("shape_angle_distortion", std::log(measured->quality.angle_distortion));
  const auto protruding = set_peaks("shape_area_peaks", mesh, log_area, kLogProminence, row);
  set_peaks("shape_area_valleys", mesh, -log_area, kLogProminence, row);
  set_peaks("shape_angle_peaks", mesh, log_angle, kLogProminence, row);
  if (measured->resolved_degree == kMaxDegree) {
    const auto& [rebuilt, curvatures] = derived.rebuilt(kMaxDegree);
    const Eigen::VectorXd bend = radius * curvatures.mean();
    if (!bend.allFinite()) return fail(ErrorCode::kUndefined, "points of the rebuilt surface coincide: no curvature");
    set_peaks("shape_curvature_peaks", rebuilt, bend, kCurvatureProminence, row);
    set_peaks("shape_curvature_valleys", rebuilt, -bend, kCurvatureProminence, row);
  } else {
    for (const char* kind : {"peaks", "valleys"}) {
      for (const char* what : {"count", "height", "share"}) {
        row.set_missing(fmt::format("shape_curvature_{}_{}", kind, what), unresolved(*measured, kMaxDegree));
      }
    }
  }

  int spicules = 0;
  double highest = 0;
  double sharpest = 0;
  for (const shape::Peak& peak : protruding) {
    const shape::Protrusion protrusion = shape::measure_protrusion(mesh, peak);
    if (!(protrusion.width_mm > 0)) continue;
    spicules += protrusion.sharpness() > kSpiculeSharpness ? 1 : 0;
    highest = std::max(highest, protrusion.height_mm / radius);
    sharpest = std::max(sharpest, protrusion.sharpness());
  }
  row.set("shape_spicules_count", spicules);
  row.set("shape_lobes_count", static_cast<double>(protruding.size()) - spicules);
  row.set("shape_protrusion_height", highest);
  row.set("shape_protrusion_sharpness", sharpest);
  return {};
}

Result<void> compute_zernike(const CaseData& data, Derived&, FeatureRow& row) {
  constexpr double kMostOutside = 0.002;
  const auto measured = shape::zernike_invariants(data.tumour);
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  for (int n = 0; n <= shape::kZernikeOrder; ++n) {
    for (int l = n % 2; l <= n; l += 2) {
      if (n == 1) continue;  // zero: the body is centred
      const std::string name = fmt::format("shape_zernike_{:02}_{:02}", n, l);
      if (measured->outside_share > kMostOutside) {
        row.set_missing(name, fmt::format("{:.1f} % of the volume lies beyond the unit ball (at most {:.1f} %): too "
                                          "scattered for Zernike functions",
                                          100 * measured->outside_share, 100 * kMostOutside));
      } else {
        row.set(name, measured->at(n, l));
      }
    }
  }
  return {};
}

Result<void> compute_fractal(const CaseData& data, Derived& derived, FeatureRow& row) {
  const auto measured = shape::fractal_dimension(data.tumour, derived.voxel_surface());
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  row.set("shape_fractal_dimension", measured->dimension);
  row.set("shape_fractal_error", measured->fit_error);
  return {};
}

Result<void> compute_compat(const CaseData&, Derived& derived, FeatureRow& row) {
  const auto& measured = derived.spectrum();
  if (!measured) return fail(measured.error().code(), measured.error().to_string());
  const auto& vertices = measured->surface.mesh.vertices;
  const auto count = static_cast<double>(vertices.size());
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  for (const Eigen::Vector3d& vertex : vertices) centre += vertex / count;
  double radius = 0;
  for (const Eigen::Vector3d& vertex : vertices) radius += (vertex - centre).norm() / count;
  const auto pose = shape::canonical_pose(*measured);
  // Their poles lie on the longest axis.
  shape::CanonicalPose polar = pose;
  polar.object_axes << pose.object_axes.col(1), pose.object_axes.col(2), pose.object_axes.col(0);
  polar.sphere_axes << pose.sphere_axes.col(1), pose.sphere_axes.col(2), pose.sphere_axes.col(0);
  const shape::HarmonicFit fit = shape::fit_in_pose(*measured, polar);

  row.set("wu2021_radius_mm", radius);
  for (Eigen::Index axis = 0; axis < 3; ++axis) {
    // sqrt(4 pi)/3 x semi-axis, ascending as theirs.
    row.set(fmt::format("wu2021_shape_scale_{}", axis + 1),
            std::sqrt(4 * std::numbers::pi) / 3 * pose.semi_axes_mm[2 - axis] / radius);
  }
  for (int l = 1; l <= kMaxDegree; ++l) {
    // Complex orders +m and -m share the power of the two real ones.
    std::vector<double> power;
    const auto square = [&](int m) { return fit.coefficients.row(shape::harmonic_index(l, m)).squaredNorm(); };
    power.push_back(square(0));
    for (int m = 1; m <= l; ++m) power.insert(power.end(), 2, (square(m) + square(-m)) / 2);
    double sum = 0;
    for (const double p : power) sum += p;
    row.set(numbered("wu2021_energy", l), std::sqrt(sum) / radius);
    row.set(numbered("wu2021_skewness", l), shape::reference_entropy(power));
  }
  return {};
}

}  // namespace radtype::feature
