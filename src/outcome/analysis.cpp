#include "radtype/outcome/analysis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/core/text.h"
#include "radtype/stats/distribution.h"
#include "radtype/survival/log_rank.h"
#include "sample.h"

namespace radtype::outcome {
namespace {

using survival::CoxFit;
using survival::Subject;

/// Below this many events for a coefficient, estimates of a model are not to be relied on (vittinghoff2007).
constexpr double kEventsPerCoefficient = 5;

survival::Test chi_square(double statistic, int degrees) {
  return {statistic, degrees, stats::chi_square_tail(std::max(0.0, statistic), degrees)};
}

/// That these coefficients are all 0, by the covariance that counts.
survival::Test wald(const CoxFit& fit, const std::vector<std::size_t>& columns) {
  const auto p = static_cast<Eigen::Index>(columns.size());
  const std::vector<double>& all = fit.robust_covariance.empty() ? fit.covariance : fit.robust_covariance;
  Eigen::VectorXd estimate(p);
  Eigen::MatrixXd covariance(p, p);
  for (Eigen::Index a = 0; a < p; ++a) {
    const std::size_t from = columns[static_cast<std::size_t>(a)];
    estimate[a] = fit.coefficients[from];
    for (Eigen::Index b = 0; b < p; ++b)
      covariance(a, b) = all[from * fit.names.size() + columns[static_cast<std::size_t>(b)]];
  }
  return chi_square(estimate.dot(covariance.ldlt().solve(estimate)), static_cast<int>(p));
}

/// The first ratio or limit that is 0 or infinite; their number where none is.
std::size_t beyond_numbers(const std::vector<survival::Contrast>& ratios) {
  const auto wild = [](const survival::Contrast& one) {
    return !(one.estimate > 0 && one.lower > 0 && std::isfinite(one.estimate) && std::isfinite(one.upper));
  };
  return static_cast<std::size_t>(std::find_if(ratios.begin(), ratios.end(), wild) - ratios.begin());
}

/// One analysis while it is being done.
class Work {
 public:
  Work(const Plan& plan, const Analysis& analysis, const Records& records)
      : plan_(plan),
        analysis_(analysis),
        records_(records),
        endpoint_(plan.endpoint(analysis.endpoint)),
        group_(analysis.group) {
    result_.analysis = analysis;
  }

  Result<AnalysisResult> run() {
    auto described = described_sample(plan_, analysis_, records_, result_.left_out);
    if (!described && described.error().code() == ErrorCode::kEmpty) return without(described.error().message());
    if (!described) return pass_on(std::move(described));
    described_ = std::move(*described);
    result_.n = described_.rows.size();
    result_.events = described_.events();
    result_.competing = described_.competing();
    result_.reference = described_.labels.front();
    if (!described_.no_event.empty()) {
      std::string counted;
      for (const auto& [value, count] : described_.no_event)
        counted += fmt::format("{}\"{}\" ({})", counted.empty() ? "" : ", ", value, count);
      result_.notes.push_back(fmt::format("values of {} taken as no event: {}", endpoint_.event, counted));
    }
    for (const std::string& value : described_.unseen_events)
      result_.notes.push_back(fmt::format("nobody has the event value \"{}\" of the plan", value));
    describe_groups();
    if (described_.labels.size() < 2) return without("all patients are of one group, " + described_.labels.front());
    if (!described_.clusters.empty()) {
      result_.notes.push_back("only Cox's models know of clusters (" + analysis_.cluster +
                              "): curves, log-rank tests and incidence take patients as independent");
    }
    test_groups();
    fit_models();
    choose_primary();
    return std::move(result_);
  }

 private:
  bool competing() const { return !endpoint_.competing.empty(); }

  AnalysisResult without(const std::string& why) {
    result_.missing = why;
    return std::move(result_);
  }

  void describe_groups() {
    double last = std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < described_.labels.size(); ++g) {
      GroupResult group{described_.values[g], described_.labels[g], 0, 0, {}, {}, {}, {}, {}, {}};
      std::vector<Subject> subjects;
      std::vector<survival::CompetingSubject> causes;
      for (std::size_t n = 0; n < described_.rows.size(); ++n) {
        if (described_.groups[n] != static_cast<int>(g) + 1) continue;
        subjects.push_back(described_.subjects[n]);
        causes.push_back(described_.causes[n]);
        group.events += described_.subjects[n].event;
      }
      group.n = subjects.size();
      group.curve = *survival::kaplan_meier(subjects);  // the sample was checked
      last = std::min(last, group.curve.points.back().time);
      if (!competing()) {
        group.median = survival::quantile(group.curve, 0.5, survival::IntervalKind::kLogLog, plan_.confidence);
      } else {
        group.incidence = *survival::cumulative_incidence(causes, 1);
        group.incidence_of_others = *survival::cumulative_incidence(causes, 2);
      }
      result_.groups.push_back(std::move(group));
    }
    result_.horizon = endpoint_.horizon.value_or(last);
    if (!competing()) restrict_means();
  }

  void restrict_means() {
    for (GroupResult& group : result_.groups) {
      if (auto mean = survival::restricted_mean(group.curve, result_.horizon)) {
        group.restricted_mean = *mean;
      } else {
        result_.notes.push_back(fmt::format("{}: no restricted mean: {}", group.label, mean.error().message()));
      }
    }
    const auto& reference = result_.groups.front().restricted_mean;
    for (std::size_t g = 1; g < result_.groups.size(); ++g) {
      GroupResult& group = result_.groups[g];
      if (!reference || !group.restricted_mean || !(reference->error + group.restricted_mean->error > 0)) continue;
      group.restricted_difference =
          survival::compare_means(*group.restricted_mean, *reference, result_.horizon, plan_.confidence).difference;
    }
  }

  TestResult& add_test(const std::string& name, const Sample& sample) {
    return result_.tests.emplace_back(TestResult{name, sample.rows.size(), sample.events(), {}, {}, {}});
  }

  void test_groups() {
    TestResult& all = add_test("log-rank", described_);
    const auto compared = survival::log_rank(described_.subjects, described_.groups, described_.strata, analysis_.rho);
    if (compared) {
      all.test = {compared->chi_square, compared->degrees, compared->p};
      if (plan_.group(analysis_.group).quantiles > 2) test_trend(*compared);
    } else {
      all.missing = compared.error().message();
    }
    if (competing()) {
      TestResult& gray = add_test("Gray", described_);
      const auto found = survival::gray_test(described_.causes, described_.groups, 1, described_.strata, analysis_.rho);
      if (found) {
        gray.test = found->test;
      } else {
        gray.missing = found.error().message();
      }
    }
    if (described_.labels.size() > 2) test_pairs();
  }

  void test_trend(const survival::LogRank& compared) {
    std::vector<double> scores;
    for (const std::string& value : described_.values) scores.push_back(parse_double(value).value_or(0));
    TestResult& test = add_test("log-rank trend", described_);
    if (const auto trend = survival::trend(compared, scores)) {
      test.test = *trend;
    } else {
      test.missing = trend.error().message();
    }
  }

  void test_pairs() {
    const std::size_t first = result_.tests.size();
    std::vector<double> p;
    for (std::size_t a = 0; a < described_.labels.size(); ++a) {
      for (std::size_t b = a + 1; b < described_.labels.size(); ++b) {
        std::vector<std::size_t> places;
        for (std::size_t n = 0; n < described_.rows.size(); ++n) {
          const auto group = static_cast<std::size_t>(described_.groups[n] - 1);
          if (group == a || group == b) places.push_back(n);
        }
        const Sample pair = described_.of(places);
        TestResult& test = add_test(fmt::format("{} against {}", described_.labels[a], described_.labels[b]), pair);
        const auto found = survival::log_rank(pair.subjects, pair.groups, pair.strata, analysis_.rho);
        if (found) {
          test.test = {found->chi_square, found->degrees, found->p};
        } else {
          test.missing = found.error().message();
        }
        p.push_back(found ? found->p : 1);  // a pair that cannot be compared counts
      }
    }
    const auto adjusted = stats::adjust(p, stats::Adjustment::kHolm);
    for (std::size_t n = 0; n < p.size(); ++n) {
      if (result_.tests[first + n].missing.empty()) result_.tests[first + n].adjusted_p = adjusted[n];
    }
  }

  survival::CoxOptions options(const Sample& sample) const { return {analysis_.ties, sample.strata, sample.clusters}; }

  /// Fits, describes and keeps a model; its fit, where there is one.
  std::optional<CoxFit> fit(const std::string& name, const std::string& title, const Sample& sample,
                            const std::vector<const DesignBlock*>& blocks, bool check_hazards) {
    const DesignMatrix matrix = design_matrix(blocks, sample.rows.size());
    ModelResult model{name, title, sample.rows.size(), sample.events(), {}, {}, {}, {}, {}, false, {}};
    auto fitted = survival::cox(sample.subjects, matrix.covariates, options(sample));
    if (!fitted) {
      model.missing = fitted.error().message();
      result_.models.push_back(std::move(model));
      return std::nullopt;
    }
    model.log_likelihood = fitted->log_likelihood;
    model.robust = !sample.clusters.empty();
    model.likelihood_ratio = model.robust ? fitted->wald : fitted->likelihood_ratio;
    std::vector<survival::Contrast> ratios;
    for (std::size_t c = 0; c < matrix.columns.size(); ++c) ratios.push_back(fitted->hazard_ratio(c, plan_.confidence));
    if (const std::size_t wild = beyond_numbers(ratios); wild < ratios.size()) {
      model.missing = "a hazard ratio of " + matrix.covariates.names[wild] +
                      " has no number; of a covariate, choose other units (\"per\" in the plan)";
      result_.models.push_back(std::move(model));
      return std::nullopt;
    }
    describe(model, sample, blocks, ratios);
    std::vector<double> risk(sample.rows.size(), 0);
    for (std::size_t n = 0; n < risk.size(); ++n) {
      for (std::size_t c = 0; c < matrix.columns.size(); ++c)
        risk[n] += fitted->coefficients[c] * matrix.covariates.value(n, c);
    }
    if (const auto concordance = survival::concordance(sample.subjects, risk, sample.strata))
      model.concordance = *concordance;
    if (check_hazards) {
      const auto hazards = survival::proportional_hazards(sample.subjects, matrix.covariates, options(sample), *fitted,
                                                          survival::TimeScale::kKaplanMeier, matrix.terms);
      if (hazards) {
        for (std::size_t t = 0; t < matrix.terms.size(); ++t)
          model.proportional_hazards.push_back({matrix.terms[t].name, hazards->terms[t]});
        model.proportional_hazards.push_back({"all", hazards->global});
      } else {
        result_.notes.push_back(title + ": proportional hazards were not tested: " + hazards.error().message());
      }
    }
    const auto coefficients = static_cast<double>(matrix.columns.size());
    if (static_cast<double>(model.events) < kEventsPerCoefficient * coefficients) {
      result_.notes.push_back(
          fmt::format("{}: {} events for {} coefficients; with fewer than {} each, estimates are "
                      "not to be relied on",
                      title, model.events, matrix.columns.size(), kEventsPerCoefficient));
    }
    result_.models.push_back(std::move(model));
    return std::move(*fitted);
  }

  /// Lines of a model: references, levels and numbers.
  static void describe(ModelResult& model, const Sample& sample, const std::vector<const DesignBlock*>& blocks,
                       const std::vector<survival::Contrast>& ratios) {
    std::size_t next = 0;
    for (const DesignBlock* block : blocks) {
      const auto count = [&](CoefficientResult& line, int level) {
        for (std::size_t n = 0; n < sample.rows.size(); ++n) {
          if (level != 0 && block->levels[n] != level) continue;
          ++line.n;
          line.events += sample.subjects[n].event;
        }
      };
      if (!block->levels.empty() && !block->columns.empty()) {
        CoefficientResult line{block->columns.front().term, block->reference, 0, 0, true, {1, 1, 1, 1}};
        count(line, 1);
        model.coefficients.push_back(std::move(line));
      }
      for (const DesignColumn& column : block->columns) {
        CoefficientResult line{column.term, column.level, 0, 0, false, ratios[next++]};
        count(line, column.number);
        model.coefficients.push_back(std::move(line));
      }
    }
  }

  /// Do the last blocks of the larger model say more than the smaller? By likelihood, or, with clusters, by Wald's
  /// test.
  void test_added(const std::string& name, const Sample& sample, const std::optional<CoxFit>& larger,
                  const std::optional<CoxFit>& smaller) {
    TestResult& test = add_test(name, sample);
    if (!larger) {
      test.missing = "the larger model could not be fitted: " + result_.models.back().missing;
      return;
    }
    const std::size_t from = smaller ? smaller->names.size() : 0;
    if (!sample.clusters.empty()) {
      std::vector<std::size_t> columns;
      for (std::size_t c = from; c < larger->names.size(); ++c) columns.push_back(c);
      test.test = wald(*larger, columns);
      return;
    }
    const double before = smaller ? smaller->log_likelihood : larger->log_likelihood_null;
    test.test = chi_square(2 * (larger->log_likelihood - before), static_cast<int>(larger->names.size() - from));
  }

  bool with_treatment() const { return !analysis_.interaction.empty(); }
  /// What the group is tested beside.
  std::string beside() const {
    const bool covariates = !analysis_.covariates.empty() || with_treatment();
    return plan_.size && covariates ? "size and covariates" : plan_.size ? "size" : covariates ? "covariates" : "";
  }
  std::string adjusted_test() const { return group_ + (beside().empty() ? " alone" : " beyond " + beside()); }
  std::string interaction_test() const { return analysis_.interaction + " by " + group_; }

  /// The tests of adjusted models are there, and say why they are not.
  void not_adjusted(const std::string& why) {
    add_test(adjusted_test(), described_).missing = why;
    if (with_treatment()) add_test(interaction_test(), described_).missing = why;
  }

  void fit_models() {
    const DesignBlock groups = group_block(group_, described_);
    const auto alone = fit("group", group_ + " alone", described_, {&groups}, true);
    test_added(group_ + " alone", described_, alone, std::nullopt);

    // Everything else on those of whom everything is known, so that models can be compared.
    std::vector<const Covariate*> wanted;
    if (plan_.size) wanted.push_back(&*plan_.size);
    for (const std::string& name : analysis_.covariates) wanted.push_back(&plan_.covariate(name));
    if (with_treatment()) wanted.push_back(&plan_.covariate(analysis_.interaction));
    if (wanted.empty()) return;
    std::vector<std::string> missing(described_.rows.size());
    for (const Covariate* covariate : wanted) {
      const auto block = design_block(*covariate, records_, described_);
      if (!block) return not_adjusted(block.error().message());
      const std::size_t wide = block->columns.size();
      std::size_t& count = result_.missing_values[covariate->name] = 0;
      for (std::size_t n = 0; n < missing.size(); ++n) {
        if (block->levels.empty() ? std::isfinite(block->values[n * wide]) : block->levels[n] > 0) continue;
        missing[n] += (missing[n].empty() ? "no " : ", no ") + covariate->name;
        ++count;
      }
    }
    std::vector<std::size_t> places;
    for (std::size_t n = 0; n < missing.size(); ++n) {
      if (missing[n].empty()) {
        places.push_back(n);
      } else {
        result_.not_modelled.push_back({records_.patients[described_.rows[n]], missing[n]});
      }
    }
    if (places.empty()) return not_adjusted("nobody has all of size and covariates");
    const Sample sample = described_.of(places);
    result_.modelled = sample.rows.size();
    result_.modelled_events = sample.events();
    if (sample.labels.size() < 2)
      return not_adjusted("all patients with size and covariates are of one group, " + sample.labels.front());
    if (sample.labels.front() != described_.labels.front())
      result_.notes.push_back("adjusted models compare with " + sample.labels.front());
    std::vector<DesignBlock> blocks;
    for (const Covariate* covariate : wanted) {
      auto block = design_block(*covariate, records_, sample);
      if (!block) return not_adjusted(block.error().message());
      if (block->columns.empty())
        result_.notes.push_back(covariate->name + " has one value among those modelled, and takes no part");
      blocks.push_back(std::move(*block));
    }
    fit_adjusted(sample, blocks);
  }

  /// Blocks: size, covariates, and the treatment last where there is one.
  void fit_adjusted(const Sample& sample, const std::vector<DesignBlock>& blocks) {
    std::vector<const DesignBlock*> base;
    for (const DesignBlock& block : blocks) {
      if (!block.columns.empty()) base.push_back(&block);
    }
    const DesignBlock groups = group_block(group_, sample);
    if (plan_.size && blocks.size() > 1) {
      const auto of_size = fit("size", plan_.size->name, sample, {&blocks.front()}, false);
      const auto with_size =
          fit("size and group", plan_.size->name + " and " + group_, sample, {&blocks.front(), &groups}, false);
      if (of_size) test_added(group_ + " beyond size", sample, with_size, of_size);
    }
    std::optional<CoxFit> before;
    if (!base.empty()) {
      before = fit("base", beside(), sample, base, false);
      if (!before) return not_adjusted("the model without the group: " + result_.models.back().missing);
    }
    std::vector<const DesignBlock*> adjusted = base;
    adjusted.push_back(&groups);
    const std::string of = beside() == "size and covariates" ? "size, covariates" : beside();
    const auto after = fit("adjusted", of + " and " + group_, sample, adjusted, true);
    test_added(adjusted_test(), sample, after, before);
    if (competing()) fit_subdistribution(sample, adjusted);
    if (!with_treatment()) return;
    if (!after || blocks.back().columns.empty()) {
      add_test(interaction_test(), sample).missing =
          after ? "everybody has the same " + analysis_.interaction : result_.tests.back().missing;
      return;
    }
    const DesignBlock product = product_block(blocks.back(), groups);
    std::vector<const DesignBlock*> all = adjusted;
    all.push_back(&product);
    const auto crossed = fit("interaction", interaction_test(), sample, all, false);
    test_added(interaction_test(), sample, crossed, after);
    if (crossed) effects_in_groups(sample, *crossed, all);
  }

  /// The treatment's hazard ratio in each group: its own coefficient and that of the product.
  void effects_in_groups(const Sample& sample, const CoxFit& fit, const std::vector<const DesignBlock*>& blocks) {
    const DesignBlock& product = *blocks.back();
    const DesignBlock& treatment = *blocks[blocks.size() - 3];
    const std::size_t groups = sample.labels.size();
    const std::size_t first_product = fit.names.size() - product.columns.size();
    const std::size_t first_treatment = first_product - (groups - 1) - treatment.columns.size();
    const std::vector<double>& covariance = fit.robust_covariance.empty() ? fit.covariance : fit.robust_covariance;
    const auto of = [&](std::size_t a, std::size_t b) { return covariance[a * fit.names.size() + b]; };
    const double width = stats::normal_quantile(0.5 + plan_.confidence / 2);
    for (std::size_t level = 0; level < treatment.columns.size(); ++level) {
      for (std::size_t g = 0; g < groups; ++g) {
        const std::size_t main = first_treatment + level;
        double estimate = fit.coefficients[main];
        double variance = of(main, main);
        if (g > 0) {
          const std::size_t extra = first_product + level * (groups - 1) + (g - 1);
          estimate += fit.coefficients[extra];
          variance += of(extra, extra) + 2 * of(main, extra);
        }
        EffectInGroup effect{sample.labels[g], treatment.columns[level].level, 0, 0, {}};
        for (std::size_t n = 0; n < sample.rows.size(); ++n) {
          const int on = treatment.levels[n];
          if (sample.groups[n] != static_cast<int>(g) + 1 || (on != 1 && on != treatment.columns[level].number))
            continue;
          ++effect.n;
          effect.events += sample.subjects[n].event;
        }
        const double error = std::sqrt(variance);
        effect.ratio = {std::exp(estimate), std::exp(estimate - width * error), std::exp(estimate + width * error),
                        stats::normal_two_sided(estimate / error)};
        result_.effects.push_back(std::move(effect));
      }
    }
  }

  void fit_subdistribution(const Sample& sample, const std::vector<const DesignBlock*>& blocks) {
    const DesignMatrix matrix = design_matrix(blocks, sample.rows.size());
    ModelResult model{"subdistribution",
                      "incidence (Fine and Gray)",
                      sample.rows.size(),
                      sample.events(),
                      {},
                      {},
                      {},
                      {},
                      {},
                      false,
                      {}};
    const auto fitted = survival::fine_gray(sample.causes, matrix.covariates, 1);
    if (fitted) {
      model.likelihood_ratio = fitted->wald;
      std::vector<survival::Contrast> ratios;
      for (std::size_t c = 0; c < matrix.columns.size(); ++c)
        ratios.push_back(fitted->hazard_ratio(c, plan_.confidence));
      if (const std::size_t wild = beyond_numbers(ratios); wild < ratios.size()) {
        model.missing = "a ratio of " + matrix.covariates.names[wild] + " has no number";
      } else {
        describe(model, sample, blocks, ratios);
      }
      if (!sample.strata.empty()) result_.notes.emplace_back("the model of incidence has no strata");
    } else {
      model.missing = fitted.error().message();
    }
    result_.models.push_back(std::move(model));
  }

  void choose_primary() {
    const Primary primary = analysis_.primary.value_or(Primary::kAdjusted);
    result_.primary = primary == Primary::kLogRank       ? competing() ? "Gray" : "log-rank"
                      : primary == Primary::kInteraction ? interaction_test()
                                                         : adjusted_test();
    const TestResult* chosen = result_.test(result_.primary);
    if (chosen != nullptr && chosen->missing.empty()) result_.p = chosen->test.p;
  }

  const Plan& plan_;
  const Analysis& analysis_;
  const Records& records_;
  const Endpoint& endpoint_;
  std::string group_;
  Sample described_;
  AnalysisResult result_;
};

stats::Adjustment adjustment_of(const std::string& word) {
  if (word == "BH") return stats::Adjustment::kBenjaminiHochberg;
  if (word == "BY") return stats::Adjustment::kBenjaminiYekutieli;
  if (word == "holm") return stats::Adjustment::kHolm;
  if (word == "hochberg") return stats::Adjustment::kHochberg;
  return stats::Adjustment::kBonferroni;
}

}  // namespace

const TestResult* AnalysisResult::test(const std::string& name) const {
  const auto found = std::find_if(tests.begin(), tests.end(), [&](const TestResult& one) { return one.name == name; });
  return found == tests.end() ? nullptr : &*found;
}
const ModelResult* AnalysisResult::model(const std::string& name) const {
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const ModelResult& one) { return one.name == name; });
  return found == models.end() ? nullptr : &*found;
}

Result<OutcomeResult> run_plan(const Plan& plan, const Records& records) {
  for (const std::string& column : plan.columns()) {
    if (auto there = records.texts(column); !there) return pass_on(std::move(there), "plan");
  }
  OutcomeResult result{plan, records.size(), {}};
  for (const Analysis& analysis : plan.analyses) {
    auto done = Work(plan, analysis, records).run();
    if (!done) {
      AnalysisResult failed;
      failed.analysis = analysis;
      failed.missing = done.error().message();
      done = std::move(failed);
    }
    result.analyses.push_back(std::move(*done));
  }
  std::map<std::string, std::vector<AnalysisResult*>> families;
  for (AnalysisResult& one : result.analyses) families[one.analysis.family].push_back(&one);
  for (const auto& [family, members] : families) {
    std::vector<double> p;
    for (const AnalysisResult* one : members) p.push_back(one->p.value_or(1));  // what was declared counts
    const auto q = stats::adjust(p, adjustment_of(plan.adjustment));
    for (std::size_t n = 0; n < members.size(); ++n) {
      if (members[n]->p) members[n]->q = q[n];
    }
  }
  return result;
}

}  // namespace radtype::outcome
