// ReleaseProxy: the entry goes, linked local actors are told, and the remote
// actor, which lives on, gets a new proxy when it speaks again.
#include <chrono>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kEcho = 1;  // of the demo child

class ReleaseTest : public GatewayTest {
 protected:
  grpc::Status Release(const v1::ReleaseProxyRequest& request) {
    grpc::ClientContext context;
    Prepare({}, context);
    v1::ReleaseProxyResponse response;
    const grpc::Status status =
        stub().ReleaseProxy(&context, request, &response);
    EXPECT_EQ(response.incarnation(), status.ok() ? 1u : 0u);
    return status;
  }
  grpc::Status Release(uint64_t remote) { return Release(RequestFor(remote)); }

  static v1::ReleaseProxyRequest RequestFor(uint64_t remote) {
    v1::ReleaseProxyRequest request;
    request.set_remote_id(remote);
    return request;
  }

  // Makes the demo child's echo speak, to `client`.
  static void HearEcho(AttachClient& client) {
    client.Do(SendToName("echo", Text("x")));
    EXPECT_EQ(client.NextCbor(), TextItem("x"));
  }
};

TEST_F(ReleaseTest, TheEntryGoes) {
  RunDemo();
  const auto client = Attach();
  HearEcho(*client);

  EXPECT_THAT(Release(kEcho), IsRpcOk());

  const v1::EndpointCounters counters = GetEndpoint().counters();
  EXPECT_EQ(counters.proxies_created(), 1u);
  EXPECT_EQ(counters.proxies_closed(), 1u);
  EXPECT_EQ(counters.proxies_live(), 0u);
  EXPECT_THAT(Send(SendRequestTo(kEcho, Text("x"))),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(ReleaseTest, LinkedLocalActorsAreToldAndOthersAreNot) {
  RunDemo();
  const auto first = Attach();
  const auto second = Attach();
  const auto other = Attach();
  HearEcho(*first);
  for (AttachClient* client : {first.get(), second.get()}) {
    client->Do(LinkTo(kEcho, 1));
    ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());
  }

  EXPECT_THAT(Release(kEcho), IsRpcOk());

  for (AttachClient* client : {first.get(), second.get()}) {
    const auto event = client->Next();
    ASSERT_TRUE(event.has_value() && event->has_exited());
    EXPECT_EQ(event->exited().remote_id(), kEcho);
    EXPECT_EQ(event->exited().incarnation(), 1u);
    EXPECT_EQ(event->exited().reason(), "released");
  }
  other->HalfClose();
  EXPECT_FALSE(other->Next().has_value());
}

TEST_F(ReleaseTest, WatchersSeeWhyTheProxyWasClosed) {
  RunDemo();
  const auto client = Attach();
  HearEcho(*client);

  EXPECT_THAT(Release(kEcho), IsRpcOk());

  Watcher watcher(stub(), SinceTheBeginning());
  const auto event = watcher.Next(v1::ProxyEvent::kProxyClosed);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->proxy_closed().remote_id(), kEcho);
  EXPECT_EQ(event->proxy_closed().reason(), "released");
  EXPECT_EQ(event->proxy_closed().cause(), v1::PROXY_CLOSE_CAUSE_RELEASED);
}

TEST_F(ReleaseTest, TheNextMessageMakesANewProxy) {
  RunDemo();
  const auto client = Attach();
  HearEcho(*client);
  EXPECT_THAT(Release(kEcho), IsRpcOk());

  HearEcho(*client);

  const v1::EndpointCounters counters = GetEndpoint().counters();
  EXPECT_EQ(counters.proxies_created(), 2u);
  EXPECT_EQ(counters.proxies_live(), 1u);
  EXPECT_THAT(Send(SendRequestTo(kEcho, Text("x"))), IsRpcOk());
  // It is one to link to, too; the link of before is gone.
  client->Do(LinkTo(kEcho, 2));
  EXPECT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());
  EXPECT_THAT(Release(kEcho), IsRpcOk());
  EXPECT_TRUE(client->Next(v1::ActorEvent::kExited).has_value());
}

TEST_F(ReleaseTest, TheRemoteActorIsNotTold) {
  RunScript({"record:2", "from:7", "send-named:ready:x"});
  AwaitReady();
  ChildRecord record(stub());

  EXPECT_THAT(Release(7), IsRpcOk());

  EXPECT_THAT(Send(SendRequestTo("first", Text("x"))), IsRpcOk());
  EXPECT_EQ(record.Next()["name"], "first");
}

TEST_F(ReleaseTest, TheExitOfOneThatWasReleasedIsNoNews) {
  RunScript(
      {"from:7", "send-named:ready:x", "frames:1", "die:late", "stderr:done"});
  AwaitReady();
  EXPECT_THAT(Release(7), IsRpcOk());

  EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk());

  Watcher watcher(stub(), SinceTheBeginning());
  int closed = 0;
  for (const v1::ProxyEvent& event :
       watcher.Until([](const auto& e) { return e.has_stderr_line(); })) {
    if (event.has_proxy_closed()) ++closed;
  }
  EXPECT_EQ(closed, 1);
}

// --- Errors ----------------------------------------------------------------

TEST_F(ReleaseTest, AnActorWithoutAProxyIsUnknown) {
  RunDemo();

  const grpc::Status status = Release(kEcho);

  EXPECT_THAT(status, FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre("remote_id"));
  EXPECT_THAT(status.error_message(), HasSubstr("1"));
}

TEST_F(ReleaseTest, ItIsReleasedOnce) {
  RunDemo();
  const auto client = Attach();
  HearEcho(*client);
  EXPECT_THAT(Release(kEcho), IsRpcOk());

  EXPECT_THAT(Release(kEcho),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(ReleaseTest, BadFieldsAreNamed) {
  RunDemo();
  const auto client = Attach();
  HearEcho(*client);

  const grpc::Status nobody = Release(0);
  EXPECT_THAT(nobody,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(FailureOf(nobody).fields, ElementsAre("remote_id"));

  v1::ReleaseProxyRequest stale = RequestFor(kEcho);
  stale.set_incarnation(2);
  EXPECT_THAT(Release(stale), FailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                                        "INCARNATION_STALE"));

  v1::ReleaseProxyRequest elsewhere = RequestFor(kEcho);
  elsewhere.set_endpoint("nowhere");
  EXPECT_THAT(Release(elsewhere),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN"));

  EXPECT_EQ(GetEndpoint().counters().proxies_live(), 1u);
}

TEST_F(ReleaseTest, AChildThatIsDownHasNoProxies) {
  RunScript({"from:7", "send-named:ready:x", "frames:1", "exit:3"});
  AwaitReady();
  EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk());
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_FAILED);

  const grpc::Status status = Release(7);

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_FAILED"));
  EXPECT_THAT(FailureOf(status).fields, IsEmpty());
}

}  // namespace
}  // namespace thespian::gateway
