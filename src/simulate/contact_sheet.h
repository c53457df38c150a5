// Random scans of a study on one page, to be judged by eye.
#pragma once

#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::simulate {

/// `folders` hold image.nii.gz and tumour.nii.gz; `truth` the line of each. Up to 24 of them, the slice in which the
/// tumour is largest, its outline drawn.
Result<void> write_contact_sheet(const std::vector<std::filesystem::path>& folders,
                                 const std::vector<nlohmann::json>& truth, std::uint64_t seed,
                                 const std::filesystem::path& path);

}  // namespace radtype::simulate
