// ../shared/golden/survival.json without its models of Cox: see digits_cox.cpp.
#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "digits.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "support/survival_models.h"

namespace radtype::digits {
namespace {

using nlohmann::json;
using namespace survival;

const std::string kSource = "survival.json";
constexpr double kNormal95 = 1.9599639845400545;

Written given(const json& value) { return rounded(value.get<double>(), 15); }

/// Compares what a part of the file holds, name by name; all of it.
void each(const json& part, const std::function<bool(const std::string&, const json&)>& compare) {
  for (auto at = part.begin(); at != part.end(); ++at) {
    if (!compare(at.key(), at.value())) throw std::runtime_error("nothing compares " + at.key());
  }
}

struct Golden {
  std::filesystem::path shared;
  json numbers;
  Table& table;

  test::LabelledSubjects groups(const std::string& data, const test::Column& group,
                                const test::Column& stratum = {}) const {
    return must(test::read_groups(shared, data, group, stratum));
  }
  std::optional<test::LabelledSubjects> groups_of_curves(const std::string& name) const;
  std::optional<test::LabelledSubjects> groups_of_test(const std::string& name) const;

  void whole_curves() const;
  void points_and_medians() const;
  void points(const Curve& curve, const json& theirs, std::size_t group, const std::string& what) const;
  void median_and_mean(const Curve& curve, double end, const json& theirs, std::size_t group,
                       const std::string& what) const;
  void log_rank_tests() const;
  void pairs() const;
  void concordances() const;
  void restricted_means() const;
  void association() const;
  void adjusted(const std::vector<double>& p, const json& theirs, const std::string& prefix) const;
};

double everyone(const CsvRow&) { return 1; }

std::optional<test::LabelledSubjects> Golden::groups_of_curves(const std::string& name) const {
  if (name == "lung_overall") return groups(test::kLung, everyone);
  if (name == "lung_by_sex") return groups(test::kLung, test::number("sex"));
  if (name == "veteran_overall") return groups(test::kVeteran, everyone);
  if (name == "veteran_by_cell") return groups(test::kVeteran, test::one_of("celltype", test::kCells));
  return std::nullopt;
}

void Golden::whole_curves() const {
  each(numbers.at("km_full_curve"), [&](const std::string& name, const json& theirs) {
    const auto found = groups_of_curves(name);
    if (!found) return false;
    Quantity& counts = table.closed("Kaplan-Meier: at risk, events, censored", kSource);
    Quantity& survival = table.closed("Kaplan-Meier: survival and its error", kSource);
    Quantity& hazard = table.closed("Nelson-Aalen: cumulative hazard and its error", kSource);
    std::size_t at = 0;
    for (const Curve& curve : must(test::curves(*found))) {
      for (const CurvePoint& point : curve.points) {
        const std::string what = name + " at " + shortest(point.time);
        const auto expected = [&](const char* key) { return given(theirs.at(key).at(at)); };
        counts.add(point.time, expected("time"), what);
        counts.add(point.at_risk, expected("n_risk"), what);
        counts.add(point.events, expected("n_event"), what);
        counts.add(point.censored, expected("n_censor"), what);
        survival.add(point.survival, expected("surv"), what);
        survival.add_absent(std::isfinite(point.log_error), !theirs.at("std_err_log").at(at).is_null(), what);
        if (std::isfinite(point.log_error)) survival.add(point.log_error, expected("std_err_log"), what);
        hazard.add(point.cumulative_hazard, expected("cumhaz"), what);
        hazard.add(point.hazard_error, expected("std_chaz"), what);
        ++at;
      }
    }
    return at == theirs.at("time").size();
  });
}

void Golden::points_and_medians() const {
  each(numbers.at("km"), [&](const std::string& name, const json& kinds) {
    const auto found = groups_of_curves(name);
    if (!found) return false;
    const std::vector<Curve> ours = must(test::curves(*found));
    double end = 0;
    for (const Curve& curve : ours) end = std::max(end, curve.points.back().time);
    for (const json& theirs : kinds) {
      for (std::size_t group = 0; group < ours.size(); ++group) {
        const std::string what = name + " " + theirs.at("conf_type").get<std::string>();
        points(ours[group], theirs, group, what);
        median_and_mean(ours[group], end, theirs, group, what);
      }
    }
    return true;
  });
}

IntervalKind kind_of(const json& theirs) {
  const std::string name = theirs.at("conf_type");
  return name == "plain" ? IntervalKind::kPlain : name == "log" ? IntervalKind::kLog : IntervalKind::kLogLog;
}

void Golden::points(const Curve& curve, const json& theirs, std::size_t group, const std::string& what) const {
  Quantity& counts = table.closed("Kaplan-Meier: at risk, events, censored", kSource);
  Quantity& survival = table.closed("Kaplan-Meier: survival and its error", kSource);
  Quantity& ends = table.closed("Kaplan-Meier: limits, plain, log and log-log", kSource);
  const std::size_t times = theirs.at("times").size();
  double before = 0;
  for (std::size_t t = 0; t < times; ++t) {
    const double time = theirs.at("times").at(t);
    const auto expected = [&](const char* key) { return theirs.at(key).at(group * times + t); };
    const std::string here = what + " at " + shortest(time);
    double at_risk = 0, events = 0;
    for (const CurvePoint& point : curve.points) {
      if (point.time > before && point.time <= time) events += point.events;
      if (point.time >= time) at_risk = std::max(at_risk, point.at_risk);
    }
    before = time;
    counts.add(at_risk, given(expected("n_risk")), here);
    counts.add(events, given(expected("n_event")), here);
    const CurvePoint* point = curve.at(time);
    survival.add(point != nullptr ? point->survival : 1, given(expected("surv")), here);
    if (point == nullptr || point->survival == 1) continue;  // an interval that is a point
    survival.add_absent(point->survival > 0, !expected("std_err").is_null(), here);
    if (point->survival == 0) continue;
    survival.add(point->survival * point->log_error, given(expected("std_err")), here);
    const Limits ours = limits(*point, kind_of(theirs));
    ends.add(ours.lower, given(expected("lower")), here);
    ends.add(ours.upper, given(expected("upper")), here);
  }
}

void Golden::median_and_mean(const Curve& curve, double end, const json& theirs, std::size_t group,
                             const std::string& what) const {
  Quantity& medians = table.closed("Median survival and its limits", kSource);
  const auto compare = [&](const std::optional<double>& ours, const char* key) {
    const json& expected = theirs.at(key).at(group);
    medians.add_absent(ours.has_value(), !expected.is_null(), what + " " + key);
    if (ours && !expected.is_null()) medians.add(*ours, given(expected), what + " " + key);
  };
  const Quantile median = quantile(curve, 0.5, kind_of(theirs));
  compare(median.time, "median");
  compare(median.lower, "median_lower");
  compare(median.upper, "median_upper");
  // R goes on to the last time of all groups as if nobody died any more.
  const CurvePoint& last = curve.points.back();
  const double mean = must(restricted_mean(curve, last.time)).mean + last.survival * (end - last.time);
  table.closed("Restricted mean survival, its error and contrasts", kSource)
      .add(mean, given(theirs.at("rmean_R_default").at(group)), what + " mean");
}

std::optional<test::LabelledSubjects> Golden::groups_of_test(const std::string& name) const {
  const auto grade = [](const CsvRow& row) {
    const auto low = test::low_ecog(row);
    return low ? std::optional(*low + 1) : std::nullopt;
  };
  if (name == "lung_ecog_3grp") return groups(test::kLung, grade);
  if (name == "lung_age4_4grp") return groups(test::kLung, test::quarter_of_age);
  if (name == "lung_sex_strat_ecog") return groups(test::kLung, test::number("sex"), test::low_ecog);
  if (name == "veteran_trt_2grp") return groups(test::kVeteran, test::number("trt"));
  if (name.starts_with("lung_sex_2grp")) return groups(test::kLung, test::number("sex"));
  if (name.starts_with("veteran_cell_4grp")) return groups_of_curves("veteran_by_cell");
  return std::nullopt;
}

void Golden::log_rank_tests() const {
  each(numbers.at("logrank"), [&](const std::string& name, const json& theirs) {
    const auto found = groups_of_test(name);
    if (!found) return false;
    const LogRank ours = must(log_rank(found->subjects, found->groups, found->strata, theirs.at("rho").get<double>()));
    Quantity& sums = table.closed("Log-rank: observed, expected, their covariance", kSource);
    Quantity& tests = table.closed("Log-rank: statistic and p", kSource);
    const std::size_t k = ours.sizes.size();
    for (std::size_t g = 0; g < k; ++g) {
      sums.add(ours.sizes[g], given(theirs.at("n").at(g)), name);
      sums.add(ours.observed[g], given(theirs.at("observed").at(g)), name);
      sums.add(ours.expected[g], given(theirs.at("expected").at(g)), name);
      for (std::size_t h = 0; h < k; ++h)
        sums.add(ours.covariance[g * k + h], given(theirs.at("var").at(g).at(h)), name);
    }
    tests.add(ours.chi_square, given(theirs.at("chisq")), name);
    tests.add(ours.degrees, given(theirs.at("df")), name);
    tests.add(ours.p, given(theirs.at("p")), name);
    return k == theirs.at("n").size();
  });
}

void Golden::pairs() const {
  const json& theirs = numbers.at("logrank_pairwise").at("veteran_cell");
  Quantity& tests = table.closed("Log-rank: statistic and p", kSource);
  std::vector<double> p;
  for (std::size_t a = 0; a < test::kCells.size(); ++a) {
    for (std::size_t b = a + 1; b < test::kCells.size(); ++b) {
      const auto pair = groups(test::kVeteran, test::one_of("celltype", {test::kCells[a], test::kCells[b]}));
      const LogRank ours = must(log_rank(pair.subjects, pair.groups));
      const std::string name = test::kCells[a] + " vs " + test::kCells[b];
      tests.add(ours.chi_square, given(theirs.at("pairs").at(name).at("chisq")), name);
      tests.add(ours.p, given(theirs.at("pairs").at(name).at("p")), name);
      p.push_back(ours.p);
    }
  }
  adjusted(p, theirs, "p_");
}

void Golden::adjusted(const std::vector<double>& p, const json& theirs, const std::string& prefix) const {
  using stats::Adjustment;
  Quantity& quantity = table.closed("Adjusted p: Bonferroni, Holm, Hochberg, BH, BY", kSource);
  for (const auto& [name, adjustment] : {std::pair{"BH", Adjustment::kBenjaminiHochberg},
                                         {"BY", Adjustment::kBenjaminiYekutieli},
                                         {"holm", Adjustment::kHolm},
                                         {"bonferroni", Adjustment::kBonferroni},
                                         {"hochberg", Adjustment::kHochberg}}) {
    if (!theirs.contains(prefix + name)) continue;
    const std::vector<double> ours = stats::adjust(p, adjustment);
    for (std::size_t n = 0; n < p.size(); ++n) quantity.add(ours[n], given(theirs.at(prefix + name).at(n)), name);
  }
}

void Golden::concordances() const {
  each(numbers.at("concordance"), [&](const std::string& name, const json& theirs) {
    const bool age = name == "lung_age_higher_is_riskier";
    if (!age && name != "veteran_karno_lower_is_riskier") return false;
    const std::string data = age ? test::kLung : test::kVeteran;
    std::vector<double> risk;
    for (const CsvRow& row : must(read_csv(shared / data)))
      risk.push_back(age ? test::number("age")(row).value() : -test::number("karno")(row).value());
    const Concordance ours = must(concordance(groups(data, everyone).subjects, risk));
    Quantity& quantity = table.closed("Concordance, its error and pairs", kSource);
    quantity.add(ours.c, given(theirs.at("C")), name);
    quantity.add(ours.error, given(theirs.at("se")), name + " error");
    const json& counts = theirs.at("counts");
    quantity.add(ours.concordant, given(counts.at("concordant")), name);
    quantity.add(ours.discordant, given(counts.at("discordant")), name);
    quantity.add(ours.tied_risk, given(counts.at("tied.x")), name);
    quantity.add(ours.tied_time, given(counts.at("tied.y")), name);
    quantity.add(ours.tied_both, given(counts.at("tied.xy")), name);
    return true;
  });
}

void Golden::restricted_means() const {
  Quantity& quantity = table.closed("Restricted mean survival, its error and contrasts", kSource);
  const Curve lung = must(test::curves(groups(test::kLung, everyone))).front();
  const Curve veteran = must(test::curves(groups(test::kVeteran, everyone))).front();
  const std::vector<Curve> sexes = must(test::curves(groups(test::kLung, test::number("sex"))));
  const std::map<std::string, const Curve*> all = {
      {"lung_all_365", &lung}, {"lung_sex1_365", &sexes[0]}, {"lung_sex2_365", &sexes[1]}, {"veteran_180", &veteran}};
  each(numbers.at("rmst"), [&](const std::string& name, const json& theirs) {
    if (!all.contains(name)) return false;
    const Mean ours = must(restricted_mean(*all.at(name), theirs.at("tau")));
    quantity.add(ours.mean, given(theirs.at("rmst")), name);
    quantity.add(ours.error, given(theirs.at("se")), name + " error");
    return true;
  });
  const json& compared = numbers.at("rmst_survRM2").at("lung_sex2_vs_sex1_tau365");
  const Mean means[] = {must(restricted_mean(sexes[0], 365)), must(restricted_mean(sexes[1], 365))};
  for (std::size_t arm = 0; arm < 2; ++arm) {
    const double half = kNormal95 * means[arm].error;
    const double ours[] = {means[arm].mean, means[arm].error, means[arm].mean - half, means[arm].mean + half};
    for (std::size_t n = 0; n < 4; ++n)
      quantity.add(ours[n], given(compared.at(arm == 0 ? "arm0" : "arm1").at(n)), "survRM2, arm");
  }
  const MeanContrasts contrasts = compare_means(means[1], means[0], 365);
  std::size_t at = 0;
  for (const Contrast* one : {&contrasts.difference, &contrasts.ratio, &contrasts.ratio_of_lost}) {
    const json& theirs = compared.at("unadjusted").at(at++);
    quantity.add(one->estimate, given(theirs.at("Est.")), "survRM2");
    quantity.add(one->lower, given(theirs.at("lower .95")), "survRM2");
    quantity.add(one->upper, given(theirs.at("upper .95")), "survRM2");
    quantity.add(one->p, given(theirs.at("p")), "survRM2");
  }
}

void Golden::association() const {
  const json& counted = numbers.at("association").at("lung_sex_by_ecog");
  stats::Contingency counts{2, 3, {}};
  for (const json& row : counted.at("table")) {
    for (const json& count : row) counts.counts.push_back(count);
  }
  const auto chi = must(stats::chi_square_test(counts));
  Quantity& labels = table.closed("Chi-square and Fisher's exact test", kSource);
  labels.add(chi.statistic, given(counted.at("chisq")), "chi-square");
  labels.add(chi.p, given(counted.at("p")), "chi-square p");
  labels.add(must(stats::fisher_test(counts)).p, given(counted.at("fisher_p")), "Fisher's p");

  const json& varied = numbers.at("association").at("veteran_karno_by_cell_anova");
  std::vector<double> values;
  std::vector<int> cells;
  for (const CsvRow& row : must(read_csv(shared / test::kVeteran))) {
    values.push_back(test::number("karno")(row).value());
    cells.push_back(static_cast<int>(test::one_of("celltype", test::kCells)(row).value()));
  }
  const auto anova = must(stats::anova(values, cells));
  Quantity& variance = table.closed("Analysis of variance", kSource);
  variance.add(anova.statistic, given(varied.at("F")), "F");
  variance.add(anova.p, given(varied.at("p")), "p of F");
  variance.add(anova.degrees, given(varied.at("df1")), "degrees");
  variance.add(anova.error_degrees, given(varied.at("df2")), "degrees");

  const json& padjust = numbers.at("association").at("padjust");
  adjusted(padjust.at("p"), padjust, "");
}

}  // namespace

void compare_golden(const std::filesystem::path& shared, Table& table) {
  std::ifstream file(shared / "golden/survival.json");
  const Golden golden{shared, json::parse(file), table};
  golden.whole_curves();
  golden.points_and_medians();
  golden.restricted_means();
  golden.log_rank_tests();
  golden.pairs();
  golden.concordances();
  golden.association();
}

}  // namespace radtype::digits
