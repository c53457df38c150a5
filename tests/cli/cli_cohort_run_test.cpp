// Studies as a user runs them, and what happens to them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <nlohmann/json.hpp>

#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using test::asked;
using test::exported;
using test::Outcome;
using test::Process;
using test::rows_of;
using test::run;
using test::run_words;
using test::soon;
using test::status_of;
using test::TempDir;
using test::write_bytes;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

TEST(CohortRun, MeasuresEveryCaseAndTheTableHoldsWhatExtractSays) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 5);
  const Outcome done = run(manifest, folder / "S");
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("study: 5 ok; measured now 5, unchanged 0"));
  const auto rows = rows_of(exported(folder / "S"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[3].at("case"), "c0003");
  EXPECT_EQ(rows[3].at("patient"), "patient-0003");
  EXPECT_EQ(rows[3].at("cohort"), "south");
  EXPECT_EQ(rows[3].at("age"), "43");
  EXPECT_EQ(rows[3].at("lesion"), "1");
  const Outcome single = test::radtype({"extract", "--image", (folder / "c0003/image.nii.gz").string(), "--mask",
                                        (folder / "c0003/mask.nii.gz").string(), "--modality", "CT", "--organ", "other",
                                        "--tissue", "none", "--families", test::kQuickFamilies, "--csv",
                                        (folder / "one.csv").string(), "--out", (folder / "one.json").string()});
  ASSERT_EQ(single.exit, 0) << single.err;
  const auto one = rows_of(test::text_of_file(folder / "one.csv"));
  int compared = 0;
  for (const auto& [column, cell] : one[0]) {
    if (column == "case" || column == "missing") continue;
    EXPECT_EQ(rows[3].at(column), cell) << column;
    ++compared;
  }
  EXPECT_GT(compared, 250);
  EXPECT_EQ(nlohmann::json::parse(rows[3].at("missing")), nlohmann::json::parse(one[0].at("missing")));
  const auto provenance = nlohmann::json::parse(test::text_of_file(folder / "one.json"))["provenance"];
  EXPECT_EQ(rows[3].at("image_sha256"), provenance["inputs"][0]["sha256"].get<std::string>());
  EXPECT_EQ(rows[3].at("mask_sha256"), provenance["inputs"][1]["sha256"].get<std::string>());
}

TEST(CohortRun, MeasuresAgainOnlyWhatHasChanged) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 4);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  const std::string before = exported(folder / "S");
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"));
  // Touched, with the clock moved back: the content is the same.
  fs::last_write_time(folder / "c0001/image.nii.gz",
                      fs::last_write_time(folder / "c0001/image.nii.gz") - std::chrono::hours(999));
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"));
  // Another outline under the same name, and as old as the first.
  const auto old = fs::last_write_time(folder / "c0002/mask.nii.gz");
  fs::copy_file(folder / "c0003/mask.nii.gz", folder / "c0002/mask.nii.gz", fs::copy_options::overwrite_existing);
  fs::last_write_time(folder / "c0002/mask.nii.gz", old - std::chrono::seconds(1));
  const Outcome changed = run(manifest, folder / "S");
  EXPECT_THAT(changed.err, AllOf(HasSubstr("measured now 1, unchanged 3"), HasSubstr("1 cases are measured again")));
  EXPECT_NE(exported(folder / "S"), before);
  // Another file of the same size and age, in another place.
  std::string moved = test::text_of_file(manifest);
  fs::copy_file(folder / "c0003/mask.nii.gz", folder / "other.nii.gz");
  moved.replace(moved.find("c0001/mask.nii.gz"), 17, "other.nii.gz");
  write_bytes(manifest, moved);
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 1, unchanged 3"));
  fs::copy_file(folder / "c0000/mask.nii.gz", folder / "twin.nii.gz");
  moved.replace(moved.find("c0000/mask.nii.gz"), 17, "twin.nii.gz");
  write_bytes(manifest, moved);
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"))
      << "a copy is the same outline";
  // Another setting.
  EXPECT_THAT(
      test::radtype({"cohort", "run", manifest.string(), "--out", (folder / "S").string(), "--families", "shape"}).err,
      HasSubstr("measured now 4, unchanged 0"));
  // Only what is carried along: nothing is measured, and the table says it.
  std::string text = test::text_of_file(manifest);
  text.replace(text.find(",40\n"), 4, ",99\n");
  write_bytes(manifest, text);
  EXPECT_THAT(
      test::radtype({"cohort", "run", manifest.string(), "--out", (folder / "S").string(), "--families", "shape"}).err,
      HasSubstr("measured now 0, unchanged 4"));
  EXPECT_EQ(rows_of(exported(folder / "S"))[0].at("age"), "99");
}

TEST(CohortRun, OldNumbersNeverStandUnderNewLines) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 100);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  // Every case gets another scan, and the run is killed in the middle.
  std::string text = "case,modality,image,mask\n";
  for (int n = 0; n < 100; ++n)
    text += fmt::format("c{0:04},CT,c{1:04}/image.nii.gz,c{1:04}/mask.nii.gz\n", n, (n + 1) % 100);
  write_bytes(manifest, text);
  {
    Process process(run_words(manifest, folder / "S", {"--threads", "1"}), folder / "log");
    ASSERT_TRUE(soon([&] {
      const int done = test::measured_cases(folder / "S");
      return done >= 2 && done < 100;
    }));
    process.send(SIGKILL);
  }
  int pending = 0;
  for (const CsvRow& row : rows_of(exported(folder / "S"))) {
    pending += row.at("status") == "pending";
    EXPECT_EQ(row.at("status") == "pending", row.at("shape_volume_mm3").empty()) << row.at("case");
  }
  EXPECT_GT(pending, 0);
  // A share that is away for a while costs nothing that was measured.
  EXPECT_EQ(run(manifest, folder / "S").exit, 0);
  const std::string whole = exported(folder / "S");
  fs::rename(folder / "c0004", folder / "away");
  const Outcome away = run(manifest, folder / "S", {"--skip-problems"});
  EXPECT_THAT(away.err, HasSubstr("keep what was measured"));
  EXPECT_EQ(exported(folder / "S"), whole);
}

TEST(CohortRun, GrowsAndForgets) {
  const TempDir folder;
  const fs::path first = test::write_small_cohort(folder.path(), 3);
  const fs::path second = test::write_small_cohort(folder.path(), 2, 3);
  ASSERT_EQ(run(first, folder / "S").exit, 0);
  const Outcome grown = run(second, folder / "S");
  EXPECT_THAT(grown.err, AllOf(HasSubstr("study: 5 ok; measured now 2"),
                               HasSubstr("3 cases of the study are not in this manifest")));
  const Outcome removed = test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "patient-0001"});
  EXPECT_EQ(removed.exit, 0) << removed.err;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "S")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(test::text_of_file(entry.path()), Not(AnyOf(HasSubstr("patient-0001"), HasSubstr("c0001"))))
        << entry.path();
  }
  EXPECT_EQ(rows_of(exported(folder / "S")).size(), 4u);
  // A patient whose case failed: its reason quotes the file.
  std::ofstream(folder / "Doe Jane.nii.gz") << "no image";
  write_bytes(folder / "d.csv", "case,patient,image,mask\nd,Doe,Doe Jane.nii.gz,c0000/mask.nii.gz\n");
  ASSERT_EQ(run(folder / "d.csv", folder / "S").exit, 4);
  ASSERT_EQ(test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "Doe"}).exit, 0);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "S")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(test::text_of_file(entry.path()), Not(AnyOf(HasSubstr("Jane"), HasSubstr("Doe")))) << entry.path();
  }
  const Outcome nobody = test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "patient-0001"});
  EXPECT_EQ(nobody.exit, 3);
  EXPECT_THAT(nobody.err, AllOf(HasSubstr("no such patient"), Not(HasSubstr("patient-0001"))));
}

TEST(CohortRun, SeveralLesionsOfAScanAreNumbered) {
  const TempDir folder;
  test::write_small_case(folder / "a", 1, 2);
  write_bytes(folder / "m.csv",
              "case,image,mask,modality,label,roi\nboth,a/image.nii.gz,a/mask.nii.gz,CT,,\n"
              "second,a/image.nii.gz,a/mask.nii.gz,CT,2,right half\nthird,a/image.nii.gz,a/mask.nii.gz,CT,3,\n");
  const Outcome done = run(folder / "m.csv", folder / "S");
  EXPECT_EQ(done.exit, 4) << done.err;
  const auto rows = rows_of(exported(folder / "S"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].at("lesion") + rows[0].at("label"), "11");
  EXPECT_EQ(rows[1].at("lesion") + rows[1].at("label"), "22");
  EXPECT_EQ(rows[2].at("lesion") + rows[2].at("label") + rows[2].at("roi"), "12right half");
  EXPECT_EQ(rows[1].at("shape_volume_mm3"), rows[2].at("shape_volume_mm3"));
  EXPECT_EQ(rows[3].at("status"), "failed");
  EXPECT_THAT(rows[3].at("reason"), HasSubstr("3"));
}

TEST(CohortRun, ManifestIsCheckedAsAWholeBeforeAnythingRuns) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  std::ofstream(manifest, std::ios::app) << "x,x,north,other,CT,t0,none.nii.gz,c0000/mask.nii.gz,50\n";
  const Outcome refused = run(manifest, folder / "S");
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("nothing was run"), HasSubstr("line 4: case x: image: there is no file"),
                                 HasSubstr("--skip-problems")));
  EXPECT_FALSE(fs::exists(folder / "S"));
  const Outcome skipped = run(manifest, folder / "S", {"--skip-problems"});
  EXPECT_EQ(skipped.exit, 4);
  EXPECT_THAT(skipped.err, HasSubstr("1 failed, 2 ok"));
  EXPECT_THAT(status_of(folder / "S"), HasSubstr("x,,failed,image: there is no file"));
  // Mended: measured without being asked.
  fs::copy_file(folder / "c0000/image.nii.gz", folder / "none.nii.gz");
  const Outcome mended = run(manifest, folder / "S");
  EXPECT_EQ(mended.exit, 0) << mended.err;
  EXPECT_THAT(mended.err, HasSubstr("measured now 1, unchanged 2"));
}

TEST(CohortRun, ACrashOrAHangCostsOneCase) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 40);
  Process process(
      run_words(manifest, folder / "S", {"--threads", "2", "--case-seconds", test::kSanitized ? "40" : "6"}),
      folder / "log");
  ASSERT_TRUE(soon([&] { return process.children().size() == 2; }));
  // A worker stopped at any moment is at work, and hangs for ever.
  const std::vector<pid_t> workers = process.children();
  kill(workers[0], SIGSTOP);
  kill(workers[1], SIGKILL);
  EXPECT_EQ(process.wait(), 4) << test::text_of_file(folder / "log");
  int failed = 0;
  for (const CsvRow& row : rows_of(exported(folder / "S"))) {
    if (row.at("status") == "ok") continue;
    ++failed;
    EXPECT_THAT(row.at("reason"), HasSubstr("took longer than"));
  }
  EXPECT_EQ(failed, 1) << "the case of the worker that was killed has had a second try";
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("study: 40 ok; measured now 1,"));
  ASSERT_EQ(run(manifest, folder / "T").exit, 0);
  EXPECT_EQ(exported(folder / "S"), exported(folder / "T"));
}

TEST(CohortRun, CtrlCEndsAfterTheCasesInHand) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), test::kManyCases);
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path study = folder / std::to_string(signal);
    Process process(run_words(manifest, study, {"--threads", "2"}), folder / "log");
    ASSERT_TRUE(soon([&] { return test::measured_cases(study) >= 2; }));
    process.send(signal);
    EXPECT_EQ(process.wait(), 6) << test::text_of_file(folder / "log");
    EXPECT_THAT(test::text_of_file(folder / "log"), HasSubstr("the same command goes on"));
    const std::string done = asked(study, "SELECT count(*) FROM cases WHERE status = 'ok'");
    EXPECT_GT(std::stoi(done), 0);
    EXPECT_LT(std::stoi(done), test::kManyCases);
    EXPECT_EQ(asked(study, "SELECT outcome FROM runs ORDER BY id DESC LIMIT 1"), "interrupted");
    const Outcome rest = run(manifest, study);
    EXPECT_EQ(rest.exit, 0) << rest.err;
    EXPECT_THAT(rest.err,
                HasSubstr(fmt::format("measured now {}, unchanged {}", test::kManyCases - std::stoi(done), done)));
  }
  EXPECT_EQ(exported(folder / std::to_string(SIGINT)), exported(folder / std::to_string(SIGTERM)));
}

TEST(CohortRun, MemoryLimitRefusesWhatCannotFitAndHoldsForTheRest) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 6);
  const Outcome none = run(manifest, folder / "none", {"--memory", "50MiB"});
  EXPECT_EQ(none.exit, 4);
  EXPECT_THAT(none.err, HasSubstr("give a larger --memory"));
  EXPECT_THAT(run(manifest, folder / "none").err, HasSubstr("study: 6 ok")) << "and with more, they are measured";
  // Room for one case at a time, whatever the number of threads.
  const Outcome tight = run(manifest, folder / "tight", {"--memory", "150MiB", "--threads", "4"});
  EXPECT_EQ(tight.exit, 0) << tight.err;
  if (!test::kSanitized) {
    EXPECT_EQ(asked(folder / "tight", "SELECT count(*) FROM cases WHERE peak_bytes > estimated_bytes"), "0");
  }
  ASSERT_EQ(run(manifest, folder / "wide").exit, 0);
  EXPECT_EQ(exported(folder / "tight"), exported(folder / "wide"));
  EXPECT_EQ(run(manifest, folder / "x", {"--memory", "much"}).exit, 2);
}

TEST(CohortRun, SecondRunOfAStudyIsRefusedAndALockedDatabaseLosesNothing) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), test::kManyCases);
  const fs::path study = folder / "S";
  Process process(run_words(manifest, study, {"--threads", "2", "--lock-wait", "1"}), folder / "log");
  ASSERT_TRUE(soon([&] { return test::measured_cases(study) >= 2; }));
  const Outcome second = run(manifest, study);
  EXPECT_EQ(second.exit, 5);
  EXPECT_THAT(second.err, HasSubstr("another radtype is writing to this study"));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((study / "study.sqlite").c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 5000);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(process.wait(), 5);
  EXPECT_THAT(test::text_of_file(folder / "log"),
              AllOf(HasSubstr("keeps the database locked"),
                    HasSubstr(fmt::format("of {} cases are stored", test::kManyCases))));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  const int stored = std::stoi(asked(study, "SELECT count(*) FROM cases WHERE status = 'ok'"));
  EXPECT_GT(stored, 0);
  EXPECT_LT(stored, test::kManyCases);
  const Outcome rest = run(manifest, study);
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr(fmt::format("unchanged {}", stored)));
}

TEST(CohortRun, FullDiskAndReadOnlyFolderAreSaidAndNothingIsLost) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 30);
  const fs::path disk = folder / "disk";
  fs::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=400k") != 0)
    GTEST_SKIP() << "needs the right to mount a small disk";
  const Outcome full = run(manifest, disk / "S");
  EXPECT_EQ(full.exit, 5) << full.err;
  EXPECT_THAT(full.err, HasSubstr("the disk is full"));
  ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=40m"), 0);
  const int stored = std::stoi(asked(disk / "S", "SELECT count(*) FROM cases WHERE status = 'ok'"));
  EXPECT_LT(stored, 30);
  const Outcome rest = run(manifest, disk / "S");
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr(fmt::format("unchanged {}", stored)));
  const std::string before = exported(disk / "S");
  ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const Outcome refused = run(manifest, disk / "S");
  EXPECT_EQ(refused.exit, 5);
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("Read-only"), HasSubstr("read-only")));
  EXPECT_EQ(run(manifest, disk / "T").exit, 5);
  EXPECT_EQ(exported(disk / "S"), before) << "reading needs no right to write";
  ::umount2(disk.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace radtype
