#include "radtype/cohort/export.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
using nlohmann::json;
namespace {

// A text of so many rows stays in the processor's cache until it is written.
constexpr std::size_t kRowsOfText = 16;

void add_number(std::string& text, double value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// Rows are written by several threads and given on in their order.
Result<void> write_rows(std::size_t rows, const std::function<void(std::size_t row, std::string& text)>& write,
                        const Sink& sink) {
  Result<void> taken;
  parallel_in_order(
      static_cast<std::int64_t>((rows + kRowsOfText - 1) / kRowsOfText),
      [&](std::int64_t n, std::string& text) {
        const std::size_t begin = static_cast<std::size_t>(n) * kRowsOfText;
        for (std::size_t row = begin; row < std::min(rows, begin + kRowsOfText); ++row) write(row, text);
      },
      [&](const std::string& text) {
        taken = sink(text);
        return taken.has_value();
      });
  return taken;
}

/// Why a value is missing: by its own name, else its family's, else the row's.
std::string reason_of(const json& missing, const TableRow& row, const feature::Entry& entry) {
  for (const std::string& name : {entry.name, entry.family}) {
    if (const auto found = missing.find(name); found != missing.end()) return found->get<std::string>();
  }
  return row.reason;
}

json missing_of(const TableRow& row) {
  return row.missing.empty() ? json::object() : json::parse(row.missing, nullptr, false);
}

/// A string of JSON.
void add_quoted(std::string& text, const std::string& value) {
  const bool plain =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (plain) {
    text.append(1, '"').append(value).append(1, '"');
  } else {
    text += json(value).dump(-1, ' ', false, json::error_handler_t::replace);
  }
}

std::string number_or_empty(int number) { return number == 0 ? "" : std::to_string(number); }

}  // namespace

Result<void> export_csv(const FeatureTable& table, const Sink& sink) {
  std::string header = "case,lesion,patient,cohort,organ,modality,timepoint,roi,label,status,reason";
  for (const std::string& name : table.clinical_columns) header += "," + csv_cell(name);
  for (const std::string& name : table.features) header += "," + csv_cell(name);
  const bool derived =
      std::any_of(table.rows.begin(), table.rows.end(), [](const TableRow& row) { return !row.derived.empty(); });
  header += std::string(",missing,image_sha256,mask_sha256") + (derived ? ",derived\n" : "\n");
  if (auto taken = sink(header); !taken) return taken;
  return write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        text += csv_cell(row.key.name) + "," + number_or_empty(row.lesion);
        for (const std::string* cell :
             {&row.key.patient, &row.key.cohort, &row.key.organ, &row.key.modality, &row.key.timepoint, &row.roi}) {
          text += "," + csv_cell(*cell);
        }
        text += "," + number_or_empty(row.label) + "," + row.status + "," + csv_cell(row.reason);
        for (const std::string& cell : row.key.clinical) text += "," + csv_cell(cell);
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          text += ',';
          if (const double value = table.value(r, f); std::isfinite(value)) add_number(text, value);
        }
        text += "," + csv_cell(row.missing) + "," + row.image_sha256 + "," + row.mask_sha256;
        text += derived ? "," + csv_cell(row.derived) + "\n" : "\n";
      },
      sink);
}

Result<void> export_tidy(const FeatureTable& table, const Sink& sink) {
  if (auto taken = sink("case,lesion,patient,cohort,organ,modality,timepoint,status,feature,value,unit,reason\n");
      !taken)
    return taken;
  std::vector<const feature::Entry*> entries;
  std::vector<std::string> middles;
  std::vector<std::string> ends;
  for (const std::string& name : table.features) {
    entries.push_back(feature::find_feature(name));
    RADTYPE_CHECK(entries.back() != nullptr);
    middles.push_back("," + name + ",");
    ends.push_back("," + entries.back()->unit + ",");
  }
  return write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        const json missing = missing_of(row);
        std::string front = csv_cell(row.key.name) + "," + number_or_empty(row.lesion);
        for (const std::string* cell :
             {&row.key.patient, &row.key.cohort, &row.key.organ, &row.key.modality, &row.key.timepoint, &row.status}) {
          front += "," + csv_cell(*cell);
        }
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          const double value = table.value(r, f);
          text.append(front).append(middles[f]);
          if (std::isfinite(value)) {
            add_number(text, value);
            text.append(ends[f]);
          } else {
            text.append(ends[f]).append(csv_cell(reason_of(missing, row, *entries[f])));
          }
          text += '\n';
        }
      },
      sink);
}

Result<void> export_matches(const std::vector<LesionMatch>& matches, const Sink& sink) {
  std::string text =
      "cohort,patient,modality,organ,track,verdict,from_timepoint,to_timepoint,from_case,from_lesion,to_case,to_lesion,"
      "distance_mm,volume_ratio,shift_l_mm,shift_p_mm,shift_s_mm,cost,margin,margin_words,reason\n";
  for (const LesionMatch& match : matches) {
    for (const std::string* cell : {&match.cohort, &match.patient, &match.modality, &match.organ})
      text += csv_cell(*cell) + ",";
    text += number_or_empty(match.track) + "," + std::string(verdict_word(match.verdict));
    text += "," + csv_cell(match.from_timepoint) + "," + csv_cell(match.to_timepoint);
    for (const auto* lesion : {&match.from, &match.to})
      text += *lesion ? "," + csv_cell((*lesion)->name) + "," + number_or_empty((*lesion)->lesion) : ",,";
    const auto number = [&](const std::optional<double>& value) { text += "," + (value ? shortest(*value) : ""); };
    number(match.distance_mm);
    number(match.volume_ratio);
    for (std::size_t axis = 0; axis < 3; ++axis)
      number(match.shift_lps_mm ? std::optional((*match.shift_lps_mm)[axis]) : std::nullopt);
    number(match.cost);
    number(match.margin);
    text += "," + (match.margin ? std::string(margin_word(*match.margin)) : "") + "," + csv_cell(match.reason) + "\n";
  }
  return sink(text);
}

json UsedSettings::to_json() const {
  if (settings.size() > 1) return {{"settings", settings}};
  return settings.empty() ? json::object() : settings.front();
}

UsedSettings used_settings(const FeatureTable& table, const std::map<std::string, Store::Details>& details,
                           const std::vector<RunRecord>& runs) {
  std::vector<json> known;  // the newest first
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (std::find(known.begin(), known.end(), run->settings) == known.end()) known.push_back(run->settings);
  }
  UsedSettings used;
  if (known.size() < 2) return {known, {}};
  for (const TableRow& row : table.rows) {
    const auto detail = details.find(row.key.name);
    if (detail == details.end()) continue;
    const auto found = std::find_if(known.begin(), known.end(), [&](const json& settings) {
      return settings_id(row.key, settings) == detail->second.settings_id;
    });
    if (found == known.end()) continue;  // failed for no reason of its own, or pending
    auto place = std::find(used.settings.begin(), used.settings.end(), *found);
    if (place == used.settings.end()) place = used.settings.insert(place, *found);
    used.of_case[row.key.name] = static_cast<std::size_t>(place - used.settings.begin()) + 1;
  }
  if (used.settings.empty()) used.settings = {known.front()};
  if (used.settings.size() < 2) used.of_case.clear();
  return used;
}

Result<void> export_json(const FeatureTable& table, const std::map<std::string, Store::Details>& details,
                         const UsedSettings& used, const json& provenance, const Sink& sink) {
  if (auto taken = sink("{\"cases\": ["); !taken) return taken;
  // In the order of names, as all keys are.
  std::map<std::string, std::size_t> clinical;
  for (std::size_t c = 0; c < table.clinical_columns.size(); ++c) clinical[table.clinical_columns[c]] = c;
  std::vector<std::string> names;
  for (const std::string& name : table.features) names.push_back((names.empty() ? "\"" : ",\"") + name + "\":");
  auto written = write_rows(
      table.rows.size(),
      [&](std::size_t r, std::string& text) {
        const TableRow& row = table.rows[r];
        // A row of several lesions has no inputs of its own, and its name is the patient's.
        const bool of_several = !row.derived.empty() && row.lesion == 0;
        const auto found = of_several ? details.end() : details.find(row.key.name);
        const Store::LesionDetails* lesion = nullptr;
        if (found != details.end()) {
          if (const auto numbered = found->second.lesions.find(row.lesion); numbered != found->second.lesions.end())
            lesion = &numbered->second;
        }
        // Written by hand: trees of all rows would take most of the time.
        const auto add_text = [&](const char* key, const std::string& value) {
          text += key;
          add_quoted(text, value);
        };
        text += r == 0 ? "\n{" : ",\n{";
        add_text("\"case\":", row.key.name);
        text += ",\"clinical\":{";
        for (const auto& [name, column] : clinical) {
          if (text.back() != '{') text += ',';
          add_quoted(text, name);
          add_text(":", row.key.clinical[column]);
        }
        add_text("},\"cohort\":", row.key.cohort);
        if (!row.derived.empty()) add_text(",\"derived\":", row.derived);
        if (lesion != nullptr) text.append(",\"families\":").append(lesion->families);
        if (found != details.end()) text.append(",\"inputs\":").append(found->second.inputs);
        text.append(",\"label\":").append(std::to_string(row.label));
        text.append(",\"lesion\":").append(row.lesion == 0 ? "null" : std::to_string(row.lesion));
        text.append(",\"missing\":").append(row.missing.empty() ? "{}" : row.missing);
        add_text(",\"modality\":", row.key.modality);
        if (lesion != nullptr) text.append(",\"notes\":").append(lesion->notes);
        add_text(",\"organ\":", row.key.organ);
        add_text(",\"patient\":", row.key.patient);
        if (lesion != nullptr) text.append(",\"quality\":").append(lesion->quality);
        add_text(",\"reason\":", row.reason);
        add_text(",\"roi\":", row.roi);
        if (const auto number = used.of_case.find(row.key.name); found != details.end() && number != used.of_case.end())
          text.append(",\"settings\":").append(std::to_string(number->second));
        add_text(",\"status\":", row.status);
        add_text(",\"timepoint\":", row.key.timepoint);
        text += ",\"features\":{";
        for (std::size_t f = 0; f < table.features.size(); ++f) {
          text += names[f];
          if (const double value = table.value(r, f); std::isfinite(value)) {
            add_number(text, value);
          } else {
            text += "null";
          }
        }
        text += "}}";
      },
      sink);
  if (!written) return written;
  const json rest = {{"catalogue", feature::catalogue_id()}, {"provenance", provenance}};
  const std::string tail = rest.dump(2, ' ', false, json::error_handler_t::replace);
  return sink("\n],\n" + tail.substr(2) + "\n");
}

}  // namespace radtype::cohort
