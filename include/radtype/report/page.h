// A document within the page that draws it: one file, nothing fetched.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::report {

/// What stands in a template where the document goes.
inline constexpr std::string_view kReportPlace = "<!--radtype-report-->";

/// The page that was built from web/ and compiled in; "" in a program that was built without Node.
std::string_view embedded_page();

/// The template with the document in place of kReportPlace, as JSON in which <, >, & and the line separators of
/// JavaScript are escapes, so that no text in it can end the element. kUnsupported without a template, saying how to
/// get one; kCorrupt where the place is not there exactly once.
Result<std::string> page_of(const nlohmann::json& document, std::string_view page_template = embedded_page());

/// The same for a page that fetches its document from `source`, relative to itself.
Result<std::string> fetching_page(std::string_view source, std::string_view page_template = embedded_page());

}  // namespace radtype::report
