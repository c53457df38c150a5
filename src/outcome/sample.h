// Who takes part in an analysis, and the covariates of its models.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "radtype/outcome/plan.h"
#include "radtype/outcome/records.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/cox.h"
#include "radtype/survival/residuals.h"

namespace radtype::outcome {

struct Sample {
  std::vector<std::size_t> rows;                   ///< of the records
  std::vector<survival::CompetingSubject> causes;  ///< 1: the event, 2: a competing one
  std::vector<survival::Subject> subjects;         ///< a competing event ends the time at risk
  std::vector<int> groups;                         ///< 1..k
  std::vector<std::string> values;                 ///< of groups, the reference first
  std::vector<std::string> labels;
  std::vector<int> strata;                      ///< empty without
  std::vector<int> clusters;                    ///< empty without
  std::map<std::string, std::size_t> no_event;  ///< values that were taken as seen without it, and how often
  std::vector<std::string> unseen_events;       ///< values of events in the plan that nobody has

  std::size_t events() const;
  std::size_t competing() const;
  /// These places only. A group that none of them is of is none any more.
  Sample of(const std::vector<std::size_t>& places) const;
};

/// Time, event, group, strata and cluster known. Others are listed. kEmpty: nobody; kUsage: columns that are not there
/// or hold no numbers, a reference that nobody has.
Result<Sample> described_sample(const Plan& plan, const Analysis& analysis, const Records& records,
                                std::vector<LeftOut>& left_out);

/// One column of a model.
struct DesignColumn {
  std::string term;
  std::string level;
  int number = 0;  ///< of the level, the reference being 1; 0 of a number
};
struct DesignBlock {
  std::vector<DesignColumn> columns;
  std::vector<double> values;  ///< sample x columns, row by row; NaN: missing
  std::string reference;       ///< level; empty for numbers
  std::vector<int> levels;     ///< by place, 1 the reference; 0 missing; empty for numbers
};
/// Of the places of a sample. kUsage as above.
Result<DesignBlock> design_block(const Covariate& covariate, const Records& records, const Sample& sample);
DesignBlock group_block(const std::string& term, const Sample& sample);
/// Products of all pairs of columns of two blocks.
DesignBlock product_block(const DesignBlock& first, const DesignBlock& second);

struct DesignMatrix {
  survival::Covariates covariates;
  std::vector<survival::Term> terms;
  std::vector<DesignColumn> columns;
};
DesignMatrix design_matrix(const std::vector<const DesignBlock*>& blocks, std::size_t subjects);

}  // namespace radtype::outcome
