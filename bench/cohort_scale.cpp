// cohort_scale: what a study costs. docs/validation/scale.md.
//   cohort_scale --run MANIFEST.csv STUDY THREADS RADTYPE [FIGURE.png]   runs a cohort, its memory sampled twice a
//   second cohort_scale --rows N FOLDER                                         times a study of N made-up lesions
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "radtype/cohort/export.h"
#include "radtype/cohort/store.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/figure/canvas.h"

namespace {

using namespace radtype;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "cohort_scale: {}\n", why);
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) stop(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Proportional set size (shared pages in parts) of a process, MiB.
double pss_mib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string line; std::getline(file, line);) {
    const auto words = split(line, " \t");
    if (words.size() > 1 && words[0] == "Pss:") return parse_double(words[1]).value_or(0) / 1024;
  }
  return 0;
}

struct Sample {
  double seconds;
  std::size_t done;
  double mib;
};

std::size_t cases_done(const fs::path& study) {
  auto store = cohort::Store::open(cohort::study_file(study), cohort::Store::Access::kRead);
  if (!store) return 0;
  const auto states = store->states();
  if (!states) return 0;
  return static_cast<std::size_t>(std::count_if(states->begin(), states->end(),
                                                [](const auto& entry) { return entry.second.status != "pending"; }));
}

void draw(const fs::path& file, const std::vector<std::pair<std::string, double>>& stages,
          const std::vector<Sample>& samples, std::size_t cases, double wall_seconds, int threads) {
  constexpr double kLeft = 130, kTop = 40, kWidth = 300, kRow = 16, kGap = 90;
  const double height = kRow * static_cast<double>(stages.size());
  figure::Canvas canvas(kLeft + 2 * kWidth + kGap + 60, kTop + height + 50);
  const double per_case = 1000 / static_cast<double>(cases);
  const double most = stages.front().second * per_case;
  canvas.text(12, 18,
              fmt::format("{} cases on {} cores in {:.1f} min: processor time by stage, mean of a case", cases, threads,
                          wall_seconds / 60),
              {.size_pt = 11, .bold = true});
  for (std::size_t n = 0; n < stages.size(); ++n) {
    const double y = kTop + kRow * static_cast<double>(n);
    const double ms = stages[n].second * per_case;
    canvas.text(kLeft - 6, y + 11, stages[n].first, {.size_pt = 9, .anchor = figure::Anchor::kEnd});
    canvas.rectangle(kLeft, y + 2, kWidth * ms / most, kRow - 4, figure::series_colour(0));
    canvas.text(kLeft + kWidth * ms / most + 4, y + 11, fmt::format("{:.1f} ms", ms), {.size_pt = 8});
  }
  const double x0 = kLeft + kWidth + kGap;
  double top = 0;
  for (const Sample& sample : samples) top = std::max(top, sample.mib);
  const auto ticks = figure::nice_ticks(0, top);
  const auto x = [&](double done) { return x0 + kWidth * done / static_cast<double>(cases); };
  const auto y = [&](double mib) { return kTop + height * (1 - mib / ticks.back()); };
  for (const double tick : ticks) {
    canvas.line(x0, y(tick), x0 + kWidth, y(tick), {0.88, 0.88, 0.88, 1}, 0.6);
    canvas.text(x0 - 5, y(tick) + 3, fmt::format("{:g}", tick), {.size_pt = 9, .anchor = figure::Anchor::kEnd});
  }
  for (const double tick : figure::nice_ticks(0, static_cast<double>(cases))) {
    if (tick > static_cast<double>(cases)) continue;
    canvas.text(x(tick), kTop + height + 14, fmt::format("{:g}", tick),
                {.size_pt = 9, .anchor = figure::Anchor::kMiddle});
  }
  std::vector<std::pair<double, double>> line;
  for (const Sample& sample : samples) line.emplace_back(x(static_cast<double>(sample.done)), y(sample.mib));
  canvas.polyline(line, figure::series_colour(1), 1);
  canvas.text(x0, kTop - 8, "memory of all processes, MiB", {.size_pt = 10});
  canvas.text(x0 + kWidth / 2, kTop + height + 32, "cases measured",
              {.size_pt = 10, .anchor = figure::Anchor::kMiddle});
  need(canvas.save(file, true));
}

double mean_memory(const std::vector<Sample>& samples, std::size_t from, std::size_t to) {
  double sum = 0;
  double count = 0;
  for (const Sample& sample : samples) {
    if (sample.done < from || sample.done > to) continue;
    sum += sample.mib;
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 4) stop("--run MANIFEST.csv STUDY THREADS RADTYPE [FIGURE.png]");
  const fs::path study = words[1];
  if (fs::exists(cohort::study_file(study))) stop(study.string() + " holds a study already: it would be resumed");
  const std::vector<std::string> command = {words[3], "--quiet", "--threads", words[2], "cohort",
                                            "run",    words[0],  "--out",     words[1]};
  const auto start = Clock::now();
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  std::vector<Sample> samples;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    double mib = pss_mib(pid);
    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", pid));
    for (pid_t child = 0; children >> child;) mib += pss_mib(child);
    if (mib > 0) samples.push_back({since(start), cases_done(study), mib});
  }
  const double measured = since(start);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 4)) stop("the run did not end well");
  const auto export_start = Clock::now();
  const std::string csv = (study / "table.csv").string();
  if (std::system(fmt::format("'{}' --quiet cohort export '{}' --out '{}' --force", words[3], words[1], csv).c_str()) !=
      0)
    stop("the export failed");
  const double exported = since(export_start);

  const auto store = need(cohort::Store::open(cohort::study_file(study), cohort::Store::Access::kRead));
  const auto details = need(store.details());
  const auto states = need(store.states());
  if (need(store.integrity()) != "ok") stop("the database is not sound");
  std::map<std::string, double> by_stage;
  for (const auto& [name, detail] : details) {
    const auto stages_of_case = nlohmann::json::parse(detail.seconds);
    for (const auto& [stage, seconds] : stages_of_case.items()) by_stage[stage] += seconds.get<double>();
  }
  std::vector<std::pair<std::string, double>> stages(by_stage.begin(), by_stage.end());
  std::sort(stages.begin(), stages.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::map<std::string, int> statuses;
  for (const auto& [name, state] : states) ++statuses[state.status];
  const std::size_t cases = states.size();
  fmt::print("{} cases, {} threads: measured in {:.1f} s ({:.2f} a second), exported in {:.2f} s;", cases, words[2],
             measured, static_cast<double>(cases) / measured, exported);
  for (const auto& [word, count] : statuses) fmt::print(" {} {}", count, word);
  fmt::print("\n\n| stage | s in all | ms a case | share |\n|---|---|---|---|\n");
  const double all =
      std::accumulate(stages.begin(), stages.end(), 0.0, [](double sum, const auto& s) { return sum + s.second; });
  for (const auto& [stage, seconds] : stages) {
    fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} % |\n", stage, seconds, 1000 * seconds / static_cast<double>(cases),
               100 * seconds / all);
  }
  double peak = 0;
  for (const Sample& sample : samples) peak = std::max(peak, sample.mib);
  fmt::print(
      "\nmemory of all processes, MiB: mean of cases 100 to 400 {:.0f}, of the last 300 {:.0f}, highest {:.0f}\n",
      mean_memory(samples, 100, 400), mean_memory(samples, cases - std::min<std::size_t>(cases, 300), cases), peak);
  if (words.size() > 4)
    draw(words[4], stages, samples, cases, measured, static_cast<int>(parse_integer(words[2]).value_or(1)));
  return 0;
}

int rows(const std::vector<std::string>& words) {
  if (words.size() != 2) stop("--rows N FOLDER");
  const auto count = static_cast<std::size_t>(parse_integer(words[0]).value_or(0));
  const fs::path study = words[1];
  if (count == 0 || fs::exists(cohort::study_file(study)))
    stop("--rows N FOLDER: N rows into a folder without a study");
  fs::create_directories(study);
  const std::size_t features = feature::catalogue().size();
  const auto name = [](std::size_t n) { return fmt::format("case-{:06}", n); };
  const auto value = [](std::size_t n, std::size_t f) { return Random(derive_seed(5, {n, f})).normal(); };
  auto start = Clock::now();
  {
    auto store = need(cohort::Store::open(cohort::study_file(study), cohort::Store::Access::kMake));
    need(store.relax());
    std::vector<cohort::CaseState> states(count);
    for (std::size_t n = 0; n < count; ++n) {
      states[n].key.name = name(n);
      states[n].key.patient = fmt::format("patient-{:06}", n / 2);
      states[n].key.cohort = fmt::format("cohort-{}", n % 8);
      states[n].key.clinical = {"61", "female"};
      states[n].position = static_cast<std::int64_t>(n);
    }
    need(store.register_cases(states, {"age", "sex"}));
    for (std::size_t n = 0; n < count; ++n) {
      cohort::CaseRecord record;
      record.key = states[n].key;
      record.features_id = cohort::features_id();
      record.status = "ok";
      cohort::Lesion lesion;
      lesion.number = 1;
      lesion.status = "ok";
      lesion.missing = {{"compat_wu2021", "not asked for"}};
      lesion.quality = {{"centroid_lps_mm", {1.0, 2.0, 3.0}}, {"voxels", 100}};
      for (std::size_t f = 0; f < features; ++f) lesion.features.push_back(value(n, f));
      record.lesions.push_back(std::move(lesion));
      need(store.put(record));
    }
    need(store.fold());
  }
  fmt::print("{} rows of {} features: stored in {:.1f} s, {:.0f} MiB\n\n| what | s |\n|---|---|\n", count, features,
             since(start), static_cast<double>(fs::file_size(cohort::study_file(study))) / (1 << 20));
  const auto timed = [&](const char* what, const auto& work) {
    const auto begin = Clock::now();
    work();
    fmt::print("| {} | {:.2f} |\n", what, since(begin));
  };
  const auto open = [&] { return need(cohort::Store::open(cohort::study_file(study), cohort::Store::Access::kRead)); };
  timed("load for clustering, all rows", [&] {
    const auto table = need(open().load());
    if (table.rows.size() != count || table.value(count - 1, features - 1) != value(count - 1, features - 1))
      stop("wrong rows");
  });
  timed("load one cohort of eight", [&] {
    const auto table = need(open().load({{"cohort-3"}, {}}));
    if (table.rows.size() != (count + 4) / 8 || table.value(0, 0) != value(3, 0)) stop("wrong rows of a cohort");
  });
  for (const auto& [what, format] :
       {std::pair("export, csv", 0), std::pair("export, tidy", 1), std::pair("export, json", 2)}) {
    timed(what, [&, form = format] {
      const auto store = open();
      const auto table = need(store.load());
      std::ofstream file(study / "table", std::ios::binary);
      const auto sink = [&](std::string_view text) -> Result<void> {
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        return {};
      };
      if (form == 0) need(cohort::export_csv(table, sink));
      if (form == 1) need(cohort::export_tidy(table, sink));
      if (form == 2) need(cohort::export_json(table, need(store.details()), {}, {}, sink));
      file.close();
      if (!file) stop("cannot write");
    });
    fmt::print("|  of MiB | {:.0f} |\n", static_cast<double>(fs::file_size(study / "table")) / (1 << 20));
  }
  fs::remove(study / "table");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 2), argv + argc);
  if (argc > 1 && std::string_view(argv[1]) == "--run") return run(words);
  if (argc > 1 && std::string_view(argv[1]) == "--rows") return rows(words);
  stop("--run MANIFEST.csv STUDY THREADS RADTYPE [FIGURE.png] or --rows N FOLDER");
}
