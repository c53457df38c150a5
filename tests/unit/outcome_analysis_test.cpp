// A plan carried out on patients whose truth is known, and on tables that have none.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/outcome/results.h"
#include "radtype/survival/log_rank.h"
#include "support/virtual_patients.h"

namespace radtype::outcome {
namespace {

using nlohmann::json;
using test::Planted;
using test::virtual_patients;
using testing::HasSubstr;

Plan plan_of(const char* analyses, const char* more = "") {
  const auto plan = plan_from_json(json::parse(std::string(R"({
    "endpoints": [{"name": "survival", "time": "time", "event": "event"}],
    "groups": [{"name": "group"}],
    "covariates": [{"name": "age", "per": 10}, {"name": "treatment", "kind": "categorical", "reference": "no"}],
    "analyses": )") + analyses + more + "}"));
  EXPECT_TRUE(plan) << plan.error().message();
  return *plan;
}
const char* const kAll = R"([{"name": "all", "covariates": ["age"]}])";

AnalysisResult run(const Plan& plan, const Records& records) {
  auto result = run_plan(plan, records);
  EXPECT_TRUE(result) << result.error().message();
  return result ? result->analyses.front() : AnalysisResult{};
}

TEST(OutcomeAnalysis, EffectOfTheGroupIsFoundBesideSize) {
  // The group looks worse because its tumours are larger; beside size it is better.
  const AnalysisResult one = run(plan_of(kAll), virtual_patients({3000, -0.5, 0.8, 0, 0, 1.0, 4}, 1));
  EXPECT_EQ(one.n, 3000u);
  const CoefficientResult& alone = one.model("group")->coefficients.back();
  EXPECT_GT(alone.ratio.estimate, 1);
  const CoefficientResult& beside = one.model("adjusted")->coefficients.back();
  EXPECT_EQ(beside.level, "group 2");
  EXPECT_NEAR(std::log(beside.ratio.estimate), -0.5, 0.12);
  EXPECT_LT(beside.ratio.lower, std::exp(-0.5));
  EXPECT_GT(beside.ratio.upper, std::exp(-0.5));
  EXPECT_NEAR(std::log(one.model("adjusted")->coefficients.front().ratio.estimate), 0.8, 0.08);
  EXPECT_EQ(one.primary, "group beyond size and covariates");
  EXPECT_LT(*one.p, 1e-10);
  EXPECT_EQ(one.q, one.p);
  // The test is that of the two likelihoods.
  EXPECT_NEAR(one.test(one.primary)->test.statistic,
              2 * (*one.model("adjusted")->log_likelihood - *one.model("base")->log_likelihood), 1e-9);
}

TEST(OutcomeAnalysis, TreatmentWorksInOneGroup) {
  const Plan plan = plan_of(R"([{"name": "all", "covariates": ["age"], "interaction": "treatment"}])");
  const AnalysisResult one = run(plan, virtual_patients({4000, 0, 0.3, 0, -0.7, 0, 4}, 2));
  EXPECT_EQ(one.primary, "treatment by group");
  EXPECT_LT(*one.p, 1e-8);
  ASSERT_EQ(one.effects.size(), 2u);
  EXPECT_NEAR(std::log(one.effects[0].ratio.estimate), 0, 0.15);
  EXPECT_NEAR(std::log(one.effects[1].ratio.estimate), -0.7, 0.15);
  EXPECT_EQ(one.effects[0].n + one.effects[1].n, one.modelled);
  EXPECT_GT(one.effects[0].ratio.p, 0.01);
  EXPECT_LT(one.effects[1].ratio.p, 1e-8);
}

TEST(OutcomeAnalysis, CurvesAndTestsAreThoseOfTheLibrary) {
  const Records records = virtual_patients({200, 0.4, 0, 0, 0, 0, 2}, 3);
  const AnalysisResult one = run(plan_of(kAll), records);
  std::vector<survival::Subject> subjects;
  std::vector<int> groups;
  const auto times = *records.numbers("time");
  const auto events = *records.texts("event");
  const auto words = *records.texts("group");
  for (std::size_t n = 0; n < records.size(); ++n) {
    subjects.push_back({*times[n], events[n] == "1"});
    groups.push_back(words[n] == "1" ? 1 : 2);
  }
  const auto compared = survival::log_rank(subjects, groups);
  ASSERT_TRUE(compared);
  EXPECT_EQ(one.test("log-rank")->test.p, compared->p);
  ASSERT_EQ(one.groups.size(), 2u);
  EXPECT_EQ(static_cast<double>(one.groups[0].n), compared->sizes[0]);
  EXPECT_EQ(static_cast<double>(one.groups[1].events), compared->observed[1]);
  ASSERT_TRUE(one.groups[1].restricted_difference);
  EXPECT_NEAR(one.groups[1].restricted_difference->estimate,
              one.groups[1].restricted_mean->mean - one.groups[0].restricted_mean->mean, 1e-9);
}

TEST(OutcomeAnalysis, WhoIsLeftOutIsSaid) {
  Records records = virtual_patients({60, 0, 0, 0, 0, 0, 2}, 4);
  const auto at = [&](const char* column, std::size_t row) -> std::string& {
    return records.cells[*records.find(column)][row];
  };
  at("time", 0) = "";
  at("time", 1) = "-3";
  at("event", 2) = "NA";
  at("group", 3) = "";
  at("age", 4) = "?";
  at("volume_mm3", 5) = "0";
  const AnalysisResult one = run(plan_of(kAll), records);
  EXPECT_EQ(one.n, 56u);
  EXPECT_EQ(one.modelled, 54u);
  EXPECT_EQ(one.missing_values.at("age"), 1u);
  EXPECT_EQ(one.missing_values.at("log volume"), 1u);
  std::vector<std::string> reasons;
  for (const LeftOut& who : one.left_out) reasons.push_back(who.patient + ": " + who.reason);
  EXPECT_EQ(one.not_modelled.size(), 2u);
  EXPECT_THAT(reasons, testing::ElementsAre("p0: no time", "p1: time -3 is negative", "p2: no event", "p3: no group"));
}

TEST(OutcomeAnalysis, OneThatCannotBeDoneSaysWhyAndOthersGoOn) {
  Records records = virtual_patients({80, 0, 0, 0, 0, 0, 2}, 5);
  Plan plan = plan_of(R"([{"name": "nobody", "where": {"group": "7"}}, {"name": "one group", "where": {"group": "1"}},
                          {"name": "no such reference"}, {"name": "fine", "covariates": ["age"]}])");
  plan.groups.push_back({"other", "group", "9"});
  plan.analyses[2].group = "other";
  const auto result = run_plan(plan, records);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->analyses[0].missing, HasSubstr("nobody is left by the condition on \"group\""));
  EXPECT_THAT(result->analyses[1].missing, HasSubstr("one group"));
  EXPECT_THAT(result->analyses[2].missing, HasSubstr("nobody here has the reference \"9\""));
  EXPECT_TRUE(result->analyses[3].missing.empty());
  EXPECT_TRUE(result->analyses[3].p);
  EXPECT_EQ(to_json(*result)["analyses"].size(), 4u);
  EXPECT_EQ(headlines(*result).size(), 4u);
}

TEST(OutcomeAnalysis, DegenerateTablesGiveReasons) {
  Records records = virtual_patients({40, 0, 0, 0, 0, 0, 2}, 6);
  std::vector<std::string> none(40, "0");
  records.set("event", none);
  AnalysisResult one = run(plan_of(kAll), records);
  EXPECT_THAT(one.test("log-rank")->missing, HasSubstr("event"));
  EXPECT_THAT(one.model("group")->missing, HasSubstr("event"));
  EXPECT_FALSE(one.p);
  EXPECT_FALSE(figures({plan_of(kAll), 40, {one}}).empty());

  records = virtual_patients({40, 0, 0, 0, 0, 0, 2}, 6);
  std::vector<std::string> events = *records.texts("group");  // all of one group, nobody of the other
  std::vector<std::string> of_group(40, "0");
  for (std::size_t n = 0; n < 40; ++n) of_group[n] = events[n] == "1" ? "1" : "0";
  records.set("event", of_group);
  one = run(plan_of(kAll), records);
  EXPECT_FALSE(one.model("group")->missing.empty());
  EXPECT_TRUE(one.test("log-rank")->missing.empty());
  EXPECT_FALSE(figures({plan_of(kAll), 40, {one}}).empty());

  Records two{"two", {"a", "b"}, {}, {}};
  for (const char* column : {"time", "volume_mm3", "age"}) two.set(column, {"1", "2"});
  two.set("event", {"1", "1"});
  two.set("group", {"1", "2"});
  two.set("treatment", {"no", "yes"});
  one = run(plan_of(kAll), two);
  EXPECT_EQ(one.n, 2u);
  EXPECT_EQ(tables({plan_of(kAll), 2, {one}}).size(), 5u);
}

TEST(OutcomeAnalysis, QuantilesAndCompetingEvents) {
  Records records = virtual_patients({600, 0, 0.7, 0, 0, 0, 4}, 7);
  std::vector<std::string> event = *records.texts("event");
  for (std::size_t n = 0; n < event.size(); n += 3) {
    if (event[n] == "1") event[n] = "other";
  }
  records.set("event", event);
  Plan plan = plan_of(R"([{"name": "all"}])");
  plan.size.reset();
  plan.endpoints[0].competing = {"other"};
  plan.groups[0] = {"size", "volume_mm3"};
  plan.groups[0].quantiles = 3;
  plan.analyses[0].group = "size";
  const AnalysisResult one = run(plan, records);
  ASSERT_EQ(one.groups.size(), 3u);
  EXPECT_EQ(one.groups[0].n, 200u);
  EXPECT_THAT(one.groups[0].label, HasSubstr("volume_mm3 up to"));
  ASSERT_TRUE(one.groups[0].incidence);
  EXPECT_GT(one.groups[2].incidence->points.back().incidence, one.groups[0].incidence->points.back().incidence);
  EXPECT_LT(one.test("Gray")->test.p, 0.001);
  EXPECT_LT(one.test("log-rank trend")->test.p, 1e-6);
  EXPECT_GT(one.competing, 50u);
  EXPECT_FALSE(one.groups[0].median.time);
  // Which group others are compared with does not change the trend.
  plan.groups[0].reference = "3";
  const AnalysisResult turned = run(plan, records);
  EXPECT_THAT(turned.reference, HasSubstr("above"));
  EXPECT_NEAR(turned.test("log-rank trend")->test.statistic, one.test("log-rank trend")->test.statistic, 1e-8);
}

TEST(OutcomeAnalysis, AnAdjustedPrimaryIsNeverAnUnadjustedOne) {
  Records records = virtual_patients({100, 0.5, 0, 0, 0, 0, 2}, 9);
  records.set("volume_mm3", std::vector<std::string>(100, "5000"));
  AnalysisResult one = run(plan_of(R"([{"name": "all"}])"), records);
  EXPECT_EQ(one.primary, "group beyond size");
  EXPECT_TRUE(one.test("group alone")->missing.empty());
  EXPECT_THAT(one.test(one.primary)->missing, HasSubstr("log volume"));
  EXPECT_FALSE(one.p);
  records.set("volume_mm3", std::vector<std::string>(100, ""));
  one = run(plan_of(R"([{"name": "all", "covariates": ["age"], "interaction": "treatment"}])"), records);
  EXPECT_EQ(one.missing_values.at("log volume"), 100u);
  EXPECT_THAT(one.test("group beyond size and covariates")->missing, HasSubstr("nobody has all"));
  EXPECT_EQ(one.primary, "treatment by group");
  EXPECT_FALSE(one.p);
  EXPECT_EQ(one.not_modelled.size(), 100u);
}

TEST(OutcomeAnalysis, TablesThatAreNoneAreRefusedOrSaid) {
  Records records = virtual_patients({120, 0, 0, 0, 0, 0, 2}, 10);
  AnalysisResult one = run(plan_of(R"([{"name": "all"}])", R"(, "title": "x")"), records);
  EXPECT_THAT(one.notes, testing::Contains(HasSubstr("taken as no event: \"0\" (")));
  Plan plan = plan_of(kAll);
  plan.groups[0].column = "age";
  EXPECT_THAT(run(plan, records).missing, HasSubstr("make groups by \"quantiles\""));
  plan = plan_of(kAll);
  plan.covariates[0].categorical = true;
  one = run(plan, records);
  EXPECT_THAT(one.test(one.primary)->missing, HasSubstr("a number is \"continuous\""));
  EXPECT_TRUE(one.test("log-rank")->missing.empty());
  plan = plan_of(kAll);
  plan.covariates[0].per = 1e9;
  one = run(plan, records);
  EXPECT_THAT(one.model("adjusted") == nullptr ? one.test(one.primary)->missing : one.model("adjusted")->missing,
              HasSubstr("choose other units"));
  EXPECT_FALSE(figures({plan, 120, {one}}).empty());
  plan = plan_of(kAll);
  plan.endpoints[0].events = {"1", "dead"};
  EXPECT_THAT(run(plan, records).notes, testing::Contains(HasSubstr("nobody has the event value \"dead\"")));
  plan.analyses[0].cluster = "treatment";
  EXPECT_THAT(run(plan, records).notes, testing::Contains(HasSubstr("only Cox's models know of clusters")));
}

TEST(OutcomeAnalysis, FamiliesAreAdjustedTogether) {
  const Plan plan =
      plan_of(R"([{"name": "a", "family": "f"}, {"name": "b", "family": "f", "where": {"treatment": "no"}},
                               {"name": "c", "family": "g"}])");
  const auto result = run_plan(plan, virtual_patients({300, 0.5, 0, 0, 0, 0, 4}, 8));
  ASSERT_TRUE(result);
  const double smaller = std::min(*result->analyses[0].p, *result->analyses[1].p);
  const double larger = std::max(*result->analyses[0].p, *result->analyses[1].p);
  EXPECT_NEAR(std::max(*result->analyses[0].q, *result->analyses[1].q), std::max(larger, 2 * smaller), 1e-12);
  EXPECT_EQ(result->analyses[2].q, result->analyses[2].p);
}

}  // namespace
}  // namespace radtype::outcome
