#include <zlib.h>

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "radtype/molecular/enrichment.h"
#include "support/shared_data.h"

namespace radtype::molecular {
namespace {

class Tables : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& text) {
    const auto path = folder_ / "table.txt";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::filesystem::path packed(const std::string& text, std::size_t cut = 0) {
    const auto path = folder_ / "table.gz";
    gzFile out = gzopen(path.c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    if (cut > 0) std::filesystem::resize_file(path, std::filesystem::file_size(path) - cut);
    return path;
  }
  std::string error_of(const std::string& text, ErrorCode code, const ExpressionOptions& options = {}) {
    const auto read = read_expression(file(text), options);
    if (read) return "no error";
    EXPECT_EQ(read.error().code(), code) << read.error().message();
    return read.error().message();
  }
  test::TempDir folder_;
};

TEST_F(Tables, ExpressionInAllItsShapes) {
  const std::vector<std::string> same = {
      "gene,a,b\nTP53,1,2.5\nEGFR,-3,NA\n",
      "gene\ta\tb\r\nTP53\t1\t2.5\r\n\r\nEGFR\t-3\t\r\n",
      "\xEF\xBB\xBFgene;a;b\nTP53;+1;2.5e0\nEGFR;-3;null",
      "a,b\nTP53,1,2.5\nEGFR,-3,.\n",
      "\"gene\",\"a\",\"b\"\n\"TP53\",\"1\",\"2.5\"\n \"EGFR\" , -3 ,NaN\n",
  };
  for (const std::string& text : same) {
    for (const auto& path : {file(text), packed(text)}) {
      const auto read = read_expression(path);
      ASSERT_TRUE(read) << read.error().message();
      const ExpressionMatrix& matrix = read->matrix;
      EXPECT_EQ(matrix.genes, (std::vector<std::string>{"TP53", "EGFR"}));
      EXPECT_EQ(matrix.samples, (std::vector<std::string>{"a", "b"}));
      EXPECT_EQ(matrix.value(0, 1), 2.5);
      EXPECT_EQ(matrix.value(1, 0), -3);
      EXPECT_TRUE(std::isnan(matrix.value(1, 1)));
      EXPECT_EQ(read->missing, 1u);
      EXPECT_EQ(read->missing_by_gene, (std::vector<std::size_t>{0, 1}));
      EXPECT_EQ(read->missing_by_sample, (std::vector<std::size_t>{0, 1}));
    }
  }
  const auto quoted = read_expression(file("g,\"a \"\"1\"\", b\",c\nX,1,2\n"));
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->matrix.samples[0], "a \"1\", b");
}

TEST_F(Tables, RepeatedGenesKeepTheirHighestRow) {
  const std::string text = "g,a,b\nX,1,2\nY,0,0\nX,5,NA\nX,3,3\nY,-1,0\n";
  const auto read = read_expression(file(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->matrix.genes, (std::vector<std::string>{"X", "Y"}));
  EXPECT_EQ(read->repeated, (std::vector<std::string>{"X", "Y"}));
  EXPECT_EQ(read->matrix.value(0, 0), 5);
  EXPECT_EQ(read->matrix.value(1, 0), 0);
  EXPECT_EQ(read->matrix.values.size(), 4u);
  const std::string message = error_of(text, ErrorCode::kCorrupt, {RepeatedGene::kRefuse});
  EXPECT_NE(message.find("line 4"), std::string::npos) << message;
  EXPECT_NE(message.find("line 2"), std::string::npos) << message;
}

TEST_F(Tables, ErrorsSayWhere) {
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const std::string number = error_of("g,a,b\nX,1,2\nY,1,two\n", ErrorCode::kCorrupt);
  has(number, "line 3");
  has(number, "column 3");
  has(number, "sample b");
  has(number, "two");
  has(error_of("g,a,b\nX,1,inf\n", ErrorCode::kCorrupt), "column 3");
  has(error_of("g,a,b\nX,1,1e999\n", ErrorCode::kCorrupt), "column 3");
  has(error_of("g,a,b\nX,1,2\nY,1\n", ErrorCode::kCorrupt), "line 3");
  has(error_of("g,a,b\nX,1,2,3,4\n", ErrorCode::kCorrupt), "line 2");
  has(error_of("g,a,b\n,1,2\n", ErrorCode::kCorrupt), "column 1");
  has(error_of("g,a,a\nX,1,2\n", ErrorCode::kCorrupt), "columns 2 and 3");
  has(error_of("g,a,\nX,1,2\n", ErrorCode::kCorrupt), "column 3");
  has(error_of("g,a,b\nX,1,\"2\n", ErrorCode::kCorrupt), "line 2");
  has(error_of("g,a,b\nX,1,\"2\"3\n", ErrorCode::kCorrupt), "line 2");
  error_of("", ErrorCode::kEmpty);
  error_of("g,a,b\n", ErrorCode::kEmpty);
  error_of("gene\nX\n", ErrorCode::kCorrupt);
  EXPECT_EQ(read_expression(folder_ / "none").error().code(), ErrorCode::kUnreadable);
  EXPECT_EQ(read_expression(folder_.path()).error().code(), ErrorCode::kUnreadable);
  std::string long_text = "g,a,b\n";
  for (int n = 0; n < 2000; ++n) long_text += "G" + std::to_string(n * 7919) + ",1.25," + std::to_string(n) + "\n";
  EXPECT_TRUE(read_expression(packed(long_text)));
  EXPECT_EQ(read_expression(packed(long_text, 200)).error().code(), ErrorCode::kCorrupt);
}

TEST_F(Tables, SamplesAreSelectedByName) {
  const auto read = read_expression(file("g,a,b,c\nX,1,2,3\nY,4,5,6\n"));
  ASSERT_TRUE(read);
  const auto part = select_samples(read->matrix, {"c", "a"});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->values, (std::vector<double>{3, 1, 6, 4}));
  EXPECT_EQ(select_samples(read->matrix, {"d"}).error().code(), ErrorCode::kNotFound);
}

TEST_F(Tables, GeneSets) {
  const auto sets = read_gmt(file("UP\thttp://x\tA\tB\tA\t\nDOWN\t\tC\r\n\n"));
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 2u);
  EXPECT_EQ((*sets)[0].genes, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ((*sets)[1].description, "");
  EXPECT_EQ((*sets)[1].genes, (std::vector<std::string>{"C"}));
  const auto rows = find_sets({"B", "X", "A"}, *sets);
  EXPECT_EQ(rows[0].rows, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(rows[0].named, 2u);
  EXPECT_TRUE(rows[1].rows.empty());
  EXPECT_EQ(read_gmt(file("A\tb\n")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(read_gmt(file("A\tb\tX\nA\tb\tY\n")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(read_gmt(file("\n")).error().code(), ErrorCode::kEmpty);
}

TEST_F(Tables, Mutations) {
  const std::string maf =
      "#version 2.4\nHugo_Symbol\tChromosome\tVariant_Classification\tTumor_Sample_Barcode\n"
      "TP53\t17\tMissense_Mutation\ts2\nTP53\t17\tMissense_Mutation\ts2\nIDH1\t2\tSilent\ts1\nIDH1\t2\tNonsense_"
      "Mutation\ts3\n";
  const auto plain = read_mutations(file(maf));
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_EQ(plain->genes, (std::vector<std::string>{"IDH1", "TP53"}));
  EXPECT_EQ(plain->samples, (std::vector<std::string>{"s1", "s2", "s3"}));
  EXPECT_EQ(plain->mutated, (std::vector<std::uint8_t>{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(plain->skipped, 1u);
  const auto asked = read_mutations(packed(maf), {{"s9", "s2"}, true});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->samples, (std::vector<std::string>{"s9", "s2"}));
  EXPECT_EQ(asked->mutated, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(asked->not_profiled, 2u);
  const auto all = read_mutations(file(maf), {{}, false});
  EXPECT_EQ(all->mutated, (std::vector<std::uint8_t>{1, 0, 1, 0, 1, 0}));
  const auto table = read_mutations(file("sample,gene\na,X\nb,Y\n"));
  EXPECT_EQ(table->mutated, (std::vector<std::uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(read_mutations(file("who,what\na,X\n")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(read_mutations(file("sample,gene\na,\n")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(read_mutations(file("sample,gene\n")).error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(read_mutations(file(maf), {{"a", "a"}, true}).error().code(), ErrorCode::kUsage);
}

}  // namespace
}  // namespace radtype::molecular
