// What comes out of a study.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using test::exported;
using test::Outcome;
using test::rows_of;
using test::run;
using test::TempDir;
using test::Words;
using test::write_bytes;
using testing::HasSubstr;

TEST(CohortExport, OverwritesNothingAndFilters) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 4);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  const Words words = {"cohort", "export", (folder / "S").string(), "--out", (folder / "t.csv").string()};
  ASSERT_EQ(test::radtype(words).exit, 0);
  EXPECT_EQ(test::text_of_file(folder / "t.csv"), exported(folder / "S"));
  EXPECT_EQ(test::radtype(words).exit, 5);
  const Outcome south = test::radtype({"cohort", "export", (folder / "S").string(), "--cohort", "south"});
  const auto rows = rows_of(south.out);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("case"), "c0001");
  EXPECT_EQ(test::radtype({"cohort", "export", (folder / "none").string()}).exit, 3);
}

TEST(CohortExport, PatientsByARuleAndLesionsThroughTime) {
  const TempDir folder;
  test::write_small_case(folder / "a", 1, 2);
  test::write_small_case(folder / "b", 1, 1);
  write_bytes(folder / "m.csv",
              "case,patient,timepoint,modality,image,mask\na,P,before,CT,a/image.nii.gz,a/mask.nii.gz\n"
              "b,P,after,CT,b/image.nii.gz,b/mask.nii.gz\n");
  ASSERT_EQ(run(folder / "m.csv", folder / "S").exit, 0);
  const auto lesions = rows_of(exported(folder / "S"));
  ASSERT_EQ(lesions.size(), 3u);
  const auto patients = [&](const Words& more) {
    Words words = {"cohort", "export", (folder / "S").string(), "--rows", "patients"};
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  };
  const auto volume = [](const CsvRow& row) { return std::stod(row.at("shape_volume_mm3")); };
  const auto largest = rows_of(patients({}).out);
  ASSERT_EQ(largest.size(), 2u);
  EXPECT_EQ(largest[0].at("timepoint"), "before");
  EXPECT_EQ(volume(largest[0]), std::max(volume(lesions[0]), volume(lesions[1])));
  EXPECT_THAT(largest[0].at("derived"), HasSubstr("largest of 2 lesions"));
  const auto weighted = rows_of(patients({"--rule", "volume-weighted"}).out);
  EXPECT_NEAR(volume(weighted[0]), volume(lesions[0]) + volume(lesions[1]), 1e-9);
  const auto worst = rows_of(patients({"--rule", "worst", "--by", "shape_volume_mm3", "--worst", "lowest"}).out);
  EXPECT_EQ(volume(worst[0]), std::min(volume(lesions[0]), volume(lesions[1])));
  EXPECT_EQ(patients({"--rule", "worst"}).exit, 2);
  const Outcome followed = test::radtype({"cohort", "lesions", (folder / "S").string()});
  ASSERT_EQ(followed.exit, 0) << followed.err;
  const auto matches = rows_of(followed.out);
  ASSERT_EQ(matches.size(), 4u) << followed.out;
  std::map<std::string, int> verdicts;
  for (const CsvRow& match : matches) ++verdicts[match.at("verdict")];
  EXPECT_EQ(verdicts, (std::map<std::string, int>{{"first", 2}, {"matched", 1}, {"gone", 1}})) << followed.out;
}

TEST(CohortExport, JsonIsAsItsSchemaSays) {
  const Outcome tool = test::run_command({"/usr/bin/python3", "-c", "import jsonschema"});
  if (tool.exit != 0) GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  write_bytes(folder / "c0001/image.nii.gz", "no image");
  ASSERT_EQ(run(manifest, folder / "S").exit, 4);
  const auto valid = [&](const std::string& text) {
    write_bytes(folder / "e.json", text);
    return test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", (folder / "e.json").string(),
                              RADTYPE_SOURCE_DIR "/schemas/cohort-export.schema.json"});
  };
  const std::string text = exported(folder / "S", "json");
  const Outcome good = valid(text);
  EXPECT_EQ(good.exit, 0) << good.err;
  auto wrong = nlohmann::json::parse(text);
  EXPECT_EQ(wrong["cases"][1]["status"], "failed");
  wrong["cases"][1]["reason"] = "";
  EXPECT_NE(valid(wrong.dump()).exit, 0) << "a failure without a reason";
}

TEST(CohortExport, JsonSaysWithWhichSettingsEachCaseWasMeasured) {
  const TempDir folder;
  const fs::path both = test::write_small_cohort(folder.path(), 3);
  const fs::path first = test::write_small_cohort(folder.path(), 1, 1);
  ASSERT_EQ(run(both, folder / "S").exit, 0);
  const auto json_of = [&] { return nlohmann::json::parse(exported(folder / "S", "json")); };
  EXPECT_EQ(json_of()["provenance"]["config"]["raw_pet"], false);
  EXPECT_FALSE(json_of()["cases"][0].contains("settings"));
  ASSERT_EQ(run(first, folder / "S", {"--raw-pet"}).exit, 0);
  const auto mixed = json_of();
  ASSERT_EQ(mixed["provenance"]["config"]["settings"].size(), 2u);
  for (const auto& [name, raw] : {std::pair("c0000", false), std::pair("c0001", true), std::pair("c0002", false)}) {
    for (const auto& entry : mixed["cases"]) {
      if (entry["case"] != name) continue;
      EXPECT_EQ(mixed["provenance"]["config"]["settings"][entry["settings"].get<std::size_t>() - 1]["raw_pet"], raw)
          << name;
    }
  }
  ASSERT_EQ(run(both, folder / "S", {"--raw-pet"}).exit, 0);
  EXPECT_EQ(json_of()["provenance"]["config"]["raw_pet"], true) << "nothing is left of the first settings";
}

}  // namespace
}  // namespace radtype
