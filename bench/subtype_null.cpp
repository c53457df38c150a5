// Does the stability test find subtypes where there are none, and those that there are? docs/validation/subtypes.md.
//   subtype_null [--tables N] [--cases N] [--repetitions R] [--threads T]
// Tables of several kinds, a seed each: how often one group is said to be best at level 0.01, and how often the four
// planted ones; with R repetitions and with four times as many. Fails where one group is not said to be best in 95 of
// 100 tables without subtypes.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/simulate/study.h"
#include "radtype/subtype/discovery.h"
#include "radtype/subtype/scaling.h"
#include "radtype/subtype/stability.h"

namespace {
using namespace radtype;
using namespace radtype::subtype;

constexpr ClusterNumbers kNumbers{2, 6};
constexpr int kReferences = 100;
constexpr double kLevel = 0.01;
constexpr std::size_t kFeatures = 30;

/// The traits of the patients of a virtual study.
Table traits(const simulate::Study& study, double separation, std::size_t cases, std::uint64_t seed) {
  Table table{cases, simulate::kTraits.size(), {}};
  for (std::size_t n = 0; n < cases; ++n) {
    const simulate::Patient patient =
        simulate::make_patient(study, separation, seed, n % study.cohorts.size(), n / study.cohorts.size());
    table.values.insert(table.values.end(), patient.traits.begin(), patient.traits.end());
  }
  return table;
}

/// Features that share five hidden causes, each passed through `shape`.
Table correlated(std::size_t cases, std::uint64_t seed, const std::function<double(double)>& shape) {
  constexpr std::size_t kCauses = 5;
  Random random(seed);
  std::vector<double> loads(kFeatures * kCauses);
  for (double& load : loads) load = 0.6 * random.normal();
  Table table{cases, kFeatures, {}};
  for (std::size_t n = 0; n < cases; ++n) {
    std::vector<double> causes(kCauses);
    for (double& cause : causes) cause = random.normal();
    for (std::size_t f = 0; f < kFeatures; ++f) {
      double value = random.normal();
      for (std::size_t c = 0; c < kCauses; ++c) value += loads[f * kCauses + c] * causes[c];
      table.values.push_back(shape(value));
    }
  }
  return table;
}

/// Each column by its ranks, as `radtype discover --scaling rank_normal` has it.
Table rank_normal(Table table) {
  for (std::size_t f = 0; f < table.columns; ++f) {
    std::vector<double> column;
    for (std::size_t r = 0; r < table.rows; ++r) column.push_back(table.values[r * table.columns + f]);
    const auto scale = fit_scale(column, Scaling::kRankNormal);
    for (std::size_t r = 0; scale && r < table.rows; ++r) table.values[r * table.columns + f] = scale->of(column[r]);
  }
  return table;
}
}  // namespace

int main(int argc, char** argv) {
  CLI::App app("subtype_null");
  int tables = 100;
  std::size_t cases = 200;
  int repetitions = 50;
  int threads = 2;
  app.add_option("--tables", tables);
  app.add_option("--cases", cases);
  app.add_option("--repetitions", repetitions);
  app.add_option("--threads", threads);
  CLI11_PARSE(app, argc, argv);
  set_thread_count(threads);

  const simulate::Study null = simulate::preset("null");
  const simulate::Study paper = simulate::preset("paper");
  const double apart = simulate::calibrate(paper).factor;
  const auto heavy = [](double value) { return std::sinh(value); };
  struct Kind {
    const char* name;
    bool planted;
    std::function<Table(std::uint64_t)> make;
  };
  const std::vector<Kind> kinds = {
      {"preset null, its 12 traits", false, [&](std::uint64_t seed) { return traits(null, 1, cases, seed); }},
      {"30 correlated normal features", false,
       [&](std::uint64_t seed) { return correlated(cases, seed, [](double value) { return value; }); }},
      {"the same, heavy tails, by ranks", false,
       [&](std::uint64_t seed) { return rank_normal(correlated(cases, seed, heavy)); }},
      {"preset paper, its 12 traits", true, [&](std::uint64_t seed) { return traits(paper, apart, cases, seed); }}};
  const ClusteringOf clustering = clustering_of(Method::kKMeans, Distance::kEuclidean, kNumbers, 1);
  fmt::print("{} tables of {} cases, k-means, {} references, level {:g}\n\n", tables, cases, kReferences, kLevel);
  fmt::print("| tables | repetitions | one group | 2 | 3 | 4 | 5 | 6 | as with four times the repetitions |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|\n");
  bool right = true;
  for (const Kind& kind : kinds) {
    std::map<int, int> chosen;
    int same = 0, compared = 0;
    for (int t = 0; t < tables; ++t) {
      const auto seed = static_cast<std::uint64_t>(t) + 1;
      const Table table = kind.make(seed);
      const auto recommended = [&](int times) {
        const auto test = test_stability(table, clustering, {kNumbers, times, 0.8, kReferences, kLevel, seed});
        if (!test) {
          fmt::print(stderr, "subtype_null: {}\n", test.error().to_string());
          std::exit(1);
        }
        return test->recommended;
      };
      const int found = recommended(repetitions);
      ++chosen[found];
      if (t % 10 != 0) continue;
      ++compared;
      same += recommended(4 * repetitions) == found;
    }
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {} of {} |\n", kind.name, repetitions, chosen[1], chosen[2],
               chosen[3], chosen[4], chosen[5], chosen[6], same, compared);
    if (!kind.planted) right &= chosen[1] * 100 >= 95 * tables;
  }
  fmt::print("\n{}\n", right ? "one group is said to be best where there is one" : "SUBTYPES WERE FOUND WITHOUT ANY");
  return right ? 0 : 1;
}
