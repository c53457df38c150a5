// A virtual tumour in its host, as a CT or MR scanner of stated physics shows it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "radtype/core/volume.h"
#include "radtype/io/image_source.h"
#include "radtype/simulate/tumour.h"

namespace radtype::simulate {

enum class Organ { kLung, kBreast, kBrain };
using io::Modality;
enum class Sequence { kT1, kT1Contrast, kT2, kSer };
std::string organ_name(Organ organ);
std::string sequence_name(Sequence sequence);

struct Scanner {
  Modality modality = Modality::kCt;
  double pixel_mm = 0;  ///< 0: the organ's whole field at the usual matrix (512 for CT, 320 for breast, 256 for brain)
  double slice_mm = 3;  ///< spacing and thickness
  double point_spread_mm = 0.6;  ///< standard deviation in the plane
  double noise_hu = 15;          ///< CT: standard deviation
  double enhancement_hu = 0;     ///< CT: of blood after contrast; tissues take their share
  Sequence sequence = Sequence::kT1Contrast;
  double snr = 25;         ///< MR: signal of the organ / noise in one channel
  double bias = 0.15;      ///< MR: standard deviation of the log of the coil's sensitivity over the field
  double scale = 1000;     ///< MR: stored number of the organ's signal
  double band_limit = 1;   ///< MR: share of the band that was sampled; below 1 edges ring (Gibbs)
  std::uint64_t seed = 1;  ///< of the noise and the sensitivity
};

/// A patient's inside.
class Body {
 public:
  Body(Organ organ, std::uint64_t seed);
  ~Body();
  Body(Body&&) noexcept;
  Organ organ() const { return organ_; }
  std::uint64_t seed() const { return seed_; }
  const class Host& host() const { return *host_; }
  /// A place in the organ for the centre of a tumour of this radius.
  Eigen::Vector3d place(std::uint64_t seed, double radius_mm) const;

 private:
  Organ organ_;
  std::uint64_t seed_;
  std::unique_ptr<Host> host_;
};

struct Scan {
  Volume<std::int16_t> image;
  Mask tumour;  ///< voxels whose centres lie inside
  Mask tissue;  ///< the organ without the tumour
  /// Standard deviation of the noise put on, in stored units (CT: HU; MR: of each channel).
  double noise = 0;
};

/// The grid of a scan: the whole field across, and along z what lies within 30 mm of the tumour.
Grid scan_grid(const Body& body, const Tumour& tumour, const Scanner& scanner);

/// One core; the same bytes for the same arguments.
Scan scan(const Body& body, const Tumour& tumour, const Scanner& scanner);
/// Before noise, the coil's sensitivity, ringing and rounding; CT in HU, MR in shares of the organ's signal.
Image noiseless(const Body& body, const Tumour& tumour, const Scanner& scanner);
/// Of each voxel the mean share of the tumour, its margin blurred, before the scanner.
Image tumour_share(const Tumour& tumour, const Grid& grid);
/// Voxels whose centres lie inside: the outline that scan() gives, on any grid.
Mask tumour_mask(const Tumour& tumour, const Grid& grid);
/// Power of CT noise per spatial frequency (cycles/mm) along a row, HU^2 mm^2, as asked by the scanner; its integral
/// over the plane of frequencies is the variance.
double noise_power(const Scanner& scanner, double pixel_mm, double frequency_x, double frequency_y);
/// What the noiseless scan holds far inside each tissue of the tumour and just outside it (lung, gland or white
/// matter).
struct Contrast {
  double viable, necrotic, soft, host;
};
Contrast contrast(Organ organ, const Scanner& scanner);

}  // namespace radtype::simulate
