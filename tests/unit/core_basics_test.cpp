#include <atomic>
#include <cmath>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/files.h"
#include "radtype/core/hash.h"
#include "radtype/core/label_map.h"
#include "radtype/core/parallel.h"
#include "radtype/core/provenance.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "support/shared_data.h"

namespace radtype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ErrorTest, GainsContextAsItClimbs) {
  const Result<int> inner = fail(ErrorCode::kCorrupt, "bad magic");
  const Result<double> outer = pass_on(Result<int>(inner), "mask a.nii");
  const Error error = Error(outer.error()).within("case 7");
  EXPECT_EQ(error.to_string(), "case 7: mask a.nii: bad magic");
  EXPECT_EQ(error_word(error.code()), "corrupt");
}

TEST(ErrorTest, BrokenInvariantThrowsWithItsPlace) {
  try {
    RADTYPE_CHECK(1 + 1 == 3);
    FAIL();
  } catch (const InternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 + 1 == 3"));
    EXPECT_THAT(error.what(), HasSubstr("core_basics_test.cpp"));
  }
}

// FIPS 180-2, appendix B.
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(sha256(std::string("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, FileEqualsItsBytes) {
  const test::TempDir folder;
  const std::string bytes(1000003, 'x');
  std::ofstream(folder / "a") << bytes;
  EXPECT_EQ(*sha256_of_file((folder / "a").string()), sha256(bytes));
  EXPECT_EQ(sha256_of_file((folder / "none").string()).error().code(), ErrorCode::kUnreadable);
}

TEST(Provenance, SeriesHashIgnoresNamesAndOrder) {
  const test::TempDir folder;
  std::ofstream(folder / "1") << "one";
  std::ofstream(folder / "2") << "two";
  std::ofstream(folder / "3") << "one";
  const auto a = describe_input("image", folder.path(), {folder / "1", folder / "2"});
  const auto b = describe_input("image", folder.path(), {folder / "2", folder / "3"});
  const auto c = describe_input("image", folder.path(), {folder / "1", folder / "3"});
  EXPECT_EQ(a->at("sha256"), b->at("sha256"));
  EXPECT_NE(a->at("sha256"), c->at("sha256"));
  EXPECT_EQ(a->at("files"), 2);
  EXPECT_EQ(a->at("bytes"), 6);
}

// Reference implementation's first outputs for seed 0 (steele2014).
TEST(RandomTest, IsSplitMix64) {
  Random random(0);
  EXPECT_EQ(random(), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(random(), 0x6e789e6aa1b965f4ULL);
  EXPECT_EQ(random(), 0x06c45d188009454fULL);
}

TEST(RandomTest, MomentsOfItsDistributions) {
  Random random(derive_seed(7, {hash_name("moments")}));
  constexpr int kCount = 200000;
  double uniform_sum = 0;
  double normal_sum = 0;
  double normal_squares = 0;
  std::vector<int> counts(7, 0);
  for (int i = 0; i < kCount; ++i) {
    uniform_sum += random.uniform();
    const double z = random.normal();
    normal_sum += z;
    normal_squares += z * z;
    ++counts[random.below(7)];
  }
  // Five standard errors.
  EXPECT_NEAR(uniform_sum / kCount, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(normal_sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(normal_squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
  for (const int count : counts) EXPECT_NEAR(count, kCount / 7.0, 5 * std::sqrt(kCount * 6.0 / 49));
}

TEST(Seeds, DifferByPurposeAndOrder) {
  EXPECT_NE(derive_seed(1, {2, 3}), derive_seed(1, {3, 2}));
  EXPECT_NE(derive_seed(1, {2}), derive_seed(2, {2}));
  EXPECT_NE(derive_seed(1, {}), derive_seed(1, {0}));
  EXPECT_EQ(derive_seed(1, {hash_name("a")}), derive_seed(1, {hash_name("a")}));
}

TEST(Parallel, EveryIndexOnceForAnyThreadCount) {
  std::vector<std::vector<double>> results;
  for (const int threads : {1, 2, 7}) {
    set_thread_count(threads);
    EXPECT_EQ(thread_count(), threads);
    std::vector<double> squares(1000, -1);
    parallel_for(0, 1000,
                 [&](std::int64_t i) { squares[static_cast<std::size_t>(i)] = std::sqrt(static_cast<double>(i)); });
    results.push_back(squares);
  }
  set_thread_count(0);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
  EXPECT_DOUBLE_EQ(results[0][999], std::sqrt(999.0));
}

TEST(Parallel, ExceptionReachesTheCaller) {
  EXPECT_THROW(parallel_for(0, 100,
                            [](std::int64_t i) {
                              if (i == 57) throw std::runtime_error("57");
                            }),
               std::runtime_error);
}

TEST(Parallel, TextsComeInOrderForAnyThreadCount) {
  for (const int threads : {1, 2, 7}) {
    set_thread_count(threads);
    std::string all;
    std::string expected;
    for (int i = 0; i < 300; ++i) expected += std::to_string(i) + (i % 7 == 0 ? std::string(1000, '.') : " ");
    const auto make = [](std::int64_t i, std::string& text) {
      EXPECT_EQ(text, "");
      text += std::to_string(i);
      text += i % 7 == 0 ? std::string(1000, '.') : " ";
    };
    parallel_in_order(300, make, [&](const std::string& text) {
      all += text;
      return true;
    });
    EXPECT_EQ(all, expected) << threads;
    int taken = 0;
    parallel_in_order(300, make, [&](const std::string&) { return ++taken < 5; });
    EXPECT_EQ(taken, 5) << "none after the one that was refused";
    EXPECT_THROW(parallel_in_order(
                     300,
                     [](std::int64_t i, std::string&) {
                       if (i == 57) throw std::runtime_error("57");
                     },
                     [](const std::string&) { return true; }),
                 std::runtime_error);
  }
  set_thread_count(0);
  parallel_in_order(0, {}, {});
}

TEST(Text, NumbersReadBackTheSame) {
  for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 123456789.125, -0.0})
    EXPECT_EQ(*parse_double(shortest(value)), value);
  EXPECT_EQ(*parse_double(" +2.5 "), 2.5);
  EXPECT_FALSE(parse_double("2.5x"));
  EXPECT_FALSE(parse_double(""));
  EXPECT_FALSE(parse_integer("3.0"));
  EXPECT_FALSE(parse_integer("99999999999999999999"));
  EXPECT_EQ(*parse_integer("-12"), -12);
}

TEST(Text, SplitTrimAndQuote) {
  EXPECT_THAT(split("a, b,,c", ", "), ElementsAre("a", "b", "c"));
  EXPECT_EQ(trimmed("\t x y \r\n"), "x y");
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(LabelMapTest, RunsAndDenseMaskAreTheSame) {
  const Grid grid =
      *make_grid({7, 5, 3}, Eigen::Vector3d(1, 1, 2), Eigen::Matrix3d::Identity(), Eigen::Vector3d::Zero());
  Mask mask(grid);
  Random random(3);
  for (auto& voxel : mask.voxels) voxel = random.below(2) != 0;
  Region region{1, "", runs_of(mask)};
  EXPECT_EQ(region.voxel_count(), std::accumulate(mask.voxels.begin(), mask.voxels.end(), std::int64_t{0}));
  EXPECT_EQ(dense_mask(grid, region, grid.box()).voxels, mask.voxels);

  const Box part{{2, 1, 1}, {6, 4, 3}};
  const Mask cut = dense_mask(grid, region, part);
  for (std::int64_t k = 0; k < 2; ++k) {
    for (std::int64_t j = 0; j < 3; ++j) {
      for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(cut.at(i, j, k), mask.at(i + 2, j + 1, k + 1));
    }
  }
  region.runs = runs_of(cut, part.lo);
  EXPECT_EQ(dense_mask(grid, region, part).voxels, cut.voxels);
  EXPECT_EQ(intersection(region.bounding_box(), part), region.bounding_box());
}

TEST(Files, NeverOverwriteUntoldAndNeverHalf) {
  const test::TempDir folder;
  const auto path = folder / "a b 腫瘍.json";
  ASSERT_TRUE(write_text_file(path, "one", false));
  EXPECT_EQ(write_text_file(path, "two", false).error().code(), ErrorCode::kExists);
  ASSERT_TRUE(write_text_file(path, "two", true));
  std::string text;
  std::getline(std::ifstream(path), text);
  EXPECT_EQ(text, "two");
  EXPECT_FALSE(write_text_file(folder / "none" / "x", "", false));
  EXPECT_EQ(check_output(folder.path(), true).error().code(), ErrorCode::kExists);
  const auto failed = write_then_rename(folder / "c", false, [](const std::filesystem::path& at) -> Result<void> {
    std::ofstream(at) << "half";
    return fail(ErrorCode::kUnreadable, "disk full");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "nothing left behind";
}

}  // namespace
}  // namespace radtype
