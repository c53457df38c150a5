// Against R (../shared/golden/survival.json).
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "support/shared_data.h"

namespace radtype::stats {
namespace {

using nlohmann::json;

json golden() {
  std::ifstream file(test::shared("golden/survival.json"));
  return json::parse(file)["association"];
}
void near(double ours, const json& theirs, double relative = 1e-10) {
  EXPECT_NEAR(ours, theirs.get<double>(), relative * theirs.get<double>());
}

TEST(AssociationOfR, ChiSquareAndFisher) {
  NEEDS_SHARED("golden/survival.json");
  const json theirs = golden()["lung_sex_by_ecog"];
  Contingency table{2, 3, {}};
  for (const json& row : theirs["table"]) {
    for (const json& count : row) table.counts.push_back(count);
  }
  const auto chi = chi_square_test(table);
  const auto fisher = fisher_test(table);
  ASSERT_TRUE(chi && fisher);
  near(chi->statistic, theirs["chisq"]);
  near(chi->p, theirs["p"]);
  near(fisher->p, theirs["fisher_p"]);
  EXPECT_EQ(fisher->random_tables, 0);
}

TEST(AssociationOfR, Anova) {
  NEEDS_SHARED("golden/survival.json");
  const json theirs = golden()["veteran_karno_by_cell_anova"];
  const auto rows = read_csv(test::shared("golden/data_veteran.csv"));
  ASSERT_TRUE(rows);
  std::vector<double> values;
  std::vector<int> groups;
  std::vector<std::string> cells;
  for (const CsvRow& row : *rows) {
    const auto found = std::find(cells.begin(), cells.end(), row.at("celltype"));
    groups.push_back(static_cast<int>(found - cells.begin()) + 1);
    if (found == cells.end()) cells.push_back(row.at("celltype"));
    values.push_back(*parse_double(row.at("karno")));
  }
  const auto ours = anova(values, groups);
  ASSERT_TRUE(ours);
  near(ours->statistic, theirs["F"]);
  near(ours->p, theirs["p"]);
  EXPECT_EQ(ours->degrees, theirs["df1"]);
  EXPECT_EQ(ours->error_degrees, theirs["df2"]);
}

TEST(AssociationOfR, AdjustedPs) {
  NEEDS_SHARED("golden/survival.json");
  const json theirs = golden()["padjust"];
  const std::vector<double> p = theirs["p"];
  for (const auto& [name, kind] : {std::pair{"BH", Adjustment::kBenjaminiHochberg},
                                   {"BY", Adjustment::kBenjaminiYekutieli},
                                   {"holm", Adjustment::kHolm},
                                   {"bonferroni", Adjustment::kBonferroni},
                                   {"hochberg", Adjustment::kHochberg}}) {
    const std::vector<double> ours = adjust(p, kind);
    for (std::size_t n = 0; n < p.size(); ++n) near(ours[n], theirs[name][n], 1e-14);
  }
}

}  // namespace
}  // namespace radtype::stats
