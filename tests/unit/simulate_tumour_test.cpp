#include "radtype/simulate/tumour.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include <Eigen/Geometry>

#include "radtype/core/seed.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

/// Volume and shares by counting points on a grid of `step` mm.
struct Counted {
  double volume = 0, necrotic = 0, soft = 0;
};
Counted count(const Tumour& tumour, double step) {
  Counted counted;
  const auto reach = static_cast<int>(std::ceil(tumour.reach_mm() / step)) + 1;
  const Vector3d& centre = tumour.parameters().centre_lps_mm;
  for (int k = -reach; k <= reach; ++k) {
    for (int j = -reach; j <= reach; ++j) {
      for (int i = -reach; i <= reach; ++i) {
        const Vector3d p = centre + step * Vector3d(i + 0.31, j + 0.17, k + 0.43);
        if (tumour.distance_mm(p) >= 0) continue;
        ++counted.volume;
        const Habitat habitat = tumour.habitat(p);
        counted.necrotic += habitat == Habitat::kNecrotic;
        counted.soft += habitat == Habitat::kSoft;
      }
    }
  }
  counted.necrotic /= counted.volume;
  counted.soft /= counted.volume;
  counted.volume *= step * step * step;
  return counted;
}

TumourParameters rough() {
  TumourParameters p;
  p.radius_mm = 12;
  p.elongation = 0.8;
  p.flatness = 0.6;
  p.roughness = 0.1;
  p.bend = 0.25;
  p.bumps = {{Vector3d(1, 2, 0.5).normalized(), 0.4, 0.1}, {Vector3d(-1, 0, 1).normalized(), -0.3, 0.4}};
  p.lps_from_axes = Eigen::Quaterniond(0.4, 0.3, -0.7, 0.2).normalized().toRotationMatrix();
  p.centre_lps_mm = {30, -40, 55};
  p.necrotic_share = 0.25;
  p.soft_share = 0.15;
  p.seed = 5;
  return p;
}

TEST(VirtualTumour, SpheroidHasItsClosedForms) {
  TumourParameters p;
  p.radius_mm = 10;
  p.elongation = p.flatness = 0.5;
  const Tumour tumour(p);
  EXPECT_NEAR(tumour.volume_mm3(), 4.0 / 3 * pi * 1000, 1e-6);
  const double a = 10 / std::cbrt(0.25), b = a / 2;
  const double e = std::sqrt(1 - b * b / (a * a));
  EXPECT_NEAR(tumour.area_mm2(), 2 * pi * b * b * (1 + a / (b * e) * std::asin(e)), 1e-4 * tumour.area_mm2());
  EXPECT_NEAR(tumour.reach_mm(), a, 0.01);
  EXPECT_NEAR(tumour.distance_mm({a, 0, 0}), 0, 2e-3);  // the table is linear between its nodes
  EXPECT_NEAR(tumour.distance_mm({0, b + 0.5, 0}), 0.5, 0.01);
  EXPECT_NEAR(tumour.distance_mm({0, 0, b - 0.5}), -0.5, 0.01);
}

TEST(VirtualTumour, CountedVolumeAndSharesConvergeToTheAnalyticOnes) {
  const Tumour tumour(rough());
  double coarse = 0;
  for (const double step : {1.0, 0.5, 0.25}) {
    const Counted counted = count(tumour, step);
    const double error = std::abs(counted.volume / tumour.volume_mm3() - 1);
    EXPECT_LT(error, 0.006 * step) << step;
    EXPECT_NEAR(counted.necrotic, 0.25, 0.004 + 0.004 * step);
    EXPECT_NEAR(counted.soft, 0.15, 0.004 + 0.004 * step);
    coarse = std::max(coarse, error);
  }
}

TEST(VirtualTumour, DistanceIsFirstOrderAndZeroOnTheSurface) {
  const Tumour tumour(rough());
  std::vector<Vector3d> points, normals;
  tumour.surface_points(500, points, normals);
  int close = 0;
  for (std::size_t n = 0; n < points.size(); ++n) {
    EXPECT_NEAR(tumour.distance_mm(points[n]), 0, 1e-9);
    // Away from the spicule's foot the distance a tenth of a millimetre out is that.
    close += std::abs(tumour.distance_mm(points[n] + 0.1 * normals[n]) - 0.1) < 0.01;
  }
  EXPECT_GT(close, 480);
}

TEST(VirtualTumour, RoughnessIsTheSpreadOfTheLogRadius) {
  double sum = 0;
  constexpr int kBodies = 60;
  for (int n = 0; n < kBodies; ++n) {
    TumourParameters p;
    p.roughness = 0.08;
    p.seed = static_cast<std::uint64_t>(n);
    const Tumour tumour(p);
    std::vector<Vector3d> points, normals;
    tumour.surface_points(2000, points, normals);
    double mean = 0, square = 0;
    for (const Vector3d& point : points) {
      mean += std::log(point.norm()) / 2000;
      square += std::pow(std::log(point.norm()), 2) / 2000;
    }
    sum += square - mean * mean;
  }
  EXPECT_NEAR(std::sqrt(sum / kBodies), 0.08, 0.004);
}

TEST(VirtualTumour, SatellitesAreMovedUntilTheyAreApart) {
  TumourParameters p = rough();
  p.satellites = {{Vector3d(0, 1, 0), 3}, {Vector3d(0, 1.5, 0), 2}};
  const Tumour tumour(p);
  EXPECT_NEAR(tumour.volume_mm3() - tumour.main_volume_mm3(), 4.0 / 3 * pi * (27 + 8), 1e-9);
  EXPECT_NEAR(count(tumour, 0.4).volume / tumour.volume_mm3(), 1, 0.005);
}

TEST(VirtualTumour, TheSeedMakesThePattern) {
  const Tumour a(rough()), b(rough());
  TumourParameters other = rough();
  other.seed = 6;
  const Tumour c(other);
  int differ = 0;
  for (int n = 0; n < 1000; ++n) {
    Random random(static_cast<std::uint64_t>(n));
    const Vector3d p = rough().centre_lps_mm + 8 * Vector3d(random.normal(), random.normal(), random.normal()) / 2;
    EXPECT_EQ(a.distance_mm(p), b.distance_mm(p));
    EXPECT_EQ(a.habitat(p), b.habitat(p));
    differ += a.habitat(p) != c.habitat(p);
  }
  EXPECT_GT(differ, 50);
}

}  // namespace
}  // namespace radtype::simulate
