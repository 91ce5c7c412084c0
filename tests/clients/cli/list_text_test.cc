#include "clients/cli/list_text.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace thespian::gateway::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

template <typename Message>
Message Of(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Where each column's word ends.
size_t EndOf(std::string_view line, std::string_view word) {
  return line.find(word) + word.size();
}

TEST(ListTextTest, ProxiesAreInColumns) {
  const std::string line = ProxyLine(Of<v1::Proxy>(
      "remote_id: 77 incarnation: 3 create_time { seconds: 1714565040 } "
      "messages_received: 1234 messages_sent: 56 links: 8"));
  const std::string head = ProxyHead();
  EXPECT_THAT(line, ContainsRegex("^77 +3 2024-05-01T12:04:00Z"));
  EXPECT_EQ(EndOf(line, "1234"), EndOf(head, "RECEIVED"));
  EXPECT_EQ(EndOf(line, "56"), EndOf(head, "SENT"));
  EXPECT_EQ(line.size(), head.size());
}

TEST(ListTextTest, ActorsAreInColumns) {
  const std::string line = ActorLine(Of<v1::LocalActor>(
      "id: 5 name: \"me\\n\" create_time { seconds: 1714565040 } "
      "mailbox_depth: 12"));
  EXPECT_THAT(line, ContainsRegex("^5 +2024-05-01T12:04:00Z +12 me.u000a$"));
  EXPECT_EQ(EndOf(line, " 12"), EndOf(ActorHead(), "WAITING"));
  EXPECT_THAT(ActorLine(Of<v1::LocalActor>("id: 5")), ContainsRegex(" 0 -$"));
}

TEST(ListTextTest, EndpointsAreInColumns) {
  const std::string line = EndpointLine(Of<v1::Endpoint>(
      "name: \"default\" state: ENDPOINT_STATE_RUNNING pid: 999 incarnation: 3 "
      "uptime { seconds: 61 } restarts: 2"));
  EXPECT_THAT(line, ContainsRegex("^default +running +999 +3 +1m1s +2$"));
  EXPECT_EQ(line.size(), EndpointHead().size());
}

TEST(ListTextTest, AnEndpointWithoutAChildHasNoUptime) {
  EXPECT_THAT(EndpointLine(Of<v1::Endpoint>("state: ENDPOINT_STATE_FAILED")),
              ContainsRegex("failed +0 +0 +- +0$"));
}

TEST(ListTextTest, DetailsNameEveryCounter) {
  v1::Endpoint endpoint = Of<v1::Endpoint>(
      "name: \"e\" command: \"prog\" command: \"-x\" limits { "
      "dialect: \"thespian\" queue_bytes: 77 } counters { accepted: "
      "101 undeliverable { key: \"no_such_name\" value: 102 } }");
  const std::string details = EndpointDetails(endpoint);
  EXPECT_THAT(details, ContainsRegex("command +prog -x\n"));
  EXPECT_THAT(details, ContainsRegex("last_exit +-\n"));
  EXPECT_THAT(details, ContainsRegex("dialect +thespian\n"));
  EXPECT_THAT(details, ContainsRegex("queue_bytes +77\n"));
  EXPECT_THAT(details, ContainsRegex("accepted +101\n"));
  EXPECT_THAT(details, ContainsRegex("undeliverable.no_such_name +102\n"));
  EXPECT_THAT(details, ContainsRegex("control_dropped +0\n"));
}

TEST(ListTextTest, DetailsCountSkippedFramesByReason) {
  const std::string details = EndpointDetails(Of<v1::Endpoint>(
      "counters { skipped: 5 misplaced_tags: 103 "
      "skipped_by_reason { key: \"an unknown verb\" value: 3 } "
      "skipped_by_reason { key: \"an empty\\narray\" value: 2 } }"));
  EXPECT_THAT(details, ContainsRegex("\nskipped +5\n"));
  EXPECT_THAT(details, ContainsRegex("\nmisplaced_tags +103\n"));
  EXPECT_THAT(details,
              ContainsRegex("\nskipped_by_reason.an empty.u000aarray +2\n"
                            "skipped_by_reason.an unknown verb +3\n"));
}

TEST(ListTextTest, DetailsHaveAllThatTheBooksNeed) {
  const std::string details = EndpointDetails(
      Of<v1::Endpoint>("counters { dropped { key: \"endpoint_down\" value: 7 } "
                       "unread { key: \"mailbox_full\" value: 8 } }"));
  EXPECT_THAT(details, ContainsRegex("\ndropped.endpoint_down +7\n"));
  EXPECT_THAT(details, ContainsRegex("\nunread.mailbox_full +8\n"));
}

TEST(ListTextTest, DetailsListTheNamesThatClientsMaySendTo) {
  const std::string details = EndpointDetails(
      Of<v1::Endpoint>("limits { names: \"echo\" names: \"log\\n\" }"));
  EXPECT_THAT(details, ContainsRegex("\nnames +echo,log.u000a\n"));
}

TEST(ListTextTest, DetailsTellHowTheLastChildEnded) {
  const std::string details = EndpointDetails(Of<v1::Endpoint>(
      "last_exit { signal: 9 reason: \"killed\" stderr_lines: \"last words\" "
      "hints: \"--dialect plain\" }"));
  EXPECT_THAT(details, ContainsRegex("last_exit +signal 9: killed\n"));
  EXPECT_THAT(details, HasSubstr("| last words\n"));
  EXPECT_THAT(details, ContainsRegex("\nhint +--dialect plain\n"));
}

}  // namespace
}  // namespace thespian::gateway::cli
