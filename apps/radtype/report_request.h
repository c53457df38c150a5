// What radtype report and radtype serve show: their settings, and the document made by them.
#pragma once

#include <vector>

#include "radtype/core/config.h"

namespace radtype::app {

/// study, model, validation, outcome, associate, scans, portraits, case, lesion, title
std::vector<ConfigField> report_fields();

/// Of one case where the settings name one, else of the study.
Result<nlohmann::json> report_document(const nlohmann::json& config);

}  // namespace radtype::app
