// The body around a virtual tumour: which tissue lies where, in LPS mm about the middle of the organ's region.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "radtype/simulate/scan.h"

namespace radtype {
class Random;
}

namespace radtype::simulate {

enum class Tissue : std::uint8_t {
  kAir,
  kAirway,
  kSkin,
  kFat,
  kMuscle,
  kBone,
  kMarrow,
  kCartilage,
  kLung,
  kVessel,
  kHeart,
  kLiver,
  kGland,
  kWhiteMatter,
  kGreyMatter,
  kFluid,
  kCouch,
  kTissues
};

/// A vessel or airway with a round section that tapers from `from` to `to`.
struct Tube {
  Eigen::Vector3d from, to;
  double from_radius_mm, to_radius_mm;
  Tissue tissue;
};

class Host {
 public:
  virtual ~Host() = default;
  /// Tissues at first, first + step, ...
  virtual void tissues(const Eigen::Vector3d& first, const Eigen::Vector3d& step, std::span<Tissue> out) const = 0;
  Tissue tissue(const Eigen::Vector3d& point) const {
    Tissue result{};
    tissues(point, Eigen::Vector3d::Zero(), {&result, 1});
    return result;
  }
  /// Drawn over the tissues.
  const std::vector<Tube>& tubes() const { return tubes_; }
  /// Half the width and depth of what a scan shows.
  virtual double half_field_mm() const = 0;
  /// The organ whose parenchyma is the tissue mask.
  virtual bool is_organ(Tissue tissue) const = 0;
  /// A random place for the middle of a tumour of this radius, most of which lies in the body.
  Eigen::Vector3d place(Random& random, double radius_mm) const;

 protected:
  /// Where place() tries: a point near the organ.
  virtual Eigen::Vector3d candidate(Random& random) const = 0;
  /// Tissues that a tumour of the organ may grow into.
  virtual bool may_hold(Tissue tissue) const = 0;

  std::vector<Tube> tubes_;
};

/// A person: sizes, vessels and folds drawn from the seed.
std::unique_ptr<Host> make_host(Organ organ, std::uint64_t seed);

}  // namespace radtype::simulate
