#include "subtype/near_duplicates.h"

#include <cmath>
#include <numeric>

#include "radtype/stats/rank.h"

namespace radtype::subtype {

std::vector<NearDuplicate> near_duplicates(const std::vector<std::vector<double>>& columns, double limit) {
  std::vector<std::size_t> kept;
  std::vector<std::vector<double>> ranks_of_kept;  // of mean 0 and length 1: a scalar product is rho
  std::vector<NearDuplicate> found;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    std::vector<double> ranks = stats::ranks(columns[column]);
    const double mean = 0.5 * static_cast<double>(ranks.size() + 1);
    for (double& rank : ranks) rank -= mean;
    const double length = std::sqrt(std::inner_product(ranks.begin(), ranks.end(), ranks.begin(), 0.0));
    for (double& rank : ranks) rank /= length;

    NearDuplicate closest;
    for (std::size_t k = 0; k < kept.size(); ++k) {
      const double rho = std::inner_product(ranks.begin(), ranks.end(), ranks_of_kept[k].begin(), 0.0);
      if (std::abs(rho) > std::abs(closest.rho)) closest = {column, kept[k], rho};
    }
    if (std::abs(closest.rho) > limit) {
      found.push_back(closest);
    } else {
      kept.push_back(column);
      ranks_of_kept.push_back(std::move(ranks));
    }
  }
  return found;
}

}  // namespace radtype::subtype
