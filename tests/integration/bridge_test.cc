// Two gateways in a row: the child of the near one is the bridge, which stands
// for the actors of the far one. All are processes of their own.
#include <signal.h>

#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

#include "absl/synchronization/notification.h"
#include "endpoint/json/json_payload.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/integration/mate.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};

// The first id of those that the bridge gives to actors of a later run.
constexpr uint64_t kMapped = uint64_t{1} << 52;

client::Client ClientOf(const GatewayProcess& gateway) {
  return client::Connect({.address = gateway.address()}).value();
}

// What happens at a gateway from now on.
class Events {
 public:
  using Wanted = std::function<bool(const v1::ProxyEvent&)>;

  explicit Events(const GatewayProcess& gateway)
      : watch_(ClientOf(gateway).WatchProxies({})),
        deadline_([this] { watch_->Cancel(); }) {
    EXPECT_TRUE(Await([](const v1::ProxyEvent& event) {
      return event.has_snapshot_complete();
    }));
  }

  // Waits for the next event of that kind. False: none comes.
  bool Await(const Wanted& wanted) {
    v1::ProxyEvent event;
    while (watch_->Next(event)) {
      if (wanted(event)) return true;
    }
    return false;
  }

 private:
  // Cancels the watch of a broken program.
  class Deadline {
   public:
    explicit Deadline(std::function<void()> pass)
        : thread_([this, pass] {
            if (!over_.WaitForNotificationWithTimeout(
                    absl::FromChrono(kPatience))) {
              pass();
            }
          }) {}
    ~Deadline() {
      over_.Notify();
      thread_.join();
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

   private:
    absl::Notification over_;
    std::thread thread_;
  };

  std::unique_ptr<client::Watch> watch_;
  Deadline deadline_;
};

Events::Wanted Closed(uint64_t id, const std::string& reason) {
  return [id, reason](const v1::ProxyEvent& event) {
    return event.proxy_closed().remote_id() == id &&
           event.proxy_closed().reason() == reason;
  };
}

Events::Wanted Linked(uint64_t remote, uint64_t local) {
  return [remote, local](const v1::ProxyEvent& event) {
    return event.link_created().remote_id() == remote &&
           event.link_created().local_id() == local &&
           event.link_created().by_remote();
  };
}

bool IsLink(const v1::ProxyEvent& event) { return event.has_link_created(); }

Events::Wanted Unlinked(uint64_t remote, const std::string& reason) {
  return [remote, reason](const v1::ProxyEvent& event) {
    return event.link_closed().remote_id() == remote &&
           event.link_closed().reason() == reason;
  };
}

// A far gateway with a child, and a near one with the bridge to it.
class Row {
 public:
  explicit Row(const std::vector<std::string>& child,
               const std::vector<std::string>& far_options = {},
               std::vector<std::string> near_options = {})
      : far_(far_options, child),
        near_(std::move(near_options),
              {TG_BRIDGE_CHILD, "--gateway", far_.address()}) {}

  GatewayProcess& far() { return far_; }
  GatewayProcess& near() { return near_; }

 private:
  GatewayProcess far_;
  GatewayProcess near_;
};

TEST(BridgeTest, WhatIsSentToANameComesBackUnderTheFarId) {
  Row row(kDemoChild);
  Mate mate(row.near().address());

  mate.SendNamed("echo", R"(["hello",{"a":[1,2.5,null]}])");
  EXPECT_EQ(mate.Message(1), R"(from 1 ["hello",{"a":[1,2.5,null]}])");
  mate.Send(1, R"("again")");
  EXPECT_EQ(mate.Message(2), R"(from 1 "again")");
}

TEST(BridgeTest, ACallGoesThroughBoth) {
  Row row(kDemoChild);

  const absl::StatusOr<client::Reply> reply =
      ClientOf(row.near())
          .CallNamed({.name = "echo"}, JsonToCbor("[1]").value());

  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->from, RemoteId{1});
  EXPECT_EQ(CborToJson(reply->payload).value(), "[1]");
}

TEST(BridgeTest, MessagesKeepTheirOrder) {
  static constexpr int kMessages = 5'000;
  Row row(kDemoChild);
  Mate mate(row.near().address());
  std::vector<std::string> wanted;
  for (int i = 0; i < kMessages; ++i) {
    wanted.push_back(fmt::format("from 1 {}", i));
    mate.SendNamed("echo", std::to_string(i));
  }

  mate.Message(kMessages);

  EXPECT_EQ(mate.LinesOf("from "), wanted);
}

TEST(BridgeTest, EachNearActorHasAFarOneOfItsOwn) {
  Row row(kDemoChild);
  const auto far_actors = [&row] {
    int number = 0;
    EXPECT_THAT(ClientOf(row.far()).ListLocalActors([&number](const auto&) {
      ++number;
      return true;
    }),
                IsOk());
    return number;
  };
  Mate silent(row.near().address());
  Mate ann(row.near().address());
  Mate bob(row.near().address());
  for (Mate* mate : {&ann, &bob}) {
    mate->SendNamed("echo", fmt::format("\"{}\"", mate == &ann ? "a" : "b"));
  }

  EXPECT_EQ(ann.Message(1), R"(from 1 "a")");
  EXPECT_EQ(bob.Message(1), R"(from 1 "b")");
  EXPECT_EQ(far_actors(), 2);
}

TEST(BridgeTest, ALinkedClientIsToldWhyTheFarActorEnded) {
  Row row(kDemoChild);
  Mate mate(row.near().address());
  mate.SendNamed("spawner", "[]");
  ASSERT_EQ(mate.Message(1), R"(from 100 ["hello",100])");

  mate.Link(100);
  mate.Send(100, R"("last words")");
  mate.Send(100, R"(["exit","enough"])");

  EXPECT_TRUE(mate.Hears("100 exited: enough"));
  EXPECT_THAT(mate.lines(),
              ElementsAre(HasSubstr("opened"), R"(from 100 ["hello",100])",
                          R"(from 100 "last words")", "100 exited: enough"));
}

TEST(BridgeTest, AnEndIsKnownWithoutALink) {
  Row row(kDemoChild);
  Events near(row.near());
  Mate mate(row.near().address());
  mate.SendNamed("spawner", "[]");
  ASSERT_EQ(mate.Message(1), R"(from 100 ["hello",100])");

  mate.Send(100, R"(["exit","enough"])");

  EXPECT_TRUE(near.Await(Closed(100, "enough")));
  mate.Send(100, R"("too late")", /*command_id=*/9);
  EXPECT_TRUE(mate.Hears("result 9 ACTOR_UNKNOWN"));
}

TEST(BridgeTest, AReleaseAtTheFarGatewayIsARelease) {
  Row row(kDemoChild);
  Events far(row.far());
  Mate mate(row.near().address());
  mate.SendNamed("echo", "1");
  ASSERT_EQ(mate.Message(1), "from 1 1");
  mate.Link(1);
  EXPECT_TRUE(far.Await(IsLink));

  EXPECT_THAT(ClientOf(row.far()).ReleaseProxy({.id = {1}}), IsOk());

  EXPECT_TRUE(mate.Hears("1 exited: released"));
  mate.SendNamed("echo", "2");
  EXPECT_EQ(mate.Message(2), "from 1 2") << "it lives, under the same id";
}

TEST(BridgeTest, WhatNobodySignedStaysAnonymous) {
  Row row(kDemoChild);
  Events far(row.far());
  const std::string payload = JsonToCbor("[1]").value();

  EXPECT_THAT(ClientOf(row.near()).SendNamed({.name = "counter"}, payload),
              IsOk());

  EXPECT_TRUE(far.Await([](const v1::ProxyEvent& event) {
    return event.message_sent().to_name() == "counter" &&
           event.message_sent().from_id() == 0;
  }));
}

// How a near client ends, and what the far child is told.
struct NearEnd {
  std::string name;
  bool close;
  std::string reason;
};

class BridgeFarLinkTest : public ::testing::TestWithParam<NearEnd> {};

TEST_P(BridgeFarLinkTest, AFarActorIsToldHowItsNearClientEnded) {
  const TempDir directory;
  const std::string record = directory.File("record");
  // Its delegate is the first local actor of the far gateway.
  Row row({TG_SCRIPTED_CHILD, "from:7", "frames:1", "send:1:hi", "link:1",
           "record:" + record, "until-eof"});
  Events near(row.near());
  Events far(row.far());
  auto mate = std::make_unique<Mate>(row.near().address());
  mate->SendNamed("anyone", R"("hello")");
  ASSERT_EQ(mate->Message(1), R"(from 7 "hi")");
  ASSERT_TRUE(near.Await(Linked(/*remote=*/7, /*local=*/1)));

  if (GetParam().close) {
    EXPECT_THAT(mate->Close(), IsOk());
  }
  mate.reset();

  EXPECT_TRUE(far.Await(Unlinked(7, GetParam().reason)));
  row.far().program().Kill(SIGTERM);
  EXPECT_EQ(row.far().program().Wait().code, 0);
  std::stringstream told;
  told << std::ifstream(record).rdbuf();
  EXPECT_THAT(told.str(),
              HasSubstr(ToHex(JsonToCbor(fmt::format(R"(["exit",1,"{}"])",
                                                     GetParam().reason))
                                  .value())));
}

INSTANTIATE_TEST_SUITE_P(
    Ends, BridgeFarLinkTest,
    ::testing::Values(NearEnd{"HalfClosed", true, "normal"},
                      NearEnd{"Lost", false, "disconnected"}),
    [](const ::testing::TestParamInfo<NearEnd>& row) {
      return row.param.name;
    });

TEST(BridgeTest, ALinkOfTheFarActorTellsTheNearClientOfItsEnd) {
  Row row({TG_SCRIPTED_CHILD, "from:7", "frames:1", "send:1:hi", "link:1",
           "die:why", "until-eof"});
  Mate mate(row.near().address());

  mate.SendNamed("anyone", R"("hello")");

  EXPECT_TRUE(mate.Hears("7 exited: why"));
  EXPECT_EQ(mate.LinesOf("7 exited").size(), 1u);
}

// A diamond: two near clients, each linked through both gateways to two actors
// of the far child, which one of them crashes.
TEST(BridgeTest, ACrashOfTheFarChildIsToldToEveryoneLinkedThroughBoth) {
  Row row(kDemoChild);
  Mate ann(row.near().address());
  Mate bob(row.near().address());
  for (Mate* mate : {&ann, &bob}) {
    mate->SendNamed("crash", R"("?")");
    EXPECT_THAT(mate->Message(1), HasSubstr("from 5 [\"error\""));
    mate->SendNamed("echo", R"("!")");
    EXPECT_EQ(mate->Message(2), R"(from 1 "!")");
    mate->Link(5, /*command_id=*/5);
    mate->Link(1, /*command_id=*/1);
    EXPECT_TRUE(mate->Hears("result 5 OK"));
    EXPECT_TRUE(mate->Hears("result 1 OK"));
  }

  ann.Send(5, R"(["abort"])");

  for (const Mate* mate : {&ann, &bob}) {
    EXPECT_TRUE(mate->Hears("1 exited: transport_closed"));
    EXPECT_TRUE(mate->Hears("5 exited: transport_closed"));
    EXPECT_EQ(mate->LinesOf("1 exited").size(), 1u);
    EXPECT_THAT(mate->LinesOf("endpoint"), IsEmpty()) << "the bridge lives";
  }
}

TEST(BridgeTest, TheNextRunOfTheFarChildHasOtherActors) {
  Row row(kDemoChild, {"--restart-delay", "1ms"});
  Events far(row.far());
  Mate mate(row.near().address());
  mate.SendNamed("crash", R"("?")");
  EXPECT_THAT(mate.Message(1), HasSubstr("from 5 "));
  mate.Link(5);
  mate.Send(5, R"(["exit_process",3])");
  ASSERT_TRUE(mate.Hears("5 exited: transport_closed"));
  ASSERT_TRUE(far.Await([](const v1::ProxyEvent& event) {
    return event.incarnation() == 2 &&
           event.endpoint_state_changed().state() == v1::ENDPOINT_STATE_RUNNING;
  }));

  mate.Send(5, R"("who are you?")", /*command_id=*/9);
  EXPECT_TRUE(mate.Hears("result 9 ACTOR_UNKNOWN"));
  mate.SendNamed("crash", R"("?")");

  EXPECT_THAT(mate.Message(2), HasSubstr(fmt::format("from {} ", kMapped)));
}

TEST(BridgeTest, WithTheFarGatewayKilledItEndsAndSaysSo) {
  Row row(kDemoChild, {}, {"--restart", "never"});
  Events far(row.far());
  Mate mate(row.near().address());
  mate.SendNamed("echo", R"("!")");
  ASSERT_EQ(mate.Message(1), R"(from 1 "!")");
  mate.Link(1);
  ASSERT_TRUE(far.Await(IsLink));

  row.far().program().Kill(SIGKILL);

  EXPECT_TRUE(mate.Hears("1 exited: transport_closed"));
  EXPECT_TRUE(mate.Hears("endpoint failed"));
  const absl::StatusOr<v1::Endpoint> endpoint =
      ClientOf(row.near()).GetEndpoint("");
  ASSERT_THAT(endpoint, IsOk());
  EXPECT_EQ(endpoint->last_exit().exit_code(), 69);
  EXPECT_THAT(endpoint->last_exit().reason(), HasSubstr("far_gateway_lost"));
  EXPECT_THAT(endpoint->last_exit().stderr_lines(),
              IsSupersetOf({HasSubstr("the far gateway is lost")}));
}

TEST(BridgeTest, WithoutAFarGatewayItDoesNotBegin) {
  const TempDir directory;
  const Ended ended = Program({TG_BRIDGE_CHILD, "--gateway",
                               "unix:" + directory.File("nothing")})
                          .Wait();
  EXPECT_EQ(ended.code, 69);
  EXPECT_THAT(ended.err, HasSubstr("does not serve"));
  EXPECT_EQ(Program({TG_BRIDGE_CHILD}).Wait().code, 64);
}

TEST(BridgeTest, ItEndsWithTheNearGatewayAndItsActorsWithIt) {
  Row row(kDemoChild);
  Events far(row.far());
  Mate mate(row.near().address());
  mate.SendNamed("echo", R"("!")");
  ASSERT_EQ(mate.Message(1), R"(from 1 "!")");
  mate.Link(1);
  ASSERT_TRUE(far.Await(IsLink));

  row.near().program().Kill(SIGTERM);

  const Ended ended = row.near().program().Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("exit code 0"));
  EXPECT_TRUE(far.Await(Unlinked(1, "disconnected")));
}

TEST(BridgeTest, AClientTooManyForTheFarGatewayHurtsNobodyElse) {
  Row row(kDemoChild, {"--max-actors", "1"});
  Mate ann(row.near().address());
  ann.SendNamed("echo", R"("a")");
  ASSERT_EQ(ann.Message(1), R"(from 1 "a")");
  Mate bob(row.near().address());

  bob.SendNamed("echo", R"("b")");

  EXPECT_TRUE(row.near().program().AwaitErr("was cut off"));
  ann.SendNamed("echo", R"("c")");
  EXPECT_EQ(ann.Message(2), R"(from 1 "c")");
}

}  // namespace
}  // namespace thespian::gateway
