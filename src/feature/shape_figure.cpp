#include "feature/shape_figure.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/figure/render.h"
#include "radtype/shape/curvature.h"
#include "radtype/shape/pose.h"

namespace radtype::feature {
namespace {

constexpr int kShapePanels = 6;
constexpr double kShapePanelGapPt = 8;
constexpr double kShapeTitlePt = 14;
constexpr double kChartPt = 96;
constexpr int kPixels = 360;

double shape_panel_pt(double width_pt) { return (width_pt - (kShapePanels - 1) * kShapePanelGapPt) / kShapePanels; }

/// Hollow blue, flat grey, domed orange; -1..1.
figure::Colour curvature_colour(double t) {
  const figure::Colour end = t < 0 ? figure::Colour{0.0, 0.36, 0.70, 1} : figure::Colour{0.90, 0.45, 0.0, 1};
  const figure::Colour middle{0.90, 0.90, 0.88, 1};
  const double w = std::min(std::abs(t), 1.0);
  return {middle.r + w * (end.r - middle.r), middle.g + w * (end.g - middle.g), middle.b + w * (end.b - middle.b), 1};
}

std::vector<figure::Colour> curvature_colours(const shape::TriangleMesh& mesh, double radius_mm) {
  const Eigen::VectorXd bend = radius_mm * shape::principal_curvatures(mesh).mean();
  std::vector<figure::Colour> colours;
  // A ball has 1 everywhere: the colours turn at half of that and end at -2 and 3.
  for (const double value : bend) colours.push_back(curvature_colour((value - 0.5) / 2.5));
  return colours;
}

double farthest(const shape::TriangleMesh& mesh, const Eigen::Vector3d& centre) {
  double square = 0;
  for (const Eigen::Vector3d& vertex : mesh.vertices) square = std::max(square, (vertex - centre).squaredNorm());
  return std::sqrt(square);
}

void draw_spectrum(figure::Canvas& canvas, const shape::Spectrum& spectrum, double x, double y, double width,
                   double height) {
  constexpr double kLow = -3;
  constexpr double kHigh = 1;
  const double left = x + 34;
  const double bottom = y + height - 16;
  const double top = y + 10;
  const auto level = [&](double exponent) { return bottom - (exponent - kLow) / (kHigh - kLow) * (bottom - top); };
  for (int exponent = -3; exponent <= 1; ++exponent) {
    canvas.line(left, level(exponent), x + width, level(exponent), {0.85, 0.85, 0.85, 1}, 0.5);
    canvas.text(left - 4, level(exponent) + 2.5, fmt::format("{:g}", std::pow(10.0, exponent)),
                {.size_pt = 7, .anchor = figure::Anchor::kEnd});
  }
  const double pitch = (x + width - left) / shape::kMaxDegree;
  for (int l = 1; l <= shape::kMaxDegree; ++l) {
    const double energy = spectrum.fit.energy(l);
    const double exponent = std::clamp(std::log10(energy), kLow, kHigh);
    const bool resolved = l <= spectrum.resolved_degree;
    const double bar = left + (l - 1) * pitch;
    canvas.rectangle(bar + 0.15 * pitch, level(exponent), 0.7 * pitch, bottom - level(exponent),
                     resolved ? figure::series_colour(0) : figure::Colour{0.8, 0.8, 0.8, 1});
    canvas.text(bar + 0.5 * pitch, bottom + 9, fmt::format("{}", l), {.size_pt = 7, .anchor = figure::Anchor::kMiddle});
    if (resolved) {
      canvas.text(bar + 0.5 * pitch, level(exponent) - 2, fmt::format("{:.3g}", energy),
                  {.size_pt = 5.5, .anchor = figure::Anchor::kMiddle});
    }
  }
  canvas.text(left, y + 4, "energy by degree (grey: finer than two of the coarsest voxel spacings)", {.size_pt = 8});
}

}  // namespace

double shape_figure_height_pt(double width_pt) { return kShapeTitlePt + shape_panel_pt(width_pt) + 12 + kChartPt; }

void draw_shape(figure::Canvas& canvas, const shape::Spectrum& spectrum, double x, double y, double width_pt) {
  const shape::TriangleMesh& mesh = spectrum.surface.mesh;
  const shape::CanonicalPose pose = shape::canonical_pose(spectrum);
  const double side = shape_panel_pt(width_pt);
  const Eigen::Vector3d centre = spectrum.fit.coefficients.row(0).transpose() * (0.5 / std::sqrt(M_PI));
  const double half_width = 1.06 * farthest(mesh, centre);
  const auto panel = [&](int n, const std::string& title, const shape::TriangleMesh& shown,
                         const std::vector<figure::Colour>& colours, const figure::View& view) {
    const double left = x + n * (side + kShapePanelGapPt);
    canvas.text(left, y + kShapeTitlePt - 5, title, {.size_pt = 8});
    const auto rgb = figure::render_mesh(shown.vertices, shown.triangles, colours, view, kPixels);
    canvas.image(left, y + kShapeTitlePt, side, side, kPixels, kPixels, rgb, true);
  };

  const std::vector<figure::Colour> colours = curvature_colours(mesh, spectrum.fit.mean_radius_mm);
  const figure::View on_object{pose.object_axes.transpose(), centre, half_width};
  panel(0, "surface, mean curvature", mesh, colours, on_object);
  const shape::TriangleMesh sphere{spectrum.points, mesh.triangles};
  panel(1, "the same on the sphere", sphere, colours, {pose.sphere_axes.transpose(), Eigen::Vector3d::Zero(), 1.06});
  int n = 2;
  for (const int degree : {1, 3, 6, 15}) {
    const shape::TriangleMesh rebuilt = shape::reconstruct(spectrum.fit, mesh, spectrum.points, degree);
    panel(n++, fmt::format("to degree {}", degree), rebuilt, curvature_colours(rebuilt, spectrum.fit.mean_radius_mm),
          on_object);
  }
  draw_spectrum(canvas, spectrum, x, y + kShapeTitlePt + side + 12, width_pt, kChartPt);
}

}  // namespace radtype::feature
