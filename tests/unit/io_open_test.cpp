// open_image: recognition by content, siblings, names and paths.
#include <chrono>

#include <gmock/gmock.h>

#include "radtype/io/image_source.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::bytes_of;
using test::counting;
using test::deflated;
using test::nifti_header;
using test::NiftiSpec;
using test::stored;
using test::operator+;
using testing::ElementsAre;
using testing::HasSubstr;

const Bytes kData = stored(counting());
const std::string kNrrd =
    "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspace: LPS\nspace directions: (1,0,0) (0,2,0) (0,0,3)\n"
    "space origin: (0,0,0)\nendian: little\nencoding: raw\n";
const std::string kMeta =
    "ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementSpacing = 1 2 3\nOffset = 0 0 0\n"
    "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementByteOrderMSB = False\nElementType = MET_SHORT\n";

void expect_reads(const fs::path& path, const std::string& format, const std::vector<fs::path>& files) {
  auto source = open_image(path);
  ASSERT_TRUE(source) << source.error().to_string();
  EXPECT_EQ((*source)->info().format, format);
  EXPECT_EQ((*source)->info().files, files);
  EXPECT_EQ(test::all_values(**source).value(), counting<double>());
}

void expect_refused(const fs::path& path, ErrorCode code, const std::string& because) {
  const auto begin = std::chrono::steady_clock::now();
  auto source = open_image(path);
  ASSERT_FALSE(source) << path;
  EXPECT_EQ(source.error().code(), code) << source.error().to_string();
  EXPECT_THAT(source.error().to_string(), HasSubstr(because));
  EXPECT_THAT(source.error().to_string(), HasSubstr(path.string()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST(OpenImage, GoesByContentNotByName) {
  test::TempDir dir;
  test::save(dir / "a.nrrd", nifti_header({}) + kData);
  expect_reads(dir / "a.nrrd", "NIfTI-1", {dir / "a.nrrd"});
  test::save(dir / "b", deflated(nifti_header({}) + kData));
  expect_reads(dir / "b", "NIfTI-1", {dir / "b"});
  NiftiSpec second;
  second.version = 2;
  second.big_endian = true;
  test::save(dir / "c.mha", nifti_header(second) + stored(counting(), true));
  expect_reads(dir / "c.mha", "NIfTI-2", {dir / "c.mha"});
  test::save(dir / "d.nii", bytes_of(kNrrd + "\n") + kData);
  expect_reads(dir / "d.nii", "NRRD", {dir / "d.nii"});
  test::save(dir / "e.dcm", bytes_of(kMeta + "ElementDataFile = LOCAL\n") + kData);
  expect_reads(dir / "e.dcm", "MetaImage", {dir / "e.dcm"});
}

TEST(OpenImage, FindsTheDataOfDetachedHeaders) {
  test::TempDir dir;
  NiftiSpec pair;
  pair.pair = true;
  test::save(dir / "p.hdr", nifti_header(pair));
  expect_refused(dir / "p.hdr", ErrorCode::kNotFound, "p.img");
  test::save(dir / "p.img.gz", deflated(kData));
  expect_reads(dir / "p.hdr", "NIfTI-1", {dir / "p.hdr", dir / "p.img.gz"});
  test::save(dir / "p.img", kData);
  expect_reads(dir / "p.hdr", "NIfTI-1", {dir / "p.hdr", dir / "p.img"});
  test::save(dir / "z.hdr.gz", deflated(nifti_header(pair)));
  test::save(dir / "z.img.gz", deflated(kData));
  expect_reads(dir / "z.hdr.gz", "NIfTI-1", {dir / "z.hdr.gz", dir / "z.img.gz"});
  test::save(dir / "n.nhdr", bytes_of(kNrrd + "data file: n.raw\n"));
  expect_refused(dir / "n.nhdr", ErrorCode::kNotFound, "n.raw");
  test::save(dir / "n.raw", kData);
  expect_reads(dir / "n.nhdr", "NRRD", {dir / "n.nhdr", dir / "n.raw"});
  test::save(dir / "m.mhd", bytes_of(kMeta + "ElementDataFile = n.raw\n"));
  expect_reads(dir / "m.mhd", "MetaImage", {dir / "m.mhd", dir / "n.raw"});
  test::save(dir / "q.img", Bytes(100, std::byte{9}));
  expect_refused(dir / "q.img", ErrorCode::kUsage, "name its .hdr");
  expect_refused(dir / "n.raw", ErrorCode::kUsage, "name their header");
}

TEST(OpenImage, TakesPathsWithSpacesAndJapanese) {
  test::TempDir dir;
  const fs::path folder = dir / "\u60a3\u8005 001 \u5c71\u7530\u592a\u90ce";
  fs::create_directory(folder);
  const fs::path path = folder / "\u80ba\u764c \u753b\u50cf.nii.gz";
  test::save(path, deflated(nifti_header({}) + kData));
  expect_reads(path, "NIfTI-1", {path});
  const fs::path mhd = folder / "\u753b\u50cf 1.mhd";
  test::save(mhd, bytes_of(kMeta + "ElementDataFile = \u753b\u50cf 1.raw\n"));
  test::save(folder / "\u753b\u50cf 1.raw", kData);
  expect_reads(mhd, "MetaImage", {mhd, folder / "\u753b\u50cf 1.raw"});
}

TEST(OpenImage, SaysWhatIsWrong) {
  test::TempDir dir;
  expect_refused(dir / "missing.nii", ErrorCode::kNotFound, "there is no file");
  test::save(dir / "empty", {});
  expect_refused(dir / "empty", ErrorCode::kCorrupt, "empty");
  for (int byte = 0; byte < 256; ++byte) {
    test::save(dir / "one", Bytes(1, static_cast<std::byte>(byte)));
    expect_refused(dir / "one", ErrorCode::kUnsupported, "NIfTI-1 and NIfTI-2");
  }
  test::save(dir / "text", bytes_of("patient = 7\nhello"));
  expect_refused(dir / "text", ErrorCode::kUnsupported, "MetaImage");
  test::save(dir / "notes.gz", deflated(bytes_of("hello")));
  expect_refused(dir / "notes.gz", ErrorCode::kUnsupported, "not NIfTI");
  test::save(dir / "cut.gz", Bytes{std::byte{0x1f}, std::byte{0x8b}, std::byte{8}});
  expect_refused(dir / "cut.gz", ErrorCode::kCorrupt, "truncated");
  Bytes magic = nifti_header({}) + kData;
  test::put(magic, 344, 'x');
  test::save(dir / "magic.nii", magic);
  expect_refused(dir / "magic.nii", ErrorCode::kCorrupt, "magic");
  NiftiSpec huge;
  huge.version = 2;
  huge.dim = {3, 10'000, 10'000, 10'000, 1, 1, 1, 1};
  test::save(dir / "huge.nii.gz", deflated(nifti_header(huge) + kData));
  expect_refused(dir / "huge.nii.gz", ErrorCode::kTooLarge, "10000 x 10000 x 10000");
}

TEST(OpenImage, RefusesPathsInHeaders) {
  test::TempDir dir;
  fs::create_directory(dir / "sub");
  test::save(dir / "secret.raw", kData);
  test::save(dir.path() / "sub" / "a.mhd", bytes_of(kMeta + "ElementDataFile = ../secret.raw\n"));
  expect_refused(dir.path() / "sub" / "a.mhd", ErrorCode::kUnsupported, "plain file name");
  test::save(dir.path() / "sub" / "a.nhdr", bytes_of(kNrrd + "data file: " + (dir / "secret.raw").string() + "\n"));
  expect_refused(dir.path() / "sub" / "a.nhdr", ErrorCode::kUnsupported, "plain file name");
}

TEST(ReadRegion, CutsTheBoxOut) {
  test::TempDir dir;
  test::save(dir / "a.nii", nifti_header({}) + kData);
  auto source = open_image(dir / "a.nii").value();
  const Image part = read_region(*source, Box{{1, 1, 1}, {3, 3, 2}}).value();
  EXPECT_THAT(part.voxels, ElementsAre(17, 18, 21, 22));
  EXPECT_EQ(part.grid.size(), (Size3{2, 2, 1}));
  EXPECT_EQ(part.grid.origin_lps_mm(), source->info().grid.lps_from_index()(Point<Index>(1, 1, 1)).v);
  EXPECT_THROW((void)read_region(*source, Box{{0, 0, 0}, {5, 1, 1}}), InternalError);
  EXPECT_THROW((void)read_region(*source, Box{}), InternalError);
}

TEST(Modality, WordsAreDicoms) {
  for (const Modality modality : {Modality::kCt, Modality::kMr, Modality::kPet, Modality::kOther}) {
    EXPECT_EQ(modality_from_word(modality_word(modality)), modality);
  }
  EXPECT_EQ(modality_word(Modality::kPet), "PT");
  EXPECT_EQ(modality_from_word("US"), std::nullopt);
}

}  // namespace
}  // namespace radtype::io
