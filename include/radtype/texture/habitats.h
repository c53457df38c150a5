// Family 5: the tumour as a few ordered habitats, and how they lie next to each other.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "radtype/texture/neighbourhood.h"

namespace radtype::texture {

inline constexpr int kHabitats = 3;  ///< of the features: low, middle, high
inline constexpr int kFewestHabitats = 2;
inline constexpr int kMostHabitats = 5;

/// Habitats of a tumour. Its voxels are pooled to about 1/16 of its radius, joined to supervoxels of about a quarter of
/// the radius that are alike in rank (achanta2012), and these split by rank into groups of least variance (wang2011).
struct Habitats {
  Grid grid;                          ///< of the pooled voxels
  std::vector<std::uint8_t> habitat;  ///< 1 (darkest) .. count; 0 outside the tumour
  int count = 0;

  std::vector<double> fraction;    ///< of the tumour's volume
  std::vector<double> surface;     ///< of the tumour's surface
  std::vector<double> depth;       ///< mean relative depth, 0 at the surface to 1; empty where depth is not defined
  std::vector<double> components;  ///< 26-connected parts of at least half a supervoxel
  /// Area of contact between i and j (0: outside) over the whole, i < j: the multiregional spatial interaction matrix
  /// (wu2018), areas by 13 directions (legland2007).
  std::vector<std::vector<double>> contact;
  double entropy = 0;    ///< of the contacts, over that of equal ones
  double interface = 0;  ///< area between habitats times radius over volume
  /// Both unset where no two voxels touch.
  std::optional<double> contrast;     ///< mean (i - j)^2 of neighbouring voxels of the tumour, over (count - 1)^2
  std::optional<double> homogeneity;  ///< mean 1 / (1 + |i - j|) of neighbouring voxels of the tumour
};

struct HabitatSet {
  /// kHabitats of them; unset with fewer supervoxels of distinct rank.
  std::optional<Habitats> habitats;
  /// Share of the rank variance between kFewestHabitats .. kMostHabitats habitats; unset likewise.
  std::array<std::optional<double>, kMostHabitats - kFewestHabitats + 1> explained;
};
/// Nothing under kFewestVoxels voxels. `count`: of the habitats described, kFewestHabitats .. kMostHabitats.
std::optional<HabitatSet> find_habitats(const Neighbourhood& around, int count = kHabitats);

}  // namespace radtype::texture
