// Against R: ConsensusClusterPlus 1.62.0, hclust, kmeans, cluster, clusterRepro (../shared/golden/clustering.json).
#include <cmath>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/stats/partition.h"
#include "radtype/subtype/consensus.h"
#include "radtype/subtype/partition.h"
#include "radtype/subtype/stability.h"
#include "radtype/subtype/validity.h"
#include "support/shared_data.h"

namespace radtype::subtype {
namespace {

using nlohmann::json;

struct Data {
  Table table;
  std::vector<int> truth;
};

Data read_data(const std::string& name) {
  const auto csv = read_csv_table(test::shared("golden/" + name));
  Data data;
  data.table.columns = csv->columns.size() - 2;
  data.table.rows = csv->rows.size();
  for (const CsvLine& line : csv->rows) {
    data.truth.push_back(static_cast<int>(*parse_integer(line.cells[1])));
    for (std::size_t c = 2; c < line.cells.size(); ++c) data.table.values.push_back(*parse_double(line.cells[c]));
  }
  return data;
}

class Clustering : public testing::Test {
 protected:
  void SetUp() override {
    NEEDS_SHARED("golden/clustering.json");
    std::ifstream file(test::shared("golden/clustering.json"));
    golden = json::parse(file);
    train = read_data("data_cluster_train.csv");
  }
  static void near(const std::vector<double>& ours, const json& theirs, double tolerance, const std::string& what) {
    ASSERT_EQ(ours.size(), theirs.size()) << what;
    for (std::size_t n = 0; n < ours.size(); ++n) {
      if (theirs[n].is_null()) {
        EXPECT_TRUE(std::isnan(ours[n])) << what << " " << n;  // R's NaN
      } else {
        ASSERT_NEAR(ours[n], theirs[n].get<double>(), tolerance) << what << " " << n;
      }
    }
  }
  json golden;
  Data train;
};

TEST_F(Clustering, HeightsAndCutsOfEveryMetricAndLinkage) {
  int compared = 0;
  for (const auto& [metric, distance] :
       {std::pair("pearson", Distance::kPearson), std::pair("euclidean", Distance::kEuclidean)}) {
    for (const auto& [name, method] :
         {std::pair("average", Linkage::kAverage), std::pair("single", Linkage::kSingle),
          std::pair("complete", Linkage::kComplete), std::pair("ward.D2", Linkage::kWard)}) {
      const std::string key = std::string(metric) + "_" + name;
      if (!golden["hclust"].contains(key)) continue;
      const json& expected = golden["hclust"][key];
      const Tree tree = linkage(*distances(train.table, distance), method);
      const Tree of_all = Hierarchy::of(train.table, distance, method)->tree(all_rows(train.table));
      const Tree in_order = linkage_in_order(*distances(train.table, distance), method);
      for (std::size_t m = 0; m < tree.merges.size(); ++m)
        EXPECT_NEAR(tree.merges[m].height, in_order.merges[m].height, 1e-12 * std::max(1.0, tree.merges[m].height))
            << key;
      for (std::size_t m = 0; m < tree.merges.size(); ++m)
        EXPECT_NEAR(tree.merges[m].height, of_all.merges[m].height, 1e-12 * std::max(1.0, tree.merges[m].height))
            << key;
      EXPECT_EQ(of_all.cut(4), tree.cut(4)) << key;
      std::vector<double> heights;
      for (const Tree::Merge& merge : tree.merges) heights.push_back(merge.height);
      near(heights, expected["height"], 1e-12 * std::max(1.0, expected["height"].back().get<double>()), key);
      for (const auto& [k, labels] : expected["cut"].items())
        EXPECT_EQ(tree.cut(static_cast<int>(*parse_integer(k.substr(1)))), labels.get<std::vector<int>>()) << key << k;
      ++compared;
    }
  }
  EXPECT_EQ(compared, static_cast<int>(golden["hclust"].size()));
}

TEST_F(Clustering, ConsensusByReplayingTheRecordedSubsets) {
  const json& expected = golden["hc_pearson"];
  const auto subsets = expected["subsets_0based"].get<std::vector<std::vector<std::uint32_t>>>();
  const ClusterNumbers numbers{2, 6};
  const Hierarchy hierarchy = *Hierarchy::of(train.table, Distance::kPearson, Linkage::kAverage);
  const auto repetitions = repeat(train.table.rows, subsets, cut_trees(hierarchy, numbers), numbers);
  ASSERT_TRUE(repetitions);
  const std::vector<ConsensusOfK> results = consensus(*repetitions, Linkage::kAverage);
  std::vector<double> areas;
  for (const ConsensusOfK& result : results) areas.push_back(result.area);
  near(delta_area(areas), expected["delta_area"], 1e-12, "delta area");
  for (std::size_t n = 0; n < results.size(); ++n) {
    const ConsensusOfK& ours = results[n];
    const json& theirs = expected["k"]["k" + std::to_string(ours.k)];
    std::vector<double> matrix;
    for (std::size_t j = 0; j < train.table.rows; ++j) {
      for (std::size_t i = 0; i < j; ++i) matrix.push_back(ours.counts.consensus(i, j));
    }
    near(matrix, theirs["consensus_upper_colmajor"], 1e-12, "consensus");
    EXPECT_EQ(ours.labels, theirs["labels"].get<std::vector<int>>()) << ours.k;
    EXPECT_NEAR(ours.area, expected["areas"][n].get<double>(), 1e-12);
    EXPECT_NEAR(ours.ambiguous, theirs["pac_0.1_0.9"].get<double>(), 1e-12);
    near(ours.cluster_consensus, theirs["cluster_consensus"], 1e-12, "cluster consensus");
    for (std::size_t at = 0; at < theirs["cdf_at"]["x"].size(); ++at) {
      EXPECT_NEAR(consensus_distribution(ours.counts, theirs["cdf_at"]["x"][at].get<double>()),
                  theirs["cdf_at"]["F"][at].get<double>(), 1e-12);
    }
    std::vector<double> last;
    for (std::size_t m = ours.tree.merges.size() - 10; m < ours.tree.merges.size(); ++m)
      last.push_back(ours.tree.merges[m].height);
    near(last, theirs["final_hclust_height_last10"], 1e-12, "final tree");
    EXPECT_NEAR(stats::adjusted_rand_index(ours.labels, train.truth), theirs["ari_vs_truth"].get<double>(), 1e-10);
    EXPECT_NEAR(stats::mutual_information(ours.labels, train.truth).over_mean(),
                theirs["nmi_vs_truth"]["nmi_arith"].get<double>(), 1e-10);
  }
}

TEST_F(Clustering, KMeansFromFixedCentres) {
  Table centres{0, train.table.columns, {}};
  for (const auto& row : golden["kmeans_fixed_init"]["init_rows_0based"]) {
    const double* from = train.table.row(row.get<std::size_t>());
    centres.values.insert(centres.values.end(), from, from + train.table.columns);
    ++centres.rows;
  }
  const KMeans ours = k_means(train.table, centres);
  const json& theirs = golden["kmeans_fixed_init"]["results"]["lloyd"];
  EXPECT_TRUE(ours.converged);
  EXPECT_EQ(ours.labels, theirs["labels"].get<std::vector<int>>());
  near(ours.within, theirs["withinss"], 1e-9, "within");
  for (std::size_t c = 0; c < centres.rows; ++c) {
    for (std::size_t f = 0; f < centres.columns; ++f)
      EXPECT_NEAR(ours.centres.row(c)[f], theirs["centers"][c][f].get<double>(), 1e-12);
  }
}

TEST_F(Clustering, AroundMedoids) {
  const Medoids ours = around_medoids(*distances(train.table, Distance::kEuclidean), 4);
  const json& theirs = golden["pam_euclid_k4"];
  EXPECT_EQ(ours.labels, theirs["labels"].get<std::vector<int>>());
  EXPECT_EQ(ours.medoids, theirs["medoids_0based"].get<std::vector<std::size_t>>());
  EXPECT_NEAR(ours.mean_distance, theirs["objective"][1].get<double>(), 1e-12);
}

TEST_F(Clustering, ConsensusOfKMeansWithinTheErrorOfItsDraws) {
  // Their draws are not recorded: shares of pairs agree as those of two runs of 500 do.
  const json& expected = golden["km_euclid"];
  const ClusterNumbers numbers{2, 6};
  const auto repetitions = repeat(train.table.rows, draw_subsets(train.table.rows, 500, 0.8, 7),
                                  k_means_runs(train.table, numbers, 1, 7), numbers);
  ASSERT_TRUE(repetitions);
  const std::vector<ConsensusOfK> results = consensus(*repetitions, Linkage::kAverage);
  for (std::size_t n = 0; n < 3; ++n) {
    const json& theirs = expected["k"]["k" + std::to_string(n + 2)];
    EXPECT_NEAR(results[n].ambiguous, theirs["pac_0.1_0.9"].get<double>(), 0.04) << n + 2;
    EXPECT_NEAR(results[n].area, expected["areas"][n].get<double>(), 0.03) << n + 2;
    EXPECT_GT(stats::adjusted_rand_index(results[n].labels, theirs["labels"].get<std::vector<int>>()), 0.9) << n + 2;
  }
  EXPECT_NEAR(stats::adjusted_rand_index(results[2].labels, train.truth),
              expected["k"]["k4"]["ari_vs_truth"].get<double>(), 0.05);
}

TEST_F(Clustering, Silhouettes) {
  const auto labels = golden["hc_pearson"]["k"]["k4"]["labels"].get<std::vector<int>>();
  near(silhouettes(train.table, Distance::kPearson, {labels})->at(0), golden["silhouette"]["pearson_per_item"], 1e-10,
       "pearson");
  near(silhouettes(train.table, Distance::kEuclidean, {labels})->at(0), golden["silhouette"]["euclid_per_item"], 1e-10,
       "euclidean");
}

TEST_F(Clustering, InGroupProportionHereAndInOtherCases) {
  const Data valid = read_data("data_cluster_valid.csv");
  const json& igp = golden["igp"];
  Table centroids{igp["centroids"][0].size(), train.table.columns, {}};
  for (std::size_t c = 0; c < centroids.rows; ++c) {
    for (std::size_t f = 0; f < centroids.columns; ++f)
      centroids.values.push_back(igp["centroids"][f][c].get<double>());
  }
  const std::map<std::string, Table> tables = {{"valid", valid.table}, {"train", train.table}};
  for (const auto& [name, table] : tables) {
    const auto ours = in_group_proportion(table, centroids);
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->assigned, igp[name]["assigned"].get<std::vector<int>>()) << name;
    EXPECT_EQ(ours->sizes, igp[name]["size"].get<std::vector<std::size_t>>()) << name;
    near(ours->proportion, igp[name]["igp"], 1e-10, name);
  }
  // Null groups by 1,000 permutations there, 4,000 here: counts and p agree within their errors.
  const auto test = in_group_test(valid.table, centroids, 4000, 3);
  ASSERT_TRUE(test);
  for (std::size_t c = 0; c < centroids.rows; ++c) {
    const double theirs = igp["valid_perm"]["number_same_size"][c].get<double>();
    EXPECT_NEAR(static_cast<double>(test->same_size[c]) / 4, theirs, 3 * std::sqrt(1.25 * theirs)) << c;
    const double p = igp["valid_perm"]["p"][c].get<double>();
    EXPECT_NEAR(test->p[c], p, 3 * std::sqrt(std::max(p, 1 / theirs) / theirs)) << c;
    EXPECT_LT(test->p_conservative[c], 0.02) << c;
    EXPECT_GT(test->not_smaller[c], test->same_size[c]);
  }
}

TEST_F(Clustering, GapWithinItsError) {
  const json& theirs = golden["gap_wardD2"];
  const auto ours = gap_statistic(train.table, Linkage::kWard, 8, 100, 5);
  ASSERT_TRUE(ours);
  near(ours->log_within, theirs["logW"], 1e-12, "log within");
  for (std::size_t c = 0; c < 8; ++c) {
    const double error = theirs["SE"][c].get<double>();
    EXPECT_NEAR(ours->gap[c], theirs["gap"][c].get<double>(), 4 * std::sqrt(2.0 / 100) * error) << c;
    EXPECT_NEAR(ours->error[c], error, 0.35 * error) << c;
  }
  EXPECT_EQ(ours->recommended, theirs["Tibs2001"].get<int>());
}

TEST_F(Clustering, AgreementOfPartitions) {
  const json& tiny = golden["pair_metric_tiny"];
  const auto a = tiny["a"].get<std::vector<int>>();
  const auto b = tiny["b"].get<std::vector<int>>();
  EXPECT_NEAR(stats::adjusted_rand_index(a, b), tiny["ari"].get<double>(), 1e-12);
  const stats::MutualInformation mutual = stats::mutual_information(a, b);
  EXPECT_NEAR(mutual.information, tiny["nmi"]["mi_nats"].get<double>(), 1e-12);
  EXPECT_NEAR(mutual.entropy_a, tiny["nmi"]["h_a"].get<double>(), 1e-12);
  EXPECT_NEAR(mutual.entropy_b, tiny["nmi"]["h_b"].get<double>(), 1e-12);
  const auto labels = golden["hc_pearson"]["k"]["k3"]["labels"].get<std::vector<int>>();
  const json& nmi = golden["hc_pearson"]["k"]["k3"]["nmi_vs_truth"];
  const stats::MutualInformation truth = stats::mutual_information(labels, train.truth);
  EXPECT_NEAR(truth.over_mean(), nmi["nmi_arith"].get<double>(), 1e-12);
  EXPECT_NEAR(truth.over_geometric_mean(), nmi["nmi_geom"].get<double>(), 1e-12);
}

}  // namespace
}  // namespace radtype::subtype
