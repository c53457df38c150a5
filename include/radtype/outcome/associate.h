// What differs between groups: clinical columns, mutations, genes, gene sets, and scores of each sample.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radtype/molecular/enrichment.h"
#include "radtype/molecular/expression.h"
#include "radtype/molecular/moderated.h"
#include "radtype/outcome/plan.h"
#include "radtype/outcome/records.h"
#include "radtype/stats/association.h"

namespace radtype::outcome {

/// Who is compared: the patients of a group by a column of the records.
struct GroupedPatients {
  std::string column;
  std::vector<std::size_t> rows;    ///< of the records
  std::vector<int> groups;          ///< 1..k
  std::vector<std::string> labels;  ///< "subtype 1", ...
  std::vector<LeftOut> left_out;
};
/// kUndefined: fewer than two groups, or a group of one patient; errors of Records.
Result<GroupedPatients> grouped_patients(const Records& records, const std::string& column);

/// One column against the groups. Numbers of more than `kFewValues` different values are compared by Kruskal and
/// Wallis's test, all others as categories, by chi-square where every expected count is 5 or more, else by Fisher's
/// exact test.
struct ColumnAssociation {
  static constexpr std::size_t kFewValues = 5;
  std::string column;
  bool categorical = false;
  std::size_t n = 0;
  std::size_t missing = 0;
  std::string test;
  stats::Association result;                            ///< of categories: chi-square, with the p of `test`
  std::string effect;                                   ///< what `result.effect` is
  std::int64_t random_tables = 0;                       ///< 0: p is no Monte-Carlo estimate
  std::optional<stats::Association> variance_analysis;  ///< of numbers
  std::optional<double> q;
  std::string undefined;  ///< why there is no test
  // Categories: groups x categories. Numbers: by group.
  std::vector<std::string> categories;
  std::vector<double> counts;
  std::vector<std::vector<double>> values;
};
struct AssociationOptions {
  std::uint64_t seed = 1;  ///< of Monte-Carlo tables
  double confidence = 0.95;
};
/// Every column, q by Benjamini and Hochberg over all of them. kUsage: a column that is not there.
Result<std::vector<ColumnAssociation>> associate_columns(const Records& records, const GroupedPatients& grouped,
                                                         const std::vector<std::string>& columns,
                                                         const AssociationOptions& options = {});

/// A score of each sample against the groups, raw and beside covariates.
struct ScoreAssociation {
  std::string name;
  stats::Association kruskal_wallis;
  std::optional<double> q;
  std::string undefined;
  std::vector<std::vector<double>> values;  ///< by group
};

struct ExpressionAssociation {
  std::vector<std::size_t> rows;  ///< of the records: patients with expression, a group and all covariates
  std::vector<int> groups;        ///< of them
  std::vector<std::string> labels;
  std::vector<LeftOut> left_out;
  std::vector<std::string> covariates;  ///< columns of the design beside the groups
  std::vector<std::string> genes;
  molecular::ModeratedFit fit;      ///< each group less the mean of the others
  molecular::ModeratedFit overall;  ///< each group less the first: its F is of any difference
  std::vector<double> q;            ///< genes x contrasts, within a contrast
  std::vector<double> f_q;
  std::vector<std::string> sets;                  ///< those with genes enough
  std::vector<molecular::Enrichment> enrichment;  ///< contrasts x sets, correlation counted
  std::vector<double> p_as_independent;           ///< alike, if genes were independent
  std::vector<double> set_q;                      ///< contrasts x sets, over all
  std::vector<std::string> sets_left_out;
  std::vector<ScoreAssociation> scores;  ///< of each set, and cytolytic activity where its genes are there
  molecular::SetScores set_scores;       ///< singscore; samples as `rows`
  std::optional<std::vector<double>> cytolytic;
  std::string scores_missing = {};  ///< why there is none
  std::string cytolytic_missing = {};
};
struct ExpressionOptionsOfGroups {
  std::vector<Covariate> covariates = {};  ///< of the linear model
  molecular::ExpressionUnit unit = molecular::ExpressionUnit::kLog2PlusOne;
  double confidence = 0.95;
};
/// Moderated t and F of every gene, gene sets by CAMERA, scores by singscore and cytolytic activity. Samples are
/// patients, by name. kInconsistent: nobody in common; kUndefined: as of grouped_patients and moderated_fit.
Result<ExpressionAssociation> associate_expression(const Records& records, const GroupedPatients& grouped,
                                                   const molecular::ExpressionMatrix& matrix,
                                                   const std::vector<molecular::GeneSet>& sets,
                                                   const ExpressionOptionsOfGroups& options = {});

}  // namespace radtype::outcome
