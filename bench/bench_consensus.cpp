// Consensus clustering against the clock and the memory: docs/validation/subtypes.md.
//   bench_consensus TABLE.csv|CASES [--method hierarchical|ward|kmeans] [--repetitions R] [--largest K] [--threads T]
//   bench_consensus --plot OUT.png [...]: 250 to 20,000 made cases
// TABLE.csv as ../shared/golden/data_bench_1682x30.csv (id, truth, features); CASES: so many made cases of 30 features
// in four groups. Prints seconds by stage and the highest memory; fails where no k from 4 finds the four groups, and
// where trees of parts are not those of a matrix of distances (up to 4,000 cases, not for k-means).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <sys/resource.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/figure/canvas.h"
#include "radtype/stats/partition.h"
#include "radtype/subtype/partition.h"

namespace {
using namespace radtype;
using namespace radtype::subtype;

struct Data {
  Table table;
  std::vector<int> truth;
};

Data made(std::size_t cases) {
  constexpr std::size_t kFeatures = 30;
  Random random(20261123);
  std::vector<double> centres(4 * kFeatures);
  for (double& value : centres) value = random.normal();
  Data data{{cases, kFeatures, {}}, {}};
  for (std::size_t i = 0; i < cases; ++i) {
    const std::size_t group = random.below(4);
    data.truth.push_back(static_cast<int>(group));
    for (std::size_t f = 0; f < kFeatures; ++f)
      data.table.values.push_back(centres[group * kFeatures + f] + random.normal());
  }
  return data;
}

Result<Data> read(const std::string& path) {
  const auto csv = read_csv_table(path);
  if (!csv) return tl::unexpected(csv.error());
  Data data{{csv->rows.size(), csv->columns.size() - 2, {}}, {}};
  for (const CsvLine& line : csv->rows) {
    data.truth.push_back(static_cast<int>(parse_integer(line.cells.at(1)).value_or(0)));
    for (std::size_t c = 2; c < line.cells.size(); ++c)
      data.table.values.push_back(parse_double(line.cells[c]).value_or(0));
  }
  return data;
}

class Clock {
 public:
  explicit Clock(bool silent) : silent_(silent) {}
  void say(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    const auto processor = std::clock();
    if (!silent_)
      fmt::print("{:<34}{:8.2f} s {:8.2f} s of processors\n", what, std::chrono::duration<double>(now - wall_).count(),
                 static_cast<double>(processor - processor_) / CLOCKS_PER_SEC);
    wall_ = now;
    processor_ = processor;
  }

 private:
  bool silent_;
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t processor_ = std::clock();
};

struct Job {
  std::string method;
  int repetitions = 1000;
  int largest = 8;
  bool silent = false;

  bool ward() const { return method == "ward"; }
  Distance distance() const { return ward() ? Distance::kEuclidean : Distance::kPearson; }
  Linkage linkage() const { return ward() ? Linkage::kWard : Linkage::kAverage; }
};

struct Cost {
  double seconds = 0;
  long mib = 0;  ///< highest of the process so far
  bool right = true;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "bench_consensus: {}\n", result.error().to_string());
  std::exit(1);
}

Cost measure(const Data& data, const Job& job) {
  const Table& table = data.table;
  const ClusterNumbers numbers{2, job.largest};
  const auto start = std::chrono::steady_clock::now();
  const auto subsets = draw_subsets(table.rows, job.repetitions, 0.8, 1);
  Clock stage(job.silent);
  Clustering clustering;
  if (job.method == "kmeans") {
    clustering = k_means_runs(table, numbers, 1, 1);
  } else {
    clustering = cut_trees(need(Hierarchy::of(table, job.distance(), job.linkage())), numbers);
  }
  stage.say("prepared");
  const Repetitions done = need(repeat(table.rows, subsets, clustering, numbers));
  stage.say(fmt::format("{} repetitions", job.repetitions));
  Cost cost;
  std::string found;
  double best = 0;  // average linkage may split one outlier off before it parts the last two groups
  for (const ConsensusOfK& result : consensus(done, Linkage::kAverage)) {
    const double agreement = stats::adjusted_rand_index(result.labels, data.truth);
    found += fmt::format("k {}: area {:.6f}, PAC {:.4f}, ARI against the truth {:.4f}\n", result.k, result.area,
                         result.ambiguous, agreement);
    if (result.k >= 4) best = std::max(best, agreement);
  }
  cost.right = best > 0.9;
  stage.say("counted and clustered");
  cost.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  cost.mib = usage.ru_maxrss / 1024;
  if (!job.silent) {
    fmt::print("{} cases, {} features: {:.2f} s\nhighest memory {} MiB\n{}", table.rows, table.columns, cost.seconds,
               cost.mib, found);
  }
  if (job.method == "kmeans" || table.rows > 4000) return cost;
  const DistanceMatrix whole = need(distances(table, job.distance()));
  for (std::size_t r = 0; r < 5 && r < subsets.size(); ++r) {
    const Tree tree = linkage(whole.of(subsets[r]), job.linkage());
    for (int k = 2; k <= job.largest; ++k) {
      const std::vector<int> cut = tree.cut(k);
      cost.right &= std::equal(cut.begin(), cut.end(), done.labels[r][static_cast<std::size_t>(k - 2)].begin());
    }
  }
  return cost;
}

/// Seconds and memory against the number of cases, both axes logarithmic.
Result<void> draw(const std::vector<std::pair<std::size_t, Cost>>& costs, const std::string& path) {
  using figure::Anchor;
  constexpr double kLeft = 66, kTop = 34, kWidth = 300, kHeight = 220, kGap = 90;
  figure::Canvas canvas(kLeft + 2 * kWidth + kGap + 24, kTop + kHeight + 48);
  const double first = std::log10(static_cast<double>(costs.front().first));
  const double last = std::log10(static_cast<double>(costs.back().first));
  for (int panel = 0; panel < 2; ++panel) {
    const double left = kLeft + panel * (kWidth + kGap);
    std::vector<double> values;
    for (const auto& [cases, cost] : costs) values.push_back(panel == 0 ? cost.seconds : static_cast<double>(cost.mib));
    const double low = std::floor(std::log10(*std::min_element(values.begin(), values.end())));
    const double high = std::ceil(std::log10(*std::max_element(values.begin(), values.end())));
    const auto x = [&](double cases) { return left + (std::log10(cases) - first) / (last - first) * kWidth; };
    const auto y = [&](double value) { return kTop + kHeight - (std::log10(value) - low) / (high - low) * kHeight; };
    for (double power = low; power <= high; ++power) {
      const double value = std::pow(10, power);
      canvas.line(left, y(value), left + kWidth, y(value), {0.88, 0.88, 0.88, 1}, 0.6);
      canvas.text(left - 6, y(value) + 3, fmt::format("{:g} {}", value, panel == 0 ? "s" : "MiB"),
                  {.size_pt = 9, .anchor = Anchor::kEnd});
    }
    std::vector<std::pair<double, double>> points;
    for (std::size_t n = 0; n < costs.size(); ++n) {
      const auto cases = static_cast<double>(costs[n].first);
      canvas.text(x(cases), kTop + kHeight + 14, fmt::format("{}", costs[n].first),
                  {.size_pt = 8, .anchor = Anchor::kMiddle});
      points.emplace_back(x(cases), y(values[n]));
    }
    canvas.polyline(points, figure::series_colour(panel), 1.6);
    for (std::size_t n = 0; n < points.size(); ++n) {
      canvas.circle(points[n].first, points[n].second, 3, figure::series_colour(panel));
      canvas.text(points[n].first + (n == 0 ? 5 : -4), points[n].second + (n == 0 ? 10 : -6),
                  values[n] < 100 ? fmt::format("{:.3g}", values[n]) : fmt::format("{:.0f}", values[n]),
                  {.size_pt = 8, .anchor = n == 0 ? Anchor::kStart : Anchor::kEnd});
    }
    canvas.text(left, 18, panel == 0 ? "consensus clustering, seconds" : "highest memory",
                {.size_pt = 11, .bold = true});
    canvas.text(left + kWidth / 2, kTop + kHeight + 34, "cases", {.size_pt = 10, .anchor = Anchor::kMiddle});
  }
  return canvas.save(path, true);
}
}  // namespace

int main(int argc, char** argv) {
  CLI::App app("bench_consensus");
  std::string input;
  std::string plot;
  Job job{"hierarchical"};
  int threads = 1;
  app.add_option("input", input);
  app.add_option("--plot", plot);
  app.add_option("--method", job.method)->check(CLI::IsMember({"hierarchical", "ward", "kmeans"}));
  app.add_option("--repetitions", job.repetitions);
  app.add_option("--largest", job.largest)->check(CLI::Range(4, 254));
  app.add_option("--threads", threads);
  CLI11_PARSE(app, argc, argv);
  set_thread_count(threads);
  bool right = true;
  if (!plot.empty()) {
    job.silent = true;
    std::vector<std::pair<std::size_t, Cost>> costs;
    for (const std::size_t cases : {250U, 500U, 1000U, 2000U, 5000U, 10000U, 20000U}) {
      costs.emplace_back(cases, measure(made(cases), job));
      right &= costs.back().second.right;
      fmt::print("| {} | {:.2f} | {} |\n", cases, costs.back().second.seconds, costs.back().second.mib);
    }
    if (const auto drawn = draw(costs, plot); !drawn) {
      fmt::print(stderr, "bench_consensus: {}\n", drawn.error().to_string());
      return 1;
    }
  } else {
    const auto cases = parse_integer(input);
    right = measure(cases ? made(static_cast<std::size_t>(*cases)) : need(read(input)), job).right;
  }
  fmt::print("{}\n", right ? "labels are right" : "LABELS ARE WRONG");
  return right ? 0 : 1;
}
