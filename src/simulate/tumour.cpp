#include "radtype/simulate/tumour.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "radtype/shape/harmonics.h"
#include "simulate/lattice_field.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

// Rows lie at the middles of bands of polar angle. Between nodes the radius is bilinear: that is the surface, not an
// approximation to it.
constexpr int kRows = 240;
constexpr int kColumns = 480;
constexpr double kStep = pi / kRows;
constexpr int kFieldDegree = 20;
// Depth (0 at the surface, 1 in the middle) spreads by about 0.19 over a ball's volume: as much as the pattern then.
constexpr double kDepthScale = 5;

std::size_t node(int row, int column) { return static_cast<std::size_t>(row * kColumns + column); }

Vector3d direction_of(double polar, double azimuth) {
  return {std::sin(polar) * std::cos(azimuth), std::sin(polar) * std::sin(azimuth), std::cos(polar)};
}

/// The random field on the table, by rows: sums over degrees first, then over orders.
std::vector<double> random_field(const TumourParameters& p) {
  std::vector<double> field(static_cast<std::size_t>(kRows * kColumns), 0.0);
  if (!(p.roughness > 0)) return field;
  constexpr int kTerms = (kFieldDegree + 1) * (kFieldDegree + 1);
  std::array<double, kTerms> coefficient{};
  // By the addition theorem degree l adds (2l + 1) c_l / (4 pi) to the variance.
  double variance = 0;
  Random random(derive_seed(p.seed, {hash_name("surface")}));
  for (int l = 2; l <= kFieldDegree; ++l) {
    const double power = std::pow(l, -p.spectral_slope) / (2 * l + 1);
    variance += (2 * l + 1) * power / (4 * pi);
    for (int m = -l; m <= l; ++m)
      coefficient[static_cast<std::size_t>(shape::harmonic_index(l, m))] = std::sqrt(power) * random.normal();
  }
  const double scale = p.roughness / std::sqrt(variance);
  std::array<double, kTerms> harmonics{};
  for (int row = 0; row < kRows; ++row) {
    // At azimuth 0 the harmonics of order m hold the Legendre function; those of order -m vanish there and share it.
    shape::real_harmonics(direction_of((row + 0.5) * kStep, 0), kFieldDegree, harmonics.data());
    std::array<double, kFieldDegree + 1> cosine{}, sine{};
    for (int l = 2; l <= kFieldDegree; ++l) {
      for (int m = 0; m <= l; ++m) {
        const double legendre = scale * harmonics[static_cast<std::size_t>(shape::harmonic_index(l, m))];
        cosine[static_cast<std::size_t>(m)] +=
            legendre * coefficient[static_cast<std::size_t>(shape::harmonic_index(l, m))];
        if (m > 0)
          sine[static_cast<std::size_t>(m)] +=
              legendre * coefficient[static_cast<std::size_t>(shape::harmonic_index(l, -m))];
      }
    }
    for (int column = 0; column < kColumns; ++column) {
      const double c1 = std::cos(column * kStep), s1 = std::sin(column * kStep);
      double c = 1, s = 0, sum = 0;
      for (std::size_t m = 0; m <= kFieldDegree; ++m) {
        sum += cosine[m] * c + sine[m] * s;
        const double turned = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = turned;
      }
      field[node(row, column)] = sum;
    }
  }
  return field;
}

}  // namespace

Tumour::~Tumour() = default;
Tumour::Tumour(Tumour&&) noexcept = default;

Tumour::Tumour(const TumourParameters& parameters) : parameters_(parameters), radius_(random_field(parameters)) {
  const TumourParameters& p = parameters_;
  RADTYPE_CHECK(p.radius_mm > 0 && p.elongation > 0 && p.flatness > 0);
  RADTYPE_CHECK(p.necrotic_share >= 0 && p.soft_share >= 0 && p.necrotic_share + p.soft_share < 1);
  std::array<std::pair<double, double>, kColumns> turn;
  for (int column = 0; column < kColumns; ++column)
    turn[static_cast<std::size_t>(column)] = {std::cos(column * kStep), std::sin(column * kStep)};
  std::array<std::pair<double, double>, kRows> tilt;
  for (int row = 0; row < kRows; ++row)
    tilt[static_cast<std::size_t>(row)] = {std::cos((row + 0.5) * kStep), std::sin((row + 0.5) * kStep)};
  const auto direction = [&](int row, int column) {
    const auto& [z, across] = tilt[static_cast<std::size_t>(row)];
    const auto& [c, s] = turn[static_cast<std::size_t>(column)];
    return Vector3d(across * c, across * s, z);
  };
  double cubed = 0;  // integral of r^3 over directions
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const Vector3d u = direction(row, column);
      double bumps = 1;
      for (const Bump& bump : p.bumps) {
        const double cosine = u.dot(bump.direction);
        if (cosine < 1 - 8 * bump.width_rad * bump.width_rad) continue;  // beyond four widths
        bumps += bump.height * std::exp(-0.5 * std::pow(std::acos(std::min(cosine, 1.0)) / bump.width_rad, 2));
      }
      double& r = radius_[node(row, column)];
      r = std::exp(r) * std::max(bumps, 0.1) / u.cwiseQuotient(Vector3d(1, p.elongation, p.flatness)).norm();
      cubed += r * r * r * std::sin((row + 0.5) * kStep) * kStep * kStep;
    }
  }
  const double scale = p.radius_mm / std::cbrt(cubed / (4 * pi));
  for (double& r : radius_) r *= scale;

  // Bending keeps the volume; the area is that of the bent table.
  main_volume_mm3_ = 4.0 / 3.0 * pi * std::pow(p.radius_mm, 3);
  const auto at = [&](int row, int column) {
    column %= kColumns;
    return bent(radius_[node(row, column)] * direction(row, column));
  };
  const auto triangle = [](const Vector3d& a, const Vector3d& b, const Vector3d& c) {
    return 0.5 * (b - a).cross(c - a).norm();
  };
  std::array<Vector3d, 2> poles{Vector3d::Zero(), Vector3d::Zero()};
  for (int column = 0; column < kColumns; ++column) {
    poles[0] += at(0, column) / kColumns;
    poles[1] += at(kRows - 1, column) / kColumns;
  }
  for (int column = 0; column < kColumns; ++column) {
    main_area_mm2_ += triangle(poles[0], at(0, column), at(0, column + 1));
    main_area_mm2_ += triangle(poles[1], at(kRows - 1, column), at(kRows - 1, column + 1));
    for (int row = 0; row + 1 < kRows; ++row) {
      const Vector3d a = at(row, column), b = at(row + 1, column), c = at(row, column + 1), d = at(row + 1, column + 1);
      // The mean of both diagonals: second order without a bias of handedness.
      main_area_mm2_ += 0.5 * (triangle(a, b, c) + triangle(d, c, b) + triangle(b, d, a) + triangle(c, a, d));
      reach_mm_ = std::max(reach_mm_, a.norm());
    }
    reach_mm_ = std::max(reach_mm_, at(kRows - 1, column).norm());
  }
  // A satellite that would touch is moved away.
  std::vector<Satellite> apart;
  std::swap(apart, parameters_.satellites);
  for (Satellite& satellite : apart) {
    RADTYPE_CHECK(satellite.offset_mm.norm() > 0);
    const auto gap = [&] {
      return distance_mm(p.centre_lps_mm + p.lps_from_axes * satellite.offset_mm) - satellite.radius_mm;
    };
    while (gap() < 2 + 0.1 * p.radius_mm) satellite.offset_mm += satellite.offset_mm.normalized();
    parameters_.satellites.push_back(satellite);
  }
  volume_mm3_ = main_volume_mm3_;
  area_mm2_ = main_area_mm2_;
  for (const Satellite& satellite : p.satellites) {
    volume_mm3_ += 4.0 / 3.0 * pi * std::pow(satellite.radius_mm, 3);
    area_mm2_ += 4 * pi * std::pow(satellite.radius_mm, 2);
    reach_mm_ = std::max(reach_mm_, satellite.offset_mm.norm() + satellite.radius_mm);
  }

  const Vector3d corner = Vector3d::Constant(1.05 * *std::max_element(radius_.begin(), radius_.end()));
  pattern_ = std::make_unique<LatticeField>(derive_seed(p.seed, {hash_name("pattern")}), -corner, corner,
                                            std::max(p.correlation_mm, 0.05 * p.radius_mm));
  // Thresholds at quantiles over the volume: directions on a spiral, and along each of them one point in every shell of
  // equal share, at a place in it that moves on from direction to direction by the plastic number's inverse.
  constexpr int kDirections = 8000;
  constexpr int kShells = 8;
  std::vector<std::pair<double, double>> scores;  // with the volume each point stands for
  double whole = 0;
  for (int n = 0; n < kDirections; ++n) {
    const double z = 1 - (2 * n + 1.0) / kDirections;
    const double azimuth = n * pi * (3 - std::sqrt(5.0));
    const Vector3d u(std::sqrt(1 - z * z) * std::cos(azimuth), std::sqrt(1 - z * z) * std::sin(azimuth), z);
    const double r = sample(u).radius;
    const double place = std::fmod(n * 0.7548776662466927, 1.0);
    for (int shell = 0; shell < kShells; ++shell) {
      scores.emplace_back(score(r * std::cbrt((shell + place) / kShells) * u), r * r * r);
      whole += r * r * r;
    }
  }
  std::sort(scores.begin(), scores.end());
  double below = 0;
  soft_below_ = scores.front().first - 1;
  necrotic_above_ = p.necrotic_share > 0 ? scores.front().first - 1 : scores.back().first + 1;
  for (const auto& [value, weight] : scores) {
    if (p.soft_share > 0 && below <= p.soft_share * whole) soft_below_ = value;
    below += weight;
    if (p.necrotic_share > 0 && below <= (1 - p.necrotic_share) * whole) necrotic_above_ = value;
  }
}

double Tumour::sphericity() const { return std::cbrt(36 * pi * volume_mm3_ * volume_mm3_) / area_mm2_; }

Tumour::Sample Tumour::sample(const Vector3d& unit) const {
  const double polar = std::acos(std::clamp(unit[2], -1.0, 1.0));
  double azimuth = std::atan2(unit[1], unit[0]);
  if (azimuth < 0) azimuth += 2 * pi;
  const double y = polar / kStep - 0.5;
  const double x = azimuth / kStep;
  const int row = static_cast<int>(std::floor(y));
  const int column = static_cast<int>(x) % kColumns;
  const double v = y - row;
  const double u = x - std::floor(x);
  // Beyond a pole the same meridian goes on half way round.
  const auto value = [&](int r, int c) {
    if (r < 0 || r >= kRows) {
      r = r < 0 ? -1 - r : 2 * kRows - 1 - r;
      c += kColumns / 2;
    }
    return radius_[node(r, c % kColumns)];
  };
  const double a = value(row, column), b = value(row, column + 1);
  const double c = value(row + 1, column), d = value(row + 1, column + 1);
  Sample result;
  result.radius = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d);
  const double sine = std::sqrt(unit[0] * unit[0] + unit[1] * unit[1]);
  if (sine > 1e-6) {
    const double along_polar = ((1 - u) * (c - a) + u * (d - b)) / kStep;
    const double along_azimuth = ((1 - v) * (b - a) + v * (d - c)) / (kStep * sine);
    const double cp = unit[0] / sine, sp = unit[1] / sine;
    result.slope = along_polar * Vector3d(unit[2] * cp, unit[2] * sp, -sine) + along_azimuth * Vector3d(-sp, cp, 0);
  }
  return result;
}

Vector3d Tumour::bent(const Vector3d& p) const {
  return {p[0], p[1] + parameters_.bend * p[0] * p[0] / parameters_.radius_mm, p[2]};
}

Vector3d Tumour::straightened(const Vector3d& p) const {
  return {p[0], p[1] - parameters_.bend * p[0] * p[0] / parameters_.radius_mm, p[2]};
}

double Tumour::distance_mm(const Vector3d& lps_mm, Vector3d* normal) const {
  const Vector3d x = parameters_.lps_from_axes.transpose() * (lps_mm - parameters_.centre_lps_mm);
  const Vector3d q = straightened(x);
  const double length = q.norm();
  double distance = 0;
  Vector3d gradient = Vector3d::UnitX();
  if (length < 1e-9) {
    distance = -radius_.front();
  } else {
    const Sample s = sample(q / length);
    gradient = q / length - s.slope / length;
    gradient[0] -= gradient[1] * 2 * parameters_.bend * x[0] / parameters_.radius_mm;
    const double steepness = gradient.norm();
    distance = (length - s.radius) / steepness;
    gradient /= steepness;
  }
  for (const Satellite& satellite : parameters_.satellites) {
    const Vector3d from = x - satellite.offset_mm;
    if (from.norm() - satellite.radius_mm >= distance) continue;
    distance = from.norm() - satellite.radius_mm;
    gradient = from.normalized();
  }
  if (normal != nullptr) *normal = parameters_.lps_from_axes * gradient;
  return distance;
}

double Tumour::score(const Vector3d& straight) const {
  const double length = straight.norm();
  const double depth = length < 1e-9 ? 1 : std::max(0.0, 1 - length / sample(straight / length).radius);
  return parameters_.layering * kDepthScale * depth + (1 - parameters_.layering) * pattern_->value(straight);
}

Habitat Tumour::habitat(const Vector3d& lps_mm) const {
  const Vector3d x = parameters_.lps_from_axes.transpose() * (lps_mm - parameters_.centre_lps_mm);
  for (const Satellite& satellite : parameters_.satellites) {
    if ((x - satellite.offset_mm).norm() < satellite.radius_mm) return Habitat::kViable;
  }
  const double value = score(straightened(x));
  if (value > necrotic_above_) return Habitat::kNecrotic;
  return value < soft_below_ ? Habitat::kSoft : Habitat::kViable;
}

void Tumour::surface_points(int count, std::vector<Vector3d>& points, std::vector<Vector3d>& normals) const {
  points.clear();
  normals.clear();
  for (int n = 0; n < count; ++n) {
    const double z = 1 - (2 * n + 1.0) / count;
    const double azimuth = n * pi * (3 - std::sqrt(5.0));
    const Vector3d u(std::sqrt(1 - z * z) * std::cos(azimuth), std::sqrt(1 - z * z) * std::sin(azimuth), z);
    const Sample s = sample(u);
    const Vector3d x = bent(s.radius * u);
    Vector3d gradient = u - s.slope / s.radius;
    gradient[0] -= gradient[1] * 2 * parameters_.bend * x[0] / parameters_.radius_mm;
    points.push_back(parameters_.centre_lps_mm + parameters_.lps_from_axes * x);
    normals.push_back(parameters_.lps_from_axes * gradient.normalized());
  }
}

}  // namespace radtype::simulate
