// A study that is killed again and again ends as one that never was.
#include <gtest/gtest.h>

#include "support/small_cohort.h"

namespace radtype {
namespace {

TEST(CohortKilled, TwentyKillsLeaveASoundStudyAndTheSameBytes) {
  const test::TempDir folder;
  const auto manifest = test::write_small_cohort(folder.path(), 200);
  const auto words = [&](const char* study, const char* threads) {
    return std::vector<std::string>{"--threads",
                                    threads,
                                    "cohort",
                                    "run",
                                    manifest.string(),
                                    "--out",
                                    (folder / study).string(),
                                    "--families",
                                    test::kQuickFamilies};
  };
  ASSERT_EQ(test::radtype(words("whole", "2")).exit, 0);
  Random random(20261123);
  int killed = 0;
  for (int n = 0; n < 20; ++n) {
    test::Process process(words("killed", n % 2 == 0 ? "2" : "1"), folder / "log");
    // At the very start, or after some more cases, at any moment of the next.
    if (n % 5 != 0) {
      const int enough = test::measured_cases(folder / "killed") + static_cast<int>(random.below(7));
      ASSERT_TRUE(test::soon([&] { return test::measured_cases(folder / "killed") >= enough; }));
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(0.05 * random.uniform()));
    killed += process.running();
    process.send(SIGKILL);
    process.wait();
    if (!std::filesystem::exists(folder / "killed/study.sqlite")) continue;
    const test::Outcome status = test::radtype({"cohort", "status", (folder / "killed").string()});
    // Killed at birth it holds nothing, and says so.
    EXPECT_TRUE(status.out.find("database: ok") != std::string::npos ||
                status.err.find("holds nothing yet") != std::string::npos)
        << status.out << status.err;
  }
  EXPECT_EQ(killed, 20) << "the study was whole before the last kill: nothing was shown";
  const test::Outcome rest = test::radtype(words("killed", "2"));
  ASSERT_EQ(rest.exit, 0) << rest.err;
  RecordProperty("last_run", rest.err);
  for (const char* format : {"csv", "json"}) {
    const auto exported = [&](const char* study) {
      return test::radtype({"cohort", "export", (folder / study).string(), "--format", format}).out;
    };
    const std::string whole = exported("whole");
    EXPECT_GT(whole.size(), 100000u);
    EXPECT_EQ(whole, exported("killed")) << format;
  }
  EXPECT_NE(rest.err.find("study: 200 ok"), std::string::npos) << rest.err;
  EXPECT_EQ(rest.err.find("unchanged 0"), std::string::npos) << "the killed runs had stored something";
}

}  // namespace
}  // namespace radtype
