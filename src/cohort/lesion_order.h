// Which rows are lesions, and in what order: by name, and by time within a patient.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "radtype/cohort/table.h"

namespace radtype::cohort {

inline constexpr const char* kVolume = "shape_volume_mm3";

inline bool has_lesion(const TableRow& row) {
  return row.lesion > 0 && row.status != "failed" && row.status != "pending";
}

inline std::optional<std::size_t> column_of(const FeatureTable& table, std::string_view feature) {
  const auto found = std::find(table.features.begin(), table.features.end(), feature);
  if (found == table.features.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.features.begin());
}

/// All rows by case name, then lesion: the same whatever order they come in.
inline std::vector<std::size_t> rows_by_name(const FeatureTable& table) {
  std::vector<std::size_t> rows(table.rows.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(table.rows[a].key.name, table.rows[a].lesion) <
           std::tie(table.rows[b].key.name, table.rows[b].lesion);
  });
  return rows;
}

/// A timepoint is as early as the earliest case of the patient that has it.
class TimeOrder {
 public:
  explicit TimeOrder(const FeatureTable& table) {
    for (const TableRow& row : table.rows) {
      const auto [place, first] = positions_.try_emplace(name(row.key), row.position);
      if (!first) place->second = std::min(place->second, row.position);
    }
  }
  std::int64_t of(const CaseKey& key) const { return positions_.at(name(key)); }

 private:
  using Name = std::tuple<std::string, std::string, std::string>;
  static Name name(const CaseKey& key) { return {key.cohort, key.patient, key.timepoint}; }
  std::map<Name, std::int64_t> positions_;
};

}  // namespace radtype::cohort
