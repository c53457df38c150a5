#include "radtype/simulate/phantom.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;

struct Ellipsoid {
  Vector3d centre;
  Vector3d semi_axes;
  Eigen::Matrix3d local_from_world = Eigen::Matrix3d::Identity();

  /// 1 on the surface, less inside.
  double level(const Vector3d& point) const {
    return (local_from_world * (point - centre)).cwiseQuotient(semi_axes).norm();
  }
};

struct Anatomy {
  Ellipsoid body{{0, 0, 0}, {150, 110, 1e4}};
  Ellipsoid left_lung{{72, 4, 0}, {52, 78, 105}};
  Ellipsoid right_lung{{-72, 4, 0}, {52, 78, 105}};
  Ellipsoid heart{{22, -22, -22}, {48, 44, 52}};
  Ellipsoid spine{{0, 74, 0}, {20, 22, 1e4}};
  Ellipsoid tumour{{-74, 8, 4}, {19, 14, 11}};

  Anatomy() {
    tumour.local_from_world = (Eigen::AngleAxisd(0.6, Vector3d::UnitZ()) * Eigen::AngleAxisd(0.4, Vector3d::UnitX()))
                                  .toRotationMatrix()
                                  .transpose();
  }
};

enum class PhantomTissue { kAir, kSoft, kBone, kHeart, kLung, kTumourCore, kTumourRim };

PhantomTissue tissue_at(const Anatomy& anatomy, const Vector3d& point) {
  if (anatomy.body.level(point) > 1) return PhantomTissue::kAir;
  const double depth = anatomy.tumour.level(point);
  if (depth <= 0.6) return PhantomTissue::kTumourCore;
  if (depth <= 1) return PhantomTissue::kTumourRim;
  if (anatomy.heart.level(point) <= 1) return PhantomTissue::kHeart;
  if (anatomy.left_lung.level(point) <= 1 || anatomy.right_lung.level(point) <= 1) return PhantomTissue::kLung;
  if (anatomy.spine.level(point) <= 1) return PhantomTissue::kBone;
  return PhantomTissue::kSoft;
}

double ct_hu(PhantomTissue tissue) {
  switch (tissue) {
    case PhantomTissue::kAir:
      return -1000;
    case PhantomTissue::kSoft:
      return 30;
    case PhantomTissue::kBone:
      return 350;
    case PhantomTissue::kHeart:
      return 45;
    case PhantomTissue::kLung:
      return -830;
    case PhantomTissue::kTumourCore:
      return -15;
    case PhantomTissue::kTumourRim:
      return 65;
  }
  return 0;
}

double mr_signal(PhantomTissue tissue) {
  switch (tissue) {
    case PhantomTissue::kAir:
      return 0;
    case PhantomTissue::kSoft:
      return 420;
    case PhantomTissue::kBone:
      return 260;
    case PhantomTissue::kHeart:
      return 330;
    case PhantomTissue::kLung:
      return 60;
    case PhantomTissue::kTumourCore:
      return 780;
    case PhantomTissue::kTumourRim:
      return 560;
  }
  return 0;
}

// Knud Thomsen's formula: within 1.1 % of the true area.
double ellipsoid_area(const Vector3d& s) {
  constexpr double p = 1.6075;
  const double mean = (std::pow(s[0] * s[1], p) + std::pow(s[0] * s[2], p) + std::pow(s[1] * s[2], p)) / 3;
  return 4 * std::numbers::pi * std::pow(mean, 1 / p);
}

std::map<std::string, double> truth_of(const Ellipsoid& tumour) {
  const Vector3d& s = tumour.semi_axes;
  const double volume = 4.0 / 3.0 * std::numbers::pi * s.prod();
  // A solid ellipsoid's variance along an axis is a^2/5, so IBSI's 4 sqrt(eigenvalue) is 4 a / sqrt(5).
  const double axis = 4.0 / std::sqrt(5.0);
  return {{"shape_volume_mm3", volume},
          {"shape_voxel_volume_mm3", volume},
          {"shape_area_mm2", ellipsoid_area(s)},
          {"shape_sphericity", std::cbrt(36 * std::numbers::pi * volume * volume) / ellipsoid_area(s)},
          {"shape_max_diameter_mm", 2 * s[0]},
          {"shape_axis_major_mm", axis * s[0]},
          {"shape_axis_minor_mm", axis * s[1]},
          {"shape_axis_least_mm", axis * s[2]},
          {"shape_elongation", s[1] / s[0]},
          {"shape_flatness", s[2] / s[0]}};
}

}  // namespace

Phantom make_phantom(const PhantomOptions& options) {
  const Anatomy anatomy;
  const Vector3d extent = Vector3d(static_cast<double>(options.size[0] - 1), static_cast<double>(options.size[1] - 1),
                                   static_cast<double>(options.size[2] - 1))
                              .cwiseProduct(options.spacing_mm);
  const auto grid = make_grid(options.size, options.spacing_mm, Eigen::Matrix3d::Identity(), -0.5 * extent);
  RADTYPE_CHECK(grid.has_value());
  Phantom phantom;
  phantom.ct = Volume<std::int16_t>(*grid);
  phantom.mr = Volume<std::int16_t>(*grid);
  phantom.tumour = Mask(*grid);
  phantom.lung = Mask(*grid);
  phantom.truth = truth_of(anatomy.tumour);
  const auto lps_from_index = grid->lps_from_index();

  parallel_for(0, options.size[2], [&](std::int64_t k) {
    Random random(derive_seed(options.seed, {hash_name("phantom"), static_cast<std::uint64_t>(k)}));
    for (std::int64_t j = 0; j < options.size[1]; ++j) {
      for (std::int64_t i = 0; i < options.size[0]; ++i) {
        const Point<Index> index(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        const Vector3d point = lps_from_index(index).v;
        const PhantomTissue tissue = tissue_at(anatomy, point);
        const auto at = phantom.ct.offset(i, j, k);
        phantom.tumour.voxels[at] = tissue == PhantomTissue::kTumourCore || tissue == PhantomTissue::kTumourRim;
        phantom.lung.voxels[at] = tissue == PhantomTissue::kLung;
        const double hu = ct_hu(tissue) + 20 * random.normal();
        phantom.ct.voxels[at] = static_cast<std::int16_t>(std::lround(std::clamp(hu, -1024.0, 3071.0)));
        const double bias = std::exp(0.15 * std::sin(point[0] / 90) + 0.1 * point[1] / 110);
        const double real = mr_signal(tissue) * bias + 15 * random.normal();
        const double imaginary = 15 * random.normal();
        phantom.mr.voxels[at] = static_cast<std::int16_t>(std::lround(std::hypot(real, imaginary)));
      }
    }
  });
  return phantom;
}

}  // namespace radtype::simulate
