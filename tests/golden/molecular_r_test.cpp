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
#include "support/r_cases.h"
#include "support/run_command.h"

namespace radtype::molecular {
namespace {

using nlohmann::json;

class Limma : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (test::run_command({"Rscript", "-e", "library(limma)"}).exit != 0) return;
    const test::TempDir folder;
    test::write(test::expression_study(), folder.path());
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
    for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
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
      if (fit->samples[g] < matrix.samples.size()) continue;
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
  const test::ExpressionStudy study_ = test::expression_study();
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
  for (std::size_t g = 0; g < study_.plain.genes.size(); ++g)
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
