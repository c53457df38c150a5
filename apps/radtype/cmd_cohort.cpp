// radtype cohort: many cases as one study.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli.h"
#include "radtype/cohort/export.h"
#include "radtype/cohort/lesions.h"
#include "radtype/cohort/run.h"
#include "radtype/cohort/shards.h"
#include "radtype/cohort/store.h"
#include "radtype/core/files.h"
#include "radtype/core/parallel.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"

namespace radtype::app {
namespace {

namespace fs = std::filesystem;

// What every case of a study is measured with. `radtype cohort shard` and `slurm` take the same.
std::vector<ConfigField> measuring_fields() {
  std::vector<ConfigField> fields = feature_fields();
  fields.push_back({"tissue",
                    FieldType::kChoice,
                    "organ around the tumour where the manifest names none: a word of radtype extract --tissue",
                    "none",
                    {"none", "auto", "lung", "brain", "body"}});
  append(fields, reading_fields());
  return fields;
}

std::vector<ConfigField> running_fields() {
  return {
      {"memory", FieldType::kText,
       "memory for all processes together, as 8GiB; without it, four fifths of what is free; 0: no limit", nullptr},
      {"case_seconds",
       FieldType::kNumber,
       "a case that takes longer is stopped and fails; 0: no limit",
       3600.0,
       {},
       0,
       1e9},
      {"retry",
       FieldType::kChoice,
       "measure again what has not changed: cases that failed, or those that are not ok",
       nullptr,
       {"failed", "partial"}},
      {"skip_problems", FieldType::kSwitch,
       "cases whose line in the manifest cannot be run fail, and the others are measured", false},
      {"lock_wait",
       FieldType::kInteger,
       "seconds to wait while another program keeps the database locked",
       30,
       {},
       0,
       86400},
  };
}

/// Of these, what `radtype cohort slurm` hands on to its parts: their memory is Slurm's.
std::vector<ConfigField> passed_fields() {
  std::vector<ConfigField> fields = running_fields();
  std::erase_if(fields, [](const ConfigField& field) { return field.key == "memory"; });
  return fields;
}

const ConfigField& manifest_field() {
  static const ConfigField field{"manifest", FieldType::kPath,
                                 "table with a line for each case: case, mask, and where they are known patient, "
                                 "cohort, organ, modality, timepoint, "
                                 "image, roi, label, tissue, tissue_roi, series; further columns are carried along",
                                 nullptr};
  return field;
}

const ConfigField& study_field() {
  static const ConfigField field{"study", FieldType::kPath, "folder of the study", nullptr};
  return field;
}

const ConfigSpec& run_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{
        "cohort run",
        "Measures every case of a manifest into a study; goes on where an earlier run stopped",
        {manifest_field(), {"out", FieldType::kPath, "folder of the study; made where it is missing", nullptr}}};
    append(spec.fields, running_fields());
    append(spec.fields, measuring_fields());
    return spec;
  }();
  return description;
}

const ConfigSpec& shard_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"cohort shard",
                    "Measures one of n parts of a manifest into a database of its own, for radtype cohort merge",
                    {{"shard", FieldType::kText, "which part: i/n, from 1/n to n/n", nullptr},
                     manifest_field(),
                     {"out", FieldType::kPath, "folder of the study, on storage that all parts share", nullptr}}};
    append(spec.fields, running_fields());
    append(spec.fields, measuring_fields());
    return spec;
  }();
  return description;
}

const ConfigSpec& merge_spec() {
  static const ConfigSpec description{
      "cohort merge",
      "Puts the parts of a study together; refuses missing, unfinished and unlike parts",
      {study_field()}};
  return description;
}

const ConfigSpec& slurm_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{
        "cohort slurm",
        "Writes and submits an array job of Slurm that measures a manifest in parts, and a job that merges them",
        {manifest_field(),
         {"out", FieldType::kPath, "folder of the study, on storage that all nodes share", nullptr},
         {"shards", FieldType::kInteger, "parts, each a job of the array", 16, {}, 1, 9999},
         {"job_threads", FieldType::kInteger, "cores of each job", 2, {}, 1, 1024},
         {"job_memory", FieldType::kText, "memory of each job, as 4GiB", "4G"},
         {"job_time", FieldType::kText, "time limit of each job, as Slurm writes it", "04:00:00"},
         {"partition", FieldType::kText, "partition of the cluster", nullptr},
         {"sbatch", FieldType::kText,
          "further options of sbatch for both jobs, as on its command line: \"--account=x --qos=y\"", nullptr},
         {"dry_run", FieldType::kSwitch, "write the scripts and submit nothing", false},
         {"force", FieldType::kSwitch, "overwrite scripts that say something else, after edits by hand for instance",
          false}}};
    append(spec.fields, passed_fields());
    append(spec.fields, measuring_fields());
    return spec;
  }();
  return description;
}

const ConfigSpec& export_spec() {
  static const ConfigSpec description{
      "cohort export",
      "Writes the table of a study: a row for each lesion, a column for each feature",
      {study_field(),
       {"format",
        FieldType::kChoice,
        "csv: a line each lesion; tidy: a line each value; json: everything",
        "csv",
        {"csv", "tidy", "json"}},
       {"out", FieldType::kPath, "file; without it, stdout", nullptr},
       {"cohort", FieldType::kText, "only these cohorts, separated by commas", nullptr},
       {"status", FieldType::kText, "only rows of these: ok, partial, failed, pending, separated by commas", nullptr},
       {"rows",
        FieldType::kChoice,
        "a row for each lesion, or one for each patient, modality and timepoint by --rule",
        "lesions",
        {"lesions", "patients"}},
       {"rule",
        FieldType::kChoice,
        "which lesion stands for a patient: the largest, all of them weighted by volume, or the worst by a feature",
        "largest",
        {"largest", "volume-weighted", "worst"}},
       {"by", FieldType::kText, "the feature that --rule worst goes by", nullptr},
       {"worst", FieldType::kChoice, "which value of it is worst", "highest", {"highest", "lowest"}},
       {"force", FieldType::kSwitch, "overwrite the file", false}}};
  return description;
}

const ConfigSpec& lesions_spec() {
  static const ConfigSpec description{
      "cohort lesions",
      "Follows the lesions of each patient through time: matched by place and size, new, or gone",
      {study_field(),
       {"out", FieldType::kPath, "CSV file; without it, stdout", nullptr},
       {"cohort", FieldType::kText, "only these cohorts, separated by commas", nullptr},
       {"force", FieldType::kSwitch, "overwrite the file", false}}};
  return description;
}

const ConfigSpec& status_spec() {
  static const ConfigSpec description{
      "cohort status",
      "Says how far a study is, what failed and why, and whether its file is sound",
      {study_field(), {"cases", FieldType::kSwitch, "a line for each case that is not ok, with its reason", false}}};
  return description;
}

const ConfigSpec& remove_spec() {
  static const ConfigSpec description{
      "cohort remove",
      "Erases a patient from a study, so that no trace stays in its files",
      {study_field(), {"patient", FieldType::kText, "the patient, as the manifest names it", nullptr}}};
  return description;
}

Result<std::string> needed(const nlohmann::json& config, const char* key, const char* what) {
  if (config.at(key).is_null() || config.at(key).get<std::string>().empty()) return fail(ErrorCode::kUsage, what);
  return config.at(key).get<std::string>();
}

Result<nlohmann::json> settings_of(const nlohmann::json& config) {
  auto families = chosen_families(config);
  if (!families) return pass_on(std::move(families));
  nlohmann::json settings = {{"families", *families}, {"tissue", config["tissue"]}};
  for (const ConfigField& field : reading_fields()) settings[field.key] = config[field.key];
  return settings;
}

/// What this machine and the group of processes allow, bytes; 0 where neither says.
long long free_memory() {
  long long bytes = 0;
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);) {
    const auto words = split(line, " \t");
    if (words.size() > 1 && words[0] == "MemAvailable:") bytes = parse_integer(words[1]).value_or(0) * 1024;
  }
  std::string limit;
  std::ifstream("/sys/fs/cgroup/memory.max") >> limit;
  if (const auto cgroup = parse_integer(limit); cgroup && *cgroup > 0)
    bytes = bytes == 0 ? *cgroup : std::min(bytes, *cgroup);
  return bytes;
}

Result<long long> memory_of(const nlohmann::json& config) {
  if (config["memory"].is_null()) return free_memory() / 5 * 4;
  const auto bytes = parse_bytes(text_of(config, "memory"));
  if (!bytes)
    return fail(ErrorCode::kUsage, fmt::format("--memory \"{}\" is no amount of memory: write 8GiB, 500MiB or bytes",
                                               text_of(config, "memory")));
  return *bytes;
}

std::atomic<int> interrupts{0};
// Ctrl-C once ends after the cases in hand; twice, or SIGTERM, drops them.
void on_signal(int signal) { interrupts = signal == SIGTERM ? 2 : std::min(2, interrupts + 1); }

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 100) return fmt::format("{} s", whole);
  if (whole < 6000) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

/// Lines on a terminal replace each other; elsewhere one for every twentieth.
void show_progress(const cohort::Progress& progress) {
  const std::size_t all = progress.all - progress.unchanged;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const bool last = progress.done == all;
  if (progress.done == 0) {
    fmt::print(
        stderr, "{} cases{}\n", progress.all,
        progress.unchanged > 0 ? fmt::format(", {} of them measured before and unchanged", progress.unchanged) : "");
    return;
  }
  if (!terminal && !last && progress.done * 20 / all == (progress.done - 1) * 20 / all) return;
  fmt::print(stderr, "{}{} of {} measured, {:.2f} a second, {} to go, {} failed{}", terminal ? "\r" : "", progress.done,
             all, static_cast<double>(progress.done) / std::max(progress.seconds, 1e-3),
             duration(progress.seconds_left), progress.failed, terminal && !last ? "    " : "\n");
}

void show_summary(const cohort::RunSummary& summary, bool with_reasons) {
  std::string statuses;
  for (const auto& [word, count] : summary.statuses)
    statuses += fmt::format("{}{} {}", statuses.empty() ? "" : ", ", count, word);
  fmt::print(stderr, "study: {}; measured now {}, unchanged {}; {}\n", statuses, summary.progress.done,
             summary.progress.unchanged, duration(summary.progress.seconds));
  std::vector<std::pair<std::size_t, std::string>> reasons;
  if (with_reasons) {
    for (const auto& [reason, count] : summary.reasons) reasons.emplace_back(count, reason);
  }
  std::sort(reasons.rbegin(), reasons.rend());
  for (const auto& [count, reason] : reasons) fmt::print(stderr, "  {:>6}  {}\n", count, reason);
  if (summary.interrupted) fmt::print(stderr, "stopped before the end; the same command goes on\n");
}

Result<int> run_part(const nlohmann::json& config, std::optional<cohort::Shard> shard) {
  cohort::RunOptions options;
  auto manifest = needed(config, "manifest", "name the manifest: radtype cohort run MANIFEST.csv --out STUDY");
  if (!manifest) return pass_on(std::move(manifest));
  auto out = needed(config, "out", "--out is missing: name the folder of the study");
  if (!out) return pass_on(std::move(out));
  auto settings = settings_of(config);
  if (!settings) return pass_on(std::move(settings));
  auto memory = memory_of(config);
  if (!memory) return pass_on(std::move(memory));
  options.manifest = *manifest;
  options.study = *out;
  options.settings = *settings;
  options.shard = shard;
  options.workers = thread_count();
  options.memory_bytes = *memory;
  options.case_seconds = config["case_seconds"];
  options.lock_wait_seconds = config["lock_wait"];
  options.skip_problems = config["skip_problems"];
  const std::string retry = text_of(config, "retry");
  options.retry = retry == "failed"    ? cohort::Retry::kFailed
                  : retry == "partial" ? cohort::Retry::kPartial
                                       : cohort::Retry::kNone;
  std::error_code error;
  if (!fs::exists("/proc/self/exe", error))
    return fail(ErrorCode::kUnreadable, "cannot find the program itself under /proc: " + error.message());
  // Not by its path: the file may be replaced while a long run starts new workers.
  options.worker_command = {"/proc/self/exe", "cohort", "worker"};
  options.interrupt = &interrupts;
  if (!quiet) {
    options.progress = show_progress;
    options.note = [](const std::string& text) { fmt::print(stderr, "note: {}\n", text); };
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  auto done = cohort::run_cohort(options);
  if (!done) {
    const ErrorCode code = done.error().code();
    // The manifest is the input; all else that can stop a run is the study that cannot be written.
    const bool of_manifest = !done.error().context().empty() && done.error().context().front() == "manifest";
    return tl::unexpected(code == ErrorCode::kUsage || of_manifest ? done.error() : output_error(done.error()));
  }
  // A part's words end in logs, where reasons, which may quote names, do not belong: the merged study tells them.
  if (!quiet) show_summary(*done, !shard);
  if (done->interrupted) return kExitInterrupted;
  return done->statuses["failed"] + done->statuses["partial"] == 0 ? kExitOk : kExitSomeFailed;
}

Result<int> run_run(const nlohmann::json& config) { return run_part(config, std::nullopt); }

Result<int> run_shard(const nlohmann::json& config) {
  auto text = needed(config, "shard", "name the part: radtype cohort shard 1/4 MANIFEST.csv --out STUDY");
  if (!text) return pass_on(std::move(text));
  auto shard = cohort::parse_shard(*text);
  if (!shard) return pass_on(std::move(shard));
  return run_part(config, *shard);
}

Result<fs::path> study_of(const nlohmann::json& config) {
  auto study = needed(config, "study", "name the folder of the study");
  if (!study) return pass_on(std::move(study));
  return fs::path(*study);
}

/// A study that cannot be written, or is being written, is a matter of output.
Error study_error(Error error) {
  const ErrorCode code = error.code();
  return code == ErrorCode::kExists || code == ErrorCode::kUnreadable ? output_error(std::move(error)) : error;
}

Result<int> run_merge(const nlohmann::json& config) {
  auto study = study_of(config);
  if (!study) return pass_on(std::move(study));
  auto merged = cohort::merge_shards(*study);
  if (!merged) return tl::unexpected(study_error(merged.error()));
  if (!quiet) fmt::print(stderr, "merged {} cases of {} shards\n", merged->cases, merged->shards);
  return kExitOk;
}

Result<void> check_out(const nlohmann::json& config) {
  if (config["out"].is_null()) return {};
  if (auto allowed = check_output(text_of(config, "out"), config["force"]); !allowed)
    return tl::unexpected(output_error(allowed.error()));
  return {};
}

/// What `write` gives, to the file of --out or to stdout.
Result<int> write_output(const nlohmann::json& config, const std::function<Result<void>(const cohort::Sink&)>& write) {
  Result<void> written;
  if (config["out"].is_null()) {
    written = write([](std::string_view text) -> Result<void> {
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        return fail(ErrorCode::kUnreadable, "stdout cannot be written");
      return {};
    });
  } else {
    const fs::path out = text_of(config, "out");
    written = write_then_rename(out, config["force"], [&](const fs::path& temporary) -> Result<void> {
      std::ofstream file(temporary, std::ios::binary);
      const auto outcome = [&]() -> Result<void> {
        if (file) return {};
        return fail(ErrorCode::kUnreadable, "cannot write " + out.string() + ": disk full, or no permission?");
      };
      auto done = write([&](std::string_view text) {
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        return outcome();
      });
      if (!done) return done;
      file.close();
      return outcome();
    });
  }
  if (!written) return tl::unexpected(output_error(written.error()));
  return kExitOk;
}

Result<int> run_export(const nlohmann::json& config) {
  auto study = study_of(config);
  if (!study) return pass_on(std::move(study));
  if (auto allowed = check_out(config); !allowed) return pass_on(std::move(allowed));
  cohort::TableFilter filter;
  filter.cohorts = comma_words(text_of(config, "cohort"));
  filter.statuses = comma_words(text_of(config, "status"));
  for (const std::string& word : filter.statuses) {
    if (word != "ok" && word != "partial" && word != "failed" && word != "pending")
      return fail(ErrorCode::kUsage, fmt::format("--status \"{}\" is none of ok, partial, failed, pending", word));
  }
  // A patient's row is made of all lesions, and has a status of its own.
  const bool of_patients = text_of(config, "rows") == "patients";
  const std::vector<std::string> statuses = filter.statuses;
  if (of_patients) filter.statuses.clear();
  auto store = cohort::Store::open(cohort::study_file(*study), cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  std::int64_t older = 0;
  auto table = store->load(filter, &older);
  if (!table) return pass_on(std::move(table));
  if (older > 0 && !quiet)
    fmt::print(stderr, "note: {} cases have features of other definitions and are left out; run the cohort again\n",
               older);
  const std::string format = text_of(config, "format");
  for (const std::string& word : filter.cohorts) {
    const bool known = std::any_of(table->rows.begin(), table->rows.end(),
                                   [&](const cohort::TableRow& row) { return row.key.cohort == word; });
    if (!known && filter.statuses.empty())
      return fail(ErrorCode::kUsage,
                  fmt::format("the study has no cohort \"{}\"; radtype cohort status lists them", word));
  }
  if (of_patients) {
    auto rule = cohort::parse_patient_rule(text_of(config, "rule"));
    if (!rule) return pass_on(std::move(rule));
    const auto worst = text_of(config, "worst") == "lowest" ? cohort::Worst::kLowest : cohort::Worst::kHighest;
    auto patients = cohort::patient_rows(*table, {*rule, text_of(config, "by"), worst});
    if (!patients) return pass_on(std::move(patients));
    *table = cohort::with_status(std::move(*patients), statuses);
  }
  nlohmann::json provenance;
  cohort::UsedSettings used;
  std::map<std::string, cohort::Store::Details> details;
  if (format == "json") {
    auto read = store->details();
    if (!read) return pass_on(std::move(read));
    details = std::move(*read);
    auto runs = store->runs();
    if (!runs) return pass_on(std::move(runs));
    used = cohort::used_settings(*table, details, *runs);
    provenance = make_provenance("cohort export", used.to_json(), nlohmann::json::array());
  }
  const auto write = [&](const cohort::Sink& sink) {
    if (format == "tidy") return cohort::export_tidy(*table, sink);
    if (format == "json") return cohort::export_json(*table, details, used, provenance, sink);
    return cohort::export_csv(*table, sink);
  };
  return write_output(config, write);
}

Result<int> run_lesions(const nlohmann::json& config) {
  auto study = study_of(config);
  if (!study) return pass_on(std::move(study));
  if (auto allowed = check_out(config); !allowed) return pass_on(std::move(allowed));
  auto store = cohort::Store::open(cohort::study_file(*study), cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  auto table = store->load({comma_words(text_of(config, "cohort")), {}});
  if (!table) return pass_on(std::move(table));
  auto matches = cohort::match_lesions(*table);
  if (!matches) return pass_on(std::move(matches));
  return write_output(config, [&](const cohort::Sink& sink) { return cohort::export_matches(*matches, sink); });
}

Result<int> run_status(const nlohmann::json& config) {
  auto study = study_of(config);
  if (!study) return pass_on(std::move(study));
  auto store = cohort::Store::open(cohort::study_file(*study), cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  auto table = store->load();
  if (!table) return pass_on(std::move(table));
  auto states = store->states();
  if (!states) return pass_on(std::move(states));
  auto integrity = store->integrity();
  if (!integrity) return pass_on(std::move(integrity));
  std::map<std::string, std::map<std::string, std::size_t>> by_cohort;
  std::map<std::string, std::size_t> all;
  for (const auto& [name, state] : *states) {
    ++by_cohort[state.key.cohort][state.status];
    ++all[state.status];
  }
  const auto counts = [](const std::map<std::string, std::size_t>& statuses) {
    std::vector<std::string> words;
    for (const auto& [word, count] : statuses) words.push_back(fmt::format("{} {}", count, word));
    return fmt::format("{}", fmt::join(words, ", "));
  };
  fmt::print("{} cases, {} lesions: {}\n", states->size(),
             std::count_if(table->rows.begin(), table->rows.end(), [](const auto& row) { return row.lesion > 0; }),
             counts(all));
  for (const auto& [cohort, statuses] : by_cohort)
    fmt::print("  {:<24} {}\n", cohort.empty() ? "(no cohort)" : cohort, counts(statuses));
  std::map<std::string, std::size_t> reasons;
  for (const cohort::TableRow& row : table->rows) {
    if (row.status == "failed" || row.status == "partial") ++reasons[cohort::general_reason(row.reason)];
  }
  for (const auto& [reason, count] : reasons) fmt::print("  {:>6}  {}\n", count, reason);
  if (config["cases"].get<bool>()) {
    for (const cohort::TableRow& row : table->rows) {
      if (row.status != "ok")
        fmt::print("{},{},{},{}\n", csv_cell(row.key.name), row.lesion == 0 ? "" : std::to_string(row.lesion),
                   row.status, csv_cell(row.reason));
    }
  }
  auto runs = store->runs();
  if (!runs) return pass_on(std::move(runs));
  if (!runs->empty()) fmt::print("last: {}, {}, {}\n", runs->back().verb, runs->back().program, runs->back().outcome);
  fmt::print("database: {}\n", *integrity);
  if (*integrity != "ok")
    return tl::unexpected(
        Error(ErrorCode::kCorrupt, "the study's database is damaged; restore a copy, or measure again"));
  return kExitOk;
}

Result<int> run_remove(const nlohmann::json& config) {
  auto study = study_of(config);
  if (!study) return pass_on(std::move(study));
  auto patient = needed(config, "patient", "--patient is missing: name who is to be erased");
  if (!patient) return pass_on(std::move(patient));
  auto erased = cohort::erase_patient(*study, *patient);
  if (!erased) return tl::unexpected(study_error(erased.error()));
  if (!quiet) {
    fmt::print(stderr,
               "erased {} cases from {} databases; take the patient out of the manifest, too, or the next run measures "
               "it again. Exported tables, logs, backups and the images themselves are yours to delete\n",
               erased->cases, erased->databases);
  }
  return kExitOk;
}

Result<int> run_slurm(const nlohmann::json& config) {
  cohort::SlurmPlan plan;
  auto manifest = needed(config, "manifest", "name the manifest: radtype cohort slurm MANIFEST.csv --out STUDY");
  if (!manifest) return pass_on(std::move(manifest));
  auto out = needed(config, "out", "--out is missing: name the folder of the study");
  if (!out) return pass_on(std::move(out));
  if (auto settings = settings_of(config); !settings) return pass_on(std::move(settings));
  // What cannot run is said before anything waits in a queue.
  auto checked = cohort::read_manifest(*manifest);
  if (!checked) return pass_on(std::move(checked));
  if (const auto problems = checked->problems(); !problems.empty() && !config["skip_problems"].get<bool>())
    return fail(ErrorCode::kUsage, fmt::format("manifest {}: nothing was submitted, for these lines cannot be run:\n{}",
                                               *manifest, fmt::join(problems, "\n")));
  const auto memory = parse_bytes(text_of(config, "job_memory"));
  if (!memory)
    return fail(ErrorCode::kUsage,
                fmt::format("--job-memory \"{}\" is no amount of memory: write 4GiB", text_of(config, "job_memory")));
  std::error_code error;
  plan.radtype = fs::read_symlink("/proc/self/exe", error).string();
  if (error) return fail(ErrorCode::kUnreadable, "cannot find the program itself under /proc: " + error.message());
  // Jobs run in another folder.
  plan.manifest = fs::absolute(*manifest).lexically_normal();
  plan.study = fs::absolute(*out).lexically_normal();
  plan.shards = config["shards"];
  plan.threads = config["job_threads"];
  plan.memory_bytes = *memory;
  plan.time = text_of(config, "job_time");
  plan.partition = text_of(config, "partition");
  plan.sbatch_options = trimmed(text_of(config, "sbatch"));
  // A tenth is left for what is not counted.
  plan.run_options = {"--memory", std::to_string(plan.memory_bytes / 10 * 9)};
  std::vector<ConfigField> passed = passed_fields();
  append(passed, measuring_fields());
  for (const ConfigField& field : passed) {
    const auto& value = config[field.key];
    if (value == field.default_value) continue;
    plan.run_options.push_back(field.flag());
    if (field.type != FieldType::kSwitch)
      plan.run_options.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  if (auto possible = cohort::check_slurm_plan(plan); !possible) return pass_on(std::move(possible));
  const fs::path folder = plan.study / "slurm";
  fs::create_directories(folder, error);
  if (error)
    return tl::unexpected(
        output_error({ErrorCode::kUnreadable, "cannot make folder " + folder.string() + ": " + error.message()}));
  const fs::path array = folder / "array.sbatch";
  const fs::path merge = folder / "merge.sbatch";
  const std::array<std::pair<fs::path, std::string>, 2> scripts{
      {{array, cohort::slurm_array_script(plan)}, {merge, cohort::slurm_merge_script(plan)}}};
  const bool force = config["force"];
  for (const auto& [path, text] : scripts) {
    std::ostringstream there;
    there << std::ifstream(path, std::ios::binary).rdbuf();
    if (!force && fs::exists(path, error) && there.str() != text)
      return tl::unexpected(output_error(
          {ErrorCode::kExists,
           path.string() + " says something else: it was edited, or is of other options; --force overwrites it"}));
  }
  for (const auto& [path, text] : scripts) {
    if (auto written = write_text_file(path, text, true); !written)
      return tl::unexpected(output_error(written.error()));
  }
  if (config["dry_run"].get<bool>()) {
    // For a shell, as they are; a cluster's name may follow the number.
    fmt::print("job=$(sbatch --parsable {})\nsbatch --dependency=afterany:\"${{job%%;*}}\" {}\n",
               cohort::shell_word(array.string()), cohort::shell_word(merge.string()));
    return kExitOk;
  }
  const auto submit = [](const std::string& words) -> Result<std::string> {
    std::string answer;
    FILE* pipe = ::popen(("sbatch --parsable " + words).c_str(), "r");
    if (pipe == nullptr) return fail(ErrorCode::kUnreadable, "cannot start sbatch");
    char bytes[256];
    while (std::fgets(bytes, sizeof bytes, pipe) != nullptr) answer += bytes;
    const int status = ::pclose(pipe);
    answer = std::string(trimmed(answer));
    if (status != 0 || answer.empty())
      return fail(ErrorCode::kUnreadable,
                  "sbatch refused the job: is this a node of the cluster? --dry-run only writes the scripts");
    return answer.substr(0, answer.find(';'));  // the cluster's name may follow
  };
  auto job = submit(cohort::shell_word(array.string()));
  if (!job) return tl::unexpected(output_error(job.error()));
  // Also when parts failed: a merge says which are missing, and a case that failed is no failure of its part.
  auto after = submit("--dependency=afterany:" + *job + " " + cohort::shell_word(merge.string()));
  if (!after) {
    return tl::unexpected(output_error(
        {ErrorCode::kUnreadable, fmt::format("array job {} was submitted, and sbatch refused the job that merges: when "
                                             "the array has ended, run radtype cohort merge {}",
                                             *job, cohort::shell_word(plan.study.string()))}));
  }
  fmt::print("array job {}, merge job {}\n", *job, *after);
  return kExitOk;
}

}  // namespace

std::vector<Command> cohort_commands() {
  return {{run_spec, {"manifest"}, run_run},    {status_spec, {"study"}, run_status},
          {export_spec, {"study"}, run_export}, {lesions_spec, {"study"}, run_lesions},
          {remove_spec, {"study"}, run_remove}, {shard_spec, {"shard", "manifest"}, run_shard},
          {merge_spec, {"study"}, run_merge},   {slurm_spec, {"manifest"}, run_slurm}};
}

int cohort_worker() {
  set_thread_count(1);
  return cohort::serve_cases(STDIN_FILENO, STDIN_FILENO);
}

}  // namespace radtype::app
