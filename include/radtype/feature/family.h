// From one region to a row of features: the table of families, and what each needs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "radtype/core/volume.h"
#include "radtype/image/region.h"
#include "radtype/io/image_source.h"
#include "radtype/shape/curvature.h"
#include "radtype/shape/spectrum.h"
#include "radtype/texture/habitats.h"
#include "radtype/texture/margin.h"
#include "radtype/texture/neighbourhood.h"

namespace radtype::feature {

/// One tumour, cropped with a margin. All volumes on one grid.
struct CaseData {
  Mask tumour;
  std::optional<Image> image;
  std::optional<Mask> tissue;  ///< the organ around the tumour
  std::optional<io::Modality> modality;
  std::string organ;  ///< lung, breast, brain, other; "" unknown
};

/// A number, or why there is none.
struct Value {
  std::optional<double> number;
  std::string missing_reason;
};

/// Feature name -> value. set() refuses a NaN or infinity: those become missing with a reason.
class FeatureRow {
 public:
  void set(const std::string& name, double number);
  void set_missing(const std::string& name, const std::string& reason);
  const std::map<std::string, Value>& values() const { return values_; }

 private:
  std::map<std::string, Value> values_;
};

/// What several families of one tumour share, made when it is first asked for.
class Derived {
 public:
  explicit Derived(const CaseData& data, const shape::SurfaceOptions& surface = {}) : data_(data), surface_(surface) {}
  const image::Components& components();
  /// Marching cubes of the tumour, about the origin.
  const shape::TriangleMesh& voxel_surface();
  const Result<shape::Spectrum>& spectrum();
  /// The surface rebuilt to a degree, about the origin, and its curvature; only where spectrum() has a value.
  struct Rebuilt {
    shape::TriangleMesh mesh;
    shape::PrincipalCurvatures curvatures;
  };
  const Rebuilt& rebuilt(int degree);
  /// Ranks of the tumour and what is around it, as they lie in patient space; only where the case has an image.
  const Result<texture::Neighbourhood>& neighbourhood();
  /// Only where neighbourhood() has a value.
  const std::optional<texture::Margin>& margin();
  const std::optional<texture::HabitatSet>& habitats();
  bool has_spectrum() const { return spectrum_.has_value() && spectrum_->has_value(); }
  shape::Spectrum take_spectrum() { return std::move(**spectrum_); }
  bool has_neighbourhood() const { return neighbourhood_.has_value() && neighbourhood_->has_value(); }
  /// Margin and habitats only where a family has asked for them. Nothing is left here.
  texture::Neighbourhood take_neighbourhood() { return std::move(**neighbourhood_); }
  std::optional<texture::Margin> take_margin() { return margin_ ? std::move(*margin_) : std::nullopt; }
  std::optional<texture::Habitats> take_habitats() {
    return habitats_ && *habitats_ ? std::move((*habitats_)->habitats) : std::nullopt;
  }

 private:
  const CaseData& data_;
  shape::SurfaceOptions surface_;
  std::optional<image::Components> components_;
  std::optional<shape::TriangleMesh> voxel_surface_;
  std::optional<Result<shape::Spectrum>> spectrum_;
  std::map<int, Rebuilt> rebuilt_;
  std::optional<Result<texture::Neighbourhood>> neighbourhood_;
  std::optional<std::optional<texture::Margin>> margin_;
  std::optional<std::optional<texture::HabitatSet>> habitats_;
};

struct Family {
  std::string name;   ///< as in the catalogue
  std::string about;  ///< one line for --families
  bool by_default;    ///< computed where nothing is chosen
  double context_mm;  ///< how far around the tumour the family looks
  /// Why these inputs do not allow the family ("needs an image"), or nothing.
  std::optional<std::string> (*not_allowed)(const CaseData&, Derived&);
  /// Fills the row; an error makes the family failed and all its features missing with that reason.
  Result<void> (*compute)(const CaseData&, Derived&, FeatureRow&);
};

/// Every family; to add one, add its line in families.cpp.
const std::vector<Family>& families();

enum class Status { kOk, kPartial, kFailed };
std::string_view status_word(Status status);

struct FamilyReport {
  std::string family;
  std::string outcome;  ///< "computed", "not allowed", "not asked for", "failed"
  std::string reason;
  double seconds = 0;  ///< of wall time; what several families share counts for the first. Not written to files
};

struct Extraction {
  Status status = Status::kFailed;
  std::string reason;  ///< empty when ok
  FeatureRow row;      ///< holds every catalogue feature, as a number or missing
  std::vector<FamilyReport> families;
  std::optional<shape::Spectrum> spectrum;              ///< where a family needed it and it exists
  std::optional<texture::Neighbourhood> neighbourhood;  ///< likewise
  std::optional<texture::Margin> margin;                ///< likewise
  std::optional<texture::Habitats> habitats;            ///< likewise
};

/// kUsage for a name that is no family, listing those that are.
Result<void> check_families(const std::vector<std::string>& names);

/// Runs every chosen and allowed family; none chosen: those by default. ok: all of them computed; partial: an allowed
/// family failed; failed: nothing was computed. `surface` is for benchmarks: the features are defined with its
/// defaults.
Extraction extract(const CaseData& data, const std::vector<std::string>& chosen = {},
                   const shape::SurfaceOptions& surface = {});

}  // namespace radtype::feature
