// NIfTI-1/2, NRRD and MetaImage: a checked header, then slices streamed from raw or gzip data.
//
// Why not ITK's readers here: see docs/methods/reading.md (they hold the whole scan, NIfTI twice; they mend
// broken headers in silence). ITK is the oracle in tests.
#pragma once

#include <memory>

#include "radtype/io/bytes.h"
#include "radtype/io/image_source.h"

namespace radtype::io {

/// Opens the detached data file of a header that names one ("image.raw" of an .mhd, "image.img" of a .hdr).
using OpenSibling = std::function<Result<std::shared_ptr<ByteSource>>(const std::string& name)>;

Result<std::unique_ptr<ImageSource>> open_nifti(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling = {});
Result<std::unique_ptr<ImageSource>> open_nrrd(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling = {});
Result<std::unique_ptr<ImageSource>> open_metaimage(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling = {});

struct WriteOptions {
  bool force = false;  ///< overwrite an existing file
};
/// Writes .nii, .nii.gz, .nrrd or .mha by extension, through ITK (a temporary file renamed at the end).
Result<void> write_image(const Image& image, const std::filesystem::path& path, const WriteOptions& options = {});
Result<void> write_mask(const Mask& mask, const std::filesystem::path& path, const WriteOptions& options = {});
Result<void> write_image_int16(const Volume<std::int16_t>& image, const std::filesystem::path& path, const WriteOptions& options = {});

}  // namespace radtype::io
