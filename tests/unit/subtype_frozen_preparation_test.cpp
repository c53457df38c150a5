// A preparation after discovery: new cases, refusals, files.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/subtype/preparation.h"
#include "support/case_tables.h"

namespace radtype::subtype {
namespace {

using nlohmann::json;
using test::random_cases;
using testing::HasSubstr;

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

PreparationOptions everything(Scaling scaling) { return {.scaling = scaling, .combat = true, .remove_size = true}; }

/// f3 has ties, and is missing as often as it may be.
CaseTable training_cases() {
  CaseTable table = random_cases(120, 8, 11);
  for (std::size_t n = 0; n < 60; ++n)
    table.values[n * 16 + 3] = n % 5 == 0 ? kNotMeasured : static_cast<double>(n % 7);
  return table;
}

std::vector<NoticeKind> kinds(const PreparedTable& prepared) {
  std::vector<NoticeKind> all;
  for (const Notice& notice : prepared.notices) all.push_back(notice.kind);
  return all;
}

TEST(FrozenPreparation, APatientAloneIsTheSameAsInTheCohort) {
  const CaseTable training = training_cases();
  CaseTable later = random_cases(50, 8, 12);
  for (std::size_t n = 0; n < 50; ++n)
    later.values[n * 8 + n % 8] = n % 3 == 0 ? kNotMeasured : 1e4 * std::sin(double(n));
  for (const Scaling scaling : {Scaling::kRobust, Scaling::kStandard, Scaling::kRankNormal}) {
    const auto fitted = fit_preparation(training, everything(scaling));
    ASSERT_TRUE(fitted) << fitted.error().to_string();
    const Preparation& frozen = fitted->preparation;
    const auto again = frozen.apply(training);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->table.values, fitted->training.table.values);
    EXPECT_EQ(again->source_rows, fitted->training.source_rows);
    for (const CaseTable* table : {&training, static_cast<const CaseTable*>(&later)}) {
      const auto cohort = frozen.apply(*table);
      ASSERT_TRUE(cohort);
      ASSERT_GT(cohort->table.rows, 40U);
      for (std::size_t r = 0; r < cohort->table.rows; ++r) {
        const auto alone = frozen.apply(table->of({cohort->source_rows[r]}));
        ASSERT_TRUE(alone);
        const double* row = cohort->table.row(r);
        EXPECT_EQ(alone->table.values, std::vector<double>(row, row + cohort->table.columns));
        EXPECT_EQ(alone->imputed_of_case[0], cohort->imputed_of_case[r]);
      }
    }
  }
}

TEST(FrozenPreparation, SurvivesAFileToTheBit) {
  const CaseTable training = training_cases();
  for (const Scaling scaling : {Scaling::kRobust, Scaling::kStandard, Scaling::kRankNormal}) {
    for (PreparationOptions options : {everything(scaling), PreparationOptions{.scaling = scaling}}) {
      const auto fitted = fit_preparation(training, options);
      ASSERT_TRUE(fitted);
      const std::string text = to_json(fitted->preparation).dump(1);
      const auto read = preparation_from_json(json::parse(text));
      ASSERT_TRUE(read) << read.error().to_string();
      EXPECT_EQ(to_json(*read).dump(1), text);
      const auto prepared = read->apply(training);
      ASSERT_TRUE(prepared);
      EXPECT_EQ(prepared->table.values, fitted->training.table.values);
    }
  }
}

TEST(FrozenPreparation, EveryRefusalHasItsReason) {
  CaseTable training = training_cases();
  for (std::size_t n = 0; n < 5; ++n) {
    training.cases[2 * n].organ = "liver";
    training.cases[2 * n + 30].cohort = "small";
  }
  const auto fitted = fit_preparation(training, everything(Scaling::kRobust));
  ASSERT_TRUE(fitted) << fitted.error().to_string();
  EXPECT_EQ(fitted->preparation.groups_too_small.size(), 1U);
  EXPECT_EQ(fitted->preparation.cohorts_too_small.size(), 1U);
  EXPECT_EQ(fitted->training.table.rows, 110U);
  EXPECT_EQ(fitted->training.notices.front().kind, NoticeKind::kGroupTooSmall);

  const CaseTable good = training.of({52});
  const auto refusal = [&](const std::function<void(CaseTable&)>& change, NoticeKind kind, const std::string& says) {
    CaseTable table = training.of({1, 52, 61});
    CaseTable middle = good;
    change(middle);
    table.cases[1] = middle.cases[0];
    std::copy(middle.values.begin(), middle.values.end(), table.values.begin() + 8);
    const auto prepared = fitted->preparation.apply(table);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->source_rows, (std::vector<std::size_t>{0, 2})) << notice_word(kind);
    const auto notice = std::find_if(prepared->notices.begin(), prepared->notices.end(),
                                     [](const Notice& one) { return refuses(one.kind); });
    ASSERT_NE(notice, prepared->notices.end()) << notice_word(kind);
    EXPECT_EQ(notice_word(notice->kind), notice_word(kind));
    EXPECT_EQ(notice->row, 1U);
    EXPECT_THAT(notice->sentence, HasSubstr(says));
  };
  refusal([](CaseTable& t) { t.cases[0].organ = "brain"; }, NoticeKind::kGroupNotInTraining,
          "organ 'brain' with modality 'CT' was not in training");
  refusal([](CaseTable& t) { t.cases[0].modality = "PT"; }, NoticeKind::kGroupNotInTraining, "modality 'PT'");
  refusal([](CaseTable& t) { t.cases[0].organ = "liver"; }, NoticeKind::kGroupTooSmall, "has 5 training cases; 10");
  refusal([](CaseTable& t) { t.cases[0].cohort = "elsewhere"; }, NoticeKind::kCohortNotInTraining, "'elsewhere'");
  refusal([](CaseTable& t) { t.cases[0].cohort = "small"; }, NoticeKind::kCohortTooSmall, "ComBat needs 10");
  for (const double volume : {kNotMeasured, 0.0, -1.0})
    refusal([&](CaseTable& t) { t.cases[0].volume_mm3 = volume; }, NoticeKind::kNoVolume, "volume");
  refusal([](CaseTable& t) { t.values[0] = t.values[1] = kNotMeasured; }, NoticeKind::kTooManyMissing,
          "2 of 8 features are missing (f0, f1)");

  // Every reason at once.
  CaseTable all = good;
  all.cases[0].organ = all.cases[0].cohort = "elsewhere";
  all.cases[0].volume_mm3 = kNotMeasured;
  std::fill(all.values.begin(), all.values.end(), kNotMeasured);
  EXPECT_EQ(kinds(*fitted->preparation.apply(all)),
            (std::vector{NoticeKind::kGroupNotInTraining, NoticeKind::kCohortNotInTraining, NoticeKind::kNoVolume,
                         NoticeKind::kTooManyMissing}));
}

TEST(FrozenPreparation, WhoIsLeftOutOfTrainingIsNamed) {
  CaseTable training = random_cases(60, 8, 13);
  for (std::size_t f = 0; f < 3; ++f) training.values[20 * 8 + f] = kNotMeasured;
  training.cases[22].volume_mm3 = kNotMeasured;
  const auto fitted = fit_preparation(training, {.remove_size = true});
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->training.table.rows, 58U);
  EXPECT_EQ(fitted->preparation.groups[1].cases, 28U);
  EXPECT_EQ(std::count(fitted->training.source_rows.begin(), fitted->training.source_rows.end(), 20U), 0);
  std::vector<std::pair<std::size_t, NoticeKind>> refused;
  for (const Notice& notice : fitted->training.notices) {
    if (refuses(notice.kind)) refused.emplace_back(notice.row, notice.kind);
  }
  EXPECT_EQ(refused,
            (std::vector{std::pair(std::size_t{20}, NoticeKind::kTooManyMissing), {22, NoticeKind::kNoVolume}}));
}

TEST(FrozenPreparation, AColumnIsFoundByNameAndVersion) {
  const CaseTable training = random_cases(60, 8, 14);
  const auto fitted = fit_preparation(training, {});
  ASSERT_TRUE(fitted);
  // Columns in another order, one more, one gone.
  CaseTable table;
  table.cases = training.cases;
  table.features.push_back({"another", 9, "made"});
  for (std::size_t f = 7; f > 0; --f) table.features.push_back(training.features[f]);
  for (std::size_t n = 0; n < 60; ++n) {
    table.values.push_back(kNotMeasured);
    for (std::size_t f = 7; f > 0; --f) table.values.push_back(training.value(n, f));
  }
  const auto prepared = fitted->preparation.apply(table);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->imputed_of_feature, (std::vector<std::size_t>{60, 0, 0, 0, 0, 0, 0, 0}));
  for (std::size_t n = 0; n < 60; ++n) {
    EXPECT_EQ(prepared->table.row(n)[0], 0);
    for (std::size_t f = 1; f < 8; ++f) EXPECT_EQ(prepared->table.row(n)[f], fitted->training.table.row(n)[f]);
  }
  table.features.resize(6);  // f0, f1, f2 are gone now
  table.values.resize(60 * 6);
  const auto refused = fitted->preparation.apply(table);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->table.rows, 0U);
  EXPECT_EQ(refused->notices.size(), 60U);

  CaseTable newer = training;
  newer.features[2].version = 3;
  const auto wrong = fitted->preparation.apply(newer);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInconsistent);
  EXPECT_THAT(wrong.error().message(), HasSubstr("f2 is of version 3 in the table and of version 1 in the model"));
}

TEST(FrozenPreparation, AModelThatIsNotOneIsRefusedWithItsKey) {
  const CaseTable training = training_cases();
  const json good = to_json(fit_preparation(training, everything(Scaling::kRobust))->preparation);
  const json ranks = to_json(fit_preparation(training, everything(Scaling::kRankNormal))->preparation);
  ASSERT_TRUE(preparation_from_json(good));
  const auto refused = [](json model, const std::string& pointer, const json& value, const std::string& says) {
    if (value.is_discarded())
      model.at(json::json_pointer(pointer).parent_pointer()).erase(json::json_pointer(pointer).back());
    else
      model[json::json_pointer(pointer)] = value;
    const auto read = preparation_from_json(model);
    ASSERT_FALSE(read) << pointer << " " << value;
    EXPECT_THAT(read.error().message(), HasSubstr(says)) << pointer;
  };
  const json gone(json::value_t::discarded);
  refused(good, "/format", "other", "format");
  refused(good, "/version", 1, "version");
  refused(good, "/version", "1", "version");
  refused(good, "/more", 1, "'more'");
  refused(good, "/options/clip", gone, "options: has no key 'clip'");
  refused(good, "/options/clip", -1, "options: clip at -1");
  refused(good, "/options/clip", nullptr, "options.clip: is no finite number");
  refused(good, "/options/scaling", "best", "options.scaling: 'best' is none of robust, standard, rank_normal");
  refused(good, "/options/combat", 1, "options.combat");
  refused(good, "/options/combat", false, "cohorts");
  refused(good, "/options/smallest_group", -10, "options.smallest_group");
  refused(good, "/groups", json::array(), "groups");
  refused(good, "/groups", 3, "groups: is no list");
  refused(good, "/groups/0/organ", "zzz", "groups: does not ascend");
  refused(good, "/groups/1/cases", 1.5, "groups[1].cases");
  refused(good, "/cohorts/1/name", "a", "cohorts: does not ascend");
  refused(good, "/cohorts/1/name", 7, "cohorts[1].name: is no text");
  refused(good, "/features", json::array(), "features");
  refused(good, "/features/1/name", "f0", "features[1].name: 'f0' is there twice");
  refused(good, "/features/1/version", 1e300, "features[1].version");
  refused(good, "/features/0/scales/0/spread", 0, "features[0].scales[0].spread");
  refused(good, "/features/0/scales/0/centre", "1", "features[0].scales[0].centre");
  refused(good, "/features/0/scales", json::array({good["features"][0]["scales"][0]}), "features[0].scales: has 1");
  refused(good, "/features/0/batch", nullptr, "features[0].batch");
  refused(good, "/features/0/batch/variance/0", 0, "features[0].batch.variance[0]");
  refused(good, "/features/0/batch/shift", json::array({0.5}), "features[0].batch.shift: has 1 numbers where 2");
  refused(ranks, "/features/0/scales/0/values/0", 1e300, "features[0].scales[0].values: does not ascend");
  refused(ranks, "/features/0/scales/0/scores", json::array({1.0, 2.0}), "features[0].scales[0]: needs as many scores");
  EXPECT_FALSE(preparation_from_json(json::array()));
  EXPECT_FALSE(preparation_from_json(nullptr));
}

}  // namespace
}  // namespace radtype::subtype
