// What goes into the page: text that cannot end it, numbers that can be read again.
#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/report/page.h"
#include "report/embedding.h"
#include "report/encode.h"
#include "report/references.h"

namespace radtype::report {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kStub = "<!doctype html><body><!--radtype-report--><p>end</p></body>";

std::vector<std::uint8_t> unpacked(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    word = word << 6 | static_cast<std::uint32_t>(digits.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(word >> bits & 255));
  }
  return bytes;
}

std::vector<std::uint8_t> inflated(const std::vector<std::uint8_t>& bytes, std::size_t size) {
  std::vector<std::uint8_t> out(size + 1);
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(ReportPage, NoTextEndsTheElement) {
  const std::vector<std::string> hostile = {"</script><script>alert(1)</script>",
                                            "<!--",
                                            "]]>&lt;",
                                            "a\xE2\x80\xA8"
                                            "b\xE2\x80\xA9"
                                            "c",
                                            std::string(10000, '<'),
                                            "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE",
                                            "腫瘍の画像",
                                            "<!--radtype-report-->",
                                            "\\u003c/script>\"",
                                            std::string("nul \0 byte", 10)};
  json document = {{"names", hostile}, {"</script>", 1}};
  const auto page = page_of(document, kStub);
  ASSERT_TRUE(page);
  const std::string open = "<script type=\"application/json\" id=\"radtype-report\">";
  const std::size_t begin = page->find(open);
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = page->find("</script>", begin);
  const std::string inside = page->substr(begin + open.size(), end - begin - open.size());
  EXPECT_EQ(page->substr(end), "</script><p>end</p></body>") << "the first end is ours";
  EXPECT_EQ(inside.find_first_of("<>&"), std::string::npos);
  EXPECT_THAT(inside, Not(HasSubstr("\xE2\x80\xA8")));
  EXPECT_THAT(inside, Not(HasSubstr("\xE2\x80\xA9")));
  EXPECT_EQ(json::parse(inside), document) << "the text is what it was";
}

TEST(ReportPage, BytesThatAreNoUtf8BecomeAMark) {
  EXPECT_EQ(script_safe(json{{"name",
                              "a\xFF"
                              "b"}}),
            "{\"name\":\"a\xEF\xBF\xBD"
            "b\"}");
}

TEST(ReportPage, TemplatesWithoutAPlaceAreRefused) {
  const auto none = page_of({}, "");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(none.error().message(), HasSubstr("--json-only"));
  EXPECT_EQ(page_of({}, "<html></html>").error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(page_of({}, kStub + kStub).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(*fetching_page("report.json", "[<!--radtype-report-->]"),
            "[<script type=\"application/json\" id=\"radtype-report\" data-src=\"report.json\"></script>]");
  if (!embedded_page().empty()) {
    EXPECT_TRUE(page_of({}));
  }
}

TEST(ReportEncode, Base64OfTheStandard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                         {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    const std::string_view from = bytes;
    EXPECT_EQ(base64({reinterpret_cast<const std::uint8_t*>(from.data()), from.size()}), text);
  }
}

TEST(ReportEncode, SurfacesAndVolumesAreReadAgain) {
  shape::TriangleMesh mesh;
  mesh.vertices = {{0, 0, 0}, {1.5, 0, 0}, {0, -2, 0}, {0, 0, 3}};
  mesh.triangles = {{0, 2, 1}, {0, 1, 3}};
  const json surface = surface_json(mesh);
  EXPECT_EQ(surface["vertex_count"], 4);
  const auto bytes = unpacked(surface["vertices"]);
  ASSERT_EQ(bytes.size(), 4u * 3 * 4);
  float x = 0;
  std::memcpy(&x, bytes.data() + 12, 4);
  EXPECT_EQ(x, 1.5F);
  EXPECT_EQ(unpacked(surface["triangles"])[4], 2);

  const auto grid =
      make_grid({3, 2, 1}, Eigen::Vector3d(1, 2, 3), Eigen::Matrix3d::Identity(), Eigen::Vector3d(7, 8, 9));
  Image image(*grid);
  image.voxels = {-1000, 40.4F, 3000, std::numeric_limits<float>::quiet_NaN(), 70000, -70000};
  const json volume = volume_json(image, io::Modality::kCt, {{"tumour", {{1, "tumour"}}, {0, 1, 1, 0, 0, 0}}});
  EXPECT_EQ(volume["size"], json({3, 2, 1}));
  EXPECT_EQ(volume["lps_from_index"], json({1., 0., 0., 7., 0., 2., 0., 8., 0., 0., 3., 9., 0., 0., 0., 1.}));
  EXPECT_EQ(volume["unit"], "HU");
  const auto stored = inflated(unpacked(volume["voxels"]), 12);
  ASSERT_EQ(stored.size(), 12u);
  std::vector<std::int16_t> values(6);
  std::memcpy(values.data(), stored.data(), 12);
  EXPECT_THAT(values, ElementsAre(-1000, 40, 3000, -32768, 32767, -32768));
  EXPECT_THAT(inflated(unpacked(volume["layers"][0]["voxels"]), 6), ElementsAre(0, 1, 1, 0, 0, 0));

  const json mr = volume_json(image, io::Modality::kMr, {});
  EXPECT_EQ(mr["unit"], "");
  const auto steps = inflated(unpacked(mr["voxels"]), 12);
  std::memcpy(values.data(), steps.data(), 12);
  EXPECT_NEAR(values[1] * mr["slope"].get<double>() + mr["intercept"].get<double>(), 40.4, 20) << "one step";
}

TEST(ReportEncode, BlocksKeepPlaceAndMean) {
  const auto grid =
      make_grid({7, 4, 2}, Eigen::Vector3d(1, 1, 4), Eigen::Matrix3d::Identity(), Eigen::Vector3d(10, 0, 0));
  Image image(*grid);
  Mask mask(*grid);
  for (std::int64_t k = 0; k < 2; ++k) {
    for (std::int64_t j = 0; j < 4; ++j) {
      for (std::int64_t i = 0; i < 7; ++i) {
        image.at(i, j, k) = static_cast<float>(i);
        mask.at(i, j, k) = i >= 2 && i < 5 ? 1 : 0;
      }
    }
  }
  image.at(0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  const Reduction by = reduction(*grid, grid->box(), 3);
  EXPECT_EQ(by.stride, (Size3{3, 2, 1}));
  EXPECT_EQ(by.grid.size(), (Size3{2, 2, 2}));
  EXPECT_EQ(by.box.hi, (Size3{6, 4, 2})) << "what fills no block is left out";
  EXPECT_EQ(by.grid.origin_lps_mm(), Eigen::Vector3d(11, 0.5, 0)) << "a centre of a block";
  const Image small = reduced(image, by);
  EXPECT_FLOAT_EQ(small.at(1, 0, 0), 4);
  EXPECT_FLOAT_EQ(small.at(0, 0, 0), 1.2F) << "five of six voxels have a value";
  const Mask inside = reduced(mask, by);
  EXPECT_EQ(inside.at(0, 0, 0), 0) << "a third";
  EXPECT_EQ(inside.at(1, 1, 1), 1) << "two thirds";
  EXPECT_EQ(box_around(mask, 1.5), (Box{{0, 0, 0}, {7, 4, 2}}));
  EXPECT_EQ(box_around(mask, 0).lo, (Size3{2, 0, 0}));
}

TEST(ReportEmbedding, PlacesAreTheComponents) {
  subtype::Table table{4, 2, {2, 1, -2, -1, 4.5, 2, -4.5, -2}};
  const auto found = principal_components(table);
  ASSERT_TRUE(found);
  EXPECT_GT(found->explained[0], 0.99);
  EXPECT_NEAR(found->explained[0] + found->explained[1], 1, 1e-12);
  EXPECT_GT(found->loadings[0][0], 0) << "the largest loading is positive";
  const auto place = found->place(table.row(2));
  EXPECT_NEAR(std::hypot(place[0], place[1]), std::hypot(4.5, 2), 1e-12) << "a rotation about the mean";
  EXPECT_EQ(principal_components({0, 0, {}}).error().code(), ErrorCode::kEmpty);
}

TEST(ReportReferences, BibtexIsReadAndCited) {
  const auto known = parse_bibliography(R"(@article{wu2021,
  author = {Wu, Jia and M{\"o}bius, A. and others},
  title = {Is {This} it?},
  journal = {Nature \& Co},
  volume = {3},
  pages = {787--798},
  year = {2021},
  doi = {10.1/x_y}
}
@misc{short, title={A page}, howpublished={\url{https://a.b/c}}})");
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[0].text, "Wu, Jia; Möbius, A. et al. Is This it? Nature & Co 3, 787–798 (2021)");
  EXPECT_EQ(known[0].doi, "10.1/x_y");
  EXPECT_EQ(known[1].text, "A page. https://a.b/c");
  EXPECT_THAT(cited_keys({"b [@two; @one] and [@one].", "[@three]"}), ElementsAre("two", "one", "three"));
  const json listed = references_of(json::array({{{"heading", "x"}, {"text", "[@monti2003; @nobody]"}}}));
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_THAT(listed[0]["text"].get<std::string>(), HasSubstr("Consensus clustering"));
  EXPECT_EQ(listed[1]["text"], "nobody");
}

}  // namespace
}  // namespace radtype::report
