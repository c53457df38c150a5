#include <Eigen/Geometry>

#include <gmock/gmock.h>

#include "radtype/io/volume_files.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// An oblique grid away from the origin, right- or left-handed.
Grid oblique_grid(bool left_handed) {
  Eigen::Matrix3d direction =
      (Eigen::AngleAxisd(0.4, Eigen::Vector3d::UnitX()) * Eigen::AngleAxisd(-1.1, Eigen::Vector3d::UnitZ())).matrix();
  if (left_handed) direction.col(2) *= -1;
  return make_grid({5, 4, 3}, {0.9765625, 0.7, 3.27}, direction, {-123.456789, 250.1, -1014.3}).value();
}

template <class T>
Volume<T> ramp(const Grid& grid) {
  Volume<T> volume(grid);
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) volume.voxels[n] = static_cast<T>(n);
  return volume;
}

class WriteImage : public testing::TestWithParam<const char*> {};

TEST_P(WriteImage, ComesBackTheSame) {
  test::TempDir dir;
  for (const bool left_handed : {false, true}) {
    const Grid grid = oblique_grid(left_handed);
    const fs::path path = dir / (std::string(left_handed ? "left" : "\u53f3 right") + GetParam());
    const Image image = ramp<float>(grid);
    auto written = write_image(image, path);
    ASSERT_TRUE(written) << written.error().to_string();
    auto source = open_image(path);
    ASSERT_TRUE(source) << source.error().to_string();
    const Grid& back = (*source)->info().grid;
    EXPECT_EQ((*source)->info().stored_type, "float32");
    EXPECT_EQ(read_region(**source, back.box()).value().voxels, image.voxels);
    ASSERT_EQ(back.size(), grid.size());
    // NIfTI-1 holds single precision: 1014.3 mm is off by up to 6e-5.
    const double tolerance_mm = std::string(GetParam()).starts_with(".nii") ? 1e-4 : 1e-6;
    EXPECT_LT(test::worst_corner_mm(back, grid), tolerance_mm);
  }
}

TEST_P(WriteImage, WritesMasksAndInt16) {
  test::TempDir dir;
  const Grid grid = oblique_grid(false);
  const fs::path path = dir / (std::string("mask") + GetParam());
  Mask mask(grid);
  mask.at(1, 2, 1) = mask.at(2, 2, 1) = 1;
  ASSERT_TRUE(write_mask(mask, path));
  auto source = open_image(path).value();
  EXPECT_EQ(source->info().stored_type, "uint8");
  const LabelMap map = read_label_map(*source, LabelEncoding::kValue).value();
  ASSERT_EQ(map.regions.size(), 1U);
  EXPECT_THAT(map.regions[0].runs, testing::ElementsAre(radtype::Run{1, 3, 2, 1}));

  Volume<std::int16_t> ct = ramp<std::int16_t>(grid);
  ct.voxels[0] = -1024;
  ASSERT_TRUE(write_image_int16(ct, path, {.force = true}));
  source = open_image(path).value();
  EXPECT_EQ(source->info().stored_type, "int16");
  EXPECT_EQ(test::all_values(*source).value(), std::vector<double>(ct.voxels.begin(), ct.voxels.end()));
}

TEST_P(WriteImage, OverwritesOnlyWhenTold) {
  test::TempDir dir;
  const fs::path path = dir / (std::string("a") + GetParam());
  ASSERT_TRUE(write_image(ramp<float>(oblique_grid(false)), path));
  Image other = ramp<float>(oblique_grid(false));
  other.voxels[0] = 99;
  EXPECT_EQ(write_image(other, path).error().code(), ErrorCode::kExists);
  EXPECT_EQ(test::all_values(*open_image(path).value()).value()[0], 0);
  ASSERT_TRUE(write_image(other, path, {.force = true}));
  EXPECT_EQ(test::all_values(*open_image(path).value()).value()[0], 99);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1) << "a temporary file was left";
}

INSTANTIATE_TEST_SUITE_P(Formats, WriteImage, testing::Values(".nii", ".nii.gz", ".nrrd", ".mha"));

TEST(WriteImageErrors, NameThePathAndTheRemedy) {
  test::TempDir dir;
  const Image image = ramp<float>(oblique_grid(false));
  auto unknown = write_image(image, dir / "a.png");
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUsage);
  EXPECT_THAT(unknown.error().message(), HasSubstr(".nii.gz"));
  auto missing = write_image(image, dir / "no/such/folder/a.nii");
  EXPECT_EQ(missing.error().code(), ErrorCode::kUnreadable);
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

}  // namespace
}  // namespace radtype::io
