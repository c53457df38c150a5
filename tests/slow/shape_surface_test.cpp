// Bodies that are no balls: what becomes of each is stated, and nothing is silent.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "radtype/core/label_map.h"
#include "radtype/core/seed.h"
#include "radtype/shape/spectrum.h"
#include "shape/simple_point.h"
#include "shape/topology.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using test::ball;
using test::either;
using test::torus;
using test::voxelise;

std::int64_t euler_characteristic(const TriangleMesh& mesh) {
  const auto faces = static_cast<std::int64_t>(mesh.triangles.size());
  return static_cast<std::int64_t>(mesh.vertices.size()) - faces / 2;
}

/// A surface of genus 0 without folds in its map, enclosing the volume it reports.
Spectrum expect_canonical(const Mask& mask) {
  auto spectrum = measure_spectrum(mask);
  if (!spectrum) throw std::runtime_error(spectrum.error().to_string());
  EXPECT_EQ(euler_characteristic(spectrum->surface.mesh), 2);
  EXPECT_EQ(spectrum->quality.flipped, 0);
  EXPECT_LT(spectrum->quality.area_distortion, 1.05);
  return std::move(*spectrum);
}

TEST(SimplePoint, AgreesWithTheSurfaceItChanges) {
  // A point is simple exactly where adding it keeps the Euler characteristic of the marching-cubes surface and the
  // counts of parts; on random neighbourhoods the characteristic alone must never change at a simple point.
  Random random(5);
  const Grid grid = *make_grid({5, 5, 5}, Vector3d::Ones(), Eigen::Matrix3d::Identity(), Vector3d::Zero());
  int simple = 0;
  for (int n = 0; n < 4000; ++n) {
    Mask without(grid);
    std::uint32_t bits = 0;
    const std::uint64_t density = 1 + random.below(9);
    for (std::uint32_t p = 0; p < 27; ++p) {
      if (p == 13 || random.below(10) >= density) continue;
      bits |= 1u << p;
      without.at(1 + p % 3, 1 + p / 3 % 3, 1 + p / 9) = 1;
    }
    if (!is_simple(bits)) continue;
    ++simple;
    Mask with = without;
    with.at(2, 2, 2) = 1;
    ASSERT_EQ(euler_characteristic(marching_cubes(without)), euler_characteristic(marching_cubes(with))) << bits;
  }
  EXPECT_GT(simple, 300);
  EXPECT_FALSE(is_simple(0)) << "an isolated point starts a part";
  EXPECT_FALSE(is_simple((1u << 27) - 1)) << "an inner point starts a hollow";
  EXPECT_FALSE(is_simple(1u << 12 | 1u << 14)) << "a bridge between two voxels";
}

TEST(Surface, EnclosesTheVolumeOfTheMask) {
  for (const Vector3d& spacing : {Vector3d(1, 1, 1), Vector3d(0.7, 0.7, 3), Vector3d(2, 0.5, 1)}) {
    const Mask mask = voxelise(test::ellipsoid({9, 12, 15}), 16, spacing);
    const auto surface = extract_surface(mask);
    ASSERT_TRUE(surface) << surface.error().to_string();
    const double voxels = static_cast<double>(std::count(mask.voxels.begin(), mask.voxels.end(), 1));
    EXPECT_NEAR(enclosed_volume_mm3(surface->mesh) / (voxels * mask.grid.voxel_volume_mm3()), 1, 1e-3);
    // Smooth: the area is that of the body (Thomsen's formula is good to 1.1 %), not of its voxels.
    EXPECT_NEAR(surface_area_mm2(surface->mesh) / 1797.0, 1, 0.03);
    EXPECT_EQ(surface->report.handles + surface->report.cavities, 0);
  }
}

// The surface of a repaired handle has a crevice or a step where it was cut or closed; whether its map reaches equal
// area is for the map to say, and it is never folded.
void expect_repaired(const Mask& mask, int handles) {
  const auto surface = extract_surface(mask);
  ASSERT_TRUE(surface) << surface.error().to_string();
  EXPECT_EQ(euler_characteristic(surface->mesh), 2);
  EXPECT_EQ(surface->report.handles, handles);
  EXPECT_GT(surface->report.repaired_share, 0);
  EXPECT_LE(surface->report.repaired_share, 0.10);
  const auto spectrum = measure_spectrum(*surface);
  if (spectrum) {
    EXPECT_EQ(spectrum->quality.flipped, 0);
  } else {
    EXPECT_EQ(spectrum.error().code(), ErrorCode::kUndefined);
    EXPECT_NE(spectrum.error().message().find("area distortion"), std::string::npos);
  }
}

TEST(Surface, HandlesAreCutOrClosedAndCounted) {
  expect_repaired(voxelise(torus(12, 4.5), 18, Vector3d::Constant(1.0)), 1);
  expect_repaired(voxelise(torus(10, 7), 18, Vector3d::Constant(1.0)), 1);
  expect_repaired(voxelise(either(torus(9, 4, {-11, 0, 0}), torus(9, 4, {11, 0, 0})), 26, Vector3d::Constant(1.0)), 2);
}

TEST(Surface, HollowBallIsFilled) {
  const auto body = [](const Vector3d& p) { return p.norm() <= 12 && p.norm() >= 5; };
  const Spectrum s = expect_canonical(voxelise(body, 12, Vector3d::Constant(1.0)));
  EXPECT_EQ(s.surface.report.cavities, 1);
  EXPECT_NEAR(s.fit.energy(1) / std::sqrt(4 * std::numbers::pi), 1, 0.005);
}

TEST(Surface, ThickestHollowIsRefusedByRule) {
  const auto shell = [](const Vector3d& p) { return p.norm() <= 14 && p.norm() >= 10; };
  const auto spectrum = measure_spectrum(voxelise(shell, 14, Vector3d::Constant(1.0)));
  ASSERT_FALSE(spectrum);
  EXPECT_EQ(spectrum.error().code(), ErrorCode::kUndefined);
  EXPECT_NE(spectrum.error().message().find("cavities"), std::string::npos);
}

TEST(Surface, OfTwoBallsTheLargerAndTheShareOfTheOther) {
  const Spectrum s =
      expect_canonical(voxelise(either(ball(10, {-12, 0, 0}), ball(6, {9, 0, 0})), 26, Vector3d::Constant(1.0)));
  EXPECT_EQ(s.surface.report.components, 2);
  EXPECT_NEAR(s.surface.report.satellites_share, 216.0 / 1216, 0.01);
  EXPECT_NEAR(s.fit.mean_radius_mm, 10, 0.15);
}

TEST(Surface, BallsThatTouchAtAnEdgeOrCorner) {
  for (const Vector3d& step : {Vector3d(1, 1, 0), Vector3d(1, 1, 1)}) {
    Mask mask(*make_grid({24, 24, 24}, Vector3d::Ones(), Eigen::Matrix3d::Identity(), Vector3d::Zero()));
    for (std::int64_t n = 0; n < 512; ++n) {
      const Size3 p{2 + n % 8, 2 + n / 8 % 8, 2 + n / 64};
      mask.at(p[0], p[1], p[2]) = 1;
      mask.at(p[0] + static_cast<std::int64_t>(8 * step[0]), p[1] + static_cast<std::int64_t>(8 * step[1]),
              p[2] + static_cast<std::int64_t>(8 * step[2])) = 1;
    }
    const auto surface = extract_surface(mask);
    ASSERT_TRUE(surface) << surface.error().to_string();
    EXPECT_EQ(euler_characteristic(surface->mesh), 2);
    EXPECT_EQ(surface->report.components, 1) << "26-connected";
    const double lost = surface->report.lost_pieces_share;
    EXPECT_TRUE(lost < 0.01 || std::abs(lost - 0.5) < 0.05)
        << "one body, or one of two and the other counted: " << lost;
  }
}

TEST(Surface, FromOneVoxelToTwentySeven) {
  for (std::int64_t n = 1; n <= 27; ++n) {
    Mask mask(*make_grid({9, 9, 9}, Vector3d::Ones(), Eigen::Matrix3d::Identity(), Vector3d::Zero()));
    for (std::int64_t p = 0; p < n; ++p) mask.at(3 + p % 3, 3 + p / 3 % 3, 3 + p / 9) = 1;
    const auto spectrum = measure_spectrum(mask);
    if (n < 8) {
      ASSERT_FALSE(spectrum);
      EXPECT_EQ(spectrum.error().code(), ErrorCode::kUndefined);
    } else {
      ASSERT_TRUE(spectrum) << n << " voxels: " << spectrum.error().to_string();
      EXPECT_EQ(spectrum->quality.flipped, 0);
      EXPECT_LT(spectrum->resolved_degree, kMaxDegree);
    }
  }
}

TEST(Surface, RodsAndPlatesOfOneVoxel) {
  for (const Size3& size : {Size3{20, 1, 1}, Size3{12, 12, 1}, Size3{40, 2, 2}}) {
    Mask mask(*make_grid({size[0] + 4, size[1] + 4, size[2] + 4}, Vector3d::Ones(), Eigen::Matrix3d::Identity(),
                         Vector3d::Zero()));
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i) mask.at(2 + i, 2 + j, 2 + k) = 1;
      }
    }
    const auto spectrum = measure_spectrum(mask);
    if (spectrum) {
      EXPECT_EQ(spectrum->quality.flipped, 0);
      EXPECT_LT(spectrum->quality.area_distortion, 1.05);
    } else {
      EXPECT_EQ(spectrum.error().code(), ErrorCode::kUndefined);
      EXPECT_GT(spectrum.error().message().size(), 20u);
    }
  }
}

TEST(Surface, ASpiralIsMappedOrRefusedByRule) {
  // A tube of 3 mm radius on a helix of 9 mm radius, 9 mm a turn: the longer, the smaller its ends on the conformal
  // sphere.
  int mapped = 0;
  for (const double turns : {0.5, 1.0, 1.5, 3.0}) {
    const auto helix = [=](const Vector3d& p) {
      double nearest = 1e9;
      for (int n = 0; n <= 200; ++n) {
        const double t = turns * (n / 200.0 - 0.5);
        const double angle = 2 * std::numbers::pi * t;
        nearest = std::min(nearest, (p - Vector3d(9 * std::cos(angle), 9 * std::sin(angle), 9 * t)).squaredNorm());
      }
      return nearest <= 9;
    };
    const auto spectrum = measure_spectrum(voxelise(helix, 18, Vector3d::Constant(0.8)));
    if (spectrum) {
      ++mapped;
      EXPECT_EQ(spectrum->quality.flipped, 0);
      EXPECT_EQ(spectrum->surface.report.handles, 0) << turns;
      // Far from a ball whichever way it is turned.
      EXPECT_GT(spectrum->fit.energy(2) + spectrum->fit.energy(3), 0.5);
    } else {
      EXPECT_EQ(spectrum.error().code(), ErrorCode::kUndefined);
      EXPECT_FALSE(spectrum.error().message().empty());
    }
  }
  EXPECT_GE(mapped, 2);
}

TEST(Surface, SlicesOfSixAndAHalfMillimetres) {
  const Spectrum s = expect_canonical(voxelise(test::ball(15), 15, Vector3d(0.8, 0.8, 6.5), Vector3d(0, 0, 0.3)));
  EXPECT_NEAR(s.fit.energy(1) / std::sqrt(4 * std::numbers::pi), 1, 0.01);
  EXPECT_LT(s.fit.energy(2), 0.25);
  EXPECT_EQ(s.resolved_degree, 7);  // 2 pi 15 / 13
}

TEST(Surface, MaskOnTheBorderIsTheSameBody) {
  const Mask whole = voxelise(ball(8), 8, Vector3d::Constant(1.0));
  Region region;
  region.runs = runs_of(whole);
  const Box tight = region.bounding_box();
  const auto a = extract_surface(whole);
  const auto b = extract_surface(dense_mask(whole.grid, region, tight));
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->mesh.vertices.size(), b->mesh.vertices.size());
  for (std::size_t i = 0; i < a->mesh.vertices.size(); ++i)
    EXPECT_LT((a->mesh.vertices[i] - b->mesh.vertices[i]).norm(), 1e-6);
}

}  // namespace
}  // namespace radtype::shape
