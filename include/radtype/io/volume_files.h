// NIfTI-1/2, NRRD and MetaImage: a checked header, then slices streamed from raw or gzip data.
//
// Why not ITK's readers here: see docs/methods/reading.md (they hold the whole scan, NIfTI twice; they mend
// broken headers in silence). ITK is the oracle in tests.
#pragma once

#include <memory>

#include "radtype/io/bytes.h"
#include "radtype/io/image_source.h"

namespace radtype::io {

/// Opens the detached data file that a header names ("image.raw" in an .mhd). Only plain names are asked for.
using OpenSibling = std::function<Result<std::shared_ptr<ByteSource>>(const std::string& name)>;
/// The .img that belongs to a NIfTI .hdr, whose header does not name it.
struct NiftiPartner {
  std::shared_ptr<ByteSource> bytes;
  bool compressed = false;  ///< .img.gz; told by the name, since raw voxels may begin with the bytes of gzip
};
using OpenPartner = std::function<Result<NiftiPartner>()>;

// Opening reads and checks the header: sizes (kTooLarge, kCorrupt), spacing and direction (kCorrupt), what is not read
// (4-D, colour, ...: kUnsupported), and that the data is long enough, or, compressed, could be (kCorrupt).
// read_slices then finds truncation and wrong checksums (kCorrupt). NaN and infinite voxels are passed through.
// 64-bit integers beyond 2^53 lose their last digits. What is assumed is said in info().notes.
// Formats: nifti1, nifti2, nrrd and metaimage in docs/references.bib; docs/methods/reading.md says where we are
// stricter.

Result<std::unique_ptr<ImageSource>> open_nifti(std::shared_ptr<ByteSource> bytes,
                                                const OpenPartner& open_partner = {});
Result<std::unique_ptr<ImageSource>> open_nrrd(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling = {});
Result<std::unique_ptr<ImageSource>> open_metaimage(std::shared_ptr<ByteSource> bytes,
                                                    const OpenSibling& open_sibling = {});

struct WriteOptions {
  bool force = false;  ///< overwrite an existing file
};
/// Writes .nii, .nii.gz, .nrrd or .mha by extension, through ITK (a temporary file renamed at the end).
Result<void> write_image(const Image& image, const std::filesystem::path& path, const WriteOptions& options = {});
Result<void> write_mask(const Mask& mask, const std::filesystem::path& path, const WriteOptions& options = {});
Result<void> write_image_int16(const Volume<std::int16_t>& image, const std::filesystem::path& path,
                               const WriteOptions& options = {});

}  // namespace radtype::io
