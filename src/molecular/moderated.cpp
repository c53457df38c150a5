#include "radtype/molecular/moderated.h"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "molecular/linear_model.h"
#include "radtype/core/parallel.h"
#include "radtype/stats/distribution.h"

namespace radtype::molecular {
namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSingular = 1e-11;  // of the squares of a column, after those before it

/// The column that those before it make up for, if any.
std::optional<Index> dependent(const Matrix& design) {
  Matrix left = design.transpose() * design;
  const Vector all = left.diagonal();
  for (Index c = 0; c < left.rows(); ++c) {
    if (!(left(c, c) > kSingular * all[c]) || all[c] == 0) return c;
    const Vector column = left.col(c);
    left -= column * column.transpose() / column[c];
  }
  return std::nullopt;
}

/// In units in which every column has length 1, so that a covariate's unit does not matter.
Vector lengths(const Matrix& design) {
  Vector lengths = design.colwise().norm();
  return lengths.unaryExpr([](double length) { return length > 0 ? length : 1.0; });
}

/// What is asked of the coefficients, and the contrasts among them that the others follow from.
struct Questions {
  Matrix contrasts;  ///< coefficient x contrast
  Matrix basis;
};

Result<Questions> questions(const Contrasts& contrasts, Index coefficients) {
  const auto k = static_cast<Index>(contrasts.names.size());
  if (k == 0 || contrasts.values.size() != static_cast<std::size_t>(k * coefficients))
    return fail(ErrorCode::kUsage, fmt::format("{} contrasts of {} coefficients need {} numbers, there are {}", k,
                                               coefficients, k * coefficients, contrasts.values.size()));
  Questions asked;
  asked.contrasts =
      Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(contrasts.values.data(), coefficients, k);
  for (Index c = 0; c < k; ++c) {
    const std::string& name = contrasts.names[static_cast<std::size_t>(c)];
    if (!asked.contrasts.col(c).allFinite())
      return fail(ErrorCode::kUsage, fmt::format("contrast {} holds a number that is not finite", name));
    if (asked.contrasts.col(c).isZero(0))
      return fail(ErrorCode::kUndefined, fmt::format("contrast {} is all zeros: it asks for nothing", name));
  }
  const Eigen::ColPivHouseholderQR<Matrix> factor(asked.contrasts);
  asked.basis = (asked.contrasts * factor.colsPermutation()).leftCols(factor.rank());
  return asked;
}

/// What a gene needs of a model, once a pattern of missing values.
struct Asked {
  LinearModel model;
  Vector errors;  ///< of contrasts, in units of the residual deviation
  Eigen::LLT<Matrix> basis_covariance;
};
std::optional<Asked> ask(const Matrix& design, const Questions& questions) {
  auto model = LinearModel::of(design);
  if (!model) return std::nullopt;
  const Matrix& covariance = model->covariance();
  Vector errors(questions.contrasts.cols());
  for (Index c = 0; c < errors.size(); ++c) {
    const auto contrast = questions.contrasts.col(c);
    errors[c] = std::sqrt(contrast.dot(covariance * contrast));
  }
  Eigen::LLT<Matrix> basis(questions.basis.transpose() * covariance * questions.basis);
  return Asked{*std::move(model), std::move(errors), std::move(basis)};
}

class Fitter {
 public:
  Fitter(const ExpressionMatrix& matrix, const Matrix& design, const Questions& questions, Asked all, ModeratedFit& fit)
      : matrix_(matrix), design_(design), questions_(questions), all_(std::move(all)), fit_(fit) {}

  /// All but what the prior is needed for: f holds the quadratic form of the estimates, t the estimate over its error,
  /// both in units of the variance; low holds the error.
  void fit(std::size_t gene) const {
    const auto samples = static_cast<Index>(matrix_.samples.size());
    const Eigen::Map<const Vector> y(matrix_.row(gene), samples);
    std::vector<Index> there;
    for (Index s = 0; s < samples; ++s) {
      if (!std::isnan(y[s])) there.push_back(s);
    }
    fit_.samples[gene] = there.size();
    if (static_cast<Index>(there.size()) == samples) return put(gene, all_, y);
    fit_.mean[gene] = there.empty() ? kNone : y(there).mean();
    if (static_cast<Index>(there.size()) <= design_.cols()) {
      fit_.status[gene] = GeneStatus::kTooFewSamples;
    } else if (const auto part = ask(design_(there, Eigen::all), questions_)) {
      put(gene, *part, y(there));
    } else {
      fit_.status[gene] = GeneStatus::kNotEstimable;
    }
  }

 private:
  void put(std::size_t gene, const Asked& asked, const Vector& y) const {
    const Vector beta = asked.model.coefficients(y);
    fit_.status[gene] = GeneStatus::kTested;
    fit_.mean[gene] = y.mean();
    fit_.degrees[gene] = asked.model.degrees();
    fit_.variance[gene] = asked.model.residuals(y).squaredNorm() / asked.model.degrees();
    const std::size_t k = fit_.contrasts.size();
    for (std::size_t c = 0; c < k; ++c) {
      GeneTest& test = fit_.tests[gene * k + c];
      test.estimate = questions_.contrasts.col(static_cast<Index>(c)).dot(beta);
      test.low = asked.errors[static_cast<Index>(c)];
    }
    const Vector part = questions_.basis.transpose() * beta;
    fit_.f[gene] = part.dot(asked.basis_covariance.solve(part));
  }

  const ExpressionMatrix& matrix_;
  const Matrix& design_;
  const Questions& questions_;
  Asked all_;
  ModeratedFit& fit_;
};

ModeratedFit empty_fit(std::size_t genes, const Contrasts& contrasts) {
  ModeratedFit fit;
  fit.contrasts = contrasts.names;
  fit.status.assign(genes, GeneStatus::kNotEstimable);
  fit.samples.assign(genes, 0);
  for (std::vector<double>* numbers :
       {&fit.mean, &fit.degrees, &fit.variance, &fit.moderated_variance, &fit.total_degrees, &fit.f, &fit.f_p})
    numbers->assign(genes, kNone);
  fit.tests.assign(genes * contrasts.names.size(), GeneTest{kNone, kNone, kNone, kNone, kNone});
  return fit;
}

Result<VariancePrior> prior_of(const ModeratedFit& fit) {
  std::vector<double> variances;
  std::vector<double> degrees;
  for (std::size_t g = 0; g < fit.status.size(); ++g) {
    if (fit.status[g] != GeneStatus::kTested) continue;
    variances.push_back(fit.variance[g]);
    degrees.push_back(fit.degrees[g]);
  }
  return variance_prior(variances, degrees);
}

void moderate(ModeratedFit& fit, double confidence) {
  const std::size_t k = fit.contrasts.size();
  double pooled = 0;
  for (std::size_t g = 0; g < fit.status.size(); ++g)
    pooled += fit.status[g] == GeneStatus::kTested ? fit.degrees[g] : 0;
  std::map<double, double> reach;  // by degrees of freedom, of which there are few
  for (std::size_t g = 0; g < fit.status.size(); ++g) {
    if (fit.status[g] != GeneStatus::kTested) continue;
    fit.total_degrees[g] = std::min(fit.degrees[g] + fit.prior_degrees, pooled);
    double& found = reach[fit.total_degrees[g]];
    if (found == 0) found = stats::t_quantile(0.5 + confidence / 2, fit.total_degrees[g]);
  }
  parallel_for(0, static_cast<std::int64_t>(fit.status.size()), [&](std::int64_t n) {
    const auto g = static_cast<std::size_t>(n);
    if (fit.status[g] != GeneStatus::kTested) return;
    fit.moderated_variance[g] = std::isinf(fit.prior_degrees)
                                    ? fit.prior_variance
                                    : (fit.prior_degrees * fit.prior_variance + fit.degrees[g] * fit.variance[g]) /
                                          (fit.prior_degrees + fit.degrees[g]);
    const double degrees = fit.total_degrees[g];
    for (std::size_t c = 0; c < k; ++c) {
      GeneTest& test = fit.tests[g * k + c];
      const double error = test.low * std::sqrt(fit.moderated_variance[g]);
      const double off = reach.at(degrees) * error;
      test.t = test.estimate / error;
      test.p = stats::t_two_sided(test.t, degrees);
      test.low = test.estimate - off;
      test.high = test.estimate + off;
    }
    fit.f[g] /= fit.f_degrees * fit.moderated_variance[g];
    fit.f_p[g] = stats::f_tail(fit.f[g], fit.f_degrees, degrees);
  });
}

}  // namespace

Result<Eigen::MatrixXd> check_design(const Design& design, std::size_t samples) {
  const std::size_t p = design.names.size();
  if (p == 0 || design.values.size() != samples * p)
    return fail(ErrorCode::kUsage, fmt::format("a design of {} columns for {} samples needs {} numbers, it has {}", p,
                                               samples, samples * p, design.values.size()));
  Matrix x = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(
      design.values.data(), static_cast<Index>(samples), static_cast<Index>(p));
  for (std::size_t c = 0; c < p; ++c) {
    if (!x.col(static_cast<Index>(c)).allFinite())
      return fail(
          ErrorCode::kUsage,
          fmt::format("{} is not finite in a sample: leave such samples out, or fill them in", design.names[c]));
  }
  if (samples <= p)
    return fail(ErrorCode::kUndefined,
                fmt::format("{} samples for {} columns of the design leave no variance", samples, p));
  const Matrix scaled = x * lengths(x).cwiseInverse().asDiagonal();
  if (const auto bad = dependent(scaled))
    return fail(ErrorCode::kUndefined,
                fmt::format("column {} of the design is all zeros or follows from those before it: leave it out",
                            design.names[static_cast<std::size_t>(*bad)]));
  return x;
}

std::optional<LinearModel> LinearModel::of(const Matrix& design) {
  LinearModel model;
  model.design_ = design;
  const Vector unit = lengths(design);
  const Matrix scaled = design * unit.cwiseInverse().asDiagonal();
  if (dependent(scaled)) return std::nullopt;
  const Index p = design.cols();
  const Eigen::HouseholderQR<Matrix> factor(scaled);
  const Matrix q = factor.householderQ() * Matrix::Identity(design.rows(), p);
  const Matrix inverse = factor.matrixQR().topRows(p).triangularView<Eigen::Upper>().solve(Matrix::Identity(p, p));
  const Matrix root = unit.cwiseInverse().asDiagonal() * inverse;
  model.solver_ = root * q.transpose();
  model.covariance_ = root * root.transpose();
  return model;
}

Result<Design> group_design(const std::vector<int>& groups, const std::vector<std::string>& names,
                            const std::vector<std::pair<std::string, std::vector<double>>>& covariates) {
  Design design{names, {}};
  for (const auto& [name, values] : covariates) {
    if (values.size() != groups.size())
      return fail(ErrorCode::kUsage,
                  fmt::format("covariate {} has {} values for {} samples", name, values.size(), groups.size()));
    design.names.push_back(name);
  }
  for (std::size_t s = 0; s < groups.size(); ++s) {
    if (groups[s] < 1 || static_cast<std::size_t>(groups[s]) > names.size())
      return fail(ErrorCode::kUsage,
                  fmt::format("sample {} is of group {}: groups are 1 to {}", s + 1, groups[s], names.size()));
    for (std::size_t g = 1; g <= names.size(); ++g)
      design.values.push_back(static_cast<std::size_t>(groups[s]) == g ? 1 : 0);
    for (const auto& [name, values] : covariates) design.values.push_back(values[s]);
  }
  return design;
}

Contrasts one_against_rest(const Design& design, std::size_t groups) {
  RADTYPE_CHECK(groups >= 2 && groups <= design.names.size());
  Contrasts contrasts;
  const std::size_t asked = groups == 2 ? 1 : groups;
  for (std::size_t c = 0; c < asked; ++c)
    contrasts.names.push_back(design.names[c] + " vs " + (groups == 2 ? design.names[1] : "rest"));
  for (std::size_t row = 0; row < design.names.size(); ++row) {
    for (std::size_t c = 0; c < asked; ++c)
      contrasts.values.push_back(row == c ? 1 : row < groups ? -1 / static_cast<double>(groups - 1) : 0);
  }
  return contrasts;
}

Contrasts against_first(const Design& design, std::size_t groups) {
  RADTYPE_CHECK(groups >= 2 && groups <= design.names.size());
  Contrasts contrasts;
  for (std::size_t c = 1; c < groups; ++c) contrasts.names.push_back(design.names[c] + " vs " + design.names[0]);
  for (std::size_t row = 0; row < design.names.size(); ++row) {
    for (std::size_t c = 1; c < groups; ++c) contrasts.values.push_back(row == c ? 1 : row == 0 ? -1 : 0);
  }
  return contrasts;
}

Result<ModeratedFit> moderated_fit(const ExpressionMatrix& matrix, const Design& design, const Contrasts& contrasts,
                                   double confidence) {
  auto x = check_design(design, matrix.samples.size());
  if (!x) return pass_on(std::move(x));
  auto asked = questions(contrasts, x->cols());
  if (!asked) return pass_on(std::move(asked));
  auto all = ask(*x, *asked);
  RADTYPE_CHECK(all.has_value());
  ModeratedFit fit = empty_fit(matrix.genes.size(), contrasts);
  fit.f_degrees = static_cast<int>(asked->basis.cols());
  const Fitter fitter(matrix, *x, *asked, *std::move(all), fit);
  parallel_for(0, static_cast<std::int64_t>(matrix.genes.size()),
               [&](std::int64_t gene) { fitter.fit(static_cast<std::size_t>(gene)); });
  auto prior = prior_of(fit);
  if (!prior) return pass_on(std::move(prior));
  fit.prior_degrees = prior->degrees;
  fit.prior_variance = prior->variance;
  fit.lifted = prior->lifted;
  moderate(fit, confidence);
  return fit;
}

}  // namespace radtype::molecular
