#include "endpoint/wire/text.h"

#include <cstdint>
#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/random_item.h"

namespace thespian::gateway {
namespace {

const char kReplacement[] = "\xef\xbf\xbd";

struct TextCase {
  const char* name;
  std::string bytes;

  friend void PrintTo(const TextCase& row, std::ostream* out) {
    *out << row.name;
  }
};

const TextCase kValid[] = {
    {"Empty", ""},
    {"Ascii", "abc\x7f"},
    {"Nul", FromHex("61 00 62")},
    {"LeastOfTwoBytes", FromHex("c280")},
    {"LargestOfTwoBytes", FromHex("dfbf")},
    {"LeastOfThreeBytes", FromHex("e0a080")},
    {"LastBeforeSurrogates", FromHex("ed9fbf")},
    {"FirstAfterSurrogates", FromHex("ee8080")},
    {"Replacement", FromHex("efbfbd")},
    {"Noncharacter", FromHex("efbfbf")},
    {"ByteOrderMark", FromHex("efbbbf61")},
    {"LeastOfFourBytes", FromHex("f0908080")},
    {"LargestOfAll", FromHex("f48fbfbf")},
};

class ValidTextTest : public ::testing::TestWithParam<TextCase> {};

TEST_P(ValidTextTest, StaysAsItIs) {
  EXPECT_TRUE(IsUtf8(GetParam().bytes));
  EXPECT_EQ(ToUtf8(GetParam().bytes), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(Utf8, ValidTextTest, ::testing::ValuesIn(kValid),
                         [](const auto& row) { return row.param.name; });

const TextCase kInvalid[] = {
    {"LoneContinuation", FromHex("80")},
    {"LastContinuation", FromHex("bf")},
    {"OverlongNul", FromHex("c080")},
    {"OverlongOfTwoBytes", FromHex("c1bf")},
    {"OverlongOfThreeBytes", FromHex("e09fbf")},
    {"OverlongOfFourBytes", FromHex("f08fbfbf")},
    {"FirstSurrogate", FromHex("eda080")},
    {"LastSurrogate", FromHex("edbfbf")},
    {"BeyondTheLast", FromHex("f4908080")},
    {"FiveByteLead", FromHex("f8")},
    {"NoLead", FromHex("fe")},
    {"LastByte", FromHex("ff")},
    {"TwoBytesCut", FromHex("c3")},
    {"ThreeBytesCut", FromHex("e282")},
    {"FourBytesCut", FromHex("f09f98")},
};

class InvalidTextTest : public ::testing::TestWithParam<TextCase> {
 protected:
  // What stands for the invalid bytes: nothing but replacements.
  static void ExpectReplaced(const std::string& before,
                             const std::string& after) {
    const std::string text = ToUtf8(before + GetParam().bytes + after);
    ASSERT_TRUE(text.starts_with(before)) << ToHex(text);
    ASSERT_TRUE(text.ends_with(after)) << ToHex(text);
    const size_t size = text.size() - before.size() - after.size();
    ASSERT_GE(size, 3u);
    EXPECT_EQ(text.substr(before.size(), size), Repeat(kReplacement, size / 3));
    EXPECT_TRUE(IsUtf8(text));
  }
};

TEST_P(InvalidTextTest, IsRecognized) {
  EXPECT_FALSE(IsUtf8(GetParam().bytes));
  EXPECT_FALSE(IsUtf8("a" + GetParam().bytes + "b"));
}

TEST_P(InvalidTextTest, IsReplacedAlone) { ExpectReplaced("", ""); }

TEST_P(InvalidTextTest, IsReplacedBetweenText) { ExpectReplaced("a", "b"); }

TEST_P(InvalidTextTest, IsReplacedBetweenLongCharacters) {
  ExpectReplaced(FromHex("f09f9880"), FromHex("c3a9"));
}

TEST_P(InvalidTextTest, IsReplacedAtTheEnd) { ExpectReplaced("abc", ""); }

INSTANTIATE_TEST_SUITE_P(Utf8, InvalidTextTest, ::testing::ValuesIn(kInvalid),
                         [](const auto& row) { return row.param.name; });

TEST(ToUtf8Test, ReplacesEachOfSeveralBytes) {
  EXPECT_EQ(ToUtf8(FromHex("ff 61 fe ff")),
            std::string(kReplacement) + "a" + kReplacement + kReplacement);
}

TEST(ToUtf8Test, GivesUtf8WhateverItGets) {
  RandomItem random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (size_t left = random.UpTo(12); left > 0; --left) {
      // Mostly bytes that matter to UTF-8.
      bytes += static_cast<char>(random.UpTo(3) == 0 ? random.UpTo(255)
                                                     : 0x80 + random.UpTo(127));
    }
    const std::string text = ToUtf8(bytes);
    ASSERT_TRUE(IsUtf8(text)) << ToHex(bytes);
    ASSERT_EQ(ToUtf8(text), text) << ToHex(bytes);
    ASSERT_EQ(IsUtf8(bytes), text == bytes) << ToHex(bytes);
  }
}

TEST(CutAtCodePointTest, KeepsWhatFits) {
  EXPECT_EQ(CutAtCodePoint("", 0), "");
  EXPECT_EQ(CutAtCodePoint("abc", 3), "abc");
  EXPECT_EQ(CutAtCodePoint("abc", 2), "ab");
  EXPECT_EQ(CutAtCodePoint("abc", 0), "");
}

TEST(CutAtCodePointTest, NeverCutsInsideACodePoint) {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
  const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
  for (size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(CutAtCodePoint(text, size).size(), ends[size]) << size;
  }
}

TEST(CutAtCodePointTest, CutsWhatIsNoUtf8WhereItMust) {
  const std::string bytes(10, '\x80');
  for (size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_EQ(CutAtCodePoint(bytes, size).size(), size) << size;
  }
}

}  // namespace
}  // namespace thespian::gateway
