#include "clients/cli/attach_session.h"

#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "clients/cli/exit_code.h"
#include "clients/cli/stop_signals.h"
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

class AttachSessionTest : public ::testing::Test {
 protected:
  AttachSessionTest() {
    gateway_.attach = EchoToActor;
    options_.command = Command::kAttach;
  }

  // `streams_` has been typed into.
  absl::Status Run(bool terminal = false) {
    const Streams streams = streams_.streams(terminal);
    client::Client client =
        client::Connect({.address = gateway_.address()}).value();
    return AttachSession(options_, streams, stop_.fd(), max_queued_bytes_)
        .Run(client);
  }

  FakeGateway gateway_;
  Options options_;
  CapturedStreams streams_;
  Wakeup stop_;
  size_t max_queued_bytes_ = 1u << 20;
};

TEST_F(AttachSessionTest, LeavesAfterAsManyMessagesAsWereAskedFor) {
  options_.count = 2;
  streams_.Type("echo [1]\n7 {\"a\":null}\necho 3\n");
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(streams_.output(), "<- from 7 [1]\n<- from 7 {\"a\":null}\n");
  EXPECT_THAT(streams_.notes(), HasSubstr("-- attached as actor 5\n"));
}

TEST_F(AttachSessionTest, LeavesAfterTheEndOfTheInput) {
  options_.linger = absl::ZeroDuration();
  streams_.Type("echo [1]\n\necho [2]");
  streams_.EndInput();
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(streams_.output(), "<- from 7 [1]\n<- from 7 [2]\n");
}

TEST_F(AttachSessionTest, ToldWhenMessagesDoNotCome) {
  options_.count = 3;
  options_.linger = absl::Milliseconds(1);
  streams_.Type("echo [1]\n");
  streams_.EndInput();
  const absl::Status status = Run();
  EXPECT_THAT(status, StatusIs(StatusCode::kDeadlineExceeded,
                               "1 of 3 messages have come"));
  EXPECT_EQ(ExitCodeOf(status), kExitTryAgain);
}

TEST_F(AttachSessionTest, LinksQuitsAndHelps) {
  streams_.Type("/help\n/link 7\n/quit\necho [1]\n");
  EXPECT_THAT(Run(), IsOk());
  EXPECT_EQ(streams_.output(), "-- 7 exited: normal\n");
  EXPECT_THAT(streams_.notes(), HasSubstr("be told when that actor ends"));
}

TEST_F(AttachSessionTest, ABadLineIsToldAndTheRestGoesOn) {
  options_.linger = absl::ZeroDuration();
  streams_.Type("echo [1\necho [2]\n/frob\n");
  streams_.EndInput();
  const absl::Status status = Run();
  EXPECT_EQ(ExitCodeOf(status), kExitData);
  EXPECT_EQ(streams_.output(), "<- from 7 [2]\n");
  EXPECT_THAT(streams_.notes(), HasSubstr("!! line 1: bad payload"));
  EXPECT_THAT(streams_.notes(), HasSubstr("!! line 3: /frob is not known"));
}

TEST_F(AttachSessionTest, WhatAPersonMistypesIsToldAndForgotten) {
  streams_.Type("echo [1\nnobody [2]\necho [3]\n");
  streams_.EndInput();
  EXPECT_THAT(Run(/*terminal=*/true), IsOk());
  EXPECT_EQ(streams_.output(), "<- from 7 [3]\n");
  EXPECT_THAT(streams_.notes(), HasSubstr("!! line 1: bad payload"));
  EXPECT_THAT(streams_.notes(), HasSubstr("!! line 2: no such actor"));
}

TEST_F(AttachSessionTest, ACommandThatFailsIsToldWithItsLine) {
  options_.linger = absl::ZeroDuration();
  streams_.Type("echo [1]\nnobody [2]\n");
  streams_.EndInput();
  EXPECT_THAT(Run(), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(streams_.notes(),
              HasSubstr("!! line 2: no such actor (ACTOR_UNKNOWN)"));
}

TEST_F(AttachSessionTest, ASignalEndsIt) {
  stop_.Wake();
  EXPECT_THAT(Run(), IsOk());
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(AttachSessionTest, ItEndsWithTheStream) {
  gateway_.attach = [](FakeGateway::AttachStream& stream) {
    v1::AttachResponse response;
    response.add_events()->mutable_closing()->set_reason("shutting down");
    stream.Write(response);
    return AsGrpc(RichError(StatusCode::kUnavailable, "shutting down",
                            "SHUTTING_DOWN", /*retryable=*/true));
  };
  EXPECT_THAT(Run(), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(streams_.notes(),
            "-- the gateway ends the stream: shutting down\n");
}

// A queue of one command, which is full nearly all the time.
TEST_F(AttachSessionTest, WaitsForRoomInsteadOfLosingLines) {
  static constexpr int kLines = 2'000;
  size_t commands = 0;
  gateway_.attach = [&commands](FakeGateway::AttachStream& stream) {
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      commands += static_cast<size_t>(request.commands_size());
    }
    return grpc::Status::OK;
  };
  options_.linger = absl::ZeroDuration();
  max_queued_bytes_ = 1;
  std::thread typist([this] {
    const std::string line = "echo \"" + std::string(10'000, 'x') + "\"\n";
    for (int i = 0; i < kLines; ++i) {
      std::string_view rest = line;
      while (!rest.empty()) {
        const ssize_t took = write(streams_.typist(), rest.data(), rest.size());
        if (took < 0) return;
        rest.remove_prefix(static_cast<size_t>(took));
      }
    }
    streams_.EndInput();
  });
  EXPECT_THAT(Run(), IsOk());
  typist.join();
  EXPECT_EQ(commands, kLines + 1u) << "all lines, and open";
}

}  // namespace
}  // namespace thespian::gateway::cli
