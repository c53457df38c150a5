#include "radtype/shape/spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "shape/map_stages.h"

namespace radtype::shape {
namespace {

constexpr double kFinerMesh = 1.4;

}  // namespace

Result<Spectrum> measure_spectrum(Surface surface, const SpectrumOptions& options) {
  Spectrum spectrum;
  spectrum.surface = std::move(surface);
  const TriangleMesh& mesh = spectrum.surface.mesh;
  PoissonSolver solver(mesh.triangles, mesh.vertices.size());
  auto conformal = conformal_map(mesh, options.conformal, solver);
  if (!conformal) return pass_on(std::move(conformal));
  auto equal = equalise_area(mesh, *conformal, options.equal_area, solver);
  if (!equal) return pass_on(std::move(equal));
  spectrum.conformal = std::move(*conformal);
  spectrum.points = std::move(*equal);
  spectrum.quality = measure_map(mesh, spectrum.points);
  if (spectrum.quality.flipped > 0 || !(spectrum.quality.trimmed_area_distortion <= options.max_area_distortion)) {
    return fail(ErrorCode::kUndefined, fmt::format("the map to the sphere stays at area distortion {:.3f} without its "
                                                   "worst {:.1f} % (at most {:.2f} is accepted), "
                                                   "{} triangles folded",
                                                   spectrum.quality.trimmed_area_distortion, 100 * kTipShare,
                                                   options.max_area_distortion, spectrum.quality.flipped));
  }
  spectrum.fit = fit_harmonics(mesh, spectrum.points);
  spectrum.resolved_degree = kMaxDegree;
  return spectrum;
}

Result<Spectrum> measure_spectrum(const Mask& mask, const SpectrumOptions& options) {
  auto surface = extract_surface(mask, options.surface);
  if (!surface) return pass_on(std::move(surface));
  auto spectrum = measure_spectrum(std::move(*surface), options);
  if (!spectrum) {
    // The image of a thin part may be near the limit of double precision, and where a path along it ends is then a
    // matter of the mesh: it is walked once more on a finer one.
    SurfaceOptions finer = options.surface;
    finer.target_vertices = static_cast<int>(kFinerMesh * finer.target_vertices);
    if (surface = extract_surface(mask, finer); !surface) return spectrum;
    auto second = measure_spectrum(std::move(*surface), options);
    if (!second) return spectrum;
    spectrum = std::move(second);
  }
  const double wavelength_1 = 2 * std::numbers::pi * spectrum->fit.mean_radius_mm;
  const double finest = wavelength_1 / (2 * mask.grid.spacing_mm().maxCoeff());
  spectrum->resolved_degree = std::min(kMaxDegree, static_cast<int>(std::floor(finest)));
  return spectrum;
}

}  // namespace radtype::shape
