// Second outlines of the same tumour.
#include <algorithm>
#include <cmath>

#include "radtype/core/label_map.h"
#include "radtype/simulate/study.h"
#include "simulate/lattice_field.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;

/// The tumour's distance and each reader's field at the voxels that readers can disagree about.
struct Band {
  struct Voxel {
    std::size_t at;
    double distance_mm;
    std::vector<double> field;
  };
  std::vector<Voxel> voxels;
};

Band band_of(const Tumour& tumour, const Mask& first, const std::vector<std::uint64_t>& seeds) {
  const double radius = tumour.parameters().radius_mm;
  const double reach = 0.5 * radius;
  Box box = inside_box(first);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto margin =
        static_cast<std::int64_t>(std::ceil(reach / first.grid.spacing_mm()[static_cast<Eigen::Index>(axis)]));
    box.lo[axis] -= margin;
    box.hi[axis] += margin;
  }
  box = intersection(box, first.grid.box());
  const auto place = first.grid.lps_from_index();
  const auto at = [&](const Size3& n) {
    return place(Point<Index>(static_cast<double>(n[0]), static_cast<double>(n[1]), static_cast<double>(n[2]))).v;
  };
  std::vector<LatticeField> fields;
  for (const std::uint64_t seed : seeds) fields.emplace_back(seed, at(box.lo), at(box.hi), 0.7 * radius);
  Band band;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i) {
        const Vector3d p = at({i, j, k});
        const double distance = tumour.distance_mm(p);
        if (std::abs(distance) > reach) continue;
        Band::Voxel voxel{first.offset(i, j, k), distance, {}};
        for (const LatticeField& field : fields) voxel.field.push_back(field.value(p));
        band.voxels.push_back(std::move(voxel));
      }
    }
  }
  return band;
}

bool is_inside(const Band::Voxel& voxel, std::size_t reader, double amplitude_mm) {
  return voxel.distance_mm + amplitude_mm * voxel.field[reader] < 0;
}

}  // namespace

double dice(const Mask& a, const Mask& b) {
  std::int64_t both = 0, sum = 0;
  for (std::size_t n = 0; n < a.voxels.size(); ++n) {
    both += a.voxels[n] != 0 && b.voxels[n] != 0;
    sum += (a.voxels[n] != 0) + (b.voxels[n] != 0);
  }
  return sum == 0 ? 1 : 2 * static_cast<double>(both) / static_cast<double>(sum);
}

double reader_amplitude(const Tumour& tumour, const Mask& first, const std::vector<std::uint64_t>& seeds,
                        double asked) {
  const Band band = band_of(tumour, first, seeds);
  // Voxels deeper than the band are inside for every reader.
  std::int64_t deep = 0;
  for (const std::uint8_t value : first.voxels) deep += value != 0;
  for (const Band::Voxel& voxel : band.voxels) deep -= first.voxels[voxel.at] != 0;
  const auto mean_dice = [&](double amplitude) {
    std::vector<std::int64_t> size(seeds.size(), deep);
    std::vector<std::int64_t> both(seeds.size() * seeds.size(), deep);
    for (const Band::Voxel& voxel : band.voxels) {
      for (std::size_t a = 0; a < seeds.size(); ++a) {
        if (!is_inside(voxel, a, amplitude)) continue;
        ++size[a];
        for (std::size_t b = 0; b < a; ++b) both[a * seeds.size() + b] += is_inside(voxel, b, amplitude);
      }
    }
    double sum = 0, pairs = 0;
    for (std::size_t a = 0; a < seeds.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b, ++pairs) {
        const auto whole = static_cast<double>(size[a] + size[b]);
        sum += whole > 0 ? 2 * static_cast<double>(both[a * seeds.size() + b]) / whole : 0;
      }
    }
    return pairs > 0 ? sum / pairs : 1;
  };
  double low = 0, high = 0.5 * tumour.parameters().radius_mm;
  for (int round = 0; round < 24; ++round) {
    const double middle = (low + high) / 2;
    (mean_dice(middle) > asked ? low : high) = middle;
  }
  return (low + high) / 2;
}

Mask second_reader(const Tumour& tumour, const Mask& first, std::uint64_t seed, double amplitude_mm) {
  Mask mask = first;
  for (const Band::Voxel& voxel : band_of(tumour, first, {seed}).voxels)
    mask.voxels[voxel.at] = is_inside(voxel, 0, amplitude_mm) ? 1 : 0;
  return mask;
}

}  // namespace radtype::simulate
