// Associations as JSON, tables and figures.
#pragma once

#include <optional>

#include "radtype/outcome/associate.h"
#include "radtype/outcome/results.h"

namespace radtype::outcome {

struct AssociationResult {
  GroupedPatients grouped;
  std::vector<ColumnAssociation> columns;    ///< of the clinical table
  std::vector<ColumnAssociation> mutations;  ///< a gene each: 1 where mutated
  std::optional<ExpressionAssociation> expression;
  std::string expression_missing;  ///< why there is none, where it was asked for
};

nlohmann::json to_json(const AssociationResult& result);
/// By file name. columns.csv, mutations.csv: a line a column; genes.csv: a line a gene; sets.csv: a line a set and
/// group; scores.csv: a line a sample. Only those that there are.
std::vector<std::pair<std::string, std::string>> tables(const AssociationResult& result, const Records& records);
/// Columns as bars and boxes, genes as volcanoes, sets as a heatmap, scores as boxes.
std::vector<NamedFigure> figures(const AssociationResult& result);
/// The strongest of each kind.
std::vector<std::string> headlines(const AssociationResult& result);

}  // namespace radtype::outcome
