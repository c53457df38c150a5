#include "radtype/cohort/shards.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cohort/place.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
namespace {

/// "0002-of-0004.sqlite"
std::optional<Shard> shard_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.size() != 19 || name.substr(4, 4) != "-of-" || file.extension() != ".sqlite") return std::nullopt;
  const auto shard = parse_shard(
      fmt::format("{}/{}", parse_integer(name.substr(0, 4)).value_or(0), parse_integer(name.substr(8, 4)).value_or(0)));
  return shard ? std::optional(*shard) : std::nullopt;
}

struct Part {
  Shard shard;
  Store store;
  RunRecord run;
};

Result<std::vector<Part>> open_parts(const fs::path& study) {
  std::vector<Shard> found;
  std::set<int> counts;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(study / "shards", ignored)) {
    if (const auto shard = shard_of(entry.path())) {
      found.push_back(*shard);
      counts.insert(shard->count);
    }
  }
  if (found.empty())
    return fail(ErrorCode::kNotFound,
                fmt::format("there are no shards in {}; radtype cohort shard makes them", (study / "shards").string()));
  if (counts.size() > 1) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} holds shards of several divisions (of {}): move away those that do not belong",
                            (study / "shards").string(), fmt::join(counts, ", of ")));
  }
  std::sort(found.begin(), found.end(), [](const Shard& a, const Shard& b) { return a.index < b.index; });
  std::vector<std::string> missing;
  for (int index = 1; index <= *counts.begin(); ++index) {
    if (std::none_of(found.begin(), found.end(), [&](const Shard& shard) { return shard.index == index; }))
      missing.push_back(Shard{index, *counts.begin()}.text());
  }
  if (!missing.empty())
    return fail(ErrorCode::kNotFound,
                fmt::format("nothing was merged: missing are shards {}", fmt::join(missing, ", ")));
  std::vector<Part> parts;
  for (const Shard& shard : found) {
    auto store = Store::open(shard_file(study, shard), Store::Access::kRead);
    if (!store) return pass_on(std::move(store), "shard " + shard.text());
    auto runs = store->runs();
    if (!runs) return pass_on(std::move(runs), "shard " + shard.text());
    parts.push_back({shard, std::move(*store), runs->empty() ? RunRecord{} : runs->back()});
  }
  return parts;
}

/// Every reason why the parts do not make one study.
Result<void> check_parts(const std::vector<Part>& parts) {
  std::vector<std::string> unfinished;
  std::vector<std::string> different;
  const RunRecord& first = parts.front().run;
  const std::string program = fmt::format("radtype {} ({})", version(), git_revision());
  for (const Part& part : parts) {
    if (part.run.outcome != "finished") {
      unfinished.push_back(fmt::format("{} ({})", part.shard.text(),
                                       part.run.outcome.empty()        ? "never run"
                                       : part.run.outcome == "running" ? "running, or killed"
                                                                       : part.run.outcome));
    }
    const auto differs = [&](const char* what) {
      different.push_back(
          fmt::format("shard {} and shard {} differ in {}", parts.front().shard.text(), part.shard.text(), what));
    };
    if (part.run.program != first.program) differs("the program's version");
    if (part.run.settings != first.settings) differs("settings");
    if (part.run.manifest_sha256 != first.manifest_sha256) differs("the manifest");
  }
  if (first.program != program)
    different.push_back(fmt::format("the shards were made by {}, this is {}", first.program, program));
  if (!unfinished.empty()) {
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("nothing was merged: not finished are shards {}; run them again: they go on where they stopped",
                    fmt::join(unfinished, ", ")));
  }
  if (!different.empty())
    return fail(ErrorCode::kInconsistent, fmt::format("nothing was merged: {}", fmt::join(different, "; ")));
  return {};
}

}  // namespace

Result<MergeSummary> merge_shards(const fs::path& study, int lock_wait_seconds) {
  // Before the parts are looked at: nobody may erase a patient from them meanwhile.
  auto lock = StudyLock::take(study / "study.lock", lock_wait_seconds);
  if (!lock && !fs::is_directory(study)) return fail(ErrorCode::kNotFound, "there is no study at " + study.string());
  if (!lock) return pass_on(std::move(lock));
  auto parts = open_parts(study);
  if (!parts) return pass_on(std::move(parts));
  if (auto checked = check_parts(*parts); !checked) return pass_on(std::move(checked));
  auto store = Store::open(study_file(study), Store::Access::kMake, lock_wait_seconds);
  if (!store) return pass_on(std::move(store));
  if (auto relaxed = store->relax(); !relaxed) return pass_on(std::move(relaxed));
  auto runs = store->runs();
  if (!runs) return pass_on(std::move(runs));
  std::vector<std::string> stale;
  for (const Part& part : *parts) {
    if (part.run.summary.value("study_runs", std::int64_t{0}) < count_runs(*runs)) stale.push_back(part.shard.text());
  }
  if (!stale.empty()) {
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("nothing was merged: the study itself was run after shards {} and may hold newer numbers; run "
                    "these shards again",
                    fmt::join(stale, ", ")));
  }
  auto before = store->states();
  if (!before) return pass_on(std::move(before));

  MergeSummary summary;
  std::vector<CaseState> cases;
  for (const Part& part : *parts) {
    auto states = part.store.states();
    if (!states) return pass_on(std::move(states), "shard " + part.shard.text());
    for (auto& [name, state] : *states) cases.push_back(std::move(state));
    ++summary.shards;
  }
  summary.cases = cases.size();
  std::stable_sort(cases.begin(), cases.end(),
                   [](const CaseState& a, const CaseState& b) { return a.position < b.position; });
  place_cases(cases, *before);
  std::map<std::string, std::int64_t> places;
  for (const CaseState& state : cases) places[state.key.name] = state.position;
  for (const Part& part : *parts) {
    auto states = part.store.states();
    if (!states) return pass_on(std::move(states));
    auto columns = part.store.clinical_columns();
    if (!columns) return pass_on(std::move(columns));
    std::vector<CaseState> of_part;
    for (auto& [name, state] : *states) {
      state.position = places.at(name);
      of_part.push_back(std::move(state));
    }
    // Each with its own columns: their order is each part's history.
    if (auto registered = store->register_cases(of_part, *columns); !registered) return pass_on(std::move(registered));
  }
  RunRecord record = parts->front().run;
  record.verb = "cohort merge";
  record.shard = fmt::format("1..{}", summary.shards);
  record.outcome = "running";
  auto run = store->begin_run(record);
  if (!run) return pass_on(std::move(run));
  for (const Part& part : *parts) {
    auto states = part.store.states();
    if (!states) return pass_on(std::move(states));
    for (const auto& [name, state] : *states) {
      auto measured = part.store.get(name);
      if (!measured) return pass_on(std::move(measured), "shard " + part.shard.text());
      if (auto stored = store->put(*measured); !stored) return pass_on(std::move(stored));
    }
  }
  if (auto ended = store->end_run(*run, "finished", {{"cases", summary.cases}}); !ended)
    return pass_on(std::move(ended));
  if (auto folded = store->fold(); !folded) return pass_on(std::move(folded));
  return summary;
}

Result<Erasure> erase_patient(const fs::path& study, const std::string& patient) {
  std::vector<fs::path> files;
  std::error_code ignored;
  if (fs::exists(study_file(study), ignored)) files.push_back(study_file(study));
  for (const fs::directory_entry& entry : fs::directory_iterator(study / "shards", ignored)) {
    if (entry.path().extension() == ".sqlite") files.push_back(entry.path());
  }
  if (files.empty()) return fail(ErrorCode::kNotFound, "there is no study at " + study.string());
  // All locks before the first deletion: a merge in between would bring the patient back.
  std::vector<StudyLock> locks;
  for (const fs::path& file : files) {
    fs::path lock_file = file;
    auto lock = StudyLock::take(lock_file.replace_extension(".lock"));
    if (!lock) return pass_on(std::move(lock), "nothing was erased");
    locks.push_back(std::move(*lock));
  }
  Erasure erasure;
  for (const fs::path& file : files) {
    auto store = Store::open(file, Store::Access::kWrite);
    if (!store) return pass_on(std::move(store));
    auto cases = store->erase_patient(patient);
    if (!cases) return pass_on(std::move(cases));
    erasure.cases += *cases;
    erasure.databases += *cases > 0;
  }
  if (erasure.cases == 0)
    return fail(ErrorCode::kNotFound,
                "the study has no such patient; names are those of the manifest's column \"patient\"");
  return erasure;
}

std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-+=./:,@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

namespace {

/// A path in an #SBATCH line: in quotes, for Slurm reads up to a blank, and % doubled, for %j and the like are
/// replaced.
std::string slurm_quoted(const std::string& path) {
  std::string quoted = "\"";
  for (const char c : path) {
    if (c == '"') quoted += '\\';
    if (c == '%') quoted += '%';
    quoted += c;
  }
  return quoted + "\"";
}

/// `own`: options of this script besides those of both.
std::string script_head(const SlurmPlan& plan, const std::string& name, const std::string& log,
                        const std::string& own) {
  std::string text = "#!/bin/bash\n# Written by radtype cohort slurm. Research use only. Not a medical device.\n";
  const auto option = [&](const std::string& words) { text += "#SBATCH " + words + "\n"; };
  option("--job-name=" + name);
  std::string output = slurm_quoted((plan.study / "slurm").string());
  output.insert(output.size() - 1, "/" + log);
  option("--output=" + output);
  // A job that Slurm starts again does not wipe out what its first try had to say.
  option("--open-mode=append");
  option("--time=" + plan.time);
  if (!plan.partition.empty()) option("--partition=" + plan.partition);
  text += own;
  // Last, and on one line: sbatch takes the last of two, and a value may stand in quotes or apart from its option.
  if (!plan.sbatch_options.empty()) option(plan.sbatch_options);
  return text;
}

}  // namespace

Result<void> check_slurm_plan(const SlurmPlan& plan) {
  const std::string study = plan.study.string();
  if (study.find_first_of("\\\n\r") != std::string::npos)
    return fail(ErrorCode::kUsage, fmt::format("Slurm can write no logs under {}: backslashes and line breaks in a "
                                               "folder's name are not for it",
                                               study));
  for (const std::string& line : {plan.sbatch_options, plan.time, plan.partition}) {
    if (line.find_first_of("\n\r") != std::string::npos)
      return fail(ErrorCode::kUsage, "options of sbatch stand on one line");
  }
  if (plan.memory_bytes < std::int64_t{1} << 20)
    return fail(ErrorCode::kUsage, "a job needs memory: at least 1 MiB for Slurm to accept it, and in truth more");
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(plan.study / "shards", ignored)) {
    const auto shard = shard_of(entry.path());
    if (shard && shard->count != plan.shards) {
      return fail(ErrorCode::kInconsistent,
                  fmt::format("{} holds a shard of {}, this is a division in {}: give the same number, or move the old "
                              "shards away",
                              (plan.study / "shards").string(), shard->count, plan.shards));
    }
  }
  return {};
}

std::string slurm_array_script(const SlurmPlan& plan) {
  std::string text = script_head(
      plan, "radtype", "%A_%a.log",
      fmt::format("#SBATCH --array=1-{}\n#SBATCH --cpus-per-task={}\n#SBATCH --mem={}M\n#SBATCH --requeue\n",
                  plan.shards, plan.threads, plan.memory_bytes >> 20));
  // exec: Slurm's signals reach the program itself.
  text +=
      fmt::format("exec {} --threads {} cohort shard \"$SLURM_ARRAY_TASK_ID/{}\" {} --out {}", shell_word(plan.radtype),
                  plan.threads, plan.shards, shell_word(plan.manifest.string()), shell_word(plan.study.string()));
  for (const std::string& word : plan.run_options) text += " " + shell_word(word);
  return text + "\n";
}

std::string slurm_merge_script(const SlurmPlan& plan) {
  return script_head(plan, "radtype-merge", "merge_%j.log", "#SBATCH --cpus-per-task=1\n#SBATCH --mem=2048M\n") +
         fmt::format("exec {} cohort merge {}\n", shell_word(plan.radtype), shell_word(plan.study.string()));
}

}  // namespace radtype::cohort
