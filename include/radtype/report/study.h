// A whole study on one page: schemas/report.schema.json says what the document holds, docs/methods/report.md where each
// number comes from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::report {

struct StudyReport {
  std::filesystem::path study;                      ///< folder
  std::optional<std::filesystem::path> model;       ///< folder of `radtype discover`, or a file in it
  std::optional<std::filesystem::path> validation;  ///< JSON of `radtype validate`
  std::optional<std::filesystem::path> outcome;     ///< folder of `radtype outcome`
  std::optional<std::filesystem::path> associate;   ///< folder of `radtype associate`
  std::filesystem::path scans;                      ///< where relative paths of the manifest start; "" where not known
  std::string title;                                ///< "": "Imaging subtypes of N tumours", or what the study holds
  int portraits = 254;                              ///< subtypes that get one, at most
  nlohmann::json config;                            ///< of the verb, for provenance
};

/// The document, kind "study". What is not given is null in it. The same inputs give the same bytes, for any number of
/// threads. kInconsistent where the inputs do not belong together: a model with cases that the study does not know, an
/// outcome or associations of other assignments, a validation of another model. Errors of reading each of them.
Result<nlohmann::json> study_document(const StudyReport& report);

}  // namespace radtype::report
