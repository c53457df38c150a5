#include <limits>
#include <numeric>

#include <Eigen/Dense>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/subtype/validity.h"
#include "subtype/rows.h"
#include "subtype/vectors.h"

namespace radtype::subtype {
namespace {

/// Unit rows, and the nearest other row of each.
class Neighbours {
 public:
  explicit Neighbours(const Table& unit) : rows_(unit), count_(unit.rows), nearest_(unit.rows) {
    parallel_for(0, static_cast<std::int64_t>(count_), [&](std::int64_t at) {
      const auto r = static_cast<std::size_t>(at);
      double highest = -2;
      nearest_[r] = r;
      for (std::size_t other = 0; other < count_; ++other) {
        if (other == r) continue;
        const double value = inner_product(rows_.row(r), rows_.row(other), rows_.width());
        if (value > highest) {
          highest = value;
          nearest_[r] = other;
        }
      }
    });
  }

  InGroup groups(const Table& unit_centroids) const {
    const VectorRows targets(unit_centroids);
    InGroup result;
    result.sizes.assign(unit_centroids.rows, 0);
    for (std::size_t r = 0; r < count_; ++r) {
      std::size_t best = 0;
      double highest = -2;
      for (std::size_t c = 0; c < unit_centroids.rows; ++c) {
        const double value = inner_product(rows_.row(r), targets.row(c), rows_.width());
        if (value > highest) {
          highest = value;
          best = c;
        }
      }
      result.assigned.push_back(static_cast<int>(best) + 1);
      ++result.sizes[best];
    }
    std::vector<double> inside(unit_centroids.rows, 0);
    for (std::size_t r = 0; r < count_; ++r) {
      if (nearest_[r] != r && result.assigned[nearest_[r]] == result.assigned[r])
        ++inside[static_cast<std::size_t>(result.assigned[r] - 1)];
    }
    for (std::size_t c = 0; c < unit_centroids.rows; ++c)
      result.proportion.push_back(inside[c] / static_cast<double>(result.sizes[c]));
    return result;
  }

 private:
  VectorRows rows_;
  std::size_t count_;
  std::vector<std::size_t> nearest_;
};

struct Prepared {
  Neighbours neighbours;
  Table centroids;  ///< unit rows
};
Result<Prepared> prepare(const Table& table, const Table& centroids) {
  RADTYPE_CHECK(table.columns == centroids.columns);
  auto rows = unit_rows(table, false);
  if (!rows) return pass_on(std::move(rows));
  auto targets = unit_rows(centroids, false);
  if (!targets) return pass_on(std::move(targets), "centroid");
  return Prepared{Neighbours(*rows), std::move(*targets)};
}

/// Principal components of the centroids, features as observations.
class CentroidComponents {
 public:
  explicit CentroidComponents(const Table& centroids) {
    values_ = Eigen::Map<const Eigen::MatrixXd>(centroids.values.data(), static_cast<Eigen::Index>(centroids.columns),
                                                static_cast<Eigen::Index>(centroids.rows));
    mean_ = values_.colwise().mean();
    values_.rowwise() -= mean_;
    axes_ = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(values_.transpose() * values_).eigenvectors();
    scores_ = values_ * axes_;
  }

  Table permuted(std::uint64_t seed) const {
    Random random(seed);
    Eigen::MatrixXd scores = scores_;
    for (Eigen::Index c = 0; c < scores.cols(); ++c) {
      for (Eigen::Index f = scores.rows() - 1; f > 0; --f)
        std::swap(scores(f, c), scores(static_cast<Eigen::Index>(random.below(static_cast<std::uint64_t>(f) + 1)), c));
    }
    const Eigen::MatrixXd back = (scores * axes_.transpose()).rowwise() + mean_;
    return {static_cast<std::size_t>(back.cols()), static_cast<std::size_t>(back.rows()),
            std::vector<double>(back.data(), back.data() + back.size())};
  }

 private:
  Eigen::MatrixXd values_;  ///< feature x cluster
  Eigen::RowVectorXd mean_;
  Eigen::MatrixXd axes_;
  Eigen::MatrixXd scores_;
};

}  // namespace

Result<InGroup> in_group_proportion(const Table& table, const Table& centroids) {
  const auto prepared = prepare(table, centroids);
  if (!prepared) return tl::unexpected(prepared.error());
  return prepared->neighbours.groups(prepared->centroids);
}

Result<InGroupTest> in_group_test(const Table& table, const Table& centroids, int permutations, std::uint64_t seed) {
  if (permutations < 1) return fail(ErrorCode::kUsage, "no permutations: at least one");
  const auto prepared = prepare(table, centroids);
  if (!prepared) return tl::unexpected(prepared.error());
  const CentroidComponents components(centroids);
  std::vector<InGroup> null(static_cast<std::size_t>(permutations));
  parallel_for(0, permutations, [&](std::int64_t n) {
    const auto unit = unit_rows(
        components.permuted(derive_seed(seed, {hash_name("in-group"), static_cast<std::uint64_t>(n)})), false);
    // Centroids that do not vary, which permuting can make of few features, form no groups.
    if (unit) null[static_cast<std::size_t>(n)] = prepared->neighbours.groups(*unit);
  });

  InGroupTest test{prepared->neighbours.groups(prepared->centroids), {}, {}, {}, {}};
  for (std::size_t c = 0; c < centroids.rows; ++c) {
    std::size_t same = 0, same_as_high = 0, larger = 0, larger_as_high = 0;
    for (const InGroup& groups : null) {
      for (std::size_t g = 0; g < groups.sizes.size(); ++g) {
        if (groups.sizes[g] < std::max<std::size_t>(1, test.found.sizes[c])) continue;
        const bool as_high = groups.proportion[g] >= test.found.proportion[c] - 1e-12;
        ++larger;
        larger_as_high += as_high;
        if (groups.sizes[g] != test.found.sizes[c]) continue;
        ++same;
        same_as_high += as_high;
      }
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const bool empty = test.found.sizes[c] == 0;
    test.same_size.push_back(same);
    test.not_smaller.push_back(larger);
    test.p.push_back(empty || same == 0 ? nan : static_cast<double>(same_as_high) / static_cast<double>(same));
    test.p_conservative.push_back(empty ? nan
                                        : static_cast<double>(larger_as_high + 1) / static_cast<double>(larger + 1));
  }
  return test;
}

}  // namespace radtype::subtype
