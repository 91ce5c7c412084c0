// AdminService over real gRPC.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AdminTest : public GatewayTest {
 protected:
  // Calls `method` for `endpoint`.
  template <typename Request, typename Response>
  grpc::Status Do(grpc::Status (v1::AdminService::Stub::*method)(
                      grpc::ClientContext*, const Request&, Response*),
                  Response& response, const std::string& endpoint = "") {
    Request request;
    request.set_endpoint(endpoint);
    return DoRequest(method, request, response);
  }
  template <typename Request, typename Response>
  grpc::Status DoRequest(grpc::Status (v1::AdminService::Stub::*method)(
                             grpc::ClientContext*, const Request&, Response*),
                         const Request& request, Response& response) {
    const auto stub = v1::AdminService::NewStub(live_->channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    return (stub.get()->*method)(&context, request, &response);
  }

  grpc::Status Reload(v1::ReloadResponse& response) {
    return DoRequest(&v1::AdminService::Stub::Reload, v1::ReloadRequest(),
                     response);
  }
  grpc::Status Scale(const std::string& pool, uint32_t replicas,
                     v1::ScaleEndpointResponse& response) {
    v1::ScaleEndpointRequest request;
    request.set_endpoint(pool);
    request.set_replicas(replicas);
    return DoRequest(&v1::AdminService::Stub::ScaleEndpoint, request, response);
  }

  // What the gateway reads when it reloads.
  void SetFile(absl::StatusOr<std::vector<PoolOptions>> pools) {
    live_->gateway().operations().SetSource(
        [pools = std::move(pools)] { return pools; });
  }
  // As the gateway has the endpoint that it was started with.
  PoolOptions Default() { return {.member = options_.endpoint}; }
  PoolOptions Named(std::string name) {
    PoolOptions pool = Default();
    pool.member.name = std::move(name);
    return pool;
  }
  void AddPool(const std::string& name, size_t replicas) {
    PoolOptions pool = Named(name);
    pool.replicas = replicas;
    for (const EndpointHandle& member : live_->gateway().AddPool(pool)) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }
};

template <typename Response>
std::vector<std::string> NamesIn(const Response& response) {
  std::vector<std::string> names;
  for (const v1::Endpoint& endpoint : response.endpoints()) {
    names.push_back(endpoint.name());
  }
  return names;
}

TEST_F(AdminTest, StopsAndStarts) {
  RunDemo();
  v1::StopEndpointResponse stopped;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped), IsRpcOk());
  EXPECT_EQ(stopped.endpoint().state(), v1::ENDPOINT_STATE_STOPPED);
  EXPECT_EQ(stopped.endpoint().pid(), 0);
  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_DOWN"));

  v1::StartEndpointResponse started;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StartEndpoint, started), IsRpcOk());
  EXPECT_EQ(started.endpoint().state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(started.endpoint().incarnation(), 2u);
  EXPECT_EQ(started.endpoint().restarts(), 1u);
  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))), IsRpcOk());
}

TEST_F(AdminTest, RestartsUnderAClientThatGoesOn) {
  RunDemo();
  const auto client = Attach();
  v1::RestartEndpointResponse restarted;
  ASSERT_THAT(Do(&v1::AdminService::Stub::RestartEndpoint, restarted),
              IsRpcOk());
  EXPECT_EQ(restarted.endpoint().incarnation(), 2u);
  std::vector<v1::EndpointState> states;
  while (states.empty() || states.back() != v1::ENDPOINT_STATE_RUNNING) {
    const auto event = client->Next(v1::ActorEvent::kEndpointChanged);
    ASSERT_TRUE(event.has_value());
    states.push_back(event->endpoint_changed().state());
  }
  EXPECT_THAT(states, ::testing::ElementsAre(v1::ENDPOINT_STATE_STOPPING,
                                             v1::ENDPOINT_STATE_STARTING,
                                             v1::ENDPOINT_STATE_RUNNING));
  client->Do(SendToName("echo", Text("again")));
  EXPECT_EQ(client->NextCbor(), TextItem("again"));
}

TEST_F(AdminTest, AChildThatCanNotBeStartedIsToldWithItsReason) {
  RunScript({"exit:7"});
  Watcher watcher(stub(), SinceTheBeginning());
  ASSERT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_FAILED).empty());
  EXPECT_THAT(GetEndpoint().state_reason(), HasSubstr("exit code 7"));
  v1::StopEndpointResponse stopped;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped), IsRpcOk());
  EXPECT_EQ(stopped.endpoint().state(), v1::ENDPOINT_STATE_STOPPED);
  EXPECT_EQ(stopped.endpoint().last_exit().exit_code(), 7);
}

TEST_F(AdminTest, TheLastFramesAreShown) {
  RunDemo();
  const auto client = Attach();
  client->Do(SendToName("echo", Text("hello")));
  ASSERT_EQ(client->NextCbor(), TextItem("hello"));

  v1::GetFlightRecordResponse response;
  ASSERT_THAT(Do(&v1::AdminService::Stub::GetFlightRecord, response),
              IsRpcOk());

  ASSERT_EQ(response.frames_size(), 2);
  const v1::RecordedFrame& to = response.frames(0);
  EXPECT_FALSE(to.from_child());
  EXPECT_EQ(to.incarnation(), 1u);
  EXPECT_EQ(to.text(), "[\"send_named\", 1, \"echo\", \"hello\"]");
  EXPECT_TRUE(response.frames(1).from_child());
  EXPECT_THAT(response.frames(1).text(),
              AllOf(HasSubstr("[\"send\", "), HasSubstr(", 1, \"hello\"]")));
}

// --- Reload ----------------------------------------------------------------

TEST_F(AdminTest, ReloadMakesTheEndpointsWhatTheFileSays) {
  RunDemo();
  const int64_t pid = GetEndpoint().pid();
  PoolOptions changing = Named("changing");
  SetFile(std::vector<PoolOptions>{Default(), changing, Named("going")});
  v1::ReloadResponse first;
  ASSERT_THAT(Reload(first), IsRpcOk());
  EXPECT_THAT(first.added(), ElementsAre("changing", "going"));
  EXPECT_THAT(first.unchanged(), ElementsAre("default"));

  changing.member.command.arguments.emplace_back("--dialect");
  changing.member.command.arguments.emplace_back("plain");
  SetFile(std::vector<PoolOptions>{Default(), changing, Named("new")});
  v1::ReloadResponse second;
  ASSERT_THAT(Reload(second), IsRpcOk());

  EXPECT_THAT(second.added(), ElementsAre("new"));
  EXPECT_THAT(second.removed(), ElementsAre("going"));
  EXPECT_THAT(second.changed(), ElementsAre("changing"));
  EXPECT_THAT(second.unchanged(), ElementsAre("default"));
  EXPECT_EQ(GetEndpoint().pid(), pid);
}

TEST_F(AdminTest, AFileThatCantBeReadChangesNothing) {
  RunDemo();
  SetFile(MakeFieldError(ErrorReason::kFieldInvalid, "config",
                         "gateway.toml:3: nothing of that kind"));

  v1::ReloadResponse response;
  const grpc::Status status = Reload(response);

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("gateway.toml:3"));
  EXPECT_EQ(GetEndpoint().incarnation(), 1u);
  EXPECT_EQ(GetEndpoint().state(), v1::ENDPOINT_STATE_RUNNING);
}

TEST_F(AdminTest, WithoutAFileThereIsNothingToReload) {
  RunDemo();
  v1::ReloadResponse response;
  EXPECT_THAT(Reload(response),
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
}

TEST_F(AdminTest, AChangedOneThatDoesNotComeUpIsTold) {
  RunDemo();
  PoolOptions broken = Default();
  broken.member.command.arguments = {"/nothing/of/this/name"};
  SetFile(std::vector<PoolOptions>{broken});

  v1::ReloadResponse response;
  EXPECT_THAT(Reload(response),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_FAILED"));
  EXPECT_EQ(GetEndpoint().incarnation(), 1u);
  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))), IsRpcOk());
}

// --- Scale -----------------------------------------------------------------

TEST_F(AdminTest, APoolHasSoManyMembersAsItIsScaledTo) {
  RunDemo();
  AddPool("pool", 1);

  v1::ScaleEndpointResponse more;
  ASSERT_THAT(Scale("pool", 3, more), IsRpcOk());
  EXPECT_THAT(NamesIn(more), ElementsAre("pool/0", "pool/1", "pool/2"));
  for (const v1::Endpoint& member : more.endpoints()) {
    EXPECT_EQ(member.state(), v1::ENDPOINT_STATE_RUNNING) << member.name();
    EXPECT_EQ(member.pool(), "pool");
  }

  v1::ScaleEndpointResponse fewer;
  ASSERT_THAT(Scale("pool", 2, fewer), IsRpcOk());
  EXPECT_THAT(NamesIn(fewer), ElementsAre("pool/0", "pool/1"));
  EXPECT_EQ(fewer.endpoints(0).pid(), more.endpoints(0).pid());
}

TEST_F(AdminTest, WhatCantBeScaledIsRefused) {
  RunDemo();
  AddPool("pool", 1);
  v1::ScaleEndpointResponse response;
  EXPECT_THAT(Scale("nothing", 2, response),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN"));
  const auto invalid =
      FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID");
  EXPECT_THAT(Scale("default", 2, response), invalid);
  EXPECT_THAT(Scale("pool", 0, response), invalid);
  EXPECT_THAT(Scale("pool", 1'001, response), invalid);
  EXPECT_THAT(live_->gateway().directory().MembersOf("pool"), SizeIs(1));
}

// --- Replace ---------------------------------------------------------------

TEST_F(AdminTest, ANewChildTakesThePlaceOfTheOldOne) {
  RunDemo();
  const int64_t pid = GetEndpoint().pid();
  ASSERT_THAT(Send(SendRequestTo("echo", Text("x"))), IsRpcOk());

  v1::ReplaceEndpointResponse response;
  ASSERT_THAT(Do(&v1::AdminService::Stub::ReplaceEndpoint, response),
              IsRpcOk());

  ASSERT_THAT(NamesIn(response), ElementsAre("default"));
  EXPECT_NE(response.endpoints(0).pid(), pid);
  EXPECT_EQ(response.endpoints(0).incarnation(), 2u);
  EXPECT_THAT(response.endpoints(0).draining_incarnations(), ElementsAre(1u));
  EXPECT_EQ(response.endpoints(0).counters().accepted(), 1u)
      << "what the old one has counted is counted";
}

TEST_F(AdminTest, TheMembersOfAPoolAreReplaced) {
  RunDemo();
  AddPool("pool", 2);

  v1::ReplaceEndpointResponse all;
  ASSERT_THAT(Do(&v1::AdminService::Stub::ReplaceEndpoint, all, "pool"),
              IsRpcOk());
  EXPECT_THAT(NamesIn(all), ElementsAre("pool/0", "pool/1"));
  v1::ReplaceEndpointResponse one;
  ASSERT_THAT(Do(&v1::AdminService::Stub::ReplaceEndpoint, one, "pool/1"),
              IsRpcOk());

  ASSERT_THAT(NamesIn(one), ElementsAre("pool/1"));
  EXPECT_EQ(all.endpoints(0).incarnation(), 2u);
  EXPECT_EQ(one.endpoints(0).incarnation(), 3u);
}

TEST_F(AdminTest, AnOldOneStaysIfTheNewOneDoesNotComeUp) {
  RunScript({"until-eof"});
  PoolOptions mute = Named("mute");
  mute.ready_name = "ready";
  mute.member.command.arguments = {options_.endpoint.command.arguments.front(),
                                   "frames:1", "exit:3"};
  mute.member.restart.mode = RestartMode::kNever;
  for (const EndpointHandle& member : live_->gateway().AddPool(mute)) {
    ASSERT_THAT(member->Start(), IsOk());
  }

  v1::ReplaceEndpointResponse response;
  const grpc::Status status =
      Do(&v1::AdminService::Stub::ReplaceEndpoint, response, "mute");

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_FAILED"));
  EXPECT_THAT(status.error_message(), HasSubstr("the old one stays"));
  const auto members = live_->gateway().directory().MembersOf("mute");
  ASSERT_THAT(members, SizeIs(1));
  EXPECT_EQ(members.front()->Status().incarnation.value, 1u);
  EXPECT_EQ(members.front()->state(), EndpointState::kRunning);
  EXPECT_THAT(live_->gateway().directory().Draining("mute"), IsEmpty());
}

// --- Errors ----------------------------------------------------------------

TEST_F(AdminTest, AnEndpointThatIsNotThereIsTold) {
  RunDemo();
  v1::StartEndpointResponse started;
  v1::StopEndpointResponse stopped;
  v1::RestartEndpointResponse restarted;
  v1::ReplaceEndpointResponse replaced;
  v1::GetFlightRecordResponse record;
  const auto unknown =
      FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN");
  EXPECT_THAT(Do(&v1::AdminService::Stub::StartEndpoint, started, "x"),
              unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped, "x"), unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::RestartEndpoint, restarted, "x"),
              unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::ReplaceEndpoint, replaced, "x"),
              unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::GetFlightRecord, record, "x"),
              unknown);
}

}  // namespace
}  // namespace thespian::gateway
