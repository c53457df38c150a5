// Voxels and geometry of every real NIfTI and NRRD file equal ITK's; one head stored in eight axis orders is one head.
#include <cmath>

#include <gmock/gmock.h>

#include "support/itk_volume.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> volumes_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".nii") || name.ends_with(".nii.gz") || name.ends_with(".nrrd")) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// What ITK and we make of one file, differently for a reason: "" when they agree.
std::string disagreement(const fs::path& path) {
  auto source = open_image(path);
  if (!source) return source.error().to_string();
  auto values = test::all_values(**source);
  if (!values) return values.error().to_string();
  const auto itk_image = test::read_with_itk(path);
  const Grid& ours = (*source)->info().grid;
  const Grid theirs = test::grid_of(*itk_image);
  if (ours.size() != theirs.size()) return "other size";
  const double apart = test::worst_corner_mm(ours, theirs);
  // Two KiTS headers hold an sform turned by 3e-4 radians against their qform. ITK then takes the qform and says
  // nothing; we take the sform, as the standard recommends, with a note.
  const bool forms_differ =
      testing::Value((*source)->info().notes, testing::Contains(testing::HasSubstr("sform and qform")));
  if (apart > (forms_differ ? 0.05 : 1e-3)) return "corners " + std::to_string(apart) + " mm apart";
  const double* expected = itk_image->GetBufferPointer();
  for (std::size_t n = 0; n < values->size(); ++n) {
    // ITK rescales in single precision.
    if (std::abs((*values)[n] - expected[n]) > 1e-6 * std::max(1.0, std::abs(expected[n]))) {
      return "voxel " + std::to_string(n) + ": " + std::to_string((*values)[n]) + " and " + std::to_string(expected[n]);
    }
  }
  return "";
}

TEST(ItkOracle, EveryRealFileIsReadAlike) {
  NEEDS_SHARED("data/MANIFEST.csv");
  int files = 0;
  for (const fs::path& folder : {test::shared("data"), test::shared("golden")}) {
    for (const fs::path& path : volumes_below(folder)) {
      EXPECT_EQ(disagreement(path), "") << path;
      ++files;
    }
  }
  RecordProperty("files", files);
  EXPECT_GE(files, 300);
}

struct Head {
  Eigen::Vector3d low, high;  ///< of the box around all voxel centres
  Eigen::Vector3d centroid;   ///< weighted by intensity
  Eigen::Vector3d marker;     ///< centroid of the brightest value, a marker drawn into the scan
};

Head measure(const fs::path& path) {
  auto source = open_image(path).value();
  const Grid& grid = source->info().grid;
  const std::vector<double> values = test::all_values(*source).value();
  const double brightest = *std::max_element(values.begin(), values.end());
  const auto lps_from_index = grid.lps_from_index();
  Head head;
  const Eigen::Vector3d far(static_cast<double>(grid.size()[0] - 1), static_cast<double>(grid.size()[1] - 1),
                            static_cast<double>(grid.size()[2] - 1));
  const Eigen::Vector3d a = lps_from_index(Point<Index>()).v, b = lps_from_index(Point<Index>(far)).v;
  head.low = a.cwiseMin(b);
  head.high = a.cwiseMax(b);
  Eigen::Vector3d sum = Eigen::Vector3d::Zero(), marker_sum = Eigen::Vector3d::Zero();
  double weight = 0, marker_count = 0;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i, ++n) {
        const Point<Index> index(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        const Eigen::Vector3d at = lps_from_index(index).v;
        sum += values[n] * at;
        weight += values[n];
        if (values[n] == brightest) {
          marker_sum += at;
          ++marker_count;
        }
      }
    }
  }
  head.centroid = sum / weight;
  head.marker = marker_sum / marker_count;
  return head;
}

TEST(Orientation, OneHeadInEightAxisOrdersIsOneHead) {
  NEEDS_SHARED("data/orientation");
  const Head expected = measure(test::shared("data/orientation/niivue_RAS.nii.gz"));
  // Off centre along every axis, so that a mirrored head would not pass.
  const Eigen::Vector3d centre = (expected.low + expected.high) / 2;
  EXPECT_GT((expected.centroid - centre).cwiseAbs().minCoeff(), 1);
  for (const std::string code : {"AIL", "ASR", "IPL", "LAS", "LPS", "PIR", "RAS", "SAL"}) {
    const fs::path path = test::shared("data/orientation/niivue_" + code + ".nii.gz");
    EXPECT_EQ(open_image(path).value()->info().grid.axis_codes(), code);
    const Head head = measure(path);
    EXPECT_LT((head.low - expected.low).norm(), 1e-3) << code;
    EXPECT_LT((head.high - expected.high).norm(), 1e-3) << code;
    EXPECT_LT((head.centroid - expected.centroid).norm(), 1e-3) << code;
    EXPECT_LT((head.marker - expected.marker).norm(), 1e-3) << code;
  }
}

TEST(Orientation, PhantomAndItsMaskShareAGrid) {
  NEEDS_SHARED("data/orientation");
  auto image = open_image(test::shared("data/orientation/mirp_image_orientation.nii.gz")).value();
  auto mask = open_image(test::shared("data/orientation/mirp_mask_mask.nii.gz")).value();
  const Grid& grid = image->info().grid;
  // Written from Python in LPS: 1.5 x 1 x 0.5 mm from (2, 1, 0).
  EXPECT_EQ(grid.size(), (Size3{32, 48, 64}));
  EXPECT_EQ(grid.axis_codes(), "LPS");
  EXPECT_EQ(grid.spacing_mm(), Eigen::Vector3d(1.5, 1, 0.5));
  EXPECT_EQ(grid.origin_lps_mm(), Eigen::Vector3d(2, 1, 0));
  EXPECT_TRUE(match_grids(grid, mask->info().grid, 1e-3).same_sampling);
  const LabelMap map = read_label_map(*mask, LabelEncoding::kValue).value();
  EXPECT_EQ(map.regions.size(), 1U);
}

}  // namespace
}  // namespace radtype::io
