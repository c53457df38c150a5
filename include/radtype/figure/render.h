// Shaded pictures of closed triangle surfaces, for pages drawn on a Canvas.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "radtype/figure/canvas.h"

namespace radtype::figure {

struct View {
  /// Rows: the directions that become right, up, and towards the viewer; orthonormal, right-handed.
  Eigen::Matrix3d axes = Eigen::Matrix3d::Identity();
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  double half_width = 1;  ///< from the centre to the edge of the square picture, in the vertices' unit
};

/// Orthographic, lit from the upper left, colours given at the vertices; 3 bytes a pixel, rows top down, `pixels`
/// squared. Triangles are counter-clockwise seen from outside. The same input gives the same bytes.
std::vector<std::uint8_t> render_mesh(std::span<const Eigen::Vector3d> vertices,
                                      std::span<const std::array<std::int32_t, 3>> triangles,
                                      std::span<const Colour> colours, const View& view, int pixels,
                                      const Colour& background = {1, 1, 1, 1});

}  // namespace radtype::figure
