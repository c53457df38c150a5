// Against R, run here: ComBat of sva (Bioconductor 3.16, Debian's r-bioc-sva).
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/subtype/combat.h"
#include "support/run_command.h"

namespace radtype::subtype {
namespace {

// Twice: as shipped, where the iteration ends when no parameter changes by 1e-4 of itself (and a negative shift never
// counts as changed), and iterated to the end.
constexpr const char* kScript = R"R(
suppressMessages(library(sva))
folder <- commandArgs(trailingOnly = TRUE)[1]
data <- read.csv(file.path(folder, "data.csv"))
adjusted <- function() suppressMessages(ComBat(t(as.matrix(data[, -1])), data$batch, par.prior = TRUE))
save <- function(x, name) {
  text <- matrix(sprintf("%.17g", t(x)), ncol = nrow(x))
  colnames(text) <- names(data)[-1]
  write.csv(text, file.path(folder, name), row.names = FALSE, quote = FALSE)
}
save(adjusted(), "shipped.csv")
solver <- getFromNamespace("it.sol", "sva")
exact <- eval(parse(text = sub("/g.old", "/abs(g.old)", deparse(solver), fixed = TRUE)))
environment(exact) <- environment(solver)
formals(exact)$conv <- 1e-13
assignInNamespace("it.sol", exact, "sva")
save(adjusted(), "converged.csv")
)R";

std::vector<double> read_values(const std::filesystem::path& path) {
  std::vector<double> values;
  const auto csv = read_csv_table(path);
  if (!csv) return values;
  for (const CsvLine& line : csv->rows) {
    for (const std::string& cell : line.cells) values.push_back(parse_double(cell).value_or(std::nan("")));
  }
  return values;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = a.size() == b.size() && !a.empty() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < std::min(a.size(), b.size()); ++n)
    largest = std::max(largest, std::isnan(b[n]) ? std::numeric_limits<double>::infinity()
                                                 : std::abs(a[n] - b[n]) / std::max(1.0, std::abs(b[n])));
  return largest;
}

TEST(Combat, AdjustedValuesAreThoseOfSva) {
  if (test::run_command({"Rscript", "-e", "library(sva)"}).exit != 0)
    GTEST_SKIP() << "needs R with Bioconductor's sva (Debian: r-bioc-sva, 110 MB to download)";

  // Three batches of unlike size, shift and scale; features of unlike centre and spread.
  const std::vector<std::size_t> sizes = {12, 60, 128};
  Random random(20261123);
  Table table{200, 40, {}};
  std::vector<std::size_t> batch;
  for (std::size_t b = 0; b < 3; ++b) batch.insert(batch.end(), sizes[b], b);
  std::vector<double> centre, spread, shift, stretch;
  for (std::size_t c = 0; c < table.columns; ++c) {
    centre.push_back(5 * random.normal());
    spread.push_back(std::exp(random.normal()));
  }
  for (std::size_t n = 0; n < 3 * table.columns; ++n) {
    shift.push_back(0.7 * random.normal());
    stretch.push_back(std::exp(0.3 * random.normal()));
  }
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      const std::size_t n = batch[r] * table.columns + c;
      table.values.push_back(centre[c] + spread[c] * (shift[n] + stretch[n] * random.normal()));
    }
  }

  const test::TempDir folder;
  std::ofstream(folder / "combat.R") << kScript;
  {
    std::ofstream csv(folder / "data.csv");
    csv << "batch";
    for (std::size_t c = 0; c < table.columns; ++c) csv << ",f" << c;
    for (std::size_t r = 0; r < table.rows; ++r) {
      csv << "\n" << batch[r];
      for (std::size_t c = 0; c < table.columns; ++c) csv << "," << shortest(table.row(r)[c]);
    }
    csv << "\n";
  }
  const test::Outcome r = test::run_command({"Rscript", (folder / "combat.R").string(), folder.path().string()});
  ASSERT_EQ(r.exit, 0) << r.err;

  const auto effects = fit_combat(table, batch, 3);
  ASSERT_TRUE(effects);
  std::vector<double> ours;
  for (std::size_t row = 0; row < table.rows; ++row) {
    for (std::size_t c = 0; c < table.columns; ++c)
      ours.push_back((*effects)[c].removed(table.row(row)[c], batch[row]));
  }
  const double converged = largest_difference(ours, read_values(folder / "converged.csv"));
  const double shipped = largest_difference(ours, read_values(folder / "shipped.csv"));
  EXPECT_LT(converged, 1e-12);
  EXPECT_LT(shipped, 1e-5);
  RecordProperty("converged", shortest(converged));
  RecordProperty("shipped", shortest(shipped));
}

}  // namespace
}  // namespace radtype::subtype
