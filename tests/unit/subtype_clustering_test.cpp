#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/stats/partition.h"
#include "radtype/subtype/consensus.h"
#include "radtype/subtype/partition.h"
#include "radtype/subtype/validity.h"

namespace radtype::subtype {
namespace {

Table random_table(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Random random(seed);
  Table table{rows, columns, {}};
  for (std::size_t n = 0; n < rows * columns; ++n) table.values.push_back(random.normal());
  return table;
}

/// Groups of ten far apart.
Table grouped(std::size_t groups, std::uint64_t seed) {
  Table table = random_table(10 * groups, 6, seed);
  for (std::size_t r = 0; r < table.rows; ++r)
    table.values[r * 6 + r / 10 % 6] += 30.0 * static_cast<double>(1 + r / 60);
  return table;
}

/// By definition: the closest two clusters are joined, again and again, distances between clusters from all pairs.
std::vector<double> plain_heights(const DistanceMatrix& d, Linkage method) {
  std::vector<std::vector<std::size_t>> clusters;
  for (std::size_t i = 0; i < d.n; ++i) clusters.push_back({i});
  std::vector<double> heights;
  const auto between = [&](const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
    double sum = 0, most = 0, least = std::numeric_limits<double>::infinity();
    for (const std::size_t i : a) {
      for (const std::size_t j : b) {
        sum += d(i, j);
        most = std::max(most, d(i, j));
        least = std::min(least, d(i, j));
      }
    }
    return method == Linkage::kAverage    ? sum / static_cast<double>(a.size() * b.size())
           : method == Linkage::kComplete ? most
                                          : least;
  };
  while (clusters.size() > 1) {
    std::size_t x = 0, y = 1;
    for (std::size_t a = 0; a < clusters.size(); ++a) {
      for (std::size_t b = a + 1; b < clusters.size(); ++b) {
        if (between(clusters[a], clusters[b]) < between(clusters[x], clusters[y])) x = a, y = b;
      }
    }
    heights.push_back(between(clusters[x], clusters[y]));
    clusters[x].insert(clusters[x].end(), clusters[y].begin(), clusters[y].end());
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(y));
  }
  return heights;
}

TEST(Linkage, IsWhatItsDefinitionSays) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const DistanceMatrix d = *distances(random_table(5 + seed, 4, seed), Distance::kEuclidean);
    for (const Linkage method : {Linkage::kAverage, Linkage::kComplete, Linkage::kSingle}) {
      const std::vector<double> plain = plain_heights(d, method);
      for (const Tree& tree : {linkage(d, method), linkage_in_order(d, method)}) {
        ASSERT_EQ(tree.merges.size(), plain.size());
        for (std::size_t m = 0; m < plain.size(); ++m) EXPECT_NEAR(tree.merges[m].height, plain[m], 1e-12);
      }
    }
  }
}

TEST(Linkage, WardHeightsAddUpToTheTotalSumOfSquares) {
  // Every merge adds height^2 / 2 to the sum of squares within clusters.
  const Table table = random_table(30, 5, 3);
  const Tree tree = linkage(*distances(table, Distance::kEuclidean), Linkage::kWard);
  double squares = 0;
  for (const Tree::Merge& merge : tree.merges) squares += merge.height * merge.height / 2;
  double total = 0;
  for (std::size_t c = 0; c < table.columns; ++c) {
    double mean = 0;
    for (std::size_t r = 0; r < table.rows; ++r) mean += table.row(r)[c] / 30;
    for (std::size_t r = 0; r < table.rows; ++r) total += (table.row(r)[c] - mean) * (table.row(r)[c] - mean);
  }
  EXPECT_NEAR(squares, total, 1e-10 * total);
}

TEST(Linkage, OfPartsFromMeansIsThatOfTheirDistances) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Table table = random_table(300, 9, seed);
    for (std::size_t r = 0; r < 300; ++r) table.values[r * 9 + r % 5] += seed > 6 ? 4 : 0;
    if (seed % 3 == 0) std::copy_n(table.values.begin(), 900, table.values.begin() + 900);  // cases twice
    const std::vector<std::uint32_t> part = draw_subsets(300, 1, 0.6, seed)[0];
    for (const auto& [distance, method] :
         {std::pair(Distance::kPearson, Linkage::kAverage), std::pair(Distance::kSpearman, Linkage::kAverage),
          std::pair(Distance::kEuclidean, Linkage::kWard), std::pair(Distance::kEuclidean, Linkage::kComplete)}) {
      const Tree plain = linkage(distances(table, distance)->of(part), method);
      const Tree tree = Hierarchy::of(table, distance, method)->tree(part);
      ASSERT_EQ(tree.merges.size(), part.size() - 1);
      const bool ties = seed % 3 == 0 || distance == Distance::kSpearman;
      for (std::size_t m = 0; m + 1 < part.size(); ++m) {
        // Of two trees of tied distances the heights may differ.
        if (!ties) {
          EXPECT_NEAR(tree.merges[m].height, plain.merges[m].height, 1e-12) << seed << " " << m;
        }
      }
      for (int k = 1; k <= 10 && !ties; ++k) EXPECT_EQ(tree.cut(k), plain.cut(k));
      // Twins at distance 0 are joined first.
      if (seed % 3 == 0) {
        EXPECT_NEAR(tree.merges[0].height, 0, 1e-7);
      }
    }
  }
  const Table two = random_table(2, 5, 1);
  EXPECT_EQ(Hierarchy::of(two, Distance::kPearson, Linkage::kAverage)->tree({0, 1}).cut(2), (std::vector<int>{1, 2}));
  EXPECT_TRUE(Hierarchy::of(two, Distance::kPearson, Linkage::kAverage)->tree({1}).merges.empty());
  EXPECT_FALSE(Hierarchy::of({1, 2, {3, 3}}, Distance::kPearson, Linkage::kAverage));
}

TEST(Linkage, CutsNestAndHaveAsManyClustersAsAsked) {
  const Table table = random_table(40, 3, 9);
  for (const Linkage method : {Linkage::kAverage, Linkage::kComplete, Linkage::kSingle, Linkage::kWard}) {
    const Tree tree = linkage(*distances(table, Distance::kPearson), method);
    std::vector<int> coarse(40, 1);
    for (int k = 1; k <= 40; ++k) {
      const std::vector<int> fine = tree.cut(k);
      EXPECT_EQ(std::set<int>(fine.begin(), fine.end()).size(), static_cast<std::size_t>(k));
      for (std::size_t i = 0; i < 40; ++i) {
        for (std::size_t j = 0; j < i; ++j) EXPECT_TRUE(fine[i] != fine[j] || coarse[i] == coarse[j]);
      }
      coarse = fine;
    }
  }
}

TEST(Linkage, TiesEverywhere) {
  // All distances equal: any tree will do, but it must be one.
  DistanceMatrix d{7, std::vector<double>(49, 0.5)};
  for (std::size_t i = 0; i < 7; ++i) d.values[i * 8] = 0;
  for (const Linkage method : {Linkage::kAverage, Linkage::kComplete, Linkage::kSingle, Linkage::kWard}) {
    for (const Tree& tree : {linkage(d, method), linkage_in_order(d, method)}) {
      ASSERT_EQ(tree.merges.size(), 6u);
      std::set<std::size_t> used;
      for (const Tree::Merge& merge : tree.merges) {
        EXPECT_TRUE(used.insert(merge.left).second);
        EXPECT_TRUE(used.insert(merge.right).second);
      }
    }
  }
  EXPECT_TRUE(linkage({1, {0}}, Linkage::kAverage).merges.empty());
  EXPECT_EQ(linkage({1, {0}}, Linkage::kAverage).cut(1), std::vector<int>{1});
}

TEST(Distances, RefuseWhatHasNone) {
  Table table = random_table(3, 4, 1);
  for (std::size_t c = 0; c < 4; ++c) table.values[4 + c] = 0.1;
  const auto flat = distances(table, Distance::kPearson);
  ASSERT_FALSE(flat);
  EXPECT_EQ(flat.error().code(), ErrorCode::kUndefined);
  EXPECT_NE(flat.error().message().find("row 2"), std::string::npos);
  EXPECT_TRUE(distances(table, Distance::kEuclidean));
  table.values[9] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(distances(table, Distance::kEuclidean));
  table.values.pop_back();
  EXPECT_FALSE(distances(table, Distance::kEuclidean));
}

TEST(Distances, SpearmanIsPearsonOfRanks) {
  Table table{2, 5, {1, 2, 3, 4, 5, 1, 8, 27, 64, 125}};
  EXPECT_NEAR((*distances(table, Distance::kSpearman))(0, 1), 0, 1e-15);
  EXPECT_GT((*distances(table, Distance::kPearson))(0, 1), 0.01);
}

TEST(Consensus, CountsAreThoseOfCounting) {
  Repetitions repetitions;
  repetitions.items = 23;
  Random random(4);
  for (int r = 0; r < 700; ++r) {  // past a byte and past a block
    std::vector<std::uint32_t> drawn;
    std::vector<std::uint8_t> labels;
    for (std::uint32_t i = 0; i < 23; ++i) {
      if (random.uniform() < 0.3) continue;
      drawn.push_back(i);
      labels.push_back(static_cast<std::uint8_t>(1 + random.below(3)));
    }
    repetitions.drawn.push_back(drawn);
    repetitions.labels.push_back({labels});
  }
  const PairCounts counts = count_pairs(repetitions, std::make_shared<const OfPairs>(count_drawn(repetitions)), 2);
  for (std::uint32_t j = 0; j < 23; ++j) {
    for (std::uint32_t i = 0; i < j; ++i) {
      int drawn = 0, together = 0;
      for (std::size_t r = 0; r < 700; ++r) {
        const auto& items = repetitions.drawn[r];
        const auto a = std::find(items.begin(), items.end(), i);
        const auto b = std::find(items.begin(), items.end(), j);
        if (a == items.end() || b == items.end()) continue;
        ++drawn;
        const auto& labels = repetitions.labels[r][0];
        together +=
            labels[static_cast<std::size_t>(a - items.begin())] == labels[static_cast<std::size_t>(b - items.begin())];
      }
      EXPECT_EQ(counts.drawn->at(j * (j - 1) / 2 + i), drawn);
      EXPECT_EQ(counts.together[j * (j - 1) / 2 + i], together);
    }
  }
}

TEST(Consensus, FindsSeparateGroupsForAnyThreadsAndSubsets) {
  const Table table = grouped(4, 5);
  const ClusterNumbers numbers;
  const Clustering clustering = cut_trees(*Hierarchy::of(table, Distance::kEuclidean, Linkage::kAverage), numbers);
  const auto subsets = draw_subsets(40, 50, 0.8, 1);
  for (const auto& subset : subsets) EXPECT_EQ(subset.size(), 32u);
  EXPECT_NE(subsets[0], subsets[1]);
  std::vector<std::vector<std::uint16_t>> seen;
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    const auto repetitions = repeat(40, subsets, clustering, numbers);
    ASSERT_TRUE(repetitions);
    const std::vector<ConsensusOfK> results = consensus(*repetitions, Linkage::kAverage);
    const ConsensusOfK& four = results.at(2);
    EXPECT_EQ(four.k, 4);
    EXPECT_EQ(four.ambiguous, 0);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(four.labels[i], static_cast<int>(i / 10) + 1);
    for (const double value : four.cluster_consensus) EXPECT_EQ(value, 1);
    seen.push_back(results.at(4).counts.together);
  }
  set_thread_count(0);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
  EXPECT_FALSE(repeat(40, subsets, clustering, {2, 33})) << "32 cases cannot be cut into 33";
  EXPECT_FALSE(repeat(40, subsets, clustering, {1, 3}));
  EXPECT_FALSE(repeat(40, {}, clustering, numbers));
}

TEST(Validity, SilhouetteAndKMeansOfSeparateGroups) {
  const Table table = grouped(3, 8);
  std::vector<int> labels;
  for (int i = 0; i < 30; ++i) labels.push_back(i / 10 + 1);
  const auto widths = silhouettes(table, Distance::kEuclidean, {labels});
  for (const double value : widths->at(0)) EXPECT_GT(value, 0.7);
  // Two centres in one group, one far from all: every group ends with a centre.
  Table centres{3, 6, {}};
  for (const std::size_t row : {std::size_t{0}, std::size_t{10}})
    centres.values.insert(centres.values.end(), table.row(row), table.row(row) + 6);
  centres.values.insert(centres.values.end(), 6, 1e6);
  const KMeans found = k_means(table, centres);
  EXPECT_TRUE(found.converged);
  EXPECT_EQ(stats::adjusted_rand_index(found.labels, labels), 1);
}

TEST(Validity, KMeansLooksAtAllCasesAgainWhenAClusterIsFilled) {
  // The third centre starts without cases and takes the one at 14; its neighbour then belongs there, too.
  const KMeans found = k_means({6, 1, {0, 0.1, 9, 9.2, 14, 14.2}}, {3, 1, {0, 0, 10}});
  EXPECT_TRUE(found.converged);
  EXPECT_EQ(found.labels[4], found.labels[5]);
  EXPECT_EQ(found.labels[2], found.labels[3]);
  EXPECT_NE(found.labels[3], found.labels[4]);
}

TEST(Validity, InGroupProportionOfOneOddCase) {
  // Three rows of one kind and one of another, whose nearest is of the first kind.
  const Table table{4, 3, {1, 2, 3, 1, 2, 3.1, 1, 2.1, 3, 3, 2, 1}};
  const Table centroids{2, 3, {1, 2, 3, 3, 2, 1}};
  const auto groups = in_group_proportion(table, centroids);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->assigned, (std::vector<int>{1, 1, 1, 2}));
  EXPECT_EQ(groups->proportion, (std::vector<double>{1, 0}));
}

}  // namespace
}  // namespace radtype::subtype
