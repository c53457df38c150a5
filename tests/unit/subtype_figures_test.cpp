// Pictures of a discovery, and what is worked out for them.
#include "radtype/subtype/discovery_figures.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"
#include "support/discoveries.h"
#include "support/shared_data.h"

namespace radtype::subtype {
namespace {

using figure::Canvas;
using testing::ElementsAre;
using testing::EndsWith;

const Discovery& three_groups() {
  static const Discovery discovery = test::made_discovery({}, 3);
  return discovery;
}
const Discovery& no_groups() {
  static const Discovery discovery = test::made_discovery({.apart = 0}, 1);
  return discovery;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
/// Of the IHDR chunk.
std::pair<std::uint32_t, std::uint32_t> size_of_png(const std::string& bytes) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t n = 0; n < 4; ++n) value = value << 8 | static_cast<unsigned char>(bytes.at(at + n));
    return value;
  };
  return {number(16), number(20)};
}

struct Picture {
  const char* name;
  Canvas (*draw)(const Discovery&);
};
class DiscoveryFigure : public testing::TestWithParam<Picture> {
 protected:
  test::TempDir folder_;

  void expect_saved(const Discovery& discovery) {
    const Canvas canvas = GetParam().draw(discovery);
    EXPECT_EQ(canvas.width_pt(), kDiscoveryFigureWidthPt);
    const auto png = folder_.path() / "figure.png";
    const auto svg = folder_.path() / "figure.svg";
    ASSERT_TRUE(canvas.save(png, true, 72));
    ASSERT_TRUE(canvas.save(svg, true));
    EXPECT_EQ(size_of_png(bytes_of(png)), std::pair(510U, static_cast<std::uint32_t>(canvas.height_pt())));
    EXPECT_LT(bytes_of(svg).size(), 3'000'000U);
    const std::string first = bytes_of(svg);
    ASSERT_TRUE(GetParam().draw(discovery).save(svg, true));
    EXPECT_EQ(bytes_of(svg), first);
  }
};

TEST_P(DiscoveryFigure, OfSubtypes) { expect_saved(three_groups()); }
TEST_P(DiscoveryFigure, OfNoSubtypes) { expect_saved(no_groups()); }
TEST_P(DiscoveryFigure, OfManyCohortsFamiliesAndNumbersOfClusters) {
  test::MadeStudy made{.cases = 400, .features = 70, .groups = 9, .largest_k = 12};
  made.cohorts.clear();
  for (int n = 0; n < 20; ++n) made.cohorts.push_back(fmt::format("病院 {}", n));
  made.families = {"", "shape", "texture"};
  static const Discovery discovery = test::made_discovery(made, 9);
  expect_saved(discovery);
}
TEST_P(DiscoveryFigure, WithoutTestVolumesAndWords) {
  Discovery discovery = three_groups();
  discovery.stability.reset();
  discovery.reason.clear();
  for (Case& one : discovery.cases.cases) {
    Case bare;
    bare.name = one.name;
    one = bare;
  }
  expect_saved(discovery);
}
INSTANTIATE_TEST_SUITE_P(Each, DiscoveryFigure,
                         testing::Values(Picture{"Consensus", consensus_figure}, Picture{"Choice", choice_figure},
                                         Picture{"Tracking", tracking_figure}, Picture{"Silhouette", silhouette_figure},
                                         Picture{"Features", feature_figure}, Picture{"Embedding", embedding_figure}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(FigureData, ChosenNumberIsShownElseTheSmallest) {
  EXPECT_EQ(shown(three_groups()), 1U);
  EXPECT_EQ(shown(no_groups()), 0U);
}

TEST(FigureData, LeavesFromLeftToRight) {
  // 0 and 2 join to 4, 1 and 3 to 5, then both.
  const Tree tree{4, {{0, 2, 0.1}, {1, 3, 0.2}, {4, 5, 0.9}}};
  EXPECT_THAT(leaves(tree), ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(leaves(Tree{1, {}}), ElementsAre(0));
}

TEST(FigureData, CasesOfALabelAreNeighbours) {
  for (const DiscoveryOfK& of_k : three_groups().of_k) {
    const std::vector<std::size_t> order = by_label(of_k.consensus);
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), of_k.consensus.labels.size());
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return of_k.consensus.labels[a] < of_k.consensus.labels[b];
    }));
  }
}

TEST(FigureData, ColoursPassOnByLargestOverlap) {
  // Label 1 is all of the old 2; label 2 most of the old 1; label 3 is the rest of it.
  EXPECT_THAT(carried_colours({2, 2, 2, 3, 1, 1}, 3, {1, 1, 1, 1, 2, 2}, {0, 1}), ElementsAre(1, 0, 2));
  // Both old ones become label 1, which takes the colour of the larger; nothing is left of colour 7 for label 2.
  EXPECT_THAT(carried_colours({1, 1, 1, 1, 2}, 2, {1, 2, 2, 2, 2}, {3, 7}), ElementsAre(7, 0));
}

TEST(FigureData, AStableSubtypeKeepsItsColour) {
  Discovery discovery;
  discovery.k = 2;
  for (const std::vector<int>& labels : {std::vector{1, 1, 2, 2, 2, 2}, {3, 3, 1, 1, 2, 2}, {2, 2, 4, 4, 1, 3}}) {
    DiscoveryOfK of_k;
    of_k.k = *std::max_element(labels.begin(), labels.end());
    of_k.consensus.labels = labels;
    discovery.of_k.push_back(of_k);
  }
  EXPECT_THAT(colours_of_k(discovery), ElementsAre(ElementsAre(0, 1), ElementsAre(1, 2, 0), ElementsAre(2, 0, 3, 1)));
  discovery.k = 4;  // and backwards
  EXPECT_THAT(colours_of_k(discovery), ElementsAre(ElementsAre(1, 3), ElementsAre(3, 0, 1), ElementsAre(0, 1, 2, 3)));
}

TEST(FigureData, BlocksAreMeansOfPairs) {
  const DiscoveryOfK& of_k = three_groups().of_k[1];
  const PairCounts& counts = of_k.consensus.counts;
  const std::vector<std::size_t> order = by_label(of_k.consensus);
  const std::size_t n = order.size();
  for (const std::size_t most : {7UL, 300UL}) {
    const Blocks blocks = mean_consensus(counts, order, most);
    ASSERT_EQ(blocks.side, std::min(most, n));
    for (std::size_t r = 0; r < blocks.side; r += 3) {
      for (std::size_t c = 0; c < blocks.side; ++c) {
        double sum = 0;
        int pairs = 0;
        for (std::size_t a = 0; a < n; ++a) {
          for (std::size_t b = 0; b < n; ++b) {
            if (a * blocks.side / n != r || b * blocks.side / n != c) continue;
            const auto [i, j] = std::minmax(order[a], order[b]);
            sum += i == j ? 1 : counts.consensus(i, j);
            ++pairs;
          }
        }
        ASSERT_NEAR(blocks.values[r * blocks.side + c], sum / pairs, 1e-12);
      }
      if (most == 300) r += 40;
    }
  }
}

TEST(FigureData, SharesAreThoseOfTheDistribution) {
  const PairCounts& counts = three_groups().of_k[2].consensus.counts;
  const std::vector<double> shares = consensus_shares(counts);
  ASSERT_EQ(shares.size(), 101U);
  for (std::size_t n = 0; n < shares.size(); ++n)
    EXPECT_NEAR(shares[n], consensus_distribution(counts, static_cast<double>(n) / 100), 1e-12) << n;
}

TEST(FigureData, PartsOfTheOrderHaveTheirMeans) {
  EXPECT_THAT(part_means({1, 2, 3, 4, 50}, {4, 0, 1, 2, 3}, 2), ElementsAre(25.5, 3));
}

TEST(FigureParts, TextIsShortenedAtACharacter) {
  const figure::TextStyle style{.size_pt = 7};
  EXPECT_EQ(shortened("TCIA", 40, style), "TCIA");
  const Canvas canvas(1, 1);
  for (const std::string& name : {std::string("Kyoto University Hospital"), std::string("京都大学医学部附属病院")}) {
    for (const double width : {15.0, 22.0, 31.0}) {
      const std::string text = shortened(name, width, style);
      EXPECT_LE(canvas.text_width_pt(text, style), width);
      EXPECT_THAT(text, EndsWith("…"));
      EXPECT_TRUE(name.starts_with(text.substr(0, text.size() - 3)));
      const auto next = static_cast<unsigned char>(name[text.size() - 3]);
      EXPECT_NE(next & 0xC0, 0x80) << "within a character";
    }
  }
}

TEST(FigureParts, TwelveCommonestWordsAndTheOthers) {
  std::vector<std::string> words;
  for (int n = 0; n < 15; ++n) {
    for (int times = 0; times < (n < 3 ? 1 : 2); ++times) words.push_back(fmt::format("w{:02}", n));
  }
  const Categories categories(words);
  ASSERT_EQ(categories.legend().size(), 13U);
  EXPECT_EQ(categories.legend().front().text, "w03");
  EXPECT_EQ(categories.legend().back().text, "others (3)");
  EXPECT_EQ(categories.of_case(0), 12U);
  EXPECT_EQ(categories.of_case(3), 0U);
  EXPECT_EQ(Categories({"", "b"}).legend().front().text, "not stated");
}

TEST(FigureParts, PlacesSpreadWithinTheirRange) {
  EXPECT_THAT(spread_out({5, 20}, 10, 0, 100), ElementsAre(5, 20));
  EXPECT_THAT(spread_out({5, 6, 7}, 10, 0, 100), ElementsAre(5, 15, 25));
  EXPECT_THAT(spread_out({90, 98, 99}, 10, 0, 100), ElementsAre(80, 90, 100));
}

}  // namespace
}  // namespace radtype::subtype
