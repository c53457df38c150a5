// Do intervals hold what they say, and do tests find nothing where there is nothing? docs/validation/statistics.md.
//   outcome_monte_carlo [coverage|errors|enrichment|power ...] [--trials N] [--seed S] [--band B] [--threads T]
//     [--figure OUT.png]
// Prints tables; the same for any number of threads. Fails where a figure that is asked for lies outside the exact
// binomial bounds, of 99.9 % (--band 0.999), of what is nominal for so many trials.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "monte_carlo.h"
#include "radtype/core/parallel.h"

int main(int argc, char** argv) {
  using namespace radtype;
  using namespace radtype::monte_carlo;
  CLI::App app("outcome_monte_carlo");
  Settings settings;
  int threads = 2;
  std::string figure;
  std::vector<std::string> wanted;
  app.add_option("part", wanted)->check(CLI::IsMember({"coverage", "errors", "enrichment", "power"}));
  app.add_option("--trials", settings.trials)->check(CLI::Range(1, 100'000'000));
  app.add_option("--seed", settings.seed);
  app.add_option("--band", settings.band)->check(CLI::Range(0.5, 1.0));
  app.add_option("--threads", threads);
  app.add_option("--figure", figure);
  CLI11_PARSE(app, argc, argv);
  set_thread_count(threads);

  const std::vector<std::pair<std::string, std::function<bool()>>> parts = {
      {"coverage", [&] { return coverage(settings); }},
      {"errors", [&] { return errors(settings); }},
      {"enrichment", [&] { return enrichment(settings); }},
      {"power", [&] { return power(settings, figure); }}};
  bool right = true;
  for (const auto& [name, part] : parts) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    const auto start = std::chrono::steady_clock::now();
    fmt::print("\n### {}: {} trials, seed {}, bounds of {:g} %\n\n", name, settings.trials, settings.seed,
               100 * settings.band);
    const bool fine = part();
    right &= fine;
    fmt::print("\n{}\n", fine ? "every figure is as asked" : "A FIGURE IS NOT AS ASKED");
    std::fflush(stdout);
    fmt::print(stderr, "{}: {:.0f} s\n", name,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return right ? 0 : 1;
}
