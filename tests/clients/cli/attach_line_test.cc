#include "clients/cli/attach_line.h"

#include <string>
#include <variant>

#include "clients/cpp/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;

template <typename Line>
Line Parse(std::string_view text) {
  const absl::StatusOr<AttachLine> line = ParseAttachLine(text);
  EXPECT_THAT(line, IsOk());
  if (!line.ok() || !std::holds_alternative<Line>(*line)) {
    ADD_FAILURE() << text << " is another kind of line";
    return {};
  }
  return std::get<Line>(*line);
}

TEST(AttachLineTest, AWordOfDigitsIsAnId) {
  const SendLine line = Parse<SendLine>("18446744073709551615 [1, 2]\r");
  EXPECT_EQ(line.to.value, 18446744073709551615u);
  EXPECT_EQ(line.payload, FromHex("820102"));
}

TEST(AttachLineTest, AnyOtherWordIsAName) {
  const SendNamedLine line = Parse<SendNamedLine>("  echo\thex:f6 ");
  EXPECT_EQ(line.name, "echo");
  EXPECT_EQ(line.payload, FromHex("f6"));
}

TEST(AttachLineTest, KnowsItsCommands) {
  EXPECT_EQ(Parse<LinkLine>("/link 7").to.value, 7u);
  Parse<QuitLine>("/quit");
  Parse<HelpLine>(" /help ");
  Parse<EmptyLine>("");
  Parse<EmptyLine>(" \t\r");
}

TEST(AttachLineTest, SaysWhatIsWrong) {
  struct Row {
    const char* line;
    const char* message;
  };
  for (const Row& row :
       {Row{"echo", "a payload must follow"}, Row{"7", "a payload must follow"},
        Row{"0 1", "a number of 1 to 2^64-1"},
        Row{"18446744073709551616 1", "a number of 1 to"},
        Row{"/link", "a number of 1 to 2^64-1"}, Row{"/link x", "not 'x'"},
        Row{"/lnk 7", "/lnk is not known; /help"},
        Row{"echo hello", "bad payload"}}) {
    EXPECT_THAT(ParseAttachLine(row.line),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(row.message)))
        << row.line;
  }
}

TEST(AttachLineTest, ABadPayloadHasItsReason) {
  const absl::Status status = ParseAttachLine("echo hello").status();
  EXPECT_EQ(client::ReasonOf(status), "PAYLOAD_INVALID");
}

}  // namespace
}  // namespace thespian::gateway::cli
