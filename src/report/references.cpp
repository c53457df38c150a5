#include "report/references.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "radtype/core/text.h"

extern "C" {
extern const char radtype_references_begin[];
extern const char radtype_references_end[];
}

namespace radtype::report {
namespace {

/// A name up to something that may not be in one.
std::string_view word_at(std::string_view text, std::size_t place) {
  std::size_t end = place;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
  return text.substr(place, end - place);
}

/// What stands between the brace at `place` and its partner.
std::string_view braced(std::string_view text, std::size_t place) {
  int depth = 0;
  for (std::size_t n = place; n < text.size(); ++n) {
    if (text[n] == '{') ++depth;
    if (text[n] == '}' && --depth == 0) return text.substr(place + 1, n - place - 1);
  }
  return text.substr(place + 1);
}

using BibFields = std::map<std::string, std::string_view>;

BibFields fields_of(std::string_view body) {
  BibFields fields;
  for (std::size_t n = body.find(','); n < body.size();) {
    while (n < body.size() && std::isalpha(static_cast<unsigned char>(body[n])) == 0) ++n;
    const std::string name = lower_case(word_at(body, n));
    const std::size_t equals = body.find('=', n);
    if (name.empty() || equals == std::string_view::npos) break;
    std::size_t value = body.find_first_not_of(" \t\r\n", equals + 1);
    if (value == std::string_view::npos) break;
    std::string_view text;
    if (body[value] == '{') {
      text = braced(body, value);
      n = value + text.size() + 2;
    } else {
      const std::size_t end = std::min(body.find(',', value), body.size());
      text = trimmed(body.substr(value, end - value));
      n = end;
    }
    fields.emplace(name, text);
  }
  return fields;
}

/// Latin letters that the bibliography writes with LaTeX's accents.
std::string plain(std::string_view latex) {
  static const std::vector<std::pair<std::string_view, std::string_view>> letters = {
      {"\\\"a", "ä"},      {"\\\"o", "ö"},  {"\\\"u", "ü"}, {"\\\"{a}", "ä"}, {"\\\"{o}", "ö"},
      {"\\\"{u}", "ü"},    {"\\'a", "á"},   {"\\'e", "é"},  {"\\'o", "ó"},    {"\\'i", "í"},
      {"\\'{e}", "é"},     {"\\`e", "è"},   {"\\^o", "ô"},  {"\\o", "ø"},     {"\\ss", "ß"},
      {"\\c c", "ç"},      {"\\c{c}", "ç"}, {"\\u g", "ğ"}, {"\\c S", "Ş"},   {"\\url", ""},
      {"$\\chi^2$", "χ²"}, {"\\&", "&"},    {"---", "—"},   {"--", "–"},      {"~", " "}};
  std::string text;
  for (std::size_t n = 0; n < latex.size();) {
    const auto letter = std::find_if(letters.begin(), letters.end(), [&](const auto& one) {
      return latex.compare(n, one.first.size(), one.first) == 0;
    });
    if (letter != letters.end()) {
      text += letter->second;
      n += letter->first.size();
    } else {
      const char c = latex[n++];
      if (c == '{' || c == '}' || c == '\\') continue;
      text += c == '\n' || c == '\t' ? ' ' : c;
    }
  }
  std::string tidy;
  for (const char c : text) {
    if (c != ' ' || (!tidy.empty() && tidy.back() != ' ')) tidy += c;
  }
  return std::string(trimmed(tidy));
}

std::string authors_of(const std::string& names) {
  std::string text;
  for (std::size_t n = 0; n <= names.size();) {
    const std::size_t end = std::min(names.find(" and ", n), names.size());
    const std::string name(trimmed(names.substr(n, end - n)));
    if (!text.empty()) text += name == "others" ? " " : "; ";
    text += name == "others" ? "et al." : name;
    n = end + 5;
  }
  return text;
}

std::string sentence_of(const BibFields& fields) {
  const auto field = [&](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : plain(found->second);
  };
  std::string text;
  const auto add = [&](const std::string& part, const char* before) {
    if (part.empty()) return;
    const bool ended = before[0] == '.' && (text.ends_with('?') || text.ends_with('.'));
    text += text.empty() ? "" : ended ? before + 1 : before;
    text += part;
  };
  add(authors_of(field("author")), "");
  add(field("title"), ". ");
  for (const char* where : {"journal", "booktitle", "publisher", "institution", "howpublished"}) {
    if (field(where).empty()) continue;
    add(field(where), ". ");
    break;
  }
  add(field("volume"), " ");
  add(field("pages"), ", ");
  if (!field("year").empty()) add("(" + field("year") + ")", " ");
  return text;
}

}  // namespace

std::vector<Reference> parse_bibliography(std::string_view bibtex) {
  std::vector<Reference> references;
  for (std::size_t at_sign = bibtex.find('@'); at_sign != std::string_view::npos;) {
    const std::size_t brace = bibtex.find('{', at_sign);
    if (brace == std::string_view::npos) break;
    const std::string_view body = braced(bibtex, brace);
    const std::string_view key = word_at(body, 0);
    if (!key.empty()) {
      const BibFields fields = fields_of(body);
      const auto doi = fields.find("doi");
      references.push_back(
          {std::string(key), sentence_of(fields), doi == fields.end() ? "" : std::string(trimmed(doi->second))});
    }
    at_sign = bibtex.find('@', brace + body.size());
  }
  return references;
}

std::vector<std::string> cited_keys(const std::vector<std::string>& texts) {
  std::vector<std::string> keys;
  for (const std::string& text : texts) {
    for (std::size_t open = text.find("[@"); open != std::string::npos; open = text.find("[@", open + 1)) {
      const std::size_t close = std::min(text.find(']', open), text.size());
      for (std::size_t n = text.find('@', open); n < close; n = text.find('@', n + 1)) {
        const std::string key(word_at(text, n + 1));
        if (!key.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
      }
    }
  }
  return keys;
}

nlohmann::json references_of(const nlohmann::json& methods) {
  std::vector<std::string> texts;
  for (const nlohmann::json& one : methods) texts.push_back(one.at("text").get<std::string>());
  static const std::vector<Reference> known = parse_bibliography(
      {radtype_references_begin, static_cast<std::size_t>(radtype_references_end - radtype_references_begin)});
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& key : cited_keys(texts)) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const Reference& one) { return one.key == key; });
    nlohmann::json doi;
    if (found != known.end() && !found->doi.empty()) doi = found->doi;
    list.push_back({{"key", key}, {"text", found == known.end() ? key : found->text}, {"doi", doi}});
  }
  return list;
}

}  // namespace radtype::report
