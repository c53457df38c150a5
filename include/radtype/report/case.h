// One case on one page: docs/methods/report.md; a document of kind "case", schemas/report-case.schema.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::report {

struct CaseReport {
  std::filesystem::path study;                 ///< folder
  std::string name;                            ///< of the case
  int lesion = 0;                              ///< from 1; 0: the only one, or the largest
  std::optional<std::filesystem::path> model;  ///< folder of `radtype discover`, or its model.json
  std::filesystem::path scans;                 ///< where relative paths of the manifest start; "" where not known
  std::string title;                           ///< "": made of the case's name
  nlohmann::json config;                       ///< of the verb, for provenance
};

/// The document. What the database holds is shown also where the files cannot be read, or have changed since: image and
/// surface are then null with a reason. kNotFound: no such case or lesion; errors of the database and the model.
Result<nlohmann::json> case_document(const CaseReport& report);

}  // namespace radtype::report
