#include <gmock/gmock.h>

#include "radtype/io/volume_files.h"
#include "support/volume_reader.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::bytes_of;
using test::counting;
using test::deflated;
using test::stored;
using test::operator+;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A header by lines; a field given again in `changes` replaces the default, and "" removes it.
std::string header_with(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> fields{{"type", "short"},
                                            {"dimension", "3"},
                                            {"sizes", "4 3 2"},
                                            {"space", "left-posterior-superior"},
                                            {"space directions", "(1,0,0) (0,2,0) (0,0,3)"},
                                            {"space origin", "(10,20,30)"},
                                            {"kinds", "domain domain domain"},
                                            {"endian", "little"},
                                            {"encoding", "raw"}};
  for (const auto& [name, value] : changes) fields[name] = value;
  std::string text = "NRRD0004\n# a comment\n";
  for (const auto& [name, value] : fields) {
    if (!value.empty()) text += name + ": " + value + "\n";
  }
  return text + "free:=text: with a colon\n\n";
}

struct Opened {
  ImageInfo info;
  std::vector<double> values;
};
Result<Opened> open(const Bytes& file, const OpenSibling& open_sibling = {}) {
  auto source = open_nrrd(memory_bytes(file), open_sibling);
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{(*source)->info(), std::move(*values)};
}
Result<Opened> open_with(const std::map<std::string, std::string>& changes) {
  return open(bytes_of(header_with(changes)) + stored(counting()));
}

void expect_refused(const Result<Opened>& opened, ErrorCode code, const std::string& because) {
  ASSERT_FALSE(opened) << because;
  EXPECT_EQ(opened.error().code(), code) << opened.error().to_string();
  EXPECT_THAT(opened.error().to_string(), HasSubstr(because));
}

TEST(Nrrd, ReadsRawAndGzip) {
  for (const bool gzip : {false, true}) {
    const Bytes data = stored(counting());
    auto opened = open(bytes_of(header_with({{"encoding", gzip ? "gzip" : "raw"}})) + (gzip ? deflated(data) : data));
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(opened->values, counting<double>());
    EXPECT_EQ(opened->info.format, "NRRD");
    EXPECT_EQ(opened->info.stored_type, "int16");
    EXPECT_THAT(opened->info.notes, IsEmpty());
    EXPECT_EQ(opened->info.grid.spacing_mm(), Eigen::Vector3d(1, 2, 3));
    EXPECT_EQ(opened->info.grid.origin_lps_mm(), Eigen::Vector3d(10, 20, 30));
    EXPECT_EQ(opened->info.grid.axis_codes(), "LPS");
  }
}

TEST(Nrrd, ReadsHeadersWithCarriageReturns) {
  std::string text;
  for (const char c : header_with({})) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(open(bytes_of(text) + stored(counting())).value().values, counting<double>());
}

TEST(Nrrd, TurnsEverySpaceIntoLps) {
  const auto grid = [](const std::string& space) { return open_with({{"space", space}}).value().info.grid; };
  EXPECT_EQ(grid("LPS").origin_lps_mm(), Eigen::Vector3d(10, 20, 30));
  for (const char* ras : {"right-anterior-superior", "RAS"}) {
    EXPECT_EQ(grid(ras).origin_lps_mm(), Eigen::Vector3d(-10, -20, 30));
    EXPECT_EQ(grid(ras).axis_codes(), "RAS");
  }
  for (const char* las : {"left-anterior-superior", "LAS"}) {
    EXPECT_EQ(grid(las).origin_lps_mm(), Eigen::Vector3d(10, -20, 30));
    EXPECT_EQ(grid(las).axis_codes(), "LAS");
  }
  expect_refused(open_with({{"space", "scanner-xyz"}}), ErrorCode::kUnsupported, "scanner-xyz");
  expect_refused(open_with({{"space", "right-anterior-superior-time"}}), ErrorCode::kUnsupported, "time");
  const auto unnamed = open_with({{"space", ""}, {"space dimension", "3"}}).value();
  EXPECT_THAT(unnamed.info.notes, ElementsAre(HasSubstr("no patient space")));
}

TEST(Nrrd, DirectionsAreColumns) {
  const Grid grid = open_with({{"space directions", "(0,1,0) (0,0,2) (3,0,0)"}}).value().info.grid;
  EXPECT_EQ(grid.axis_codes(), "PSL");
  EXPECT_EQ(grid.lps_from_index()(Point<Index>(1, 1, 1)).v, Eigen::Vector3d(13, 21, 32));
}

TEST(Nrrd, SpacingWithoutDirectionsIsNoted) {
  const auto opened = open_with({{"space", ""}, {"space directions", ""}, {"space origin", ""}, {"spacings", "1 2 3"}});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->info.grid.spacing_mm(), Eigen::Vector3d(1, 2, 3));
  EXPECT_EQ(opened->info.notes.size(), 3U);
  expect_refused(open_with({{"space directions", ""}}), ErrorCode::kCorrupt, "no voxel spacing");
}

TEST(Nrrd, ConvertsUnits) {
  auto opened = open_with({{"space units", "\"cm\" \"cm\" \"cm\""}});
  EXPECT_EQ(opened.value().info.grid.spacing_mm(), Eigen::Vector3d(10, 20, 30));
  EXPECT_EQ(opened.value().info.grid.origin_lps_mm(), Eigen::Vector3d(100, 200, 300));
  EXPECT_EQ(open_with({{"space units", "\"mm\" \"mm\" \"mm\""}}).value().info.grid.spacing_mm()[0], 1);
  expect_refused(open_with({{"space units", "\"furlong\" \"furlong\" \"furlong\""}}), ErrorCode::kUnsupported,
                 "furlong");
  expect_refused(open_with({{"space units", "\"mm\" \"mm\" \"cm\""}}), ErrorCode::kUnsupported, "different units");
}

TEST(Nrrd, ReadsASlice) {
  auto opened = open_with(
      {{"dimension", "2"}, {"sizes", "4 6"}, {"kinds", "domain domain"}, {"space directions", "(0,1,0) (0,0,2)"}});
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->info.grid.size(), (Size3{4, 6, 1}));
  EXPECT_EQ(opened->info.grid.axis_codes(), "PSL");
  EXPECT_EQ(opened->info.grid.spacing_mm(), Eigen::Vector3d(1, 2, 1));
  EXPECT_THAT(opened->info.notes, ElementsAre(HasSubstr("slice thickness of 1 mm")));
}

template <class T>
void check_type(const std::string& names, const std::string& stored_type) {
  std::stringstream list(names);
  for (std::string name; std::getline(list, name, ',');) {
    for (const bool big_endian : {false, true}) {
      const Bytes data = stored(counting<T>(), big_endian);
      auto opened = open(bytes_of(header_with({{"type", name}, {"endian", big_endian ? "big" : "little"}})) + data);
      ASSERT_TRUE(opened) << opened.error().to_string();
      EXPECT_EQ(opened->info.stored_type, stored_type);
      EXPECT_EQ(opened->values, counting<double>()) << name;
    }
  }
}

TEST(Nrrd, KnowsEveryNameOfEveryType) {
  check_type<std::int8_t>("signed char,int8,int8_t", "int8");
  check_type<std::uint8_t>("uchar,unsigned char,uint8,uint8_t", "uint8");
  check_type<std::int16_t>("short,short int,signed short,signed short int,int16,int16_t", "int16");
  check_type<std::uint16_t>("ushort,unsigned short,unsigned short int,uint16,uint16_t", "uint16");
  check_type<std::int32_t>("int,signed int,int32,int32_t", "int32");
  check_type<std::uint32_t>("uint,unsigned int,uint32,uint32_t", "uint32");
  check_type<std::int64_t>("longlong,long long,long long int,signed long long,signed long long int,int64,int64_t",
                           "int64");
  check_type<std::uint64_t>("ulonglong,unsigned long long,unsigned long long int,uint64,uint64_t", "uint64");
  check_type<float>("float", "float32");
  check_type<double>("double", "float64");
  expect_refused(open_with({{"type", "block"}}), ErrorCode::kUnsupported, "block");
  expect_refused(open_with({{"type", "quaternion"}}), ErrorCode::kCorrupt, "quaternion");
}

TEST(Nrrd, RefusesWhatItDoesNotRead) {
  for (const char* encoding : {"ascii", "text", "txt", "hex", "bzip2", "bz2"}) {
    expect_refused(open_with({{"encoding", encoding}}), ErrorCode::kUnsupported, "convert to raw or gzip");
  }
  expect_refused(open_with({{"dimension", "4"}, {"sizes", "1 4 3 2"}}), ErrorCode::kUnsupported, "4 axes");
  expect_refused(open_with({{"kinds", "vector domain domain"}}), ErrorCode::kUnsupported, "vector");
  expect_refused(open_with({{"space directions", "none (0,2,0) (0,0,3)"}}), ErrorCode::kUnsupported, "none");
  expect_refused(open_with({{"data file", "LIST"}}), ErrorCode::kUnsupported, "several data files");
  expect_refused(open_with({{"data file", "slice%03d.raw 1 20 1"}}), ErrorCode::kUnsupported, "several data files");
}

TEST(Nrrd, RefusesDamagedHeaders) {
  const auto corrupt = [](const std::map<std::string, std::string>& changes, const std::string& because) {
    expect_refused(open_with(changes), ErrorCode::kCorrupt, because);
  };
  corrupt({{"sizes", "4 3"}}, "'sizes' should hold 3");
  corrupt({{"sizes", "4 3 two"}}, "'sizes' should hold 3");
  corrupt({{"sizes", "4 0 2"}}, "at least 1");
  corrupt({{"sizes", ""}}, "'sizes' is missing");
  corrupt({{"endian", ""}}, "'endian'");
  corrupt({{"endian", "middle"}}, "'endian'");
  corrupt({{"space directions", "(1,0,0) (0,nan,0) (0,0,3)"}}, "not finite");
  corrupt({{"space directions", "(1,0,0) (0,0,0) (0,0,3)"}}, "spacing along axis 1 is 0");
  corrupt({{"space directions", ""}, {"spacings", "1 nan 3"}}, "spacing along axis 1 is nan");
  corrupt({{"space directions", ""}, {"spacings", "1 2 0"}}, "spacing along axis 2 is 0");
  corrupt({{"space origin", "(10,inf,30)"}}, "not finite");
  corrupt({{"byte skip", "-2"}}, "'byte skip'");
  corrupt({{"line skip", "-1"}}, "'line skip'");
  corrupt({{"line skip", "1000000000000"}}, "fewer lines");
  expect_refused(open_with({{"space directions", "(1,0,0) (0.5,2,0) (0,0,3)"}}), ErrorCode::kUnsupported, "sheared");
  expect_refused(open_with({{"sizes", "10000 10000 10000"}}), ErrorCode::kTooLarge, "10000 x 10000 x 10000");
  expect_refused(open_with({{"sizes", "4611686018427387904 4611686018427387904 4"}}), ErrorCode::kTooLarge, "voxels");
  expect_refused(open_with({{"sizes", "2000 2000 2000"}}), ErrorCode::kCorrupt, "promises 16000000000 bytes");
  expect_refused(open_with({{"sizes", "2000 2000 2000"}, {"encoding", "gzip"}}), ErrorCode::kCorrupt,
                 "cannot hold them");
  expect_refused(open(bytes_of("NRRD0009\n")), ErrorCode::kCorrupt, "first line");
  expect_refused(open(bytes_of("NRRD0004\ntype: short\ntype: short\n")), ErrorCode::kCorrupt, "twice");
  expect_refused(open(bytes_of("NRRD0004\ntype short\n")), ErrorCode::kCorrupt, "without a colon");
  expect_refused(open({}), ErrorCode::kCorrupt, "first line");
}

TEST(Nrrd, NoticesTruncation) {
  const Bytes raw = bytes_of(header_with({})) + stored(counting());
  const Bytes packed = bytes_of(header_with({{"encoding", "gzip"}})) + deflated(stored(counting()));
  for (const Bytes& file : {raw, packed}) {
    for (std::ptrdiff_t length = 0; length < static_cast<std::ptrdiff_t>(file.size()); ++length) {
      auto opened = open(Bytes(file.begin(), file.begin() + length));
      ASSERT_FALSE(opened) << length;
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt) << length;
    }
  }
}

TEST(Nrrd, ReadsDetachedData) {
  const Bytes data = stored(counting());
  std::string asked;
  Bytes sibling;
  const OpenSibling open_sibling = [&](const std::string& name) -> Result<std::shared_ptr<ByteSource>> {
    asked = name;
    return memory_bytes(sibling);
  };
  const auto values = [&](const std::map<std::string, std::string>& changes) {
    auto opened = open(bytes_of(header_with(changes)), open_sibling);
    EXPECT_TRUE(opened) << opened.error().to_string();
    return opened ? opened->values : std::vector<double>();
  };
  sibling = data;
  EXPECT_EQ(values({{"data file", "voxels of a.raw"}}), counting<double>());
  EXPECT_EQ(asked, "voxels of a.raw");
  EXPECT_EQ(values({{"datafile", "a.raw"}}), counting<double>());
  sibling = bytes_of("two\nlines\n..") + data;
  EXPECT_EQ(values({{"data file", "a.raw"}, {"line skip", "2"}, {"byte skip", "2"}}), counting<double>());
  EXPECT_EQ(values({{"data file", "a.raw"}, {"byte skip", "-1"}}), counting<double>());
  sibling = bytes_of("a line\n") + deflated(bytes_of("...") + data);
  EXPECT_EQ(values({{"data file", "a.gz"}, {"encoding", "gz"}, {"line skip", "1"}, {"byte skip", "3"}}),
            counting<double>());

  for (const char* name : {"/etc/passwd", "../a.raw", "..", "sub/a.raw", "sub\\a.raw"}) {
    asked.clear();
    expect_refused(open(bytes_of(header_with({{"data file", name}})), open_sibling), ErrorCode::kUnsupported,
                   "plain file name");
    EXPECT_EQ(asked, "");
  }
}

}  // namespace
}  // namespace radtype::io
