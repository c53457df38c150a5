// A study measured in parts on several machines, each with a database of its own on shared storage, and put together.
#pragma once

#include <filesystem>
#include <string>

#include "radtype/cohort/run.h"

namespace radtype::cohort {

struct MergeSummary {
  int shards = 0;
  std::size_t cases = 0;
};

/// Takes every case of <study>/shards/*.sqlite into the study; doing it again changes nothing. kNotFound where shards
/// are missing and kInconsistent where one is unfinished or was made by another program version, settings, definitions
/// of features or manifest: each is named, and nothing is merged.
Result<MergeSummary> merge_shards(const std::filesystem::path& study, int lock_wait_seconds = 30);

/// What runs a study as an array of jobs of Slurm.
struct SlurmPlan {
  std::string radtype;  ///< path of the program on the nodes
  std::filesystem::path manifest;
  std::filesystem::path study;
  int shards = 1;
  int threads = 1;  ///< of each job
  std::int64_t memory_bytes = std::int64_t{4} << 30;
  std::string time = "04:00:00";
  std::string partition;                 ///< "": the cluster's default
  std::string sbatch_options;            ///< further ones, as sbatch takes them; they count more than those above
  std::vector<std::string> run_options;  ///< flags of `radtype cohort shard`
};
/// The batch script of the array, and of the job that merges when all of it has ended.
std::string slurm_array_script(const SlurmPlan& plan);
std::string slurm_merge_script(const SlurmPlan& plan);
/// kUsage for what Slurm cannot do with a plan: logs under a folder with a backslash or a line break in its name,
/// options of several lines. kInconsistent where the study holds shards of another division, which no merge would take.
Result<void> check_slurm_plan(const SlurmPlan& plan);
/// A word for a shell, in quotes where it must be.
std::string shell_word(const std::string& word);

}  // namespace radtype::cohort
