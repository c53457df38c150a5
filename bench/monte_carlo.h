// Virtual trials whose truth is known: how often an interval misses it, how often a test says no where there is
// nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/cox.h"

namespace radtype::monte_carlo {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Settings {
  std::int64_t trials = 20000;
  std::uint64_t seed = 1;
  double band = 0.999;  ///< a figure holds within the exact binomial bounds, of so much, of what is nominal
};

enum class Asked {
  kNominal,
  kAtMost,   ///< no more errors than nominal
  kNothing,  ///< known not to hold: shown, to teach what n is needed
};
struct Row {
  std::string what;
  std::size_t n = 0;
  Asked asked = Asked::kNominal;
};

/// Several figures of the same trials. The name, all different, makes the random numbers.
struct Experiment {
  std::string name;
  std::vector<Row> rows;
  /// Of each row (NaN: no answer): of an interval 0 where it holds the truth, -1 where it lies below it, 1 above; of a
  /// test its p.
  std::function<void(Random& random, std::span<double> found)> trial;
};

/// Trials x rows, the same for any number of threads.
std::vector<double> run(const Experiment& experiment, const Settings& settings);

/// Errors counted in those trials that have an answer.
struct Share {
  std::int64_t answered = 0;
  std::int64_t errors = 0;
  double nominal = 0;
  double band = 0.999;

  double share() const { return answered > 0 ? static_cast<double>(errors) / static_cast<double>(answered) : 0; }
  bool holds(Asked asked) const;
  /// "4.51 to 5.51", in percent.
  std::string bounds() const;
  /// Errors: "yes", "too few" or "too many"; in capitals where that is not as asked.
  std::string verdict(Asked asked) const;
};
/// Where p <= level.
Share rejected(const std::vector<double>& found, std::size_t row, std::size_t rows, double level, double band);

/// "Bounds of what holds: ...", where every trial has an answer.
void print_bounds(std::initializer_list<double> nominal, const Settings& settings);
/// Markdown, a line a row; false where a figure is not as asked.
bool print_coverage(const std::vector<Experiment>& experiments, const Settings& settings);
bool print_errors(const std::vector<Experiment>& experiments, const Settings& settings);

/// False: the data have no answer. Any other error is a fault of the trial, and ends the program.
template <class T>
bool answered(const Result<T>& result) {
  if (!result && result.error().code() != ErrorCode::kUndefined)
    internal_error(result.error().to_string(), __FILE__, __LINE__);
  return result.has_value();
}
double outside(double lower, double upper, double truth);

/// Exponential times to events, in means of who has no risk; seen until a time uniform up to `follow_up`.
struct Plan {
  std::size_t patients = 100;
  int groups = 2;            ///< equally likely
  double group = 0;          ///< log hazard ratio of group 2
  double size = 0;           ///< of one unit of log volume
  double treatment = 0;      ///< of half of the patients, at random
  double size_of_group = 0;  ///< log volume of group 2, more than of the others
  double follow_up = 2;
};
struct Patients {
  std::vector<survival::Subject> subjects;
  std::vector<int> groups;  ///< 1..k
  std::vector<double> size;
  std::vector<double> treatment;  ///< 0, 1
};
Patients draw(const Plan& plan, Random& random);
/// -log(u): mean 1.
double exponential(Random& random);

/// Columns side by side.
survival::Covariates columns(const std::vector<std::vector<double>>& columns);
std::vector<double> indicator(const std::vector<int>& groups, int group);

bool coverage(const Settings& settings);
bool errors(const Settings& settings);
bool enrichment(const Settings& settings);
/// Writes the figure where the path is not empty.
bool power(const Settings& settings, const std::filesystem::path& figure);

}  // namespace radtype::monte_carlo
