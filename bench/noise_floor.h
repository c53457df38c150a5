// Images that know nothing of the tumour but its outline: what features agree on by the outline alone.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "radtype/core/seed.h"
#include "radtype/core/volume.h"

namespace radtype::bench {

/// Ranks within the mask as normal scores; 0 outside.
inline std::vector<float> normal_scores(const Image& image, const Mask& mask) {
  std::vector<std::size_t> order;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) order.push_back(n);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return image.voxels[a] < image.voxels[b]; });
  std::vector<float> scores(mask.voxels.size());
  const auto count = static_cast<double>(order.size());
  const auto quantile = [](double share) {  // of the normal distribution, to 5e-4 (Abramowitz and Stegun 26.2.23)
    const double t = std::sqrt(-2 * std::log(std::min(share, 1 - share)));
    const double x =
        t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    return share < 0.5 ? -x : x;
  };
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && image.voxels[order[last]] == image.voxels[order[first]]) ++last;
    const double share = 0.5 * static_cast<double>(first + last) / count;
    for (std::size_t n = first; n < last; ++n) scores[order[n]] = static_cast<float>(quantile(share));
    first = last;
  }
  return scores;
}

/// Along each axis the lag, in voxels, at which the autocorrelation of the scores within the mask falls to a half.
inline std::array<double, 3> half_lags(const Image& image, const Mask& mask) {
  constexpr double kHalf = 0.5;
  const std::vector<float> scores = normal_scores(image, mask);
  double variance = 0, voxels = 0;
  for (std::size_t n = 0; n < scores.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    variance += double{scores[n]} * double{scores[n]};
    ++voxels;
  }
  variance /= voxels;
  const Size3& size = mask.grid.size();
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  std::array<double, 3> lags{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double before = 1;
    lags[axis] = static_cast<double>(size[axis]) / 2;
    for (std::int64_t lag = 1; variance > 0 && lag < size[axis]; ++lag) {
      double sum = 0, pairs = 0;
      Size3 end = size;
      end[axis] -= lag;
      for (std::int64_t k = 0; k < end[2]; ++k) {
        for (std::int64_t j = 0; j < end[1]; ++j) {
          for (std::int64_t i = 0; i < end[0]; ++i) {
            const std::size_t here = mask.offset(i, j, k);
            const std::size_t there = here + static_cast<std::size_t>(lag * stride[axis]);
            if (mask.voxels[here] == 0 || mask.voxels[there] == 0) continue;
            sum += double{scores[here]} * double{scores[there]};
            ++pairs;
          }
        }
      }
      const double now = pairs > 0 ? sum / pairs / variance : 0;
      if (now <= kHalf) {
        lags[axis] = static_cast<double>(lag - 1) + (before - kHalf) / (before - now);
        break;
      }
      before = now;
    }
  }
  return lags;
}

/// White noise through a Gaussian of this standard deviation (voxels) along each axis, going on round the border.
inline Image smooth_noise(const Grid& grid, const std::array<double, 3>& sigma_voxels, std::uint64_t seed) {
  Image noise(grid);
  Random random(seed);
  for (float& value : noise.voxels) value = static_cast<float>(random.normal());
  const Size3& size = grid.size();
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double sigma = sigma_voxels[axis];
    const std::int64_t count = size[axis];
    if (sigma > 0.05) {
      const auto reach = static_cast<std::int64_t>(std::ceil(3 * sigma));
      std::vector<float> kernel;
      for (std::int64_t n = -reach; n <= reach; ++n)
        kernel.push_back(static_cast<float>(std::exp(-0.5 * static_cast<double>(n * n) / (sigma * sigma))));
      std::vector<float> line(static_cast<std::size_t>(count + 2 * reach));
      const auto total = static_cast<std::int64_t>(noise.voxels.size());
      for (std::int64_t block = 0; block < total; block += stride * count) {
        for (std::int64_t start = block; start < block + stride; ++start) {
          float* at = noise.voxels.data() + start;
          for (std::int64_t n = -reach; n < count + reach; ++n) {
            const std::int64_t wrapped = ((n % count) + count) % count;
            line[static_cast<std::size_t>(n + reach)] = at[wrapped * stride];
          }
          for (std::int64_t n = 0; n < count; ++n) {
            float sum = 0;
            for (std::size_t w = 0; w < kernel.size(); ++w) sum += kernel[w] * line[static_cast<std::size_t>(n) + w];
            at[n * stride] = sum;
          }
        }
      }
    }
    stride *= count;
  }
  return noise;
}

/// The kernel whose noise has these half lags inside this very mask, by a few corrections on noise of its own.
inline std::array<double, 3> matching_sigma(const Mask& mask, const std::array<double, 3>& wanted_lags,
                                            std::uint64_t seed) {
  constexpr int kRounds = 4, kFields = 2;
  constexpr double kLagOfSigma = 1.6651;  // 2 sqrt(ln 2): autocorrelation exp(-lag^2 / (4 sigma^2))
  constexpr double kWhiteLag = 0.5;       // what linear interpolation makes of independent voxels
  std::array<double, 3> sigma{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    sigma[axis] = wanted_lags[axis] > kWhiteLag + 0.02 ? wanted_lags[axis] / kLagOfSigma : 0;
  for (int round = 0; round < kRounds; ++round) {
    std::array<double, 3> lags{};
    for (int field = 0; field < kFields; ++field) {
      const auto number = static_cast<std::uint64_t>(kFields * round + field);
      const auto found = half_lags(smooth_noise(mask.grid, sigma, derive_seed(seed, {number})), mask);
      for (std::size_t axis = 0; axis < 3; ++axis) lags[axis] += found[axis] / kFields;
    }
    for (std::size_t axis = 0; axis < 3; ++axis) sigma[axis] *= std::clamp(wanted_lags[axis] / lags[axis], 0.5, 2.0);
  }
  return sigma;
}

/// Replaces the ranks of the voxels in the mask by the same shares of another histogram (ascending).
inline void give_histogram(const std::vector<float>& ascending, const Mask& mask, Image& image) {
  std::vector<std::size_t> order;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) order.push_back(n);
  }
  if (order.empty() || ascending.empty()) return;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return image.voxels[a] < image.voxels[b]; });
  const auto count = static_cast<double>(order.size()), values = static_cast<double>(ascending.size());
  for (std::size_t n = 0; n < order.size(); ++n) {
    const auto from = static_cast<std::size_t>((static_cast<double>(n) + 0.5) / count * values);
    image.voxels[order[n]] = ascending[std::min(from, ascending.size() - 1)];
  }
}

}  // namespace radtype::bench
