#include "endpoint/wire/dialects.h"

#include <ostream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

struct RulesCase {
  const char* name;
  std::string payload;
  const char* thespian;  // what the refusal says; null: allowed
  const char* any_item;

  friend void PrintTo(const RulesCase& row, std::ostream* out) {
    *out << row.name;
  }
};

constexpr const char* kAllowed = nullptr;
const char kNoArray[] =
    "a thespian actor takes an array or null, and dies of anything else (at "
    "byte 0)";
const char kIndefinite[] = "indefinite lengths are not allowed (at byte 0)";
const char kTags[] = "tags are not allowed (at byte 0)";
const char kSimple[] =
    "of the simple values only false, true and null are allowed (at byte 0)";
const char kReserved[] =
    "reserved additional information or simple value (at byte 0)";
const char kDeep[] = "nested deeper than 64 (at byte 64)";
const char kOneFollows[] =
    "1 bytes follow the one item that a payload is (at byte 1)";

// PROTOCOL.md, section 4, part by part.
const RulesCase kRules[] = {
    {"DefiniteBytes", FromHex("4161"), kNoArray, kAllowed},
    {"DefiniteText", FromHex("6161"), kNoArray, kAllowed},
    {"DefiniteArray", FromHex("8100"), kAllowed, kAllowed},
    {"DefiniteMap", FromHex("a10000"), kNoArray, kAllowed},
    {"LengthNotShortest", FromHex("9b000000000000000100"), kAllowed, kAllowed},
    {"IndefiniteBytes", FromHex("5f4161ff"), kIndefinite, kAllowed},
    {"IndefiniteText", FromHex("7f6161ff"), kIndefinite, kAllowed},
    {"IndefiniteArray", FromHex("9f00ff"), kIndefinite, kAllowed},
    {"IndefiniteMap", FromHex("bf0000ff"), kIndefinite, kAllowed},
    {"IndefiniteInside", FromHex("82 00 9fff"),
     "indefinite lengths are not allowed (at byte 2)", kAllowed},
    {"TagOfOneByte", FromHex("c100"), kTags, kAllowed},
    {"TagOfNineBytes", FromHex("dbffffffffffffffff00"), kTags, kAllowed},
    {"TagOnAMapKey", FromHex("a1 c16161 00"),
     "tags are not allowed (at byte 1)", kAllowed},
    {"False", FromHex("f4"), kNoArray, kAllowed},
    {"True", FromHex("f5"), kNoArray, kAllowed},
    {"Null", FromHex("f6"), kAllowed, kAllowed},
    {"Undefined", FromHex("f7"), kSimple, kAllowed},
    {"Simple0", FromHex("e0"), kSimple, kAllowed},
    {"Simple19", FromHex("f3"), kSimple, kAllowed},
    {"Simple32", FromHex("f820"), kSimple, kAllowed},
    {"Simple255", FromHex("f8ff"), kSimple, kAllowed},
    {"FalseInTwoBytes", FromHex("f814"), kReserved, kReserved},
    {"Simple31InTwoBytes", FromHex("f81f"), kReserved, kReserved},
    {"Float16", FromHex("f97e00"), kNoArray, kAllowed},
    {"Float32", FromHex("fa7fc00000"), kNoArray, kAllowed},
    {"Float64", FromHex("fb7ff8000000000000"), kNoArray, kAllowed},
    {"LargestUnsigned", FromHex("1bffffffffffffffff"), kNoArray, kAllowed},
    {"MinusTwoTo63", FromHex("3b7fffffffffffffff"), kNoArray, kAllowed},
    {"MinusTwoTo63Less1", FromHex("3b8000000000000000"),
     "integers below -2^63 are not allowed (at byte 0)", kAllowed},
    {"MinusTwoTo64", FromHex("3bffffffffffffffff"),
     "integers below -2^63 are not allowed (at byte 0)", kAllowed},
    {"Nested64", Repeat(FromHex("81"), 64) + FromHex("00"), kAllowed, kAllowed},
    {"Nested65", Repeat(FromHex("81"), 65) + FromHex("00"), kDeep, kDeep},
    {"EmptyArrayAsThe64th", Repeat(FromHex("81"), 63) + FromHex("80"), kAllowed,
     kAllowed},
    {"EmptyArrayAsThe65th", Repeat(FromHex("81"), 64) + FromHex("80"), kDeep,
     kDeep},
    {"SixtyFourSideBySide", FromHex("9840") + Repeat(FromHex("80"), 64),
     kAllowed, kAllowed},
    {"Empty", "", "the payload is empty (at byte 0)",
     "the payload is empty (at byte 0)"},
    {"TwoItems", FromHex("0000"), kOneFollows, kOneFollows},
    {"TrailingBreak", FromHex("00ff"), kOneFollows, kOneFollows},
    {"TrailingReserved", FromHex("001c"), kOneFollows, kOneFollows},
    {"TrailingAfterArray", FromHex("8100 6162"),
     "2 bytes follow the one item that a payload is (at byte 2)",
     "2 bytes follow the one item that a payload is (at byte 2)"},
    {"CutShort", FromHex("8200"), "the item is cut short (at byte 2)",
     "the item is cut short (at byte 2)"},
    {"BreakAlone", FromHex("ff"),
     "a break outside of an indefinite item (at byte 0)",
     "a break outside of an indefinite item (at byte 0)"},
    {"Reserved", FromHex("1c"), kReserved, kReserved},
    {"EmptyArray", FromHex("80"), kAllowed, kAllowed},
    {"AllThatIsAllowedInside",
     FromHex("8a 4161 6161 a10000 f4 f5 f6 f97e00 fa7fc00000 "
             "1bffffffffffffffff 3b7fffffffffffffff"),
     kAllowed, kAllowed},
};

class PayloadRulesTest : public ::testing::TestWithParam<RulesCase> {
 protected:
  static void ExpectVerdict(PayloadRules rules, const char* refusal) {
    const absl::Status status = CheckPayload(GetParam().payload, rules);
    if (refusal == kAllowed) {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status, StatusIs(kInvalid, std::string(refusal)));
    }
  }
};

TEST_P(PayloadRulesTest, Thespian) {
  ExpectVerdict(PayloadRules::kThespian, GetParam().thespian);
}

TEST_P(PayloadRulesTest, AnyItem) {
  ExpectVerdict(PayloadRules::kAnyItem, GetParam().any_item);
}

INSTANTIATE_TEST_SUITE_P(Section4, PayloadRulesTest,
                         ::testing::ValuesIn(kRules),
                         [](const auto& row) { return row.param.name; });

std::string Text(std::string_view text) {
  return static_cast<char>(0x60 + text.size()) + std::string(text);
}

// PROTOCOL.md, section 5: what an actor that echoes would say to the library.
TEST(ControlPayloadTest, ControlMessagesAreRefusedInEveryForm) {
  for (const std::string word :
       {"endpoint_exit", "set_notify", "deliver_pid", "deliver_named",
        "local_link_exit", "proxy_exit", "link_wire"}) {
    const std::string as_bytes =
        static_cast<char>(0x40 + word.size()) + std::string(word);
    const std::string long_head =
        FromHex("78") + static_cast<char>(word.size()) + word;
    for (const std::string& payload :
         {FromHex("81") + Text(word), FromHex("82") + Text(word) + "\x05",
          FromHex("82") + as_bytes + "\x05", FromHex("81") + long_head,
          FromHex("9801") + Text(word)}) {
      EXPECT_THAT(CheckPayload(payload, PayloadRules::kThespian),
                  StatusIs(kInvalid, HasSubstr("control message")))
          << ToHex(payload);
      EXPECT_THAT(CheckPayload(payload, PayloadRules::kAnyItem), IsOk());
    }
  }
}

TEST(ControlPayloadTest, SomeWordsAreControlMessagesOnlyAlone) {
  for (const char* word : {"link", "establish_wire_link"}) {
    EXPECT_THAT(
        CheckPayload(FromHex("81") + Text(word), PayloadRules::kThespian),
        StatusIs(kInvalid, HasSubstr(word)));
    EXPECT_THAT(CheckPayload(FromHex("82") + Text(word) + "\x05",
                             PayloadRules::kThespian),
                IsOk());
  }
}

TEST(ControlPayloadTest, OtherWordsAreNone) {
  for (const std::string& payload :
       {FromHex("81") + Text("endpoint_exi"), FromHex("81") + Text("links"),
        FromHex("82 05") + Text("link_wire"),
        FromHex("81 81") + Text("link_wire"), FromHex("81 60")}) {
    EXPECT_THAT(CheckPayload(payload, PayloadRules::kThespian), IsOk())
        << ToHex(payload);
  }
}

TEST(ControlPayloadTest, ExitIsRefusedWhereThatIsWanted) {
  for (const std::string& payload :
       {FromHex("81") + Text("exit"), FromHex("82") + Text("exit") + Text("x"),
        FromHex("82 44") + "exit" + Text("x")}) {
    for (const PayloadRules rules :
         {PayloadRules::kThespian, PayloadRules::kAnyItem}) {
      EXPECT_THAT(CheckPayload(payload, rules), IsOk());
      EXPECT_THAT(CheckPayload(payload, rules, ControlPayloads::kRefuse),
                  StatusIs(kInvalid, HasSubstr("exit")));
    }
  }
  EXPECT_THAT(CheckPayload(FromHex("81") + Text("exits"),
                           PayloadRules::kAnyItem, ControlPayloads::kRefuse),
              IsOk());
  EXPECT_THAT(CheckPayload(FromHex("f6"), PayloadRules::kThespian,
                           ControlPayloads::kRefuse),
              IsOk());
}

// Readers that do not look at tags, or that take bytes for text, see the same.
TEST(ExitMessageTest, IsKnownHoweverItIsSpelled) {
  for (const std::string_view payload : {"\x82\x64"
                                         "exit\x61x",
                                         "\x82\x44"
                                         "exit\x61x",
                                         "\x9f\x64"
                                         "exit\xff",
                                         "\x82\x7f\x64"
                                         "exit\xff\x61x",
                                         "\x81\x7f\x62"
                                         "ex\x60\x62"
                                         "it\xff",
                                         "\x81\x5f\x44"
                                         "exit\xff",
                                         "\xd9\xd9\xf7\x81\x64"
                                         "exit",
                                         "\x81\xc1\xc2\x64"
                                         "exit",
                                         "\x98\x01\x78\x04"
                                         "exit"}) {
    EXPECT_TRUE(IsExitMessage(payload)) << ToHex(payload);
    EXPECT_FALSE(
        CheckPayload(payload, PayloadRules::kAnyItem, ControlPayloads::kRefuse)
            .ok());
  }
  for (const std::string_view payload : {"\x80",
                                         "\x64"
                                         "exit",
                                         "\x81\x65"
                                         "exits",
                                         "\x81\x63"
                                         "exi",
                                         "\x81\x7f\x62"
                                         "ex\xff",
                                         "\x81\x7f\x64"
                                         "exit\x61s\xff",
                                         "\x81\x81\x64"
                                         "exit",
                                         "\x82\x61x\x64"
                                         "exit"}) {
    EXPECT_FALSE(IsExitMessage(payload)) << ToHex(payload);
  }
}

// PROTOCOL.md, section 4, column by column.
TEST(DialectsTest, AreThoseOfTheProtocol) {
  struct Row {
    std::string_view name;
    IdForm ids;
    size_t frame;
    size_t payload;
    bool thespian;
  };
  const Row rows[] = {
      {"plain", IdForm::kPlain, kNoDialectLimit, kNoDialectLimit, false},
      {"thespian", IdForm::kTagged, 32'768, 32'727, true},
      {"thespian-16k", IdForm::kTagged, 16'389, 16'348, true},
      {"thespian-seed", IdForm::kPlain, 16'389, 16'348, true},
  };
  ASSERT_THAT(Dialects(), SizeIs(std::size(rows)));
  for (const Row& row : rows) {
    const DialectRow* found = FindDialect(row.name);
    ASSERT_NE(found, nullptr) << row.name;
    EXPECT_EQ(found, &RowOf(found->dialect));
    EXPECT_EQ(found->ids, row.ids) << row.name;
    EXPECT_EQ(found->max_frame_bytes, row.frame) << row.name;
    EXPECT_EQ(found->max_payload_bytes, row.payload) << row.name;
    EXPECT_EQ(found->payloads == PayloadRules::kThespian, row.thespian);
    EXPECT_EQ(found->is_thespian, row.thespian);
  }
  EXPECT_EQ(FindDialect("Thespian"), nullptr);
  EXPECT_EQ(FindDialect(""), nullptr);
}

// The largest payload comes back from an actor that echoes, whatever the ids.
TEST(DialectsTest, TheEchoOfTheLargestPayloadFits) {
  for (const DialectRow& row : Dialects()) {
    if (!row.is_thespian) continue;
    const std::string payload(row.max_payload_bytes, '\x80');
    std::string echo;
    AppendFrame(SendMessage{{~uint64_t{0}}, {~uint64_t{0}}, payload}, echo,
                row.ids);
    EXPECT_LE(echo.size(), row.max_frame_bytes) << row.name;
  }
}

TEST(DetailedExitTest, IsReadFromAMessageOfTwoElementsAtLeast) {
  const std::string payload =
      FromHex("84") + Text("exit") + Text("why") + Text("more") + FromHex("05");
  const auto exit = ReadDetailedExit(payload);
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->reason, "why");
  EXPECT_EQ(exit->details, Text("more") + FromHex("05"));
}

TEST(DetailedExitTest, AReasonThatIsNoStringIsShown) {
  const auto exit = ReadDetailedExit(FromHex("82") + Text("exit") + "\x05");
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->reason, "5");
  EXPECT_EQ(exit->details, "");
}

TEST(DetailedExitTest, OtherPayloadsAreMessages) {
  for (const std::string& payload :
       {FromHex("81") + Text("exit"), FromHex("82") + Text("exits") + "\x05",
        FromHex("80"), FromHex("f6"), Text("exit"),
        FromHex("82 05") + Text("exit")}) {
    EXPECT_FALSE(ReadDetailedExit(payload).has_value()) << ToHex(payload);
  }
}

}  // namespace
}  // namespace thespian::gateway
