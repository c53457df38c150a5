// Why the volume readers are ours: what ITK 5.2 reads without an error, and we refuse. docs/methods/reading.md shows
// the table.
#include "support/itk_volume.h"  // first: see there

#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "support/shared_data.h"
#include "support/volume_reader.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::bytes_of;
using test::counting;
using test::deflated;
using test::nifti_header;
using test::NiftiSpec;
using test::stored;
using test::operator+;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Bytes nifti(const std::function<void(NiftiSpec&)>& change) {
  NiftiSpec spec;
  change(spec);
  return nifti_header(spec) + stored(counting());
}

/// Large enough that reading the header does not reach the end; the last voxel is 16383.
Bytes large_nifti() {
  NiftiSpec spec;
  spec.dim = {3, 64, 64, 20, 1, 1, 1, 1};
  return nifti_header(spec) + stored(counting(64 * 64 * 20));
}

Bytes without_end(Bytes file, std::size_t bytes) {
  file.resize(file.size() - bytes);
  return file;
}

Bytes with_flipped_bit(Bytes file, std::size_t from_end) {
  file[file.size() - from_end] ^= std::byte{1};
  return file;
}

Bytes nrrd(const std::string& geometry) {
  return bytes_of("NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\n" + geometry +
                  "endian: little\nencoding: raw\n\n") +
         stored(counting());
}

Bytes metaimage(const std::string& fields, const Bytes& data) {
  return bytes_of("ObjectType = Image\nNDims = 3\nBinaryData = True\nElementByteOrderMSB = False\n" + fields +
                  "DimSize = 4 3 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n") +
         data;
}

struct Guard {
  std::string what;
  std::string extension;
  Bytes file;
  ErrorCode ours;
  std::function<bool(const itk::Image<double, 3>&)> itk_gives;
};

double last(const itk::Image<double, 3>& image) {
  return image.GetBufferPointer()[image.GetLargestPossibleRegion().GetNumberOfPixels() - 1];
}

TEST(ItkGuards, ItkReadsWhatWeRefuse) {
  const auto spacing_is = [](double i, double j, double k) {
    return [=](const itk::Image<double, 3>& image) {
      return image.GetSpacing()[0] == i && image.GetSpacing()[1] == j && image.GetSpacing()[2] == k;
    };
  };
  const auto last_is = [](double value) {
    return [=](const itk::Image<double, 3>& image) { return last(image) == value; };
  };
  const Bytes zlib = deflated(stored(counting()), false);
  const std::string packed = "CompressedData = True\nCompressedDataSize = " + std::to_string(zlib.size()) + "\n";
  const std::string spacing = "ElementSpacing = 1 2 3\n";
  const std::vector<Guard> guards{
      {"truncated .nii: the missing voxels become 0", ".nii", without_end(nifti([](NiftiSpec&) {}), 10),
       ErrorCode::kCorrupt, last_is(0)},
      {"wrong checksum of a .nii.gz", ".nii.gz", with_flipped_bit(deflated(large_nifti()), 8), ErrorCode::kCorrupt,
       last_is(16383)},
      {"truncated .nii.gz: the missing voxels become 0", ".nii.gz", without_end(deflated(large_nifti()), 100),
       ErrorCode::kCorrupt, last_is(0)},
      {"4-D image: the first volume", ".nii", nifti([](NiftiSpec& s) { s.dim = {4, 4, 3, 1, 2, 1, 1, 1}; }),
       ErrorCode::kUnsupported, last_is(11)},
      {"spacing 0 with a qform: 1 mm", ".nii",
       nifti([](NiftiSpec& s) { s.pixdim[3] = 0, s.sform_code = 0, s.qform_code = 1; }), ErrorCode::kCorrupt,
       spacing_is(1, 2, 1)},
      {"spacing NaN with a qform: 1 mm", ".nii",
       nifti([](NiftiSpec& s) { s.pixdim[3] = kNan, s.sform_code = 0, s.qform_code = 1; }), ErrorCode::kCorrupt,
       spacing_is(1, 2, 1)},
      {"sheared sform beside a qform: the qform", ".nii",
       nifti([](NiftiSpec& s) { s.srow[1] = 0.3, s.qform_code = 1; }), ErrorCode::kUnsupported, spacing_is(1, 2, 3)},
      {"negative spacing with a qform: the axis is mirrored", ".nii",
       nifti([](NiftiSpec& s) { s.pixdim[2] = -2, s.sform_code = 0, s.qform_code = 1; }), ErrorCode::kCorrupt,
       [](const itk::Image<double, 3>& image) { return image.GetDirection()(1, 1) == 1; }},
      {"NRRD without spacing: 1 mm", ".nrrd", nrrd(""), ErrorCode::kCorrupt, spacing_is(1, 1, 1)},
      {"NRRD with spacing NaN: 1 mm", ".nrrd", nrrd("spacings: 1 nan 3\n"), ErrorCode::kCorrupt, spacing_is(1, 1, 3)},
      {"sheared NRRD: axes that are not orthogonal", ".nrrd",
       nrrd("space: LPS\nspace directions: (1,0,0) (0.5,2,0) (0,0,3)\nspace origin: (0,0,0)\n"),
       ErrorCode::kUnsupported,
       [](const itk::Image<double, 3>& image) { return std::abs(image.GetDirection()(0, 1)) > 0.2; }},
      {"NRRD in scanner-xyz: as if LPS", ".nrrd",
       nrrd("space: scanner-xyz\nspace directions: (1,0,0) (0,2,0) (0,0,3)\nspace origin: (0,0,0)\n"),
       ErrorCode::kUnsupported, spacing_is(1, 2, 3)},
      {"MetaImage without spacing: 1 mm", ".mha", metaimage("", stored(counting())), ErrorCode::kCorrupt,
       spacing_is(1, 1, 1)},
      {"negative spacing of a MetaImage: the axis is mirrored", ".mha",
       metaimage("ElementSpacing = 1 -2 3\n", stored(counting())), ErrorCode::kCorrupt,
       [](const itk::Image<double, 3>& image) { return image.GetDirection()(1, 1) == -1; }},
      {"wrong checksum of a compressed MetaImage", ".mha", metaimage(spacing + packed, with_flipped_bit(zlib, 2)),
       ErrorCode::kCorrupt, last_is(23)},
  };
  test::TempDir dir;
  int number = 0;
  for (const Guard& guard : guards) {
    // A name of its own for each: see the next test.
    const auto path = dir / ("g" + std::to_string(++number) + guard.extension);
    test::save(path, guard.file);
    try {
      EXPECT_TRUE(guard.itk_gives(*test::read_with_itk(path))) << guard.what;
    } catch (const itk::ExceptionObject& error) {
      ADD_FAILURE() << guard.what << ": ITK refuses it now, " << error.GetDescription();
    }
    const auto read = [&]() -> Result<std::vector<double>> {
      auto source = open_image(path);
      if (!source) return pass_on(std::move(source));
      return test::all_values(**source);
    };
    const auto outcome = read();
    ASSERT_FALSE(outcome) << guard.what;
    EXPECT_EQ(outcome.error().code(), guard.ours) << guard.what << ": " << outcome.error().to_string();
  }
}

TEST(ItkGuards, ItkReadsTheVoxelsOfTheNeighbour) {
  test::TempDir dir;
  test::save(dir / "a.nii.gz", deflated(nifti([](NiftiSpec&) {})));
  test::save(dir / "a.nii", nifti_header({}) + stored(std::vector<std::int16_t>(24, 777)));
  EXPECT_EQ(last(*test::read_with_itk(dir / "a.nii.gz")), 777);
  EXPECT_EQ(test::all_values(*open_image(dir / "a.nii.gz").value()).value(), counting<double>());
}

// The voxels are memory that was never written: zeros as a rule, 0xbebe under AddressSanitizer.
TEST(ItkGuards, ItkReadsNoVoxelWithoutCompressedDataSize) {
  test::TempDir dir;
  test::save(dir / "a.mha",
             metaimage("ElementSpacing = 1 2 3\nCompressedData = True\n", deflated(stored(counting()), false)));
  EXPECT_NE(last(*test::read_with_itk(dir / "a.mha")), counting<double>().back());
  EXPECT_EQ(test::all_values(*open_image(dir / "a.mha").value()).value(), counting<double>());
}

}  // namespace
}  // namespace radtype::io
