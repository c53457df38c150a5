// What features are, for readers of a document.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace radtype::report {

/// {name: {"unit", "family", "definition", "version"}}; of a name that the catalogue lacks: family "given".
nlohmann::json feature_words(const std::vector<std::string>& names);

/// "3 cases", "1 case".
std::string counted(std::size_t n, const std::string& one, const std::string& many);

}  // namespace radtype::report
