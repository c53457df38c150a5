#include "radtype/figure/render.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Geometry>

namespace radtype::figure {
namespace {

using Eigen::Vector3d;

std::size_t at(std::int64_t id) { return static_cast<std::size_t>(id); }

std::uint8_t byte_of(double value) { return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))); }

}  // namespace

std::vector<std::uint8_t> render_mesh(std::span<const Vector3d> vertices,
                                      std::span<const std::array<std::int32_t, 3>> triangles,
                                      std::span<const Colour> colours, const View& view, int pixels,
                                      const Colour& background) {
  RADTYPE_CHECK(pixels > 0 && view.half_width > 0 && colours.size() == vertices.size());
  const Vector3d light = Vector3d(-0.4, 0.5, 0.77).normalized();
  std::vector<Vector3d> seen;  // x, y in pixels, y downwards; z towards the viewer
  std::vector<Vector3d> normals(vertices.size(), Vector3d::Zero());
  seen.reserve(vertices.size());
  const double scale = 0.5 * pixels / view.half_width;
  for (const Vector3d& vertex : vertices) {
    const Vector3d turned = view.axes * (vertex - view.centre);
    seen.emplace_back(0.5 * pixels + scale * turned[0], 0.5 * pixels - scale * turned[1], scale * turned[2]);
  }
  for (const auto& t : triangles) {
    const Vector3d& a = vertices[at(t[0])];
    const Vector3d normal = view.axes * (vertices[at(t[1])] - a).cross(vertices[at(t[2])] - a);
    for (const std::int32_t id : t) normals[at(id)] += normal;
  }
  std::vector<double> shade(vertices.size());
  for (std::size_t i = 0; i < shade.size(); ++i) {
    const double length = normals[i].norm();
    shade[i] = length > 0 ? 0.45 + 0.55 * std::max(0.0, normals[i].dot(light) / length) : 0.45;
  }

  std::vector<std::uint8_t> rgb(at(3) * at(pixels) * at(pixels));
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    rgb[i] = byte_of(background.r);
    rgb[i + 1] = byte_of(background.g);
    rgb[i + 2] = byte_of(background.b);
  }
  std::vector<double> depth(at(pixels) * at(pixels), -std::numeric_limits<double>::infinity());
  for (const auto& t : triangles) {
    const Vector3d& a = seen[at(t[0])];
    const Vector3d& b = seen[at(t[1])];
    const Vector3d& c = seen[at(t[2])];
    // With y downwards what faces the viewer turns the other way round.
    const double area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (!(area < 0)) continue;
    const auto low = [&](int axis) {
      return std::max(0, static_cast<int>(std::ceil(std::min({a[axis], b[axis], c[axis]}) - 0.5)));
    };
    const auto high = [&](int axis) {
      return std::min(pixels - 1, static_cast<int>(std::floor(std::max({a[axis], b[axis], c[axis]}) - 0.5)));
    };
    for (int y = low(1); y <= high(1); ++y) {
      for (int x = low(0); x <= high(0); ++x) {
        const double px = x + 0.5;
        const double py = y + 0.5;
        const double wa = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) / area;
        const double wb = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) / area;
        const double wc = 1 - wa - wb;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const double z = wa * a[2] + wb * b[2] + wc * c[2];
        const std::size_t pixel = at(y) * at(pixels) + at(x);
        if (z <= depth[pixel]) continue;
        depth[pixel] = z;
        const auto mixed = [&](double Colour::*channel) {
          return wa * shade[at(t[0])] * colours[at(t[0])].*channel + wb * shade[at(t[1])] * colours[at(t[1])].*channel +
                 wc * shade[at(t[2])] * colours[at(t[2])].*channel;
        };
        rgb[3 * pixel] = byte_of(mixed(&Colour::r));
        rgb[3 * pixel + 1] = byte_of(mixed(&Colour::g));
        rgb[3 * pixel + 2] = byte_of(mixed(&Colour::b));
      }
    }
  }
  return rgb;
}

}  // namespace radtype::figure
