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
using ::testing::Not;

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

TEST(ListTextTest, AnEndpointThatWaitsForAMessageIsIdle) {
  EXPECT_THAT(EndpointLine(Of<v1::Endpoint>(
                  "name: \"logs\" state: ENDPOINT_STATE_IDLE")),
              ContainsRegex("^logs +idle +0 +0 +- +0$"));
}

TEST(ListTextTest, AnActorOfAnotherEndpointIsShownAsSuch) {
  EXPECT_THAT(ActorLine(Of<v1::LocalActor>(
                  "id: 5 relayed { endpoint: \"shop\" incarnation: 2 "
                  "remote_id: 7 to_endpoint: \"logs\" }")),
              ContainsRegex(" 0 .relayed: 7 of shop, incarnation 2, to logs."));
}

TEST(ListTextTest, DetailsTellOfPoolPeerAndWhatDrains) {
  const std::string details = EndpointDetails(
      Of<v1::Endpoint>("name: \"e/1\" pool: \"e\" connect: \"unix:@peer\" "
                       "draining_incarnations: 3 draining_incarnations: 4"));
  EXPECT_THAT(details, ContainsRegex("\npool +e\n"));
  EXPECT_THAT(details, ContainsRegex("\nconnect +unix:@peer\n"));
  EXPECT_THAT(details, ContainsRegex("\ndraining_incarnations +3,4\n"));
}

TEST(ListTextTest, DetailsOfAnEndpointAloneHaveNoneOfThat) {
  const std::string details =
      EndpointDetails(Of<v1::Endpoint>("name: \"e\" pool: \"e\""));
  for (const char* row : {"\npool ", "\nconnect ", "\ndraining", "\nrelay"}) {
    EXPECT_THAT(details, Not(HasSubstr(row)));
  }
}

TEST(ListTextTest, DetailsHaveTheLanesToOtherEndpoints) {
  const std::string details = EndpointDetails(Of<v1::Endpoint>(
      "relays { to_endpoint: \"logs\" messages_in: 10 messages_out: 5 "
      "refused { key: \"no_such_name\" value: 1 } dropped: 2 waiting: 3 }"));
  EXPECT_THAT(details, ContainsRegex("\nrelay.logs.messages_in +10\n"
                                     "relay.logs.messages_out +5\n"
                                     "relay.logs.dropped +2\n"
                                     "relay.logs.waiting +3\n"
                                     "relay.logs.refused.no_such_name +1\n"));
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
