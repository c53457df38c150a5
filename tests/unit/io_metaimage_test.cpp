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

using Changes = std::map<std::string, std::string>;

/// A header by lines; `changes` replace the defaults, and "" removes one. ElementDataFile comes last.
std::string header_with(const Changes& changes) {
  Changes fields{{"ObjectType", "Image"},
                 {"NDims", "3"},
                 {"BinaryData", "True"},
                 {"BinaryDataByteOrderMSB", "False"},
                 {"TransformMatrix", "1 0 0 0 1 0 0 0 1"},
                 {"Offset", "10 20 30"},
                 {"AnatomicalOrientation", "RAI"},
                 {"ElementSpacing", "1 2 3"},
                 {"DimSize", "4 3 2"},
                 {"ElementType", "MET_SHORT"},
                 {"ElementDataFile", "LOCAL"}};
  for (const auto& [name, value] : changes) fields[name] = value;
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!value.empty() && name != "ElementDataFile") text += name + " = " + value + "\n";
  }
  return text + "ElementDataFile = " + fields["ElementDataFile"] + "\n";
}

struct Opened {
  ImageInfo info;
  std::vector<double> values;
};
Result<Opened> open(const Bytes& file, const OpenSibling& open_sibling = {}) {
  auto source = open_metaimage(memory_bytes(file), open_sibling);
  if (!source) return pass_on(std::move(source));
  auto values = test::all_values(**source);
  if (!values) return pass_on(std::move(values));
  return Opened{(*source)->info(), std::move(*values)};
}
Result<Opened> open_with(const Changes& changes) { return open(bytes_of(header_with(changes)) + stored(counting())); }

void expect_refused(const Result<Opened>& opened, ErrorCode code, const std::string& because) {
  ASSERT_FALSE(opened) << because;
  EXPECT_EQ(opened.error().code(), code) << opened.error().to_string();
  EXPECT_THAT(opened.error().to_string(), HasSubstr(because));
}

TEST(MetaImage, ReadsRawAndCompressed) {
  const Bytes data = stored(counting());
  const Bytes zlib = deflated(data, /*gzip=*/false);
  const std::string size = std::to_string(zlib.size());
  for (const Bytes& file :
       {bytes_of(header_with({})) + data, bytes_of(header_with({{"CompressedData", "True"}})) + zlib,
        bytes_of(header_with({{"CompressedData", "True"}, {"CompressedDataSize", size}})) + zlib}) {
    auto opened = open(file);
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(opened->values, counting<double>());
    EXPECT_EQ(opened->info.format, "MetaImage");
    EXPECT_THAT(opened->info.notes, IsEmpty());
    EXPECT_EQ(opened->info.grid.spacing_mm(), Eigen::Vector3d(1, 2, 3));
    EXPECT_EQ(opened->info.grid.origin_lps_mm(), Eigen::Vector3d(10, 20, 30));
    EXPECT_EQ(opened->info.grid.axis_codes(), "LPS");
  }
}

TEST(MetaImage, TransformMatrixGoesAxisByAxis) {
  const Grid grid = open_with({{"TransformMatrix", "0 1 0 0 0 1 1 0 0"}}).value().info.grid;
  EXPECT_EQ(grid.axis_codes(), "PSL");
  EXPECT_EQ(grid.lps_from_index()(Point<Index>(1, 1, 1)).v, Eigen::Vector3d(13, 21, 32));
}

template <class T>
void check_type(const std::string& name, const std::string& stored_type) {
  for (const char* order : {"ElementByteOrderMSB", "BinaryDataByteOrderMSB"}) {
    for (const bool big_endian : {false, true}) {
      Changes changes{{"ElementType", name}, {"BinaryDataByteOrderMSB", ""}};
      changes[order] = big_endian ? "True" : "False";
      auto opened = open(bytes_of(header_with(changes)) + stored(counting<T>(), big_endian));
      ASSERT_TRUE(opened) << opened.error().to_string();
      EXPECT_EQ(opened->info.stored_type, stored_type);
      EXPECT_EQ(opened->values, counting<double>()) << name;
    }
  }
}

TEST(MetaImage, ReadsEveryPlainType) {
  check_type<std::int8_t>("MET_CHAR", "int8");
  check_type<std::uint8_t>("MET_UCHAR", "uint8");
  check_type<std::int16_t>("MET_SHORT", "int16");
  check_type<std::uint16_t>("MET_USHORT", "uint16");
  check_type<std::int32_t>("MET_INT", "int32");
  check_type<std::uint32_t>("MET_UINT", "uint32");
  check_type<std::int32_t>("MET_LONG", "int32");
  check_type<std::int64_t>("MET_LONG_LONG", "int64");
  check_type<std::uint64_t>("MET_ULONG_LONG", "uint64");
  check_type<float>("MET_FLOAT", "float32");
  check_type<double>("MET_DOUBLE", "float64");
}

TEST(MetaImage, NotesWhatItAssumes) {
  const auto notes = [](const Changes& changes) { return open_with(changes).value().info.notes; };
  EXPECT_THAT(notes({{"BinaryDataByteOrderMSB", ""}}), ElementsAre(HasSubstr("byte order")));
  EXPECT_THAT(notes({{"TransformMatrix", ""}}), ElementsAre(HasSubstr("TransformMatrix")));
  EXPECT_THAT(notes({{"Offset", ""}}), ElementsAre(HasSubstr("Offset")));
  EXPECT_THAT(notes({{"ElementSpacing", ""}, {"ElementSize", "1 2 3"}}), ElementsAre(HasSubstr("ElementSize")));
}

TEST(MetaImage, ReadsModalityAndUnits) {
  EXPECT_EQ(open_with({{"Modality", "MET_MOD_CT"}}).value().info.modality, Modality::kCt);
  EXPECT_EQ(open_with({}).value().info.modality, std::nullopt);
  const Grid grid = open_with({{"DistanceUnits", "cm"}}).value().info.grid;
  EXPECT_EQ(grid.spacing_mm(), Eigen::Vector3d(10, 20, 30));
  EXPECT_EQ(grid.origin_lps_mm(), Eigen::Vector3d(100, 200, 300));
}

TEST(MetaImage, ReadsASlice) {
  const auto opened = open_with({{"NDims", "2"},
                                 {"DimSize", "4 6"},
                                 {"ElementSpacing", "1 2"},
                                 {"Offset", "5 6"},
                                 {"TransformMatrix", "0 1 -1 0"}});
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->info.grid.size(), (Size3{4, 6, 1}));
  EXPECT_EQ(opened->info.grid.axis_codes(), "PRS");
  EXPECT_EQ(opened->info.grid.origin_lps_mm(), Eigen::Vector3d(5, 6, 0));
  EXPECT_THAT(opened->info.notes, ElementsAre(HasSubstr("2-D")));
}

TEST(MetaImage, ReadsDetachedData) {
  Bytes sibling = stored(counting());
  std::string asked;
  const OpenSibling open_sibling = [&](const std::string& name) -> Result<std::shared_ptr<ByteSource>> {
    asked = name;
    return memory_bytes(sibling);
  };
  EXPECT_EQ(open(bytes_of(header_with({{"ElementDataFile", "a b.raw"}})), open_sibling).value().values,
            counting<double>());
  EXPECT_EQ(asked, "a b.raw");
  sibling = Bytes(7) + sibling;
  for (const char* size : {"7", "-1"}) {
    const Changes changes{{"ElementDataFile", "a.raw"}, {"HeaderSize", size}};
    EXPECT_EQ(open(bytes_of(header_with(changes)), open_sibling).value().values, counting<double>()) << size;
  }
  for (const char* name : {"/etc/passwd", "../a.raw", "sub/a.raw"}) {
    asked.clear();
    expect_refused(open(bytes_of(header_with({{"ElementDataFile", name}})), open_sibling), ErrorCode::kUnsupported,
                   "plain file name");
    EXPECT_EQ(asked, "");
  }
}

TEST(MetaImage, RefusesWhatItDoesNotRead) {
  const auto unsupported = [](const Changes& changes, const std::string& because) {
    expect_refused(open_with(changes), ErrorCode::kUnsupported, because);
  };
  unsupported({{"ElementDataFile", "LIST"}}, "several data files");
  unsupported({{"ElementDataFile", "slice%03d.raw 1 20 1"}}, "several data files");
  unsupported({{"BinaryData", "False"}}, "BinaryData");
  unsupported({{"ElementNumberOfChannels", "3"}}, "ElementNumberOfChannels");
  unsupported({{"ObjectType", "Mesh"}}, "ObjectType");
  unsupported({{"ElementType", "MET_FLOAT_ARRAY"}}, "MET_FLOAT_ARRAY");
  unsupported({{"NDims", "4"}}, "NDims is 4");
  unsupported({{"TransformMatrix", "1 0 0 0.5 0.8660254037844386 0 0 0 1"}}, "sheared");
}

TEST(MetaImage, RefusesDamagedHeaders) {
  const auto corrupt = [](const Changes& changes, const std::string& because) {
    expect_refused(open_with(changes), ErrorCode::kCorrupt, because);
  };
  corrupt({{"DimSize", "4 3"}}, "DimSize should hold 3");
  corrupt({{"DimSize", "4 3 0"}}, "at least 1");
  corrupt({{"ElementSpacing", "1 nan 3"}}, "spacing along axis 1 is nan");
  corrupt({{"ElementSpacing", "1 2 0"}}, "spacing along axis 2 is 0");
  corrupt({{"ElementSpacing", "1 2 -3"}}, "spacing along axis 2 is -3");
  corrupt({{"ElementSpacing", ""}}, "no ElementSpacing");
  corrupt({{"TransformMatrix", "1 0 0 0 1 0 0 0 nan"}}, "not finite");
  corrupt({{"TransformMatrix", "2 0 0 0 1 0 0 0 1"}}, "unit vector");
  corrupt({{"Offset", "1 2 inf"}}, "not finite");
  corrupt({{"ElementType", "MET_NOTHING"}}, "MET_NOTHING");
  corrupt({{"CompressedData", "perhaps"}}, "True or False");
  corrupt({{"ElementByteOrderMSB", "True"}}, "contradict");
  corrupt({{"HeaderSize", "100000"}}, "HeaderSize");
  corrupt({{"HeaderSize", "3"}}, "HeaderSize");
  corrupt({{"CompressedData", "True"}, {"CompressedDataSize", "1000"}}, "CompressedDataSize");
  corrupt({{"DimSize", "2000 2000 2000"}}, "promises 16000000000 bytes");
  corrupt({{"DimSize", "2000 2000 2000"}, {"CompressedData", "True"}}, "cannot hold them");
  expect_refused(open_with({{"DimSize", "10000 10000 10000"}}), ErrorCode::kTooLarge, "10000 x 10000 x 10000");
  expect_refused(open(bytes_of("ObjectType = Image\nNDims = 3\n")), ErrorCode::kCorrupt, "without ElementDataFile");
  expect_refused(open(bytes_of("NDims = 3\nNDims = 3\n")), ErrorCode::kCorrupt, "twice");
  expect_refused(open(bytes_of("no key here\n")), ErrorCode::kCorrupt, "not 'Key = Value'");
  expect_refused(open({}), ErrorCode::kCorrupt, "without ElementDataFile");
}

TEST(MetaImage, NoticesTruncation) {
  const Bytes raw = bytes_of(header_with({})) + stored(counting());
  const Bytes packed = bytes_of(header_with({{"CompressedData", "True"}})) + deflated(stored(counting()), false);
  for (const Bytes& file : {raw, packed}) {
    for (std::ptrdiff_t length = 0; length < static_cast<std::ptrdiff_t>(file.size()); ++length) {
      auto opened = open(Bytes(file.begin(), file.begin() + length));
      ASSERT_FALSE(opened) << length;
    }
  }
}

}  // namespace
}  // namespace radtype::io
