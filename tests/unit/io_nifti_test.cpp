#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "radtype/io/volume_files.h"
#include "support/volume_reader.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::counting;
using test::deflated;
using test::nifti_header;
using test::NiftiSpec;
using test::stored;
using test::operator+;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A file read whole; the bytes must outlive it.
struct Opened {
  std::unique_ptr<ImageSource> source;
  std::vector<double> values;
};
Result<Opened> open(const Bytes& file) {
  auto source = open_nifti(memory_bytes(file));
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{std::move(*source), std::move(*values)};
}
Bytes file_of(const NiftiSpec& spec) { return nifti_header(spec) + stored(counting(), spec.big_endian); }

void expect_refused(const Bytes& file, ErrorCode code, const std::string& because) {
  auto opened = open(file);
  ASSERT_FALSE(opened) << because;
  EXPECT_EQ(opened.error().code(), code) << opened.error().to_string();
  EXPECT_THAT(opened.error().to_string(), HasSubstr(because));
}

TEST(Nifti, ReadsBothVersionsInBothByteOrders) {
  for (const int version : {1, 2}) {
    for (const bool big_endian : {false, true}) {
      for (const bool gzip : {false, true}) {
        NiftiSpec spec;
        spec.version = version;
        spec.big_endian = big_endian;
        const Bytes plain = file_of(spec);
        auto opened = open(gzip ? deflated(plain) : plain);
        ASSERT_TRUE(opened) << opened.error().to_string();
        const ImageInfo& info = opened->source->info();
        EXPECT_EQ(info.format, version == 1 ? "NIfTI-1" : "NIfTI-2");
        EXPECT_EQ(info.stored_type, "int16");
        EXPECT_TRUE(info.integer_values);
        EXPECT_TRUE(info.notes.empty());
        EXPECT_EQ(opened->values, counting<double>());
        EXPECT_EQ(info.grid.size(), (Size3{4, 3, 2}));
        EXPECT_EQ(info.grid.spacing_mm(), Eigen::Vector3d(1, 2, 3));
        EXPECT_EQ(info.grid.origin_lps_mm(), Eigen::Vector3d(10, 20, 30));
        EXPECT_EQ(info.grid.axis_codes(), "RAS");
      }
    }
  }
}

template <class T>
void check_type(int datatype, const std::string& name, const std::vector<T>& extremes) {
  for (const bool big_endian : {false, true}) {
    NiftiSpec spec;
    spec.datatype = datatype;
    spec.bitpix = 8 * sizeof(T);
    spec.big_endian = big_endian;
    std::vector<T> voxels = counting<T>();
    std::copy(extremes.begin(), extremes.end(), voxels.begin());
    const Bytes file = nifti_header(spec) + stored(voxels, big_endian);
    auto opened = open(file);
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(opened->source->info().stored_type, name);
    for (std::size_t n = 0; n < voxels.size(); ++n)
      EXPECT_EQ(opened->values[n], static_cast<double>(voxels[n])) << name;
  }
}

TEST(Nifti, ReadsEveryPlainType) {
  check_type<std::uint8_t>(2, "uint8", {255});
  check_type<std::int16_t>(4, "int16", {-32768, 32767});
  check_type<std::int32_t>(8, "int32", {-2147483647 - 1, 2147483647});
  check_type<float>(16, "float32", {-1.5F, 3e38F, std::numeric_limits<float>::infinity()});
  check_type<double>(64, "float64", {-1e300, 0.1});
  check_type<std::int8_t>(256, "int8", {-128, 127});
  check_type<std::uint16_t>(512, "uint16", {65535});
  check_type<std::uint32_t>(768, "uint32", {4294967295U});
  check_type<std::int64_t>(1024, "int64", {-(std::int64_t{1} << 53), std::int64_t{1} << 53});
  check_type<std::uint64_t>(1280, "uint64", {std::uint64_t{1} << 53});
}

TEST(Nifti, PassesNanVoxelsThrough) {
  NiftiSpec spec;
  spec.datatype = 16;
  spec.bitpix = 32;
  std::vector<float> voxels = counting<float>();
  voxels[5] = std::numeric_limits<float>::quiet_NaN();
  auto opened = open(nifti_header(spec) + stored(voxels));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(std::isnan(opened->values[5]));
}

TEST(Nifti, ReadsTheSlicesAskedForAndAgain) {
  for (const bool gzip : {false, true}) {
    const Bytes file = gzip ? deflated(file_of({})) : file_of({});
    auto source = open_nifti(memory_bytes(file)).value();
    for (int again = 0; again < 2; ++again) {
      std::vector<double> values;
      ASSERT_TRUE(source->read_slices(1, 2, [&](std::int64_t k, std::span<const double> slice) -> Result<void> {
        EXPECT_EQ(k, 1);
        values.assign(slice.begin(), slice.end());
        return {};
      }));
      EXPECT_THAT(values, ElementsAre(12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23));
    }
  }
}

TEST(Nifti, AppliesTheScale) {
  NiftiSpec spec;
  spec.slope = 0.5;
  spec.intercept = -100;
  auto opened = open(file_of(spec)).value();
  EXPECT_EQ(opened.values[3], -98.5);
  EXPECT_FALSE(opened.source->info().integer_values);
  spec.slope = 0;  // the standard: then the intercept is not used either
  EXPECT_EQ(open(file_of(spec)).value().values[3], 3);
}

TEST(Nifti, SkipsExtensions) {
  NiftiSpec spec;
  spec.vox_offset = 400;
  Bytes file = nifti_header(spec);
  file.resize(400);
  EXPECT_EQ(open(file + stored(counting())).value().values, counting<double>());
}

TEST(Nifti, ReadsTheQform) {
  NiftiSpec spec;
  spec.sform_code = 0;
  spec.qform_code = 1;
  spec.quatern = {0, 0, std::sqrt(0.5)};  // a quarter turn about z: i runs to anterior, j to left
  spec.qoffset = {5, 6, 7};
  spec.pixdim[0] = -1;  // and k downwards
  const Grid grid = open(file_of(spec)).value().source->info().grid;
  EXPECT_EQ(grid.axis_codes(), "ALI");
  EXPECT_LT((grid.origin_lps_mm() - Eigen::Vector3d(-5, -6, 7)).norm(), 1e-6);
  const Eigen::Vector3d corner = grid.lps_from_index()(Point<Index>(1, 1, 1)).v;
  // RAS: (5, 6, 7) + 1 mm anterior + 2 mm left + 3 mm down = (3, 7, 4).
  EXPECT_LT((corner - Eigen::Vector3d(-3, -7, 4)).norm(), 1e-6);
}

TEST(Nifti, RoundingOfTheQuaternionIsNoRotation) {
  NiftiSpec spec;
  spec.sform_code = 0;
  spec.qform_code = 1;
  spec.quatern = {std::sqrt(0.5), 0, -std::sqrt(0.5)};  // in single precision: a bit short of 1
  const Grid grid = open(file_of(spec)).value().source->info().grid;
  EXPECT_LT((grid.direction() - grid.direction().array().round().matrix()).cwiseAbs().maxCoeff(), 1e-7);
}

TEST(Nifti, PrefersTheSformAndSaysWhenTheQformDisagrees) {
  NiftiSpec spec;
  spec.qform_code = 1;
  spec.qoffset = {-10, -20, 30};
  EXPECT_TRUE(open(file_of(spec)).value().source->info().notes.empty());
  spec.qoffset[0] = -10.01;
  const auto opened = open(file_of(spec)).value();
  EXPECT_THAT(opened.source->info().notes, ElementsAre(HasSubstr("sform and qform place a corner 0.01")));
  EXPECT_EQ(opened.source->info().grid.origin_lps_mm()[0], 10);
}

TEST(Nifti, NotesAreMadeOfAssumptions) {
  const auto notes = [](const NiftiSpec& spec) { return open(file_of(spec)).value().source->info().notes; };
  NiftiSpec spec;
  spec.sform_code = 0;
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("no orientation")));
  spec = {};
  spec.units = 0;
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("no unit of length")));
  spec = {};
  spec.pixdim[2] = -2;
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("negative spacing")));
  spec = {};
  spec.pixdim[2] = 2.1;
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("differs from pixdim")));
  spec = {};
  spec.bitpix = 8;
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("bitpix")));
  spec = {};
  spec.dim = {2, 4, 6, 0, 0, 0, 0, 0};
  EXPECT_THAT(notes(spec), ElementsAre(HasSubstr("one slice")));
}

TEST(Nifti, SpacingAloneMeansAxesToRightAnteriorSuperior) {
  NiftiSpec spec;
  spec.sform_code = 0;
  const Grid grid = open(file_of(spec)).value().source->info().grid;
  EXPECT_EQ(grid.axis_codes(), "RAS");
  EXPECT_EQ(grid.spacing_mm(), Eigen::Vector3d(1, 2, 3));
  EXPECT_EQ(grid.origin_lps_mm(), Eigen::Vector3d(0, 0, 0));
}

TEST(Nifti, ConvertsMetresAndMicrons) {
  NiftiSpec spec;
  spec.units = 3;
  spec.pixdim = {1, 1000, 2000, 3000, 0, 0, 0, 0};
  spec.srow = {1000, 0, 0, -10000, 0, 2000, 0, -20000, 0, 0, 3000, 30000};
  Grid grid = open(file_of(spec)).value().source->info().grid;
  EXPECT_LT((grid.spacing_mm() - Eigen::Vector3d(1, 2, 3)).norm(), 1e-12);
  EXPECT_LT((grid.origin_lps_mm() - Eigen::Vector3d(10, 20, 30)).norm(), 1e-12);
  spec.version = 2;
  spec.units = 1;
  spec.pixdim = {1, 0.001, 0.002, 0.003, 0, 0, 0, 0};
  spec.sform_code = 0;
  grid = open(file_of(spec)).value().source->info().grid;
  EXPECT_LT((grid.spacing_mm() - Eigen::Vector3d(1, 2, 3)).norm(), 1e-12);
}

TEST(Nifti, RefusesSpacingThatIsNoLength) {
  for (const double bad : {0.0, kNan, std::numeric_limits<double>::infinity()}) {
    for (const int sform_code : {0, 1}) {
      NiftiSpec spec;
      spec.sform_code = sform_code;
      spec.pixdim[3] = bad;
      expect_refused(file_of(spec), ErrorCode::kCorrupt, "spacing along axis 2");
    }
  }
}

TEST(Nifti, RefusesNegativeSpacingWithoutAnSform) {
  NiftiSpec spec;
  spec.pixdim[2] = -2;
  spec.sform_code = 0;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "negative spacing");
  spec.qform_code = 1;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "negative spacing");
}

TEST(Nifti, RefusesBrokenForms) {
  NiftiSpec spec;
  spec.srow[1] = kNan;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "the sform holds a number that is not finite");
  spec = {};
  spec.srow = {};
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "the sform gives axis 0 no length");
  spec = {};
  spec.srow[1] = 0.3;  // j leans towards i
  expect_refused(file_of(spec), ErrorCode::kUnsupported, "sheared");
  spec = {};
  spec.sform_code = 0;
  spec.qform_code = 1;
  spec.quatern = {0.9, 0.9, 0};
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "quaternion");
  spec.quatern = {0, kNan, 0};
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "quaternion");
}

TEST(Nifti, RefusesWhatItDoesNotRead) {
  NiftiSpec spec;
  spec.dim = {4, 4, 3, 1, 2, 1, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kUnsupported, "4-D: it has 2 volumes");
  spec.dim = {5, 4, 3, 1, 1, 2, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kUnsupported, "several values per voxel");
  spec.dim = {1, 24, 1, 1, 1, 1, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kUnsupported, "one dimension");
  const std::pair<int, const char*> kTypes[] = {{1, "binary"},      {32, "complex64"},    {128, "RGB"},
                                                {1536, "float128"}, {1792, "complex128"}, {2304, "RGBA"}};
  for (const auto& [datatype, name] : kTypes) {
    spec = {};
    spec.datatype = datatype;
    expect_refused(file_of(spec), ErrorCode::kUnsupported, name);
  }
  spec = {};
  spec.pair = true;
  expect_refused(nifti_header(spec), ErrorCode::kUnsupported, ".hdr/.img pair");
}

TEST(Nifti, AcceptsAFourthDimensionOfOne) {
  NiftiSpec spec;
  spec.dim = {4, 4, 3, 2, 1, 1, 1, 1};
  EXPECT_EQ(open(file_of(spec)).value().values, counting<double>());
}

TEST(Nifti, RefusesDamagedHeaders) {
  Bytes file = file_of({});
  test::put(file, 344, 'x');
  expect_refused(file, ErrorCode::kCorrupt, "not its magic");
  NiftiSpec second;
  second.version = 2;
  file = file_of(second);
  test::put(file, 9, ' ');
  expect_refused(file, ErrorCode::kCorrupt, "transfer as text");
  file = file_of({});
  test::put(file, 0, std::int32_t{347});
  expect_refused(file, ErrorCode::kCorrupt, "no NIfTI header");
  NiftiSpec spec;
  spec.dim[0] = 8;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "dim[0] is 8");
  spec = {};
  spec.dim[2] = 0;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "at least 1");
  spec.dim[2] = -3;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "at least 1");
  spec = {};
  spec.datatype = 3;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "datatype 3");
  spec = {};
  spec.slope = kNan;
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "scl_slope");
  for (const double offset : {0.0, 100.0, 352.5, 1e30, kNan}) {
    file = file_of({});
    test::put(file, 108, static_cast<float>(offset));
    expect_refused(file, ErrorCode::kCorrupt, "vox_offset");
  }
  expect_refused({}, ErrorCode::kCorrupt, "too short");
  expect_refused(Bytes(1), ErrorCode::kCorrupt, "too short");
}

TEST(Nifti, RefusesSizesBeforeAllocating) {
  NiftiSpec spec;
  spec.version = 2;
  spec.dim = {3, 10'000, 10'000, 10'000, 1, 1, 1, 1};  // 10^12 voxels
  expect_refused(file_of(spec), ErrorCode::kTooLarge, "10000 x 10000 x 10000");
  expect_refused(deflated(file_of(spec)), ErrorCode::kTooLarge, "10000 x 10000 x 10000");
  spec.dim = {3, std::int64_t{1} << 62, std::int64_t{1} << 62, 4, 1, 1, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kTooLarge, "voxels");
  spec.dim = {3, 8192, 8192, 1, 1, 1, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kTooLarge, "slices of 8192 x 8192");
  // Within the limits, and more than the file holds or, compressed, could hold.
  spec.dim = {3, 2000, 2000, 2000, 1, 1, 1, 1};
  expect_refused(file_of(spec), ErrorCode::kCorrupt, "promises 16000000000 bytes");
  expect_refused(deflated(file_of(spec)), ErrorCode::kCorrupt, "cannot hold them");
}

TEST(Nifti, NoticesTruncation) {
  const Bytes plain = file_of({});
  for (std::size_t cut = 1; cut < plain.size(); ++cut) {
    const Bytes shorter(plain.begin(), plain.end() - static_cast<std::ptrdiff_t>(cut));
    auto opened = open(shorter);
    ASSERT_FALSE(opened) << cut;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt);
    // A gzip file that is whole and whose content is not.
    auto packed = open(deflated(shorter));
    ASSERT_FALSE(packed) << cut;
    EXPECT_EQ(packed.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(Nifti, NoticesTruncatedGzipEvenWhenTheSlicesWantedAreWhole) {
  NiftiSpec spec;
  spec.dim = {3, 64, 64, 20, 1, 1, 1, 1};
  std::vector<std::int16_t> voxels(64 * 64 * 20);
  std::uint32_t state = 7;
  for (auto& v : voxels) v = static_cast<std::int16_t>((state = state * 1664525U + 1013904223U) >> 16);
  const Bytes packed = deflated(nifti_header(spec) + stored(voxels));
  const auto first_slice = [](const Bytes& file) -> Result<void> {
    auto source = open_nifti(memory_bytes(file));
    if (!source) return pass_on(std::move(source));
    return (*source)->read_slices(0, 1, [](std::int64_t, std::span<const double>) -> Result<void> { return {}; });
  };
  ASSERT_TRUE(first_slice(packed));
  for (int tenth = 0; tenth < 10; ++tenth) {
    const auto length = static_cast<std::ptrdiff_t>(packed.size()) * tenth / 10;
    EXPECT_EQ(first_slice(Bytes(packed.begin(), packed.begin() + length)).error().code(), ErrorCode::kCorrupt) << tenth;
  }
  for (const int trailer : {1, 4, 8}) {  // CRC-32 and length
    EXPECT_EQ(first_slice(Bytes(packed.begin(), packed.end() - trailer)).error().code(), ErrorCode::kCorrupt)
        << trailer;
  }
  Bytes wrong_crc = packed;
  wrong_crc[packed.size() - 8] ^= std::byte{1};
  EXPECT_EQ(first_slice(wrong_crc).error().code(), ErrorCode::kCorrupt);
}

TEST(Nifti, MeasuresWhatFollowsTheVoxels) {
  const auto padded = open(file_of({}) + Bytes(100)).value();
  EXPECT_THAT(padded.source->info().notes, ElementsAre(HasSubstr("100 bytes after the last voxel")));
  for (const bool gzip : {false, true}) {
    const Bytes far_more = file_of({}) + Bytes(2 << 20);
    expect_refused(gzip ? deflated(far_more) : far_more, ErrorCode::kCorrupt, "do not belong together");
  }
}

TEST(Nifti, ReadsPairs) {
  for (const bool gzip : {false, true}) {
    NiftiSpec spec;
    spec.pair = true;
    spec.vox_offset = 16;
    const Bytes header = nifti_header(spec);
    const Bytes plain = Bytes(16) + stored(counting());
    const Bytes image = gzip ? deflated(plain) : plain;
    auto source = open_nifti(memory_bytes(header), [&]() -> Result<NiftiPartner> {
      return NiftiPartner{memory_bytes(image), gzip};
    });
    ASSERT_TRUE(source) << source.error().to_string();
    EXPECT_EQ(test::all_values(**source).value(), counting<double>());
  }
  // Raw voxels whose first bytes are those of gzip.
  NiftiSpec spec;
  spec.pair = true;
  std::vector<std::int16_t> voxels = counting();
  voxels[0] = static_cast<std::int16_t>(0x8b1f);
  const Bytes header = nifti_header(spec);
  const Bytes image = stored(voxels);
  auto source = open_nifti(memory_bytes(header), [&]() -> Result<NiftiPartner> {
    return NiftiPartner{memory_bytes(image), false};
  });
  ASSERT_TRUE(source) << source.error().to_string();
  EXPECT_EQ(test::all_values(**source).value()[0], -29921);
}

TEST(Nifti, StopsWhenTheVisitorDoes) {
  const Bytes file = file_of({});
  auto source = open_nifti(memory_bytes(file)).value();
  int visits = 0;
  auto done = source->read_slices(0, 2, [&](std::int64_t, std::span<const double>) -> Result<void> {
    ++visits;
    return fail(ErrorCode::kEmpty, "enough");
  });
  EXPECT_EQ(done.error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace radtype::io
