// The child's death, as everyone hears of it; and health.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/server/gateway_test.h"
#include "tests/support/patience.h"

namespace thespian::gateway {
namespace {

using ServingStatus = grpc::health::v1::HealthCheckResponse;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPromise{kSanitized ? 5'000 : 1'000};
constexpr int kClients = 100;

class DeathTest : public GatewayTest {
 protected:
  ServingStatus::ServingStatus Health(const std::string& service) {
    const auto health = grpc::health::v1::Health::NewStub(live_->channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = health->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  void KillTheChild() {
    ASSERT_EQ(kill(static_cast<pid_t>(GetEndpoint().pid()), SIGKILL), 0);
  }

  static void ExpectToldOfTheDeath(AttachClient& client) {
    std::optional<v1::ActorEvent> event;
    do {
      event = client.Next(v1::ActorEvent::kEndpointChanged);
      ASSERT_TRUE(event.has_value());
      EXPECT_EQ(event->endpoint_changed().incarnation(), 1u);
    } while (event->endpoint_changed().state() != v1::ENDPOINT_STATE_FAILED);
  }
};

TEST_F(DeathTest, OneHundredClientsAreToldWithinASecondWhenTheChildIsKilled) {
  RunDemo();
  std::vector<std::unique_ptr<AttachClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(Attach());
    clients.back()->Do({SendToName("echo", Text("x")), LinkTo(1)});
    EXPECT_EQ(clients.back()->NextCbor(), TextItem("x"));
  }
  Watcher watcher(
      stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_PROXY_CLOSED,
                                 v1::PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED}));
  ASSERT_TRUE(watcher.Next().has_value());

  KillTheChild();
  const steady_clock::time_point killed = steady_clock::now();

  for (const auto& client : clients) ExpectToldOfTheDeath(*client);
  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_FAILED);
  EXPECT_LT(steady_clock::now() - killed, kPromise);

  size_t closed = 0;
  for (const v1::ProxyEvent& event : events) {
    if (event.has_proxy_closed()) ++closed;
  }
  EXPECT_EQ(closed, 1u);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().endpoint_state_changed().exit().signal(), SIGKILL);
  EXPECT_EQ(waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT), -1);
  EXPECT_EQ(errno, ECHILD);
  EXPECT_EQ(Health(""), ServingStatus::NOT_SERVING);
}

TEST_F(DeathTest, HealthServesWhileTheChildRuns) {
  RunDemo();

  EXPECT_EQ(Health(""), ServingStatus::SERVING);
  EXPECT_EQ(Health("thespian.gateway.v1.GatewayService"),
            ServingStatus::SERVING);
  EXPECT_EQ(Health("liveness"), ServingStatus::SERVING);

  KillTheChild();
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_FAILED);
  while (Health("") == ServingStatus::SERVING) {
  }
  EXPECT_EQ(Health("thespian.gateway.v1.GatewayService"),
            ServingStatus::NOT_SERVING);
  EXPECT_EQ(Health("liveness"), ServingStatus::SERVING);
}

TEST_F(DeathTest, HealthDoesNotServeOnceTheEndHasBegun) {
  RunDemo();

  live_->BeginEnd();

  EXPECT_EQ(Health(""), ServingStatus::NOT_SERVING);
}

TEST_F(DeathTest, ALinkedClientHearsOfItsActorFirstAndThenOfTheChild) {
  RunDemo();
  const auto client = Attach();
  client->Do({SendToName("echo", Text("x"))});
  EXPECT_EQ(client->NextCbor(), TextItem("x"));
  client->Do(LinkTo(1, 5));
  ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());

  KillTheChild();

  const auto exited = client->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->exited().remote_id(), 1u);
  EXPECT_EQ(exited->exited().reason(), "transport_closed");
  ExpectToldOfTheDeath(*client);
}

}  // namespace
}  // namespace thespian::gateway
