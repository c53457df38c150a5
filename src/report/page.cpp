#include "radtype/report/page.h"

#include "report/encode.h"

extern "C" {
extern const char radtype_page_begin[];
extern const char radtype_page_end[];
}

namespace radtype::report {
namespace {

Result<std::string> with_element(std::string_view page, std::string_view attributes, std::string_view content) {
  if (page.empty()) {
    return fail(
        ErrorCode::kUnsupported,
        "this program was built without its page (Node 18 and npm were not there, or RADTYPE_WEB=OFF): build it "
        "again with them, or take the document by --json-only");
  }
  const std::size_t place = page.find(kReportPlace);
  if (place == std::string_view::npos || page.find(kReportPlace, place + 1) != std::string_view::npos)
    return fail(ErrorCode::kCorrupt, "the page has not exactly one place for a report: build the program again");
  std::string text;
  text.reserve(page.size() + content.size() + 128);
  text += page.substr(0, place);
  text += "<script type=\"application/json\" id=\"radtype-report\"";
  text += attributes;
  text += ">";
  text += content;
  text += "</script>";
  text += page.substr(place + kReportPlace.size());
  return text;
}

}  // namespace

std::string_view embedded_page() {
  return {radtype_page_begin, static_cast<std::size_t>(radtype_page_end - radtype_page_begin)};
}

Result<std::string> page_of(const nlohmann::json& document, std::string_view page_template) {
  if (page_template.empty()) return with_element(page_template, "", "");
  return with_element(page_template, "", script_safe(document));
}

Result<std::string> fetching_page(std::string_view source, std::string_view page_template) {
  return with_element(page_template, " data-src=\"" + std::string(source) + "\"", "");
}

}  // namespace radtype::report
