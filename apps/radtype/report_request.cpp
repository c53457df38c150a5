#include "report_request.h"

#include "cli.h"
#include "radtype/report/case.h"
#include "radtype/report/study.h"

namespace radtype::app {
namespace {

using nlohmann::json;

std::optional<std::filesystem::path> path_of(const json& config, const char* key) {
  if (config[key].is_null()) return std::nullopt;
  return std::filesystem::path(text_of(config, key));
}

Result<json> one_case(const json& config) {
  for (const char* key : {"validation", "outcome", "associate"}) {
    if (!config[key].is_null())
      return fail(ErrorCode::kUsage, std::string("--") + key + " is of a study; leave it or --case out");
  }
  report::CaseReport request;
  request.study = text_of(config, "study");
  request.name = text_of(config, "case");
  request.lesion = config["lesion"].is_null() ? 0 : config["lesion"].get<int>();
  request.model = path_of(config, "model");
  request.scans = text_of(config, "scans");
  request.title = text_of(config, "title");
  request.config = config;
  return report::case_document(request);
}

}  // namespace

std::vector<ConfigField> report_fields() {
  return {
      {"study", FieldType::kPath, "study folder", nullptr},
      {"model", FieldType::kPath, "folder that radtype discover wrote for this study", nullptr},
      {"validation", FieldType::kPath, "JSON file of radtype validate", nullptr},
      {"outcome", FieldType::kPath, "folder of radtype outcome", nullptr},
      {"associate", FieldType::kPath, "folder of radtype associate", nullptr},
      {"scans", FieldType::kPath,
       "folder that the manifest's relative paths start from; without it only scans with absolute paths are shown",
       nullptr},
      {"portraits", FieldType::kInteger, "subtypes shown by a typical tumour, at most; 0 for none", 9, {}, 0, 254},
      {"case", FieldType::kText, "one case in place of the study", nullptr},
      {"lesion",
       FieldType::kInteger,
       "with --case: which of several; without it the only or the largest",
       nullptr,
       {},
       1,
       1e6},
      {"title", FieldType::kText, "of the page; without it, what the study holds", nullptr},
  };
}

Result<json> report_document(const json& config) {
  if (config["study"].is_null()) return fail(ErrorCode::kUsage, "name a study folder");
  if (!config["case"].is_null()) return one_case(config);
  if (!config["lesion"].is_null()) return fail(ErrorCode::kUsage, "--lesion goes with --case");
  report::StudyReport request;
  request.study = text_of(config, "study");
  request.model = path_of(config, "model");
  request.validation = path_of(config, "validation");
  request.outcome = path_of(config, "outcome");
  request.associate = path_of(config, "associate");
  request.scans = text_of(config, "scans");
  request.title = text_of(config, "title");
  request.portraits = config["portraits"];
  request.config = config;
  return report::study_document(request);
}

}  // namespace radtype::app
