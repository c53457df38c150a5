// The models of Cox in ../shared/golden/survival.json.
#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "digits.h"
#include "radtype/survival/concordance.h"
#include "support/survival_models.h"

namespace radtype::digits {
namespace {

using nlohmann::json;
using namespace survival;

const std::string kSource = "survival.json";

Written given(const json& value) { return rounded(value.get<double>(), 15); }

void compare_fit(const CoxFit& fit, const json& theirs, const std::string& key, Table& table) {
  Quantity& ratios = table.fitted("Cox: coefficients, hazard ratios, limits, z, p", kSource);
  Quantity& variance = table.fitted("Cox: covariance and standard errors", kSource);
  const std::size_t p = fit.names.size();
  for (std::size_t c = 0; c < p; ++c) {
    const auto expected = [&](const char* name) { return given(theirs.at(name).at(c)); };
    const std::string what = key + " " + fit.names[c];
    const Contrast ratio = fit.hazard_ratio(c);
    ratios.add(fit.coefficients[c], expected("coef"), what);
    ratios.add(ratio.estimate, expected("hr"), what + " ratio");
    ratios.add(ratio.lower, expected("hr_lower95"), what + " lower");
    ratios.add(ratio.upper, expected("hr_upper95"), what + " upper");
    ratios.add(fit.coefficients[c] / fit.error(c), expected("z"), what + " z");
    ratios.add(ratio.p, expected("p"), what + " p");
    variance.add(fit.error(c), expected("se"), what);
    for (std::size_t d = 0; d < p; ++d)
      variance.add(fit.covariance[c * p + d], given(theirs.at("vcov").at(c).at(d)), what, fit.error(c) * fit.error(d));
  }
}

void compare_tests(const CoxFit& fit, const json& theirs, const std::string& key, Table& table) {
  Quantity& start = table.closed("Cox: likelihood and score test at 0, counts", kSource);
  start.add(static_cast<double>(fit.subjects), given(theirs.at("n")), key);
  start.add(static_cast<double>(fit.events), given(theirs.at("nevent")), key);
  start.add(fit.log_likelihood_null, given(theirs.at("loglik_null")), key);
  start.add(fit.score.statistic, given(theirs.at("score").at("stat")), key + " score");
  start.add(fit.score.p, given(theirs.at("score").at("p")), key + " score p");
  Quantity& tests = table.fitted("Cox: likelihood, its ratio and Wald's test, AIC, BIC", kSource);
  tests.add(fit.log_likelihood, given(theirs.at("loglik")), key);
  for (const auto& [test, name] : {std::pair{&fit.likelihood_ratio, "lrt"}, {&fit.wald, "wald"}}) {
    tests.add(test->statistic, given(theirs.at(name).at("stat")), key + " " + name);
    tests.add(test->degrees, given(theirs.at(name).at("df")), key + " " + name);
    tests.add(test->p, given(theirs.at(name).at("p")), key + " p of " + name);
  }
  const auto p = static_cast<double>(fit.names.size());
  tests.add(2 * p - 2 * fit.log_likelihood, given(theirs.at("aic")), key + " AIC");
  tests.add(p * std::log(static_cast<double>(fit.events)) - 2 * fit.log_likelihood, given(theirs.at("bic")),
            key + " BIC");
}

/// R's rows: the first of its times, within each stratum ascending, strata one after the other.
void compare_baseline(const CoxFit& fit, const json& theirs, const std::string& key, Table& table) {
  Quantity& quantity = table.fitted("Cox: cumulative hazard at covariates 0", kSource);
  const std::vector<HazardPoint> ours = must(cumulative_hazard(fit, std::vector<double>(fit.names.size(), 0)));
  int stratum = ours.front().stratum;
  double before = -1;
  for (std::size_t n = 0; n < theirs.at("time").size(); ++n) {
    const double time = theirs.at("time").at(n);
    if (time < before) ++stratum;
    before = time;
    double cumulative = 0;
    for (const HazardPoint& point : ours) {
      if (point.stratum == stratum && point.time <= time) cumulative = point.cumulative;
    }
    quantity.add(cumulative, given(theirs.at("cumhaz").at(n)), key + " at " + shortest(time));
  }
}

void compare_concordance(const test::FittedModel& made, const json& theirs, const std::string& key, Table& table) {
  Quantity& quantity = table.fitted("Cox: concordance, its error and pairs", kSource);
  const Concordance ours = must(concordance(made.subjects, made.risks(), made.options.strata));
  quantity.add(ours.c, given(theirs.at("C")), key);
  quantity.add(ours.error, given(theirs.at("se")), key + " error");
  const double counts[] = {ours.concordant, ours.discordant, ours.tied_risk, ours.tied_time, ours.tied_both};
  const char* names[] = {"concordant", "discordant", "tied.x", "tied.y", "tied.xy"};
  const json& all = theirs.at("counts");
  for (std::size_t k = 0; k < 5; ++k) {
    double expected = 0;
    if (all.is_array()) {  // by column: strata within kinds
      const std::size_t strata = all.size() / 5;
      for (std::size_t s = 0; s < strata; ++s) expected += all.at(strata * k + s).get<double>();
    } else {
      expected = all.at(names[k]);
    }
    quantity.add(counts[k], rounded(expected, 15), key + " " + names[k]);
  }
}

void compare_residuals(const test::FittedModel& made, const json& theirs, const std::string& key, Table& table) {
  Quantity& quantity = table.fitted("Cox: martingale, deviance and Schoenfeld residuals", kSource);
  const std::vector<double> deviance = deviance_residuals(made.subjects, made.fit);
  for (std::size_t n = 0; n < theirs.at("martingale_first10").size(); ++n) {
    quantity.add(made.fit.martingale[n], given(theirs.at("martingale_first10").at(n)), key + " martingale",
                 made.fit.expected[n]);
    quantity.add(deviance[n], given(theirs.at("deviance_first10").at(n)), key + " deviance");
  }
  if (!theirs.contains("schoenfeld_sum_abs")) return;
  const auto events = must(schoenfeld_residuals(made.subjects, made.covariates, made.options, made.fit));
  double sum = 0;
  for (const double value : events.plain) sum += std::abs(value);
  quantity.add(sum, given(theirs.at("schoenfeld_sum_abs")), key + " Schoenfeld");
}

void compare_proportionality(const test::FittedModel& made, const std::vector<Term>& terms, const json& theirs,
                             const std::string& key, Table& table) {
  Quantity& quantity = table.fitted("Proportional hazards: by survival, time, rank, log; global", kSource);
  for (const auto& [name, scale] : {std::pair{"km", TimeScale::kKaplanMeier},
                                    {"identity", TimeScale::kIdentity},
                                    {"rank", TimeScale::kRank},
                                    {"log", TimeScale::kLog}}) {
    const auto found = must(proportional_hazards(made.subjects, made.covariates, made.options, made.fit, scale, terms));
    std::vector<survival::Test> tests = found.terms;
    tests.push_back(found.global);
    const json& expected = theirs.at(name);
    if (tests.size() != expected.at("chisq").size()) throw std::runtime_error(key + ": other terms than R's");
    for (std::size_t t = 0; t < tests.size(); ++t) {
      const std::string what = key + " by " + name;
      quantity.add(tests[t].statistic, given(expected.at("chisq").at(t)), what);
      quantity.add(tests[t].degrees, given(expected.at("df").at(t)), what);
      quantity.add(tests[t].p, given(expected.at("p").at(t)), what + ", p");
    }
  }
}

}  // namespace

void compare_golden_cox(const std::filesystem::path& shared, Table& table) {
  std::ifstream file(shared / "golden/survival.json");
  const json all = json::parse(file);
  const json& golden = all.at("cox");
  const auto models = test::golden_models();
  std::size_t compared = 0;
  for (const auto& [rule, ties] :
       {std::pair{"efron", Ties::kEfron}, {"breslow", Ties::kBreslow}, {"exact", Ties::kExact}}) {
    for (const auto& [name, model] : models) {
      const std::string key = name + "_" + rule;
      if (!golden.contains(key)) continue;
      const json& theirs = golden.at(key);
      const test::FittedModel made = must(test::fit_model(shared, model, ties));
      if (theirs.at("terms") != json(made.fit.names)) throw std::runtime_error(key + ": other covariates than R's");
      compare_fit(made.fit, theirs, key, table);
      compare_tests(made.fit, theirs, key, table);
      compare_baseline(made.fit, theirs.at("basehaz_uncentered"), key, table);
      compare_concordance(made, theirs.at("concordance"), key, table);
      compare_residuals(made, theirs, key, table);
      if (theirs.contains("zph")) compare_proportionality(made, model.terms, theirs.at("zph"), key, table);
      ++compared;
    }
  }
  if (compared != golden.size()) throw std::runtime_error("a model of Cox that nothing compares");
}

}  // namespace radtype::digits
