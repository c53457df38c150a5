#include <optional>

#include "radtype/subtype/linkage.h"
#include "subtype/means_linkage.h"
#include "subtype/rows.h"

namespace radtype::subtype {

struct Hierarchy::Impl {
  std::size_t items = 0;
  Linkage method = Linkage::kAverage;
  std::optional<MeansHierarchy> means;
  DistanceMatrix distances;  ///< where there are no means
};

Result<Hierarchy> Hierarchy::of(const Table& table, Distance distance, Linkage method) {
  auto impl = std::make_shared<Impl>();
  impl->items = table.rows;
  impl->method = method;
  if (follows_from_means(distance, method) && table.rows >= 2) {
    auto rows = comparable_rows(table, distance);
    if (!rows) return pass_on(std::move(rows));
    impl->means.emplace(*rows, method == Linkage::kWard);
  } else {
    auto matrix = subtype::distances(table, distance);
    if (!matrix) return pass_on(std::move(matrix));
    impl->distances = std::move(*matrix);
  }
  Hierarchy hierarchy;
  hierarchy.impl_ = std::move(impl);
  return hierarchy;
}

std::size_t Hierarchy::items() const { return impl_->items; }

Tree Hierarchy::tree(const std::vector<std::uint32_t>& items) const {
  if (impl_->means) return impl_->means->tree(items);
  return linkage(impl_->distances.of(items), impl_->method);
}

}  // namespace radtype::subtype
