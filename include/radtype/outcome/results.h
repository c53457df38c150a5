// Results of a plan as JSON, tables and figures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/figure/canvas.h"
#include "radtype/outcome/analysis.h"

namespace radtype::outcome {

/// Everything but the curves' points: schemas/outcome.schema.json, without its provenance.
nlohmann::json to_json(const OutcomeResult& result);

/// By file name. tests.csv: a line a test; models.csv: a line a coefficient; groups.csv: a line a group, with medians
/// and restricted means; curves.csv: a line a time of a curve; left_out.csv: a line a patient and analysis.
std::vector<std::pair<std::string, std::string>> tables(const OutcomeResult& result);

struct NamedFigure {
  std::string name;  ///< of the file, without its ending
  figure::Canvas canvas;
};
/// Of each analysis: survival (or incidence) of its groups, and its models as a forest.
std::vector<NamedFigure> figures(const OutcomeResult& result);

/// What a reader wants to know first: a line an analysis.
std::vector<std::string> headlines(const OutcomeResult& result);

/// "0.031", "< 0.0001".
std::string p_text(double p);

}  // namespace radtype::outcome
