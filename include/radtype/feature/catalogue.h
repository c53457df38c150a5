// What every feature is: read from catalog/features.json, which is compiled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace radtype::feature {

struct Entry {
  std::string name;        ///< shape_volume_mm3
  std::string family;      ///< "shape", "reference_wu2021"
  int version = 1;         ///< rises when the definition changes
  std::string unit;        ///< "mm3", "1" for numbers without unit
  std::string definition;  ///< one sentence
  std::string formula;
  std::string citation;  ///< key of docs/references.bib
  std::string ibsi;      ///< IBSI code, "" where there is none
  /// Of a feature of intensity, when the order of all intensities is reversed (as between two MR contrasts):
  /// "unchanged", "sign" changes, or "exchanged" with another feature; "" where intensity does not enter.
  std::string under_reversal;
  bool for_clustering = true;  ///< member of the pool from which the default clustering set is chosen
  std::string note;            ///< why not, or what to beware of
};

/// In the order of the catalogue, which is the column order of every table.
const std::vector<Entry>& catalogue();
const Entry* find_feature(std::string_view name);
/// "radtype-features 1 (35 features)" plus SHA-256 of the catalogue: changes whenever a definition does.
std::string catalogue_id();
const nlohmann::json& catalogue_json();
std::string catalogue_markdown();

}  // namespace radtype::feature
