// How many digits of R's numbers are ours too? docs/validation/statistics.md.
//   statistics_digits SHARED_FOLDER
// Every quantity in golden/survival.json and data/survival/reference_R, and what tests/r prints where Rscript is there.
// Fails where a bound is not met, or a number is not compared.
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "digits.h"

namespace radtype::digits {

namespace {
double matching(double ours, double theirs, double size) {
  const double difference = std::abs(ours - theirs);
  if (difference == 0) return kAll;
  if (!std::isfinite(difference)) return 0;
  const double whole = std::max(std::abs(theirs), size);
  return std::clamp(-std::log10(whole > 0 ? difference / whole : difference), 0.0, kAll);
}
}  // namespace

void Quantity::add(double ours, const Written& theirs, const std::string& what, double size) {
  double digits = matching(ours, theirs.value, size);
  bool all = digits >= kAll;
  // The tail: the unit and its halves are no decimal fractions.
  if (theirs.unit > 0 && std::abs(ours - theirs.value) <= 0.5 * theirs.unit * (1 + 1e-6)) {
    const double written = std::floor(std::log10(std::abs(theirs.value) / theirs.unit) + 1 + 1e-9);
    digits = std::clamp(written, 0.0, kAll);
    all = true;
  }
  digits_.push_back(digits);
  all_ &= all;
  if (!all && digits < -std::log10(bound_))
    failures_.push_back(fmt::format("{} ({}): {}: ours {:.17g}, theirs {:.17g}, {:.1f} digits", name_, source_, what,
                                    ours, theirs.value, digits));
}

void Quantity::add_absent(bool ours, bool theirs, const std::string& what) {
  if (ours != theirs)
    failures_.push_back(fmt::format("{} ({}): {}: only {} a number", name_, source_, what, ours ? "we have" : "R has"));
}

std::string Quantity::row() const {
  if (digits_.empty()) return fmt::format("| {} | {} | 0 | | | {} | {:.0e} | no |", name_, source_, how_, bound_);
  std::vector<double> sorted = digits_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  const double median = sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return fmt::format("| {} | {} | {} | {:.1f}{} | {:.1f} | {} | {:.0e} | {} |", name_, source_, sorted.size(),
                     sorted.front(), all_ ? ", all given" : "", median, how_, bound_, holds() ? "yes" : "NO");
}

Quantity& Table::quantity(const std::string& name, const std::string& source, const char* how, double bound) {
  const auto found = std::find_if(quantities_.begin(), quantities_.end(),
                                  [&](const Quantity& one) { return one.name() == name && one.source() == source; });
  return found != quantities_.end() ? *found : quantities_.emplace_back(name, source, how, bound);
}

}  // namespace radtype::digits

int main(int argc, char** argv) {
  using namespace radtype;
  if (argc != 2) {
    fmt::print(stderr, "usage: statistics_digits SHARED_FOLDER\n");
    return 2;
  }
  digits::Table table;
  bool fine = true;
  const std::filesystem::path shared = argv[1];
  const std::pair<const char*, std::function<void()>> parts[] = {
      {"golden/survival.json", [&] { digits::compare_golden(shared, table); }},
      {"its models of Cox", [&] { digits::compare_golden_cox(shared, table); }},
      {"reference_R", [&] { digits::compare_reference_tables(shared, table); }},
      {"tests/r", [&] { digits::compare_with_r(table); }}};
  for (const auto& [name, compare] : parts) {
    try {
      compare();
    } catch (const std::exception& error) {
      fmt::print(stderr, "statistics_digits: {}: {}\n", name, error.what());
      fine = false;
    }
  }

  fmt::print("| quantity | source | numbers | fewest digits | median | found by | relative bound | holds |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  std::size_t compared = 0;
  for (const digits::Quantity& one : table.quantities()) {
    fmt::print("{}\n", one.row());
    for (const std::string& failure : one.failures()) fmt::print(stderr, "{}\n", failure);
    compared += one.compared();
    fine &= one.holds();
  }
  fmt::print("\n{} numbers compared: {}\n", compared, fine ? "every bound holds" : "NOT EVERY BOUND HOLDS");
  return fine && compared > 0 ? 0 : 1;
}
