// One scan and its outline, as extract and classify are told of them.
#pragma once

#include <vector>

#include "radtype/core/config.h"
#include "radtype/feature/case_run.h"

namespace radtype::app {

/// image, mask, which regions, how to read them, tissue, organ, case. The field modality is the verb's own.
std::vector<ConfigField> scan_fields();
/// What scan_fields() and a field "modality" ask for. kUsage where they contradict each other or name no outline.
Result<feature::CaseRequest> scan_request(const nlohmann::json& config);

}  // namespace radtype::app
