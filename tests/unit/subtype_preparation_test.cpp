// What a preparation does to a table. Refusals and files: subtype_frozen_preparation_test.cpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/stats/distribution.h"
#include "radtype/stats/rank.h"
#include "radtype/subtype/preparation.h"
#include "support/case_tables.h"

namespace radtype::subtype {
namespace {

using test::column;
using test::random_cases;
using testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

PreparationOptions one_group() { return {.grouping = Grouping::kNone, .smallest_group = 2}; }

/// One feature "x" and another that keeps the table from being thrown out with it.
CaseTable with_feature(const std::vector<double>& x) {
  CaseTable table = random_cases(x.size(), 2, 5);
  table.features[0].name = "x";
  for (std::size_t n = 0; n < x.size(); ++n) table.values[2 * n] = x[n];
  return table;
}

void set_feature(CaseTable& table, std::size_t f, const auto& value_of_row) {
  for (std::size_t n = 0; n < table.cases.size(); ++n) table.values[n * table.features.size() + f] = value_of_row(n);
}

const DroppedFeature* find(const FittedPreparation& fitted, const std::string& name) {
  const auto found = std::find_if(fitted.dropped.begin(), fitted.dropped.end(),
                                  [&](const DroppedFeature& one) { return one.column.name == name; });
  return found == fitted.dropped.end() ? nullptr : &*found;
}

TEST(Preparation, RobustScoreOnPaper) {
  // Median 4; deviations 3 2 1 0 2 4 96, their median 2.
  const auto fitted = fit_preparation(with_feature({1, 2, 3, 4, 6, 8, 100}), one_group());
  ASSERT_TRUE(fitted) << fitted.error().to_string();
  const std::vector<double> x = column(fitted->training.table, 0);
  const double unit = 1 / (1.4826 * 2);
  const double expected[] = {-3 * unit, -2 * unit, -unit, 0, 2 * unit, 4 * unit, 5};
  for (std::size_t n = 0; n < x.size(); ++n) EXPECT_DOUBLE_EQ(x[n], expected[n]) << n;
  ASSERT_EQ(fitted->training.notices.size(), 1U);
  EXPECT_EQ(fitted->training.notices[0].kind, NoticeKind::kClipped);
  EXPECT_EQ(fitted->training.notices[0].row, 6U);
}

TEST(Preparation, StandardScoreOnPaper) {
  PreparationOptions options = one_group();
  options.scaling = Scaling::kStandard;
  const auto fitted = fit_preparation(with_feature({2, 4, 4, 4, 5, 5, 7, 9}), options);
  ASSERT_TRUE(fitted);
  const std::vector<double> x = column(fitted->training.table, 0);
  EXPECT_DOUBLE_EQ(x[0], -3 / std::sqrt(32.0 / 7));
  EXPECT_DOUBLE_EQ(x[7], 4 / std::sqrt(32.0 / 7));
}

TEST(Preparation, RankNormalScoreIsExactAtTrainingValuesAndMonotone) {
  const Scale scale = *fit_scale({3, 1, 2, 2, 10}, Scaling::kRankNormal);
  EXPECT_EQ(scale.values, (std::vector<double>{1, 2, 3, 10}));
  EXPECT_DOUBLE_EQ(scale.of(1), stats::normal_quantile((1 - 0.375) / 5.25));
  EXPECT_DOUBLE_EQ(scale.of(2), stats::normal_quantile((2.5 - 0.375) / 5.25));
  EXPECT_DOUBLE_EQ(scale.of(10), stats::normal_quantile((5 - 0.375) / 5.25));
  EXPECT_DOUBLE_EQ(scale.of(6.5), 0.5 * (scale.of(3) + scale.of(10)));
  EXPECT_EQ(scale.of(-1e300), scale.of(1));
  EXPECT_EQ(scale.of(1e300), scale.of(10));
  double last = scale.of(0);
  for (double x = 0; x < 11; x += 0.01) {
    EXPECT_GE(scale.of(x), last) << x;
    last = scale.of(x);
  }
}

TEST(Preparation, WhatRoundingLeavesOfAConstantIsNoSpread) {
  for (const Scaling scaling : {Scaling::kRobust, Scaling::kStandard, Scaling::kRankNormal}) {
    EXPECT_FALSE(fit_scale({}, scaling));
    EXPECT_FALSE(fit_scale({7}, scaling));
    EXPECT_FALSE(fit_scale({0, 0, 0}, scaling));
    EXPECT_FALSE(fit_scale({0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2}, scaling));
    EXPECT_FALSE(fit_scale({-1e308, -1e308, 1e308, 1e308}, scaling));
    EXPECT_TRUE(fit_scale({1e-100, 2e-100, 3e-100}, scaling));
  }
  // More than half are equal.
  EXPECT_FALSE(fit_scale({0, 0, 0, 1, 2}, Scaling::kRobust));
  EXPECT_TRUE(fit_scale({0, 0, 0, 1, 2}, Scaling::kStandard));
  EXPECT_TRUE(fit_scale({0, 0, 0, 1, 2}, Scaling::kRankNormal));
}

TEST(Preparation, EachGroupIsScaledByItself) {
  for (const Scaling scaling : {Scaling::kRobust, Scaling::kStandard, Scaling::kRankNormal}) {
    CaseTable table = random_cases(80, 4, 1);
    const auto before = fit_preparation(table, {.scaling = scaling});
    // Another unit in one group changes nothing.
    for (std::size_t n = 1; n < 80; n += 2) {
      for (std::size_t f = 0; f < 4; ++f) table.values[n * 4 + f] = 1024 * table.values[n * 4 + f];
    }
    const auto after = fit_preparation(table, {.scaling = scaling});
    ASSERT_TRUE(before && after);
    ASSERT_EQ(after->preparation.groups.size(), 2U);
    EXPECT_EQ(after->preparation.groups[0].organ, "breast");
    EXPECT_EQ(after->preparation.groups[1].cases, 40U);
    EXPECT_EQ(before->training.table.values, after->training.table.values);
    const std::vector<double> x = column(after->training.table, 2);
    std::vector<double> lung;
    for (std::size_t n = 0; n < 80; n += 2) lung.push_back(x[n]);
    std::sort(lung.begin(), lung.end());
    EXPECT_NEAR(0.5 * (lung[19] + lung[20]), 0, scaling == Scaling::kStandard ? 0.3 : 1e-14);
  }
}

TEST(Preparation, MissingValuesAreTheCentreAndAreCounted) {
  CaseTable table = random_cases(60, 6, 2);
  table.values[4 * 6 + 1] = kMissing;
  table.values[7 * 6 + 1] = kMissing;
  table.values[7 * 6 + 3] = kMissing;
  PreparationOptions options;
  options.most_missing_of_case = 2.0 / 6;  // a case with exactly the share stays
  const auto fitted = fit_preparation(table, options);
  ASSERT_TRUE(fitted);
  const PreparedTable& training = fitted->training;
  EXPECT_EQ(training.table.row(7)[3], 0);
  EXPECT_EQ(training.imputed_of_case[7], 2U);
  EXPECT_EQ(training.imputed_of_feature, (std::vector<std::size_t>{0, 2, 0, 1, 0, 0}));
  EXPECT_EQ(fitted->missing_of_feature, training.imputed_of_feature);
  const auto notice = std::find_if(training.notices.begin(), training.notices.end(),
                                   [](const Notice& one) { return one.row == 7 && one.kind == NoticeKind::kImputed; });
  ASSERT_NE(notice, training.notices.end());
  EXPECT_THAT(notice->sentence, HasSubstr("2 of 6 features were missing and are set to the group's centre: f1, f3"));
}

TEST(Preparation, FeaturesAreDroppedEachWithItsReason) {
  CaseTable table = random_cases(60, 12, 3);
  const std::vector<double> f0 = [&] {
    std::vector<double> values;
    for (std::size_t n = 0; n < 60; ++n) values.push_back(table.value(n, 0));
    return values;
  }();
  set_feature(table, 1, [&](std::size_t n) { return n < 13 ? kMissing : f0[59 - n]; });                // 13 of 60
  set_feature(table, 2, [&](std::size_t n) { return n % 2 == 0 && n < 16 ? kMissing : f0[59 - n]; });  // 8 of 30
  set_feature(table, 3, [&](std::size_t n) { return n % 2 == 0 ? 0.1 : f0[n]; });                      // in lung
  set_feature(table, 4, [&](std::size_t n) { return f0[n]; });
  set_feature(table, 5, [&](std::size_t n) { return -std::exp(0.01 * f0[n]); });
  // Mostly one value: no median absolute deviation.
  set_feature(table, 6, [&](std::size_t n) { return n % 2 == 1 || n < 20 ? f0[59 - n] : 7; });
  const auto fitted = fit_preparation(table, {});
  ASSERT_TRUE(fitted) << fitted.error().to_string();
  ASSERT_EQ(fitted->dropped.size(), 6U);
  EXPECT_EQ(find(*fitted, "f1")->reason, DropReason::kMissing);
  EXPECT_EQ(find(*fitted, "f1")->sentence, "missing in 13 of 60 cases");
  EXPECT_EQ(find(*fitted, "f2")->reason, DropReason::kMissingInGroup);
  EXPECT_EQ(find(*fitted, "f3")->reason, DropReason::kConstant);
  EXPECT_THAT(find(*fitted, "f3")->sentence, HasSubstr("organ 'lung' with modality 'CT'"));
  EXPECT_EQ(find(*fitted, "f4")->reason, DropReason::kDuplicate);
  EXPECT_EQ(find(*fitted, "f4")->other, "f0");
  EXPECT_EQ(find(*fitted, "f5")->reason, DropReason::kNearDuplicate);
  EXPECT_EQ(find(*fitted, "f5")->other, "f0");
  EXPECT_LT(find(*fitted, "f5")->rho, -0.95);
  EXPECT_EQ(find(*fitted, "f6")->reason, DropReason::kConstant);
  EXPECT_EQ(fitted->preparation.features.size(), 6U);
  EXPECT_EQ(fitted->training.table.columns, 6U);
}

TEST(Preparation, OfNearDuplicatesTheFirstStaysAndAFeatureDroppedDropsNoOther) {
  // a - b - c in a row: b is near both, a and c are not near.
  CaseTable table = random_cases(400, 3, 4);
  for (std::size_t n = 0; n < 400; ++n) {
    const double b = table.value(n, 1);
    const double d = table.value(n, 2) - (n % 2 == 0 ? 100 : -3);
    table.values[n * 3] = b + 0.27 * d;
    table.values[n * 3 + 2] = b - 0.27 * d;
  }
  for (std::size_t n = 0; n < 4; ++n) table.values[n * 3 + 1] = kMissing;
  const auto fitted = fit_preparation(table, {.most_missing_of_case = 0.5});
  ASSERT_TRUE(fitted);
  ASSERT_EQ(fitted->dropped.size(), 1U);
  EXPECT_EQ(fitted->dropped[0].column.name, "f1");
  EXPECT_EQ(fitted->dropped[0].other, "f0");
  EXPECT_GT(fitted->dropped[0].rho, 0.95);
  // rho is that of the prepared values, imputed ones among them.
  const auto all = fit_preparation(table, {.most_missing_of_case = 0.5, .near_duplicate = 1});
  ASSERT_TRUE(all);
  EXPECT_NEAR(fitted->dropped[0].rho, stats::spearman(column(all->training.table, 0), column(all->training.table, 1)),
              1e-12);
  EXPECT_TRUE(all->dropped.empty());
}

TEST(Preparation, SizeIsRemovedWithinGroups) {
  CaseTable table = random_cases(100, 6, 6);
  for (std::size_t n = 0; n < 100; ++n) {
    table.cases[n].volume_mm3 = table.cases[n - n % 2].volume_mm3;  // spread alike in both groups: one slope fits
    const double log_volume = std::log(table.cases[n].volume_mm3);
    table.values[n * 6] += (n % 2 == 0 ? 20 : 0.5) * 0.8 * log_volume;
    table.values[n * 6 + 1] = 3 * log_volume;
    if (n % 10 == 3) table.values[n * 6] = kMissing;
  }
  const auto with = fit_preparation(table, {.scaling = Scaling::kStandard, .clip = 100});
  const auto without = fit_preparation(table, {.scaling = Scaling::kStandard, .clip = 100, .remove_size = true});
  ASSERT_TRUE(with && without) << without.error().to_string();
  ASSERT_EQ(without->dropped.size(), 1U);
  EXPECT_EQ(without->dropped[0].reason, DropReason::kNothingBesideSize);
  EXPECT_EQ(without->dropped[0].column.name, "f1");

  // From the means of each group, over both together; of the cases that have the feature.
  const auto within = [&](const PreparedTable& training) {
    std::vector<double> all_x, all_v;
    for (std::size_t group = 0; group < 2; ++group) {
      std::vector<double> x, v;
      for (std::size_t n = group; n < 100; n += 2) {
        if (std::isnan(table.value(n, 0))) continue;
        x.push_back(training.table.row(n)[0]);
        v.push_back(std::log(table.cases[n].volume_mm3));
      }
      const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
      const double mean_v = std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
      for (const double value : x) all_x.push_back(value - mean_x);
      for (const double value : v) all_v.push_back(value - mean_v);
    }
    return stats::correlation(all_x, all_v);
  };
  EXPECT_GT(within(with->training), 0.4);
  EXPECT_NEAR(within(without->training), 0, 1e-13);
  // Centres of groups stay.
  const std::vector<double> x = column(without->training.table, 1);
  EXPECT_NEAR(std::accumulate(x.begin(), x.end(), 0.0), 0, 1e-11);
}

TEST(Preparation, ShiftAndScaleOfACohortAreRemoved) {
  CaseTable table = random_cases(400, 8, 7);
  for (std::size_t n = 0; n < 200; ++n) {
    for (std::size_t f = 0; f < 8; ++f) {
      double& value = table.values[n * 8 + f];
      const double centre = n % 2 == 0 ? 100 : -3;
      value = centre + (n % 2 == 0 ? 20 : 0.5) * 1.5 + 2 * (value - centre);
    }
  }
  const auto plain = fit_preparation(table, {.scaling = Scaling::kStandard});
  const auto fitted = fit_preparation(table, {.scaling = Scaling::kStandard, .combat = true});
  ASSERT_TRUE(plain && fitted) << fitted.error().to_string();
  EXPECT_EQ(fitted->preparation.cohorts.size(), 2U);
  const auto moments = [](const PreparedTable& training, std::size_t f, std::size_t from) {
    const std::vector<double> x = column(training.table, f);
    double mean = 0, squares = 0;
    for (std::size_t n = from; n < from + 200; ++n) mean += x[n] / 200;
    for (std::size_t n = from; n < from + 200; ++n) squares += (x[n] - mean) * (x[n] - mean) / 199;
    return std::pair(mean, std::sqrt(squares));
  };
  for (std::size_t f = 0; f < 8; ++f) {
    const auto [shifted, wide] = moments(plain->training, f, 0);
    const auto [there, narrow] = moments(plain->training, f, 200);
    EXPECT_GT(shifted - there, 0.6);
    EXPECT_GT(wide / narrow, 1.6);
    const auto [mean_a, sd_a] = moments(fitted->training, f, 0);
    const auto [mean_b, sd_b] = moments(fitted->training, f, 200);
    EXPECT_NEAR(mean_a, mean_b, 0.15);
    EXPECT_NEAR(sd_a / sd_b, 1, 0.1);
  }
}

TEST(Preparation, OrderOfCasesDoesNotMatter) {
  CaseTable table = random_cases(120, 7, 8);
  for (std::size_t n = 0; n < 50; ++n) table.values[n * 16 + n % 3] = kMissing;
  std::vector<std::size_t> order(120);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(9);
  for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
  for (const Scaling scaling : {Scaling::kRobust, Scaling::kStandard, Scaling::kRankNormal}) {
    for (const Grouping grouping : {Grouping::kOrganModality, Grouping::kCohort, Grouping::kNone}) {
      const PreparationOptions options{
          .scaling = scaling, .grouping = grouping, .combat = true, .remove_size = true, .near_duplicate = 0.7};
      const auto one = fit_preparation(table, options);
      const auto other = fit_preparation(table.of(order), options);
      ASSERT_TRUE(one && other) << one.error().to_string();
      EXPECT_EQ(to_json(one->preparation).dump(), to_json(other->preparation).dump());
      ASSERT_EQ(one->training.table.rows, other->training.table.rows);
      std::map<std::string, std::vector<double>> rows;
      for (std::size_t r = 0; r < one->training.table.rows; ++r) {
        const double* row = one->training.table.row(r);
        rows[table.cases[one->training.source_rows[r]].name].assign(row, row + one->training.table.columns);
      }
      for (std::size_t r = 0; r < other->training.table.rows; ++r) {
        const double* row = other->training.table.row(r);
        EXPECT_EQ(rows[table.cases[order[other->training.source_rows[r]]].name],
                  std::vector<double>(row, row + other->training.table.columns));
      }
    }
  }
}

TEST(Preparation, OptionsAndTablesThatMakeNoSense) {
  const CaseTable good = random_cases(40, 4, 10);
  const auto code = [](const CaseTable& table, const PreparationOptions& options) {
    const auto fitted = fit_preparation(table, options);
    EXPECT_FALSE(fitted);
    return fitted ? ErrorCode::kUnreadable : fitted.error().code();
  };
  for (const double share : {-0.1, 1.0, kMissing}) {
    EXPECT_EQ(code(good, {.most_missing_of_case = share}), ErrorCode::kUsage);
    EXPECT_EQ(code(good, {.most_missing_of_feature = share}), ErrorCode::kUsage);
  }
  EXPECT_EQ(code(good, {.smallest_group = 1}), ErrorCode::kUsage);
  for (const double clip : {0.0, -1.0, kMissing, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(code(good, {.clip = clip}), ErrorCode::kUsage);
  for (const double limit : {0.0, 1.1, kMissing}) EXPECT_EQ(code(good, {.near_duplicate = limit}), ErrorCode::kUsage);
  EXPECT_EQ(code({}, {}), ErrorCode::kEmpty);
  EXPECT_EQ(code(good, {.smallest_group = 21}), ErrorCode::kEmpty);

  CaseTable bad = good;
  bad.values.pop_back();
  EXPECT_EQ(code(bad, {}), ErrorCode::kUsage);
  bad = good;
  bad.values[3] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(code(bad, {}), ErrorCode::kUsage);
  bad = good;
  bad.cases[1].name = bad.cases[0].name;
  EXPECT_EQ(code(bad, {}), ErrorCode::kInconsistent);
  bad = good;
  bad.features[1].name = "f0";
  EXPECT_EQ(code(bad, {}), ErrorCode::kInconsistent);
  bad = good;
  bad.cases[1].organ = "\xff";
  EXPECT_EQ(code(bad, {}), ErrorCode::kUsage);
  bad = good;
  std::fill(bad.values.begin(), bad.values.end(), 1);
  EXPECT_EQ(code(bad, {}), ErrorCode::kEmpty);
  std::fill(bad.values.begin(), bad.values.end(), kMissing);
  EXPECT_EQ(code(bad, {}), ErrorCode::kEmpty);
  bad = good;
  for (Case& one : bad.cases) one.cohort = "a";
  EXPECT_EQ(code(bad, {.combat = true}), ErrorCode::kUsage);
  for (Case& one : bad.cases) one.volume_mm3 = 1000;
  EXPECT_EQ(code(bad, {.remove_size = true}), ErrorCode::kUndefined);
  for (Case& one : bad.cases) one.volume_mm3 = 0;
  EXPECT_EQ(code(bad, {.remove_size = true}), ErrorCode::kEmpty);
}

}  // namespace
}  // namespace radtype::subtype
