#include "clients/cli/reception.h"

#include <string>

#include "clients/cli/exit_code.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cli/captured_streams.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReceptionTest : public ::testing::Test {
 protected:
  absl::Status Run(Command command) {
    options_.command = command;
    const Streams streams = streams_.streams();
    client::Client client =
        client::Connect({.address = gateway_.address()}).value();
    Reception reception(options_, streams, stop_.fd());
    return command == Command::kLink ? reception.Link(client)
                                     : reception.Listen(client);
  }

  // The gateway answers the link to actor 7.
  void ServeAttach(const v1::AttachResponse& answer) {
    gateway_.attach = [answer](FakeGateway::AttachStream& stream) {
      v1::AttachRequest request;
      bool answered = false;
      while (stream.Read(&request)) {
        for (const v1::ActorCommand& command : request.commands()) {
          if (!command.has_link()) continue;
          EXPECT_EQ(command.link().remote_id(), 7u);
          EXPECT_EQ(command.link().incarnation(), 2u);
          EXPECT_EQ(command.link().endpoint(), "e");
          stream.Write(answer);
          answered = true;
        }
      }
      EXPECT_TRUE(answered);
      return grpc::Status::OK;
    };
    options_.endpoint = "e";
    options_.to_id = 7;
    options_.incarnation = 2;
  }

  FakeGateway gateway_;
  Options options_;
  CapturedStreams streams_;
  Wakeup stop_;
};

TEST_F(ReceptionTest, ALinkPrintsWhatComesUpToTheEndOfTheActor) {
  v1::AttachResponse answer;
  answer.add_events()->mutable_delivery()->mutable_payload()->set_cbor("\x01");
  answer.add_events()->mutable_exited()->set_remote_id(8);
  auto& exited = *answer.add_events()->mutable_exited();
  exited.set_remote_id(7);
  exited.set_reason("enough");
  ServeAttach(answer);
  EXPECT_THAT(Run(Command::kLink), IsOk());
  EXPECT_EQ(streams_.output(),
            "<- from 0 1\n-- 8 exited: \n-- 7 exited: enough\n");
}

TEST_F(ReceptionTest, ALinkSaysWhenItHolds) {
  v1::AttachResponse answer;
  answer.add_events()->mutable_opened()->set_actor_id(5);
  answer.add_events()->mutable_command_result()->set_command_id(1);
  answer.add_events()->mutable_exited()->set_remote_id(7);
  ServeAttach(answer);
  EXPECT_THAT(Run(Command::kLink), IsOk());
  EXPECT_EQ(streams_.notes(), "-- attached as actor 5\n-- linked to 7\n");
}

TEST_F(ReceptionTest, ALinkThatIsRefusedTellsWhy) {
  v1::AttachResponse answer;
  auto& result = *answer.add_events()->mutable_command_result();
  *result.mutable_status() = RichError(StatusCode::kFailedPrecondition,
                                       "not current", "INCARNATION_STALE");
  ServeAttach(answer);
  EXPECT_THAT(Run(Command::kLink),
              StatusIs(StatusCode::kFailedPrecondition, "not current"));
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(ReceptionTest, ALinkThatIsStoppedHasNotSeenTheEnd) {
  ServeAttach({});
  stop_.Wake();
  const absl::Status status = Run(Command::kLink);
  EXPECT_THAT(status,
              StatusIs(StatusCode::kCancelled, "stopped before 7 has ended"));
  EXPECT_EQ(ExitCodeOf(status), kExitOther);
}

TEST_F(ReceptionTest, ListeningUntilItIsStoppedIsNoFailure) {
  gateway_.listen = [this](const v1::ListenRequest&,
                           FakeGateway::ListenStream& stream,
                           grpc::ServerContext&) {
    v1::ListenResponse response;
    response.add_events()->mutable_delivery()->mutable_payload()->set_cbor(
        "\x01");
    stream.Write(response);
    response.Clear();
    stop_.Wake();
    while (stream.Write(response)) {
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(Run(Command::kListen), IsOk());
}

TEST_F(ReceptionTest, ListeningEndsWithTheStream) {
  gateway_.listen = [](const v1::ListenRequest&,
                       FakeGateway::ListenStream& stream,
                       grpc::ServerContext&) {
    v1::ListenResponse response;
    response.add_events()->mutable_endpoint_changed()->set_reason("why");
    response.add_events()->mutable_closing()->set_reason("shutting down");
    stream.Write(response);
    return AsGrpc(RichError(StatusCode::kUnavailable, "shutting down",
                            "SHUTTING_DOWN", /*retryable=*/true));
  };
  EXPECT_EQ(ExitCodeOf(Run(Command::kListen)), kExitTryAgain);
  EXPECT_THAT(streams_.notes(), HasSubstr("now: why\n"));
  EXPECT_THAT(streams_.notes(),
              HasSubstr("-- the gateway ends the stream: shutting down\n"));
}

}  // namespace
}  // namespace thespian::gateway::cli
