#include "radtype/subtype/case_table.h"

#include <cmath>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::subtype {

CaseTable CaseTable::of(const std::vector<std::size_t>& rows) const {
  CaseTable part;
  part.features = features;
  part.cases.reserve(rows.size());
  part.values.reserve(rows.size() * features.size());
  for (const std::size_t row : rows) {
    part.cases.push_back(cases[row]);
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(row * features.size());
    part.values.insert(part.values.end(), from, from + static_cast<std::ptrdiff_t>(features.size()));
  }
  return part;
}

Result<void> check_case_table(const CaseTable& table) {
  if (table.values.size() != table.cases.size() * table.features.size())
    return fail(ErrorCode::kUsage, fmt::format("{} values are not {} cases x {} features", table.values.size(),
                                               table.cases.size(), table.features.size()));
  std::set<std::string_view> names;
  for (const Case& one : table.cases) {
    for (const std::string* text : {&one.name, &one.cohort, &one.organ, &one.modality}) {
      if (!valid_utf8(*text))
        return fail(ErrorCode::kUsage, "a case's name, cohort, organ or modality is not UTF-8: write the table anew");
    }
    if (!names.insert(one.name).second)
      return fail(ErrorCode::kInconsistent,
                  fmt::format("two cases are named {}: give every case its own name", one.name));
  }
  names.clear();
  for (const FeatureColumn& feature : table.features) {
    if (!valid_utf8(feature.name) || !valid_utf8(feature.family))
      return fail(ErrorCode::kUsage, "a feature's name or family is not UTF-8: write the table anew");
    if (!names.insert(feature.name).second)
      return fail(ErrorCode::kInconsistent, fmt::format("two columns are named {}: remove one", feature.name));
  }
  for (std::size_t row = 0; row < table.cases.size(); ++row) {
    for (std::size_t f = 0; f < table.features.size(); ++f) {
      if (std::isinf(table.value(row, f)))
        return fail(ErrorCode::kUsage, fmt::format("{} of case {} is infinite: leave it empty where it is not known",
                                                   table.features[f].name, table.cases[row].name));
    }
  }
  return {};
}

}  // namespace radtype::subtype
