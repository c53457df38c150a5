#include "radtype/feature/catalogue.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "radtype/core/error.h"
#include "radtype/core/hash.h"

namespace radtype::feature {

extern const std::span<const char* const> kCatalogueParts;

const nlohmann::json& catalogue_json() {
  static const nlohmann::json parsed = [] {
    std::string text;
    for (const char* part : kCatalogueParts) text += part;
    return nlohmann::json::parse(text);
  }();
  return parsed;
}

const std::vector<Entry>& catalogue() {
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> list;
    for (const auto& item : catalogue_json().at("features")) {
      list.push_back({item.at("name"), item.at("family"), item.at("version"), item.at("unit"), item.at("definition"),
                      item.at("formula"), item.at("citation"), item.at("ibsi"), item.value("under_reversal", ""),
                      item.at("for_clustering"), item.at("note")});
    }
    return list;
  }();
  return entries;
}

const Entry* find_feature(std::string_view name) {
  const auto& entries = catalogue();
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::string catalogue_id() {
  return fmt::format("radtype-features {} ({} features) sha256:{}", catalogue_json().at("catalogue_version").get<int>(),
                     catalogue().size(), sha256(catalogue_json().dump()));
}

std::string catalogue_markdown() {
  std::string page =
      "# Features\n\nEvery column that radtype writes. A changed definition raises the version of its feature.\n";
  std::string family;
  for (const Entry& entry : catalogue()) {
    if (entry.family != family) {
      family = entry.family;
      page += fmt::format(
          "\n## {}\n\n| feature | unit | definition | formula | source | IBSI | version | reversed intensity | for "
          "clustering | note "
          "|\n|---|---|---|---|---|---|---|---|---|---|\n",
          family);
    }
    page += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", entry.name, entry.unit,
                        entry.definition, entry.formula, entry.citation, entry.ibsi, entry.version,
                        entry.under_reversal, entry.for_clustering ? "yes" : "no", entry.note);
  }
  return page;
}

}  // namespace radtype::feature
