// ITK as the oracle of our readers.
#pragma once

// Before ITK, which would otherwise mix the parts of its own copy of Eigen with the system's.
#include <Eigen/Dense>

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <filesystem>
#include <string>
#include <vector>

#include "radtype/core/geometry.h"

namespace radtype::test {

inline itk::ImageIOBase::Pointer itk_io_for(const std::filesystem::path& path) {
  const std::string name = path.string();
  if (name.ends_with(".nrrd") || name.ends_with(".nhdr")) return itk::ImageIOBase::Pointer(itk::NrrdImageIO::New());
  if (name.ends_with(".mha") || name.ends_with(".mhd")) return itk::ImageIOBase::Pointer(itk::MetaImageIO::New());
  return itk::ImageIOBase::Pointer(itk::NiftiImageIO::New());
}

inline itk::Image<double, 3>::Pointer read_with_itk(const std::filesystem::path& path) {
  auto reader = itk::ImageFileReader<itk::Image<double, 3>>::New();
  reader->SetImageIO(itk_io_for(path));
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

template <class T>
typename itk::Image<T, 3>::Pointer make_itk_image(const Grid& grid, const std::vector<T>& values) {
  auto image = itk::Image<T, 3>::New();
  typename itk::Image<T, 3>::RegionType region;
  typename itk::Image<T, 3>::DirectionType direction;
  typename itk::Image<T, 3>::SpacingType spacing;
  typename itk::Image<T, 3>::PointType origin;
  for (unsigned axis = 0; axis < 3; ++axis) {
    region.SetSize(axis, static_cast<itk::SizeValueType>(grid.size()[axis]));
    spacing[axis] = grid.spacing_mm()[axis];
    origin[axis] = grid.origin_lps_mm()[axis];
    for (unsigned row = 0; row < 3; ++row) direction(row, axis) = grid.direction()(row, axis);
  }
  image->SetRegions(region);
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->SetDirection(direction);
  image->Allocate();
  std::copy(values.begin(), values.end(), image->GetBufferPointer());
  return image;
}

template <class T>
void write_with_itk(const std::filesystem::path& path, const Grid& grid, const std::vector<T>& values,
                    bool compressed) {
  auto writer = itk::ImageFileWriter<itk::Image<T, 3>>::New();
  writer->SetImageIO(itk_io_for(path));
  writer->SetFileName(path.string());
  writer->SetInput(make_itk_image(grid, values));
  writer->SetUseCompression(compressed);
  writer->Update();
}

inline Grid grid_of(const itk::Image<double, 3>& image) {
  Size3 size;
  Eigen::Vector3d spacing, origin;
  Eigen::Matrix3d direction;
  for (unsigned axis = 0; axis < 3; ++axis) {
    size[axis] = static_cast<std::int64_t>(image.GetLargestPossibleRegion().GetSize(axis));
    spacing[axis] = image.GetSpacing()[axis];
    origin[axis] = image.GetOrigin()[axis];
    for (unsigned row = 0; row < 3; ++row) direction(row, axis) = image.GetDirection()(row, axis);
  }
  return make_grid(size, spacing, direction, origin).value();
}

}  // namespace radtype::test
