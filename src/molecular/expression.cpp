#include "radtype/molecular/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "molecular/lines.h"
#include "radtype/core/csv.h"
#include "radtype/core/text.h"

namespace radtype::molecular {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool is_missing(std::string_view cell) {
  if (cell.empty() || cell == ".") return true;
  if (cell.size() > 4) return false;
  const std::string lower = lower_case(cell);
  return lower == "na" || lower == "n/a" || lower == "nan" || lower == "null";
}

/// A finite number, or NaN for a missing one; none for anything else.
std::optional<double> parse_cell(std::string_view cell) {
  double value = 0;
  const char* begin = cell.data();
  const char* end = begin + cell.size();
  if (cell.size() > 1 && *begin == '+') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error == std::errc() && stop == end && std::isfinite(value)) return value;
  if (is_missing(cell)) return kMissing;
  return std::nullopt;
}

double mean_of(const double* row, std::size_t samples) {
  double sum = 0;
  double count = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    if (std::isnan(row[s])) continue;
    sum += row[s];
    ++count;
  }
  return count > 0 ? sum / count : -std::numeric_limits<double>::infinity();
}

/// Takes the lines of a file one after the other.
class Table {
 public:
  Table(const std::filesystem::path& path, LineReader& lines, const ExpressionOptions& options)
      : path_(path), lines_(lines), options_(options) {}

  Result<ReadExpression> read() {
    if (auto fine = read_header(); !fine) return pass_on(std::move(fine));
    for (;;) {
      const auto line = lines_.next_with_text();
      if (!line) return tl::unexpected(line.error());
      if (!*line) break;
      if (!split_cells(**line, separator_, cells_, unquoted_)) return at_line("a quoted cell does not end, or goes on");
      if (auto fine = take_row((*line)->size()); !fine) return pass_on(std::move(fine));
    }
    if (result_.matrix.genes.empty())
      return fail(ErrorCode::kEmpty, fmt::format("{} names samples and holds no gene", path_.string()));
    count_missing();
    return std::move(result_);
  }

 private:
  tl::unexpected<Error> at_line(const std::string& what) const {
    return fail(ErrorCode::kCorrupt, fmt::format("{} line {}: {}", path_.string(), lines_.number(), what));
  }

  Result<void> read_header() {
    const auto line = lines_.next_with_text();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return fail(ErrorCode::kEmpty, fmt::format("{} is empty", path_.string()));
    separator_ = separator_of(**line);
    if (separator_ == 0)
      return at_line("the header holds one cell: samples are separated by commas, semicolons or tabs");
    if (!split_cells(**line, separator_, cells_, unquoted_)) return at_line("a quoted cell does not end, or goes on");
    header_.assign(cells_.begin(), cells_.end());
    return {};
  }

  /// Once the first row tells whether the header has a cell for the column of genes.
  Result<void> name_samples(std::size_t cells) {
    if (cells != header_.size() && cells != header_.size() + 1)
      return at_line(fmt::format("{} cells, the header has {}", cells, header_.size()));
    std::vector<std::string>& samples = result_.matrix.samples;
    samples.assign(header_.begin() + (cells == header_.size() ? 1 : 0), header_.end());
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t s = 0; s < samples.size(); ++s) {
      const std::size_t column = s + 2;
      if (samples[s].empty() || !valid_utf8(samples[s]))
        return fail(ErrorCode::kCorrupt, fmt::format("{} header: the sample of column {} has no name, or not in UTF-8",
                                                     path_.string(), column));
      const auto [found, fresh] = seen.emplace(samples[s], column);
      if (!fresh)
        return fail(ErrorCode::kCorrupt, fmt::format("{} header: columns {} and {} are both {}; name each sample once",
                                                     path_.string(), found->second, column, samples[s]));
    }
    return {};
  }

  Result<void> take_row(std::size_t line_length) {
    ExpressionMatrix& matrix = result_.matrix;
    if (matrix.samples.empty()) {
      if (auto fine = name_samples(cells_.size()); !fine) return fine;
      std::error_code unknown;
      const auto size = std::filesystem::file_size(path_, unknown);
      // Room for what a plain file will hold, so that no growing copy is made of it; a guess is enough.
      if (!unknown) matrix.values.reserve((size / (line_length + 1) + 1) * matrix.samples.size());
    }
    const std::size_t samples = matrix.samples.size();
    if (cells_.size() != samples + 1)
      return at_line(fmt::format("{} cells, the others have {}", cells_.size(), samples + 1));
    if (cells_[0].empty() || !valid_utf8(cells_[0])) return at_line("column 1: the gene has no name, or not in UTF-8");
    const std::size_t begin = matrix.values.size();
    for (std::size_t s = 0; s < samples; ++s) {
      const auto value = parse_cell(cells_[s + 1]);
      if (!value)
        return at_line(fmt::format("column {} (gene {}, sample {}): \"{}\" is no finite number", s + 2, cells_[0],
                                   matrix.samples[s], cells_[s + 1].substr(0, 40)));
      matrix.values.push_back(*value);
    }
    const auto [found, fresh] = place_.emplace(std::string(cells_[0]), Place{matrix.genes.size(), lines_.number()});
    if (fresh) {
      matrix.genes.emplace_back(cells_[0]);
      return {};
    }
    return repeat(found->first, found->second, begin);
  }

  struct Place {
    std::size_t gene = 0;
    std::size_t line = 0;
    bool repeated = false;
  };

  /// The last row of the matrix is another of a gene that is there.
  Result<void> repeat(const std::string& gene, Place& place, std::size_t begin) {
    if (options_.repeated == RepeatedGene::kRefuse)
      return at_line(fmt::format("gene {} again, first in line {}", gene, place.line));
    if (!place.repeated) result_.repeated.push_back(gene);
    place.repeated = true;
    std::vector<double>& values = result_.matrix.values;
    const std::size_t samples = result_.matrix.samples.size();
    double* kept = values.data() + place.gene * samples;
    const double* other = values.data() + begin;
    if (mean_of(other, samples) > mean_of(kept, samples)) std::copy(other, other + samples, kept);
    values.resize(begin);
    return {};
  }

  void count_missing() {
    const ExpressionMatrix& matrix = result_.matrix;
    result_.missing_by_gene.assign(matrix.genes.size(), 0);
    result_.missing_by_sample.assign(matrix.samples.size(), 0);
    for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
      for (std::size_t s = 0; s < matrix.samples.size(); ++s) {
        if (!std::isnan(matrix.value(g, s))) continue;
        ++result_.missing_by_gene[g];
        ++result_.missing_by_sample[s];
        ++result_.missing;
      }
    }
  }

  const std::filesystem::path& path_;
  LineReader& lines_;
  ExpressionOptions options_;
  char separator_ = 0;
  std::vector<std::string> header_;
  std::vector<std::string_view> cells_;
  std::vector<std::unique_ptr<std::string>> unquoted_;
  std::unordered_map<std::string, Place> place_;
  ReadExpression result_;
};

}  // namespace

std::optional<std::size_t> ExpressionMatrix::find_gene(const std::string& name) const {
  const auto found = std::find(genes.begin(), genes.end(), name);
  if (found == genes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - genes.begin());
}

std::unordered_map<std::string, std::size_t> places(const std::vector<std::string>& names) {
  std::unordered_map<std::string, std::size_t> of;
  of.reserve(names.size());
  for (std::size_t n = 0; n < names.size(); ++n) of.emplace(names[n], n);
  return of;
}

Result<ReadExpression> read_expression(const std::filesystem::path& path, const ExpressionOptions& options) {
  auto lines = LineReader::open(path);
  if (!lines) return pass_on(std::move(lines));
  return Table(path, *lines, options).read();
}

Result<ExpressionMatrix> select_samples(const ExpressionMatrix& matrix, const std::vector<std::string>& samples) {
  const auto place = places(matrix.samples);
  std::vector<std::size_t> columns;
  for (const std::string& sample : samples) {
    const auto found = place.find(sample);
    if (found == place.end())
      return fail(ErrorCode::kNotFound, fmt::format("sample {} is not in the expression table", sample));
    columns.push_back(found->second);
  }
  ExpressionMatrix part{matrix.genes, samples, {}};
  part.values.reserve(matrix.genes.size() * columns.size());
  for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
    for (const std::size_t column : columns) part.values.push_back(matrix.value(g, column));
  }
  return part;
}

}  // namespace radtype::molecular
