#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "molecular/lines.h"
#include "radtype/core/text.h"
#include "radtype/molecular/enrichment.h"

namespace radtype::molecular {

Result<std::vector<GeneSet>> read_gmt(const std::filesystem::path& path) {
  auto lines = LineReader::open(path);
  if (!lines) return pass_on(std::move(lines));
  std::vector<GeneSet> sets;
  std::unordered_map<std::string, std::size_t> seen;
  for (;;) {
    const auto line = lines->next_with_text();
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    const auto bad = [&](const std::string& what) {
      return fail(ErrorCode::kCorrupt, fmt::format("{} line {}: {}", path.string(), lines->number(), what));
    };
    if (!valid_utf8(**line)) return bad("the text is not UTF-8");
    GeneSet set;
    std::unordered_set<std::string_view> members;
    std::string_view rest = **line;
    for (std::size_t column = 0; !rest.empty(); ++column) {
      const std::size_t end = std::min(rest.find('\t'), rest.size());
      const std::string_view cell = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (column == 0) {
        set.name = cell;
      } else if (column == 1) {
        set.description = cell;
      } else if (!cell.empty() && members.insert(cell).second) {
        set.genes.emplace_back(cell);
      }
    }
    if (set.name.empty()) return bad("a gene set without a name");
    if (set.genes.empty())
      return bad(fmt::format("{} has no genes: a line holds name, description and genes, separated by tabs", set.name));
    const auto [found, fresh] = seen.emplace(set.name, lines->number());
    if (!fresh) return bad(fmt::format("{} again, first in line {}", set.name, found->second));
    sets.push_back(std::move(set));
  }
  if (sets.empty()) return fail(ErrorCode::kEmpty, fmt::format("{} holds no gene set", path.string()));
  return sets;
}

std::vector<SetRows> find_sets(const std::vector<std::string>& genes, const std::vector<GeneSet>& sets) {
  const auto place = places(genes);
  std::vector<SetRows> found;
  for (const GeneSet& set : sets) {
    SetRows rows{set.name, set.genes.size(), {}};
    for (const std::string& gene : set.genes) {
      if (const auto at = place.find(gene); at != place.end()) rows.rows.push_back(at->second);
    }
    std::sort(rows.rows.begin(), rows.rows.end());
    rows.rows.erase(std::unique(rows.rows.begin(), rows.rows.end()), rows.rows.end());
    found.push_back(std::move(rows));
  }
  return found;
}

}  // namespace radtype::molecular
