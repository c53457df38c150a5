// Any grid and any voxels, written by ITK in any format and type, or byte by byte in the other byte order, come back.
#include "support/itk_volume.h"  // first: see there

#include <Eigen/Geometry>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "radtype/core/seed.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::bytes_of;
using test::deflated;
using test::stored;
using test::operator+;

Grid any_grid() {
  const Size3 size{*rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9)};
  const auto number = [](int low, int high) { return *rc::gen::inRange(low, high) / 1000.0; };
  const Eigen::Vector3d spacing(number(200, 7000), number(200, 7000), number(200, 7000));
  Eigen::Matrix3d direction = Eigen::Quaterniond(number(-1000, 1000), number(-1000, 1000), number(-1000, 1000), 1.001)
                                  .normalized()
                                  .toRotationMatrix();
  if (*rc::gen::arbitrary<bool>()) direction.col(2) *= -1;
  const Eigen::Vector3d origin(number(-500'000, 500'000), number(-500'000, 500'000), number(-500'000, 500'000));
  return make_grid(size, spacing, direction, origin).value();
}

/// The whole range of T; whole numbers that a double holds exactly.
template <class T>
std::vector<T> any_voxels(const Grid& grid) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<T> voxels(static_cast<std::size_t>(grid.voxel_count()));
  for (T& v : voxels) {
    if constexpr (std::is_floating_point_v<T>) {
      v = static_cast<T>(random.normal() * 1e3);
    } else {
      v = static_cast<T>(random() >> (sizeof(T) == 8 ? 11 : 0));
    }
  }
  return voxels;
}

template <class T>
void comes_back(const std::string& extension, bool compressed) {
  const Grid grid = any_grid();
  const std::vector<T> voxels = any_voxels<T>(grid);
  test::TempDir dir;
  const auto path = dir / ("a" + extension);
  test::write_with_itk(path, grid, voxels, compressed);
  auto source = open_image(path);
  RC_ASSERT(source.has_value());
  RC_ASSERT((*source)->info().grid.size() == grid.size());
  RC_ASSERT(test::all_values(**source).value() == std::vector<double>(voxels.begin(), voxels.end()));
  const bool nifti = extension.starts_with(".nii") || extension == ".hdr";
  const double tolerance_mm = nifti ? 2e-4 : 1e-9;  // NIfTI-1 holds single precision
  RC_ASSERT(test::worst_corner_mm((*source)->info().grid, grid) < tolerance_mm);
}

void every_type(const std::string& extension, bool compressed) {
  switch (*rc::gen::inRange(0, 10)) {
    case 0:
      return comes_back<std::int8_t>(extension, compressed);
    case 1:
      return comes_back<std::uint8_t>(extension, compressed);
    case 2:
      return comes_back<std::int16_t>(extension, compressed);
    case 3:
      return comes_back<std::uint16_t>(extension, compressed);
    case 4:
      return comes_back<std::int32_t>(extension, compressed);
    case 5:
      return comes_back<std::uint32_t>(extension, compressed);
    case 6:
      return comes_back<std::int64_t>(extension, compressed);
    case 7:
      return comes_back<std::uint64_t>(extension, compressed);
    case 8:
      return comes_back<float>(extension, compressed);
    default:
      return comes_back<double>(extension, compressed);
  }
}

RC_GTEST_PROP(WrittenByItk, NiftiComesBack, ()) { every_type(".nii", false); }
RC_GTEST_PROP(WrittenByItk, NiftiGzComesBack, ()) { every_type(".nii.gz", true); }
RC_GTEST_PROP(WrittenByItk, NiftiPairComesBack, ()) { every_type(".hdr", false); }
RC_GTEST_PROP(WrittenByItk, NrrdComesBack, ()) { every_type(".nrrd", *rc::gen::arbitrary<bool>()); }
RC_GTEST_PROP(WrittenByItk, DetachedNrrdComesBack, ()) { every_type(".nhdr", *rc::gen::arbitrary<bool>()); }
RC_GTEST_PROP(WrittenByItk, MhaComesBack, ()) { every_type(".mha", *rc::gen::arbitrary<bool>()); }
RC_GTEST_PROP(WrittenByItk, MhdComesBack, ()) { every_type(".mhd", *rc::gen::arbitrary<bool>()); }

std::vector<double> values_of(Result<std::unique_ptr<ImageSource>> source) {
  RC_ASSERT(source.has_value());
  return test::all_values(**source).value();
}

template <class T>
void byte_order_does_not_matter(const char* nrrd_type, const char* meta_type, int nifti_type) {
  const std::vector<std::int64_t> size{*rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9)};
  std::vector<T> voxels(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  for (T& v : voxels) v = static_cast<T>(random.normal() * 100);
  const std::vector<double> expected(voxels.begin(), voxels.end());
  const bool compressed = *rc::gen::arbitrary<bool>();
  const std::string size_text = std::to_string(size[0]) + " " + std::to_string(size[1]) + " " + std::to_string(size[2]);
  for (const bool big_endian : {false, true}) {
    const Bytes data = stored(voxels, big_endian);
    test::NiftiSpec spec;
    spec.version = *rc::gen::inRange(1, 3);
    spec.big_endian = big_endian;
    spec.dim = {3, size[0], size[1], size[2], 1, 1, 1, 1};
    spec.datatype = nifti_type;
    spec.bitpix = 8 * sizeof(T);
    const Bytes plain = nifti_header(spec) + data;
    const Bytes nifti = compressed ? deflated(plain) : plain;
    RC_ASSERT(values_of(open_nifti(memory_bytes(nifti))) == expected);
    const Bytes nrrd = bytes_of("NRRD0004\ntype: " + std::string(nrrd_type) + "\ndimension: 3\nsizes: " + size_text +
                                "\nspacings: 1 1 1\nendian: " + (big_endian ? "big" : "little") +
                                "\nencoding: " + (compressed ? "gzip" : "raw") + "\n\n") +
                       (compressed ? deflated(data) : data);
    RC_ASSERT(values_of(open_nrrd(memory_bytes(nrrd))) == expected);
    const Bytes meta =
        bytes_of("NDims = 3\nDimSize = " + size_text + "\nElementSpacing = 1 1 1\nElementType = " + meta_type +
                 "\nElementByteOrderMSB = " + (big_endian ? "True" : "False") +
                 "\nCompressedData = " + (compressed ? "True" : "False") + "\nElementDataFile = LOCAL\n") +
        (compressed ? deflated(data, false) : data);
    RC_ASSERT(values_of(open_metaimage(memory_bytes(meta))) == expected);
  }
}

RC_GTEST_PROP(ByteOrder, DoesNotMatterForInt16, ()) {
  byte_order_does_not_matter<std::int16_t>("short", "MET_SHORT", 4);
}
RC_GTEST_PROP(ByteOrder, DoesNotMatterForInt32, ()) { byte_order_does_not_matter<std::int32_t>("int", "MET_INT", 8); }
RC_GTEST_PROP(ByteOrder, DoesNotMatterForFloat32, ()) { byte_order_does_not_matter<float>("float", "MET_FLOAT", 16); }
RC_GTEST_PROP(ByteOrder, DoesNotMatterForFloat64, ()) {
  byte_order_does_not_matter<double>("double", "MET_DOUBLE", 64);
}
RC_GTEST_PROP(ByteOrder, DoesNotMatterForInt64, ()) {
  byte_order_does_not_matter<std::int64_t>("long long", "MET_LONG_LONG", 1024);
}

/// The region of a box is the same part of the whole, compressed or not.
RC_GTEST_PROP(ReadRegion, IsAPartOfTheWhole, ()) {
  const Grid grid = any_grid();
  const std::vector<std::int16_t> voxels = any_voxels<std::int16_t>(grid);
  test::NiftiSpec spec;
  spec.dim = {3, grid.size()[0], grid.size()[1], grid.size()[2], 1, 1, 1, 1};
  const Bytes plain = nifti_header(spec) + stored(voxels);
  const Bytes file = *rc::gen::arbitrary<bool>() ? deflated(plain) : plain;
  Box box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box.lo[axis] = *rc::gen::inRange<std::int64_t>(0, grid.size()[axis]);
    box.hi[axis] = *rc::gen::inRange<std::int64_t>(box.lo[axis] + 1, grid.size()[axis] + 1);
  }
  auto source = open_nifti(memory_bytes(file)).value();
  const Image part = read_region(*source, box).value();
  RC_ASSERT(part.grid.size() == box.size());
  for (std::int64_t k = 0; k < box.size()[2]; ++k) {
    for (std::int64_t j = 0; j < box.size()[1]; ++j) {
      for (std::int64_t i = 0; i < box.size()[0]; ++i) {
        const auto n = ((k + box.lo[2]) * grid.size()[1] + j + box.lo[1]) * grid.size()[0] + i + box.lo[0];
        RC_ASSERT(part.at(i, j, k) == static_cast<float>(voxels[static_cast<std::size_t>(n)]));
      }
    }
  }
}

/// Runs hold exactly the voxels of their label.
RC_GTEST_PROP(LabelMap, HoldsEveryVoxelOnce, ()) {
  const Size3 size{*rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9)};
  std::vector<std::uint8_t> voxels(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (std::uint8_t& v : voxels) v = static_cast<std::uint8_t>(*rc::gen::inRange(0, 4));
  test::NiftiSpec spec;
  spec.dim = {3, size[0], size[1], size[2], 1, 1, 1, 1};
  spec.datatype = 2;
  spec.bitpix = 8;
  const Bytes file = nifti_header(spec) + stored(voxels);
  for (const LabelEncoding encoding : {LabelEncoding::kValue, LabelEncoding::kBits}) {
    auto source = open_nifti(memory_bytes(file)).value();
    const radtype::LabelMap map = read_label_map(*source, encoding).value();
    std::vector<std::uint8_t> again(voxels.size());
    for (const Region& region : map.regions) {
      const int value = encoding == LabelEncoding::kValue ? region.label : 1 << (region.label - 1);
      for (std::size_t n = 0; n < region.runs.size(); ++n) {
        const radtype::Run& run = region.runs[n];
        for (std::int64_t i = run.i_begin; i < run.i_end; ++i) {
          auto& v = again[static_cast<std::size_t>((run.k * size[1] + run.j) * size[0] + i)];
          v = static_cast<std::uint8_t>(v + value);
        }
        if (n == 0) continue;
        const radtype::Run& before = region.runs[n - 1];
        RC_ASSERT(std::tuple(before.k, before.j, before.i_end) < std::tuple(run.k, run.j, run.i_begin));
      }
    }
    RC_ASSERT(again == voxels);
  }
}

}  // namespace
}  // namespace radtype::io
