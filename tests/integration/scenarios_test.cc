// What two processes of the actor library do with each other, done by clients
// of the gateway and its demo child: echo, reply by id, `from` substitution,
// and a link whose other end dies.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

// The demo child's own actors.
constexpr uint64_t kEcho = 1;
constexpr uint64_t kCrash = 5;

class ScenariosTest : public ::testing::Test {
 protected:
  std::unique_ptr<AttachClient> Attach() {
    auto client = std::make_unique<AttachClient>(*stub_);
    EXPECT_TRUE(client->Open("", v1::PAYLOAD_ENCODING_JSON));
    return client;
  }

  // "id says json", or "id exited: reason", of the next that the client hears
  // of another actor; empty at the end.
  static std::string Hear(AttachClient& client) {
    while (const auto event = client.Next()) {
      if (event->has_delivery()) {
        return std::to_string(event->delivery().from_id()) + " says " +
               event->delivery().payload().json();
      }
      if (event->has_exited()) {
        return std::to_string(event->exited().remote_id()) +
               " exited: " + event->exited().reason();
      }
    }
    return "";
  }

  // Starts an actor that greets the client, and returns its id.
  static uint64_t Spawn(AttachClient& client) {
    client.Do(SendToName("spawner", Json(R"(["go"])")));
    const auto event = client.Next(v1::ActorEvent::kDelivery);
    return event.has_value() ? event->delivery().from_id() : 0;
  }

  static void Link(AttachClient& client, uint64_t remote) {
    client.Do(LinkTo(remote, 1));
    const auto event = client.Next(v1::ActorEvent::kCommandResult);
    ASSERT_TRUE(event.has_value());
    ASSERT_THAT(event->command_result().status(), IsRpcOk());
  }

  GatewayProcess gateway_{{}, {TG_DEMO_CHILD}};
  const std::unique_ptr<v1::GatewayService::Stub> stub_ =
      v1::GatewayService::NewStub(grpc::CreateChannel(
          gateway_.address(), grpc::InsecureChannelCredentials()));
};

TEST_F(ScenariosTest, EchoRoundTrip) {
  const auto client = Attach();

  for (const char* text : {R"("hello")", R"(["ping",1,2.5,null,{"a":[]}])"}) {
    client->Do(SendToName("echo", Json(text)));
    EXPECT_EQ(Hear(*client), std::string("1 says ") + text);
  }
}

TEST_F(ScenariosTest, ReplyById) {
  const auto client = Attach();
  client->Do(SendToName("spawner", Json(R"(["go"])")));
  EXPECT_EQ(Hear(*client), R"(100 says ["hello",100])");

  // The id is all that it knows of the actor: it has no name.
  client->Do(SendTo(100, Json(R"("and hello to you")")));

  EXPECT_EQ(Hear(*client), R"(100 says "and hello to you")");
}

// The child never learns who a client is from what the client says: `from` is
// the gateway's to fill in, and a reply to it finds its way back.
TEST_F(ScenariosTest, FromSubstitution) {
  const auto first = Attach();
  const auto second = Attach();

  // Each claims to be the other, where only the child would look.
  second->Do(SendToName("echo", Json(R"({"from":1})")));
  EXPECT_EQ(Hear(*second), R"(1 says {"from":1})");
  first->Do(SendTo(kEcho, Json(R"({"from":2})")));
  EXPECT_EQ(Hear(*first), R"(1 says {"from":2})");

  first->HalfClose();
  EXPECT_EQ(Hear(*first), "") << "nothing of the other's";
  second->HalfClose();
  EXPECT_EQ(Hear(*second), "") << "nothing of the other's";
}

TEST_F(ScenariosTest, ALinkedRemoteDiesAndItsReasonArrives) {
  const auto client = Attach();
  const uint64_t remote = Spawn(*client);
  Link(*client, remote);

  client->Do({SendTo(remote, Json(R"("last words")")),
              SendTo(remote, Json(R"(["exit","heat death"])"))});

  const std::string id = std::to_string(remote);
  EXPECT_EQ(Hear(*client), id + R"( says "last words")");
  EXPECT_EQ(Hear(*client), id + " exited: heat death");
  client->Do(SendTo(remote, Json("1"), 2));
  const auto event = client->Next(v1::ActorEvent::kCommandResult);
  ASSERT_TRUE(event.has_value());
  EXPECT_THAT(event->command_result().status(),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(ScenariosTest, AnothersMessageMayBringTheDeathAbout) {
  const auto linked = Attach();
  const auto killer = Attach();
  const uint64_t remote = Spawn(*linked);
  Link(*linked, remote);

  killer->Do(SendTo(remote, Json(R"(["exit","killed"])")));

  EXPECT_EQ(Hear(*linked), std::to_string(remote) + " exited: killed");
  killer->HalfClose();
  EXPECT_EQ(Hear(*killer), "");
}

TEST_F(ScenariosTest, TheDeathOfTheWholeProcessEndsEveryLink) {
  const auto client = Attach();
  const uint64_t remote = Spawn(*client);
  client->Do(SendToName("crash", Json("1")));
  EXPECT_EQ(Hear(*client).substr(0, 2), "5 ");
  Link(*client, remote);
  Link(*client, kCrash);

  client->Do(SendTo(kCrash, Json(R"(["abort"])")));

  EXPECT_THAT(std::vector({Hear(*client), Hear(*client)}),
              ::testing::UnorderedElementsAre(
                  std::to_string(remote) + " exited: transport_closed",
                  std::to_string(kCrash) + " exited: transport_closed"));
}

}  // namespace
}  // namespace thespian::gateway
