#include <limits>

#include <gmock/gmock.h>

#include "radtype/io/volume_files.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::nifti_header;
using test::NiftiSpec;
using test::stored;
using test::operator+;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// An image of 4 x 2 x 2 voxels.
template <class T>
Result<LabelMap> read(const std::vector<T>& voxels, int datatype, LabelEncoding encoding = LabelEncoding::kValue,
                      double slope = 0) {
  NiftiSpec spec;
  spec.dim = {3, 4, 2, 2, 1, 1, 1, 1};
  spec.datatype = datatype;
  spec.bitpix = 8 * sizeof(T);
  spec.slope = slope;
  const Bytes file = nifti_header(spec) + stored(voxels);
  auto source = open_nifti(memory_bytes(file));
  if (!source) return pass_on(std::move(source));
  return read_label_map(**source, encoding);
}

TEST(LabelMap, FindsTheRunsOfEveryValue) {
  const std::vector<std::uint16_t> voxels{0,     7,     7,     1,  //
                                          1,     0,     0,     7,  //
                                          0,     0,     0,     0,  //
                                          65535, 65535, 65535, 65535};
  const LabelMap map = read(voxels, 512).value();
  ASSERT_EQ(map.regions.size(), 3U);
  EXPECT_EQ(map.regions[0].label, 1);
  EXPECT_THAT(map.regions[0].runs, ElementsAre(radtype::Run{3, 4, 0, 0}, radtype::Run{0, 1, 1, 0}));
  EXPECT_EQ(map.regions[1].label, 7);
  EXPECT_THAT(map.regions[1].runs, ElementsAre(radtype::Run{1, 3, 0, 0}, radtype::Run{3, 4, 1, 0}));
  EXPECT_EQ(map.regions[2].label, 65535);
  EXPECT_THAT(map.regions[2].runs, ElementsAre(radtype::Run{0, 4, 1, 1}));
  EXPECT_EQ(map.grid.size(), (Size3{4, 2, 2}));
  EXPECT_THAT(map.notes, IsEmpty());
}

TEST(LabelMap, BitsAreRegionsOfTheirOwn) {
  const std::vector<std::uint8_t> voxels{1, 3, 2, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const LabelMap map = read(voxels, 2, LabelEncoding::kBits).value();
  ASSERT_EQ(map.regions.size(), 3U);
  EXPECT_EQ(map.regions[0].label, 1);
  EXPECT_THAT(map.regions[0].runs, ElementsAre(radtype::Run{0, 2, 0, 0}));
  EXPECT_EQ(map.regions[1].label, 2);
  EXPECT_THAT(map.regions[1].runs, ElementsAre(radtype::Run{1, 3, 0, 0}));
  EXPECT_EQ(map.regions[2].label, 8);
  EXPECT_THAT(map.regions[2].runs, ElementsAre(radtype::Run{0, 1, 1, 0}));
  const std::vector<std::int32_t> top{1 << 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(read(top, 8, LabelEncoding::kBits).value().regions.at(0).label, 31);
}

TEST(LabelMap, AnImageOfZerosHasNoRegions) {
  EXPECT_THAT(read(std::vector<std::uint8_t>(16), 2).value().regions, IsEmpty());
}

TEST(LabelMap, AcceptsWholeNumbersStoredAsFloats) {
  std::vector<float> voxels(16);
  voxels[2] = 3;
  voxels[3] = -0.0F;
  const LabelMap map = read(voxels, 16).value();
  ASSERT_EQ(map.regions.size(), 1U);
  EXPECT_EQ(map.regions[0].label, 3);
  EXPECT_THAT(map.notes, ElementsAre(HasSubstr("float32")));
}

TEST(LabelMap, NamesTheFirstVoxelThatIsNoLabel) {
  const auto refused = [](float value) {
    std::vector<float> voxels(16);
    voxels[13] = value;
    voxels[15] = value;
    auto map = read(voxels, 16);
    EXPECT_FALSE(map) << value;
    if (map) return;
    EXPECT_EQ(map.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(map.error().to_string(), HasSubstr("voxel (1, 1, 1)"));
  };
  refused(-1);
  refused(0.5F);
  refused(65536);
  refused(std::numeric_limits<float>::quiet_NaN());
  refused(std::numeric_limits<float>::infinity());
  const std::vector<std::uint8_t> ones(16, 1);
  EXPECT_THAT(read(ones, 2, LabelEncoding::kValue, 0.25).error().message(), HasSubstr("is 0.25"));
}

TEST(LabelMap, RefusesImagesNamedAsMasks) {
  NiftiSpec spec;
  spec.dim = {3, 100, 100, 1, 1, 1, 1, 1};
  const Bytes file = nifti_header(spec) + stored(test::counting(10'000));
  auto source = open_nifti(memory_bytes(file)).value();
  auto map = read_label_map(*source, LabelEncoding::kValue);
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(map.error().message(), HasSubstr("not a label map"));
}

}  // namespace
}  // namespace radtype::io
