// Writing through ITK, whose image IO is named here and not looked up in its global factories.

// Before ITK, which would otherwise mix the parts of its own copy of Eigen with the system's.
#include <Eigen/Dense>

#include <itkImage.h>
#include <itkImageFileWriter.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <fmt/format.h>

#include "io/gzip_file.h"
#include "radtype/core/files.h"
#include "radtype/core/text.h"
#include "radtype/io/volume_files.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;

Result<itk::ImageIOBase::Pointer> image_io_for(const fs::path& path) {
  const std::string name = lower_case(path.filename().string());
  if (name.ends_with(".nii") || name.ends_with(".nii.gz")) return itk::ImageIOBase::Pointer(itk::NiftiImageIO::New());
  if (name.ends_with(".nrrd")) return itk::ImageIOBase::Pointer(itk::NrrdImageIO::New());
  if (name.ends_with(".mha")) return itk::ImageIOBase::Pointer(itk::MetaImageIO::New());
  return fail(ErrorCode::kUsage,
              fmt::format("the name '{}' does not tell the format; end it in .nii, .nii.gz, .nrrd or .mha",
                          path.filename().string()));
}

/// An ITK image over the volume's own memory.
template <class T>
typename itk::Image<T, 3>::Pointer itk_view(const Volume<T>& volume) {
  auto image = itk::Image<T, 3>::New();
  typename itk::Image<T, 3>::RegionType region;
  typename itk::Image<T, 3>::DirectionType direction;
  typename itk::Image<T, 3>::SpacingType spacing;
  typename itk::Image<T, 3>::PointType origin;
  for (unsigned axis = 0; axis < 3; ++axis) {
    region.SetSize(axis, static_cast<itk::SizeValueType>(volume.grid.size()[axis]));
    spacing[axis] = volume.grid.spacing_mm()[axis];
    origin[axis] = volume.grid.origin_lps_mm()[axis];
    for (unsigned row = 0; row < 3; ++row) direction(row, axis) = volume.grid.direction()(row, axis);
  }
  image->SetRegions(region);
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->SetDirection(direction);
  // ITK only reads through this pointer while writing, and is told not to free it.
  image->GetPixelContainer()->SetImportPointer(const_cast<T*>(volume.voxels.data()), volume.voxels.size(), false);
  return image;
}

template <class T>
Result<void> write_volume(const Volume<T>& volume, const fs::path& path, const WriteOptions& options) {
  RADTYPE_CHECK(static_cast<std::int64_t>(volume.voxels.size()) == volume.grid.voxel_count() && !volume.voxels.empty());
  auto io = image_io_for(path);
  if (!io) return pass_on(std::move(io));
  return write_then_rename(path, options.force, [&](const fs::path& temporary) -> Result<void> {
    // ITK's NIfTI would be compressed by zlib; libdeflate takes a fifth of the time.
    const bool compress_here = temporary.extension() == ".gz";
    const fs::path file = compress_here ? fs::path(temporary).replace_extension() : temporary;
    const auto remove = [&] {
      std::error_code ignored;
      if (compress_here) fs::remove(file, ignored);
    };
    try {
      auto writer = itk::ImageFileWriter<itk::Image<T, 3>>::New();
      writer->SetImageIO(*io);
      writer->SetFileName(file.string());
      writer->SetInput(itk_view(volume));
      writer->SetUseCompression(true);
      writer->Update();
    } catch (const itk::ExceptionObject& error) {
      remove();
      return fail(ErrorCode::kUnreadable, fmt::format("cannot write {}: {}", path.string(), error.GetDescription()));
    }
    if (!compress_here) return {};
    auto done = gzip_file(file, temporary);
    remove();
    return done;
  });
}

}  // namespace

Result<void> write_image(const Image& image, const fs::path& path, const WriteOptions& options) {
  return write_volume(image, path, options);
}

Result<void> write_mask(const Mask& mask, const fs::path& path, const WriteOptions& options) {
  return write_volume(mask, path, options);
}

Result<void> write_image_int16(const Volume<std::int16_t>& image, const fs::path& path, const WriteOptions& options) {
  return write_volume(image, path, options);
}

}  // namespace radtype::io
