// Sources by their keys, from docs/references.bib, which is compiled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace radtype::report {

struct Reference {
  std::string key;
  std::string text;  ///< "Wu, Jia; Li, Chao; et al. Title. Journal 3, 787-798 (2021)"
  std::string doi;   ///< "" where none is given
};
/// BibTeX, as much of it as docs/references.bib uses. Accents are resolved; entries without a key are left out.
std::vector<Reference> parse_bibliography(std::string_view bibtex);

/// Keys that texts cite as [@wu2021] or [@wu2021; @monti2003], each once, in the order in which they are first cited.
std::vector<std::string> cited_keys(const std::vector<std::string>& texts);

/// [{"key", "text", "doi"}] of what [{"heading", "text"}] cite; a key that is not known has its key for its text.
nlohmann::json references_of(const nlohmann::json& methods);

}  // namespace radtype::report
