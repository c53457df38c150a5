// The table of tolerances of the canonical spectrum, row by row (docs/methods/shape.md).
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/shape/spectrum.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using test::BodyOfRevolution;
using test::mesh_of;
using test::oracle_energies;
using test::voxelise;

std::vector<double> energies(const Spectrum& spectrum) {
  std::vector<double> all{0};
  for (int l = 1; l <= kMaxDegree; ++l) all.push_back(spectrum.fit.energy(l));
  return all;
}

Spectrum of_mesh(TriangleMesh mesh) {
  Surface surface;
  surface.mesh = std::move(mesh);
  auto spectrum = measure_spectrum(std::move(surface));
  if (!spectrum) throw std::runtime_error(spectrum.error().to_string());
  EXPECT_EQ(spectrum->quality.flipped, 0);
  return std::move(*spectrum);
}

Spectrum of_mask(const Mask& mask, const SpectrumOptions& options = {}) {
  auto spectrum = measure_spectrum(mask, options);
  if (!spectrum) throw std::runtime_error(spectrum.error().to_string());
  EXPECT_EQ(spectrum->quality.flipped, 0);
  return std::move(*spectrum);
}

const std::map<std::string, BodyOfRevolution>& bodies() {
  static const std::map<std::string, BodyOfRevolution> all = {
      {"spheroid", test::spheroid(5, 10)}, {"peanut", test::cassini_peanut(9, 9.6)}, {"pear", test::pear()}};
  return all;
}

TEST(Oracle, GivesTheClosedForms) {
  EXPECT_NEAR(oracle_energies(test::spheroid(3, 3), 3)[1], std::sqrt(4 * std::numbers::pi), 1e-6);
  const auto e = oracle_energies(test::spheroid(5, 10), 6);
  EXPECT_NEAR(e[1], 3.62494, 5e-6);
  EXPECT_NEAR(e[3], 0.15042, 5e-6);
  EXPECT_NEAR(e[5], 0.02735, 5e-6);
  for (const int l : {2, 4, 6}) EXPECT_NEAR(e[static_cast<std::size_t>(l)], 0, 1e-8);
}

TEST(Harmonics, AreOrthonormalAndSignedAsDocumented) {
  // Gauss-Legendre in z would be exact; the product of a fine midpoint rule in z and phi is good to its square.
  constexpr int kDegree = 6;
  constexpr int kZ = 2000;
  constexpr int kPhi = 2 * kDegree + 2;
  constexpr int kTerms = (kDegree + 1) * (kDegree + 1);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(kTerms, kTerms);
  Eigen::VectorXd y(kTerms);
  for (int a = 0; a < kZ; ++a) {
    const double z = -1 + (a + 0.5) * 2 / kZ;
    for (int b = 0; b < kPhi; ++b) {
      const double phi = 2 * std::numbers::pi * b / kPhi;
      const double r = std::sqrt(1 - z * z);
      real_harmonics({r * std::cos(phi), r * std::sin(phi), z}, kDegree, y.data());
      gram += (2.0 / kZ) * (2 * std::numbers::pi / kPhi) * y * y.transpose();
    }
  }
  EXPECT_LT((gram - Eigen::MatrixXd::Identity(kTerms, kTerms)).cwiseAbs().maxCoeff(), 1e-4);
  const Vector3d u = Vector3d(0.3, -0.5, 0.7).normalized();
  real_harmonics(u, kDegree, y.data());
  const double c1 = std::sqrt(3 / (4 * std::numbers::pi));
  EXPECT_NEAR(y[harmonic_index(1, 1)], c1 * u[0], 1e-14);
  EXPECT_NEAR(y[harmonic_index(1, -1)], c1 * u[1], 1e-14);
  EXPECT_NEAR(y[harmonic_index(1, 0)], c1 * u[2], 1e-14);
  EXPECT_NEAR(y[harmonic_index(2, -2)], std::sqrt(15 / (4 * std::numbers::pi)) * u[0] * u[1], 1e-14);
  EXPECT_NEAR(y[harmonic_index(2, 0)], std::sqrt(5 / (16 * std::numbers::pi)) * (3 * u[2] * u[2] - 1), 1e-14);
}

// Row: bodies of revolution as analytic meshes; every energy above 0.01 within 2 % at 10 k vertices, with the order of
// convergence.
TEST(Spectrum, BodiesOfRevolutionMatchTheOracle) {
  for (const auto& [name, body] : bodies()) {
    const auto truth = oracle_energies(body, kMaxDegree);
    std::vector<double> worst;
    for (const int level : {3, 4, 5}) {
      const auto measured = energies(of_mesh(mesh_of(body, level)));
      worst.push_back(0);
      for (std::size_t l = 1; l < truth.size(); ++l) {
        if (truth[l] > 0.01) worst.back() = std::max(worst.back(), std::abs(measured[l] / truth[l] - 1));
      }
    }
    fmt::print("{:10} worst relative error of e_l > 0.01 at 642, 2562, 10242 vertices: {:.4f} {:.4f} {:.4f}\n", name,
               worst[0], worst[1], worst[2]);
    EXPECT_LT(worst[2], 0.02) << name;
    EXPECT_LT(worst[2], worst[0] / 4) << name << ": at least first order in the edge length";
  }
}

// Row: the same as voxel masks, 30 voxels across: e1 1 %, e2 to e4 5 %, others within 0.02.
TEST(Spectrum, VoxelMasksMatchTheOracle) {
  const std::map<std::string, std::pair<BodyOfRevolution, double>> masks = {
      {"spheroid", {test::spheroid(7.5, 15), 15}},
      {"peanut", {test::cassini_peanut(10.2, 10.88), 15}},
      {"pear", {test::pear(), 13.8}}};
  for (const auto& [name, what] : masks) {
    const auto& [body, half] = what;
    const auto truth = oracle_energies(body, kMaxDegree);
    const auto measured =
        energies(of_mask(voxelise(name == "spheroid" ? test::ellipsoid({7.5, 7.5, 15}) : test::inside_of(body), half,
                                  Vector3d::Constant(half / 15))));
    EXPECT_NEAR(measured[1] / truth[1], 1, 0.01) << name;
    for (std::size_t l = 2; l < truth.size(); ++l) {
      if (l <= 4) {
        // Or a hundredth of a voxel, where the energy is so small: the mask itself says no more.
        EXPECT_NEAR(measured[l], truth[l], std::max(0.05 * truth[l], 0.004)) << name << " degree " << l;
      } else {
        EXPECT_NEAR(measured[l], truth[l], 0.02) << name << " degree " << l;
      }
    }
  }
}

// Row: triaxial ellipsoid.
TEST(Spectrum, TriaxialEllipsoid) {
  TriangleMesh mesh = test::icosphere(5);
  for (Vector3d& v : mesh.vertices) v = v.cwiseProduct(Vector3d(5, 7, 10));
  const auto e = energies(of_mesh(mesh));
  for (std::size_t l = 2; l < e.size(); l += 2) EXPECT_LT(e[l], 0.01);
  EXPECT_NEAR(e[1] / 3.595, 1, 0.005);
  EXPECT_NEAR(e[3] / 0.149, 1, 0.05);
  EXPECT_NEAR(e[5] / 0.025, 1, 0.10);
}

// Row: ball of radius 6.5 voxels as a mask.
TEST(Spectrum, DigitalBall) {
  const auto e = energies(of_mask(voxelise(test::ball(6.5), 6.5, Vector3d::Ones())));
  EXPECT_NEAR(e[1] / std::sqrt(4 * std::numbers::pi), 1, 0.005);
  for (std::size_t l = 2; l < e.size(); ++l) EXPECT_LT(e[l], l % 2 == 0 ? 0.01 : 0.05) << l;
}

// Row: axis permutations and flips; the order in which equal places are visited leaves a trace under 1e-4.
TEST(Spectrum, FlipsAndPermutationsOfAxesChangeNothing) {
  const Mask mask = voxelise(test::lumpy(12), 32, Vector3d::Constant(1.0), Vector3d(0.3, -0.2, 0.4));
  const auto reference = energies(of_mask(mask));
  const std::array<std::array<int, 3>, 3> orders = {{{0, 1, 2}, {1, 2, 0}, {1, 0, 2}}};
  double worst = 0;
  for (const auto& order : orders) {
    for (const int flips : {0, 1, 6, 7}) {
      const Size3& size = mask.grid.size();
      Size3 new_size{};
      Affine<LpsMm, Index> stored;
      stored.offset = mask.grid.origin_lps_mm();
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const int from = order[axis];
        new_size[axis] = size[static_cast<std::size_t>(from)];
        stored.linear.col(static_cast<Eigen::Index>(axis)) = mask.grid.lps_from_index().linear.col(from);
        if (flips >> axis & 1) {
          stored.offset += static_cast<double>(new_size[axis] - 1) * stored.linear.col(static_cast<Eigen::Index>(axis));
          stored.linear.col(static_cast<Eigen::Index>(axis)) *= -1;
        }
      }
      Mask turned(*make_grid(new_size, stored));
      Size3 at{};
      for (at[2] = 0; at[2] < new_size[2]; ++at[2]) {
        for (at[1] = 0; at[1] < new_size[1]; ++at[1]) {
          for (at[0] = 0; at[0] < new_size[0]; ++at[0]) {
            Size3 from{};
            for (std::size_t axis = 0; axis < 3; ++axis)
              from[static_cast<std::size_t>(order[axis])] =
                  flips >> axis & 1 ? new_size[axis] - 1 - at[axis] : at[axis];
            turned.at(at[0], at[1], at[2]) = mask.at(from[0], from[1], from[2]);
          }
        }
      }
      const auto e = energies(of_mask(turned));
      for (std::size_t l = 1; l < e.size(); ++l) worst = std::max(worst, std::abs(e[l] / reference[l] - 1));
    }
  }
  fmt::print("worst relative change of an energy under 12 flips and permutations: {:.2e}\n", worst);
  EXPECT_LT(worst, 1e-4);
}

// Row: arbitrary rotation of a well sampled mask: 1 % for l <= 8, 5 % to 15.
TEST(Spectrum, ArbitraryRotationsOfAWellSampledMask) {
  // Mean radius of 36 voxels: a 5 cm tumour at 0.7 mm.
  const auto reference = energies(of_mask(voxelise(test::lumpy(36), 96, Vector3d::Constant(1.0))));
  std::vector<double> worst(reference.size(), 0);
  Random random(11);
  for (int n = 0; n < 3; ++n) {
    const Matrix3d rotation = Eigen::Quaterniond(random.normal(), random.normal(), random.normal(), random.normal())
                                  .normalized()
                                  .toRotationMatrix();
    const auto e = energies(of_mask(
        voxelise(test::rotated(test::lumpy(36), rotation), 96, Vector3d::Constant(1.0), Vector3d(0.5, 0.25, 0.1))));
    for (std::size_t l = 1; l < e.size(); ++l) worst[l] = std::max(worst[l], std::abs(e[l] / reference[l] - 1));
  }
  for (std::size_t l = 1; l < worst.size(); ++l) {
    fmt::print("degree {:2}: e {:.4f}, worst relative change over 3 rotations {:.4f}\n", l, reference[l], worst[l]);
    EXPECT_LT(worst[l], l <= 8 ? 0.01 : 0.05) << l;
  }
}

// Row: Parseval with object-area weights.
TEST(Spectrum, Parseval) {
  for (const Mask& mask : {voxelise(test::lumpy(12), 32, Vector3d::Constant(1.0)),
                           voxelise(test::ellipsoid({6, 9, 14}), 14, Vector3d(0.8, 0.8, 1.5))}) {
    const Spectrum s = of_mask(mask);
    double sum = 4 * std::numbers::pi * s.fit.residual_rms_mm * s.fit.residual_rms_mm;
    for (int l = 1; l <= kMaxDegree; ++l) sum += std::pow(s.fit.mean_radius_mm * s.fit.energy(l), 2);
    EXPECT_NEAR(sum / (4 * std::numbers::pi * s.fit.mean_square_radius_mm2), 1, 0.005);
  }
}

// Row: mesh x1, x2, x4 vertices: e1 to e4 2 %, e5 to e8 6 %.
TEST(Spectrum, FinerMeshesGiveTheSameEnergies) {
  const Mask mask = voxelise(test::lumpy(15), 40, Vector3d(0.8, 0.8, 1.0));
  SpectrumOptions options;
  const auto coarse = energies(of_mask(mask, options));
  for (const int factor : {2, 4}) {
    options.surface.target_vertices = 10000 * factor;
    const auto fine = energies(of_mask(mask, options));
    for (std::size_t l = 1; l <= 8; ++l)
      EXPECT_NEAR(fine[l] / coarse[l], 1, l <= 4 ? 0.02 : 0.06) << factor << " x vertices, degree " << l;
  }
}

TEST(SphereMap, DoesNotDependOnThePuncture) {
  const TriangleMesh mesh = mesh_of(test::pear(), 4);
  std::vector<std::vector<double>> all;
  for (const std::int32_t puncture : {-1, 0, 1777, 5000}) {
    auto conformal = conformal_map(mesh, {.puncture = puncture});
    ASSERT_TRUE(conformal);
    const auto points = equalise_area(mesh, *conformal);
    ASSERT_TRUE(points);
    const HarmonicFit fit = fit_harmonics(mesh, *points);
    all.emplace_back();
    for (int l = 1; l <= 6; ++l) all.back().push_back(fit.energy(l));
  }
  for (const auto& one : all) {
    for (std::size_t l = 0; l < one.size(); ++l) EXPECT_NEAR(one[l] / all[0][l], 1, 1e-3) << "degree " << l + 1;
  }
}

TEST(Spectrum, DegreesFinerThanTheVoxelsAreNotResolved) {
  const Spectrum s = of_mask(voxelise(test::ball(8), 8, Vector3d(1, 1, 4)));
  EXPECT_EQ(s.resolved_degree, 6);  // 2 pi 8 / (2 x 4) = 6.28
}

TEST(Reconstruction, ComesNearerWithEveryDegree) {
  const Spectrum s = of_mask(voxelise(test::lumpy(12), 32, Vector3d::Constant(1.0)));
  double before = 1e300;
  for (const int degree : {1, 3, 6, 15}) {
    const TriangleMesh part = reconstruct(s.fit, s.surface.mesh, s.points, degree);
    double sum = 0;
    for (std::size_t i = 0; i < part.vertices.size(); ++i)
      sum += (part.vertices[i] - s.surface.mesh.vertices[i]).squaredNorm();
    const double rms = std::sqrt(sum / static_cast<double>(part.vertices.size()));
    EXPECT_LT(rms, before);
    before = rms;
  }
  EXPECT_LT(before, 0.02 * s.fit.mean_radius_mm);
}

}  // namespace
}  // namespace radtype::shape
