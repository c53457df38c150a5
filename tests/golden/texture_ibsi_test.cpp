// The standard set against the reference values of IBSI 1 (ibsi1_2020; ../shared/data/ibsi): the digital phantom and
// the three configurations of the CT phantom. Images are prepared here as the configurations say.
#include <cmath>
#include <fstream>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "radtype/core/text.h"
#include "radtype/io/image_source.h"
#include "radtype/texture/standard_set.h"
#include "support/bodies.h"
#include "support/shared_data.h"

namespace radtype::texture {
namespace {

using Eigen::Vector3d;

Image read(const std::string& relative) {
  auto source = io::open_image(test::shared(relative));
  EXPECT_TRUE(source) << source.error().to_string();
  auto image = io::read_region(**source, (*source)->info().grid.box());
  EXPECT_TRUE(image) << image.error().to_string();
  return *image;
}

/// IBSI's resampling: grids aligned by their centres, ceil(n s / s') voxels, linear along every axis; beyond the border
/// the border's value.
Image interpolated(const Image& image, const Vector3d& spacing) {
  Size3 size{};
  Vector3d step, first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto row = static_cast<Eigen::Index>(axis);
    const double n = static_cast<double>(image.grid.size()[axis]);
    step[row] = spacing[row] / image.grid.spacing_mm()[row];
    size[axis] = static_cast<std::int64_t>(std::ceil(n / step[row] - 1e-9));
    first[row] = (n - 1 - (static_cast<double>(size[axis]) - 1) * step[row]) / 2;
  }
  Image result(test::grid_of(size, spacing));
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const Vector3d index(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        const Vector3d at = first + index.cwiseProduct(step);
        double value = 0;
        for (unsigned corner = 0; corner < 8; ++corner) {
          double weight = 1;
          Size3 from{};
          for (std::size_t axis = 0; axis < 3; ++axis) {
            const double base = std::floor(at[static_cast<Eigen::Index>(axis)]);
            const double t = at[static_cast<Eigen::Index>(axis)] - base;
            from[axis] = std::clamp<std::int64_t>(static_cast<std::int64_t>(base) + (corner >> axis & 1u), 0,
                                                  image.grid.size()[axis] - 1);
            weight *= (corner >> axis & 1u) != 0 ? t : 1 - t;
          }
          value += weight * double{image.at(from[0], from[1], from[2])};
        }
        result.at(i, j, k) = static_cast<float>(value);
      }
    }
  }
  return result;
}

struct Configuration {
  const char* title;
  const char* csv;
  const char* folder;
  Vector3d spacing;    ///< 0: as it is
  double lowest = 0;   ///< resegmentation, HU
  double highest = 0;  ///< equal: none
  double bin_hu = 0;   ///< 0: a fixed number of 32 bins, or discretised already
  bool discretised = false;
  bool three_dimensional = true;  ///< has values of 3-D co-occurrence
};
void PrintTo(const Configuration& one, std::ostream* out) { *out << one.title; }

struct Prepared {
  Image image;
  Mask mask;
  GreyLevels levels;
};

GreyLevels levels_of(const Configuration& one, const Image& image, const Mask& mask) {
  if (!one.discretised && one.bin_hu == 0) return *fixed_bins(image, mask, 32);
  GreyLevels levels{Volume<std::int32_t>(mask.grid), 0};
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    const double value = image.voxels[n];
    const auto level =
        static_cast<std::int32_t>(one.discretised ? value : std::floor((value - one.lowest) / one.bin_hu) + 1);
    levels.level.voxels[n] = level;
    levels.count = std::max(levels.count, level);
  }
  return levels;
}

Prepared prepare(const Configuration& one) {
  const std::string folder = std::string("data/ibsi/") + one.folder;
  Prepared p;
  p.image = read(folder + "/phantom.nii.gz");
  Image inside = read(folder + "/mask.nii.gz");
  if (one.spacing[0] > 0) {
    p.image = interpolated(p.image, one.spacing);
    for (float& value : p.image.voxels) value = std::round(value);
    inside = interpolated(inside, one.spacing);
  }
  p.mask = Mask(inside.grid);
  for (std::size_t n = 0; n < inside.voxels.size(); ++n) {
    const double value = p.image.voxels[n];
    const bool kept = one.highest == one.lowest || (value >= one.lowest && value <= one.highest);
    p.mask.voxels[n] = inside.voxels[n] >= 0.5F - 1e-6F && kept ? 1 : 0;
  }
  p.levels = levels_of(one, p.image, p.mask);
  return p;
}

struct Reference {
  double value = 0, tolerance = 0;
};
std::map<std::string, Reference> read_reference(const std::string& csv) {
  std::map<std::string, Reference> reference;
  std::ifstream file(test::shared("data/ibsi/reference_values/" + csv));
  for (std::string line; std::getline(file, line);) {
    const auto cells = split(line, ";\r");
    if (cells.size() != 3) continue;
    const auto value = parse_double(cells[0]), tolerance = parse_double(cells[1]);
    if (value && tolerance) reference[std::string(cells[2])] = {*value, *tolerance};
  }
  return reference;
}

/// As the references are given.
double three_digits(double value) { return *parse_double(fmt::format("{:.3g}", value)); }

class Ibsi : public testing::TestWithParam<Configuration> {};

TEST_P(Ibsi, EveryReferenceValueIsWithinItsTolerance) {
  NEEDS_SHARED("data/ibsi/reference_values");
  const Configuration& one = GetParam();
  const auto reference = read_reference(one.csv);
  const Prepared p = prepare(one);
  std::vector<double> values;
  for (std::size_t n = 0; n < p.mask.voxels.size(); ++n) {
    if (p.mask.voxels[n] != 0) values.push_back(double{p.image.voxels[n]});
  }
  int matched = 0, all = 0;
  const auto compare = [&](const std::vector<std::string>& names, const std::vector<double>& found) {
    ASSERT_EQ(names.size(), found.size());
    for (std::size_t n = 0; n < names.size(); ++n) {
      const auto expected = reference.find(names[n]);
      ASSERT_NE(expected, reference.end()) << names[n];
      const auto& [value, tolerance] = expected->second;
      const bool same = std::abs(three_digits(found[n]) - value) <= tolerance + 1e-9 * std::abs(value);
      EXPECT_TRUE(same) << names[n] << ": " << found[n] << ", IBSI " << value << " +- " << tolerance;
      ++all;
      matched += same;
    }
  };
  compare(intensity_statistics_names(), intensity_statistics(values));
  compare(intensity_histogram_names(), intensity_histogram(p.levels));
  if (one.three_dimensional) compare(cooccurrence_names(), cooccurrence(p.levels));
  std::printf("%s: %d of %d reference values matched\n", one.title, matched, all);
}

constexpr const char* kCt = "ibsi1_ct_phantom/nifti";
INSTANTIATE_TEST_SUITE_P(, Ibsi,
                         testing::Values(Configuration{.title = "digital phantom",
                                                       .csv = "ibsi_1_dig_phantom.csv",
                                                       .folder = "ibsi1_digital_phantom",
                                                       .spacing = Vector3d::Zero(),
                                                       .discretised = true},
                                         Configuration{.title = "CT phantom, configuration A",
                                                       .csv = "ibsi_1_chest_config_a.csv",
                                                       .folder = kCt,
                                                       .spacing = Vector3d::Zero(),
                                                       .lowest = -500,
                                                       .highest = 400,
                                                       .bin_hu = 25,
                                                       .three_dimensional = false},
                                         Configuration{.title = "CT phantom, configuration B",
                                                       .csv = "ibsi_1_chest_config_b.csv",
                                                       .folder = kCt,
                                                       .spacing = Vector3d(2, 2, 3),
                                                       .lowest = -500,
                                                       .highest = 400,
                                                       .three_dimensional = false},
                                         Configuration{.title = "CT phantom, configuration C",
                                                       .csv = "ibsi_1_chest_config_c.csv",
                                                       .folder = kCt,
                                                       .spacing = Vector3d(2, 2, 2),
                                                       .lowest = -1000,
                                                       .highest = 400,
                                                       .bin_hu = 25}));

}  // namespace
}  // namespace radtype::texture
