// Morphology against the IBSI reference values and the pyradiomics baseline (../shared/data). The tables it prints are
// those of docs/validation/morphology.md, and it fails when that page is out of step.
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/text.h"
#include "radtype/io/image_source.h"
#include "radtype/shape/morphology.h"
#include "support/bodies.h"
#include "support/shared_data.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

Mask mask_of_label(const std::string& relative, int label) {
  auto source = io::open_image(test::shared(relative));
  EXPECT_TRUE(source) << source.error().to_string();
  const auto labels = io::read_label_map(**source, io::LabelEncoding::kValue);
  EXPECT_TRUE(labels) << labels.error().to_string();
  for (const Region& region : labels->regions) {
    if (region.label == label) return dense_mask(labels->grid, region, labels->grid.box());
  }
  ADD_FAILURE() << relative << " has no label " << label;
  return {};
}

std::vector<std::string> cells(const std::string& line, char separator) {
  std::vector<std::string> parts{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      parts.emplace_back();
    } else if (c != '\r') {
      parts.back() += c;
    }
  }
  return parts;
}

std::string page() {
  std::ifstream file(std::string(RADTYPE_SOURCE_DIR) + "/docs/validation/morphology.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// IBSI's resampling of a mask: grids aligned by their centres, ceil(n s / s') voxels, trilinear, inside from 0.5 on.
Mask interpolated(const Mask& mask, const Vector3d& spacing) {
  Size3 size{};
  Vector3d step, first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto row = static_cast<Eigen::Index>(axis);
    const double n = static_cast<double>(mask.grid.size()[axis]);
    step[row] = spacing[row] / mask.grid.spacing_mm()[row];
    size[axis] = static_cast<std::int64_t>(std::ceil(n / step[row] - 1e-9));
    first[row] = (n - 1 - (static_cast<double>(size[axis]) - 1) * step[row]) / 2;
  }
  Mask result(test::grid_of(size, spacing));
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const Vector3d index(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        const Vector3d at = first + index.cwiseProduct(step);
        double value = 0;
        for (unsigned corner = 0; corner < 8; ++corner) {
          double weight = 1;
          Size3 from{};
          bool within = true;
          for (std::size_t axis = 0; axis < 3; ++axis) {
            const double base = std::floor(at[static_cast<Eigen::Index>(axis)]);
            const double t = at[static_cast<Eigen::Index>(axis)] - base;
            from[axis] = static_cast<std::int64_t>(base) + (corner >> axis & 1u);
            weight *= (corner >> axis & 1u) != 0 ? t : 1 - t;
            within = within && from[axis] >= 0 && from[axis] < mask.grid.size()[axis];
          }
          if (within && mask.at(from[0], from[1], from[2]) != 0) value += weight;
        }
        result.at(i, j, k) = value >= 0.5 - 1e-9 ? 1 : 0;
      }
    }
  }
  return result;
}

struct Quantity {
  const char* name;
  const char* ibsi_tag;
  const char* pyradiomics;
  double Morphology::*value;
};
constexpr std::array<Quantity, 10> kQuantities = {{
    {"shape_volume_mm3", "morph_volume", "MeshVolume", &Morphology::volume_mm3},
    {"shape_voxel_volume_mm3", "morph_vol_approx", "VoxelVolume", &Morphology::voxel_volume_mm3},
    {"shape_area_mm2", "morph_area_mesh", "SurfaceArea", &Morphology::area_mm2},
    {"shape_max_diameter_mm", "morph_diam", "Maximum3DDiameter", &Morphology::max_diameter_mm},
    {"shape_sphericity", "morph_sphericity", "Sphericity", &Morphology::sphericity},
    {"shape_axis_major_mm", "morph_pca_maj_axis", "MajorAxisLength", &Morphology::axis_major_mm},
    {"shape_axis_minor_mm", "morph_pca_min_axis", "MinorAxisLength", &Morphology::axis_minor_mm},
    {"shape_axis_least_mm", "morph_pca_least_axis", "LeastAxisLength", &Morphology::axis_least_mm},
    {"shape_elongation", "morph_pca_elongation", "Elongation", &Morphology::elongation},
    {"shape_flatness", "morph_pca_flatness", "Flatness", &Morphology::flatness},
}};

struct IbsiCase {
  const char* title;
  const char* csv;
  const char* mask;
  Vector3d spacing;  ///< of the interpolated mask; 0: none
};

void PrintTo(const IbsiCase& one, std::ostream* out) { *out << one.title; }

class IbsiMorphology : public testing::TestWithParam<IbsiCase> {};

TEST_P(IbsiMorphology, EveryReferenceValueIsWithinItsTolerance) {
  NEEDS_SHARED("data/ibsi/reference_values");
  const IbsiCase& one = GetParam();
  std::map<std::string, std::pair<double, double>> reference;
  std::ifstream file(test::shared(std::string("data/ibsi/reference_values/") + one.csv));
  for (std::string line; std::getline(file, line);) {
    const auto row = cells(line, ';');
    if (row.size() != 3 || row[0].empty() || row[0] == "reference value") continue;
    reference[row[2]] = {*parse_double(row[0]), *parse_double(row[1])};
  }
  Mask mask = mask_of_label(one.mask, 1);
  if (one.spacing[0] > 0) mask = interpolated(mask, one.spacing);

  const auto voxels = reference.find("morph_mask_vox_count_interp_roi");
  if (voxels != reference.end()) {
    EXPECT_NEAR(static_cast<double>(std::count(mask.voxels.begin(), mask.voxels.end(), 1)), voxels->second.first,
                voxels->second.second);
  }
  const Morphology measured = *measure_morphology(mask);
  std::string table =
      fmt::format("| {} | radtype | IBSI | tolerance | difference / tolerance |\n|---|---|---|---|---|\n", one.title);
  for (const Quantity& quantity : kQuantities) {
    ASSERT_EQ(reference.count(quantity.ibsi_tag), 1u) << quantity.ibsi_tag;
    const auto& [value, tolerance] = reference[quantity.ibsi_tag];
    EXPECT_NEAR(measured.*quantity.value, value, tolerance) << quantity.name;
    table += fmt::format("| {} | {:.6g} | {:.6g} | {:g} | {:.2f} |\n", quantity.name, measured.*quantity.value, value,
                         tolerance, std::abs(measured.*quantity.value - value) / tolerance);
  }
  std::printf("%s\n", table.c_str());
  EXPECT_THAT(page(), testing::HasSubstr(table));
}

INSTANTIATE_TEST_SUITE_P(, IbsiMorphology,
                         testing::Values(IbsiCase{"digital phantom", "ibsi_1_dig_phantom.csv",
                                                  "data/ibsi/ibsi1_digital_phantom/mask.nii.gz", Vector3d::Zero()},
                                         IbsiCase{"CT phantom, configuration A", "ibsi_1_chest_config_a.csv",
                                                  "data/ibsi/ibsi1_ct_phantom/nifti/mask.nii.gz", Vector3d::Zero()},
                                         IbsiCase{"CT phantom, configuration B", "ibsi_1_chest_config_b.csv",
                                                  "data/ibsi/ibsi1_ct_phantom/nifti/mask.nii.gz", Vector3d(2, 2, 3)},
                                         IbsiCase{"CT phantom, configuration C", "ibsi_1_chest_config_c.csv",
                                                  "data/ibsi/ibsi1_ct_phantom/nifti/mask.nii.gz", Vector3d(2, 2, 2)}));

class PyradiomicsMorphology : public testing::TestWithParam<const char*> {};

TEST_P(PyradiomicsMorphology, DiffersOnlyWhereTheDefinitionDoes) {
  NEEDS_SHARED("data/pyradiomics/baseline/baseline_shape.csv");
  const std::string name = GetParam();
  std::ifstream file(test::shared("data/pyradiomics/baseline/baseline_shape.csv"));
  std::string line;
  std::getline(file, line);
  const auto columns = cells(line, ',');
  const auto column = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  ASSERT_LT(column, columns.size());
  std::map<std::string, double> theirs;
  double voxels = 0;
  while (std::getline(file, line)) {
    const auto row = cells(line, ',');
    if (row[0].starts_with("original_shape_")) theirs[row[0].substr(15)] = *parse_double(row[column]);
    if (row[0] == "diagnostics_Mask-original_VoxelNum") voxels = *parse_double(row[column]);
  }

  const Mask mask = mask_of_label("data/pyradiomics/" + name + "_label.nrrd", 1);
  EXPECT_EQ(std::count(mask.voxels.begin(), mask.voxels.end(), 1), voxels);
  const Morphology measured = *measure_morphology(mask);
  std::string table = fmt::format("| {} | radtype | pyradiomics | relative difference |\n|---|---|---|---|\n", name);
  for (const Quantity& quantity : kQuantities) {
    ASSERT_EQ(theirs.count(quantity.pyradiomics), 1u) << quantity.pyradiomics;
    const double value = theirs[quantity.pyradiomics];
    const double relative = measured.*quantity.value / value - 1;
    table += fmt::format("| {} | {:.6g} | {:.6g} | {} |\n", quantity.name, measured.*quantity.value, value,
                         std::abs(relative) < 5e-10 ? "0" : fmt::format("{:.1e}", relative));
    const std::string what = quantity.pyradiomics;
    if (what.ends_with("AxisLength")) {
      // Their covariance is divided by the number of voxels, ours by one less.
      EXPECT_NEAR(measured.*quantity.value / std::sqrt(voxels / (voxels - 1)) / value, 1.0, 1e-10) << what;
    } else if (name == "brain1" && (what == "MeshVolume" || what == "SurfaceArea" || what == "Sphericity")) {
      // The one mask with loops of six and seven edges, which no triangulation cuts symmetrically.
      EXPECT_NEAR(relative, 0.0, 1.5e-3) << what;
    } else {
      EXPECT_NEAR(relative, 0.0, 5e-10) << what;
    }
  }
  std::printf("%s\n", table.c_str());
  EXPECT_THAT(page(), testing::HasSubstr(table));
}

INSTANTIATE_TEST_SUITE_P(, PyradiomicsMorphology, testing::Values("brain1", "breast1", "lung1"));

}  // namespace
}  // namespace radtype::shape
