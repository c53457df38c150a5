// What one case looks like: image, layers and surface, measured again from its files.
#pragma once

#include <nlohmann/json.hpp>

#include "report/study_data.h"

namespace radtype::report {

struct CasePictures {
  nlohmann::json image;          ///< VOLUME with layers tumour, regions, habitats; null where there is none
  nlohmann::json image_missing;  ///< why
  nlohmann::json layers_missing = nlohmann::json::object();  ///< by layer: why
  nlohmann::json surface;                                    ///< SURFACE, null where there is none
  nlohmann::json surface_missing;                            ///< why
  nlohmann::json reconstructions = nlohmann::json::array();  ///< [{"degree", "vertices"}]
  nlohmann::json reconstruction_triangles;                   ///< null without reconstructions
  nlohmann::json reconstructions_missing;                    ///< why
};
/// Of a row of the study that is a measured lesion. Never fails: what cannot be made says why.
CasePictures picture_case(const StudyData& study, std::size_t row);

}  // namespace radtype::report
