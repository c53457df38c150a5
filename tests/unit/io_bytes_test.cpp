#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "io/header_text.h"
#include "io/inflate.h"
#include "support/shared_data.h"
#include "support/volume_writer.h"

namespace radtype::io {
namespace {

using test::Bytes;
using test::bytes_of;
using test::deflated;
using test::operator+;

Bytes noise(std::size_t count) {
  Bytes bytes(count);
  std::uint32_t state = 1;
  for (std::byte& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::byte>(state >> 24);
  }
  return bytes;
}

/// Everything the stream holds, read in pieces of `piece`.
Result<Bytes> inflate_all(const Bytes& packed, std::size_t piece = 1000) {
  const auto source = memory_bytes(packed);
  Inflater inflater(*source, 0, source->size());
  Bytes all;
  while (true) {
    Bytes buffer(piece);
    auto got = inflater.read(buffer);
    if (!got) return pass_on(std::move(got));
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    if (*got < piece) return all;
  }
}

TEST(OpenFile, ReadsAtAnyOffset) {
  test::TempDir dir;
  test::save(dir / "f", bytes_of("0123456789"));
  auto file = open_file(dir / "f");
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ((*file)->size(), 10U);
  Bytes into(4);
  EXPECT_EQ((*file)->read_at(3, into).value(), 4U);
  EXPECT_EQ(into, bytes_of("3456"));
  EXPECT_EQ((*file)->read_at(8, into).value(), 2U);
  EXPECT_EQ((*file)->read_at(10, into).value(), 0U);
  EXPECT_EQ((*file)->read_at(~std::uint64_t{0}, into).value(), 0U);
}

TEST(OpenFile, RefusesWhatIsNoFile) {
  test::TempDir dir;
  EXPECT_EQ(open_file(dir / "missing").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(open_file(dir.path()).error().code(), ErrorCode::kUsage);
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(open_file(dir / "pipe").error().code(), ErrorCode::kUsage);
}

TEST(OpenFile, SaysWhenPermissionIsMissing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  test::TempDir dir;
  test::save(dir / "f", bytes_of("x"));
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0), 0);
  EXPECT_EQ(open_file(dir / "f").error().code(), ErrorCode::kUnreadable);
}

TEST(MemoryBytes, EndsWhereTheMemoryEnds) {
  const Bytes bytes = bytes_of("abc");
  const auto source = memory_bytes(bytes);
  Bytes into(8);
  EXPECT_EQ(source->read_at(1, into).value(), 2U);
  EXPECT_EQ(source->read_at(3, into).value(), 0U);
}

TEST(Inflate, GivesBackGzipAndZlib) {
  const Bytes plain = noise(300'001);
  for (const bool gzip : {true, false}) {
    for (const std::size_t piece : {std::size_t{7777}, std::size_t{100'000}, std::size_t{1'000'000}}) {
      auto all = inflate_all(deflated(plain, gzip), piece);
      ASSERT_TRUE(all) << all.error().to_string();
      EXPECT_EQ(*all, plain);
    }
  }
}

TEST(Inflate, SkipCountsWhatThereIs) {
  const Bytes packed = deflated(bytes_of("0123456789"));
  const auto source = memory_bytes(packed);
  Inflater inflater(*source, 0, source->size());
  EXPECT_EQ(inflater.skip(4).value(), 4U);
  Bytes into(3);
  EXPECT_EQ(inflater.read(into).value(), 3U);
  EXPECT_EQ(into, bytes_of("456"));
  EXPECT_EQ(inflater.skip(100).value(), 3U);
}

TEST(Inflate, JoinsGzipMembersAndPassesOverPadding) {
  const Bytes joined = deflated(bytes_of("first ")) + deflated(bytes_of("second"));
  EXPECT_EQ(inflate_all(joined).value(), bytes_of("first second"));
  EXPECT_EQ(inflate_all(joined + Bytes(700'000)).value(), bytes_of("first second"));
}

TEST(Inflate, RefusesOtherBytesAfterTheEnd) {
  for (const char* tail : {"x", "\x1f", "\x1f\x8b", "trailing text"}) {
    EXPECT_EQ(inflate_all(deflated(bytes_of("data")) + bytes_of(tail)).error().code(), ErrorCode::kCorrupt) << tail;
  }
  EXPECT_EQ(inflate_all(deflated(bytes_of("data")) + Bytes(5) + bytes_of("x")).error().code(), ErrorCode::kCorrupt);
}

TEST(Inflate, NoticesEveryTruncation) {
  const Bytes packed = deflated(noise(5000));
  for (std::size_t length = 0; length < packed.size(); ++length) {
    const Bytes cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length));
    auto all = inflate_all(cut);
    ASSERT_FALSE(all) << length;
    ASSERT_EQ(all.error().code(), ErrorCode::kCorrupt) << length;
  }
}

TEST(Inflate, NoticesEveryChangedByteOfDataAndChecksum) {
  const Bytes packed = deflated(noise(500));
  for (std::size_t at = 10; at < packed.size(); ++at) {
    Bytes changed = packed;
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(inflate_all(changed)) << at;
  }
}

TEST(LineReader, KnowsWhereTheNextLineBegins) {
  const Bytes bytes = bytes_of("one\r\ntwo\n\nlast");
  const auto source = memory_bytes(bytes);
  LineReader lines(*source);
  EXPECT_EQ(lines.next().value(), "one");
  EXPECT_EQ(lines.position(), 5U);
  EXPECT_EQ(lines.next().value(), "two");
  EXPECT_EQ(lines.next().value(), "");
  EXPECT_EQ(lines.position(), 10U);
  EXPECT_EQ(lines.next().value(), "last");
  EXPECT_EQ(lines.next().value(), std::nullopt);
}

TEST(LineReader, FindsLinesAcrossPieces) {
  const std::string long_line(40'000, 'a');
  const Bytes bytes = bytes_of(long_line + "\nb\n");
  const auto source = memory_bytes(bytes);
  LineReader lines(*source);
  EXPECT_EQ(lines.next().value(), long_line);
  EXPECT_EQ(lines.next().value(), "b");
  EXPECT_EQ(lines.position(), bytes.size());
}

TEST(LineReader, GivesUpOnEndlessLines) {
  const Bytes bytes = bytes_of(std::string(3 << 20, 'a'));
  const auto source = memory_bytes(bytes);
  LineReader lines(*source);
  EXPECT_EQ(lines.next().error().code(), ErrorCode::kCorrupt);
}

TEST(SkipLines, CountsFromWhereItIsTold) {
  const Bytes bytes = bytes_of("header\nfirst\nsecond\ndata");
  const auto source = memory_bytes(bytes);
  EXPECT_EQ(skip_lines(*source, 7, 2).value(), 20U);
  EXPECT_EQ(skip_lines(*source, 7, 0).value(), 7U);
  EXPECT_EQ(skip_lines(*source, 7, 3).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace radtype::io
