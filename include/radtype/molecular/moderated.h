// Which genes differ? A linear model a gene, whose variances lend each other strength (smyth2004).
#pragma once

#include <string>
#include <vector>

#include "radtype/molecular/expression.h"

namespace radtype::molecular {

/// What the mean of every gene is made of: samples x names, row by row, all finite, the constant included.
struct Design {
  std::vector<std::string> names;
  std::vector<double> values;
};
/// Sums of coefficients to be tested: names of the design x names, row by row.
struct Contrasts {
  std::vector<std::string> names;
  std::vector<double> values;
};
/// A column a group 1..k (its mean), and then the covariates' columns (name, value by sample) as given.
/// kUsage: sizes that differ, a label outside 1..k.
Result<Design> group_design(const std::vector<int>& groups, const std::vector<std::string>& names,
                            const std::vector<std::pair<std::string, std::vector<double>>>& covariates = {});
/// Of a group_design: each group less the mean of the other groups; of two groups only the first less the second.
Contrasts one_against_rest(const Design& design, std::size_t groups);
/// Of a group_design: each group less the first, whose joint F asks whether the groups differ.
Contrasts against_first(const Design& design, std::size_t groups);

enum class GeneStatus {
  kTested,
  kTooFewSamples,  ///< no more samples with a value than coefficients
  kNotEstimable,   ///< the samples with a value do not tell the coefficients apart
};

struct GeneTest {
  double estimate = 0;  ///< in the unit of the values: of log2 values the log2 fold change
  double low = 0;
  double high = 0;
  double t = 0;  ///< moderated
  double p = 1;  ///< two-sided
};

struct ModeratedFit {
  std::vector<std::string> contrasts;
  double prior_degrees = 0;   ///< infinite where variances differ by no more than chance
  double prior_variance = 0;  ///< what variances are drawn to
  std::size_t lifted = 0;     ///< genes of next to no variance, counted as 1e-5 of the median for the prior

  // By gene; NaN where status is not kTested.
  std::vector<GeneStatus> status;
  std::vector<std::size_t> samples;  ///< with a value
  std::vector<double> mean;          ///< of those
  std::vector<double> degrees;       ///< residual
  std::vector<double> variance;      ///< residual
  std::vector<double> moderated_variance;
  std::vector<double> total_degrees;  ///< of t and F: residual and prior, at most all residual ones together
  std::vector<GeneTest> tests;        ///< genes x contrasts, row by row
  std::vector<double> f;              ///< of all contrasts at once
  std::vector<double> f_p;
  int f_degrees = 0;  ///< of its numerator: the rank of the contrasts

  const GeneTest& test(std::size_t gene, std::size_t contrast) const {
    return tests[gene * contrasts.size() + contrast];
  }
};

/// Missing values leave a gene the samples that remain. kUsage: sizes that differ, a value that is not finite;
/// kUndefined: a column of the design that follows from those before it (named), a contrast of zeros, no more samples
/// than coefficients, fewer than two genes that can be tested, or variances that are all 0.
Result<ModeratedFit> moderated_fit(const ExpressionMatrix& matrix, const Design& design, const Contrasts& contrasts,
                                   double confidence = 0.95);

/// The prior of variances that have been drawn from a scaled F distribution, by the moments of their logarithms; where
/// those vary by no more than chance, the mean variance with infinite degrees.
struct VariancePrior {
  double degrees = 0;  ///< may be infinite
  double variance = 0;
  std::size_t lifted = 0;
};
/// Variances and their positive degrees of freedom, of the same size. kUndefined: fewer than two, or most of them 0.
Result<VariancePrior> variance_prior(const std::vector<double>& variances, const std::vector<double>& degrees);

}  // namespace radtype::molecular
