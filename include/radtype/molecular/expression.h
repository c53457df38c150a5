// Tables of genes and samples from files, gzip or not: expression, gene sets, mutations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::molecular {

struct ExpressionMatrix {
  std::vector<std::string> genes;    ///< all different
  std::vector<std::string> samples;  ///< all different
  std::vector<double> values;        ///< genes x samples, row by row, in the unit of the file; NaN: missing

  double value(std::size_t gene, std::size_t sample) const { return values[gene * samples.size() + sample]; }
  const double* row(std::size_t gene) const { return values.data() + gene * samples.size(); }
  /// Place of a gene; none where it is not there. Linear in the number of genes: for more than a few, use places().
  std::optional<std::size_t> find_gene(const std::string& name) const;
};
std::unordered_map<std::string, std::size_t> places(const std::vector<std::string>& names);

enum class RepeatedGene {
  kHighestMean,  ///< keep the row of the highest mean (the first of equal ones): the probe that is best seen
  kRefuse,       ///< kCorrupt, with both lines
};

struct ExpressionOptions {
  RepeatedGene repeated = RepeatedGene::kHighestMean;
};

struct ReadExpression {
  ExpressionMatrix matrix;
  std::vector<std::size_t> missing_by_gene;
  std::vector<std::size_t> missing_by_sample;
  std::size_t missing = 0;            ///< cells
  std::vector<std::string> repeated;  ///< genes of more than one row, of which one was kept, in order of appearance
};

/// Separated text (comma, semicolon or tab, whatever the first line has most of), gzip or not: a header of samples, and
/// a line a gene with its name first. The header may lack the first cell (as R writes it). Missing: an empty cell, NA,
/// N/A, NaN, null or a dot. Memory is that of the matrix and one block of text. kUnreadable; kEmpty; kCorrupt, with
/// line and column: a cell that is no finite number, a line too short or too long, a nameless gene, a sample named
/// twice, a quote that is never closed, a broken gzip stream.
Result<ReadExpression> read_expression(const std::filesystem::path& path, const ExpressionOptions& options = {});

/// The samples named, in that order. kNotFound, naming it: one that is not there.
Result<ExpressionMatrix> select_samples(const ExpressionMatrix& matrix, const std::vector<std::string>& samples);

struct GeneSet {
  std::string name;
  std::string description;
  std::vector<std::string> genes;  ///< all different
};
/// A .gmt file: a line a set, with name, description and genes separated by tabs. kUnreadable; kEmpty; kCorrupt, with
/// its line: a set without genes or named twice.
Result<std::vector<GeneSet>> read_gmt(const std::filesystem::path& path);

/// Who carries a mutation of which gene, among the samples that were looked at.
struct MutationTable {
  std::vector<std::string> genes;     ///< sorted
  std::vector<std::string> samples;   ///< profiled, sorted, or as given
  std::vector<std::uint8_t> mutated;  ///< genes x samples, row by row, 0 or 1
  std::size_t skipped = 0;            ///< lines of classes that change no protein
  std::size_t not_profiled = 0;       ///< lines of samples that were not asked for

  bool value(std::size_t gene, std::size_t sample) const { return mutated[gene * samples.size() + sample] != 0; }
};
struct MutationOptions {
  /// Samples that were sequenced: one of them without a line has no mutation, one that is not among them is not known.
  /// Empty: the samples of the file, so that a sample without any mutation is lost.
  std::vector<std::string> profiled = {};
  /// Leave out what changes no protein (Silent, Intron, IGR, RNA, UTRs, flanks), where the file has a
  /// Variant_Classification.
  bool skip_silent = true;
};
/// One mutation a line, with a header that names Hugo_Symbol and Tumor_Sample_Barcode (MAF), or gene and sample; lines
/// that begin with # are skipped. Errors as of read_expression; kCorrupt also: a header without such columns.
Result<MutationTable> read_mutations(const std::filesystem::path& path, const MutationOptions& options = {});

}  // namespace radtype::molecular
