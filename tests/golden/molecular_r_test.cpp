// Against limma, run here on data made here; skips where R or limma is missing.
#include <cmath>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/seed.h"
#include "radtype/molecular/enrichment.h"
#include "radtype/stats/distribution.h"
#include "support/run_command.h"

namespace radtype::molecular {
namespace {

using nlohmann::json;

constexpr std::size_t kGenes = 400;
constexpr std::size_t kSamples = 18;

struct Study {
  ExpressionMatrix plain;
  ExpressionMatrix gaps;
  ExpressionMatrix even;
  Design design{{"constant", "second", "third", "size"}, {}};
  Contrasts contrasts{{"second", "third"}, {0, 0, 1, 0, 0, 1, 0, 0}};
  std::vector<GeneSet> sets;
};

Study make_study() {
  Study made;
  Random random(17);
  for (std::size_t s = 0; s < kSamples; ++s) {
    made.plain.samples.push_back("s" + std::to_string(s));
    const double values[] = {1, s % 3 == 1 ? 1.0 : 0.0, s % 3 == 2 ? 1.0 : 0.0, random.normal()};
    made.design.values.insert(made.design.values.end(), std::begin(values), std::end(values));
  }
  std::vector<double> shared(kSamples);
  for (double& value : shared) value = random.normal();
  for (std::size_t g = 0; g < kGenes; ++g) made.plain.genes.push_back("g" + std::to_string(g));
  made.gaps = made.even = made.plain;
  for (std::size_t g = 0; g < kGenes; ++g) {
    const double deviation = std::exp(0.7 * random.normal());
    for (std::size_t s = 0; s < kSamples; ++s) {
      // Genes 0 to 39 go together; 20 to 59 are up in the second group.
      const double noise = random.normal() + (g < 40 ? 0.8 * shared[s] : 0);
      const double value = 6 + (g >= 20 && g < 60 && s % 3 == 1 ? 1.2 : 0) + deviation * noise;
      made.plain.values.push_back(value);
      made.gaps.values.push_back(random.below(8) == 0 ? std::nan("") : value);
    }
    // Variances more alike than those of normal numbers.
    std::vector<double> noise(kSamples);
    double squares = 0;
    for (double& value : noise) {
      value = random.normal();
      squares += value * value;
    }
    for (const double value : noise) made.even.values.push_back(value / std::sqrt(squares));
  }
  for (std::size_t set = 0; set < 8; ++set) {
    GeneSet one{"set" + std::to_string(set), "", {}};
    for (std::size_t n = 0; n < 15 + 2 * set; ++n) one.genes.push_back("g" + std::to_string(set * 17 + n));
    made.sets.push_back(one);
  }
  return made;
}

void write(const ExpressionMatrix& matrix, const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "gene";
  for (const std::string& sample : matrix.samples) file << "," << sample;
  for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
    file << "\n" << matrix.genes[g];
    for (std::size_t s = 0; s < matrix.samples.size(); ++s) {
      const double value = matrix.value(g, s);
      file << "," << (std::isnan(value) ? std::string("NA") : fmt::format("{:.17g}", value));
    }
  }
  file << "\n";
}

class Limma : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (test::run_command({"Rscript", "-e", "library(limma)"}).exit != 0) return;
    const test::TempDir folder;
    const Study made = make_study();
    write(made.plain, folder / "expression.csv");
    write(made.gaps, folder / "gaps.csv");
    write(made.even, folder / "even.csv");
    std::ofstream design(folder / "design.csv");
    for (std::size_t n = 0; n < 4; ++n) design << (n > 0 ? "," : "") << made.design.names[n];
    for (std::size_t n = 0; n < made.design.values.size(); ++n)
      design << (n % 4 == 0 ? "\n" : ",") << fmt::format("{:.17g}", made.design.values[n]);
    design << "\n";
    design.close();
    std::ofstream sets(folder / "sets.csv");
    sets << "set,gene\n";
    for (const GeneSet& set : made.sets) {
      for (const std::string& gene : set.genes) sets << set.name << "," << gene << "\n";
    }
    sets.close();
    const auto ran = test::run_command(
        {"Rscript", std::string(RADTYPE_SOURCE_DIR) + "/tests/r/molecular_limma.R", folder.path().string()});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    theirs_ = json::parse(ran.out);
  }
  void SetUp() override {
    if (theirs_.is_null()) GTEST_SKIP() << "needs Rscript and limma (r-bioc-limma)";
  }

  static void near(double ours, const json& theirs, double relative, const std::string& what, double floor = 1e-300) {
    const double expected = theirs.get<double>();
    EXPECT_NEAR(ours, expected, relative * std::max(floor, std::abs(expected))) << what;
  }

  void same_fit(const ExpressionMatrix& matrix, const json& theirs) const {
    const auto fit = moderated_fit(matrix, study_.design, study_.contrasts);
    ASSERT_TRUE(fit) << fit.error().message();
    if (theirs["prior_degrees"].is_string()) {
      EXPECT_EQ(fit->prior_degrees, std::numeric_limits<double>::infinity());
    } else {
      near(fit->prior_degrees, theirs["prior_degrees"], 1e-8, "prior degrees");
    }
    near(fit->prior_variance, theirs["prior_variance"], 1e-9, "prior variance");
    for (std::size_t g = 0; g < kGenes; ++g) {
      ASSERT_EQ(fit->status[g], GeneStatus::kTested);
      const GeneTest& test = fit->test(g, 0);
      const std::string gene = matrix.genes[g];
      near(test.estimate, theirs["coefficient"][g], 1e-9, gene + " estimate", 1e-3);
      near(test.t, theirs["t"][g], 1e-9, gene + " t", 1e-3);
      near(test.p, theirs["p"][g], 1e-8, gene + " p");
      near(test.low, theirs["low"][g], 1e-8, gene + " low", 1e-2);
      near(test.high, theirs["high"][g], 1e-8, gene + " high", 1e-2);
      near(std::sqrt(fit->variance[g]), theirs["sigma"][g], 1e-9, gene + " sigma");
      near(fit->moderated_variance[g], theirs["post"][g], 1e-9, gene + " moderated variance");
      near(fit->total_degrees[g], theirs["total"][g], 1e-8, gene + " degrees");
      // Of genes with gaps limma takes F from the covariance of the complete design.
      if (fit->samples[g] < kSamples) continue;
      near(fit->f[g], theirs["f"][g], 1e-9, gene + " F");
      // Ours has the degrees that t has, so that F of one contrast is t; limma's may pass all residual ones.
      const double more = fit->degrees[g] + fit->prior_degrees;
      if (more == fit->total_degrees[g]) {
        EXPECT_EQ(fit->f_p[g], stats::f_tail(fit->f[g], 2, more));
      }
      near(stats::f_tail(fit->f[g], 2, more), theirs["f_p"][g], 1e-8, gene + " p of F");
    }
  }

  std::vector<SetRows> rows() const { return find_sets(study_.plain.genes, study_.sets); }

  static json theirs_;
  const Study study_ = make_study();
};
json Limma::theirs_;

TEST_F(Limma, ModeratedFit) { same_fit(study_.plain, theirs_["complete"]); }
TEST_F(Limma, MissingValues) { same_fit(study_.gaps, theirs_["gaps"]); }
TEST_F(Limma, VariancesThatDifferByNoMoreThanChance) {
  EXPECT_TRUE(theirs_["even"]["prior_degrees"].is_string());
  same_fit(study_.even, theirs_["even"]);
}

TEST_F(Limma, NormalDeviates) {
  const auto fit = moderated_fit(study_.plain, study_.design, study_.contrasts);
  ASSERT_TRUE(fit);
  for (std::size_t g = 0; g < kGenes; ++g)
    near(stats::z_from_t(fit->test(g, 0).t, fit->total_degrees[g]), theirs_["z"][g], 1e-9, "z", 1e-3);
}

TEST_F(Limma, Camera) {
  constexpr double kApproximation = 1e-7;  // limma takes t to z by a series
  for (const std::string kind : {"estimated", "negative", "preset"}) {
    EnrichmentOptions options;
    options.negative_correlation = kind == "negative";
    if (kind == "preset") options.correlation = 0.01;
    const auto ours = camera(study_.plain, study_.design, study_.contrasts, 0, rows(), options);
    ASSERT_TRUE(ours) << ours.error().message();
    ASSERT_EQ(ours->sets.size(), study_.sets.size());
    for (std::size_t n = 0; n < ours->sets.size(); ++n) {
      const Enrichment& set = ours->sets[n];
      near(set.p, theirs_[kind]["p"][n], kApproximation, kind + " p " + set.name);
      EXPECT_EQ(set.t > 0, theirs_[kind]["up"][n]) << kind << " " << set.name;
      if (kind == "negative") near(set.correlation, theirs_["pair_correlation"][n], 1e-8, kind + set.name);
    }
  }
}

TEST_F(Limma, Preranked) {
  const std::vector<double> z = theirs_["z"];
  for (const auto& [kind, correlation] : {std::pair{"ranked", 0.05}, {"independent", 0.0}}) {
    const auto ours = preranked(z, rows(), correlation);
    ASSERT_TRUE(ours);
    for (std::size_t n = 0; n < ours->sets.size(); ++n)
      near(ours->sets[n].p, theirs_[kind]["p"][n], 1e-8, kind + ours->sets[n].name);
  }
}

}  // namespace
}  // namespace radtype::molecular
