#include "endpoint/wire/diagnosis.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const char kQuestion[] = "did the child print to stdout?";

TEST(DescribeBytesTest, ShowsBytesInHex) {
  EXPECT_EQ(DescribeBytes(FromHex("00ff10"), FromHex("abcd")),
            "first bytes 00ff10abcd");
}

TEST(DescribeBytesTest, SaysNothingElseOfNoBytes) {
  EXPECT_EQ(DescribeBytes("", ""), "first bytes ");
}

TEST(DescribeBytesTest, ShowsAll64) {
  const std::string bytes = Repeat(FromHex("01"), 63) + FromHex("02");
  EXPECT_EQ(DescribeBytes(bytes, ""), "first bytes " + ToHex(bytes));
}

TEST(DescribeBytesTest, ShowsNoMoreThan64InWhateverPartTheyCome) {
  const std::string shown = Repeat(FromHex("01"), 64);
  const std::string all = shown + Repeat(FromHex("02"), 1000);
  for (const size_t cut : {0u, 1u, 9u, 63u, 64u, 65u, 1000u}) {
    EXPECT_EQ(DescribeBytes(all.substr(0, cut), all.substr(cut)),
              "first bytes " + ToHex(shown))
        << cut;
  }
}

TEST(DescribeBytesTest, AsksAboutStdoutWhenItIsText) {
  EXPECT_THAT(
      DescribeBytes("h", "ello world\n"),
      AllOf(HasSubstr("68656c6c6f20776f726c640a"), HasSubstr("looks like text"),
            HasSubstr("\"hello world\\n\""), HasSubstr(kQuestion)));
}

TEST(DescribeBytesTest, AsksAboutTextThatIsCutInTheMiddleOfACharacter) {
  EXPECT_THAT(DescribeBytes(std::string(63, 'x') + "\xc3\xa9 and more", ""),
              HasSubstr(kQuestion));
}

TEST(DescribeBytesTest, ShowsTheTextUpToAControlByte) {
  for (const char* control : {"00", "01", "07", "7f", "80", "c0"}) {
    EXPECT_THAT(DescribeBytes("text" + FromHex(control), "more text"),
                AllOf(HasSubstr("\"text\""), HasSubstr(kQuestion)))
        << control;
  }
}

// U+0400 is d0 80, and U+0080 c2 80: bytes of text, whatever they are alone.
TEST(DescribeBytesTest, TheByte80WithinACharacterIsText) {
  EXPECT_THAT(DescribeBytes(FromHex("d080d080"), ""), HasSubstr(kQuestion));
  const std::string text = "a" + FromHex("c280") + "z";
  EXPECT_THAT(DescribeBytes(text, ""), HasSubstr("\"" + text + "\""));
}

TEST(DescribeBytesTest, EscapesAndMarksAreText) {
  EXPECT_THAT(DescribeBytes("\x1b[1m", "bold"), HasSubstr(kQuestion));
  EXPECT_THAT(DescribeBytes("\xef\xbb\xbf", "{}"), HasSubstr(kQuestion));
}

TEST(DescribeBytesTest, TextBehindOtherBytesIsNone) {
  EXPECT_THAT(DescribeBytes(FromHex("00"), "more text"),
              Not(HasSubstr("text")));
}

TEST(DescribeBytesTest, TwoBytesAreTooFewToBeText) {
  EXPECT_THAT(DescribeBytes("ab", ""), Not(HasSubstr("text")));
  EXPECT_THAT(DescribeBytes("ab", "c"), HasSubstr(kQuestion));
}

TEST(DescribeBytesTest, QuotesWhatTheTextQuotes) {
  EXPECT_THAT(DescribeBytes("say \"hi\"\t", ""),
              HasSubstr(R"("say \"hi\"\t")"));
}

}  // namespace
}  // namespace thespian::gateway
