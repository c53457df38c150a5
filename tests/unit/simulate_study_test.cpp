#include "radtype/simulate/study.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "radtype/core/seed.h"
#include "radtype/stats/partition.h"

namespace radtype::simulate {
namespace {

TEST(Presets, HoldWhatTheyPromise) {
  const Study paper = preset("paper");
  EXPECT_EQ(paper.cohorts.size(), 8U);
  std::set<Organ> organs;
  std::set<io::Modality> modalities;
  std::set<std::string> regions;
  int patients = 0;
  for (const Cohort& cohort : paper.cohorts) {
    patients += cohort.patients;
    organs.insert(cohort.organ);
    regions.insert(cohort.region);
    for (const Visit& visit : cohort.visits) modalities.insert(visit.modality);
  }
  EXPECT_EQ(patients, 1682);
  EXPECT_EQ(organs.size(), 3U);
  EXPECT_EQ(modalities.size(), 2U);
  EXPECT_EQ(regions.size(), 3U);
  EXPECT_EQ(preset("null").subtypes.size(), 1U);
}

TEST(Presets, GoThroughJsonUnchanged) {
  for (const std::string& name : preset_names()) {
    const auto json = to_json(preset(name));
    const auto read = study_from_json(json);
    ASSERT_TRUE(read.has_value()) << read.error().to_string();
    EXPECT_EQ(to_json(*read), json);
  }
}

TEST(Separation, GivesTheAgreementThatWasAsked) {
  for (const double asked : {0.6, 0.75, 0.9}) {
    Study study = preset("demo");
    study.oracle_ari = asked;
    const Separation separation = calibrate(study);
    EXPECT_NEAR(separation.oracle_ari, asked, 0.005);
    // On other patients.
    std::vector<int> truth, found;
    for (std::size_t n = 0; n < 8000; ++n) {
      const Patient p = make_patient(study, separation.factor, 77, 0, n);
      truth.push_back(static_cast<int>(p.subtype));
      found.push_back(static_cast<int>(oracle_subtype(study, separation.factor, p.traits)));
    }
    EXPECT_NEAR(stats::adjusted_rand_index(truth, found), asked, 0.03);
  }
}

TEST(AdjustedRandIndex, HandExampleAndLimits) {
  // hubert1985's measure by hand: 4 of 10 pairs expected together in neither.
  const std::vector<int> a{1, 1, 2, 2, 2}, b{7, 7, 7, 9, 9};
  // Pairs together: both 1 + 1 = 2, in a 1 + 3 = 4, in b 3 + 1 = 4, of 10: (2 - 1.6) / (4 - 1.6).
  EXPECT_NEAR(stats::adjusted_rand_index(a, b), 0.4 / 2.4, 1e-12);
  EXPECT_DOUBLE_EQ(stats::adjusted_rand_index(a, std::vector<int>{5, 5, 3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(stats::adjusted_rand_index(std::vector<int>{1, 1}, std::vector<int>{2, 2}), 1);
  Random random(4);
  std::vector<int> x, y;
  for (int n = 0; n < 5000; ++n) {
    x.push_back(static_cast<int>(random.below(4)));
    y.push_back(static_cast<int>(random.below(3)));
  }
  EXPECT_NEAR(stats::adjusted_rand_index(x, y), 0, 0.005);
}

TEST(Patients, SizeIsIndependentOfSubtypeAndNobodyDependsOnOthers) {
  const Study study = preset("demo");
  const double separation = calibrate(study).factor;
  std::map<std::size_t, std::pair<double, double>> size;
  for (std::size_t n = 0; n < 4000; ++n) {
    const Patient p = make_patient(study, separation, 3, 1, n);
    size[p.subtype].first += p.log_volume_z;
    size[p.subtype].second += 1;
    EXPECT_GE(p.stage, 1);
    EXPECT_LE(p.stage, 4);
  }
  for (const auto& [subtype, sum] : size) EXPECT_NEAR(sum.first / sum.second, 0, 0.12) << subtype;
  EXPECT_EQ(make_patient(study, separation, 3, 1, 7).time_days, make_patient(study, separation, 3, 1, 7).time_days);
  EXPECT_NE(make_patient(study, separation, 3, 1, 7).time_days, make_patient(study, separation, 4, 1, 7).time_days);
}

TEST(Readers, AgreeAsAsked) {
  TumourParameters p;
  p.radius_mm = 12;
  p.roughness = 0.08;
  const Tumour tumour(p);
  const auto grid = make_grid({64, 64, 32}, {1, 1, 2}, Eigen::Matrix3d::Identity(), {-31.5, -31.5, -31});
  ASSERT_TRUE(grid.has_value());
  Mask mask(*grid);
  const auto place = grid->lps_from_index();
  for (std::int64_t k = 0; k < 32; ++k) {
    for (std::int64_t j = 0; j < 64; ++j) {
      for (std::int64_t i = 0; i < 64; ++i) {
        const Point<Index> at(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        mask.at(i, j, k) = tumour.distance_mm(place(at).v) < 0;
      }
    }
  }
  for (const double asked : {0.6, 0.757, 0.9}) {
    const std::vector<std::uint64_t> seeds{1, 2, 3};
    const double amplitude = reader_amplitude(tumour, mask, seeds, asked);
    std::vector<Mask> masks;
    for (const std::uint64_t seed : seeds) masks.push_back(second_reader(tumour, mask, seed, amplitude));
    const double mean = (dice(masks[0], masks[1]) + dice(masks[0], masks[2]) + dice(masks[1], masks[2])) / 3;
    EXPECT_NEAR(mean, asked, 0.01);
  }
}

}  // namespace
}  // namespace radtype::simulate
