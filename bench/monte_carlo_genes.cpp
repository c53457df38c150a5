#include "monte_carlo_genes.h"

#include <cmath>

namespace radtype::monte_carlo {

molecular::ExpressionMatrix draw_genes(std::size_t genes, std::size_t samples, double prior_degrees, Random& random,
                                       std::size_t set, double correlation) {
  molecular::ExpressionMatrix matrix;
  matrix.genes.resize(genes);
  matrix.samples.resize(samples);
  matrix.values.reserve(genes * samples);
  std::vector<double> cause(samples);
  for (double& value : cause) value = random.normal();
  for (std::size_t g = 0; g < genes; ++g) {
    double chi_square = 0;
    for (int d = 0; !std::isinf(prior_degrees) && d < static_cast<int>(prior_degrees); ++d)
      chi_square += std::pow(random.normal(), 2);
    const double deviation = std::isinf(prior_degrees) ? 1 : std::sqrt(prior_degrees / chi_square);
    const double shared = g < set ? correlation : 0;
    for (std::size_t s = 0; s < samples; ++s)
      matrix.values.push_back(deviation * (std::sqrt(1 - shared) * random.normal() + std::sqrt(shared) * cause[s]));
  }
  return matrix;
}

std::vector<int> even_groups(std::size_t samples, int groups) {
  std::vector<int> labels;
  for (std::size_t s = 0; s < samples; ++s)
    labels.push_back(1 + static_cast<int>(s % static_cast<std::size_t>(groups)));
  return labels;
}

}  // namespace radtype::monte_carlo
