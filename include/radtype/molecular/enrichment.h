// Do the genes of a set behave differently from the others: between groups of samples, and in each sample?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radtype/molecular/moderated.h"

namespace radtype::molecular {

/// Rows of a matrix that a gene set names.
struct SetRows {
  std::string name;
  std::size_t named = 0;          ///< genes of the set
  std::vector<std::size_t> rows;  ///< those in the matrix, ascending
};
std::vector<SetRows> find_sets(const std::vector<std::string>& genes, const std::vector<GeneSet>& sets);

/// Are the genes of a set more up (or down) than the others? A two-sample t of the genes' statistics, whose error
/// counts that genes of a set go up and down together (wu2012).
struct Enrichment {
  std::string name;
  std::size_t genes = 0;   ///< of the set that took part
  double correlation = 0;  ///< between them, mean of pairs
  double inflation = 1;    ///< of the variance of their mean: 1 + (genes - 1) correlation
  double difference = 0;   ///< mean statistic of the set less that of the others
  double low = 0;
  double high = 0;
  double t = 0;
  double degrees = 0;
  double p = 1;  ///< two-sided
};
struct EnrichmentOptions {
  std::optional<double> correlation = std::nullopt;  ///< preset, such as 0.01; none: estimated, a set at a time
  bool negative_correlation = false;                 ///< believe an estimate below 0; else it counts as 0
  std::size_t smallest = 2;                          ///< sets with fewer genes, or all genes but one, are left out
  double confidence = 0.95;
};
struct Enrichments {
  std::vector<Enrichment> sets;        ///< in the order given
  std::vector<std::string> too_small;  ///< sets left out
  std::size_t genes = 0;  ///< that took part: tested, and without missing values where correlation is estimated
};
/// CAMERA of one contrast (columns of the design): its moderated t, as normal deviates. Correlation is estimated from
/// what the design leaves of each gene. kUsage: a contrast that the fit lacks, errors of moderated_fit; kUndefined:
/// fewer than three genes.
Result<Enrichments> camera(const ExpressionMatrix& matrix, const Design& design, const Contrasts& contrasts,
                           std::size_t contrast, const std::vector<SetRows>& sets,
                           const EnrichmentOptions& options = {});
/// Of one number a gene, whatever it is, with one correlation for all sets: 0 takes genes as independent, which they
/// are not, so that p is too small. kUsage: a number that is not finite, a row that does not exist, a correlation
/// outside -1..1; kUndefined: fewer than three genes, numbers that do not vary.
Result<Enrichments> preranked(const std::vector<double>& statistics, const std::vector<SetRows>& sets,
                              double correlation = 0, const EnrichmentOptions& options = {});

/// One number a set and sample.
struct SetScores {
  std::vector<std::string> sets;
  std::vector<std::string> samples;
  std::vector<double>
      values;                 ///< sets x samples, row by row; NaN where the sample has none, or all, of the set's genes
  std::size_t undefined = 0;  ///< such cells

  double value(std::size_t set, std::size_t sample) const { return values[set * samples.size() + sample]; }
};
struct SsgseaOptions {
  double weight = 0.25;     ///< power of the rank
  bool normalised = false;  ///< divided by the range over all sets and samples, as barbie2009: depends on both
};
/// Area between two walks down a sample's genes from the highest: that of the set's genes, in steps of their rank
/// (n for the highest) to the power `weight`, and that of the others (barbie2009). Equal values share their mean rank.
/// Values missing in a sample take no part in it. kUndefined: no set, or a set without genes in the matrix (named).
Result<SetScores> ssgsea(const ExpressionMatrix& matrix, const std::vector<SetRows>& sets,
                         const SsgseaOptions& options = {});

/// Mean rank of the set's genes, from -0.5 (the lowest they can have) to 0.5 (foroutan2018), equal values with their
/// mean rank. A set with a partner in `down` (by place; an empty one: none) adds the score of those genes ranked the
/// other way. kUsage: sizes of `down` that differ; errors of ssgsea().
Result<SetScores> singscore(const ExpressionMatrix& matrix, const std::vector<SetRows>& up,
                            const std::vector<SetRows>& down = {});

enum class ExpressionUnit {
  kLinear,       ///< TPM, FPKM, normalised counts
  kLog2PlusOne,  ///< log2(x + 1)
};
/// By sample: sqrt((GZMA + 0.01) (PRF1 + 0.01)) in the linear unit (rooney2015); NaN where either is missing.
/// kNotFound: a gene that is not there; kUsage: a value below 0, which no such unit has.
Result<std::vector<double>> cytolytic_activity(const ExpressionMatrix& matrix, ExpressionUnit unit);

}  // namespace radtype::molecular
