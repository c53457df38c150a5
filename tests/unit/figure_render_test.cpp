#include "radtype/figure/render.h"

#include <gtest/gtest.h>

namespace radtype::figure {
namespace {

using Eigen::Vector3d;

/// Octahedron; red towards +z, blue towards -z.
struct Body {
  std::vector<Vector3d> vertices{{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
  std::vector<std::array<std::int32_t, 3>> triangles{{0, 2, 4}, {2, 1, 4}, {1, 3, 4}, {3, 0, 4},
                                                     {2, 0, 5}, {1, 2, 5}, {3, 1, 5}, {0, 3, 5}};
  std::vector<Colour> colours{6, Colour{0.5, 0.5, 0.5, 1}};
  Body() {
    colours[4] = {1, 0, 0, 1};
    colours[5] = {0, 0, 1, 1};
  }
};

std::array<int, 3> pixel(const std::vector<std::uint8_t>& rgb, int size, int x, int y) {
  const auto first = static_cast<std::size_t>(3 * (y * size + x));
  return {rgb[first], rgb[first + 1], rgb[first + 2]};
}

TEST(Render, ShowsTheNearSideOnly) {
  const Body body;
  View view;
  view.half_width = 1.2;
  const auto front = render_mesh(body.vertices, body.triangles, body.colours, view, 101);
  EXPECT_GT(pixel(front, 101, 50, 50)[0], 150);
  EXPECT_LT(pixel(front, 101, 50, 50)[2], 60);
  EXPECT_EQ(pixel(front, 101, 1, 1), (std::array<int, 3>{255, 255, 255}));
  view.axes << -1, 0, 0, 0, 1, 0, 0, 0, -1;  // from behind
  const auto back = render_mesh(body.vertices, body.triangles, body.colours, view, 101);
  EXPECT_LT(pixel(back, 101, 50, 50)[0], 60);
  EXPECT_GT(pixel(back, 101, 50, 50)[2], 100);
}

TEST(Render, UpIsUp) {
  Body body;
  body.colours[2] = {0, 1, 0, 1};  // +y
  View view;
  view.half_width = 1.2;
  const auto rgb = render_mesh(body.vertices, body.triangles, body.colours, view, 101);
  EXPECT_GT(pixel(rgb, 101, 50, 14)[1], pixel(rgb, 101, 50, 86)[1]);
  EXPECT_EQ(rgb, render_mesh(body.vertices, body.triangles, body.colours, view, 101));
}

}  // namespace
}  // namespace radtype::figure
