#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"

namespace radtype::feature {
std::map<std::string, std::string> missing_reasons(const Extraction& extraction) {
  std::map<std::string, std::string> missing;
  for (const Entry& entry : catalogue()) {
    const Value& value = extraction.row.values().at(entry.name);
    if (value.number) continue;
    const auto same = [&](const Entry& other) {
      const Value& there = extraction.row.values().at(other.name);
      return other.family != entry.family || (!there.number && there.missing_reason == value.missing_reason);
    };
    const bool whole = std::all_of(catalogue().begin(), catalogue().end(), same);
    missing[whole ? entry.family : entry.name] = value.missing_reason;
  }
  return missing;
}

nlohmann::json output_json(const std::vector<CaseRow>& rows, const nlohmann::json& provenance) {
  nlohmann::json cases = nlohmann::json::array();
  for (const CaseRow& row : rows) {
    nlohmann::json features = nlohmann::json::object();
    nlohmann::json missing = nlohmann::json::object();
    for (const auto& [name, value] : row.extraction.row.values()) {
      if (value.number) {
        features[name] = *value.number;
      } else {
        features[name] = nullptr;
        missing[name] = value.missing_reason;
      }
    }
    nlohmann::json families = nlohmann::json::object();
    for (const FamilyReport& report : row.extraction.families) {
      families[report.family] = {{"outcome", report.outcome}, {"reason", report.reason}};
    }
    cases.push_back({{"case", row.case_id},
                     {"label", row.label},
                     {"roi", row.roi},
                     {"status", status_word(row.extraction.status)},
                     {"reason", row.extraction.reason},
                     {"features", features},
                     {"missing", missing},
                     {"families", families},
                     {"quality", row.quality},
                     {"notes", row.notes}});
  }
  return {{"cases", cases}, {"catalogue", catalogue_id()}, {"provenance", provenance}};
}

std::string output_csv(const std::vector<CaseRow>& rows) {
  std::string csv = "case,label,roi,status,reason";
  for (const Entry& entry : catalogue()) csv += "," + entry.name;
  csv += ",missing\n";
  for (const CaseRow& row : rows) {
    csv += fmt::format("{},{},{},{},{}", csv_cell(row.case_id), row.label, csv_cell(row.roi),
                       status_word(row.extraction.status), csv_cell(row.extraction.reason));
    for (const Entry& entry : catalogue()) {
      const auto& number = row.extraction.row.values().at(entry.name).number;
      csv += "," + (number ? shortest(*number) : "");
    }
    const auto missing = missing_reasons(row.extraction);
    csv += "," + (missing.empty() ? "" : csv_cell(nlohmann::json(missing).dump())) + "\n";
  }
  return csv;
}

std::string output_summary(const std::vector<CaseRow>& rows) {
  std::string text;
  for (const CaseRow& row : rows) {
    text += fmt::format("{}  label {}{}: {}{}\n", row.case_id, row.label, row.roi.empty() ? "" : " '" + row.roi + "'",
                        status_word(row.extraction.status),
                        row.extraction.reason.empty() ? "" : " - " + row.extraction.reason);
    for (const Entry& entry : catalogue()) {
      const auto& number = row.extraction.row.values().at(entry.name).number;
      if (number)
        text += fmt::format("  {:<40}{:>14.6g} {}\n", entry.name, *number, entry.unit == "1" ? "" : entry.unit);
    }
    if (row.extraction.status != Status::kFailed) {
      for (const auto& [what, reason] : missing_reasons(row.extraction)) {
        text += fmt::format("  {:<40}{:>14} {}\n", what, "missing:", reason);
      }
    }
    std::string times;
    for (const FamilyReport& family : row.extraction.families) {
      if (family.outcome == "computed") times += fmt::format(" {} {:.2f}", family.family, family.seconds);
    }
    if (!times.empty()) text += "  seconds:" + times + "\n";
    for (const std::string& note : row.notes) text += "  note: " + note + "\n";
  }
  return text;
}

}  // namespace radtype::feature
