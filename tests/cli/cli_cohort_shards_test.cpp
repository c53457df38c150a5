// Studies measured in parts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using testing::AllOf;
using testing::HasSubstr;

TEST(CohortRun, OneThreadTwoThreadsFourShardsGiveTheSameBytes) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 9);
  ASSERT_EQ(run(manifest, folder / "one", {"--threads", "1"}).exit, 0);
  ASSERT_EQ(run(manifest, folder / "two", {"--threads", "2"}).exit, 0);
  const auto shard = [&](const char* which) {
    return test::radtype({"cohort", "shard", which, manifest.string(), "--out", (folder / "four").string(),
                          "--families", test::kQuickFamilies});
  };
  const auto merge = [&] { return test::radtype({"cohort", "merge", (folder / "four").string()}); };
  EXPECT_THAT(merge().err, HasSubstr("there is no study at"));
  for (const char* which : {"4/4", "1/4", "2/4"}) ASSERT_EQ(shard(which).exit, 0) << which;
  const Outcome early = merge();
  EXPECT_EQ(early.exit, 3);
  EXPECT_THAT(early.err, HasSubstr("nothing was merged: missing are shards 3/4"));
  ASSERT_EQ(shard("3/4").exit, 0);
  ASSERT_EQ(merge().exit, 0);
  for (const char* format : {"csv", "tidy", "json"}) {
    const std::string one = exported(folder / "one", format);
    EXPECT_GT(one.size(), 10000u);
    EXPECT_EQ(one, exported(folder / "two", format)) << format;
    EXPECT_EQ(one, exported(folder / "four", format)) << format;
  }
  const std::string before = exported(folder / "four");
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(folder / "four"), before) << "a second merge changes nothing";
  fs::remove(folder / "four/shards/0002-of-0004.sqlite");
  const Outcome again = shard("2/4");
  EXPECT_THAT(again.err, HasSubstr("unchanged 2")) << "what the study holds is not measured again";
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(folder / "four"), before);

  // A shard of other settings, or unfinished.
  ASSERT_EQ(test::radtype({"cohort", "shard", "2/4", manifest.string(), "--out", (folder / "four").string(),
                           "--families", "shape"})
                .exit,
            0);
  EXPECT_THAT(merge().err,
              AllOf(HasSubstr("nothing was merged"), HasSubstr("shard 1/4 and shard 2/4 differ in settings")));
  fs::remove_all(folder / "four" / "shards");
  ASSERT_EQ(shard("1/2").exit, 0);
  ASSERT_EQ(shard("1/3").exit, 0);
  EXPECT_THAT(merge().err, HasSubstr("several divisions"));
}

TEST(CohortShards, StalePartsNeverWinAndColumnsAndTimeKeepTheirOrder) {
  const TempDir folder;
  for (int n = 0; n < 6; ++n) test::write_small_case(folder / fmt::format("c{}", n), static_cast<std::uint64_t>(n));
  const fs::path study = folder / "S";
  const auto write = [&](const std::string& header, const std::vector<std::string>& lines) {
    std::string text = header + "\n";
    for (const std::string& line : lines) text += line + "\n";
    write_bytes(folder / "m.csv", text);
  };
  const auto line = [](int n, const char* patient, const char* timepoint, const char* more) {
    return fmt::format("c{0},{1},{2},CT,c{0}/image.nii.gz,c{0}/mask.nii.gz,{3}", n, patient, timepoint, more);
  };
  const auto shards = [&](int count) {
    for (int i = 1; i <= count; ++i) {
      const Outcome done =
          test::radtype({"cohort", "shard", fmt::format("{}/{}", i, count), (folder / "m.csv").string(), "--out",
                         study.string(), "--families", test::kQuickFamilies});
      ASSERT_EQ(done.exit, 0) << done.err;
    }
  };
  const auto merge = [&] { return test::radtype({"cohort", "merge", study.string()}); };
  const std::string header = "case,patient,timepoint,modality,image,mask,";
  write(header + "age,sex", {line(0, "P", "first", "61,F"), line(1, "Q", "first", "62,M")});
  shards(2);
  // The header turned between two parts of one division, and a longer manifest.
  write(header + "sex,age", {line(0, "P", "first", "F,61"), line(1, "Q", "first", "M,62"),
                             line(2, "R", "before", "F,63"), line(3, "R", "after", "F,64")});
  shards(2);
  ASSERT_EQ(merge().exit, 0);
  auto rows = rows_of(exported(study));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1].at("age") + rows[1].at("sex"), "62M");
  EXPECT_EQ(rows[3].at("age") + rows[3].at("sex"), "64F");
  const auto followed = rows_of(test::radtype({"cohort", "lesions", study.string()}).out);
  for (const CsvRow& match : followed) {
    if (match.at("patient") == "R" && match.at("verdict") == "first") {
      EXPECT_EQ(match.at("to_timepoint"), "before");
    }
  }
  // The study is run by itself after an outline has changed; the parts are older then.
  const std::string old_volume = rows[0].at("shape_volume_mm3");
  test::write_small_case(folder / "c0", 55);
  ASSERT_EQ(run(folder / "m.csv", study).exit, 0);
  const std::string after_run = exported(study);
  EXPECT_NE(rows_of(after_run)[0].at("shape_volume_mm3"), old_volume);
  const Outcome refused = merge();
  EXPECT_NE(refused.exit, 0);
  EXPECT_THAT(refused.err, HasSubstr("the study itself was run after shards 1/2, 2/2"));
  shards(2);
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(study), after_run);
}

TEST(CohortSlurm, DryRunWritesScriptsThatNameEverything) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  const Outcome done =
      test::radtype({"cohort", "slurm", manifest.string(), "--out", (folder / "a study").string(), "--shards", "3",
                     "--job-memory", "2G", "--partition", "short", "--families", "shape", "--dry-run"});
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("--dependency=afterany:"));
  const std::string array = test::text_of_file(folder / "a study/slurm/array.sbatch");
  EXPECT_THAT(array,
              AllOf(HasSubstr("#SBATCH --array=1-3\n"), HasSubstr("#SBATCH --mem=2048M\n"),
                    HasSubstr("#SBATCH --partition=short\n"), HasSubstr("cohort shard \"$SLURM_ARRAY_TASK_ID/3\""),
                    HasSubstr("--families shape"), HasSubstr("'" + (folder / "a study").string() + "'")));
  EXPECT_THAT(test::text_of_file(folder / "a study/slurm/merge.sbatch"), HasSubstr("cohort merge"));

  // What a user has edited stays.
  const fs::path script = folder / "a study/slurm/array.sbatch";
  Words words = {"cohort",   "slurm",      manifest.string(), "--out",    (folder / "a study").string(),
                 "--shards", "3",          "--job-memory",    "2G",       "--partition",
                 "short",    "--families", "shape",           "--dry-run"};
  EXPECT_EQ(test::radtype(words).exit, 0) << "the same again";
  write_bytes(script, array + "# mine\n");
  const Outcome kept = test::radtype(words);
  EXPECT_EQ(kept.exit, 5);
  EXPECT_THAT(kept.err, HasSubstr("array.sbatch says something else"));
  EXPECT_EQ(test::text_of_file(script), array + "# mine\n");
  words.push_back("--force");
  EXPECT_EQ(test::radtype(words).exit, 0);
  EXPECT_EQ(test::text_of_file(script), array);
}

}  // namespace
}  // namespace radtype
