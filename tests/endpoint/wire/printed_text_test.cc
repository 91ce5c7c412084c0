// A child that prints to its stdout: known for what it is from its first bytes.
#include <cstddef>
#include <string>
#include <string_view>

#include "endpoint/wire/frame_decoder.h"
#include "gmock/gmock.h"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

constexpr size_t kLimit = 1024;
constexpr absl::StatusCode kLost = absl::StatusCode::kDataLoss;

// What a child may print to its stdout, by its first byte: whatever length
// that announces, the text is known for what it is from its first few bytes.
void ExpectTakenForText(const std::string& text) {
  const Decoded decoded =
      DecodeStream({FromHex("5a0000000181") + text}, kLimit);
  EXPECT_EQ(decoded.frames.front(), "\201");
  EXPECT_THAT(decoded.skipped.size() + decoded.frames.size(),
              ::testing::Le(2u));
  EXPECT_THAT(decoded.status,
              StatusIs(kLost, HasSubstr("did the child print to stdout?")));
}

TEST(PrintedTest, EveryPrintableFirstByteIsKnownForText) {
  for (char first = ' '; first <= '~'; ++first) {
    SCOPED_TRACE(first);
    ExpectTakenForText(std::string(1, first) + "arn run v1.22.19\n");
  }
}

TEST(PrintedTest, OtherWaysToBeginATextAreKnown) {
  for (const char* text :
       {"\xef\xbb\xbf// utf-8 with a mark", "\x1b[32mcolours\x1b[0m",
        "\r\nreturns", "\tindented", "\303\234berschrift", "OK\n"}) {
    SCOPED_TRACE(text);
    ExpectTakenForText(text);
  }
}

TEST(PrintedTest, TheHintShowsTheTextAsFarAsItIsText) {
  const Decoded decoded =
      DecodeStream({"yarn run v1\n" + FromHex("00 5a 84")}, kLimit);
  EXPECT_THAT(decoded.status,
              StatusIs(kLost, HasSubstr("\"yarn run v1\\n\" (did the child")));
}

TEST(PrintedTest, IsKnownInEveryCut) {
  const std::string text = "yarn run v1.22.19\n";
  for (size_t step = 1; step <= text.size(); ++step) {
    EXPECT_THAT(DecodeStream(InSteps(text, step), kLimit).status,
                StatusIs(kLost))
        << step;
  }
}

}  // namespace
}  // namespace thespian::gateway
