// Consensus clustering against the clock and the memory: docs/validation/subtypes.md.
//   bench_consensus TABLE.csv|CASES [--method hierarchical|ward|kmeans] [--repetitions R] [--largest K] [--threads T]
// TABLE.csv as ../shared/golden/data_bench_1682x30.csv (id, truth, features); CASES: so many made cases of 30 features
// in four groups. Prints seconds by stage and the highest memory; fails where trees of parts are not those of a matrix
// of distances, or where the groups are not found.
#include <chrono>
#include <ctime>

#include <sys/resource.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
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
  void say(const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    const auto processor = std::clock();
    fmt::print("{:<34}{:8.2f} s {:8.2f} s of processors\n", what, std::chrono::duration<double>(now - wall_).count(),
               static_cast<double>(processor - processor_) / CLOCKS_PER_SEC);
    wall_ = now;
    processor_ = processor;
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t processor_ = std::clock();
};
}  // namespace

int main(int argc, char** argv) {
  CLI::App app("bench_consensus");
  std::string input;
  std::string method = "hierarchical";
  int repetitions = 1000;
  int largest = 8;
  int threads = 1;
  app.add_option("input", input)->required();
  app.add_option("--method", method)->check(CLI::IsMember({"hierarchical", "ward", "kmeans"}));
  app.add_option("--repetitions", repetitions);
  app.add_option("--largest", largest);
  app.add_option("--threads", threads);
  CLI11_PARSE(app, argc, argv);
  set_thread_count(threads);
  const auto cases = parse_integer(input);
  const auto data = cases ? Result<Data>(made(static_cast<std::size_t>(*cases))) : read(input);
  if (!data) {
    fmt::print(stderr, "bench_consensus: {}\n", data.error().to_string());
    return 1;
  }
  const Table& table = data->table;
  const ClusterNumbers numbers{2, largest};
  const bool ward = method == "ward";
  const Distance distance = ward ? Distance::kEuclidean : Distance::kPearson;
  const Linkage inner = ward ? Linkage::kWard : Linkage::kAverage;
  const auto subsets = draw_subsets(table.rows, repetitions, 0.8, 1);
  bool right = true;

  Clock all;
  Clock stage;
  Clustering clustering;
  if (method == "kmeans") {
    clustering = k_means_runs(table, numbers, 1, 1);
  } else {
    auto hierarchy = Hierarchy::of(table, distance, inner);
    if (!hierarchy) {
      fmt::print(stderr, "bench_consensus: {}\n", hierarchy.error().to_string());
      return 1;
    }
    clustering = cut_trees(std::move(*hierarchy), numbers);
  }
  stage.say("prepared");
  const auto done = repeat(table.rows, subsets, clustering, numbers);
  if (!done) {
    fmt::print(stderr, "bench_consensus: {}\n", done.error().to_string());
    return 1;
  }
  stage.say(fmt::format("{} repetitions", repetitions));
  const auto drawn = std::make_shared<const OfPairs>(count_drawn(*done));
  std::string found;
  for (int k = 2; k <= largest; ++k) {
    const ConsensusOfK result = consensus(count_pairs(*done, drawn, k), k, Linkage::kAverage);
    const double agreement = stats::adjusted_rand_index(result.labels, data->truth);
    found += fmt::format("k {}: area {:.6f}, PAC {:.4f}, ARI against the truth {:.4f}\n", k, result.area,
                         result.ambiguous, agreement);
    if (k == 4) right = agreement > 0.7;
  }
  stage.say("counted and clustered");
  all.say(fmt::format("{} cases, {} features, {} threads", table.rows, table.columns, threads));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("highest memory {} MiB\n{}", usage.ru_maxrss / 1024, found);

  if (method != "kmeans" && table.rows <= 4000) {
    const DistanceMatrix whole = *distances(table, distance);
    for (std::size_t r = 0; r < 5 && r < subsets.size(); ++r) {
      const Tree tree = linkage(whole.of(subsets[r]), inner);
      for (int k = 2; k <= largest; ++k) {
        const std::vector<int> cut = tree.cut(k);
        right &= std::equal(cut.begin(), cut.end(), done->labels[r][static_cast<std::size_t>(k - 2)].begin());
      }
    }
  }
  fmt::print("{}\n", right ? "labels are right" : "LABELS ARE WRONG");
  return right ? 0 : 1;
}
