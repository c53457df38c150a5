#include "radtype/simulate/scan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "simulate/host.h"
#include "simulate/lattice_field.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

constexpr double kAroundTumourMm = 30;
constexpr float kPadding = -1024;   // HU stored where nothing was reconstructed
constexpr double kSpareSlices = 1;  // wherever chance puts the tumour between two slices

std::size_t index(Tissue tissue) { return static_cast<std::size_t>(tissue); }
constexpr auto kTissueCount = static_cast<std::size_t>(Tissue::kTissues);

/// Signal of every host tissue and of the tumour's three, and how much each varies from place to place.
struct Signals {
  std::array<double, kTissueCount> host{};
  std::array<double, kTissueCount> texture{};
  std::array<double, 3> tumour{};  // by Habitat
  double around = 0;               // host value next to the tumour, for Contrast
  double outside = 0;
};

Signals ct_signals(Organ organ, const Scanner& scanner) {
  Signals s;
  const double blood = scanner.enhancement_hu;
  const auto set = [&](Tissue tissue, double hu, double texture) {
    s.host[index(tissue)] = hu;
    s.texture[index(tissue)] = texture;
  };
  set(Tissue::kAir, -1000, 0);
  set(Tissue::kAirway, -985, 0);
  set(Tissue::kSkin, 15, 4);
  set(Tissue::kFat, -100, 8);
  set(Tissue::kMuscle, 50 + 0.1 * blood, 9);
  set(Tissue::kBone, 620, 120);
  set(Tissue::kMarrow, 190, 40);
  set(Tissue::kCartilage, 105, 15);
  set(Tissue::kLung, -850, 26);
  set(Tissue::kVessel, 42 + blood, 3);
  set(Tissue::kHeart, 42 + 0.85 * blood, 6);
  set(Tissue::kLiver, 58 + 0.25 * blood, 6);
  set(Tissue::kGland, 35 + 0.15 * blood, 12);
  set(Tissue::kWhiteMatter, 28, 1.5);
  set(Tissue::kGreyMatter, 37, 1.5);
  set(Tissue::kFluid, 8, 1);
  set(Tissue::kCouch, -180, 25);
  s.tumour = {38 + 0.3 * blood, 12 + 0.04 * blood, organ == Organ::kLung ? -480.0 : 18.0};
  s.around = s.host[index(organ == Organ::kLung     ? Tissue::kLung
                          : organ == Organ::kBreast ? Tissue::kGland
                                                    : Tissue::kWhiteMatter)];
  s.outside = -1000;
  return s;
}

/// Relative to the organ's own tissue. Proton density, relaxation and contrast medium in one table per sequence.
Signals mr_signals(Organ organ, Sequence sequence) {
  // Columns: T1, T1 after contrast medium, T2. In the breast fat is suppressed after contrast.
  const std::size_t column = sequence == Sequence::kT1 ? 0 : sequence == Sequence::kT2 ? 2 : 1;
  Signals s;
  const auto set = [&](Tissue tissue, std::array<double, 3> values, double texture) {
    s.host[index(tissue)] = values[column];
    s.texture[index(tissue)] = texture * values[column];
  };
  const bool breast = organ == Organ::kBreast;
  set(Tissue::kAir, {0, 0, 0}, 0);
  set(Tissue::kAirway, {0.02, 0.02, 0.02}, 0);
  set(Tissue::kSkin, {0.8, breast ? 1.1 : 0.9, 0.5}, 0.05);
  set(Tissue::kFat, {1.7, breast ? 0.35 : 1.7, breast ? 0.5 : 1.2}, 0.06);
  set(Tissue::kMuscle, {0.8, 0.85, 0.45}, 0.07);
  set(Tissue::kBone, {0.25, 0.25, 0.2}, 0.1);
  set(Tissue::kMarrow, {1.2, 1.2, 0.8}, 0.08);
  set(Tissue::kCartilage, {0.6, 0.6, 0.5}, 0.08);
  set(Tissue::kLung, {0.12, 0.14, 0.12}, 0.3);
  set(Tissue::kVessel, {0.6, 2.1, 0.25}, 0.05);
  set(Tissue::kHeart, {0.7, 1.6, 0.6}, 0.04);
  set(Tissue::kLiver, {1.1, 1.4, 0.5}, 0.07);
  set(Tissue::kGland, {0.85, 1.0, 1.0}, 0.12);
  set(Tissue::kWhiteMatter, {1.0, 1.0, 0.75}, 0.025);
  set(Tissue::kGreyMatter, {0.74, 0.78, 1.05}, 0.03);
  set(Tissue::kFluid, {0.3, 0.3, 2.3}, 0.02);
  set(Tissue::kCouch, {0, 0, 0}, 0);
  const std::array<std::array<double, 3>, 3> viable_necrotic_soft{
      {{0.7, 0.5, 0.65}, {1.75, 0.6, 1.1}, {1.35, 2.0, 1.6}}};
  s.tumour = viable_necrotic_soft[column];
  s.around = s.host[index(organ == Organ::kLung     ? Tissue::kLung
                          : organ == Organ::kBreast ? Tissue::kGland
                                                    : Tissue::kWhiteMatter)];
  return s;
}

double usual_matrix(Organ organ, Modality modality) {
  if (modality == Modality::kCt) return 512;
  return organ == Organ::kBrain ? 256 : 320;
}

/// Share of the tumour in what a point of space holds.
double tumour_weight(double distance_mm, double margin_mm) {
  if (!(margin_mm > 0)) return distance_mm < 0 ? 1 : 0;
  return 0.5 * std::erfc(distance_mm / (margin_mm * std::numbers::sqrt2));
}

Vector3d far_corner(const Grid& grid) {
  const Size3& size = grid.size();
  return grid
      .lps_from_index()(
          Point<Index>(static_cast<double>(size[0]), static_cast<double>(size[1]), static_cast<double>(size[2])))
      .v;
}

std::vector<float> gaussian_kernel(double sigma_pixels, double reach) {
  const int radius = std::max(1, static_cast<int>(std::ceil(reach * sigma_pixels)));
  std::vector<double> weight;
  double sum = 0;
  for (int n = -radius; n <= radius; ++n) {
    weight.push_back(std::exp(-0.5 * n * n / (sigma_pixels * sigma_pixels)));
    sum += weight.back();
  }
  std::vector<float> kernel;
  for (const double w : weight) kernel.push_back(static_cast<float>(w / sum));
  return kernel;
}

/// Low-pass with a sharp edge at a share of the band, faded out over twelve pixels.
std::vector<float> band_kernel(double share) {
  constexpr int kRadius = 12;
  std::vector<double> weight;
  double sum = 0;
  for (int n = -kRadius; n <= kRadius; ++n) {
    const double t = pi * share * n;
    const double fade = 0.5 * (1 + std::cos(pi * n / (kRadius + 1.0)));
    weight.push_back((n == 0 ? share : share * std::sin(t) / t) * fade);
    sum += weight.back();
  }
  std::vector<float> kernel;
  for (const double w : weight) kernel.push_back(static_cast<float>(w / sum));
  return kernel;
}

/// Both axes of one slice, the border value going on outside.
void filter_slice(float* slice, std::int64_t columns, std::int64_t rows, const std::vector<float>& kernel,
                  std::vector<float>& work) {
  const auto radius = static_cast<std::int64_t>(kernel.size() / 2);
  work.resize(static_cast<std::size_t>((columns + 2 * radius) + columns * rows));
  float* const padded = work.data();
  float* const half = work.data() + columns + 2 * radius;
  for (std::int64_t j = 0; j < rows; ++j) {
    const float* row = slice + j * columns;
    std::fill_n(padded, radius, row[0]);
    std::copy_n(row, columns, padded + radius);
    std::fill_n(padded + radius + columns, radius, row[columns - 1]);
    float* to = half + j * columns;
    std::fill_n(to, columns, 0.0F);
    for (std::size_t n = 0; n < kernel.size(); ++n) {
      const float w = kernel[n];
      const float* from = padded + n;
      for (std::int64_t i = 0; i < columns; ++i) to[i] += w * from[i];
    }
  }
  for (std::int64_t j = 0; j < rows; ++j) {
    float* to = slice + j * columns;
    std::fill_n(to, columns, 0.0F);
    for (std::int64_t n = -radius; n <= radius; ++n) {
      const float w = kernel[static_cast<std::size_t>(n + radius)];
      const float* from = half + std::clamp<std::int64_t>(j + n, 0, rows - 1) * columns;
      for (std::int64_t i = 0; i < columns; ++i) to[i] += w * from[i];
    }
  }
}

double sum_of_products(const std::vector<float>& a, const std::vector<float>& b) {
  const std::size_t shift = (std::max(a.size(), b.size()) - std::min(a.size(), b.size())) / 2;
  const auto& longer = a.size() > b.size() ? a : b;
  const auto& shorter = a.size() > b.size() ? b : a;
  double sum = 0;
  for (std::size_t n = 0; n < shorter.size(); ++n) sum += double{longer[n + shift]} * double{shorter[n]};
  return sum;
}

/// CT noise: white noise through a difference of Gaussians, which has little power at low frequencies, as filtered
/// back-projection has.
struct NoiseFilter {
  static constexpr double kShare = 0.9;  // of the wide Gaussian taken away
  std::vector<float> narrow, wide;
  double gain = 1;  // standard deviation that white noise of 1 comes out with

  NoiseFilter(const Scanner& scanner, double pixel_mm)
      : narrow(gaussian_kernel(0.55 * scanner.point_spread_mm / pixel_mm, 3)),
        wide(gaussian_kernel(2.2 * scanner.point_spread_mm / pixel_mm, 3)) {
    const double nn = sum_of_products(narrow, narrow), nw = sum_of_products(narrow, wide),
                 ww = sum_of_products(wide, wide);
    gain = std::sqrt(nn * nn - 2 * kShare * nw * nw + kShare * kShare * ww * ww);
  }
  double response(double x, double y) const {  // cycles a pixel
    const auto along = [](const std::vector<float>& kernel, double f) {
      const auto radius = static_cast<double>(kernel.size() / 2);
      double sum = 0;
      for (std::size_t n = 0; n < kernel.size(); ++n)
        sum += double{kernel[n]} * std::cos(2 * pi * f * (static_cast<double>(n) - radius));
      return sum;
    };
    return (along(narrow, x) * along(narrow, y) - kShare * along(wide, x) * along(wide, y)) / gain;
  }
};

/// Sums of four 16-bit numbers, of variance 1: filtered, they are normal.
float nearly_normal(Random& random) {
  const std::uint64_t bits = random();
  const auto sum = static_cast<double>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48));
  static const double scale = 1 / std::sqrt(4 * (65536.0 * 65536.0 - 1) / 12);
  return static_cast<float>((sum - 2 * 65535.0) * scale);
}

/// A smooth function of one slice, computed every few pixels and linear between.
class SlowPlane {
 public:
  template <class F>
  SlowPlane(const Size3& size, std::int64_t every, const F& function)
      : every_(every), nodes_(size[0] / every + 2), line_(static_cast<std::size_t>(size[0])) {
    for (std::int64_t j = 0; j < size[1] / every + 2; ++j) {
      for (std::int64_t i = 0; i < nodes_; ++i) values_.push_back(function(i * every, j * every));
    }
  }
  const std::vector<double>& row(std::int64_t j) {
    const double down = static_cast<double>(j % every_) / static_cast<double>(every_);
    const double* above = values_.data() + (j / every_) * nodes_;
    const double* below = above + nodes_;
    const auto at = [&](std::int64_t n) { return above[n] + down * (below[n] - above[n]); };
    for (std::size_t i = 0; i < line_.size(); ++i) {
      const auto n = static_cast<std::int64_t>(i) / every_;
      const double part = static_cast<double>(static_cast<std::int64_t>(i) % every_) / static_cast<double>(every_);
      line_[i] = at(n) + part * (at(n + 1) - at(n));
    }
    return line_;
  }

 private:
  std::int64_t every_, nodes_;
  std::vector<double> values_, line_;
};

struct Scene {
  Image image;
  Volume<Tissue> tissue;
  Mask tumour;
};

void draw_tubes(const Host& host, const Signals& signals, const Volume<Tissue>& tissue, Image& image) {
  const Grid& grid = image.grid;
  const auto to_index = grid.index_from_lps();
  const double pixel = grid.spacing_mm()[0];
  for (const Tube& tube : host.tubes()) {
    const double reach = std::max(tube.from_radius_mm, tube.to_radius_mm) + pixel;
    const Vector3d low = to_index(Point<LpsMm>(tube.from.cwiseMin(tube.to) - Vector3d::Constant(reach))).v;
    const Vector3d high = to_index(Point<LpsMm>(tube.from.cwiseMax(tube.to) + Vector3d::Constant(reach))).v;
    std::array<std::int64_t, 3> begin{}, end{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto a = static_cast<Eigen::Index>(axis);
      begin[axis] = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(std::max(low[a], -1.0))));
      end[axis] =
          std::min<std::int64_t>(grid.size()[axis], static_cast<std::int64_t>(std::floor(std::min(high[a], 1e6))) + 1);
    }
    const Vector3d along = tube.to - tube.from;
    const double square = along.squaredNorm();
    const auto value = static_cast<float>(signals.host[index(tube.tissue)]);
    const auto place = grid.lps_from_index();
    for (std::int64_t k = begin[2]; k < end[2]; ++k) {
      for (std::int64_t j = begin[1]; j < end[1]; ++j) {
        for (std::int64_t i = begin[0]; i < end[0]; ++i) {
          if (tissue.at(i, j, k) == Tissue::kAir) continue;
          const Vector3d p =
              place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
          const double t = std::clamp((p - tube.from).dot(along) / square, 0.0, 1.0);
          const double radius = tube.from_radius_mm + t * (tube.to_radius_mm - tube.from_radius_mm);
          const double inside = std::clamp(0.5 + (radius - (p - tube.from - t * along).norm()) / pixel, 0.0, 1.0);
          if (inside > 0) {
            float& voxel = image.at(i, j, k);
            voxel += static_cast<float>(inside) * (value - voxel);
          }
        }
      }
    }
  }
}

/// Calls visit(voxel, inside, share, signal) for every voxel that the tumour reaches. Inside: by the voxel's centre, as
/// masks are. Share and signal: means over the voxel near the surface.
template <class F>
void visit_tumour(const Tumour& tumour, const std::array<double, 3>& signals, const Grid& grid, const F& visit) {
  const double margin = tumour.parameters().margin_mm;
  const double reach = tumour.reach_mm() + 3.5 * margin + grid.spacing_mm().norm();
  const auto place = grid.lps_from_index();
  const auto to_index = grid.index_from_lps();
  const Vector3d low = to_index(Point<LpsMm>(tumour.parameters().centre_lps_mm - Vector3d::Constant(reach))).v;
  const Vector3d high = to_index(Point<LpsMm>(tumour.parameters().centre_lps_mm + Vector3d::Constant(reach))).v;
  const double band = 3.5 * margin + 0.5 * grid.spacing_mm().norm();
  // Within a part of a voxel no thicker than this the surface is taken to be flat.
  constexpr double kFlatMm = 0.8;
  const int parts = static_cast<int>(std::ceil(grid.spacing_mm()[2] / kFlatMm));
  const Vector3d part_mm(grid.spacing_mm()[0], grid.spacing_mm()[1], grid.spacing_mm()[2] / parts);
  const Size3& size = grid.size();
  const auto clamp_to = [](double value, std::int64_t most) {
    return static_cast<std::int64_t>(std::clamp(value, 0.0, static_cast<double>(most)));
  };
  for (std::int64_t k = clamp_to(low[2], size[2]); k < clamp_to(high[2] + 1, size[2]); ++k) {
    for (std::int64_t j = clamp_to(low[1], size[1]); j < clamp_to(high[1] + 1, size[1]); ++j) {
      for (std::int64_t i = clamp_to(low[0], size[0]); i < clamp_to(high[0] + 1, size[0]); ++i) {
        const Vector3d centre =
            place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        const double distance = tumour.distance_mm(centre);
        if (distance > band) continue;
        double share = 0, signal = 0;
        if (distance < -band) {
          share = 1;
          signal = signals[static_cast<std::size_t>(tumour.habitat(centre))];
        } else {
          for (int w = 0; w < parts; ++w) {
            const Vector3d p = centre + Vector3d(0, 0, part_mm[2] * (w + 0.5 - 0.5 * parts));
            Vector3d normal;
            const double depth = tumour.distance_mm(p, &normal);
            // A box's extent along the normal widens the margin by its variance, a twelfth of each square.
            const double here =
                tumour_weight(depth, std::sqrt(margin * margin + normal.cwiseProduct(part_mm).squaredNorm() / 12));
            if (here == 0) continue;
            share += here;
            signal += here * signals[static_cast<std::size_t>(tumour.habitat(p))];
          }
          if (share > 0) signal /= share;
          share /= parts;
        }
        visit(static_cast<std::size_t>((k * size[1] + j) * size[0] + i), distance < 0, share, signal);
      }
    }
  }
}

/// Tissues and the tumour, blurred by the scanner, without noise.
Scene draw(const Body& body, const Tumour& tumour, const Scanner& scanner, const Signals& signals) {
  const Grid grid = scan_grid(body, tumour, scanner);
  const Size3& size = grid.size();
  const auto place = grid.lps_from_index();
  const Host& host = body.host();
  Scene scene{Image(grid), Volume<Tissue>(grid), Mask(grid)};
  const LatticeField texture(derive_seed(body.seed(), {hash_name("texture")}), grid.origin_lps_mm(), far_corner(grid),
                             9);

  const Vector3d step(grid.spacing_mm()[0], 0, 0);
  const auto at = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
  };
  for (std::int64_t k = 0; k < size[2]; ++k) {
    // The texture is smooth over 9 mm.
    SlowPlane plane(size, 4, [&](std::int64_t i, std::int64_t j) { return texture.value(at(i, j, k)); });
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::size_t row = scene.image.offset(0, j, k);
      host.tissues(at(0, j, k), step, std::span(scene.tissue.voxels).subspan(row, static_cast<std::size_t>(size[0])));
      const std::vector<double>& varies = plane.row(j);
      for (std::size_t i = 0; i < varies.size(); ++i) {
        const auto tissue = index(scene.tissue.voxels[row + i]);
        scene.image.voxels[row + i] = static_cast<float>(signals.host[tissue] + signals.texture[tissue] * varies[i]);
      }
    }
  }
  draw_tubes(host, signals, scene.tissue, scene.image);

  visit_tumour(tumour, signals.tumour, grid, [&](std::size_t n, bool inside, double share, double signal) {
    if (inside) scene.tumour.voxels[n] = 1;
    float& voxel = scene.image.voxels[n];
    voxel += static_cast<float>(share * (signal - double{voxel}));
  });

  if (scanner.point_spread_mm > 0) {
    const auto kernel = gaussian_kernel(scanner.point_spread_mm / grid.spacing_mm()[0], 3);
    std::vector<float> work;
    for (std::int64_t k = 0; k < size[2]; ++k)
      filter_slice(scene.image.voxels.data() + k * size[0] * size[1], size[0], size[1], kernel, work);
  }
  return scene;
}

Signals signals_of(Organ organ, const Scanner& scanner) {
  return scanner.modality == Modality::kCt ? ct_signals(organ, scanner) : mr_signals(organ, scanner.sequence);
}

void add_ct_noise(const Scanner& scanner, Image& image) {
  const Size3& size = image.grid.size();
  const NoiseFilter filter(scanner, image.grid.spacing_mm()[0]);
  const auto plane = static_cast<std::size_t>(size[0] * size[1]);
  std::vector<float> narrow(plane), wide, work;
  const auto scale = static_cast<float>(scanner.noise_hu / filter.gain);
  for (std::int64_t k = 0; k < size[2]; ++k) {
    Random random(derive_seed(scanner.seed, {hash_name("noise"), static_cast<std::uint64_t>(k)}));
    for (float& value : narrow) value = nearly_normal(random);
    wide = narrow;
    filter_slice(narrow.data(), size[0], size[1], filter.narrow, work);
    filter_slice(wide.data(), size[0], size[1], filter.wide, work);
    float* slice = image.voxels.data() + static_cast<std::size_t>(k) * plane;
    for (std::size_t n = 0; n < plane; ++n)
      slice[n] += scale * (narrow[n] - static_cast<float>(NoiseFilter::kShare) * wide[n]);
    // Nothing is reconstructed outside the circle.
    const double middle_i = 0.5 * static_cast<double>(size[0] - 1), middle_j = 0.5 * static_cast<double>(size[1] - 1);
    const double square = 0.25 * static_cast<double>(size[0] * size[0]);
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const double left = square - std::pow(static_cast<double>(j) - middle_j, 2);
      const double half = left > 0 ? std::sqrt(left) : 0;
      const auto beyond = [&](double x) { return std::clamp<std::int64_t>(static_cast<std::int64_t>(x), 0, size[0]); };
      float* row = slice + j * size[0];
      std::fill(row, row + beyond(middle_i - half), kPadding);
      std::fill(row + beyond(middle_i + half + 1), row + size[0], kPadding);
    }
  }
}

/// What the coil's sensitivity multiplies the signal by: the exponential of a smooth field, whose mean over the scan is
/// 0 and whose standard deviation is what was asked.
class Sensitivity {
 public:
  Sensitivity(const Scanner& scanner, const Grid& grid)
      : field_(derive_seed(scanner.seed, {hash_name("bias")}), grid.origin_lps_mm(), far_corner(grid), 140) {
    constexpr int kPoints = 16;
    const Vector3d step = (far_corner(grid) - grid.origin_lps_mm()) / kPoints;
    double square = 0, count = 0;
    for (int k = 0; k < kPoints; ++k) {
      for (int j = 0; j < kPoints; ++j) {
        for (int i = 0; i < kPoints; ++i, ++count) {
          const double value =
              field_.value(grid.origin_lps_mm() + step.cwiseProduct(Vector3d(i + 0.5, j + 0.5, k + 0.5)));
          mean_ += value;
          square += value * value;
        }
      }
    }
    mean_ /= count;
    const double spread = std::sqrt(std::max(square / count - mean_ * mean_, 1e-12));
    scale_ = scanner.bias / spread;
  }
  double at(const Vector3d& point) const { return std::exp(scale_ * (field_.value(point) - mean_)); }

 private:
  LatticeField field_;
  double mean_ = 0, scale_ = 0;
};

/// Signal to Rician magnitude, in place.
void add_mr_noise(const Scanner& scanner, double noise, std::uint64_t stream, Image& image) {
  const Size3& size = image.grid.size();
  const auto plane = static_cast<std::size_t>(size[0] * size[1]);
  for (std::int64_t k = 0; k < size[2]; ++k) {
    Random random(derive_seed(scanner.seed, {hash_name("noise"), stream, static_cast<std::uint64_t>(k)}));
    float* slice = image.voxels.data() + static_cast<std::size_t>(k) * plane;
    for (std::size_t n = 0; n < plane; ++n) {
      // Both channels' noise is a vector of Rayleigh length and any direction; of the direction only the cosine
      // matters.
      const double square = -2 * noise * noise * std::log(1 - random.uniform());
      const double turn = random.uniform();
      const double signal = slice[n];
      const double along = signal == 0 ? 0 : 2 * signal * std::sqrt(square) * std::cos(2 * pi * turn);
      slice[n] = static_cast<float>(std::sqrt(signal * signal + along + square));
    }
  }
}

void multiply_by_sensitivity(const Scanner& scanner, Image& image) {
  const Sensitivity sensitivity(scanner, image.grid);
  const auto place = image.grid.lps_from_index();
  const Size3& size = image.grid.size();
  std::size_t n = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    SlowPlane plane(size, 8, [&](std::int64_t i, std::int64_t j) {
      return sensitivity.at(
          place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v);
    });
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (const double value : plane.row(j)) image.voxels[n++] *= static_cast<float>(value);
    }
  }
}

Image mr_image(const Body& body, const Tumour& tumour, const Scanner& scanner, Sequence sequence, std::uint64_t stream,
               Scene& scene) {
  scene = draw(body, tumour, scanner, mr_signals(body.organ(), sequence));
  Image image = std::move(scene.image);
  for (float& value : image.voxels) value *= static_cast<float>(scanner.scale);
  multiply_by_sensitivity(scanner, image);
  const Size3& size = image.grid.size();
  if (scanner.band_limit < 1) {
    std::vector<float> work;
    const auto kernel = band_kernel(scanner.band_limit);
    for (std::int64_t k = 0; k < size[2]; ++k)
      filter_slice(image.voxels.data() + k * size[0] * size[1], size[0], size[1], kernel, work);
  }
  add_mr_noise(scanner, scanner.scale / scanner.snr, stream, image);
  return image;
}

}  // namespace

std::string organ_name(Organ organ) {
  return organ == Organ::kLung ? "lung" : organ == Organ::kBreast ? "breast" : "brain";
}
std::string sequence_name(Sequence sequence) {
  switch (sequence) {
    case Sequence::kT1:
      return "T1";
    case Sequence::kT1Contrast:
      return "T1c";
    case Sequence::kT2:
      return "T2";
    case Sequence::kSer:
      return "SER";
  }
  RADTYPE_CHECK(false);
}

Body::Body(Organ organ, std::uint64_t seed) : organ_(organ), seed_(seed), host_(make_host(organ, seed)) {}
Body::~Body() = default;
Body::Body(Body&&) noexcept = default;
Vector3d Body::place(std::uint64_t seed, double radius_mm) const {
  Random random(seed);
  return host_->place(random, radius_mm);
}

Grid scan_grid(const Body& body, const Tumour& tumour, const Scanner& scanner) {
  const double field = 2 * body.host().half_field_mm();
  const double matrix = usual_matrix(body.organ(), scanner.modality);
  const double pixel = scanner.pixel_mm > 0 ? scanner.pixel_mm : std::round(1e4 * field / matrix) / 1e4;
  const auto pixels = static_cast<std::int64_t>(std::llround(scanner.pixel_mm > 0 ? field / pixel : matrix));
  const double half = tumour.reach_mm() + kAroundTumourMm + kSpareSlices * scanner.slice_mm;
  const auto slices = 2 * static_cast<std::int64_t>(std::ceil(half / scanner.slice_mm)) + 1;
  // Where the tumour's centre falls between slices and pixels is a matter of chance.
  Random random(derive_seed(scanner.seed, {hash_name("phase")}));
  const Vector3d& centre = tumour.parameters().centre_lps_mm;
  const Vector3d origin(-0.5 * static_cast<double>(pixels - 1) * pixel + pixel * (random.uniform() - 0.5),
                        -0.5 * static_cast<double>(pixels - 1) * pixel + pixel * (random.uniform() - 0.5),
                        centre[2] - 0.5 * static_cast<double>(slices - 1) * scanner.slice_mm +
                            scanner.slice_mm * (random.uniform() - 0.5));
  const auto grid = make_grid({pixels, pixels, slices}, Vector3d(pixel, pixel, scanner.slice_mm),
                              Eigen::Matrix3d::Identity(), origin);
  RADTYPE_CHECK(grid.has_value());
  return *grid;
}

Image noiseless(const Body& body, const Tumour& tumour, const Scanner& scanner) {
  return draw(body, tumour, scanner, signals_of(body.organ(), scanner)).image;
}

Image tumour_share(const Tumour& tumour, const Grid& grid) {
  Image image(grid);
  visit_tumour(tumour, {}, grid,
               [&](std::size_t n, bool, double share, double) { image.voxels[n] = static_cast<float>(share); });
  return image;
}

Mask tumour_mask(const Tumour& tumour, const Grid& grid) {
  Mask mask(grid);
  visit_tumour(tumour, {}, grid, [&](std::size_t n, bool inside, double, double) { mask.voxels[n] = inside ? 1 : 0; });
  return mask;
}

double noise_power(const Scanner& scanner, double pixel_mm, double frequency_x, double frequency_y) {
  const double response = NoiseFilter(scanner, pixel_mm).response(frequency_x * pixel_mm, frequency_y * pixel_mm);
  return std::pow(scanner.noise_hu * response * pixel_mm, 2);
}

Contrast contrast(Organ organ, const Scanner& scanner) {
  const Signals s = signals_of(organ, scanner);
  return {s.tumour[0], s.tumour[1], s.tumour[2], s.around};
}

Scan scan(const Body& body, const Tumour& tumour, const Scanner& scanner) {
  Scene scene;
  Image image;
  Scan result;
  double low = 0;
  if (scanner.modality == Modality::kCt) {
    scene = draw(body, tumour, scanner, ct_signals(body.organ(), scanner));
    image = std::move(scene.image);
    add_ct_noise(scanner, image);
    result.noise = scanner.noise_hu;
    low = -1024;
  } else if (scanner.sequence == Sequence::kSer) {
    // Signal enhancement ratio of three phases: (early - before) / (late - before), in thousandths, 0 where nothing
    // enhances.
    const Image before = mr_image(body, tumour, scanner, Sequence::kT1, 0, scene);
    image = mr_image(body, tumour, scanner, Sequence::kT1Contrast, 1, scene);
    Scene late_scene;
    const Image washed_in = mr_image(body, tumour, scanner, Sequence::kT1Contrast, 2, late_scene);
    const double least = 3 * scanner.scale / scanner.snr;
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      // Host tissue goes on enhancing; the tumour washes out.
      const double gain = scene.tumour.voxels[n] != 0 ? 0.85 : 1.15;
      const double early = double{image.voxels[n]} - double{before.voxels[n]};
      const double late = gain * double{washed_in.voxels[n]} - double{before.voxels[n]};
      image.voxels[n] = static_cast<float>(late > least && early > 0 ? 1000 * std::min(early / late, 3.0) : 0);
    }
    result.noise = scanner.scale / scanner.snr;
  } else {
    image = mr_image(body, tumour, scanner, scanner.sequence, 0, scene);
    result.noise = scanner.scale / scanner.snr;
  }
  result.image = Volume<std::int16_t>(image.grid);
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    result.image.voxels[n] =
        static_cast<std::int16_t>(std::floor(std::clamp(double{image.voxels[n]}, low, 32767.0) + 0.5));
  std::array<std::uint8_t, kTissueCount> is_organ{};
  for (std::size_t n = 0; n < kTissueCount; ++n) is_organ[n] = body.host().is_organ(static_cast<Tissue>(n)) ? 1 : 0;
  result.tissue = Mask(image.grid);
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    result.tissue.voxels[n] = scene.tumour.voxels[n] == 0 ? is_organ[index(scene.tissue.voxels[n])] : std::uint8_t{0};
  result.tumour = std::move(scene.tumour);
  return result;
}

}  // namespace radtype::simulate
