// radtype report: a study, or one case of it, on one page.
#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/report/page.h"
#include "report_request.h"

namespace radtype::app {
namespace {

using nlohmann::json;

const ConfigSpec& report_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"report", "A study with its results, or one case, on one page that needs no network",
                    report_fields()};
    append(spec.fields, {{"out", FieldType::kPath, "HTML file; with --json-only, JSON", nullptr},
                         {"json_only", FieldType::kSwitch, "the document without the page that draws it", false},
                         {"force", FieldType::kSwitch, "overwrite the file", false}});
    return spec;
  }();
  return description;
}

Result<int> run_report(const json& config) {
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a file for the report");
  const std::string out = text_of(config, "out");
  const bool json_only = config["json_only"];
  if (auto allowed = check_output(out, config["force"]); !allowed) return tl::unexpected(output_error(allowed.error()));
  if (!json_only) {  // said before the work is done
    if (auto page = report::fetching_page(""); !page) return pass_on(std::move(page));
  }
  auto document = report_document(config);
  if (!document) return pass_on(std::move(document));
  auto text = json_only ? Result<std::string>(document->dump(-1, ' ', false, json::error_handler_t::replace) + "\n")
                        : report::page_of(*document);
  if (!text) return pass_on(std::move(text));
  if (auto written = write_text_file(out, *text, config["force"]); !written)
    return tl::unexpected(output_error(written.error()));
  if (!quiet) {
    fmt::print(stderr, "{} ({:.1f} MB)\n", out, static_cast<double>(text->size()) / 1e6);
    if ((*document)["subtypes"].is_array()) {
      for (const json& subtype : (*document)["subtypes"]) {
        const json& portrait = subtype["portrait"];
        if (portrait.is_object() && portrait["missing"].is_string())
          fmt::print(stderr, "note: no whole portrait of {}: {}\n", subtype["name"].get<std::string>(),
                     portrait["missing"].get<std::string>());
      }
    }
  }
  return kExitOk;
}

}  // namespace

Command report_command() { return {report_spec, {"study"}, run_report}; }

}  // namespace radtype::app
