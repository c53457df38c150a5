// What differs between groups is found, and what does not is not, on tables whose truth is known.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/outcome/associate_results.h"

namespace radtype::outcome {
namespace {

using testing::HasSubstr;

constexpr std::size_t kPatients = 240;

/// Columns subtype (1..3), organ, grade (with the subtype), site (without), score (with), noise (without), same, name.
Records patients() {
  Random random(5);
  Records records{"made", {}, {}, {}};
  std::vector<std::string> subtype, organ, grade, site, score, noise, same;
  for (std::size_t n = 0; n < kPatients; ++n) {
    const auto kind = static_cast<int>(n % 3);
    records.patients.push_back("p" + std::to_string(n));
    subtype.push_back(std::to_string(kind + 1));
    organ.push_back(random.uniform() < 0.5 ? "lung" : "brain");
    grade.push_back(random.uniform() < 0.2 + 0.3 * kind ? "high" : "low");
    site.push_back(std::string(1, static_cast<char>('a' + random.below(3))));
    score.push_back(n % 20 == 7 ? "NA" : shortest(random.normal() + kind));
    noise.push_back(shortest(random.normal()));
    same.push_back("x");
  }
  records.set("subtype", subtype);
  records.set("organ", organ);
  records.set("grade", grade);
  records.set("site", site);
  records.set("score", score);
  records.set("noise", noise);
  records.set("same", same);
  records.set("name", records.patients);
  return records;
}

/// 200 genes; the first ten go up in subtype 3, by organ go the next ten; sets of them, and one of neither.
molecular::ExpressionMatrix expression(const Records& records) {
  Random random(6);
  molecular::ExpressionMatrix matrix;
  matrix.samples = records.patients;
  const auto organ = *records.texts("organ");
  for (std::size_t g = 0; g < 200; ++g) {
    matrix.genes.push_back(g == 0 ? "GZMA" : g == 1 ? "PRF1" : "G" + std::to_string(g));
    for (std::size_t n = 0; n < kPatients; ++n) {
      double value = 6 + random.normal();
      if (g < 10 && n % 3 == 2) value += 1.5;
      if (g >= 10 && g < 20 && organ[n] == "lung") value += 3;
      matrix.values.push_back(value);
    }
  }
  return matrix;
}

std::vector<molecular::GeneSet> gene_sets(const molecular::ExpressionMatrix& matrix) {
  const auto names = [&](std::size_t from) {
    return std::vector<std::string>(matrix.genes.begin() + static_cast<std::ptrdiff_t>(from),
                                    matrix.genes.begin() + static_cast<std::ptrdiff_t>(from + 10));
  };
  return {{"UP", "", names(0)}, {"ORGAN", "", names(10)}, {"NEITHER", "", names(100)}, {"ABSENT", "", {"nothing"}}};
}

TEST(Associate, ColumnsThatDifferAreFound) {
  const Records records = patients();
  const auto grouped = grouped_patients(records, "subtype");
  ASSERT_TRUE(grouped);
  EXPECT_EQ(grouped->labels, (std::vector<std::string>{"subtype 1", "subtype 2", "subtype 3"}));
  const auto found = associate_columns(records, *grouped, {"grade", "site", "score", "noise", "same", "name"});
  ASSERT_TRUE(found);
  EXPECT_TRUE((*found)[0].categorical);
  EXPECT_EQ((*found)[0].test, "chi-square");
  EXPECT_LT(*(*found)[0].q, 1e-6);
  EXPECT_GT(*(*found)[1].q, 0.05);
  EXPECT_FALSE((*found)[2].categorical);
  EXPECT_EQ((*found)[2].missing, 12u);
  EXPECT_EQ((*found)[2].n, kPatients - 12);
  EXPECT_LT(*(*found)[2].q, 1e-6);
  ASSERT_TRUE((*found)[2].variance_analysis);
  EXPECT_GT(*(*found)[3].q, 0.05);
  EXPECT_EQ((*found)[4].undefined, "everybody has x");
  EXPECT_FALSE((*found)[4].q);
  EXPECT_THAT((*found)[5].undefined, HasSubstr("240 different texts are no categories"));
  EXPECT_THAT(associate_columns(records, *grouped, {"weight"}).error().message(), HasSubstr("weight"));
  EXPECT_THAT(grouped_patients(records, "same").error().message(), HasSubstr("nothing to compare"));
  EXPECT_THAT(grouped_patients(records, "name").error().message(), HasSubstr("240 different values"));
}

TEST(Associate, FewCasesAreCountedExactly) {
  Records records{"few", {"a", "b", "c", "d", "e", "f", "g", "h"}, {}, {}};
  records.set("subtype", {"1", "1", "1", "1", "2", "2", "2", "2"});
  records.set("mutated", {"1", "1", "1", "0", "0", "0", "0", "1"});
  const auto found = associate_columns(records, *grouped_patients(records, "subtype"), {"mutated"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().test, "Fisher");
  EXPECT_NEAR(found->front().result.p, 34.0 / 70, 1e-12);  // the lady tasting tea (fisher1935)
}

TEST(Associate, GenesAndSetsThatDifferAreFound) {
  const Records records = patients();
  const auto grouped = grouped_patients(records, "subtype");
  ASSERT_TRUE(grouped);
  const auto matrix = expression(records);
  const auto found = associate_expression(records, *grouped, matrix, gene_sets(matrix),
                                          {{{"organ", "organ", true}}, molecular::ExpressionUnit::kLog2PlusOne, 0.95});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->covariates.size(), 1u);
  std::size_t small = 0;
  for (std::size_t g = 0; g < found->genes.size(); ++g) {
    if (g < 10) {
      EXPECT_LT(found->f_q[g], 1e-6) << g;
    } else {
      small += found->f_q[g] < 0.05;
    }
  }
  EXPECT_LE(small, 3u);  // of 190: those of the organ are explained by it
  ASSERT_EQ(found->sets, (std::vector<std::string>{"UP", "ORGAN", "NEITHER"}));
  EXPECT_EQ(found->sets_left_out, std::vector<std::string>{"ABSENT"});
  EXPECT_EQ(found->enrichment.size(), 9u);
  EXPECT_LT(found->set_q[2 * 3 + 0], 0.01);  // UP in subtype 3
  EXPECT_GT(found->enrichment[2 * 3].difference, 0);
  EXPECT_GT(found->set_q[2 * 3 + 2], 0.05);
  ASSERT_TRUE(found->cytolytic);
  EXPECT_EQ(found->scores.back().name, "cytolytic activity");
  EXPECT_LT(*found->scores.back().q, 1e-6);
}

TEST(Associate, ResultsAreTheSameOnAnyNumberOfThreads) {
  const Records records = patients();
  const auto matrix = expression(records);
  const auto text = [&](int threads) {
    set_thread_count(threads);
    AssociationResult result;
    result.grouped = *grouped_patients(records, "subtype");
    result.columns = *associate_columns(records, result.grouped, {"grade", "site", "score", "noise", "same"});
    result.expression = *associate_expression(records, result.grouped, matrix, gene_sets(matrix));
    std::string all = to_json(result).dump();
    for (const auto& [name, table] : tables(result, records)) all += name + table;
    EXPECT_EQ(figures(result).size(), 8u);  // numbers, two categories, three volcanoes, sets, scores
    for (const std::string& line : headlines(result)) all += line;
    return all;
  };
  const std::string one = text(1);
  EXPECT_EQ(text(2), one);
  set_thread_count(0);
}

TEST(Associate, PatientsWithoutExpressionAreSaid) {
  const Records records = patients();
  auto matrix = expression(records);
  matrix.samples[0] = "somebody";
  const auto grouped = grouped_patients(records, "subtype");
  const auto found = associate_expression(records, *grouped, matrix, {});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->left_out.size(), 1u);
  EXPECT_EQ(found->left_out[0].reason, "no expression");
  for (std::string& sample : matrix.samples) sample += "x";
  EXPECT_THAT(associate_expression(records, *grouped, matrix, {}).error().message(),
              HasSubstr("called as patients are"));
}

}  // namespace
}  // namespace radtype::outcome
