#include "endpoint/wire/message.h"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/message_fields.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::StatusCode kLost = absl::StatusCode::kDataLoss;

const std::string kSend = FromHex("64") + "send";
const std::string kSendNamed = FromHex("6a") + "send_named";
const std::string kLink = FromHex("64") + "link";
const std::string kExit = FromHex("64") + "exit";
const std::string kTransportError = FromHex("6f") + "transport_error";

MessageFields Send(const char* from, const char* to, const char* payload) {
  return {
      {"kind", "send"}, {"from", from}, {"to", to}, {"payload_hex", payload}};
}

MessageFields Exit(const char* local, const char* reason) {
  return {{"kind", "exit"}, {"local", local}, {"reason", reason}};
}

struct DecodeCase {
  const char* name;
  std::string content;
  MessageFields fields;

  friend void PrintTo(const DecodeCase& row, std::ostream* out) {
    *out << row.name;
  }
};

// PROTOCOL.md, section 2: one row per message, then the forms of its parts.
const DecodeCase kMessages[] = {
    {"Send", FromHex("84") + kSend + FromHex("0701 8105"),
     Send("7", "1", "8105")},
    {"SendAnonymous", FromHex("84") + kSend + FromHex("0001 f6"),
     Send("0", "1", "f6")},
    {"SendNamed",
     FromHex("84") + kSendNamed + FromHex("07 63") + "abc" + FromHex("a0"),
     {{"kind", "send_named"},
      {"from", "7"},
      {"name", "abc"},
      {"payload_hex", "a0"}}},
    {"Link",
     FromHex("83") + kLink + FromHex("0c 04"),
     {{"kind", "link"}, {"local", "12"}, {"remote", "4"}}},
    {"Exit", FromHex("83") + kExit + FromHex("0c 66") + "normal",
     Exit("12", "normal")},
    {"TransportError",
     FromHex("82") + kTransportError + FromHex("6c") + "stdin_closed",
     {{"kind", "transport_error"}, {"reason", "stdin_closed"}}},
    {"IdsOfTwoTo64Less1",
     FromHex("84") + kSend +
         FromHex("1bffffffffffffffff 1bffffffffffffffff 00"),
     Send("18446744073709551615", "18446744073709551615", "00")},
    {"IdsNotShortest",
     FromHex("84") + kSend + FromHex("1b0000000000000001 1802 00"),
     Send("1", "2", "00")},
    {"VerbAsBytes", FromHex("84 44") + "send" + FromHex("0102 00"),
     Send("1", "2", "00")},
    {"VerbNotShortest", FromHex("84 7804") + "send" + FromHex("0102 00"),
     Send("1", "2", "00")},
    {"ReasonAsBytes", FromHex("83") + kExit + FromHex("05 42") + "no",
     Exit("5", "no")},
    {"ReasonEmpty", FromHex("83") + kExit + FromHex("05 60"), Exit("5", "")},
    {"ReasonNotUtf8", FromHex("83") + kExit + FromHex("05 63 61ff62"),
     Exit("5",
          "a\xef\xbf\xbd"
          "b")},
    {"ArrayNotShortest",
     FromHex("9b0000000000000004") + kSend + FromHex("0102 00"),
     Send("1", "2", "00")},
    {"ArrayIndefinite", FromHex("9f") + kSend + FromHex("0102 00 ff"),
     Send("1", "2", "00")},
    {"PayloadIndefinite", FromHex("84") + kSend + FromHex("0102 9f00ff"),
     Send("1", "2", "9f00ff")},
    {"PayloadTagged", FromHex("84") + kSend + FromHex("0102 c100"),
     Send("1", "2", "c100")},
    {"PayloadNested64",
     FromHex("84") + kSend + FromHex("0102") + Repeat(FromHex("81"), 64) +
         FromHex("00"),
     Send("1", "2", (ToHex(Repeat(FromHex("81"), 64)) + "00").c_str())},
};

class DecodeTest : public ::testing::TestWithParam<DecodeCase> {};

TEST_P(DecodeTest, GivesTheMessage) {
  const auto message = DecodeMessage(GetParam().content);
  ASSERT_THAT(message, IsOk());
  EXPECT_EQ(FieldsOf(*message), GetParam().fields);
}

TEST_P(DecodeTest, IsMalformedWhenCutAnywhere) {
  const std::string_view content = GetParam().content;
  for (size_t size = 0; size < content.size(); ++size) {
    EXPECT_THAT(DecodeMessage(content.substr(0, size)), StatusIs(kLost))
        << size;
  }
}

TEST_P(DecodeTest, IsMalformedWithAByteAfterIt) {
  for (const char* after : {"00", "80", "ff"}) {
    EXPECT_THAT(DecodeMessage(GetParam().content + FromHex(after)),
                StatusIs(kLost, HasSubstr("1 bytes follow its end")))
        << after;
  }
}

INSTANTIATE_TEST_SUITE_P(Section2, DecodeTest, ::testing::ValuesIn(kMessages),
                         [](const auto& row) { return row.param.name; });

struct UnrecognizedCase {
  const char* name;
  std::string content;
  const char* why;

  friend void PrintTo(const UnrecognizedCase& row, std::ostream* out) {
    *out << row.name;
  }
};

// PROTOCOL.md, section 1: unknown verb, wrong number or type of elements.
const UnrecognizedCase kUnrecognized[] = {
    {"EmptyArray", FromHex("80"), "an empty array"},
    {"EmptyIndefiniteArray", FromHex("9fff"), "an empty array"},
    {"VerbUnknown", FromHex("81 63") + "sen", "an unknown verb"},
    {"VerbEmpty", FromHex("81 60"), "an unknown verb"},
    {"VerbLonger", FromHex("84 65") + "send_" + FromHex("010200"),
     "an unknown verb"},
    {"VerbOfOtherCase", FromHex("84 64") + "Send" + FromHex("010200"),
     "an unknown verb"},
    {"VerbWithNul", FromHex("84 65") + "send" + FromHex("00 010200"),
     "an unknown verb"},
    {"VerbIsANumber", FromHex("84 01 010200"), "a verb that is no string"},
    {"VerbIsTagged", FromHex("84 c1") + kSend + FromHex("010200"),
     "a verb that is no string"},
    {"VerbInChunks", FromHex("84 7f") + kSend + FromHex("ff 010200"),
     "a verb that is no string"},
    {"SendOf1", FromHex("81") + kSend, "send without 4 elements"},
    {"SendOf3", FromHex("83") + kSend + FromHex("0102"),
     "send without 4 elements"},
    {"SendOf5", FromHex("85") + kSend + FromHex("0102 0000"),
     "send without 4 elements"},
    {"SendOf1000", FromHex("9903e8") + kSend + Repeat(FromHex("00"), 999),
     "send without 4 elements"},
    {"SendFromNegative", FromHex("84") + kSend + FromHex("20 02 00"),
     "send with an id in no known form"},
    {"SendFromFloat", FromHex("84") + kSend + FromHex("f93c00 02 00"),
     "send with an id in no known form"},
    {"SendFromNull", FromHex("84") + kSend + FromHex("f6 02 00"),
     "send with an id in no known form"},
    {"SendFromBignum",
     FromHex("84") + kSend + FromHex("c249010000000000000000 02 00"),
     "send with an id in no known form"},
    {"SendToText", FromHex("84") + kSend + FromHex("01 6132 00"),
     "send with an id in no known form"},
    {"SendToArray", FromHex("84") + kSend + FromHex("01 8102 00"),
     "send with an id in no known form"},
    {"SendNamedOf3", FromHex("83") + kSendNamed + FromHex("01 6161"),
     "send_named without 4 elements"},
    {"SendNamedOf5", FromHex("85") + kSendNamed + FromHex("01 6161 00 00"),
     "send_named without 4 elements"},
    {"SendNamedFromText", FromHex("84") + kSendNamed + FromHex("6131 6161 00"),
     "send_named with an id in no known form"},
    {"SendNamedToNumber", FromHex("84") + kSendNamed + FromHex("01 02 00"),
     "send_named with a name that is no string"},
    {"SendNamedToChunks", FromHex("84") + kSendNamed + FromHex("01 7fff 00"),
     "send_named with a name that is no string"},
    {"LinkOf2", FromHex("82") + kLink + FromHex("01"),
     "link without 3 elements"},
    {"LinkOf4", FromHex("84") + kLink + FromHex("010203"),
     "link without 3 elements"},
    {"LinkLocalNegative", FromHex("83") + kLink + FromHex("20 01"),
     "link with an id in no known form"},
    {"LinkRemoteText", FromHex("83") + kLink + FromHex("01 6131"),
     "link with an id in no known form"},
    {"ExitOf2", FromHex("82") + kExit + FromHex("01"),
     "exit without 3 elements"},
    {"ExitOf4", FromHex("84") + kExit + FromHex("01 6161 00"),
     "exit without 3 elements"},
    {"ExitLocalNegative", FromHex("83") + kExit + FromHex("20 6161"),
     "exit with an id in no known form"},
    {"ExitReasonNumber", FromHex("83") + kExit + FromHex("01 02"),
     "exit with a reason that is no string"},
    {"TransportErrorOf1", FromHex("81") + kTransportError,
     "transport_error without 2 elements"},
    {"TransportErrorOf3", FromHex("83") + kTransportError + FromHex("6161 00"),
     "transport_error without 2 elements"},
    {"TransportErrorReasonNumber",
     FromHex("82") + kTransportError + FromHex("01"),
     "transport_error with a reason that is no string"},
};

class UnrecognizedTest : public ::testing::TestWithParam<UnrecognizedCase> {};

TEST_P(UnrecognizedTest, IsSkippedWithTheReason) {
  const auto message = DecodeMessage(GetParam().content);
  ASSERT_THAT(message, IsOk());
  const MessageFields expected = {{"kind", "unrecognized"},
                                  {"why", GetParam().why}};
  EXPECT_EQ(FieldsOf(*message), expected);
}

INSTANTIATE_TEST_SUITE_P(Section1, UnrecognizedTest,
                         ::testing::ValuesIn(kUnrecognized),
                         [](const auto& row) { return row.param.name; });

struct MalformedCase {
  const char* name;
  std::string content;
  const char* message;

  friend void PrintTo(const MalformedCase& row, std::ostream* out) {
    *out << row.name;
  }
};

// PROTOCOL.md, section 1: what is not exactly one well-formed array.
const MalformedCase kMalformed[] = {
    {"Empty", "", "its head is cut short or reserved"},
    {"Number", FromHex("00"), "it begins with another type"},
    {"Map", FromHex("a0"), "it begins with another type"},
    {"Text", FromHex("60"), "it begins with another type"},
    {"TaggedArray", FromHex("d9d9f7 80"), "it begins with another type"},
    {"Break", FromHex("ff"), "it begins with another type"},
    {"ReservedHead", FromHex("9c"), "its head is cut short or reserved"},
    {"TrailingByte", FromHex("80 00"), "1 bytes follow its end"},
    {"SecondArray", FromHex("8100 8100"), "2 bytes follow its end"},
    {"TrailingAfterIndefinite", FromHex("9fff ff"), "1 bytes follow its end"},
    {"ElementMissing", FromHex("8200"), "element 1, at byte 2"},
    {"BreakMissing", FromHex("9f00"), "element 1, at byte 2"},
    {"ElementCut", FromHex("82 00 6261"), "element 1, at byte 2"},
    {"ArrayOfTwoTo64", FromHex("9bffffffffffffffff 00"),
     "element 1, at byte 10"},
    {"BreakInDefiniteArray", FromHex("8200ff"), "element 1, at byte 2"},
    {"ReservedInside", FromHex("8200 8200fc"),
     "element 1, at byte 2: reserved additional information or simple value"},
    {"PayloadNested65",
     FromHex("84") + kSend + FromHex("0102") + Repeat(FromHex("81"), 65) +
         FromHex("00"),
     "element 3, at byte 8: nested deeper than 64"},
    {"UnknownVerbNested65",
     FromHex("82 6178") + Repeat(FromHex("81"), 65) + FromHex("00"),
     "element 1, at byte 3: nested deeper than 64"},
    {"MalformedAfterUnknownVerb", FromHex("83 6178 00 1c"),
     "element 2, at byte 4"},
};

class MalformedTest : public ::testing::TestWithParam<MalformedCase> {};

TEST_P(MalformedTest, IsAnErrorThatSaysWhere) {
  EXPECT_THAT(
      DecodeMessage(GetParam().content),
      StatusIs(kLost,
               StartsWith(
                   std::string("the frame's content is not one CBOR array: ") +
                   GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(Section1, MalformedTest,
                         ::testing::ValuesIn(kMalformed),
                         [](const auto& row) { return row.param.name; });

TEST(DecodeMessageTest, MessageIsAViewOfTheContent) {
  const std::string content =
      FromHex("84") + kSendNamed + FromHex("07 63") + "abc" + FromHex("8100");
  const auto message = DecodeMessage(content);
  ASSERT_THAT(message, IsOk());
  const auto& send = std::get<SendNamedMessage>(*message);
  EXPECT_EQ(send.name.data(), content.data() + 14);
  EXPECT_EQ(send.payload.data(), content.data() + 17);
  EXPECT_EQ(send.payload.size(), 2u);
}

// What we write, to the byte.
struct EncodeCase {
  const char* name;
  Message message;
  std::string frame;

  friend void PrintTo(const EncodeCase& row, std::ostream* out) {
    *out << row.name;
  }
};

const EncodeCase kEncoded[] = {
    {"Send", SendMessage{{7}, {1}, "\x05"},
     FromHex("5a00000009 84") + kSend + FromHex("07 01 05")},
    {"SendNamed", SendNamedMessage{{0}, "abc", "\x05"},
     FromHex("5a00000012 84") + kSendNamed + FromHex("00 63") + "abc\x05"},
    {"Link", LinkMessage{{24}, {256}},
     FromHex("5a0000000b 83") + kLink + FromHex("1818 190100")},
    {"Exit", ExitMessage{{65'536}, "gone"},
     FromHex("5a00000010 83") + kExit + FromHex("1a00010000 64") + "gone"},
    {"TransportError", TransportErrorMessage{""},
     FromHex("5a00000012 82") + kTransportError + FromHex("60")},
};

// Appends any message that may be sent.
size_t Append(const Message& message, std::string& out) {
  if (const auto* send = std::get_if<SendMessage>(&message)) {
    return AppendFrame(*send, out);
  }
  if (const auto* named = std::get_if<SendNamedMessage>(&message)) {
    return AppendFrame(*named, out);
  }
  if (const auto* link = std::get_if<LinkMessage>(&message)) {
    return AppendFrame(*link, out);
  }
  if (const auto* exit = std::get_if<ExitMessage>(&message)) {
    return AppendFrame(*exit, out);
  }
  return AppendFrame(std::get<TransportErrorMessage>(message), out);
}

class EncodeTest : public ::testing::TestWithParam<EncodeCase> {};

TEST_P(EncodeTest, WritesOneFrameAfterWhatIsThere) {
  std::string out = "before";
  EXPECT_EQ(Append(GetParam().message, out), GetParam().frame.size());
  EXPECT_EQ(ToHex(out), ToHex("before" + GetParam().frame));
}

INSTANTIATE_TEST_SUITE_P(Section1, EncodeTest, ::testing::ValuesIn(kEncoded),
                         [](const auto& row) { return row.param.name; });

// Encodes, checks the head, decodes.
MessageFields RoundTrip(const Message& message) {
  std::string frame;
  const size_t size = Append(message, frame);
  EXPECT_EQ(size, frame.size());
  size_t announced = 0;
  for (size_t i = 1; i < kFrameHeadBytes; ++i) {
    announced = announced << 8 | static_cast<uint8_t>(frame[i]);
  }
  EXPECT_EQ(frame[0], '\x5a');
  EXPECT_EQ(announced, size - kFrameHeadBytes);
  const auto decoded =
      DecodeMessage(std::string_view(frame).substr(kFrameHeadBytes));
  EXPECT_THAT(decoded, IsOk());
  return decoded.ok() ? FieldsOf(*decoded) : MessageFields{};
}

void ExpectIdentity(const Message& message) {
  EXPECT_EQ(RoundTrip(message), FieldsOf(message));
}

constexpr uint64_t kIds[] = {0,
                             1,
                             23,
                             24,
                             255,
                             256,
                             65'535,
                             65'536,
                             (uint64_t{1} << 32) - 1,
                             uint64_t{1} << 32,
                             uint64_t{1} << 53,
                             uint64_t{1} << 63,
                             ~uint64_t{0}};

TEST(RoundTripTest, EveryKindComesBackAsItWasWithEveryId) {
  for (const uint64_t first : kIds) {
    for (const uint64_t second : kIds) {
      SCOPED_TRACE(::testing::Message() << first << ", " << second);
      ExpectIdentity(SendMessage{{first}, {second}, "\xf6"});
      ExpectIdentity(SendNamedMessage{{first}, "name", "\xf6"});
      if (first != 0 && second != 0) {
        ExpectIdentity(LinkMessage{{first}, {second}});
      }
      ExpectIdentity(ExitMessage{{first}, "reason"});
    }
  }
}

TEST(RoundTripTest, TextOfEveryLengthComesBackAsItWas) {
  for (const size_t size : {0u, 1u, 23u, 24u, 255u, 256u, 65'535u, 65'536u}) {
    SCOPED_TRACE(::testing::Message() << size << " bytes");
    const std::string text(size, 'x');
    ExpectIdentity(SendNamedMessage{{1}, text, "\xf6"});
    if (size > kMaxReasonBytes) continue;
    ExpectIdentity(ExitMessage{{1}, text});
    ExpectIdentity(TransportErrorMessage{text});
  }
}

TEST(RoundTripTest, PayloadComesBackByteForByte) {
  const std::string payloads[] = {
      FromHex("1800"),
      FromHex("bf 7f6161ff c1f820 ff"),
      FromHex("5a00010000") + std::string(65'536, '\xff'),
      Repeat(FromHex("9f"), 64) + Repeat(FromHex("ff"), 64),
  };
  for (const std::string& payload : payloads) {
    ExpectIdentity(SendMessage{{1}, {2}, payload});
    ExpectIdentity(SendNamedMessage{{1}, "name", payload});
  }
}

TEST(RoundTripTest, TextThatIsNotUtf8ComesBackByteForByte) {
  const std::string reason = FromHex("61 ff 00 c3");
  std::string frame;
  AppendFrame(ExitMessage{{1}, reason}, frame);
  const auto decoded =
      DecodeMessage(std::string_view(frame).substr(kFrameHeadBytes));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(std::get<ExitMessage>(*decoded).reason, reason);
}

}  // namespace
}  // namespace thespian::gateway
