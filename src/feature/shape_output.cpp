// The canonical surface and its coefficients for other programs.
#include "radtype/feature/case_run.h"
#include "radtype/shape/curvature.h"
#include "radtype/shape/mesh_files.h"
#include "radtype/shape/pose.h"

namespace radtype::feature {
namespace {

Result<const shape::Spectrum*> spectrum_of(const CaseRow& row) {
  if (row.extraction.spectrum) return &*row.extraction.spectrum;
  for (const FamilyReport& report : row.extraction.families) {
    const bool needs_it = report.family == "shape_spectrum" || report.family == "shape_surface" ||
                          report.family == "shape_lobes" || report.family == "compat_wu2021";
    if (needs_it && report.outcome != "not asked for")
      return fail(ErrorCode::kUndefined, "no surface: " + report.reason);
  }
  return fail(ErrorCode::kUndefined, row.extraction.families.empty()
                                         ? "no surface: " + row.extraction.reason
                                         : "no surface: none of the families asked for makes one");
}

nlohmann::json rows_of(const Eigen::MatrixXd& matrix) {
  nlohmann::json rows = nlohmann::json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    nlohmann::json row = nlohmann::json::array();
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) row.push_back(matrix(i, j));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<void> write_surface(const CaseRow& row, const std::filesystem::path& path, bool force) {
  const auto found = spectrum_of(row);
  if (!found) return pass_on(Result<const shape::Spectrum*>(found));
  const shape::Spectrum& spectrum = **found;
  const shape::TriangleMesh& mesh = spectrum.surface.mesh;
  const auto curvature = shape::principal_curvatures(mesh);
  std::vector<shape::VertexValues> values = {
      {"curvature_larger_per_mm", curvature.larger},
      {"curvature_smaller_per_mm", curvature.smaller},
      {"conformal_log_area", shape::vertex_distortion(mesh, spectrum.conformal).log_area},
      {"canonical_log_angle", shape::vertex_distortion(mesh, spectrum.points).log_angle}};
  const std::array<const char*, 3> names{"sphere_x", "sphere_y", "sphere_z"};
  for (Eigen::Index axis = 0; axis < 3; ++axis) {
    Eigen::VectorXd component(static_cast<Eigen::Index>(spectrum.points.size()));
    for (std::size_t i = 0; i < spectrum.points.size(); ++i)
      component[static_cast<Eigen::Index>(i)] = spectrum.points[i][axis];
    values.push_back({names[static_cast<std::size_t>(axis)], std::move(component)});
  }
  return shape::write_mesh(mesh, values, path, force);
}

Result<nlohmann::json> coefficients_json(const CaseRow& row) {
  const auto found = spectrum_of(row);
  if (!found) return pass_on(Result<const shape::Spectrum*>(found));
  const shape::Spectrum& spectrum = **found;
  const shape::CanonicalPose pose = shape::canonical_pose(spectrum);
  return nlohmann::json{
      {"case", row.case_id},
      {"label", row.label},
      {"roi", row.roi},
      {"convention",
       "real orthonormal harmonics without Condon-Shortley phase, row l*l+l+m; columns x, y, z in LPS mm; row 0 is the "
       "centre times sqrt(4 pi)"},
      {"degree", spectrum.fit.degree},
      {"resolved_degree", spectrum.resolved_degree},
      {"mean_radius_mm", spectrum.fit.mean_radius_mm},
      {"residual_rms_mm", spectrum.fit.residual_rms_mm},
      {"coefficients", rows_of(spectrum.fit.coefficients)},
      {"pose",
       {{"object_axes", rows_of(pose.object_axes)},
        {"sphere_axes", rows_of(pose.sphere_axes)},
        {"semi_axes_mm", {pose.semi_axes_mm[0], pose.semi_axes_mm[1], pose.semi_axes_mm[2]}},
        {"skewness", {pose.skewness[0], pose.skewness[1], pose.skewness[2]}},
        {"axes_ambiguous", pose.axes_ambiguous},
        {"signs_ambiguous", pose.signs_ambiguous}}},
      {"coefficients_in_pose", rows_of(shape::fit_in_pose(spectrum, pose).coefficients)}};
}

}  // namespace radtype::feature
