#include "tests/server/host/thespian_fixture.h"

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::StartsWith;

// All that are started, but for those that answer in a way of their own.
constexpr const char* kEchoing[] = {"echo",  "dier",   "linker", "burst",
                                    "namer", "worker", "wedge",  "keeper"};

}  // namespace

std::vector<Generation> BothGenerations() {
  return {{Dialect::kThespian, "thespian-32k"},
          {Dialect::kThespian16k, "thespian-16k"}};
}

std::string GenerationName(const ::testing::TestParamInfo<Generation>& row) {
  return row.param.name.substr(row.param.name.find('-') + 1);
}

std::string ItemBytes(const nlohmann::json& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, bytes);
  return bytes;
}

v1::Payload Item(const nlohmann::json& value) { return Cbor(ItemBytes(value)); }

ThespianTest::ThespianTest() {
  options_.endpoint.dialect = GetParam().dialect;
  options_.endpoint.names = {"spawner", "counter"};
  options_.endpoint.names.insert(options_.endpoint.names.end(),
                                 std::begin(kEchoing), std::end(kEchoing));
}

void ThespianTest::RunModel() {
  ASSERT_NO_FATAL_FAILURE(
      Run({TG_MODEL_CHILD, "--generation", GetParam().name}));
}

void ThespianTest::ExpectUnharmedBut(const std::string& dead) {
  for (const std::string actor : kEchoing) {
    if (actor == dead) continue;
    SCOPED_TRACE(actor);
    EXPECT_EQ(Ask(actor, Item({"alive", actor})), ItemBytes({"alive", actor}));
  }
  EXPECT_THAT(Ask("spawner", Item({"alive"})), StartsWith("\x82\x65hello"));
  EXPECT_THAT(Ask("counter", Item({"get"})), StartsWith("\x82\x65"
                                                        "count"));
  const v1::Endpoint endpoint = GetEndpoint();
  EXPECT_EQ(endpoint.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(endpoint.incarnation(), 1u);
  EXPECT_FALSE(endpoint.has_last_exit());
}

void ThespianTest::LetSpeak(const std::string& actor) {
  constexpr uint64_t kMessageAndExit = 2;
  const uint64_t written = FramesWritten();
  Ask(actor, Item({"speak"}));
  while (FramesWritten() < written + kMessageAndExit) {
  }
}

std::unique_ptr<AttachClient> ThespianTest::AttachLinkedTo(uint64_t remote) {
  auto client = Attach();
  client->Do(LinkTo(remote, 1));
  const auto result = client->Next(v1::ActorEvent::kCommandResult);
  EXPECT_TRUE(result.has_value() &&
              result->command_result().status().code() == 0);
  return client;
}

// Ends are told in order, and the linker prints what it is told.
void ThespianTest::AwaitEndsTold() {
  const auto client = Attach();
  client->Do(SendToName("linker", Item({"link_me"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"linked"}));
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());
  EXPECT_THAT(NextErrorLine(), StartsWith("linker: got exit normal"));
}

std::string ThespianTest::NextErrorLine() {
  if (error_lines_ == nullptr) {
    error_lines_ = std::make_unique<Watcher>(
        stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_STDERR_LINE}));
  }
  const auto event = error_lines_->Next(v1::ProxyEvent::kStderrLine);
  return event.has_value() ? event->stderr_line().line() : "";
}

uint64_t ThespianTest::FramesWritten() {
  const v1::EndpointCounters counters = GetEndpoint().counters();
  return counters.written() + counters.control_written();
}

}  // namespace thespian::gateway
