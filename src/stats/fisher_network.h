// How likely are tables of given margins that are at most as likely as one of them?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace radtype::stats {

inline constexpr double kAsLikely = 1e-7;  ///< difference of ln probability that is counted as none

/// ln(n!) for 0..most.
std::vector<double> log_factorials(std::int64_t most);

/// Under the margins alone: the chance of tables whose sum of ln(cell!) is at least `observed` less kAsLikely
/// (mehta1983). None where more than `work` steps would be needed.
std::optional<double> chance_of_rare_tables(std::span<const std::int64_t> rows, std::span<const std::int64_t> columns,
                                            double observed, std::int64_t work);

}  // namespace radtype::stats
