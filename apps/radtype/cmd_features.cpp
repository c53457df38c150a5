// radtype features: the catalogue.
#include <fmt/format.h>

#include "cli.h"
#include "radtype/feature/catalogue.h"
#include "radtype/feature/family.h"

namespace radtype::app {
namespace {

const ConfigSpec& features_spec() {
  static const ConfigSpec description{
      "features",
      "Prints the catalogue of features: names, units, definitions, versions",
      {{"format", FieldType::kChoice, "table for people, json, or markdown", "table", {"table", "json", "markdown"}}}};
  return description;
}

Result<int> run_features(const nlohmann::json& config) {
  const std::string format = text_of(config, "format");
  if (format == "json") {
    fmt::print("{}\n", feature::catalogue_json().dump(2));
  } else if (format == "markdown") {
    fmt::print("{}", feature::catalogue_markdown());
  } else {
    for (const feature::Family& family : feature::families()) {
      fmt::print("family {:<18} {}{}\n", family.name, family.about, family.by_default ? "" : " (only when asked for)");
    }
    for (const feature::Entry& entry : feature::catalogue()) {
      fmt::print("{:<42} v{} {:<5} {}\n", entry.name, entry.version, entry.unit, entry.definition);
    }
    fmt::print("{}\n", feature::catalogue_id());
  }
  return kExitOk;
}

}  // namespace

Command features_command() { return {features_spec, {}, run_features}; }

}  // namespace radtype::app
