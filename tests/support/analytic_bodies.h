// Surfaces whose spectrum is known: meshes of bodies of revolution and ellipsoids, and the oracle of their spectrum.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <vector>

#include "radtype/shape/mesh.h"

namespace radtype::test {

/// Icosahedron with every triangle split in four `levels` times: 10 * 4^levels + 2 vertices on the unit sphere.
inline shape::TriangleMesh icosphere(int levels) {
  const double g = std::numbers::phi;
  shape::TriangleMesh mesh;
  mesh.vertices = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
                   {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
  mesh.triangles = {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
                    {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
                    {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
  for (auto& v : mesh.vertices) v.normalize();
  for (int level = 0; level < levels; ++level) {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> middle;
    const auto between = [&](std::int32_t a, std::int32_t b) {
      const auto [found, added] =
          middle.try_emplace({std::min(a, b), std::max(a, b)}, static_cast<std::int32_t>(mesh.vertices.size()));
      if (added) {
        const Eigen::Vector3d sum =
            mesh.vertices[static_cast<std::size_t>(a)] + mesh.vertices[static_cast<std::size_t>(b)];
        mesh.vertices.push_back(sum.normalized());
      }
      return found->second;
    };
    std::vector<std::array<std::int32_t, 3>> finer;
    for (const auto& [a, b, c] : mesh.triangles) {
      const auto ab = between(a, b);
      const auto bc = between(b, c);
      const auto ca = between(c, a);
      finer.insert(finer.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
    }
    mesh.triangles = std::move(finer);
  }
  return mesh;
}

/// Radius from the axis and height as functions of a parameter in [0, pi], from the top (z > 0) to the bottom.
struct BodyOfRevolution {
  std::function<std::pair<double, double>(double)> profile;
};

inline BodyOfRevolution spheroid(double equatorial, double polar) {
  return {[=](double t) { return std::pair(equatorial * std::sin(t), polar * std::cos(t)); }};
}
/// Star-shaped about the origin: distance as a function of the angle from +z.
inline BodyOfRevolution star(std::function<double(double)> distance) {
  return {[=](double t) { return std::pair(distance(t) * std::sin(t), distance(t) * std::cos(t)); }};
}
/// Cassini oval turned about its long axis: a waist without being two bodies.
inline BodyOfRevolution cassini_peanut(double a, double b) {
  return star([=](double t) {
    const double c2 = std::cos(2 * t);
    const double s2 = std::sin(2 * t);
    return std::sqrt(a * a * c2 + std::sqrt(b * b * b * b - a * a * a * a * s2 * s2));
  });
}
/// One end thick, one thin: odd and even degrees.
inline BodyOfRevolution pear() {
  return star([](double t) { return 10 * (1 - 0.25 * std::cos(t) + 0.12 * std::cos(2 * t)); });
}

/// `rotation` turns the pattern of triangles, not the body: two meshes of one surface.
inline shape::TriangleMesh mesh_of(const BodyOfRevolution& body, int levels,
                                   const Eigen::Matrix3d& rotation = Eigen::Matrix3d::Identity()) {
  shape::TriangleMesh mesh = icosphere(levels);
  for (auto& v : mesh.vertices) {
    v = rotation * v;
    const double theta = std::acos(std::clamp(v[2], -1.0, 1.0));
    const double phi = std::atan2(v[1], v[0]);
    const auto [r, z] = body.profile(theta);
    v = {r * std::cos(phi), r * std::sin(phi), z};
  }
  return mesh;
}

/// Energies of degree 1..max_degree under the axisymmetric equal-area map, which is the canonical map of a body of
/// revolution: cos(theta) = 1 - 2 A/A_total. x is even about the axis in cos(phi), so only m = 1 (x), -1 (y) and 0 (z)
/// occur.
inline std::vector<double> oracle_energies(const BodyOfRevolution& body, int max_degree, int intervals = 20000) {
  const auto n = static_cast<std::size_t>(intervals);
  std::vector<double> r(n + 1), z(n + 1), u(n + 1);
  std::vector<double> area(n + 1, 0);
  for (std::size_t i = 0; i <= n; ++i)
    std::tie(r[i], z[i]) = body.profile(std::numbers::pi * static_cast<double>(i) / intervals);
  for (std::size_t i = 1; i <= n; ++i)
    area[i] = area[i - 1] + std::numbers::pi * (r[i] + r[i - 1]) * std::hypot(r[i] - r[i - 1], z[i] - z[i - 1]);
  double centroid = 0;
  for (std::size_t i = 1; i <= n; ++i) centroid += 0.5 * (z[i] + z[i - 1]) * (area[i] - area[i - 1]) / area[n];
  double mean_radius = 0;
  for (std::size_t i = 1; i <= n; ++i) {
    mean_radius +=
        std::hypot(0.5 * (r[i] + r[i - 1]), 0.5 * (z[i] + z[i - 1]) - centroid) * (area[i] - area[i - 1]) / area[n];
  }
  for (std::size_t i = 0; i <= n; ++i) u[i] = 1 - 2 * area[i] / area[n];
  std::vector<double> energies(static_cast<std::size_t>(max_degree) + 1, 0);
  for (int l = 1; l <= max_degree; ++l) {
    double along = 0;
    double across = 0;
    for (std::size_t i = 1; i <= n; ++i) {
      const double du = u[i - 1] - u[i];
      const double middle = 0.5 * (u[i] + u[i - 1]);
      along += 0.5 * (z[i] + z[i - 1]) * std::legendre(static_cast<unsigned>(l), middle) * du;
      across += 0.5 * (r[i] + r[i - 1]) * std::assoc_legendre(static_cast<unsigned>(l), 1, middle) * du;
    }
    along *= std::sqrt(std::numbers::pi * (2 * l + 1));
    across *= std::sqrt(std::numbers::pi * (2 * l + 1) / (2.0 * l * (l + 1)));
    energies[static_cast<std::size_t>(l)] = std::sqrt(along * along + 2 * across * across) / mean_radius;
  }
  return energies;
}

}  // namespace radtype::test
