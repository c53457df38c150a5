// radtype outcome and associate as a user runs them.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/seed.h"
#include "support/run_command.h"
#include "support/text_files.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Outcome;
using test::TempDir;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class OutcomeVerbs : public testing::Test {
 protected:
  void SetUp() override {
    Random random(3);
    std::string cases = "case,patient,cohort,organ,modality,status,shape_volume_mm3\n";
    std::string assignments = "case,patient,cohort,organ,modality,subtype\n";
    std::string clinical = "patient,age,stage,arm,days,dead\n";
    std::string expression = "patient,GZMA,PRF1,A,B,C,D\n";
    for (int n = 0; n < 120; ++n) {
      const std::string p = "p" + std::to_string(n);
      const int subtype = n % 2 + 1;
      for (const char* visit : {"a", "b"}) {
        const std::string name = p + visit;
        cases += name + "," + p + ",c,lung,CT,ok," + std::to_string(1000 + random.below(5000)) + "\n";
        assignments += name + "," + p + ",c,lung,CT," + std::to_string(subtype) + "\n";
      }
      clinical += p + "," + std::to_string(40 + random.below(40)) + "," + std::to_string(1 + random.below(3)) + "," +
                  (random.uniform() < 0.5 ? "old" : "new") + "," +
                  std::to_string(static_cast<int>(-800 / subtype * std::log(1 - random.uniform()))) + "," +
                  (random.uniform() < 0.7 ? "yes" : "no") + "\n";
      expression += p;
      for (int g = 0; g < 6; ++g) expression += "," + std::to_string(5 + random.normal() + (g < 2 ? subtype : 0));
      expression += "\n";
    }
    test::write_bytes(folder / "cases.csv", cases);
    test::write_bytes(folder / "assignments.csv", assignments);
    test::write_bytes(folder / "clinical.csv", clinical);
    test::write_bytes(folder / "expression.csv", expression);
    test::write_bytes(folder / "sets.gmt", "UP\tx\tGZMA\tPRF1\nREST\tx\tA\tB\tC\n");
    test::write_bytes(folder / "plan.json", R"({
      "endpoints": [{"name": "survival", "time": "days", "event": "dead", "events": "yes"}],
      "covariates": [{"name": "age", "per": 10}, {"name": "arm", "kind": "categorical", "reference": "old"}],
      "analyses": [{"name": "Everybody", "covariates": ["age"], "interaction": "arm", "primary": "adjusted"}]})");
  }
  std::string path(const char* name) const { return (folder / name).string(); }
  Outcome run(const std::string& verb, Words more) {
    Words words = {verb,         path("cases.csv"),   "--assignments", path("assignments.csv"),
                   "--clinical", path("clinical.csv")};
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  }
  Outcome outcome(Words more = {}) {
    Words words = {"--plan", path("plan.json"), "--out", path("out")};
    words.insert(words.end(), more.begin(), more.end());
    return run("outcome", words);
  }
  TempDir folder;
};

TEST_F(OutcomeVerbs, APlanBecomesTablesAndFigures) {
  const Outcome done = outcome();
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("Everybody: 120 patients, "));
  const json report = json::parse(test::text_of_file(folder / "out" / "outcome.json"));
  const json& one = report["analyses"][0];
  EXPECT_EQ(one["n"], 120);
  EXPECT_EQ(one["primary"]["test"], "subtype beyond size and covariates");
  EXPECT_LT(one["primary"]["p"].get<double>(), 0.05);
  EXPECT_EQ(one["effects_in_groups"].size(), 2u);
  EXPECT_EQ(report["unmatched"].size(), 120u);  // the smaller of each patient's two
  EXPECT_EQ(report["provenance"]["inputs"].size(), 4u);
  for (const char* name : {"tests.csv", "models.csv", "groups.csv", "curves.csv", "left_out.csv",
                           "01-everybody-survival.svg", "01-everybody-models.svg"})
    EXPECT_TRUE(fs::exists(folder / "out" / name)) << name;
  const std::string first = test::text_of_file(folder / "out" / "outcome.json");
  const Outcome again = outcome();
  EXPECT_EQ(again.exit, 5);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  ASSERT_EQ(outcome({"--force", "--threads", "1"}).exit, 0);
  EXPECT_THAT(first, HasSubstr("\"force\": false"));
}

TEST_F(OutcomeVerbs, PlansAndResultsAreAsTheirSchemasSay) {
  if (test::run_command({"/usr/bin/python3", "-c", "import jsonschema"}).exit != 0)
    GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  const fs::path source = RADTYPE_SOURCE_DIR;
  const auto valid = [&](const fs::path& document, const char* schema) {
    return test::run_command(
        {"/usr/bin/python3", "-m", "jsonschema", "-i", document.string(), (source / "schemas" / schema).string()});
  };
  ASSERT_EQ(outcome().exit, 0);
  for (const auto& [document, schema] : {std::pair{folder / "plan.json", "outcome-plan.schema.json"},
                                         {source / "examples" / "outcome-plan.json", "outcome-plan.schema.json"},
                                         {source / "examples" / "outcome-demo.json", "outcome-plan.schema.json"},
                                         {folder / "out" / "outcome.json", "outcome.schema.json"}}) {
    const Outcome checked = valid(document, schema);
    EXPECT_EQ(checked.exit, 0) << document << checked.out << checked.err;
  }
  // The plan as it was understood is one, too.
  test::write_bytes(folder / "resolved.json",
                    json::parse(test::text_of_file(folder / "out" / "outcome.json"))["plan"].dump());
  EXPECT_EQ(valid(folder / "resolved.json", "outcome-plan.schema.json").exit, 0);
  test::write_bytes(folder / "wrong.json", R"({"endpoints": [], "analyses": []})");
  EXPECT_NE(valid(folder / "wrong.json", "outcome-plan.schema.json").exit, 0);
}

TEST_F(OutcomeVerbs, WrongPlansAndTablesAreSaid) {
  test::write_bytes(folder / "plan.json", R"({"endpoints": [], "analyses": []})");
  EXPECT_EQ(outcome().exit, 2);
  test::write_bytes(folder / "plan.json", R"({
      "endpoints": [{"name": "survival", "time": "weeks", "event": "dead"}], "analyses": [{"name": "a"}]})");
  const Outcome absent = outcome();
  EXPECT_EQ(absent.exit, 2);
  EXPECT_THAT(absent.err, HasSubstr("no column is called \"weeks\""));
  test::write_bytes(folder / "plan.json", R"({
      "endpoints": [{"name": "survival", "time": "days", "event": "dead"}],
      "analyses": [{"name": "a", "where": {"arm": "third"}}, {"name": "b"}]})");
  const Outcome part = outcome();
  EXPECT_EQ(part.exit, 4);
  EXPECT_THAT(part.err, HasSubstr("a: not done: nobody is left"));
  EXPECT_EQ(test::radtype({"outcome", "--plan", path("plan.json"), "--out", path("none")}).exit, 2);
  EXPECT_EQ(test::radtype({"outcome", "--clinical", path("clinical.csv"), "--out", path("none")}).exit, 2);
}

TEST_F(OutcomeVerbs, WhatDiffersBetweenSubtypes) {
  const Words words = {"--expression", path("expression.csv"), "--gene-sets", path("sets.gmt"),
                       "--adjust",     "log(volume_mm3),age",  "--out",       path("found"),
                       "--columns",    "age,stage,arm"};
  const Outcome done = run("associate", words);
  ASSERT_EQ(done.exit, 0) << done.err;
  const json report = json::parse(test::text_of_file(folder / "found" / "associate.json"));
  EXPECT_EQ(report["groups"].size(), 2u);
  EXPECT_EQ(report["columns"].size(), 3u);
  EXPECT_EQ(report["expression"]["genes"], 6);  // turned: a line a patient
  EXPECT_EQ(report["expression"]["covariates"], (json{"log(volume_mm3)", "age"}));
  EXPECT_EQ(report["expression"]["genes_that_differ"]["number"], 2);
  for (const char* name : {"columns.csv", "genes.csv", "sets.csv", "scores.csv", "volcano-1.svg", "gene-sets.svg"})
    EXPECT_TRUE(fs::exists(folder / "found" / name)) << name;
  EXPECT_EQ(run("associate", {"--where", "arm=third", "--out", path("x")}).exit, 3);
  EXPECT_EQ(run("associate", {"--where", "arm", "--out", path("x")}).exit, 2);
  EXPECT_EQ(run("associate", {"--gene-sets", path("sets.gmt"), "--out", path("x")}).exit, 2);
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST_F(OutcomeVerbs, MutationsOfSamplesWithoutALineAreNone) {
  std::string maf = "#version 2.4\nHugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\n";
  for (int n = 0; n < 60; ++n) {
    maf += "TP53\tp" + std::to_string(2 * n) + "\tMissense_Mutation\n";  // all of subtype 1
    maf += "KRAS\tp" + std::to_string(n) + "\tMissense_Mutation\n";
    maf += "EGFR\tp" + std::to_string(n) + "\tSilent\n";
  }
  test::write_bytes(folder / "mutations.maf", maf);
  const Outcome done = run("associate", {"--mutations", path("mutations.maf"), "--columns", "none", "--profiled", "all",
                                         "--out", path("found")});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json report = json::parse(test::text_of_file(folder / "found" / "associate.json"));
  ASSERT_EQ(report["mutations"].size(), 2u);
  EXPECT_EQ(report["mutations"][0]["column"], "KRAS");
  EXPECT_GT(report["mutations"][0]["p"].get<double>(), 0.5);
  EXPECT_LT(report["mutations"][1]["p"].get<double>(), 1e-20);
  EXPECT_EQ(report["mutations"][1]["n"], 120);
  // Without being told so, nobody is taken as profiled who has no line.
  ASSERT_EQ(run("associate", {"--mutations", path("mutations.maf"), "--columns", "none", "--out", path("listed")}).exit,
            0);
  const json listed = json::parse(test::text_of_file(folder / "listed" / "associate.json"));
  EXPECT_EQ(listed["mutations"][1]["n"], 90);  // p0 to p59, and the even ones from p60
}

}  // namespace
}  // namespace radtype
