// The canonical spectrum beside other programs' numbers of the same masks.
#include <cmath>
#include <fstream>
#include <numbers>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/io/mask_input.h"
#include "radtype/shape/pose.h"
#include "radtype/shape/spectrum.h"
#include "support/shared_data.h"

namespace radtype::shape {
namespace {

using test::shared;

nlohmann::json read_json(const std::string& relative) {
  std::ifstream file(shared(relative));
  return nlohmann::json::parse(file);
}

Mask read_mask(const std::string& relative) {
  const auto input = io::read_mask(shared(relative), std::nullopt, {});
  if (!input) throw std::runtime_error(input.error().to_string());
  const Region& region = input->map.regions.front();
  return dense_mask(input->map.grid, region, region.bounding_box());
}

Spectrum spectrum_of(const std::string& relative) {
  auto spectrum = measure_spectrum(read_mask(relative));
  if (!spectrum) throw std::runtime_error(spectrum.error().to_string());
  return std::move(*spectrum);
}

TEST(SpectrumGolden, LungAgainstAnIndependentCanonicalMap) {
  NEEDS_SHARED("golden/alternative_parameterisations.json");
  NEEDS_SHARED("data/decathlon/lung_001_mask.nii.gz");
  const auto cases = read_json("golden/alternative_parameterisations.json")["cases"]["lung_001"];
  const auto other = cases["AP_from_conformal_L24"]["energy_norm"].get<std::vector<double>>();
  const auto published = read_json("golden/golden_decathlon.json")["cases"]["Decathlon_lung_001"]["energy_dgr_norm"]
                             .get<std::vector<double>>();
  const Spectrum spectrum = spectrum_of("data/decathlon/lung_001_mask.nii.gz");
  fmt::print("| degree | radtype | independent, voxel staircase | published |\n|---|---|---|---|\n");
  for (int l = 1; l <= kMaxDegree; ++l) {
    const auto n = static_cast<std::size_t>(l - 1);
    fmt::print("| {} | {:.4f} | {:.4f} | {:.4f} |\n", l, spectrum.fit.energy(l), other[n], published[n]);
  }
  EXPECT_NEAR(spectrum.fit.energy(1) / other[0], 1, 0.01);
  EXPECT_NEAR(spectrum.fit.energy(2) / other[1], 1, 0.06);
  EXPECT_NEAR(spectrum.fit.energy(1) / published[0], 1, 0.06);
}

/// 4 pi times the mean squared distance of the voxels' outer faces to their centroid: the whole power, by Parseval, of
/// any equal-area map of the staircase itself.
double staircase_power(const Mask& mask) {
  const Eigen::Vector3d spacing = mask.grid.spacing_mm();
  const auto inside = [&](Size3 at) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (at[axis] < 0 || at[axis] >= mask.grid.size()[axis]) return false;
    }
    return mask.at(at[0], at[1], at[2]) != 0;
  };
  double area = 0;
  double square = 0;
  Eigen::Vector3d moment = Eigen::Vector3d::Zero();
  const Size3& size = mask.grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (!inside({i, j, k})) continue;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          for (const std::int64_t side : {-1, 1}) {
            Size3 next{i, j, k};
            next[axis] += side;
            if (inside(next)) continue;
            const auto a = static_cast<Eigen::Index>(axis);
            const double u = spacing[(a + 1) % 3];
            const double v = spacing[(a + 2) % 3];
            Eigen::Vector3d middle(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
            middle[a] += 0.5 * static_cast<double>(side);
            middle = middle.cwiseProduct(spacing);
            area += u * v;
            moment += u * v * middle;
            square += u * v * (middle.squaredNorm() + (u * u + v * v) / 12);
          }
        }
      }
    }
  }
  return 4 * std::numbers::pi * (square / area - (moment / area).squaredNorm());
}

TEST(SpectrumGolden, PowerAgainstSpharmPdm) {
  NEEDS_SHARED("golden/spharm_pdm.json");
  const auto shapes = read_json("golden/spharm_pdm.json")["shapes"];
  fmt::print("| shape | degree | radtype mm2 | SPHARM-PDM mm2 |\n|---|---|---|---|\n");
  for (const std::string name : {"sphere_r10", "ellipsoid_20_12_8", "lumpy_r12", "pr_lung1"}) {
    const auto power = shapes[name]["power_per_degree"].get<std::vector<double>>();
    const std::string file = "golden/spharm_pdm/" + name + ".nii.gz";
    const Spectrum spectrum = spectrum_of(file);
    const auto ours = [&](int l) { return std::pow(spectrum.fit.energy(l) * spectrum.fit.mean_radius_mm, 2); };
    double sum = 0;
    for (int l = 1; l <= kMaxDegree; ++l) sum += ours(l);
    for (const int l : {1, 2, 3, 4, 5, 6, 9, 12, 15})
      fmt::print("| {} | {} | {:.4g} | {:.4g} |\n", name, l, ours(l), power[static_cast<std::size_t>(l)]);
    // Why they differ: theirs is a map of the voxels' staircase, whose faces weigh oblique places up to sqrt(3) times,
    // so that already the whole power is another; and what the staircase adds lies at every degree.
    const double theirs = shapes[name]["sum_power_1_15"];
    const double staircase = staircase_power(read_mask(file));
    fmt::print("| {} | sum | {:.5g} | {:.5g}; of the voxel faces {:.5g} |\n", name, sum, theirs, staircase);
    // The tumour's mask was smoothed by their tool before the map.
    EXPECT_NEAR(theirs / staircase, 1, name == "pr_lung1" ? 0.035 : 0.005) << name;
    EXPECT_NEAR(std::sqrt(ours(1) / power[1]), 1, 0.03) << name;
    if (name == "sphere_r10") {
      EXPECT_LT(ours(3), 0.03 * power[3]);
      EXPECT_LT(ours(5), 0.03 * power[5]);
    }
  }
}

TEST(SpectrumGolden, NothingIsLostInSilence) {
  NEEDS_SHARED("golden/spharm_pdm/two_comp.nii.gz");
  const Spectrum spectrum = spectrum_of("golden/spharm_pdm/two_comp.nii.gz");
  EXPECT_EQ(spectrum.surface.report.components, 2);
  fmt::print("two_comp: {:.1f} % of the volume lies outside the largest part\n",
             100 * spectrum.surface.report.satellites_share);
  EXPECT_NEAR(spectrum.surface.report.satellites_share, 0.34, 0.02);
}

TEST(CompatGolden, DefinitionsReproduceThePublishedNumbersFromTheirCoefficients) {
  NEEDS_SHARED("golden/golden_decathlon.json");
  // Their own coefficients (magnitude by order) give their energies, entropies and scales under the definitions that
  // --compat wu2021 uses; only the map behind the coefficients differs.
  const auto golden = read_json("golden/golden_decathlon.json")["cases"]["Decathlon_lung_001"];
  const auto magnitude = golden["spharm_coeff"].get<std::vector<double>>();
  const double radius = golden["radius"];
  for (int l = 1; l <= kMaxDegree; ++l) {
    double sum = 0;
    for (int m = -l; m <= l; ++m) sum += std::pow(magnitude[static_cast<std::size_t>(harmonic_index(l, m))], 2);
    std::vector<double> power;
    for (int m = -l; m <= l; ++m)
      power.push_back(std::pow(magnitude[static_cast<std::size_t>(harmonic_index(l, m))], 2));
    const auto n = static_cast<std::size_t>(l - 1);
    EXPECT_NEAR(std::sqrt(sum) / golden["energy_dgr"][n].get<double>(), 1, 1e-9);
    EXPECT_NEAR(std::sqrt(sum) / radius / golden["energy_dgr_norm"][n].get<double>(), 1, 1e-9);
    EXPECT_NEAR(reference_entropy(power), golden["energy_skewness"][n].get<double>(), 1e-9);
  }
  // Singular values of degree 1 over sqrt(3): their squares add up to the power of degree 1.
  double scales = 0;
  for (const double scale : golden["shapeScale"].get<std::vector<double>>()) scales += 3 * scale * scale;
  EXPECT_NEAR(std::sqrt(scales) / golden["energy_dgr"][0].get<double>(), 1, 1e-9);
}

}  // namespace
}  // namespace radtype::shape
