#include "clients/cli/payload_text.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "clients/cli/printable.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;

// A file in the tests' directory, gone with the object.
class TempFile {
 public:
  TempFile(std::string_view suffix, std::string_view content)
      : path_(fmt::format("{}/tg-payload-{}{}", ::testing::TempDir(), getpid(),
                          suffix)) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::filesystem::remove(path_); }

  std::string reference() const { return "@" + path_; }

 private:
  const std::string path_;
};

TEST(PayloadTextTest, ReadsJson) {
  EXPECT_THAT(ReadPayload(R"(["hello"])"),
              IsOkAndHolds(FromHex("816568656c6c6f")));
}

TEST(PayloadTextTest, ReadsHex) {
  EXPECT_THAT(ReadPayload("hex:816568656C6c6f"),
              IsOkAndHolds(FromHex("816568656c6c6f")));
}

TEST(PayloadTextTest, ReadsFiles) {
  const TempFile cbor(".cbor", FromHex("f5"));
  const TempFile json(".json", "true\n");
  EXPECT_THAT(ReadPayload(cbor.reference()), IsOkAndHolds(FromHex("f5")));
  EXPECT_THAT(ReadPayload(json.reference()), IsOkAndHolds(FromHex("f5")));
}

TEST(PayloadTextTest, SaysWhatIsWrong) {
  struct Row {
    std::string text;
    const char* message;
  };
  const TempFile truncated(".bad", FromHex("82"));
  for (const Row& row :
       {Row{"hello", "malformed JSON at line 1, column 1"},
        Row{"", "malformed JSON"}, Row{"hex:8", "pairs of hexadecimal digits"},
        Row{"hex:8g", "pairs of hexadecimal digits"}, Row{"hex:", "empty"},
        Row{"hex:0101", "1 bytes follow the one item"},
        Row{truncated.reference(), "cut short"}}) {
    EXPECT_THAT(ReadPayload(row.text),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(row.message)));
    EXPECT_THAT(ReadPayload(row.text),
                StatusIs(StatusCode::kInvalidArgument,
                         HasSubstr("write JSON such as '[\"hello\"]'")));
  }
  EXPECT_THAT(ReadPayload("@/nonexistent/file"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/nonexistent/file")));
}

TEST(PayloadTextTest, ShowsJson) {
  EXPECT_EQ(ShowPayload(FromHex("816568656c6c6f")), R"(["hello"])");
}

TEST(PayloadTextTest, ShowsWhatWasCutAsHex) {
  EXPECT_EQ(ShowPayload(FromHex("8201")), "hex:8201");
}

TEST(PayloadTextTest, ShowsNothingThatSteersATerminal) {
  // DEL, CSI as one character, and ESC, which JSON escapes anyway.
  EXPECT_EQ(ShowPayload(FromHex("64 7f c29b 1b")), R"("\u007f\u009b\u001b")");
}

TEST(PrintableTest, EscapesControlsAndReplacesWhatIsNoText) {
  EXPECT_EQ(Printable("plain \xc3\xa9 \xc2\xa0"), "plain \xc3\xa9 \xc2\xa0");
  EXPECT_EQ(Printable("a\nb\x1b[2J"), R"(a\u000ab\u001b[2J)");
  EXPECT_EQ(Printable("\xff"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace thespian::gateway::cli
