// Routes of the pools of a gateway, with real children.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/gateway.h"
#include "endpoint/loop/outcome.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/patience.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::SizeIs;

class RelayGatewayTest : public ::testing::Test {
 protected:
  ~RelayGatewayTest() override { gateway_.EndEndpoints(); }

  static PoolOptions OptionsOf(std::string name,
                               std::vector<std::string> verbs) {
    PoolOptions options;
    options.member.name = std::move(name);
    options.member.command.arguments = std::move(verbs);
    options.member.command.arguments.insert(
        options.member.command.arguments.begin(), TG_SCRIPTED_CHILD);
    options.drain = std::chrono::hours(1);
    return options;
  }
  void AddPool(const PoolOptions& options) {
    for (const EndpointHandle& member : gateway_.AddPool(options)) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }
  // Puts routes "x" to west in, with a new child that does this.
  void AddEast(std::vector<std::string> verbs) {
    PoolOptions options = OptionsOf("east", std::move(verbs));
    options.routes = {{"x", "west"}};
    AddPool(options);
  }
  void AwaitEvent(const std::string& event) {
    EXPECT_THAT(reader_.AwaitEvent(event), Contains(event));
  }
  // Something for the child of east, whatever it is.
  void Nudge() {
    FrameBatch batch(LocalId{});
    const EndpointHandle east = *gateway_.FindEndpoint("east");
    ASSERT_THAT(east->sender().Add({{}, "nudge", {}, "\x01"}, batch), IsOk());
    FrameWriter::Done done = [](const absl::Status&, size_t) {};
    ASSERT_THAT(east->sender().Submit(batch, done), IsOk());
  }

  NoTraceLeft no_trace_left_;
  SystemClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {.journal = {.pace = kAtOnce}}};
  JournalReader reader_{gateway_.journal()};
};

TEST_F(RelayGatewayTest, AnActorIsAnsweredAlongARoute) {
  AddPool(OptionsOf("west", {"echo"}));
  AddEast({"send-named:x:hi", "until-eof"});
  AwaitEvent("sent 2 -> 1");
  ASSERT_THAT(gateway_.relays().Stats(), SizeIs(2));
  const auto actor = gateway_.locals().Find({1});
  ASSERT_NE(actor, nullptr);
  ASSERT_NE(actor->relayed(), nullptr);
  EXPECT_EQ(*actor->relayed()->endpoint, "east");
}

TEST_F(RelayGatewayTest, TheEndOfALinkedOneIsTold) {
  AddPool(OptionsOf("west", {"echo"}));
  AddEast({"send-named:x:hi", "frames:1", "link:2", "until-eof"});
  AwaitEvent("linked 1 and 1 by local");
  (*gateway_.FindEndpoint("west"))->Kill();
  AwaitEvent("unlinked 1 and 2: transport_closed");
}

TEST_F(RelayGatewayTest, ASenderKeepsItsMemberOfAPoolThatChoosesBySender) {
  PoolOptions west = OptionsOf("west", {"until-eof"});
  west.replicas = 3;
  west.balance = Balance::kBySender;
  AddPool(west);
  AddEast({"send-named:x:1", "send-named:x:2", "send-named:x:3",
           "send-named:x:4", "send-named:nobody:5", "until-eof"});
  AwaitEvent("undeliverable: received 1 -> 'nobody': no_such_name");
  ASSERT_THAT(gateway_.relays().Stats(), SizeIs(1));
  EXPECT_EQ(gateway_.relays().Stats().front().in, 4u);
}

// What is addressed to the old one's ids reaches it while it drains; names go
// to the new one, which knows nobody yet.
TEST_F(RelayGatewayTest, AReplacedEndpointKeepsWhatIsAddressedToItsIds) {
  AddPool(OptionsOf("west", {"echo"}));
  AddEast({"send-named:x:hi", "frames:1", "frames:1", "send:2:old",
           "send-named:x:new", "until-eof"});
  AwaitEvent("sent 2 -> 1");
  const auto outcome = std::make_shared<Outcome>();
  gateway_.operations().Replace(
      "west", [outcome](absl::Status status) { outcome->Set(status); });
  EXPECT_THAT(outcome->WaitFor(kPatience).value(), IsOk());
  Nudge();
  EXPECT_THAT(reader_.AwaitEvent("sent 3 -> 'x'"),
              AllOf(Contains("sent 1 -> 1"), Contains("sent 3 -> 'x'")));
}

TEST_F(RelayGatewayTest, RoutesAreChangedWithoutANewChild) {
  AddPool(OptionsOf("west", {"echo"}));
  AddEast({"frames:1", "send-named:y:new", "until-eof"});
  (*gateway_.FindEndpoint("east"))
      ->SetRoutes(Routes(Routes::Table{{"y", "west"}}));
  Nudge();
  AwaitEvent("sent 1 -> 'y'");
}

}  // namespace
}  // namespace thespian::gateway
