// Cox's model and what follows from it, concordance and subdistribution hazards of 100,000 patients and 20 covariates.
// Fails where the slopes are not found.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/residuals.h"

int main() {
  using namespace radtype;
  constexpr std::size_t kPatients = 100000, kCovariates = 20;
  Random random(1);
  survival::Covariates covariates;
  std::vector<survival::Subject> subjects;
  for (std::size_t c = 0; c < kCovariates; ++c) covariates.names.push_back(fmt::format("x{}", c));
  for (std::size_t n = 0; n < kPatients; ++n) {
    double log_hazard = 0;
    for (std::size_t c = 0; c < kCovariates; ++c) {
      covariates.values.push_back(random.normal());
      log_hazard += 0.02 * static_cast<double>(c) * covariates.values.back();
    }
    const double event = -std::log(1 - random.uniform()) / std::exp(log_hazard);
    const double censoring = 2 * random.uniform();
    subjects.push_back({std::min(event, censoring), event <= censoring});
  }
  const auto start = std::chrono::steady_clock::now();
  const auto fit = survival::cox(subjects, covariates);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!fit) {
    fmt::print(stderr, "bench_cox: {}\n", fit.error().to_string());
    return 1;
  }
  double worst = 0;
  for (std::size_t c = 0; c < kCovariates; ++c)
    worst = std::max(worst, std::abs(fit->coefficients[c] - 0.02 * static_cast<double>(c)) / fit->error(c));
  fmt::print(
      "{} patients, {} covariates, {} events: {:.2f} s, {} iterations; a slope lies at most {:.1f} standard errors "
      "from the truth\n",
      kPatients, kCovariates, fit->events, seconds, fit->iterations, worst);
  std::vector<double> risk;
  for (std::size_t n = 0; n < kPatients; ++n) {
    risk.push_back(0);
    for (std::size_t c = 0; c < kCovariates; ++c) risk.back() += fit->coefficients[c] * covariates.value(n, c);
  }
  const auto before = std::chrono::steady_clock::now();
  const auto order = survival::concordance(subjects, risk);
  const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  fmt::print("concordance {:.4f} (standard error {:.4f}): {:.2f} s\n", order->c, order->error, time);
  const auto timed = [](const char* what, const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    const bool fine = work();
    fmt::print("{}: {:.2f} s{}\n", what,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), fine ? "" : ", failed");
    return fine;
  };
  survival::CoxOptions pairs;
  std::vector<survival::CompetingSubject> competing;
  for (std::size_t n = 0; n < kPatients; ++n) {
    pairs.clusters.push_back(static_cast<int>(n / 2));
    competing.push_back({subjects[n].time, subjects[n].event ? 1 + static_cast<int>(n % 2) : 0});
  }
  bool fine = timed("robust variance", [&] { return survival::cox(subjects, covariates, pairs).has_value(); });
  fine &= timed("proportional hazards",
                [&] { return survival::proportional_hazards(subjects, covariates, {}, *fit).has_value(); });
  fine &= timed("subdistribution hazards", [&] { return survival::fine_gray(competing, covariates, 1).has_value(); });
  return worst < 4.5 && order->c > 0.6 && fine ? 0 : 1;
}
