// Noise, sensitivity and blur measured back from the images.
#include "radtype/simulate/scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "radtype/core/label_map.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

TumourParameters small() {
  TumourParameters p;
  p.radius_mm = 8;
  p.margin_mm = 1.2;
  p.necrotic_share = p.soft_share = 0;
  return p;
}
Scanner scanner_of(Modality modality) {
  Scanner s;
  s.modality = modality;
  s.slice_mm = 5;
  s.seed = 3;
  return s;
}

TEST(VirtualCt, NoiseHasTheSpreadAndThePowerThatWereAsked) {
  const Body body(Organ::kBrain, 1);  // no air in the middle, whose values would be clipped
  TumourParameters p = small();
  p.centre_lps_mm = body.place(1, p.radius_mm);
  const Tumour tumour(p);
  Scanner s = scanner_of(Modality::kCt);
  s.noise_hu = 40;
  const Scan noisy = scan(body, tumour, s);
  const Image clean = noiseless(body, tumour, s);
  const Size3 size = clean.grid.size();
  const double pixel = clean.grid.spacing_mm()[0];
  // Where nothing is clipped: a square in the middle of the slices next to the tumour.
  constexpr std::int64_t kSide = 64;
  constexpr std::int64_t kSlices = 5;
  // Without a window the steep spectrum leaks into its low end.
  const auto hann = [](std::int64_t n) {
    return 0.5 - 0.5 * std::cos(2 * pi * (static_cast<double>(n) + 0.5) / kSide);
  };
  double square = 0, count = 0;
  const std::array<std::int64_t, 5> lines{0, 4, 8, 16, 24};  // cycles in the square
  std::array<double, 5> along_x{}, along_y{}, diagonal{};
  for (std::int64_t k = (size[2] - kSlices) / 2; k < (size[2] + kSlices) / 2; ++k) {
    const auto noise = [&](std::int64_t i, std::int64_t j) {
      const std::int64_t x = i + (size[0] - kSide) / 2, y = j + (size[1] - kSide) / 2;
      return noisy.image.at(x, y, k) - double{clean.at(x, y, k)};
    };
    const auto power = [&](std::int64_t u, std::int64_t v) {
      std::complex<double> sum = 0;
      for (std::int64_t j = 0; j < kSide; ++j) {
        for (std::int64_t i = 0; i < kSide; ++i)
          sum +=
              hann(i) * hann(j) * noise(i, j) * std::polar(1.0, -2 * pi * static_cast<double>(u * i + v * j) / kSide);
      }
      // The window's mean square is 3/8 an axis.
      return std::norm(sum) * pixel * pixel / (kSide * kSide) / (0.375 * 0.375);
    };
    for (std::int64_t j = 0; j < kSide; ++j) {
      for (std::int64_t i = 0; i < kSide; ++i, ++count) square += noise(i, j) * noise(i, j);
    }
    for (std::size_t n = 0; n < lines.size(); ++n) {
      // Neighbouring lines too: a single one varies by its own size.
      for (std::int64_t shift = -2; shift <= 2; ++shift) {
        along_x[n] += power(lines[n], shift);
        along_y[n] += power(shift, lines[n]);
        diagonal[n] += power(lines[n], lines[n] + shift);
      }
    }
  }
  EXPECT_NEAR(std::sqrt(square / count), 40, 1.2);
  const auto asked_at = [&](std::int64_t u, std::int64_t v) {
    const double step = 1 / (kSide * pixel);
    return noise_power(s, pixel, static_cast<double>(u) * step, static_cast<double>(v) * step);
  };
  // What the window blurs it to.
  const auto asked = [&](std::int64_t u, std::int64_t v) {
    double sum = 0;
    for (std::int64_t a = -1; a <= 1; ++a) {
      for (std::int64_t b = -1; b <= 1; ++b) sum += asked_at(u + a, v + b) * (a == 0 ? 4 : 1) * (b == 0 ? 4 : 1) / 36;
    }
    return sum;
  };
  for (std::size_t n = 0; n < lines.size(); ++n) {
    double x = 0, d = 0;
    for (std::int64_t shift = -2; shift <= 2; ++shift) {
      x += asked(lines[n], shift) * static_cast<double>(kSlices);
      d += asked(lines[n], lines[n] + shift) * static_cast<double>(kSlices);
    }
    // 5 lines in 5 slices: a relative standard error of 0.2. Rounding to whole HU adds 1/12 HU^2 of white noise.
    const double rounding = 5 * static_cast<double>(kSlices) * pixel * pixel / 12;
    EXPECT_NEAR(along_x[n], x, 0.7 * x + 3 * rounding) << lines[n];
    EXPECT_NEAR(along_y[n], x, 0.7 * x + 3 * rounding) << lines[n];
    EXPECT_NEAR(diagonal[n], d, 0.7 * d + 3 * rounding) << lines[n];
  }
  // Band-pass: little at low frequencies, most at middle ones.
  EXPECT_LT(asked_at(0, 0), 0.1 * asked_at(12, 0));
  // The power integrates to the variance.
  double whole = 0;
  for (std::int64_t v = 0; v < kSide; ++v) {
    for (std::int64_t u = 0; u < kSide; ++u) whole += asked_at(u, v) / (kSide * pixel * kSide * pixel);
  }
  EXPECT_NEAR(whole, 1600, 5);
}

TEST(VirtualMr, BackgroundIsRayleighAndSensitivityIsAsWideAsAsked) {
  double mean_width = 0;
  constexpr int kScans = 5;
  for (std::uint64_t seed = 1; seed <= kScans; ++seed) {
    const Body body(Organ::kLung, seed);
    TumourParameters p = small();
    p.centre_lps_mm = body.place(seed, p.radius_mm);
    const Tumour tumour(p);
    Scanner s = scanner_of(Modality::kMr);
    s.seed = seed;
    s.snr = 40;
    s.bias = 0.2;
    s.scale = 1500;
    const Scan noisy = scan(body, tumour, s);
    const Image clean = noiseless(body, tumour, s);
    double air = 0, air_square = 0, air_count = 0;
    double logs = 0, log_square = 0, log_count = 0;
    for (std::size_t n = 0; n < clean.voxels.size(); ++n) {
      const double value = noisy.image.voxels[n];
      if (clean.voxels[n] == 0) {
        air += value;
        air_square += value * value;
        ++air_count;
      } else if (clean.voxels[n] > 0.7F) {
        const double ratio = std::log(value / (1500 * double{clean.voxels[n]}));
        logs += ratio;
        log_square += ratio * ratio;
        ++log_count;
      }
    }
    EXPECT_DOUBLE_EQ(noisy.noise, 37.5);
    EXPECT_NEAR(air / air_count, 37.5 * std::sqrt(pi / 2), 0.3);
    EXPECT_NEAR(std::sqrt(air_square / air_count), 37.5 * std::sqrt(2.0), 0.3);
    mean_width += std::sqrt(log_square / log_count - std::pow(logs / log_count, 2)) / kScans;
  }
  // Over the body; the spread was asked for over the whole field, of which the body is the middle.
  EXPECT_NEAR(mean_width, 0.2, 0.05);
}

TEST(VirtualScan, TheEdgeIsAsWideAsMarginAndBlurTogether) {
  for (const double margin : {0.5, 1.2, 2.5}) {
    const Body body(Organ::kLung, 2);
    TumourParameters p = small();
    p.radius_mm = 14;
    p.layering = 0;
    p.margin_mm = margin;
    p.centre_lps_mm = body.place(4, p.radius_mm);
    const Tumour viable(p);
    p.necrotic_share = 0.99999;
    const Tumour necrotic(p);
    Scanner s = scanner_of(Modality::kCt);
    s.slice_mm = 1;
    s.point_spread_mm = 0.7;
    // What differs between the two is the tumour's share of each voxel, whatever the host.
    const Image one = noiseless(body, viable, s), other = noiseless(body, necrotic, s);
    const Contrast values = contrast(Organ::kLung, s);
    const auto place = one.grid.lps_from_index();
    const auto middle = one.grid.size()[2] / 2;
    double sum = 0;
    for (std::int64_t j = 0; j < one.grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < one.grid.size()[0]; ++i) {
        Vector3d at =
            place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(middle))).v;
        at -= p.centre_lps_mm;
        const double distance = at.norm() - 14;
        // Across the surface the share is a normal integral: minus the first moment of what it differs from a step is
        // half its variance. A pixel stands for a ring, whose length is taken out.
        const double share = double{one.at(i, j, middle) - other.at(i, j, middle)} / (values.viable - values.necrotic);
        sum += (share - (distance < 0 ? 1.0 : 0.0)) * distance / at.norm();
      }
    }
    const double pixel = one.grid.spacing_mm()[0];
    const double width = std::sqrt(2 * sum * pixel * pixel / (2 * pi));
    const double expected = std::sqrt(margin * margin + 0.7 * 0.7 + pixel * pixel / 12);
    EXPECT_NEAR(width, expected, 0.04 * expected) << margin;
  }
}

TEST(VirtualScan, ShowsThirtyMillimetresOfHostAtAClinicalMatrix) {
  for (const Organ organ : {Organ::kLung, Organ::kBreast, Organ::kBrain}) {
    for (const Modality modality : {Modality::kCt, Modality::kMr}) {
      const Body body(organ, 5);
      TumourParameters p = small();
      p.centre_lps_mm = body.place(2, p.radius_mm);
      const Tumour tumour(p);
      const Scan made = scan(body, tumour, scanner_of(modality));
      const Grid& grid = made.image.grid;
      EXPECT_GE(grid.size()[0], 256);
      const Box box = inside_box(made.tumour);
      ASSERT_FALSE(box.empty());
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double step = grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
        EXPECT_GE(static_cast<double>(box.lo[axis]) * step, 30) << organ_name(organ);
        EXPECT_GE(static_cast<double>(grid.size()[axis] - box.hi[axis]) * step, 30) << organ_name(organ);
      }
      std::int64_t organ_voxels = 0;
      for (std::size_t n = 0; n < made.tissue.voxels.size(); ++n) {
        organ_voxels += made.tissue.voxels[n];
        ASSERT_FALSE(made.tissue.voxels[n] != 0 && made.tumour.voxels[n] != 0);
      }
      EXPECT_GT(static_cast<double>(organ_voxels) * grid.voxel_volume_mm3(), 50000) << organ_name(organ);
    }
  }
}

}  // namespace
}  // namespace radtype::simulate
