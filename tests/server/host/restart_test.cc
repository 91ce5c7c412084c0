// A restart of the child under clients that are attached and busy.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;

// What one client saw from before the end of the first run until it worked with
// the second.
struct Seen {
  int exits = 0;
  std::string exit_reason;
  bool running_again = false;
  bool exit_before_running = false;
  bool works_again = false;
};

class RestartTest : public GatewayTest {
 protected:
  RestartTest() {
    options_.endpoint.restart = {.mode = RestartMode::kOnFailure,
                                 .first_delay = milliseconds(10),
                                 .longest_delay = milliseconds(10)};
  }

  void KillChild() {
    ASSERT_EQ(kill(static_cast<pid_t>(GetEndpoint().pid()), SIGKILL), 0);
  }

  // The id of the demo child's echo.
  static uint64_t FindEcho(AttachClient& client) {
    client.Do(SendToName("echo", Text("where")));
    const auto event = client.Next(v1::ActorEvent::kDelivery);
    return event.has_value() ? event->delivery().from_id() : 0;
  }

  // Keeps the child busy until it has come back.
  static Seen WorkThroughARestart(AttachClient& client,
                                  std::atomic<int>& busy) {
    constexpr char kAfter[] = "after";
    Seen seen;
    client.Do(SendToName("echo", Text("work")));
    ++busy;
    while (!seen.works_again) {
      const auto event = client.Next();
      if (!event.has_value()) break;
      if (event->has_exited()) {
        ++seen.exits;
        seen.exit_reason = event->exited().reason();
        seen.exit_before_running = !seen.running_again;
      } else if (event->has_endpoint_changed() &&
                 event->endpoint_changed().state() ==
                     v1::ENDPOINT_STATE_RUNNING) {
        seen.running_again = event->endpoint_changed().incarnation() == 2;
        client.Do(SendToName("echo", Text(kAfter)));
      } else if (event->has_delivery()) {
        seen.works_again =
            event->delivery().payload().cbor() == TextItem(kAfter);
        if (!seen.running_again) client.Do(SendToName("echo", Text("work")));
      }
    }
    return seen;
  }
};

TEST_F(RestartTest, FiftyBusyClientsEachSeeOneEndAndGoOn) {
  constexpr size_t kClients = 50;
  RunDemo();
  std::vector<std::unique_ptr<AttachClient>> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(Attach());
    ASSERT_TRUE(clients.back()->Do(LinkTo(FindEcho(*clients.back()), 9)));
    ASSERT_TRUE(clients.back()->Next(v1::ActorEvent::kCommandResult));
  }
  std::vector<Seen> seen(kClients);
  std::vector<std::thread> threads;
  std::atomic<int> busy = 0;
  for (size_t i = 0; i < kClients; ++i) {
    threads.emplace_back(
        [&, i] { seen[i] = WorkThroughARestart(*clients[i], busy); });
  }
  while (busy < static_cast<int>(kClients)) {
  }

  KillChild();

  for (std::thread& thread : threads) thread.join();
  for (const Seen& one : seen) {
    EXPECT_EQ(one.exits, 1);
    EXPECT_EQ(one.exit_reason, "transport_closed");
    EXPECT_TRUE(one.exit_before_running);
    EXPECT_TRUE(one.running_again);
    EXPECT_TRUE(one.works_again);
  }
  EXPECT_EQ(GetEndpoint().restarts(), 1u);
}

TEST_F(RestartTest, ACallThatTheChildTookWithItIsToldSo) {
  options_.endpoint.restart.first_delay = milliseconds(1'000);
  RunScript({"mute"});
  std::thread killer([this] {
    while (GetEndpoint().counters().written() == 0) {
    }
    KillChild();
  });
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::CallResponse response;
  const grpc::Status status =
      stub().Call(&context, CallTo("echo", Text("x")), &response);
  killer.join();
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_DOWN"));
}

TEST_F(RestartTest, AnIdOfTheEarlierRunIsRefused) {
  RunDemo();
  const auto client = Attach();
  const uint64_t echo = FindEcho(*client);
  KillChild();
  while (GetEndpoint().incarnation() < 2 ||
         GetEndpoint().state() != v1::ENDPOINT_STATE_RUNNING) {
  }
  v1::SendRequest request = SendRequestTo(echo, Text("x"));
  request.set_incarnation(1);
  EXPECT_THAT(Send(request), FailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                                       "INCARNATION_STALE"));
}

}  // namespace
}  // namespace thespian::gateway
