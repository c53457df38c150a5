#include "radtype/cohort/lesions.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cohort/lesion_order.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
namespace {

using nlohmann::json;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string lesion_name(const TableRow& row) {
  return row.lesion > 0 ? fmt::format("{}/{}", row.key.name, row.lesion) : row.key.name;
}

/// What the row says of a missing feature.
std::string missing_reason(const TableRow& row, const std::string& feature) {
  const json missing = json::parse(row.missing.empty() ? "{}" : row.missing, nullptr, false);
  const feature::Entry* entry = feature::find_feature(feature);
  if (missing.is_object()) {
    for (const std::string& key : {feature, entry != nullptr ? entry->family : std::string()}) {
      const auto found = missing.find(key);
      if (found != missing.end() && found->is_string()) return found->get<std::string>();
    }
  }
  return row.reason.empty() ? "not measured" : row.reason;
}

/// {"feature": reason}, or {"family": reason} where it is the same for a whole family.
std::string missing_text(const std::vector<std::string>& features, const std::vector<std::string>& reasons) {
  std::map<std::string, std::pair<std::string, bool>> families;  // family -> reason of its first feature, all the same
  for (std::size_t f = 0; f < features.size(); ++f) {
    const feature::Entry* entry = feature::find_feature(features[f]);
    if (entry == nullptr) continue;
    const auto [family, first] = families.try_emplace(entry->family, reasons[f], !reasons[f].empty());
    if (!first && family->second.first != reasons[f]) family->second.second = false;
  }
  json missing = json::object();
  for (std::size_t f = 0; f < features.size(); ++f) {
    if (reasons[f].empty()) continue;
    const feature::Entry* entry = feature::find_feature(features[f]);
    missing[entry != nullptr && families.at(entry->family).second ? entry->family : features[f]] = reasons[f];
  }
  return missing.empty() ? "" : missing.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Measures of a set of lesions together: only these add up.
bool is_sum(const std::string& feature) {
  const feature::Entry* entry = feature::find_feature(feature);
  return entry != nullptr && (entry->unit == "mm2" || entry->unit == "mm3");
}

/// The rows of one patient, cohort, modality and timepoint, and what came of them.
class Group {
 public:
  Group(const FeatureTable& table, const std::vector<std::size_t>& rows) : table_(table), rows_(rows) {
    for (const std::size_t row : rows) {
      if (has_lesion(table.rows[row])) ++lesions_;
    }
  }

  void append_chosen(std::size_t feature, Worst worst, bool by_volume, FeatureTable& out) {
    const auto candidates = judged(feature);
    if (candidates.empty()) return append_unjudged(out);
    std::size_t best = candidates.front();
    for (const std::size_t row : candidates) {
      const double value = table_.value(row, feature);
      const double least = table_.value(best, feature);
      if (worst == Worst::kHighest ? value > least : value < least) best = row;
    }
    TableRow row = table_.rows[best];
    note_left_out(row);
    if (lesions_ == 1) {
      row.derived = "the only lesion";
    } else if (by_volume) {
      row.derived = fmt::format("largest of {} lesions", lesions_);
    } else {
      row.derived = fmt::format("{} {} of {} lesions", worst == Worst::kHighest ? "highest" : "lowest",
                                table_.features[feature], lesions_);
    }
    out.rows.push_back(std::move(row));
    for (std::size_t f = 0; f < table_.features.size(); ++f) out.values.push_back(table_.value(best, f));
  }

  void append_weighted(std::size_t volume, FeatureTable& out) {
    const auto lesions = judged(volume);
    if (lesions.empty()) return append_unjudged(out);
    TableRow row = common_row(lesions);
    std::vector<std::string> names;
    for (const std::size_t lesion : lesions) {
      names.push_back(lesion_name(table_.rows[lesion]));
      if (table_.rows[lesion].status != "ok") row.status = "partial";
    }
    row.derived = fmt::format("volume-weighted mean of {} lesion{}: {}", names.size(), names.size() == 1 ? "" : "s",
                              fmt::join(names, " "));
    note_left_out(row);
    std::vector<std::string> reasons;
    for (std::size_t f = 0; f < table_.features.size(); ++f) {
      const auto [value, reason] = is_sum(table_.features[f]) ? sum(lesions, f) : mean(lesions, f, volume);
      out.values.push_back(value);
      reasons.push_back(reason);
    }
    row.missing = missing_text(table_.features, reasons);
    out.rows.push_back(std::move(row));
  }

 private:
  /// Lesions that have the feature (a volume must be above zero); what is left out is remembered with its reason.
  std::vector<std::size_t> judged(std::size_t feature) {
    std::vector<std::size_t> with;
    const bool is_volume = table_.features[feature] == kVolume;
    for (const std::size_t n : rows_) {
      const TableRow& row = table_.rows[n];
      const double value = table_.value(n, feature);
      if (!has_lesion(row)) {
        left_out_.push_back(
            fmt::format("{} ({}{}{})", lesion_name(row), row.status, row.reason.empty() ? "" : ": ", row.reason));
      } else if (!std::isfinite(value) || (is_volume && value <= 0)) {
        left_out_.push_back(fmt::format("{} (no {}: {})", lesion_name(row), table_.features[feature],
                                        missing_reason(row, table_.features[feature])));
      } else {
        with.push_back(n);
      }
    }
    return with;
  }

  void note_left_out(TableRow& row) const {
    if (left_out_.empty()) return;
    if (row.status == "ok") row.status = "partial";
    row.reason += fmt::format("{}left out: {}", row.reason.empty() ? "" : "; ", fmt::join(left_out_, ", "));
  }

  /// No lesion at all: the first row as it is. Lesions that the rule cannot judge: a row that says so.
  void append_unjudged(FeatureTable& out) const {
    TableRow row = table_.rows[rows_.front()];
    if (lesions_ == 0) {
      if (rows_.size() > 1)
        row.reason += fmt::format("{}and {} more", row.reason.empty() ? "" : "; ", rows_.size() - 1);
    } else {
      row = common_row(rows_);
      row.status = "failed";
      row.reason = fmt::format("left out: {}", fmt::join(left_out_, ", "));
    }
    out.rows.push_back(std::move(row));
    out.values.insert(out.values.end(), table_.features.size(), kNone);
  }

  /// A row of the patient, not of one file: what all of them have in common.
  TableRow common_row(const std::vector<std::size_t>& rows) const {
    const TableRow& first = table_.rows[rows.front()];
    TableRow row;
    row.key.name = row.key.patient = first.key.patient;
    row.key.cohort = first.key.cohort;
    row.key.modality = first.key.modality;
    row.key.timepoint = first.key.timepoint;
    row.key.organ = first.key.organ;
    row.key.clinical = first.key.clinical;
    row.status = "ok";
    row.position = first.position;
    for (const std::size_t n : rows) {
      const TableRow& other = table_.rows[n];
      row.position = std::min(row.position, other.position);
      if (other.key.organ != row.key.organ) row.key.organ.clear();
      for (std::size_t c = 0; c < row.key.clinical.size(); ++c) {
        if (c >= other.key.clinical.size() || other.key.clinical[c] != row.key.clinical[c]) row.key.clinical[c].clear();
      }
    }
    return row;
  }

  std::pair<double, std::string> mean(const std::vector<std::size_t>& lesions, std::size_t f,
                                      std::size_t volume) const {
    double weight = 0;
    for (const std::size_t n : lesions) {
      if (std::isfinite(table_.value(n, f))) weight += table_.value(n, volume);
    }
    if (!(weight > 0)) {
      return {kNone,
              fmt::format("in none of {} lesions; {}: {}", lesions.size(), lesion_name(table_.rows[lesions.front()]),
                          missing_reason(table_.rows[lesions.front()], table_.features[f]))};
    }
    double value = 0;
    for (const std::size_t n : lesions) {
      if (std::isfinite(table_.value(n, f))) value += table_.value(n, volume) / weight * table_.value(n, f);
    }
    return {value, ""};
  }

  std::pair<double, std::string> sum(const std::vector<std::size_t>& lesions, std::size_t f) const {
    if (!left_out_.empty()) return {kNone, fmt::format("a sum needs all lesions: {} left out", left_out_.size())};
    double value = 0;
    for (const std::size_t n : lesions) {
      if (!std::isfinite(table_.value(n, f))) {
        return {kNone, fmt::format("a sum needs all lesions; {}: {}", lesion_name(table_.rows[n]),
                                   missing_reason(table_.rows[n], table_.features[f]))};
      }
      value += table_.value(n, f);
    }
    return {value, ""};
  }

  const FeatureTable& table_;
  const std::vector<std::size_t>& rows_;
  std::size_t lesions_ = 0;
  std::vector<std::string> left_out_;
};

}  // namespace

std::string_view patient_rule_word(PatientRule rule) {
  switch (rule) {
    case PatientRule::kLargest:
      return "largest";
    case PatientRule::kVolumeWeighted:
      return "volume-weighted";
    case PatientRule::kWorst:
      return "worst";
  }
  return "";
}

Result<PatientRule> parse_patient_rule(std::string_view word) {
  for (const PatientRule rule : {PatientRule::kLargest, PatientRule::kVolumeWeighted, PatientRule::kWorst}) {
    if (word == patient_rule_word(rule)) return rule;
  }
  return fail(ErrorCode::kUsage,
              fmt::format("no rule for patients is called \"{}\": largest, volume-weighted or worst", word));
}

Result<FeatureTable> patient_rows(const FeatureTable& table, const PatientOptions& options) {
  RADTYPE_CHECK(table.values.size() == table.rows.size() * table.features.size());
  const bool by_feature = options.rule == PatientRule::kWorst;
  if (by_feature && options.by.empty()) return fail(ErrorCode::kUsage, "the rule worst needs a feature to go by");
  if (!by_feature && !options.by.empty()) {
    return fail(ErrorCode::kUsage, fmt::format("a feature to go by ({}) belongs to the rule worst, not to {}",
                                               options.by, patient_rule_word(options.rule)));
  }
  FeatureTable out;
  out.features = table.features;
  out.clinical_columns = table.clinical_columns;
  const std::string judge = by_feature ? options.by : std::string(kVolume);
  const auto feature = column_of(table, judge);
  if (!feature) {
    if (table.rows.empty() && !by_feature) return out;
    return fail(ErrorCode::kUsage, fmt::format("the table has no feature {}", judge));
  }

  const TimeOrder order(table);
  std::map<std::tuple<std::string, std::string, std::int64_t, std::string, std::string>, std::vector<std::size_t>>
      groups;
  for (const std::size_t row : rows_by_name(table)) {
    const CaseKey& key = table.rows[row].key;
    groups[{key.cohort, key.patient, order.of(key), key.timepoint, key.modality}].push_back(row);
  }
  for (const auto& [key, rows] : groups) {
    Group group(table, rows);
    if (options.rule == PatientRule::kVolumeWeighted) {
      group.append_weighted(*feature, out);
    } else {
      group.append_chosen(*feature, by_feature ? options.worst : Worst::kHighest, !by_feature, out);
    }
  }
  return out;
}

}  // namespace radtype::cohort
