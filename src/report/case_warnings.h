#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace radtype::report {

/// What a reader should know of a measurement, in sentences; from the quality that was stored with it.
std::vector<std::string> warnings_of(const nlohmann::json& quality, const nlohmann::json& notes,
                                     const std::string& status, const std::string& reason);

}  // namespace radtype::report
