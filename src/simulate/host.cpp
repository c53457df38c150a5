#include "simulate/host.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "simulate/lattice_field.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

double square(double x) { return x * x; }

/// Between an ellipse and one with powers of three: 1 on the outline, which is fuller than an ellipse.
double superellipse(double x, double y, double a, double b) {
  const double u = std::abs(x / a), v = std::abs(y / b);
  return 0.5 * (u * u * (1 + u) + v * v * (1 + v));
}

double ellipsoid(const Vector3d& p, const Vector3d& centre, const Vector3d& axes) {
  return (p - centre).cwiseQuotient(axes).squaredNorm();
}

/// Draws around 1, within two standard deviations.
double about_one(Random& random, double spread) { return 1 + spread * std::clamp(random.normal(), -2.0, 2.0); }

Vector3d direction_of_branch(Random& random) {
  const double z = random.normal(), y = random.normal(), x = random.normal();
  return Vector3d(x, y, z).normalized();
}

/// A tree of tapering tubes that leaves `from` along `direction`, each branch with two children.
void grow_tree(Random& random, const Vector3d& from, const Vector3d& direction, double radius, double length,
               double thinnest, Tissue tissue, std::vector<Tube>& tubes) {
  if (radius < thinnest) return;
  const Vector3d to = from + length * direction;
  tubes.push_back({from, to, radius, 0.85 * radius, tissue});
  Vector3d side = direction.cross(direction_of_branch(random));
  if (side.norm() < 1e-3) return;
  side.normalize();
  for (const double sign : {-1.0, 1.0}) {
    const double angle = sign * (0.35 + 0.35 * random.uniform());
    const double thinner = 0.68 + 0.14 * random.uniform();
    const Vector3d next = (std::cos(angle) * direction + std::sin(angle) * side).normalized();
    grow_tree(random, to, next, radius * thinner, length * (0.75 + 0.2 * random.uniform()), thinnest, tissue, tubes);
  }
}

/// Chest of somebody lying on the couch. z = 0 at the carina.
class Chest : public Host {
 public:
  explicit Chest(std::uint64_t seed) {
    Random random(seed);
    size_ = about_one(random, 0.05);
    fat_mm_ = 14 * about_one(random, 0.3);
    rib_phase_ = random.uniform();
    heart_ = 0.95 * about_one(random, 0.06);
    for (const double side : {-1.0, 1.0}) {
      const Vector3d hilum(side * 34, 6, -8);
      for (const double up : {0.85, 0.25, -0.3, -0.9}) {
        const Vector3d direction = Vector3d(side * 0.8, 0.35 * random.normal(), up).normalized();
        grow_tree(random, hilum, direction, 4.4, 24, 0.7, Tissue::kVessel, tubes_);
      }
      tubes_.push_back({Vector3d(0, 12, 0), Vector3d(side * 36, 8, -26), 6.5, 4.5, Tissue::kAirway});
      tubes_.push_back({Vector3d(side * 36, 8, -26), Vector3d(side * 56, 20, -52), 3.6, 2.2, Tissue::kAirway});
    }
    tubes_.push_back({Vector3d(0, 10, 160), Vector3d(0, 12, 0), 8.5, 8.5, Tissue::kAirway});
    for (const double side : {-1.0, 1.0})  // vessels to the head
      tubes_.push_back({Vector3d(side * 14, -16, 55), Vector3d(side * 22, -12, 160), 6, 5, Tissue::kVessel});
  }

  double half_field_mm() const override { return 190 * size_; }
  bool is_organ(Tissue tissue) const override { return tissue == Tissue::kLung; }

  void tissues(const Vector3d& first, const Vector3d& step, std::span<Tissue> out) const override {
    for (std::size_t n = 0; n < out.size(); ++n) out[n] = at((first + static_cast<double>(n) * step) / size_);
  }

 private:
  Vector3d candidate(Random& random) const override {
    const double x = 280 * (random.uniform() - 0.5), y = 160 * (random.uniform() - 0.5);
    return Vector3d(x, y, 120 * (random.uniform() - 0.5)) * size_;
  }
  bool may_hold(Tissue tissue) const override {
    return tissue == Tissue::kLung || tissue == Tissue::kVessel || tissue == Tissue::kFat;
  }

  Tissue at(const Vector3d& p) const {
    const double x = p[0], y = p[1], z = p[2];
    // Couch under the back.
    const double couch = y - (128 - x * x / 1800);
    if (couch > 0 && couch < 4 && std::abs(x) < 175) return Tissue::kCouch;
    const double body = superellipse(x, y, 172, 116);
    if (body > 1) return Tissue::kAir;
    const double fat = fat_mm_ / 116;
    if (body > square(1 - 2.0 / 116)) return Tissue::kSkin;
    if (body > square(1 - fat)) return Tissue::kFat;

    // The cavity narrows towards the neck.
    const double taper = z > 20 ? std::sqrt(std::max(0.05, 1 - square((z - 20) / 125))) : 1;
    const double cavity = superellipse(x, y + 2, 132 * taper, 86 * (0.35 + 0.65 * taper));
    if (cavity > 1) {
      // Ribs slope down to the front; between them muscle.
      if (cavity < square(1.11)) {
        const double along = (z + 0.42 * (-y) + 200) / 27 + rib_phase_;
        const double phase = std::abs(along - std::floor(along) - 0.5);
        if (phase < 0.2 && y < 80 && !(std::abs(x) < 28 && y < 0)) {
          if (std::abs(x) < 62 && y < -40) return Tissue::kCartilage;
          return phase < 0.13 && cavity > square(1.03) && cavity < square(1.085) ? Tissue::kMarrow : Tissue::kBone;
        }
      }
    }
    // Spine: body, canal, arch and spinous process.
    const double vertebra = square(x / 20) + square((y - 66) / 15);
    if (vertebra < 1) {
      const double disc = (z + 200) / 24 - std::floor((z + 200) / 24);
      if (disc < 0.2) return Tissue::kCartilage;
      return vertebra < 0.74 ? Tissue::kMarrow : Tissue::kBone;
    }
    if (square(x / 9) + square((y - 87) / 7) < 1) return Tissue::kFluid;
    if (square(x / 14) + square((y - 87) / 11) < 1) return Tissue::kBone;
    if (std::abs(x) < 3.5 && y > 92 && y < 108) return Tissue::kBone;
    if (std::abs(std::abs(x) - 24) < 8 && std::abs(y - 82) < 4) return Tissue::kBone;
    const double breastbone = square(x / 19) + square((y + 91) / 6);
    if (breastbone < 1) return breastbone < 0.55 ? Tissue::kMarrow : Tissue::kBone;
    if (cavity > 1)
      return body > square(1 - fat - 0.05) || cavity < square(1.12) ? Tissue::kMuscle
             : std::abs(x) > 60 && std::abs(y) < 95                 ? Tissue::kMuscle
                                                                    : Tissue::kFat;

    // Mediastinum.
    if (ellipsoid(p, {18, -32, -58}, Vector3d(54, 44, 52) * heart_) < 1) return Tissue::kHeart;
    const double arch = square(x - 4 - 0.25 * (y - 10)) + square(z - 36);
    if (square(x - 20) + square(y - 44) < square(12) && z < 40) return Tissue::kVessel;             // descending aorta
    if (square(x + 12) + square(y + 22) < square(15) && z > -40 && z < 40) return Tissue::kVessel;  // ascending
    if (arch < square(13) && y > -26 && y < 48) return Tissue::kVessel;                             // arch
    if (square(x + 26) + square(y + 12) < square(9) && z > -40) return Tissue::kVessel;             // vena cava
    if (square(x) + square(y - 34) < square(7)) return Tissue::kMuscle;                             // oesophagus
    const double half_width = 22 + 12 * std::exp(-square((y + 10) / 34)) + (z < -20 ? 8 : 0);
    if (std::abs(x - 3) < half_width && y < 56) return Tissue::kFat;

    // Domes of the diaphragm, the right one higher.
    const double dome = (x < 0 ? -84 : -94) - 0.0035 * square(std::abs(x) - 72) - 0.004 * square(y);
    if (z < dome) return Tissue::kLiver;
    return Tissue::kLung;
  }

  double size_ = 1, fat_mm_ = 14, rib_phase_ = 0, heart_ = 1;
};

/// Both breasts of somebody lying on her front, in front of the chest wall. y = 0 at the chest wall.
class Breast : public Host {
 public:
  explicit Breast(std::uint64_t seed)
      : gland_(derive_seed(seed, {1}), {-170, -110, -90}, {170, 20, 90}, 13),
        strands_(derive_seed(seed, {2}), {-170, -110, -90}, {170, 20, 90}, 5) {
    Random random(derive_seed(seed, {3}));
    size_ = about_one(random, 0.06);
    length_ = 82 * about_one(random, 0.13);
    density_ = 0.35 * random.normal();
    for (const double side : {-1.0, 1.0}) {
      for (int n = 0; n < 3; ++n) {
        const Vector3d from(side * (88 + 30 * random.uniform()), -4, 60 * (random.uniform() - 0.5));
        const Vector3d direction = (Vector3d(side * 70, -70, 0) - from + 20 * direction_of_branch(random)).normalized();
        grow_tree(random, from, direction, 1.5, 22, 0.55, Tissue::kVessel, tubes_);
      }
    }
  }

  double half_field_mm() const override { return 170 * size_; }
  bool is_organ(Tissue tissue) const override { return tissue == Tissue::kGland || tissue == Tissue::kFat; }

  void tissues(const Vector3d& first, const Vector3d& step, std::span<Tissue> out) const override {
    for (std::size_t n = 0; n < out.size(); ++n) out[n] = at((first + static_cast<double>(n) * step) / size_);
  }

 private:
  Vector3d candidate(Random& random) const override {
    const double x = 280 * (random.uniform() - 0.5), y = -18 - 0.55 * length_ * random.uniform();
    return Vector3d(x, y, 70 * (random.uniform() - 0.5)) * size_;
  }
  bool may_hold(Tissue tissue) const override { return is_organ(tissue); }

  Tissue at(const Vector3d& p) const {
    const double x = p[0], y = p[1], z = p[2];
    // The wall bends away to the sides.
    const double wall = y - 0.0016 * x * x;
    if (wall > 0) {
      const double cavity = superellipse(x, y - 92, 122, 72);
      if (superellipse(x, y - 92, 152, 104) > 1) return Tissue::kAir;
      if (cavity > 1) {
        if (wall < 13) return Tissue::kMuscle;
        const double along = (z - 0.3 * y + 300) / 26;
        if (cavity < square(1.12) && std::abs(along - std::floor(along) - 0.5) < 0.18) return Tissue::kBone;
        return superellipse(x, y - 92, 142, 94) > 1 ? Tissue::kFat : Tissue::kMuscle;
      }
      if (ellipsoid(p, {20, 62, -10}, {52, 38, 70}) < 1) return Tissue::kHeart;
      return std::abs(x - 4) < 24 ? Tissue::kFat : Tissue::kLung;
    }
    // Two domes with skin.
    const Vector3d q(std::abs(x) - 74, y - 4, z);
    const double forward = -q[1] / length_;
    if (forward > 1) return Tissue::kAir;
    const double dome = square(q[0] / 66) + square(q[2] / 74) + std::pow(std::max(forward, 0.0), 2.6);
    const double depth_mm = (1 - std::sqrt(dome)) * 66;
    if (depth_mm < 0) {
      // Skin goes on over the wall between and beside the breasts.
      if (wall > -12 && std::abs(x) < 150) return wall < -9.5 ? Tissue::kSkin : Tissue::kFat;
      return Tissue::kAir;
    }
    if (depth_mm < 2.2) return Tissue::kSkin;
    // Glandular tissue: a cone towards the nipple, lobular, with strands through the fat.
    const double cone = 1 - square(q[0] / (46 * (1.15 - 0.5 * forward))) - square(q[2] / (50 * (1.15 - 0.5 * forward)));
    const double lobules = gland_.value(p) + 1.3 * cone + density_ - 0.25;
    if (depth_mm > 8 && lobules > 0.55) return Tissue::kGland;
    return std::abs(strands_.value(p)) < 0.07 ? Tissue::kGland : Tissue::kFat;
  }

  double size_ = 1, length_ = 82, density_ = 0;
  LatticeField gland_, strands_;
};

/// Brain without the skull. z = 0 at the bodies of the lateral ventricles.
class Brain : public Host {
 public:
  explicit Brain(std::uint64_t seed)
      : folds_(derive_seed(seed, {1}), {-80, -100, -80}, {80, 100, 80}, 11.5),
        ripple_(derive_seed(seed, {2}), {-80, -100, -80}, {80, 100, 80}, 6) {
    Random random(derive_seed(seed, {3}));
    size_ = about_one(random, 0.04);
    ventricles_ = about_one(random, 0.18);
    atrophy_ = 0.05 * random.uniform();
    for (const double side : {-1.0, 1.0})
      grow_tree(random, Vector3d(side * 8, -8, -42), Vector3d(side * 0.9, -0.2, 0.4).normalized(), 1.6, 22, 0.7,
                Tissue::kVessel, tubes_);
  }

  double half_field_mm() const override { return 112 * size_; }
  bool is_organ(Tissue tissue) const override {
    return tissue == Tissue::kWhiteMatter || tissue == Tissue::kGreyMatter || tissue == Tissue::kFluid;
  }

  void tissues(const Vector3d& first, const Vector3d& step, std::span<Tissue> out) const override {
    for (std::size_t n = 0; n < out.size(); ++n) out[n] = at((first + static_cast<double>(n) * step) / size_);
  }

 private:
  Vector3d candidate(Random& random) const override {
    const double x = 110 * (random.uniform() - 0.5), y = 140 * (random.uniform() - 0.5);
    return Vector3d(x, y, 15 + 55 * (random.uniform() - 0.5)) * size_;
  }
  bool may_hold(Tissue tissue) const override { return is_organ(tissue); }

  Tissue at(const Vector3d& p) const {
    const double x = p[0], y = p[1], z = p[2];
    const double across = std::abs(x);
    // Narrower in front; flatter below.
    const double width = 66 - (y < 0 ? 0.0011 * y * y : 0.0006 * y * y);
    const double height = z > 0 ? 62 - 12 : 48;
    const double out = std::sqrt(square(across / width) + square(y / 84) + square((z - 4) / height));
    if (out > 1.03) return lower(p);
    const double depth_mm = (1 - out) * 60;
    // The falx, and sulci: zero crossings of a smooth field, deepest in the outer two centimetres.
    const double fissure = across - 0.8 - 0.25 * std::abs(ripple_.value({0, y, z}));
    double fold = 1e9, wave = 0;
    if (depth_mm < 26 || across < 22) {
      wave = folds_.value(p) + 0.25 * ripple_.value(p);
      fold = std::abs(wave);
    }
    const double from_surface = std::min(depth_mm, (z > 12 || std::abs(y) > 48) ? fissure : 1e9);
    if (from_surface < 0) return out > 1 ? Tissue::kAir : Tissue::kFluid;
    const double sulcus = (0.10 + atrophy_) * std::clamp((17 - from_surface) / 8, 0.0, 1.0);
    if (fold < sulcus) return out > 0.995 ? Tissue::kAir : Tissue::kFluid;
    if (out > 1) return Tissue::kAir;

    // Lateral ventricles: front horn, body and back horn; third ventricle.
    const double v = ventricles_;
    const double body_x = across - (9 + 0.004 * square(y + 4));
    if (square(body_x / (6.5 * v)) + square((y + 4) / 44) + square((z - 6 - 0.002 * square(y + 4)) / (8 * v)) < 1 &&
        across > 1.2)
      return Tissue::kFluid;
    if (square((across - 22) / (5 * v)) + square((y - 36) / 17) + square((z + 4) / (7 * v)) < 1) return Tissue::kFluid;
    if (across < 1.8 * v && std::abs(y - 4) < 13 && z > -22 && z < -2) return Tissue::kFluid;

    // Basal ganglia and thalamus, corpus callosum, cortex.
    if (ellipsoid({across, y, z}, {14, 12, -6}, {9, 14, 10}) < 1) return Tissue::kGreyMatter;
    if (ellipsoid({across, y, z}, {25, -8, -6}, {7, 17, 12}) < 1) return Tissue::kGreyMatter;
    if (ellipsoid({across, y, z}, {13, -22, 2}, {5, 11, 9}) < 1) return Tissue::kGreyMatter;
    if (from_surface < 3.0) return Tissue::kGreyMatter;
    const double ribbon = (0.42 + 0.06 * wave) * std::clamp((21 - from_surface) / 7, 0.0, 1.0);
    return fold < ribbon ? Tissue::kGreyMatter : Tissue::kWhiteMatter;
  }

  /// Brain stem and cerebellum.
  Tissue lower(const Vector3d& p) const {
    if (square(p[0] / 13) + square((p[1] - 12 - 0.2 * (p[2] + 40)) / 12) < 1 && p[2] < -20 && p[2] > -75)
      return Tissue::kWhiteMatter;
    const double cerebellum = ellipsoid({std::abs(p[0]), p[1], p[2]}, {22, 46, -46}, {30, 27, 21});
    if (cerebellum > 1) return Tissue::kAir;
    const double leaf = (p[2] + 0.5 * p[1] + 100) / 5;
    return std::abs(leaf - std::floor(leaf) - 0.5) < 0.34 ? Tissue::kGreyMatter : Tissue::kFluid;
  }

  double size_ = 1, ventricles_ = 1, atrophy_ = 0;
  LatticeField folds_, ripple_;
};

}  // namespace

Vector3d Host::place(Random& random, double radius_mm) const {
  constexpr int kTries = 400;
  constexpr int kDirections = 26;
  Vector3d best = Vector3d::Zero();
  int most = -1;
  for (int n = 0; n < kTries && most < kDirections; ++n) {
    const Vector3d p = candidate(random);
    if (!is_organ(tissue(p))) continue;
    int held = 0;
    for (int x = -1; x <= 1; ++x) {
      for (int y = -1; y <= 1; ++y) {
        for (int z = -1; z <= 1; ++z) {
          if (x == 0 && y == 0 && z == 0) continue;
          held += may_hold(tissue(p + 0.9 * radius_mm * Vector3d(x, y, z).normalized())) ? 1 : 0;
        }
      }
    }
    if (held <= most) continue;
    most = held;
    best = p;
  }
  return best;
}

std::unique_ptr<Host> make_host(Organ organ, std::uint64_t seed) {
  switch (organ) {
    case Organ::kLung:
      return std::make_unique<Chest>(seed);
    case Organ::kBreast:
      return std::make_unique<Breast>(seed);
    case Organ::kBrain:
      return std::make_unique<Brain>(seed);
  }
  RADTYPE_CHECK(false);
}

}  // namespace radtype::simulate
