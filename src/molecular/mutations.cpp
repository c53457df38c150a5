#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "molecular/lines.h"
#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/molecular/expression.h"

namespace radtype::molecular {
namespace {

struct Columns {
  std::size_t gene = 0;
  std::size_t sample = 0;
  std::optional<std::size_t> kind = std::nullopt;
};

std::optional<std::size_t> find_column(const std::vector<std::string_view>& header,
                                       std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (lower_case(header[c]) == name) return c;
    }
  }
  return std::nullopt;
}

std::optional<Columns> find_columns(const std::vector<std::string_view>& header) {
  const auto gene = find_column(header, {"hugo_symbol", "gene", "gene_symbol", "symbol"});
  const auto sample = find_column(header, {"tumor_sample_barcode", "sample", "sample_id", "sampleid"});
  if (!gene || !sample) return std::nullopt;
  return Columns{*gene, *sample, find_column(header, {"variant_classification"})};
}

/// Classes of the Mutation Annotation Format that change no protein.
bool is_silent(std::string_view kind) {
  constexpr std::array kSilent = {"Silent", "Intron", "IGR", "RNA", "3'UTR", "5'UTR", "3'Flank", "5'Flank"};
  return std::find(kSilent.begin(), kSilent.end(), kind) != kSilent.end();
}

}  // namespace

Result<MutationTable> read_mutations(const std::filesystem::path& path, const MutationOptions& options) {
  MutationTable table;
  table.samples = options.profiled;
  const auto profiled = places(options.profiled);
  if (profiled.size() != options.profiled.size())
    return fail(ErrorCode::kUsage, "a sample is named twice among those that were profiled");
  auto lines = LineReader::open(path);
  if (!lines) return pass_on(std::move(lines));
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kCorrupt, fmt::format("{} line {}: {}", path.string(), lines->number(), what));
  };

  std::map<std::string, std::set<std::string>> carriers;  // by gene
  std::set<std::string> seen;
  std::optional<Columns> columns;
  std::size_t width = 0;
  char separator = 0;
  std::vector<std::string_view> cells;
  std::vector<std::unique_ptr<std::string>> unquoted;
  for (;;) {
    const auto line = lines->next_with_text();
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    if ((*line)->starts_with('#')) continue;
    if (!columns) separator = separator_of(**line);
    if (!split_cells(**line, separator, cells, unquoted)) return bad("a quoted cell does not end, or goes on");
    if (!columns) {
      columns = find_columns(cells);
      width = cells.size();
      if (!columns)
        return bad("the header names no Hugo_Symbol and Tumor_Sample_Barcode, and no gene and sample either");
      continue;
    }
    if (cells.size() > width || cells.size() <= std::max(columns->gene, columns->sample))
      return bad(fmt::format("{} cells, the header has {}", cells.size(), width));
    const std::string gene(cells[columns->gene]);
    const std::string sample(cells[columns->sample]);
    for (const auto& [name, column] : {std::pair{&gene, columns->gene}, {&sample, columns->sample}}) {
      if (name->empty() || !valid_utf8(*name)) return bad(fmt::format("column {} is empty, or not UTF-8", column + 1));
    }
    if (profiled.empty()) {
      seen.insert(sample);
    } else if (!profiled.contains(sample)) {
      ++table.not_profiled;
      continue;
    }
    if (options.skip_silent && columns->kind && *columns->kind < cells.size() && is_silent(cells[*columns->kind])) {
      ++table.skipped;
      continue;
    }
    carriers[gene].insert(sample);
  }
  if (carriers.empty()) return fail(ErrorCode::kEmpty, fmt::format("{} holds no mutation that counts", path.string()));

  if (table.samples.empty()) table.samples.assign(seen.begin(), seen.end());
  const auto place = places(table.samples);
  table.mutated.assign(carriers.size() * table.samples.size(), 0);
  for (const auto& [gene, samples] : carriers) {
    for (const std::string& sample : samples)
      table.mutated[table.genes.size() * table.samples.size() + place.at(sample)] = 1;
    table.genes.push_back(gene);
  }
  return table;
}

}  // namespace radtype::molecular
