// A frozen preparation as JSON: what is read is written again as it was, and can be applied.
#include <cstddef>
#include <cstdint>

#include "radtype/core/error.h"
#include "radtype/subtype/preparation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const auto document = nlohmann::json::parse(data, data + size, nullptr, false);
  if (document.is_discarded()) return 0;
  const auto preparation = subtype::preparation_from_json(document);
  if (!preparation) return 0;
  const std::string text = subtype::to_json(*preparation).dump();
  const auto again = subtype::preparation_from_json(nlohmann::json::parse(text));
  RADTYPE_CHECK(again && subtype::to_json(*again).dump() == text);

  subtype::CaseTable table;
  const subtype::Group& group = preparation->groups.front();
  table.cases.push_back({.name = "one",
                         .patient = "",
                         .cohort = preparation->cohorts.empty() ? group.cohort : preparation->cohorts.front().name,
                         .organ = group.organ,
                         .modality = group.modality,
                         .volume_mm3 = 1000});
  for (const subtype::FrozenFeature& feature : preparation->features) {
    table.features.push_back(feature.column);
    table.values.push_back(1);
  }
  RADTYPE_CHECK(preparation->apply(table));
  return 0;
}
