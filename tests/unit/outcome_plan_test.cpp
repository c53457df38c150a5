// The plan is read as it is written, or refused where it is wrong; tables are joined by patient.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/outcome/plan.h"
#include "support/text_files.h"

namespace radtype::outcome {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json plan_document() {
  return json::parse(R"({
    "endpoints": [{"name": "survival", "time": "days", "event": "dead", "events": [1, "yes"], "horizon": 730}],
    "groups": [{"name": "subtype", "reference": 2, "labels": {"2": "smooth"}}],
    "covariates": [{"name": "age", "per": 10}, {"name": "arm", "kind": "categorical", "reference": "control"}],
    "analyses": [{"name": "all", "covariates": ["age"], "interaction": "arm", "where": {"role": "discovery"},
                  "strata": "site", "ties": "exact"}]})");
}

std::string refusal(const json& document) {
  const auto plan = plan_from_json(document);
  return plan ? "" : plan.error().message();
}

TEST(OutcomePlan, IsReadAndWrittenTheSame) {
  const auto plan = plan_from_json(plan_document());
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->endpoints[0].events, (std::vector<std::string>{"1", "yes"}));
  EXPECT_EQ(plan->endpoints[0].horizon, 730);
  EXPECT_EQ(plan->groups[0].reference, "2");
  EXPECT_EQ(plan->analyses[0].primary, Primary::kInteraction);
  EXPECT_EQ(plan->analyses[0].endpoint, "survival");
  EXPECT_EQ(plan->analyses[0].strata, std::vector<std::string>{"site"});
  EXPECT_EQ(plan->analyses[0].ties, survival::Ties::kExact);
  ASSERT_TRUE(plan->size);
  EXPECT_EQ(plan->size->transform, Transform::kLog);
  EXPECT_THAT(plan->columns(),
              testing::ElementsAre("age", "arm", "days", "dead", "role", "site", "subtype", "volume_mm3"));
  const json written = to_json(*plan);
  const auto again = plan_from_json(written);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(to_json(*again), written);
}

TEST(OutcomePlan, SaysWhereItIsWrong) {
  json document = plan_document();
  document["analyses"][0]["covariates"] = {"aeg"};
  EXPECT_EQ(refusal(document), "plan: analysis \"all\": no covariate is called \"aeg\"; declared are: age, arm");
  document = plan_document();
  document["analyses"][0]["cluter"] = "site";
  EXPECT_THAT(refusal(document),
              HasSubstr("plan: analyses[0]: \"cluter\" is not known; there are cluster, covariates"));
  document = plan_document();
  document["endpoints"][0].erase("time");
  EXPECT_EQ(refusal(document), "plan: endpoints[0]: \"time\" is missing");
  document = plan_document();
  document["endpoints"][0]["competing"] = {"yes"};
  EXPECT_THAT(refusal(document), HasSubstr("cannot be an event and a competing one"));
  document = plan_document();
  document["covariates"][0]["reference"] = "young";
  EXPECT_THAT(refusal(document), HasSubstr("say \"kind\": \"categorical\""));
  document = plan_document();
  document["analyses"][0]["interaction"] = "age";
  EXPECT_THAT(refusal(document), HasSubstr("must be categorical"));
  document = plan_document();
  document["analyses"].push_back(document["analyses"][0]);
  EXPECT_THAT(refusal(document), HasSubstr("two of the name \"all\""));
  document = plan_document();
  document["analyses"][0]["ties"] = "none";
  EXPECT_THAT(refusal(document), HasSubstr("none of efron, breslow, exact"));
  document = plan_document();
  document["confidence"] = 95;
  EXPECT_THAT(refusal(document), HasSubstr("\"confidence\" must be a number above 0.5"));
  document = plan_document();
  document["analyses"] = json::array();
  EXPECT_THAT(refusal(document), HasSubstr("\"analyses\" has none"));
  EXPECT_THAT(refusal(json::array()), HasSubstr("must be an object"));
  EXPECT_THAT(refusal(json{{"endpoints", 3}}), HasSubstr("must be a list"));
}

TEST(OutcomeRecords, AreReadAndJoinedByPatient) {
  const test::TempDir folder;
  test::write_bytes(folder / "clinical.csv", "Patient,age,stage\nb, 61 ,2\na,NA,1.0\nc,50,\n");
  test::write_bytes(folder / "cases.csv", "case,patient,subtype,stage\nx1,a,1,1\nx2,b,2,2\nx3,b,1,2\nx4,d,1,1\n");
  const auto clinical = read_records(folder / "clinical.csv");
  ASSERT_TRUE(clinical) << clinical.error().message();
  EXPECT_EQ(clinical->patients, (std::vector<std::string>{"b", "a", "c"}));
  const auto ages = clinical->numbers("age");
  ASSERT_TRUE(ages);
  EXPECT_EQ((*ages)[0], 61);
  EXPECT_FALSE((*ages)[1]);
  EXPECT_THAT(clinical->numbers("weight").error().message(), HasSubstr("there are: Patient, age, stage"));

  auto cases = read_records(folder / "cases.csv", "case");
  ASSERT_TRUE(cases);
  cases->patients = *cases->texts("patient");
  std::vector<LeftOut> left_out;
  EXPECT_THAT(one_case_a_patient(*cases, OneCase::kOnly, left_out).error().message(),
              HasSubstr("a patient has several cases"));
  EXPECT_THAT(one_case_a_patient(*cases, OneCase::kLargest, left_out).error().message(), HasSubstr("volume_mm3"));
  const auto first = one_case_a_patient(*cases, OneCase::kFirst, left_out);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->patients, (std::vector<std::string>{"a", "b", "d"}));
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_THAT(left_out[0].reason, HasSubstr("case x3 is not the first"));
  cases->set("volume_mm3", {"1", "2", "30", "4"});
  left_out.clear();
  const auto largest = one_case_a_patient(*cases, OneCase::kLargest, left_out);
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->texts("case").value(), (std::vector<std::string>{"x1", "x3", "x4"}));

  left_out.clear();
  const auto both = joined(*largest, *clinical, Join::kFirst, left_out);
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_EQ(both->texts("age").value(), (std::vector<std::string>{"", "61", ""}));
  ASSERT_EQ(left_out.size(), 2u);
  EXPECT_EQ(left_out[0].patient, "d");
  EXPECT_EQ(left_out[1].patient, "c");
  EXPECT_EQ(joined(*largest, *clinical, Join::kBoth, left_out)->patients, (std::vector<std::string>{"a", "b"}));
  test::write_bytes(folder / "other.csv", "patient,stage\na,3\n");
  EXPECT_THAT(joined(*largest, *read_records(folder / "other.csv"), Join::kFirst, left_out).error().message(),
              HasSubstr("the column \"stage\" says \"1\" in"));
  test::write_bytes(folder / "nobody.csv", "patient,stage\nz,3\n");
  EXPECT_THAT(joined(*largest, *read_records(folder / "nobody.csv"), Join::kFirst, left_out).error().message(),
              HasSubstr("no name in common"));
}

TEST(OutcomeRecords, BadTablesAreRefused) {
  const test::TempDir folder;
  const auto refusal = [&](const std::string& text) {
    test::write_bytes(folder / "table.csv", text);
    const auto read = read_records(folder / "table.csv");
    return read ? std::string() : read.error().message();
  };
  EXPECT_THAT(refusal("name,age\na,1\n"), HasSubstr("no column \"patient\""));
  EXPECT_THAT(refusal("patient,age\na,1\na,2\n"), HasSubstr("several lines of one patient, line 3"));
  EXPECT_THAT(refusal("patient,age,age\na,1,2\n"), HasSubstr("two columns \"age\""));
  EXPECT_THAT(refusal("patient,age\na\n"), HasSubstr("line 2: 1 cells under a header of 2"));
  EXPECT_THAT(refusal("patient,age\n,3\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal("patient,age\n"), HasSubstr("no line below its header"));
}

}  // namespace
}  // namespace radtype::outcome
