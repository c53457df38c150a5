#include "radtype/image/tissue.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/runs.h"
#include "radtype/core/parallel.h"
#include "support/bodies.h"
#include "support/memory_source.h"

namespace radtype::image {
namespace {

using io::Modality;
using test::grid_of;
using test::voxelised;
using testing::HasSubstr;

constexpr double kAir = -1000;
constexpr double kFat = 40;
constexpr double kParenchyma = -850;

/// Elliptic cylinder along z, in units of mm about (80, 60).
bool in_ellipse(const Eigen::Vector3d& p, double x, double y, double a, double b) {
  return std::pow((p[0] - x) / a, 2) + std::pow((p[1] - y) / b, 2) < 1;
}
bool in_trunk(const Eigen::Vector3d& p) { return in_ellipse(p, 80, 60, 70, 50); }
bool in_lungs(const Eigen::Vector3d& p) { return in_ellipse(p, 45, 60, 25, 35) || in_ellipse(p, 115, 60, 25, 35); }
bool in_vessels(const Eigen::Vector3d& p) { return in_ellipse(p, 45, 60, 3, 3) || in_ellipse(p, 115, 50, 4, 4); }
bool in_trachea(const Eigen::Vector3d& p) { return in_ellipse(p, 80, 60, 7, 7); }
bool in_table(const Eigen::Vector3d& p) { return p[1] > 125 && p[1] < 128; }

Grid chest_grid() { return grid_of({80, 70, 20}, {2, 2, 3}); }

template <class Value>
Image painted(const Grid& grid, const Value& value) {
  Image image(grid);
  const auto lps = grid.lps_from_index();
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i, ++n) {
        const Point<Index> at(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        image.voxels[n] = static_cast<float>(value(lps(at).v));
      }
    }
  }
  return image;
}

/// Trunk with two lungs that hold vessels, a trachea and a table, with noise.
Image chest(double noise_hu = 20) {
  Random random(1);
  return painted(chest_grid(), [&](const Eigen::Vector3d& p) {
    const double noise = noise_hu * random.normal();
    if (in_table(p)) return 100 + noise;
    if (!in_trunk(p) || in_trachea(p)) return kAir + noise;
    return (in_lungs(p) && !in_vessels(p) ? kParenchyma : kFat) + noise;
  });
}

Mask found(Image image, TissueKind kind, Modality modality) {
  test::MemorySource source(std::move(image));
  const auto tissue = find_tissue(source, kind, modality);
  if (!tissue) throw std::runtime_error(tissue.error().to_string());
  EXPECT_NEAR(tissue->volume_ml,
              static_cast<double>(tissue->region.voxel_count()) * source.info().grid.voxel_volume_mm3() / 1000, 1e-9);
  return dense_mask(source.info().grid, tissue->region, source.info().grid.box());
}

std::string why_not(Image image, TissueKind kind, std::optional<Modality> modality) {
  test::MemorySource source(std::move(image));
  const auto tissue = find_tissue(source, kind, modality);
  return tissue ? "found" : std::string(error_word(tissue.error().code())) + ": " + tissue.error().message();
}

TEST(Runs, AlgebraAgreesWithVoxels) {
  Random random(7);
  const Grid grid = grid_of({9, 7, 5});
  for (int round = 0; round < 50; ++round) {
    const Mask a = test::random_mask(grid, 0.5, random);
    const Mask b = test::random_mask(grid, 0.3, random);
    Mask either(grid);
    Mask both(grid);
    Mask none(grid);
    for (std::size_t n = 0; n < a.voxels.size(); ++n) {
      either.voxels[n] = a.voxels[n] != 0 || b.voxels[n] != 0 ? 1 : 0;
      both.voxels[n] = a.voxels[n] != 0 && b.voxels[n] != 0 ? 1 : 0;
      none.voxels[n] = a.voxels[n] != 0 ? 0 : 1;
    }
    EXPECT_EQ(united(runs_of(a), runs_of(b)), runs_of(either));
    EXPECT_EQ(common(runs_of(a), runs_of(b), grid.size()), runs_of(both));
    EXPECT_EQ(complement(runs_of(a), grid.size()), runs_of(none));
  }
}

TEST(Runs, NeighboursOfEachKind) {
  Mask mask(grid_of({4, 4, 3}));
  mask.at(0, 0, 0) = mask.at(1, 1, 0) = 1;  // an edge in a slice
  mask.at(1, 1, 1) = 1;                     // a face between slices
  mask.at(2, 2, 2) = 1;                     // a corner
  const auto count = [&](Neighbours neighbours) {
    return connected_runs(runs_of(mask), mask.grid.size(), neighbours).count;
  };
  EXPECT_EQ(count(Neighbours::kSlice4), 4u);
  EXPECT_EQ(count(Neighbours::kFaces6), 3u);
  EXPECT_EQ(count(Neighbours::kCorners26), 1u);
}

TEST(Lung, IsFoundWithItsVesselsWithoutTracheaTableAndRoom) {
  const Mask lungs = voxelised(chest_grid(), in_lungs);
  const Mask mask = found(chest(), TissueKind::kLung, Modality::kCt);
  EXPECT_GT(test::dice(mask, lungs), 0.98);
  EXPECT_EQ(mask.at(22, 30, 10), 1) << "vessel";
  EXPECT_EQ(mask.at(40, 30, 10), 0) << "trachea";
  EXPECT_EQ(mask.at(2, 2, 10), 0) << "room";
  EXPECT_EQ(mask.at(40, 66, 10), 0) << "between trunk and table";
}

TEST(Lung, IsFoundWhereTheImageCutsIt) {
  // From the middle of the right lung to the middle of the left one.
  const Box box{{23, 0, 0}, {57, 70, 20}};
  const Image whole = chest();
  Image cut(whole.grid.cropped(box));
  for (std::int64_t k = 0; k < 20; ++k) {
    for (std::int64_t j = 0; j < 70; ++j) {
      for (std::int64_t i = 0; i < 34; ++i) cut.at(i, j, k) = whole.at(i + 23, j, k);
    }
  }
  const Mask lungs = voxelised(cut.grid, in_lungs);
  EXPECT_GT(test::dice(found(cut, TissueKind::kLung, Modality::kCt), lungs), 0.96);
}

TEST(Lung, ATumourAtThePleuraLeavesNoRim) {
  const auto in_tumour = [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(22, 60, 30)).norm() < 12; };
  const auto in_core = [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(22, 60, 30)).norm() < 9; };
  Image image = chest();
  const Mask solid_part = voxelised(image.grid, in_tumour);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (solid_part.voxels[n] != 0) image.voxels[n] = 30;
  }
  // The reader's outline is smaller than what is dense.
  const Mask outline = voxelised(image.grid, in_core);
  const Mask mask = joined_with_tumour(found(image, TissueKind::kLung, Modality::kCt), outline, TissueKind::kLung);
  const Mask lungs = voxelised(image.grid, in_lungs);
  int rim = 0;
  int rim_alone = 0;
  const std::size_t slice = 80 * 70;
  for (std::size_t n = 8 * slice; n < 13 * slice; ++n) {  // the slices that the outline crosses
    EXPECT_TRUE(outline.voxels[n] == 0 || mask.voxels[n] != 0);
    const bool dense = solid_part.voxels[n] != 0 && lungs.voxels[n] != 0;
    rim += dense && mask.voxels[n] == 0;
    rim_alone += dense && outline.voxels[n] == 0;
  }
  EXPECT_GT(rim_alone, 50);
  EXPECT_LT(rim, 5);
}

TEST(Lung, ErrorsSayHowToGoOn) {
  EXPECT_THAT(why_not(chest(), TissueKind::kLung, Modality::kMr), HasSubstr("usage: a lung can be found in a CT"));
  EXPECT_THAT(why_not(chest(), TissueKind::kLung, std::nullopt), HasSubstr("--modality"));
  EXPECT_THAT(why_not(chest(), TissueKind::kBody, Modality::kOther), HasSubstr("--modality"));
  EXPECT_THAT(why_not(Image(chest_grid(), 30), TissueKind::kLung, Modality::kCt), HasSubstr("empty: no lung"));
  EXPECT_THAT(why_not(Image(chest_grid(), -1000), TissueKind::kLung, Modality::kCt), HasSubstr("empty: no lung"));
}

TEST(Body, OfACtHoldsLungsAndTracheaAndNoTable) {
  const Mask mask = found(chest(), TissueKind::kBody, Modality::kCt);
  EXPECT_GT(test::dice(mask, voxelised(chest_grid(), in_trunk)), 0.99);
  EXPECT_EQ(mask.at(40, 63, 10), 0) << "table";
}

TEST(Body, OfAnMrHoldsWhatIsDarkInsideAndNoNoise) {
  const Grid grid = chest_grid();
  for (const double noise_level : {3.0, 8.0}) {
    Random random(3);
    const Image image = painted(grid, [&](const Eigen::Vector3d& p) {
      double signal = in_trunk(p) ? 100 : 0;
      if (in_trachea(p) || (p - Eigen::Vector3d(50, 60, 30)).norm() < 12) signal = 0;
      return std::hypot(signal + noise_level * random.normal(), noise_level * random.normal());
    });
    const Mask mask = found(image, TissueKind::kBody, Modality::kMr);
    EXPECT_GT(test::dice(mask, voxelised(grid, in_trunk)), 0.98) << noise_level;
    EXPECT_EQ(mask.at(40, 30, 10), 1) << "airway, which both ends of the image cut";
    EXPECT_EQ(mask.at(25, 30, 10), 1) << "necrosis";
    EXPECT_EQ(mask.at(0, 0, 10), 0);
  }
}

TEST(Body, FatThatIsHardlyBrighterThanAirIsTissue) {
  // A fat-suppressed breast: air 6, fat 17, gland 100; the sides of the image cut the fat.
  Random random(17);
  const Grid grid = chest_grid();
  const auto in_breast = [](const Eigen::Vector3d& p) { return p[1] > 40; };
  const Image image = painted(grid, [&](const Eigen::Vector3d& p) {
    const double signal = in_ellipse(p, 80, 80, 20, 20) ? 100 : in_breast(p) ? 17 : 0;
    return std::hypot(signal + 4.5 * random.normal(), 4.5 * random.normal());
  });
  EXPECT_GT(test::dice(found(image, TissueKind::kBody, Modality::kMr), voxelised(grid, in_breast)), 0.97);
}

TEST(Body, MuscleThatTheImageCutsIsTissue) {
  // Muscle at a third of fat; fat in the middle, so that nothing encloses the muscle.
  Random random(19);
  const Grid grid = chest_grid();
  const auto in_thigh = [](const Eigen::Vector3d& p) { return p[1] > 30; };
  const Image image = painted(grid, [&](const Eigen::Vector3d& p) {
    const double signal = in_ellipse(p, 80, 70, 60, 30) ? 300 : in_thigh(p) ? 100 : 0;
    return std::hypot(signal + 8 * random.normal(), 8 * random.normal());
  });
  EXPECT_GT(test::dice(found(image, TissueKind::kBody, Modality::kMr), voxelised(grid, in_thigh)), 0.97);
}

TEST(Body, FillsAnImageThatHasNoAir) {
  Random random(5);
  const Image image = painted(chest_grid(), [&](const Eigen::Vector3d&) { return 200 + 20 * random.normal(); });
  for (const Modality modality : {Modality::kMr, Modality::kPet, Modality::kCt}) {
    const Mask mask = found(image, TissueKind::kBody, modality);
    EXPECT_EQ(runs_of(mask), runs_of(Mask(image.grid, 1))) << io::modality_word(modality);
  }
}

TEST(Body, OfAConstantImageIsAllOfItOrNothing) {
  EXPECT_EQ(found(Image(chest_grid(), 7), TissueKind::kBody, Modality::kMr).voxels, Mask(chest_grid(), 1).voxels);
  EXPECT_THAT(why_not(Image(chest_grid(), 0), TissueKind::kBody, Modality::kMr), HasSubstr("empty: no body"));
  EXPECT_THAT(why_not(Image(chest_grid(), -1000), TissueKind::kBody, Modality::kCt), HasSubstr("empty: no body"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Modality modality : {Modality::kMr, Modality::kPet, Modality::kCt}) {
    EXPECT_THAT(why_not(Image(chest_grid(), nan), TissueKind::kBody, modality), HasSubstr("empty: no body"));
  }
  EXPECT_THAT(why_not(Image(chest_grid(), nan), TissueKind::kBrain, Modality::kMr), HasSubstr("empty: no brain"));
}

TEST(Body, OneHugeValueDoesNotMoveTheThreshold) {
  Image image = painted(chest_grid(), [](const Eigen::Vector3d& p) { return in_trunk(p) ? 100 : 1; });
  const Mask before = found(image, TissueKind::kBody, Modality::kMr);
  image.at(40, 30, 3) = 1e30F;
  EXPECT_EQ(found(image, TissueKind::kBody, Modality::kMr).voxels, before.voxels);
}

TEST(Body, ThePartThatTheTumourLiesInIsKept) {
  const Grid grid = grid_of({20, 10, 4});
  Mask tissue(grid);
  for (std::int64_t i = 0; i < 20; ++i) tissue.at(i, 5, 1) = i == 10 ? 0 : 1;
  Mask tumour(grid);
  tumour.at(4, 5, 1) = tumour.at(4, 4, 1) = 1;
  const Mask joined = joined_with_tumour(tissue, tumour, TissueKind::kBody);
  EXPECT_EQ(joined.at(0, 5, 1), 1);
  EXPECT_EQ(joined.at(4, 4, 1), 1);
  EXPECT_EQ(joined.at(15, 5, 1), 0);
}

TEST(Brain, IsWhatDiffersFromAConstantBackground) {
  const Grid grid = grid_of({50, 50, 30}, {3, 3, 3});
  const auto in_brain = [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(72, 72, 42)).norm() < 38; };
  const auto in_ventricle = [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(72, 72, 42)).norm() < 9; };
  for (const double background : {0.0, -3.0}) {
    Random random(11);
    const Image image = painted(
        grid, [&](const Eigen::Vector3d& p) { return in_brain(p) && !in_ventricle(p) ? random.normal() : background; });
    const Mask mask = found(image, TissueKind::kBrain, Modality::kMr);
    EXPECT_EQ(mask.voxels, voxelised(grid, in_brain).voxels) << background;
  }
}

TEST(Brain, WithTheSkullOnIsTheWholeHeadAndSaysSo) {
  Random random(13);
  test::MemorySource source(painted(chest_grid(), [&](const Eigen::Vector3d& p) {
    return std::hypot((in_trunk(p) ? 100 : 0) + 4 * random.normal(), 4 * random.normal());
  }));
  const auto tissue = find_tissue(source, TissueKind::kBrain, Modality::kMr);
  ASSERT_TRUE(tissue);
  EXPECT_THAT(tissue->notes, testing::ElementsAre(HasSubstr("whole head")));
}

TEST(Tissue, ValuesThatAreNoNumbersCountAsOutside) {
  Image image = chest();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  // At the rim of the trunk, in a lung, in the room.
  for (const float value : {nan, infinity, -infinity}) {
    for (const Size3& at : {Size3{40, 6, 5}, Size3{22, 25, 5}, Size3{0, 0, 5}}) image.at(at[0], at[1], at[2]) = value;
    const Mask body = found(image, TissueKind::kBody, Modality::kCt);
    EXPECT_GT(test::dice(body, voxelised(chest_grid(), in_trunk)), 0.99);
    EXPECT_EQ(body.at(22, 25, 5), 1) << "enclosed";
    EXPECT_EQ(body.at(0, 0, 5), 0);
    EXPECT_GT(test::dice(found(image, TissueKind::kLung, Modality::kCt), voxelised(chest_grid(), in_lungs)), 0.98);
    EXPECT_EQ(found(image, TissueKind::kBrain, Modality::kMr).at(0, 0, 5), 0);
  }
}

TEST(Tissue, SameForAnyNumberOfThreads) {
  set_thread_count(1);
  const Mask one = found(chest(), TissueKind::kLung, Modality::kCt);
  set_thread_count(4);
  const Mask four = found(chest(), TissueKind::kLung, Modality::kCt);
  set_thread_count(0);
  EXPECT_EQ(one.voxels, four.voxels);
}

TEST(Tissue, KindByModalityAndOrgan) {
  EXPECT_EQ(tissue_kind_for(Modality::kCt, "lung"), TissueKind::kLung);
  EXPECT_EQ(tissue_kind_for(Modality::kMr, "brain"), TissueKind::kBrain);
  EXPECT_EQ(tissue_kind_for(Modality::kPet, "lung"), TissueKind::kBody);
  EXPECT_EQ(tissue_kind_for(Modality::kMr, "breast"), TissueKind::kBody);
  EXPECT_EQ(tissue_kind_for(std::nullopt, "lung"), TissueKind::kBody);
  EXPECT_EQ(tissue_kind_from_word("lung"), TissueKind::kLung);
  EXPECT_EQ(tissue_kind_from_word("./lung"), std::nullopt);
}

}  // namespace
}  // namespace radtype::image
