// How many digits of our numbers are others' too? A table of quantities, scored as Ceres' examples/nist.cc does: by
// -log10 of the relative difference.
#pragma once

#include <cmath>
#include <deque>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::digits {

inline constexpr double kAll = 15;  ///< digits that a double is asked for

/// A number as it was written down.
struct Written {
  double value = 0;
  double unit = 0;  ///< of its last digit; 0: all of a double is there
};
/// Rounded to significant digits.
inline Written rounded(double value, int significant) {
  if (value == 0) return {0, 0};
  return {value, std::pow(10, std::floor(std::log10(std::abs(value))) + 1 - significant)};
}

/// One quantity of one source.
class Quantity {
 public:
  Quantity(std::string name, std::string source, const char* how, double bound)
      : name_(std::move(name)), source_(std::move(source)), how_(how), bound_(bound) {}

  /// Relative to `size` where that is larger: a difference has no more digits than its parts. A number that ours
  /// rounds to has all the digits that were written.
  void add(double ours, const Written& theirs, const std::string& what, double size = 0);
  /// Both have none, or neither.
  void add_absent(bool ours, bool theirs, const std::string& what);

  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  bool holds() const { return !digits_.empty() && failures_.empty(); }
  std::size_t compared() const { return digits_.size(); }
  /// What does not hold, one a line.
  const std::vector<std::string>& failures() const { return failures_; }
  std::string row() const;

 private:
  std::string name_;
  std::string source_;
  const char* how_;
  double bound_;
  bool all_ = true;  ///< digits that were written
  std::vector<double> digits_;
  std::vector<std::string> failures_;
};

class Table {
 public:
  /// Both relative differences.
  static constexpr double kClosed = 1e-8;
  static constexpr double kFitted = 1e-6;

  Quantity& closed(const std::string& name, const std::string& source, double bound = kClosed) {
    return quantity(name, source, "closed form", bound);
  }
  Quantity& fitted(const std::string& name, const std::string& source, double bound = kFitted) {
    return quantity(name, source, "fitted", bound);
  }
  const std::deque<Quantity>& quantities() const { return quantities_; }

 private:
  Quantity& quantity(const std::string& name, const std::string& source, const char* how, double bound);

  std::deque<Quantity> quantities_;
};

/// The value, or an exception with the message.
template <class T>
T must(Result<T>&& made) {
  if (!made) throw std::runtime_error(made.error().to_string());
  return *std::move(made);
}

// Each throws where the source is not what it should be: a number that is not there, a part that nothing compares.
// `shared`: the folder of golden/ and data/.

/// golden/survival.json: curves, tests of groups, concordance, restricted means, association.
void compare_golden(const std::filesystem::path& shared, Table& table);
/// Its models of Cox.
void compare_golden_cox(const std::filesystem::path& shared, Table& table);
/// data/survival/reference_R.
void compare_reference_tables(const std::filesystem::path& shared, Table& table);
/// tests/r, run now on cases made now. Says on stderr which packages of R are missing.
void compare_with_r(Table& table);

}  // namespace radtype::digits
