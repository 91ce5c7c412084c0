// PROTOCOL.md, section 2: the two written forms of ids.
#include <cstdint>
#include <ostream>
#include <string>
#include <variant>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

const std::string kLocal7 = FromHex("82 64") + "LPID" + FromHex("07");
const std::string kRemote9 = FromHex("82 64") + "RPID" + FromHex("09");

std::string Send(const std::string& from, const std::string& to) {
  return FromHex("84 64") + "send" + from + to + FromHex("80");
}

struct FormsCase {
  const char* name;
  std::string from;  // says 7
  std::string to;    // says 9
  IdForms forms;

  friend void PrintTo(const FormsCase& row, std::ostream* out) {
    *out << row.name;
  }
};

const FormsCase kForms[] = {
    {"Plain", FromHex("07"), FromHex("09"), {.plain = true}},
    {"Tagged", kLocal7, kRemote9, {.tagged = true}},
    {"Mixed", FromHex("07"), kRemote9, {.plain = true, .tagged = true}},
    {"TagsAsBytes",
     FromHex("82 44") + "LPID" + FromHex("07"),
     FromHex("82 44") + "RPID" + FromHex("09"),
     {.tagged = true}},
    {"NothingShortest",
     FromHex("9802 7804") + "LPID" + FromHex("1b0000000000000007"),
     FromHex("9b0000000000000002 7900 04") + "RPID" + FromHex("1809"),
     {.tagged = true}},
    {"IndefiniteArray",
     FromHex("9f 64") + "LPID" + FromHex("07 ff"),
     kRemote9,
     {.tagged = true}},
    {"RemoteTagFirst",
     FromHex("82 64") + "RPID" + FromHex("07"),
     kRemote9,
     {.tagged = true, .misplaced = true}},
    {"LocalTagSecond",
     kLocal7,
     FromHex("82 64") + "LPID" + FromHex("09"),
     {.tagged = true, .misplaced = true}},
};

class IdFormsTest : public ::testing::TestWithParam<FormsCase> {};

TEST_P(IdFormsTest, AreReadInBothPlacesOfASend) {
  IdForms forms;
  const auto message =
      DecodeMessage(Send(GetParam().from, GetParam().to), &forms);
  ASSERT_THAT(message, IsOk());
  const auto* send = std::get_if<SendMessage>(&*message);
  ASSERT_NE(send, nullptr);
  EXPECT_EQ(send->from.value, 7u);
  EXPECT_EQ(send->to.value, 9u);
  EXPECT_EQ(forms, GetParam().forms);
}

TEST_P(IdFormsTest, AreReadInALink) {
  IdForms forms;
  const auto message = DecodeMessage(
      FromHex("83 64") + "link" + GetParam().from + GetParam().to, &forms);
  ASSERT_THAT(message, IsOk());
  const auto* link = std::get_if<LinkMessage>(&*message);
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(link->local.value, 7u);
  EXPECT_EQ(link->remote.value, 9u);
  EXPECT_EQ(forms, GetParam().forms);
}

TEST_P(IdFormsTest, AreReadInTheOthers) {
  const auto exit = DecodeMessage(FromHex("83 64") + "exit" + GetParam().from +
                                  FromHex("61") + "r");
  ASSERT_THAT(exit, IsOk());
  ASSERT_TRUE(std::holds_alternative<ExitMessage>(*exit));
  EXPECT_EQ(std::get<ExitMessage>(*exit).local.value, 7u);
  const auto named =
      DecodeMessage(FromHex("84 6a") + "send_named" + GetParam().from +
                    FromHex("61") + "n" + FromHex("80"));
  ASSERT_THAT(named, IsOk());
  ASSERT_TRUE(std::holds_alternative<SendNamedMessage>(*named));
  EXPECT_EQ(std::get<SendNamedMessage>(*named).from.value, 7u);
}

INSTANTIATE_TEST_SUITE_P(Section2, IdFormsTest, ::testing::ValuesIn(kForms),
                         [](const auto& row) { return row.param.name; });

TEST(IdFormsTest, OfOneMessageDoNotStayForTheNext) {
  IdForms forms;
  ASSERT_THAT(DecodeMessage(Send(kLocal7, kRemote9), &forms), IsOk());
  ASSERT_THAT(DecodeMessage(Send("\x07", "\x09"), &forms), IsOk());
  EXPECT_EQ(forms, IdForms{.plain = true});
  const std::string no_ids =
      FromHex("82 6f") + "transport_error" + FromHex("60");
  ASSERT_THAT(DecodeMessage(no_ids, &forms), IsOk());
  EXPECT_EQ(forms, IdForms{});
}

TEST(IdFormsTest, WhatIsNoIdIsSkipped) {
  for (const std::string& id :
       {FromHex("26"), FromHex("f6"), FromHex("61") + "7", FromHex("80"),
        FromHex("81 64") + "LPID", FromHex("81 07"),
        FromHex("83 64") + "LPID" + FromHex("0707"),
        FromHex("82 64") + "PIID" + FromHex("07"),
        FromHex("82 64") + "lpid" + FromHex("07"),
        FromHex("82 64") + "LPID" + FromHex("26"),
        FromHex("82 64") + "LPID" + kLocal7, FromHex("82 07 64") + "LPID",
        FromHex("a1 64") + "LPID\x07"}) {
    for (const std::string& content :
         {Send(id, FromHex("09")), Send(FromHex("07"), id)}) {
      const auto message = DecodeMessage(content);
      ASSERT_THAT(message, IsOk()) << ToHex(id);
      EXPECT_TRUE(std::holds_alternative<Unrecognized>(*message)) << ToHex(id);
    }
  }
}

// The bytes of this test are those that a real thespian process took.
TEST(TaggedIdsTest, AreWrittenAsThespianWritesThem) {
  std::string frame;
  AppendFrame(SendNamedMessage{{77}, "echo", FromHex("81 65") + "hello"}, frame,
              IdForm::kTagged);
  EXPECT_EQ(ToHex(frame),
            "5a00000020846a73656e645f6e616d656482644c504944184d646563686f8165"
            "68656c6c6f");
  frame.clear();
  AppendFrame(LinkMessage{{77}, {3}}, frame, IdForm::kTagged);
  EXPECT_EQ(ToHex(frame),
            "5a0000001583646c696e6b82644c504944184d8264525049440"
            "3");
  frame.clear();
  AppendFrame(ExitMessage{{77}, "normal"}, frame, IdForm::kTagged);
  EXPECT_EQ(ToHex(frame),
            "5a0000001583646578697482644c504944184d666e6f726d616c");
}

TEST(TaggedIdsTest, ComeBackWithEveryLengthOfNumber) {
  for (const uint64_t id :
       {uint64_t{0}, uint64_t{23}, uint64_t{24}, uint64_t{255}, uint64_t{256},
        uint64_t{65'536}, uint64_t{1} << 32, ~uint64_t{0}}) {
    std::string frame;
    const size_t size = AppendFrame(SendMessage{{id}, {~id}, FromHex("80")},
                                    frame, IdForm::kTagged);
    EXPECT_EQ(size, frame.size());
    IdForms forms;
    const auto message =
        DecodeMessage(std::string_view(frame).substr(kFrameHeadBytes), &forms);
    ASSERT_THAT(message, IsOk());
    const auto& send = std::get<SendMessage>(*message);
    EXPECT_EQ(send.from.value, id);
    EXPECT_EQ(send.to.value, ~id);
    EXPECT_EQ(forms, IdForms{.tagged = true});
  }
}

TEST(ReasonTest, IsCutTo248BytesAtACodePoint) {
  const std::string fits(248, 'r');
  const std::string euro = "\xe2\x82\xac";
  const struct {
    std::string reason;
    std::string written;
  } kRows[] = {{fits, fits},
               {fits + "x", fits},
               {std::string(247, 'r') + euro, std::string(247, 'r')},
               {std::string(245, 'r') + euro, std::string(245, 'r') + euro}};
  for (const auto& row : kRows) {
    std::string frame;
    AppendFrame(ExitMessage{{1}, row.reason}, frame);
    auto message =
        DecodeMessage(std::string_view(frame).substr(kFrameHeadBytes));
    EXPECT_EQ(std::get<ExitMessage>(*message).reason, row.written);
    frame.clear();
    AppendFrame(TransportErrorMessage{row.reason}, frame);
    message = DecodeMessage(std::string_view(frame).substr(kFrameHeadBytes));
    EXPECT_EQ(std::get<TransportErrorMessage>(*message).reason, row.written);
  }
}

}  // namespace
}  // namespace thespian::gateway
