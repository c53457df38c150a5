#include "radtype/cohort/run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cohort/message.h"
#include "cohort/place.h"
#include "radtype/core/hash.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPollMilliseconds = 200;
// What the run itself and each idle worker hold, of the memory limit (docs/validation/scale.md).
constexpr std::int64_t kRunBytes = std::int64_t{48} << 20;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string program_text() { return fmt::format("radtype {} ({})", version(), git_revision()); }

/// A process that measures one case at a time.
class Worker {
 public:
  enum class State { kIdle, kOpening, kWaiting, kMeasuring };

  static Result<std::unique_ptr<Worker>> start(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return fail(ErrorCode::kUnreadable, fmt::format("no socket for a worker: {}", std::strerror(errno)));
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
      ::close(ends[0]);
      ::close(ends[1]);
      return fail(ErrorCode::kUnreadable, fmt::format("no process for a worker: {}", std::strerror(errno)));
    }
    if (pid == 0) {
      // Only what is safe between fork and exec. The worker ends with its parent, and leaves Ctrl-C to it.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      struct sigaction ignore {};
      ignore.sa_handler = SIG_IGN;
      ::sigaction(SIGINT, &ignore, nullptr);
      ::sigaction(SIGTERM, &ignore, nullptr);
      // What libraries print may hold names; what matters comes over the socket.
      const int nowhere = ::open("/dev/null", O_RDWR);
      ::dup2(ends[1], 0);
      ::dup2(nowhere, 1);
      ::dup2(nowhere, 2);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    return std::unique_ptr<Worker>(new Worker(pid, ends[0]));
  }

  ~Worker() {
    ::close(socket_);
    if (reaped_) return;
    ::kill(pid_, SIGKILL);  // it has nothing that is not with the run already
    int ignored = 0;
    ::waitpid(pid_, &ignored, 0);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int socket() const { return socket_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// After its socket was found closed: what became of it, in words.
  std::string epitaph() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    if (WIFSIGNALED(status)) {
      const int signal = WTERMSIG(status);
      return fmt::format("the process that measured it was ended by signal {} ({}){}", signal, ::strsignal(signal),
                         signal == SIGKILL ? ": out of memory? --memory limits what is used" : "; please report it");
    }
    if (WEXITSTATUS(status) == 127) return "the worker program cannot be started";
    return fmt::format("the process that measured it ended with status {}", WEXITSTATUS(status));
  }

  Channel channel;
  State state = State::kIdle;
  std::size_t job = 0;
  std::int64_t need = 0;
  Clock::time_point since;
  bool spoke = false;    ///< has ever sent something
  std::string stopped;   ///< why the run killed it, or that it is gone
  bool refused = false;  ///< its case needs more memory than there may be

 private:
  Worker(pid_t pid, int socket) : channel(socket, socket), pid_(pid), socket_(socket) {}
  pid_t pid_;
  int socket_;
  bool reaped_ = false;
};

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options) {}

  Result<RunSummary> operator()() {
    if (auto prepared = prepare(); !prepared) return pass_on(std::move(prepared));
    auto worked = work();
    if (!worked) {
      (void)store_->end_run(run_id_, worked.error().to_string(), summary_.to_json());
      return pass_on(std::move(worked));
    }
    auto states = store_->states();
    if (!states) return pass_on(std::move(states));
    for (const auto& [name, state] : *states) ++summary_.statuses[state.status];
    summary_.interrupted = interrupted() > 0 && done_ < jobs_.size();
    const std::string outcome = summary_.interrupted ? "interrupted" : "finished";
    if (auto ended = store_->end_run(run_id_, outcome, summary_.to_json()); !ended) return pass_on(std::move(ended));
    if (auto folded = store_->fold(); !folded) return pass_on(std::move(folded));
    return summary_;
  }

 private:
  struct Job {
    const ManifestRow* row;
  };

  int interrupted() const { return options_.interrupt == nullptr ? 0 : options_.interrupt->load(); }
  void note(const std::string& text) const {
    if (options_.note) options_.note(text);
  }

  Result<void> prepare() {
    auto manifest = read_manifest(options_.manifest);
    if (!manifest) return pass_on(std::move(manifest));
    manifest_ = std::move(*manifest);
    const std::vector<std::string> problems = manifest_.problems();
    if (!problems.empty() && options_.shard && !options_.skip_problems) {
      // What a part says ends in logs on shared storage, where no names belong.
      std::vector<std::size_t> lines;
      for (const ManifestRow& row : manifest_.rows) {
        if (!row.problems.empty()) lines.push_back(row.line);
      }
      return fail(ErrorCode::kUsage,
                  fmt::format("manifest {}: nothing was run, for lines {} cannot be; radtype cohort run "
                              "or slurm says why",
                              options_.manifest.string(), fmt::join(lines, ", ")));
    }
    if (!problems.empty() && !options_.skip_problems) {
      return fail(ErrorCode::kUsage,
                  fmt::format("manifest {}: nothing was run, for these lines cannot be:\n{}\nMend them, or give "
                              "--skip-problems: then these cases fail and the others are measured",
                              options_.manifest.string(), fmt::join(problems, "\n")));
    }
    for (const std::string& text : manifest_.notes) note(text);
    if (!options_.shard) {
      for (const std::string& problem : problems) note(problem);
    }
    if (auto opened = open_store(); !opened) return opened;
    return choose_jobs();
  }

  Result<void> open_store() {
    const fs::path file = options_.shard ? shard_file(options_.study, *options_.shard) : study_file(options_.study);
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
      return fail(ErrorCode::kUnreadable,
                  fmt::format("cannot make folder {}: {}", file.parent_path().string(), error.message()));
    fs::path lock_file = file;
    // A part that Slurm has queued again may come before the one that was killed is gone.
    auto lock = StudyLock::take(lock_file.replace_extension(".lock"), options_.shard ? options_.lock_wait_seconds : 0);
    if (!lock) return pass_on(std::move(lock));
    lock_.emplace(std::move(*lock));
    auto store =
        Store::open(file, options_.shard ? Store::Access::kAlone : Store::Access::kMake, options_.lock_wait_seconds);
    if (!store) return pass_on(std::move(store));
    store_.emplace(std::move(*store));
    return {};
  }

  Result<void> choose_jobs() {
    auto states = store_->states();
    if (!states) return pass_on(std::move(states));
    // A part need not measure again what the study holds.
    std::map<std::string, CaseState> in_study;
    std::error_code ignored;
    if (options_.shard && fs::exists(study_file(options_.study), ignored)) {
      auto study = Store::open(study_file(options_.study), Store::Access::kRead);
      if (study) {
        auto known = study->states();
        if (!known) return pass_on(std::move(known));
        in_study = std::move(*known);
        auto runs = study->runs();
        if (!runs) return pass_on(std::move(runs));
        summary_.study_runs = count_runs(*runs);
      } else if (study.error().code() != ErrorCode::kNotFound) {  // a study that was killed at birth holds nothing
        return pass_on(std::move(study));
      }
    }

    std::vector<CaseState> named;
    std::vector<const ManifestRow*> mine;
    std::set<std::string> names;
    for (std::size_t n = 0; n < manifest_.rows.size(); ++n) {
      const ManifestRow& row = manifest_.rows[n];
      if (options_.shard &&
          n % static_cast<std::size_t>(options_.shard->count) + 1 != static_cast<std::size_t>(options_.shard->index))
        continue;
      if (const auto known = in_study.find(row.key.name); known != in_study.end()) {
        auto same = unchanged(known->second, row);
        if (!same) return pass_on(std::move(same));
        if (*same) {
          ++summary_.progress.unchanged;
          ++summary_.progress.all;
          continue;
        }
      }
      CaseState state;
      state.key = row.key;
      state.position = static_cast<std::int64_t>(n);
      named.push_back(std::move(state));
      mine.push_back(&row);
      names.insert(row.key.name);
    }
    if (options_.shard) {
      // What the study holds by now, or another part measures, is not this part's: an old record of it would win one
      // day.
      if (auto kept = store_->keep_only(names); !kept) return kept;
    } else {
      place_cases(named, *states);  // of parts, the merge sees all
    }
    std::vector<std::string> again;
    std::size_t kept_without_files = 0;
    for (const ManifestRow* row : mine) {
      const auto known = states->find(row->key.name);
      if (known != states->end()) {
        const std::string& status = known->second.status;
        if (!row->problems.empty() && (status == "ok" || status == "partial")) {
          ++summary_.progress.unchanged;
          ++kept_without_files;
          std::erase_if(named, [&](const CaseState& state) { return state.key.name == row->key.name; });
          continue;
        }
        auto same = unchanged(known->second, *row);
        if (!same) return pass_on(std::move(same));
        if (*same) {
          ++summary_.progress.unchanged;
          continue;
        }
        if (status != "pending") again.push_back(row->key.name);
      }
      jobs_.push_back({row});
      todo_.push_back(todo_.size());
    }
    summary_.progress.all += mine.size();
    if (kept_without_files > 0) {
      note(fmt::format("{} cases keep what was measured of them before, although their lines cannot be run now",
                       kept_without_files));
    }
    // Old numbers must not stand under new lines, not even when this run is interrupted.
    if (auto registered = store_->register_cases(named, manifest_.clinical_columns, again); !registered)
      return registered;
    if (!again.empty()) {
      note(fmt::format(
          "{} cases are measured again: their files, settings or features have changed, or the last attempt "
          "is worth another",
          again.size()));
    }
    if (!options_.shard && states->size() > 0) {
      std::size_t others = 0;
      std::map<std::string, bool> listed;
      for (const ManifestRow& row : manifest_.rows) listed[row.key.name] = true;
      for (const auto& [name, state] : *states) others += !listed.contains(name);
      if (others > 0)
        note(fmt::format("{} cases of the study are not in this manifest; they stay as they are", others));
    }
    RunRecord record;
    record.verb = "cohort run";
    record.program = program_text();
    record.settings = options_.settings;
    record.manifest_sha256 = manifest_.sha256;
    record.shard = options_.shard ? options_.shard->text() : "";
    record.outcome = "running";
    record.summary = summary_.to_json();
    auto begun = store_->begin_run(record);
    if (!begun) return pass_on(std::move(begun));
    run_id_ = *begun;
    return {};
  }

  Result<bool> unchanged(const CaseState& state, const ManifestRow& row) {
    if (state.status == "pending") return false;
    if (options_.retry != Retry::kNone && state.status == "failed") return false;
    if (options_.retry == Retry::kPartial && state.status == "partial") return false;
    if (state.settings_id != settings_id(row.key, options_.settings) || state.features_id != features_id())
      return false;
    const json now = stamps_of(row.key, manifest_.folder, options_.settings);
    if (now.size() != state.stamps.size()) return false;
    // Touched or moved: single files are the same where their content is.
    bool renewed_stamps = false;
    for (const auto& [role, stamp] : now.items()) {
      if (!state.stamps.contains(role)) return false;
      const bool same_path = role == "mask"    ? state.key.mask == row.key.mask
                             : role == "image" ? state.key.image == row.key.image
                                               : state.key.tissue == row.key.tissue;
      if (same_path && stamp == state.stamps[role]) continue;
      renewed_stamps = true;
      if (!stamp.get<std::string>().starts_with("file:")) return false;
      const auto input = std::find_if(state.inputs.begin(), state.inputs.end(),
                                      [&, r = role](const json& entry) { return entry.value("role", "") == r; });
      if (input == state.inputs.end()) return false;
      const auto hash = sha256_of_file(path_of(role, row).string());
      if (!hash || *hash != input->value("sha256", "")) return false;
    }
    if (renewed_stamps && !options_.shard) {
      if (auto renewed = store_->renew_stamps(row.key.name, now); !renewed) return pass_on(std::move(renewed));
    }
    return true;
  }

  fs::path path_of(const std::string& role, const ManifestRow& row) const {
    if (role == "mask") return resolved(manifest_.folder, row.key.mask);
    if (role == "image") return resolved(manifest_.folder, row.key.image);
    const auto request = make_request(row.key, manifest_.folder, options_.settings);
    return request && request->tissue ? *request->tissue : fs::path();
  }

  std::size_t crew_size() const {
    return std::min(static_cast<std::size_t>(std::max(1, options_.workers)), std::max<std::size_t>(1, jobs_.size()));
  }

  Result<void> work() {
    began_ = Clock::now();
    report_progress();
    while (done_ < jobs_.size()) {
      if (interrupted() >= 2) break;
      if (interrupted() == 0) {
        if (auto staffed = staff(); !staffed) return staffed;
      }
      const bool busy =
          std::any_of(crew_.begin(), crew_.end(), [](const auto& w) { return w->state != Worker::State::kIdle; });
      if (!busy && interrupted() > 0) break;
      admit();
      if (auto heard = listen(); !heard) return heard;
      stop_overdue();
    }
    crew_.clear();
    return {};
  }

  /// Gives every idle worker a case, and hires as many as are allowed.
  Result<void> staff() {
    while (!todo_.empty()) {
      const std::size_t job = todo_.front();
      // Problems of the manifest need no worker.
      if (const auto& problems = jobs_[job].row->problems; !problems.empty()) {
        todo_.pop_front();
        if (auto stored = store_failure(job, fmt::format("{}", fmt::join(problems, "; "))); !stored) return stored;
        continue;
      }
      auto idle = std::find_if(crew_.begin(), crew_.end(),
                               [](const auto& w) { return w->state == Worker::State::kIdle && w->stopped.empty(); });
      if (idle == crew_.end()) {
        if (crew_.size() >= crew_size()) return {};
        auto hired = Worker::start(options_.worker_command);
        if (!hired) return pass_on(std::move(hired));
        crew_.push_back(std::move(*hired));
        idle = std::prev(crew_.end());
      }
      Worker& worker = **idle;
      const bool sent = worker.channel.send({{"case", key_to_json(jobs_[job].row->key)},
                                             {"folder", manifest_.folder.string()},
                                             {"settings", options_.settings}});
      if (!sent) {  // gone while idle: listen() buries it
        worker.stopped = "gone";
        return {};
      }
      todo_.pop_front();
      worker.job = job;
      worker.state = Worker::State::kOpening;
      worker.since = Clock::now();
      worker.need = 0;
      worker.refused = false;
    }
    return {};
  }

  /// In the order of asking, so that a large case is not passed by small ones for ever.
  void admit() {
    while (!queue_.empty()) {
      Worker& first = *queue_.front();
      std::int64_t used = kRunBytes;
      for (const auto& worker : crew_) {
        if (worker->state == Worker::State::kMeasuring) used += worker->need;
      }
      const std::int64_t limit = options_.memory_bytes;
      if (limit > 0 && kRunBytes + first.need > limit) {
        (void)first.channel.send(
            {{"refuse", fmt::format("needs about {} MiB of memory, the limit leaves {} MiB: give a larger --memory",
                                    first.need >> 20, std::max<std::int64_t>(0, limit - kRunBytes) >> 20)}});
        first.refused = true;
      } else if (limit > 0 && used + first.need > limit) {
        return;
      } else {
        (void)first.channel.send({{"go", true}});
      }
      first.state = Worker::State::kMeasuring;
      first.since = Clock::now();  // waiting costs it no time
      queue_.pop_front();
    }
  }

  Result<void> listen() {
    std::vector<pollfd> ears;
    for (const auto& worker : crew_) ears.push_back({worker->socket(), POLLIN, 0});
    const int heard = ::poll(ears.data(), ears.size(), kPollMilliseconds);
    if (heard <= 0) return {};  // nothing yet, or a signal
    for (std::size_t w = 0; w < ears.size(); ++w) {
      if (ears[w].revents == 0) continue;
      Worker& worker = *crew_[w];
      const bool alive = worker.channel.fill();
      while (auto message = worker.channel.take()) {
        if (auto understood = hear(worker, *message); !understood) return understood;
      }
      if (alive) continue;
      if (auto buried = bury(worker); !buried) return buried;
      dead_.push_back(crew_[w].get());
    }
    std::erase_if(
        crew_, [&](const auto& worker) { return std::find(dead_.begin(), dead_.end(), worker.get()) != dead_.end(); });
    dead_.clear();
    return {};
  }

  Result<void> hear(Worker& worker, const json& message) {
    if (message.contains("need")) {
      worker.need = message["need"];
      worker.state = Worker::State::kWaiting;
      queue_.push_back(&worker);
      return {};
    }
    std::optional<CaseRecord> record;
    try {
      record = record_from_json(message.at("record"));
    } catch (const json::exception&) {
      worker.stopped = "the process that measured it sent no record of it (please report it)";
      worker.kill();
      return {};
    }
    worker.state = Worker::State::kIdle;
    record->estimated_bytes = worker.need;
    // With more memory it may well be measured: it is tried again without being asked.
    if (worker.refused) record->settings_id.clear();
    return store(*record);
  }

  Result<void> bury(Worker& worker) {
    const std::string epitaph = worker.epitaph();
    const bool was_idle = worker.state == Worker::State::kIdle;
    const std::size_t job = worker.job;
    std::erase(queue_, &worker);
    worker.state = Worker::State::kIdle;
    if (epitaph.find("cannot be started") != std::string::npos)
      return fail(ErrorCode::kUnreadable, fmt::format("{}: {}", options_.worker_command.front(), epitaph));
    if (was_idle) return {};
    // Killed by somebody else, perhaps for what another case took: worth a second try.
    if (worker.stopped.empty() && tried_twice_.insert(job).second) {
      todo_.push_front(job);
      return {};
    }
    return store_failure(job, worker.stopped.empty() ? epitaph : worker.stopped);
  }

  /// Not of the case's own making: without settings, so that the next run tries again.
  Result<void> store_failure(std::size_t job, const std::string& reason) {
    CaseRecord record;
    record.key = jobs_[job].row->key;
    record.features_id = features_id();
    record.stamps = stamps_of(record.key, manifest_.folder, options_.settings);
    record.status = "failed";
    record.reason = reason;
    return store(record);
  }

  Result<void> store(const CaseRecord& record) {
    if (auto stored = store_->put(record); !stored) {
      return pass_on(std::move(stored), fmt::format("{} of {} cases are stored", done_, jobs_.size()));
    }
    ++done_;
    if (record.status != "ok") ++summary_.reasons[general_reason(record.reason)];
    summary_.progress.failed += record.status == "failed";
    report_progress();
    return {};
  }

  void stop_overdue() {
    if (options_.case_seconds <= 0) return;
    for (const auto& worker : crew_) {
      const bool at_work = worker->state == Worker::State::kOpening || worker->state == Worker::State::kMeasuring;
      if (!at_work || seconds_since(worker->since) < options_.case_seconds) continue;
      worker->stopped = fmt::format("took longer than {} s (--case-seconds)", shortest(options_.case_seconds));
      worker->kill();
    }
  }

  void report_progress() {
    Progress& progress = summary_.progress;
    progress.done = done_;
    progress.seconds = seconds_since(began_);
    progress.seconds_left =
        done_ == 0 ? 0 : progress.seconds / static_cast<double>(done_) * static_cast<double>(jobs_.size() - done_);
    if (options_.progress) options_.progress(progress);
  }

  const RunOptions& options_;
  Manifest manifest_;
  std::optional<StudyLock> lock_;
  std::optional<Store> store_;
  std::int64_t run_id_ = 0;
  std::vector<Job> jobs_;
  std::deque<std::size_t> todo_;
  std::set<std::size_t> tried_twice_;
  std::size_t done_ = 0;
  Clock::time_point began_;
  std::vector<std::unique_ptr<Worker>> crew_;
  std::deque<Worker*> queue_;  ///< waiting to be admitted
  std::vector<Worker*> dead_;
  RunSummary summary_;
};

}  // namespace

void place_cases(std::vector<CaseState>& cases, const std::map<std::string, CaseState>& study) {
  std::set<std::string> coming;
  for (const CaseState& state : cases) coming.insert(state.key.name);
  std::int64_t last = -1;
  bool others = false;
  for (const auto& [name, state] : study) {
    last = std::max(last, state.position);
    others |= !coming.contains(name);
  }
  if (!others) return;
  for (CaseState& state : cases) {
    const auto known = study.find(state.key.name);
    state.position = known != study.end() ? known->second.position : ++last;
  }
}

std::string Shard::text() const { return fmt::format("{}/{}", index, count); }

Result<Shard> parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  const long long index = parse_integer(text.substr(0, slash)).value_or(0);
  const long long count = slash == std::string::npos ? 0 : parse_integer(text.substr(slash + 1)).value_or(0);
  if (count < 1 || count > 9999 || index < 1 || index > count)
    return fail(ErrorCode::kUsage, fmt::format("\"{}\" is no shard: write i/n with 1 <= i <= n <= 9999", text));
  return Shard{static_cast<int>(index), static_cast<int>(count)};
}

fs::path shard_file(const fs::path& study, const Shard& shard) {
  return study / "shards" / fmt::format("{:04}-of-{:04}.sqlite", shard.index, shard.count);
}

json RunSummary::to_json() const {
  // No reasons: they may quote names, and this outlives a patient who is erased.
  return {{"cases", progress.all},     {"unchanged", progress.unchanged}, {"measured", progress.done},
          {"failed", progress.failed}, {"seconds", progress.seconds},     {"statuses", statuses},
          {"study_runs", study_runs}};
}

std::string general_reason(const std::string& reason) {
  // What stands in quotes, then words with a slash, then digits.
  std::string unquoted;
  for (std::size_t at = 0; at < reason.size(); ++at) {
    const char c = reason[at];
    const bool opens = (c == '\'' || c == '"') && (at == 0 || reason[at - 1] == ' ' || reason[at - 1] == '(');
    const std::size_t end = opens ? reason.find(c, at + 1) : std::string::npos;
    if (end == std::string::npos) {
      unquoted += c;
    } else {
      unquoted += "<name>";
      at = end;
    }
  }
  std::string general;
  for (const std::string_view word : split(unquoted, " ")) {
    if (!general.empty()) general += ' ';
    if (word.find('/') != std::string_view::npos && word.size() > 1) {
      const bool ends = word.ends_with(':') || word.ends_with(',') || word.ends_with(';');
      general += "<path>" + std::string(ends ? word.substr(word.size() - 1) : "");
      continue;
    }
    bool digits = false;
    for (const char c : word) {
      const bool digit = c >= '0' && c <= '9';
      if (digit && !digits) general += '#';
      if (!digit) general += c;
      digits = digit;
    }
  }
  return general;
}

std::int64_t count_runs(const std::vector<RunRecord>& runs) {
  return std::count_if(runs.begin(), runs.end(), [](const RunRecord& run) { return run.verb == "cohort run"; });
}

Result<RunSummary> run_cohort(const RunOptions& options) { return Run(options)(); }

}  // namespace radtype::cohort
