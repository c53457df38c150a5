// Measuring every case of a manifest into a study: worker processes, memory within a limit, resume, shards.
//
// Each case is measured by a process of its own kind, so that a case which crashes, hangs or is killed costs itself
// only. docs/concepts/study.md says what holds when the run is interrupted.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/cohort/manifest.h"
#include "radtype/cohort/store.h"
#include "radtype/core/error.h"

namespace radtype::cohort {

struct Progress {
  std::size_t all = 0;        ///< cases of the manifest, or of the shard
  std::size_t unchanged = 0;  ///< measured by an earlier run
  std::size_t done = 0;       ///< by this run
  std::size_t failed = 0;     ///< of `done`
  double seconds = 0;
  double seconds_left = 0;  ///< estimate; 0 before the first case is done
};

/// The index-th of `count` parts, from 1.
struct Shard {
  int index = 1;
  int count = 1;
  std::string text() const;  ///< "2/4"
};
/// kUsage for anything but "i/n" with 1 <= i <= n <= 9999.
Result<Shard> parse_shard(const std::string& text);
/// <study>/shards/0002-of-0004.sqlite
std::filesystem::path shard_file(const std::filesystem::path& study, const Shard& shard);

enum class Retry { kNone, kFailed, kPartial };  ///< which earlier outcomes are tried again; kPartial: failed ones, too

struct RunOptions {
  std::filesystem::path manifest;
  std::filesystem::path study;
  nlohmann::json settings;  ///< make_request() of manifest.h
  std::optional<Shard> shard;
  int workers = 1;
  std::int64_t memory_bytes = 0;  ///< for all processes together; 0: no limit
  double case_seconds = 0;        ///< a case that takes longer is stopped and failed; 0: no limit
  int lock_wait_seconds = 30;     ///< how long another program may keep the database locked
  Retry retry = Retry::kNone;
  bool skip_problems = false;               ///< lines of the manifest that cannot be run become failed cases
  std::vector<std::string> worker_command;  ///< a program that calls serve_cases(): {"radtype", "cohort", "worker"}
  std::function<void(const Progress&)> progress;
  std::function<void(const std::string&)> note;  ///< what a user should know before the work begins
  /// 1: give out no further cases, and end when those in hand are done; 2: drop them, too.
  const std::atomic<int>* interrupt = nullptr;
};

struct RunSummary {
  Progress progress;
  std::map<std::string, std::size_t> statuses;  ///< of all cases of the manifest: ok, partial, failed, pending
  std::map<std::string, std::size_t> reasons;   ///< why cases failed or are partial, without names and numbers
  bool interrupted = false;
  std::int64_t study_runs = 0;  ///< of a part: how many runs the study had seen when the part began
  nlohmann::json to_json() const;
};

/// Measures what the study does not hold yet with the same inputs, settings and definitions of features. Fails as a
/// whole for a manifest that cannot be run (kUsage, listing every problem) and for a study that cannot be written (what
/// is stored by then is safe); never for a case.
Result<RunSummary> run_cohort(const RunOptions& options);

/// The worker's side: reads cases from one descriptor and writes their records to the other, until that is closed.
int serve_cases(int from, int to);

/// A reason without what differs from case to case (paths, names in quotes, numbers), to be counted.
std::string general_reason(const std::string& reason);

/// What a file, or every file of a folder, looks like from outside (size, time, inode); equal as long as nobody has
/// touched them. A header stands for the files that it names, and a slice of a DICOM series for its folder. "absent"
/// where there is nothing; "file:..." for one file by itself.
std::string input_stamp(const std::filesystem::path& path);

}  // namespace radtype::cohort
