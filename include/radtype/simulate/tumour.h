// A virtual tumour: a closed surface of known volume and area, with three tissues inside in known shares.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

namespace radtype::simulate {

/// A spicule or lobe (height > 0) or a dent (height < 0) of the radius, Gaussian in the angle from `direction`.
struct Bump {
  Eigen::Vector3d direction = Eigen::Vector3d::UnitX();
  double height = 0;  ///< share of the radius there
  double width_rad = 0.1;
};

/// A ball beside the tumour; it belongs to the tumour's mask. One that would touch it is moved outwards.
struct Satellite {
  Eigen::Vector3d offset_mm = Eigen::Vector3d::Zero();  ///< from the tumour's centre, in its own axes
  double radius_mm = 2;
};

struct TumourParameters {
  double radius_mm = 15;      ///< of the ball of the same volume, satellites left out
  double elongation = 1;      ///< second / first semi-axis of the base ellipsoid
  double flatness = 1;        ///< third / first semi-axis
  double roughness = 0;       ///< standard deviation of the log radius due to the random field
  double spectral_slope = 3;  ///< the field's power in degree l falls as l^-slope, l = 2 to 20
  std::vector<Bump> bumps;
  double bend = 0;  ///< the body is sheared by bend x^2 / radius along its second axis: volume stays, rays do not
  std::vector<Satellite> satellites;
  Eigen::Matrix3d lps_from_axes = Eigen::Matrix3d::Identity();
  Eigen::Vector3d centre_lps_mm = Eigen::Vector3d::Zero();

  double necrotic_share = 0.2;  ///< of the volume, satellites left out
  double soft_share = 0.1;      ///< of the volume: ground glass in the lung, oedema elsewhere
  double correlation_mm = 5;    ///< of the pattern inside
  double layering = 0.5;        ///< 0: patches anywhere; 1: shells, necrosis in the middle, the soft tissue outside
  double margin_mm = 0.5;       ///< standard deviation of the blend of tumour and host across the surface
  std::uint64_t seed = 1;       ///< of the field and the pattern
};

enum class Habitat : std::uint8_t { kViable, kNecrotic, kSoft };

class LatticeField;

class Tumour {
 public:
  /// radius, axes and shares must be positive (shares may be 0, with a sum under 1); |heights| below 1.
  explicit Tumour(const TumourParameters& parameters);
  ~Tumour();
  Tumour(Tumour&&) noexcept;

  const TumourParameters& parameters() const { return parameters_; }
  /// Signed distance in mm to first order, negative inside; satellites included. Exact zero set. `normal`: the unit
  /// direction in which it grows fastest, if asked for.
  double distance_mm(const Eigen::Vector3d& lps_mm, Eigen::Vector3d* normal = nullptr) const;
  /// Outside it is that of the surface below. Satellites are viable.
  Habitat habitat(const Eigen::Vector3d& lps_mm) const;

  double volume_mm3() const { return volume_mm3_; }            ///< satellites included
  double area_mm2() const { return area_mm2_; }                ///< satellites included
  double main_volume_mm3() const { return main_volume_mm3_; }  ///< of the largest part
  double main_area_mm2() const { return main_area_mm2_; }
  double sphericity() const;                     ///< of volume and area with satellites
  double reach_mm() const { return reach_mm_; }  ///< no point of it lies farther from the centre
  /// Points on the surface of the largest part with their outward unit normals, spread over the sphere of directions.
  void surface_points(int count, std::vector<Eigen::Vector3d>& points, std::vector<Eigen::Vector3d>& normals) const;

 private:
  struct Sample {
    double radius = 0;
    Eigen::Vector3d slope = Eigen::Vector3d::Zero();  ///< gradient of the radius on the unit sphere
  };
  Sample sample(const Eigen::Vector3d& unit) const;
  Eigen::Vector3d bent(const Eigen::Vector3d& straight) const;
  Eigen::Vector3d straightened(const Eigen::Vector3d& in_axes) const;
  double score(const Eigen::Vector3d& straight) const;  ///< by which tissues are told apart

  TumourParameters parameters_;
  std::vector<double> radius_;  ///< kRows x kColumns table over polar angle and azimuth
  std::unique_ptr<LatticeField> pattern_;
  double soft_below_ = 0;
  double necrotic_above_ = 0;
  double volume_mm3_ = 0, area_mm2_ = 0, main_volume_mm3_ = 0, main_area_mm2_ = 0, reach_mm_ = 0;
};

}  // namespace radtype::simulate
