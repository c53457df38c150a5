// How a run shares out memory, seen by workers that write down when they are at work.
#include <gtest/gtest.h>

#include "radtype/cohort/run.h"
#include "radtype/core/text.h"
#include "support/small_cohort.h"

namespace radtype::cohort {
namespace {

namespace fs = std::filesystem;

// Speaks as a worker does (src/cohort/message.h). A case's name begins with the MiB that it asks for.
constexpr const char* kWorker = R"py(
import json, os, socket, sys, time
run = socket.socket(fileno=0)
lines = run.makefile("r")
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
def say(message): run.sendall((json.dumps(message) + "\n").encode())
for line in lines:
    key = json.loads(line)["case"]
    need = int(key["name"].split("-")[0])
    say({"need": need << 20})
    refused = "refuse" in json.loads(lines.readline())
    if not refused:
        os.write(log, b"%d\n" % need)
        time.sleep(0.02)
        os.write(log, b"%d\n" % -need)
    say({"record": {"key": key, "settings_id": "", "features_id": "", "status": "failed",
                    "reason": "refused" if refused else "worked", "inputs": [], "stamps": {}, "seconds": {},
                    "peak_bytes": 0, "lesions": []}})
)py";

TEST(CohortRunMemory, CasesThatDoNotFitTogetherAreNeverInHandTogether) {
  if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "needs Debian's python3 (scripts/deps --test)";
  const test::TempDir folder;
  test::write_small_case(folder / "c", 1);
  std::ofstream(folder / "worker.py") << kWorker;
  std::string manifest = "case,image,mask,modality\n";
  for (int n = 0; n < 40; ++n)
    manifest += fmt::format("{}-{},c/image.nii.gz,c/mask.nii.gz,CT\n", n % 4 == 0 ? 70 : 30, n);
  manifest += "101-large,c/image.nii.gz,c/mask.nii.gz,CT\n";
  std::ofstream(folder / "m.csv") << manifest;
  RunOptions options;
  options.manifest = folder / "m.csv";
  options.study = folder / "S";
  options.settings = {{"families", {"shape"}}, {"tissue", "none"},     {"label_encoding", "value"},
                      {"raw_pet", false},      {"partial_roi", false}, {"max_lost_share", 0.02},
                      {"fraction", 0.5}};
  options.workers = 4;
  options.memory_bytes = (std::int64_t{48} + 100) << 20;  // 48 are the run's own
  options.worker_command = {"/usr/bin/python3", (folder / "worker.py").string(), (folder / "log").string()};
  const auto done = run_cohort(options);
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->reasons, (std::map<std::string, std::size_t>{{"refused", 1}, {"worked", 40}}));
  long long in_hand = 0;
  long long most = 0;
  int events = 0;
  std::ifstream log(folder / "log");
  for (std::string line; std::getline(log, line); ++events) {
    in_hand += *parse_integer(line);
    most = std::max(most, in_hand);
  }
  EXPECT_EQ(events, 80);
  EXPECT_EQ(in_hand, 0);
  EXPECT_LE(most, 100);
  EXPECT_GE(most, 90) << "and what fits together is measured together";
}

}  // namespace
}  // namespace radtype::cohort
