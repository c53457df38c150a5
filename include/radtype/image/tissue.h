// The organ around a tumour, found in the whole scan.
//
// The scan is read slice by slice and kept as runs: memory follows the surface of what is found. Slices are those of
// the third axis of the grid. Definitions and thresholds: docs/methods/tissue.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/core/label_map.h"
#include "radtype/io/image_source.h"

namespace radtype::image {

enum class TissueKind {
  kLung,   ///< both lungs of a CT with their vessels, without trachea and main bronchi where they stand alone
  kBrain,  ///< of a skull-stripped image: what differs from its constant background; else as kBody
  kBody,   ///< what is not the air outside: cavities inside belong to it
};
/// "lung", "brain", "body".
std::string_view tissue_word(TissueKind kind);
std::optional<TissueKind> tissue_kind_from_word(std::string_view word);

/// Lung for CT of an organ "lung", brain for MR of a "brain", else the body.
TissueKind tissue_kind_for(std::optional<io::Modality> modality, std::string_view organ);

struct Tissue {
  TissueKind kind = TissueKind::kBody;
  Region region;                   ///< on the image's grid
  double volume_ml = 0;            ///< of the region
  std::vector<std::string> notes;  ///< what was found instead of what was asked for
};

/// NaN and infinite voxels count as outside. kUsage when the modality is not CT, MR or PET, or a lung is asked for in
/// anything but a CT; kEmpty when there is no such tissue.
Result<Tissue> find_tissue(io::ImageSource& source, TissueKind kind, std::optional<io::Modality> modality);

/// Tissue and tumour as one, both on one grid, which reaches at least 1 cm beyond the tumour. Lung is closed with the
/// tumour over a few mm in each slice, so that no rim is left between outline and air; of a body or brain, the part
/// that the tumour lies in is kept.
Mask joined_with_tumour(Mask tissue, const Mask& tumour, TissueKind kind);

}  // namespace radtype::image
