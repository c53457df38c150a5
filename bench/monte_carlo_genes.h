// Virtual gene expression.
#pragma once

#include <vector>

#include "monte_carlo.h"
#include "radtype/molecular/enrichment.h"
#include "radtype/molecular/moderated.h"

namespace radtype::monte_carlo {

inline constexpr std::size_t kGenes = 300;

/// Normal values of mean 0. Variances are drawn from an inverse chi-square of these degrees about 1 (infinite: all are
/// 1). The first `set` genes correlate by `correlation`, by one hidden cause.
molecular::ExpressionMatrix draw_genes(std::size_t genes, std::size_t samples, double prior_degrees, Random& random,
                                       std::size_t set = 0, double correlation = 0);
/// 1..k in turn.
std::vector<int> even_groups(std::size_t samples, int groups);

}  // namespace radtype::monte_carlo
