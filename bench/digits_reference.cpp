// ../shared/data/survival/reference_R: R's numbers in 10 digits.
#include <algorithm>
#include <map>

#include "digits.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "support/survival_models.h"

namespace radtype::digits {
namespace {

using namespace survival;

const std::string kSource = "reference_R";

double value(const CsvRow& row, const std::string& column) {
  const auto number = parse_double(row.at(column));
  if (!number) throw std::runtime_error(column + " is not a number: '" + row.at(column) + "'");
  return *number;
}
/// 10 significant digits; sums of weights have 15, and counts all.
Written given(const CsvRow& row, const std::string& column) {
  const double number = value(row, column);
  const std::string& text = row.at(column);
  if (text.find('.') == std::string::npos) return {number, 0};
  return rounded(number, column == "observed" ? 15 : 10);
}

struct Reference {
  std::filesystem::path shared;
  Table& table;

  std::vector<CsvRow> rows(const std::string& name) const {
    return must(read_csv(shared / "data/survival/reference_R" / name));
  }
  test::LabelledSubjects lung1(const test::Column& group) const {
    return must(test::read_groups(shared, test::kLung1, group, {}, test::number("Survival.time"),
                                  test::number("deadstatus.event")));
  }
  /// 1: longer than the median.
  test::Column by_length() const;
  std::map<std::string, LogRank> log_rank_tests() const;

  void models(const std::string& name) const;
  void proportionality(const std::string& name) const;
  void tests_of_groups(const std::string& name) const;
  void curves(const std::string& name, const test::LabelledSubjects& of, const std::vector<std::string>& groups) const;
};

test::Column Reference::by_length() const {
  const test::Column length = test::number("original_shape_MajorAxisLength");
  std::vector<double> lengths;
  for (const CsvRow& row : must(read_csv(shared / test::kLung1))) lengths.push_back(length(row).value());
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  const double median = *middle;
  return [=](const CsvRow& row) { return length(row).value() > median ? 1 : 2; };
}

void Reference::models(const std::string& name) const {
  Quantity& start = table.closed("Cox: likelihood and score test at 0, counts", kSource);
  Quantity& ratios = table.fitted("Cox: coefficients, hazard ratios, limits, z, p", kSource);
  Quantity& variance = table.fitted("Cox: covariance and standard errors", kSource);
  Quantity& tests = table.fitted("Cox: likelihood, its ratio", kSource);
  Quantity& wald = table.fitted("Cox: Wald's test (two decimals)", kSource);
  Quantity& order = table.fitted("Cox: concordance, its error", kSource);
  const auto known = test::reference_models();
  for (const CsvRow& row : rows(name)) {
    const std::string what = row.at("model") + " " + row.at("term");
    const auto& [model, ties] = known.at(row.at("model"));
    const test::FittedModel made = must(test::fit_model(shared, model, ties));
    const CoxFit& fit = made.fit;
    const auto found = std::find(fit.names.begin(), fit.names.end(), row.at("term"));
    if (found == fit.names.end()) throw std::runtime_error("no such term: " + what);
    const auto c = static_cast<std::size_t>(found - fit.names.begin());
    const Contrast ratio = fit.hazard_ratio(c);
    ratios.add(fit.coefficients[c], given(row, "coef"), what);
    ratios.add(ratio.estimate, given(row, "exp_coef"), what + " ratio");
    ratios.add(fit.coefficients[c] / fit.error(c), given(row, "z"), what + " z");
    ratios.add(ratio.p, given(row, "p"), what + " p");
    ratios.add(ratio.lower, given(row, "hr_lower95"), what + " lower");
    ratios.add(ratio.upper, given(row, "hr_upper95"), what + " upper");
    variance.add(fit.error(c), given(row, "se"), what);
    if (c > 0) continue;  // the rest is of the whole model
    start.add(static_cast<double>(fit.subjects), given(row, "n"), what);
    start.add(static_cast<double>(fit.events), given(row, "nevent"), what);
    start.add(fit.log_likelihood_null, given(row, "loglik_null"), what);
    start.add(fit.score.statistic, given(row, "score"), what + " score");
    tests.add(fit.log_likelihood, given(row, "loglik"), what);
    tests.add(fit.likelihood_ratio.statistic, given(row, "lrt"), what + " ratio");
    wald.add(fit.wald.statistic, {value(row, "wald"), 0.01}, what + " Wald");
    const Concordance ours = must(concordance(made.subjects, made.risks(), made.options.strata));
    order.add(ours.c, given(row, "concordance"), what);
    order.add(ours.error, given(row, "concordance_se"), what + " error");
  }
}

void Reference::proportionality(const std::string& name) const {
  Quantity& quantity = table.fitted("Proportional hazards: by survival; global", kSource);
  const auto known = test::reference_models();
  for (const CsvRow& row : rows(name)) {
    const std::string what = row.at("model") + " " + row.at("term");
    const auto& [model, ties] = known.at(row.at("model"));
    const test::FittedModel made = must(test::fit_model(shared, model, ties));
    const auto found = must(proportional_hazards(made.subjects, made.covariates, made.options, made.fit,
                                                 TimeScale::kKaplanMeier, model.terms));
    std::map<std::string, survival::Test> tests = {{"GLOBAL", found.global}};
    for (std::size_t t = 0; t < found.terms.size(); ++t)
      tests[model.terms.empty() ? made.fit.names[t] : model.terms[t].name] = found.terms[t];
    const survival::Test& ours = tests.at(row.at("term"));
    quantity.add(ours.statistic, given(row, "chisq"), what);
    quantity.add(ours.degrees, given(row, "df"), what);
    quantity.add(ours.p, given(row, "p"), what + " p");
  }
}

std::map<std::string, LogRank> Reference::log_rank_tests() const {
  const auto of = [](const test::LabelledSubjects& groups, double rho = 0) {
    return must(log_rank(groups.subjects, groups.groups, {}, rho));
  };
  const auto lung = must(test::read_groups(shared, test::kLung, test::number("sex")));
  const auto veteran = must(test::read_groups(shared, test::kVeteran, test::one_of("celltype", test::kCells)));
  const test::Column stage = test::one_of("Overall.Stage", {"I", "II", "IIIa", "IIIb", "Unknown"});
  return {{"lung~sex rho=0", of(lung)},
          {"lung~sex rho=1", of(lung, 1)},
          {"veteran~celltype rho=0", of(veteran)},
          {"lung1~major>median", of(lung1(by_length()))},
          {"lung1~Overall.Stage", of(lung1(stage))}};
}

void Reference::tests_of_groups(const std::string& name) const {
  Quantity& sums = table.closed("Log-rank: observed, expected", kSource);
  Quantity& tests = table.closed("Log-rank: statistic and p", kSource);
  const auto known = log_rank_tests();
  std::map<std::string, std::size_t> next;  // groups are in our order
  for (const CsvRow& row : rows(name)) {
    const std::string what = row.at("test") + " " + row.at("group");
    const LogRank& ours = known.at(row.at("test"));
    const std::size_t group = next[row.at("test")]++;
    sums.add(ours.sizes.at(group), given(row, "n"), what);
    sums.add(ours.observed.at(group), given(row, "observed"), what);
    sums.add(ours.expected.at(group), given(row, "expected"), what);
    if (group > 0) continue;
    tests.add(ours.chi_square, given(row, "chisq"), what);
    tests.add(ours.degrees, given(row, "df"), what);
    tests.add(ours.p, given(row, "p"), what + " p");
  }
}

void Reference::curves(const std::string& name, const test::LabelledSubjects& of,
                       const std::vector<std::string>& groups) const {
  Quantity& counts = table.closed("Kaplan-Meier: at risk, events, censored", kSource);
  Quantity& shares = table.closed("Kaplan-Meier: survival and its error", kSource);
  Quantity& ends = table.closed("Kaplan-Meier: limits, log", kSource);
  const std::vector<Curve> ours = must(test::curves(of));
  std::size_t points = 0, compared = 0;
  for (const Curve& curve : ours) points += curve.points.size();
  for (const CsvRow& row : rows(name)) {
    const std::string what = name + " " + row.at("strata") + " at " + row.at("time");
    const auto group = std::find(groups.begin(), groups.end(), row.at("strata"));
    if (group == groups.end()) throw std::runtime_error("no such group: " + what);
    const CurvePoint* point = ours[static_cast<std::size_t>(group - groups.begin())].at(value(row, "time"));
    if (point == nullptr || point->time != value(row, "time")) throw std::runtime_error("no such time: " + what);
    ++compared;
    counts.add(point->at_risk, given(row, "n_risk"), what);
    counts.add(point->events, given(row, "n_event"), what);
    counts.add(point->censored, given(row, "n_censor"), what);
    shares.add(point->survival, given(row, "surv"), what);
    shares.add_absent(point->survival > 0, row.at("std_err") != "NaN", what + " error");
    if (point->survival == 0) continue;
    const Limits limits = survival::limits(*point, IntervalKind::kLog);
    shares.add(point->survival * point->log_error, given(row, "std_err"), what + " error");
    ends.add(limits.lower, given(row, "lower95"), what + " lower");
    ends.add(limits.upper, given(row, "upper95"), what + " upper");
  }
  if (compared != points) throw std::runtime_error(name + ": not all times");
}

}  // namespace

void compare_reference_tables(const std::filesystem::path& shared, Table& table) {
  const Reference reference{shared, table};
  reference.curves("lung_km_by_sex.csv", must(test::read_groups(shared, test::kLung, test::number("sex"))),
                   {"sex=1", "sex=2"});
  reference.curves("veteran_km_by_celltype.csv",
                   must(test::read_groups(shared, test::kVeteran, test::one_of("celltype", test::kCells))),
                   {"celltype=squamous", "celltype=smallcell", "celltype=adeno", "celltype=large"});
  reference.curves("lung1_km_by_major_axis_median.csv", reference.lung1(reference.by_length()), {"g=large", "g=small"});
  for (const std::string name : {"logrank.csv", "lung1_logrank.csv"}) reference.tests_of_groups(name);
  for (const std::string name : {"cox.csv", "lung1_cox.csv"}) reference.models(name);
  for (const std::string name : {"cox_zph.csv", "lung1_cox_zph.csv"}) reference.proportionality(name);
}

}  // namespace radtype::digits
