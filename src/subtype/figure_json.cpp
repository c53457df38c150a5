#include <cmath>

#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"

namespace radtype::subtype {
namespace {

constexpr std::size_t kMostBlocks = 240;
constexpr double kFullConsensus = 255;
constexpr double kDistributionSteps = 100;

}  // namespace

nlohmann::json consensus_json(const Discovery& discovery) {
  using nlohmann::json;
  const DiscoveryOfK& of = discovery.of_k[shown(discovery)];
  const std::vector<std::size_t> order = by_label(of.consensus);
  const Blocks blocks = mean_consensus(of.consensus.counts, order, kMostBlocks);
  json values = json::array();
  for (const double value : blocks.values) values.push_back(std::lround(kFullConsensus * value));
  json subtypes = json::array();
  for (std::size_t block = 0; block < blocks.side; ++block) {
    const std::size_t begin = block * order.size() / blocks.side;
    const std::size_t end = (block + 1) * order.size() / blocks.side;
    subtypes.push_back(std::to_string(discovery.labels[order[(begin + end - 1) / 2]]));
  }
  json numbers = json::array();
  json curves = json::array();
  json at = json::array();
  for (int step = 0; step <= kDistributionSteps; ++step) at.push_back(step / kDistributionSteps);
  for (const DiscoveryOfK& one : discovery.of_k) {
    numbers.push_back(one.k);
    curves.push_back(consensus_shares(one.consensus.counts));
  }
  return {{"cases", order.size()},
          {"consensus", {{"k", of.k}, {"size", blocks.side}, {"values", values}, {"subtype", subtypes}}},
          {"distribution", {{"k", numbers}, {"x", at}, {"curves", curves}}}};
}

}  // namespace radtype::subtype
