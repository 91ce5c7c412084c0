#include "clients/cli/commands.h"

#include <string>

#include "clients/cli/exit_code.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cli/captured_streams.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CommandsTest : public ::testing::Test {
 protected:
  absl::Status Run(Options options) {
    options.address = gateway_.address();
    return RunCommand(options, streams_.streams());
  }

  FakeGateway gateway_;
  CapturedStreams streams_;
};

TEST_F(CommandsTest, Sends) {
  gateway_.send = [](const v1::SendRequest& request,
                     v1::SendResponse& response) {
    EXPECT_EQ(request.endpoint(), "e");
    EXPECT_EQ(request.to_id(), 7u);
    EXPECT_EQ(request.incarnation(), 2u);
    EXPECT_EQ(request.payload().cbor(), FromHex("8101"));
    response.set_incarnation(2);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.endpoint = "e",
                   .command = Command::kSend,
                   .to_id = 7,
                   .incarnation = 2,
                   .payload = "[1]"}),
              IsOk());
  EXPECT_EQ(streams_.output(), "sent to incarnation 2\n");
}

TEST_F(CommandsTest, SendsToAName) {
  gateway_.send_named = [](const v1::SendNamedRequest& request,
                           v1::SendNamedResponse& response) {
    EXPECT_EQ(request.to_name(), "echo");
    EXPECT_EQ(request.payload().cbor(), FromHex("f6"));
    response.set_incarnation(1);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.command = Command::kSendNamed,
                   .to_name = "echo",
                   .payload = "hex:f6"}),
              IsOk());
}

TEST_F(CommandsTest, DoesNotSendABadPayload) {
  gateway_.send = [](const v1::SendRequest&, v1::SendResponse&) {
    ADD_FAILURE() << "it was sent";
    return grpc::Status::OK;
  };
  const absl::Status status =
      Run({.command = Command::kSend, .to_id = 7, .payload = "[1"});
  EXPECT_EQ(ExitCodeOf(status), kExitData);
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(CommandsTest, CallsANameAndPrintsTheReply) {
  gateway_.call = [](const v1::CallRequest& request,
                     v1::CallResponse& response) {
    EXPECT_EQ(request.endpoint(), "e");
    EXPECT_EQ(request.to_name(), "echo");
    EXPECT_EQ(request.payload().cbor(), FromHex("8101"));
    response.mutable_payload()->set_cbor(FromHex("8102"));
    return grpc::Status::OK;
  };
  Options options = {.endpoint = "e",
                     .command = Command::kCall,
                     .to_name = "echo",
                     .payload = "[1]"};
  EXPECT_THAT(Run(options), IsOk());
  options.hex = true;
  EXPECT_THAT(Run(options), IsOk());
  EXPECT_EQ(streams_.output(), "[2]\nhex:8102\n");
}

TEST_F(CommandsTest, CallsAnIdAndTellsWhyThereIsNoReply) {
  gateway_.call = [](const v1::CallRequest& request, v1::CallResponse&) {
    EXPECT_EQ(request.to_id(), 7u);
    return AsGrpc(
        RichError(StatusCode::kAborted, "it has ended", "ACTOR_EXITED"));
  };
  const absl::Status status =
      Run({.command = Command::kCall, .to_id = 7, .payload = "1"});
  EXPECT_THAT(status, StatusIs(StatusCode::kAborted, "it has ended"));
  EXPECT_EQ(ExitCodeOf(status), kExitOther);
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(CommandsTest, DoesNotCallWithABadPayload) {
  gateway_.call = [](const v1::CallRequest&, v1::CallResponse&) {
    ADD_FAILURE() << "it was sent";
    return grpc::Status::OK;
  };
  EXPECT_EQ(
      ExitCodeOf(Run({.command = Command::kCall, .to_id = 7, .payload = "["})),
      kExitData);
}

TEST_F(CommandsTest, ReleasesAProxy) {
  gateway_.release_proxy = [](const v1::ReleaseProxyRequest& request,
                              v1::ReleaseProxyResponse& response) {
    EXPECT_EQ(request.endpoint(), "e");
    EXPECT_EQ(request.remote_id(), 7u);
    EXPECT_EQ(request.incarnation(), 2u);
    response.set_incarnation(2);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.endpoint = "e",
                   .command = Command::kRelease,
                   .to_id = 7,
                   .incarnation = 2}),
              IsOk());
  EXPECT_EQ(streams_.output(), "released 7 of incarnation 2\n");
}

TEST_F(CommandsTest, ListsActors) {
  gateway_.list_local_actors = [](const v1::ListLocalActorsRequest&,
                                  v1::ListLocalActorsResponse& response) {
    response.add_actors()->set_id(5);
    response.mutable_actors(0)->set_name("me");
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.command = Command::kActors}), IsOk());
  EXPECT_THAT(Run({.command = Command::kActors, .json = true}), IsOk());
  EXPECT_THAT(streams_.output(), HasSubstr("WAITING"));
  EXPECT_THAT(streams_.output(), HasSubstr("\n5 "));
  EXPECT_THAT(streams_.output(), HasSubstr(" me\n"));
  EXPECT_THAT(streams_.output(), HasSubstr("{\"id\":\"5\",\"name\":\"me\"}"));
}

TEST_F(CommandsTest, ListensUntilAsManyMessagesHaveCome) {
  gateway_.listen = [](const v1::ListenRequest& request,
                       FakeGateway::ListenStream& stream,
                       grpc::ServerContext&) {
    EXPECT_EQ(request.open().name(), "me");
    v1::ListenResponse response;
    response.add_events()->mutable_opened()->set_actor_id(5);
    response.add_events()->mutable_delivery()->mutable_payload()->set_cbor(
        "\x01");
    while (stream.Write(response)) {
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(
      Run({.command = Command::kListen, .actor_name = "me", .count = 2}),
      IsOk());
  EXPECT_EQ(streams_.output(), "<- from 0 1\n<- from 0 1\n");
  EXPECT_THAT(streams_.notes(), HasSubstr("-- listening as actor 5\n"));
}

TEST_F(CommandsTest, LinksUntilTheActorEnds) {
  gateway_.attach = EchoToActor;
  EXPECT_THAT(Run({.command = Command::kLink, .to_id = 7}), IsOk());
  EXPECT_EQ(streams_.output(), "-- 7 exited: normal\n");
}

TEST_F(CommandsTest, ListsProxies) {
  gateway_.list_proxies = [](const v1::ListProxiesRequest& request,
                             v1::ListProxiesResponse& response) {
    EXPECT_EQ(request.endpoint(), "e");
    response.add_proxies()->set_remote_id(77);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.endpoint = "e", .command = Command::kProxies}), IsOk());
  EXPECT_THAT(streams_.output(), HasSubstr("INCARNATION"));
  EXPECT_THAT(streams_.output(), HasSubstr("\n77 "));
}

TEST_F(CommandsTest, ListsProxiesAsJson) {
  gateway_.list_proxies = [](const v1::ListProxiesRequest&,
                             v1::ListProxiesResponse& response) {
    response.add_proxies()->set_remote_id(77);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.command = Command::kProxies, .json = true}), IsOk());
  EXPECT_EQ(streams_.output(), "{\"remote_id\":\"77\"}\n");
}

TEST_F(CommandsTest, ShowsEndpoints) {
  gateway_.get_endpoint = [](const v1::GetEndpointRequest& request,
                             v1::GetEndpointResponse& response) {
    response.mutable_endpoint()->set_name(request.endpoint());
    return grpc::Status::OK;
  };
  gateway_.list_endpoints = [](const v1::ListEndpointsRequest&,
                               v1::ListEndpointsResponse& response) {
    response.add_endpoints()->set_name("first");
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run({.endpoint = "one", .command = Command::kEndpoint}), IsOk());
  EXPECT_THAT(Run({.command = Command::kEndpoints}), IsOk());
  EXPECT_THAT(streams_.output(), HasSubstr(" one\n"));
  EXPECT_THAT(streams_.output(), HasSubstr("\nfirst "));
}

// Sends events until the client goes away.
grpc::Status WatchForEver(const v1::WatchProxiesRequest&,
                          FakeGateway::WatchStream& stream,
                          grpc::ServerContext&) {
  v1::WatchProxiesResponse response;
  response.add_events()->mutable_proxy_created()->set_remote_id(7);
  while (stream.Write(response)) {
  }
  return grpc::Status::OK;
}

TEST_F(CommandsTest, WatchesAsManyEventsAsWereAskedFor) {
  gateway_.watch = WatchForEver;
  EXPECT_THAT(Run({.command = Command::kWatch, .count = 2}), IsOk());
  const std::string line = "1970-01-01T00:00:00.000Z #0 - proxy created 7\n";
  EXPECT_EQ(streams_.output(), line + line);
}

TEST_F(CommandsTest, WatchesAsJson) {
  gateway_.watch = WatchForEver;
  EXPECT_THAT(Run({.command = Command::kWatch, .count = 1, .json = true}),
              IsOk());
  EXPECT_EQ(streams_.output(), "{\"proxy_created\":{\"remote_id\":\"7\"}}\n");
}

TEST_F(CommandsTest, AWatchThatBreaksSaysHowToGoOn) {
  gateway_.watch = [](const v1::WatchProxiesRequest& request,
                      FakeGateway::WatchStream& stream, grpc::ServerContext&) {
    EXPECT_EQ(request.after_sequence(), 8u);
    EXPECT_EQ(request.epoch(), 70u);
    EXPECT_TRUE(request.skip_snapshot());
    EXPECT_THAT(request.kinds(), ElementsAre(v1::PROXY_EVENT_KIND_GAP));
    v1::WatchProxiesResponse response;
    response.add_events()->set_sequence(9);
    response.set_epoch(70);
    stream.Write(response);
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow");
  };
  EXPECT_THAT(Run({.command = Command::kWatch,
                   .kinds = {v1::PROXY_EVENT_KIND_GAP},
                   .after_sequence = 8,
                   .epoch = 70,
                   .skip_snapshot = true}),
              StatusIs(StatusCode::kResourceExhausted, "too slow"));
  EXPECT_EQ(streams_.notes(), "-- to go on: watch --after 9 --epoch 70\n");
}

TEST_F(CommandsTest, Attaches) {
  gateway_.attach = EchoToActor;
  streams_.Type("echo [1]\n");
  streams_.EndInput();
  EXPECT_THAT(Run({.command = Command::kAttach, .count = 1}), IsOk());
  EXPECT_EQ(streams_.output(), "<- from 7 [1]\n");
}

}  // namespace
}  // namespace thespian::gateway::cli
