#include "clients/cli/event_text.h"

#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/hex.h"

namespace thespian::gateway::cli {
namespace {

v1::ProxyEvent EventOf(const std::string& text) {
  v1::ProxyEvent event;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &event));
  event.set_sequence(42);
  event.mutable_time()->set_seconds(1'714'565'040);
  event.mutable_time()->set_nanos(123'456'789);
  event.set_endpoint("default");
  event.set_incarnation(3);
  return event;
}

struct Case {
  const char* event;  // in protobuf's text format
  const char* line;   // after the time, the sequence and the endpoint
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.event; }

class EventLineTest : public ::testing::TestWithParam<Case> {};

TEST_P(EventLineTest, SaysWhatHappened) {
  EXPECT_EQ(
      EventLine(EventOf(GetParam().event)),
      std::string("2024-05-01T12:04:00.123Z #42 default/3 ") + GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EventLineTest,
    ::testing::Values(
        Case{"endpoint_state_changed { state: ENDPOINT_STATE_RUNNING pid: 9 }",
             "endpoint running pid 9"},
        Case{"endpoint_state_changed { state: ENDPOINT_STATE_BACKOFF reason: "
             "\"again in 1 s\" exit { exit_code: 1 reason: \"it said so\" } }",
             "endpoint backoff, last child: exit code 1: it said so: again in "
             "1 s"},
        Case{"endpoint_state_changed { state: ENDPOINT_STATE_FAILED exit { "
             "signal: 11 core_dumped: true } }",
             "endpoint failed, last child: signal 11 (core dumped)"},
        Case{"endpoint_state_changed { state: ENDPOINT_STATE_STOPPED reason: "
             "\"it ended: exit code 0\" exit { exit_code: 0 reason: \"it "
             "ended: exit code 0\" } }",
             "endpoint stopped: it ended: exit code 0"},
        Case{"endpoint_state_changed { state: ENDPOINT_STATE_BACKOFF exit { "
             "exit_code: 3 reason: \"it ended: exit code 3\" } }",
             "endpoint backoff, last child: it ended: exit code 3"},
        Case{"proxy_created { remote_id: 7 }", "proxy created 7"},
        Case{"proxy_closed { remote_id: 7 reason: \"normal\" cause: "
             "PROXY_CLOSE_CAUSE_EXIT }",
             "proxy closed 7 (exit): normal"},
        Case{"proxy_closed { remote_id: 7 cause: "
             "PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED }",
             "proxy closed 7 (transport closed)"},
        Case{"message_received { from_id: 7 to_id: 12 size: 7 payload: "
             "\"\\x81\\x65hello\" }",
             "received 7 -> 12 (7 bytes) [\"hello\"]"},
        Case{"message_received { to_name: \"log\" size: 9000 payload: "
             "\"\\x59\\x23\" }",
             "received anonymous -> log (9000 bytes) hex:5923"},
        Case{"message_sent { from_id: 12 to_id: 7 size: 1 }",
             "sent 12 -> 7 (1 bytes)"},
        Case{"link_created { remote_id: 7 local_id: 12 by_remote: true }",
             "link created remote 7 - local 12, asked for by the remote"},
        Case{"link_closed { remote_id: 7 local_id: 12 reason: \"gone\" }",
             "link closed remote 7 - local 12: gone"},
        Case{"message_undeliverable { from_id: 7 to_id: 99 size: 2 reason: "
             "\"no_such_actor\" from_child: true }",
             "undeliverable 7 -> 99 (2 bytes), from the child: no_such_actor"},
        Case{"frame_rejected { size: 20 reason: \"unknown verb\" }",
             "frame rejected (20 bytes): unknown verb"},
        Case{"protocol_warning { text: \"ids are\\nplain\" hint: \"--dialect "
             "plain\" }",
             "protocol warning: ids are\\u000aplain; --dialect plain"},
        Case{"stderr_line { line: \"oops\\033[2J\" truncated: true }",
             "stderr: oops\\u001b[2J (cut)"},
        Case{"snapshot_complete { proxies: 3 }",
             "snapshot complete: 3 proxies"},
        Case{"gap { first_sequence: 5 last_sequence: 9 }",
             "gap: message events in 5 to 9 were dropped"},
        Case{"", "an event that this program does not know"}));

TEST(EventLineOfNoEndpointTest, HasADash) {
  v1::ProxyEvent event;
  event.mutable_snapshot_complete();
  EXPECT_EQ(EventLine(event),
            "1970-01-01T00:00:00.000Z #0 - snapshot complete: 0 proxies");
}

TEST(EventJsonTest, HasTheNamesOfTheProto) {
  const auto json = nlohmann::json::parse(
      EventJson(EventOf("proxy_created { remote_id: 7 }")));
  EXPECT_EQ(json, nlohmann::json::parse(R"({
    "sequence": "42", "time": "2024-05-01T12:04:00.123456789Z",
    "endpoint": "default", "incarnation": "3",
    "proxy_created": {"remote_id": "7"}})"));
}

TEST(EventJsonTest, ShowsAWholePayloadAsJsonToo) {
  const std::string line = EventJson(EventOf(
      "message_sent { to_id: 7 size: 7 payload: \"\\x81\\x65hello\" }"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["message_sent"]["payload"], "gWVoZWxsbw==");
  EXPECT_EQ(json["message_sent"]["payload_json"],
            nlohmann::json::array({"hello"}));
}

TEST(EventJsonTest, LeavesAPayloadThatWasCutAsItIs) {
  const auto json = nlohmann::json::parse(EventJson(
      EventOf("message_received { from_id: 7 payload: \"\\x59\\x23\" }")));
  EXPECT_EQ(json["message_received"]["payload"], "WSM=");
  EXPECT_FALSE(json["message_received"].contains("payload_json"));
}

}  // namespace
}  // namespace thespian::gateway::cli
