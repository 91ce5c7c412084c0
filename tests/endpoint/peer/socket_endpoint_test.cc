// An endpoint over a socket, whose peer is played by the test: it is dialled or
// dials in, breaks the protocol in every way, does not read, and goes.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/endpoint/peer/socket_endpoint_fixture.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Optional;
using ::testing::StartsWith;
using ::testing::ValuesIn;

constexpr std::string_view kOne = "\x01";

// The peer's actor 7 speaks to `actor`, which is linked to it.
class DialledEndpointTest : public SocketEndpointTest {
 protected:
  void StartLinked() {
    peer_ = StartDialled(listener_);
    actor_ = Open();
    EXPECT_THAT(Send(actor_->id(), "x"), IsOk());
    EXPECT_EQ(peer_.NextFrame(),
              ContentFor(SendNamedMessage{{actor_->id().value}, "x", kOne}));
    peer_.Write(FrameFor(SendMessage{{7}, {actor_->id().value}, kOne}) +
                FrameFor(LinkMessage{{7}, {actor_->id().value}}));
    AwaitEvent("linked 7 and 1 by remote");
  }
  // What the actor was told of 7 and of the endpoint.
  std::vector<std::string> MailUntil(const std::string& last) {
    return actor_->AwaitMail(last);
  }

  RawListener listener_{path_};
  RawPeer peer_;
  std::shared_ptr<TestActor> actor_;
};

TEST_F(DialledEndpointTest, HasNoProcess) {
  StartLinked();
  clock_.Advance(std::chrono::seconds(7));
  const EndpointStatus status = endpoint_->Status();
  EXPECT_EQ(status.state, EndpointState::kRunning);
  EXPECT_EQ(status.reason, "the peer is connected");
  EXPECT_EQ(status.pid, 0);
  EXPECT_THAT(status.uptime, Optional(std::chrono::seconds(7)));
  EXPECT_THAT(actor_->TakeMail(), Contains("7 says 01"));
}

TEST_F(DialledEndpointTest, IsLeftInOrder) {
  StartLinked();
  endpoint_->Stop();
  EXPECT_THAT(
      peer_.FramesToEnd(),
      ElementsAre(
          ContentFor(ExitMessage{{actor_->id().value}, "transport_closed"}),
          ContentFor(TransportErrorMessage{"endpoint_stopped"})));
  peer_.Write(FrameFor(TransportErrorMessage{"peer_closed"}));
  peer_.Close();
  endpoint_->Join();
  const EndpointStatus status = endpoint_->Status();
  EXPECT_EQ(status.state, EndpointState::kStopped);
  EXPECT_EQ(status.reason, "the connection is closed");
  ASSERT_NE(status.last_exit, nullptr);
  EXPECT_EQ(status.last_exit->exit.code, std::nullopt);
  EXPECT_EQ(status.last_exit->exit.signal, std::nullopt);
  EXPECT_TRUE(status.last_exit->stderr_lines.empty());
  EXPECT_THAT(MailUntil("endpoint STOPPED"),
              IsSupersetOf({"7 exited: transport_closed"}));
}

TEST_F(DialledEndpointTest, WhatWasSaidBeforeTheGoodbyeIsSaid) {
  StartLinked();
  const std::string block =
      "\x5a" + FromHex("00010000") + std::string(65'536, 'x');
  size_t sent = 0;
  while (endpoint_->Status().outbound.messages.waiting < 2) {
    ASSERT_THAT(Send(actor_->id(), RemoteId{7}, block), IsOk());
    ++sent;
  }
  endpoint_->Stop();
  const std::vector<std::string> frames = peer_.FramesToEnd();
  ASSERT_EQ(frames.size(), sent + 2);
  EXPECT_EQ(frames.back(),
            ContentFor(TransportErrorMessage{"endpoint_stopped"}));
  peer_.Close();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().outbound.messages.dropped, 0u);
}

TEST_F(DialledEndpointTest,
       OneThatDoesNotReadIsNotWaitedForLongerThanTheGrace) {
  grace_ = std::chrono::milliseconds(20);
  StartLinked();
  const std::string block =
      "\x5a" + FromHex("00010000") + std::string(65'536, 'x');
  while (endpoint_->Status().outbound.messages.waiting < 2) {
    ASSERT_THAT(Send(actor_->id(), RemoteId{7}, block), IsOk());
  }
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_GE(endpoint_->Status().outbound.messages.dropped, 1u);
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
}

TEST_F(DialledEndpointTest, EachConnectionIsAnIncarnation) {
  StartLinked();
  peer_.Close();
  peer_ = listener_.Accept();
  AwaitEvent("state RUNNING");
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
  EXPECT_EQ(LastReason(), "the peer closed the connection");
  EXPECT_THAT(MailUntil("endpoint RUNNING"),
              IsSupersetOf({"7 exited: transport_closed"}));
  EXPECT_THAT(Send(actor_->id(), "x"), IsOk());
  EXPECT_EQ(peer_.NextFrame(),
            ContentFor(SendNamedMessage{{actor_->id().value}, "x", kOne}));
}

TEST_F(DialledEndpointTest, ARestartIsANewConnection) {
  StartLinked();
  endpoint_->Ask(Supervisor::Request::kRestart, [](const absl::Status&) {});
  EXPECT_EQ(peer_.FramesToEnd().back(),
            ContentFor(TransportErrorMessage{"endpoint_stopped"}));
  peer_.Close();
  peer_ = listener_.Accept();
  AwaitEvent("state RUNNING");
}

TEST_F(DialledEndpointTest, APeerThatClosesItsHalfHasGone) {
  StartLinked();
  peer_.HalfClose();
  AwaitEvent("state BACKOFF");
  EXPECT_EQ(LastReason(), "the peer closed the connection");
}

TEST_F(DialledEndpointTest, PeerClosedIsAnOrderlyEnd) {
  StartLinked();
  peer_.Write(FrameFor(TransportErrorMessage{"peer_closed"}));
  EXPECT_THAT(peer_.FramesToEnd(), ElementsAre());
  peer_.Close();
  AwaitEvent("state BACKOFF");
  EXPECT_EQ(LastReason(), "peer_closed");
}

TEST_F(DialledEndpointTest, AnyOtherGoodbyeIsAFailure) {
  StartLinked();
  peer_.Write(FrameFor(TransportErrorMessage{"tired"}));
  EXPECT_THAT(peer_.FramesToEnd(), ElementsAre());
  peer_.Close();
  AwaitEvent("state BACKOFF");
  EXPECT_EQ(LastReason(), "transport_error: tired");
}

// --- Faults ----------------------------------------------------------------

struct Fault {
  std::string name;
  std::string bytes;
  std::string cause;
  bool closes = false;
};

class FaultySocketTest : public DialledEndpointTest,
                         public ::testing::WithParamInterface<Fault> {};

// The linked actor is told once, the peer why, and it is dialled again.
TEST_P(FaultySocketTest, EndsTheIncarnation) {
  StartLinked();
  peer_.Write(GetParam().bytes);
  if (GetParam().closes) {
    peer_.HalfClose();
  } else {
    EXPECT_THAT(peer_.FramesToEnd(),
                ElementsAre(ContentFor(ExitMessage{{actor_->id().value},
                                                   "transport_closed"}),
                            HasSubstr("protocol error")));
  }
  peer_ = listener_.Accept();
  AwaitEvent("state RUNNING");
  EXPECT_THAT(LastReason(), StartsWith(GetParam().cause));
  const std::vector<std::string> mail = MailUntil("endpoint RUNNING");
  EXPECT_EQ(std::count(mail.begin(), mail.end(), "7 exited: transport_closed"),
            1);
}

std::vector<Fault> Faults() {
  return {
      {"Garbage", FromHex("ffffffff"), "protocol error: "},
      {"PrintsText", "hello, world\n", "protocol error: "},
      {"HalfAFrame", FromHex("5a0000000a8301"), "protocol error: ", true},
      {"HalfAHead", FromHex("5a00"), "protocol error: ", true},
      {"AnnouncesTwoToThe63", FromHex("5b8000000000000000"),
       "protocol error: "},
      {"NestsTooDeep",
       FrameOf(FromHex("84") + FromHex("64") + "send" + FromHex("0701") +
               std::string(70, '\x81') + kOne.data()),
       "protocol error: "},
      {"NoArray", FrameOf(FromHex("01")), "protocol error: "},
      {"TrailingBytes",
       FrameOf(ContentFor(TransportErrorMessage{"x"}) + "\x01"),
       "protocol error: "},
      {"Empty", FrameOf(""), "protocol error: "},
  };
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultySocketTest, ValuesIn(Faults()),
                         [](const auto& row) { return row.param.name; });

TEST_F(DialledEndpointTest, FaultsThatAreSurvived) {
  options_.max_frame_bytes = 1'000;
  StartLinked();
  peer_.Write(FrameOf(FromHex("82 67") + "unknown" + kOne.data()));
  peer_.Write(FrameOf(FromHex("8a") + std::string(2'000, '\x01')));
  const std::string good =
      FrameFor(SendMessage{{8}, {actor_->id().value}, FromHex("18ff")});
  for (const char byte : good) peer_.Write({&byte, 1});
  EXPECT_THAT(MailUntil("8 says 18ff"), Contains("8 says 18ff"));
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
  EXPECT_EQ(endpoint_->Status().inbound.skipped, 2u);
}

// --- Nobody there ----------------------------------------------------------

TEST_F(SocketEndpointTest, IsDialledUntilItIsThere) {
  { const RawListener left(path_); }  // its file stays
  MakeSocketEndpoint();
  EXPECT_THAT(endpoint_->Start(), IsOk());
  for (int i = 0; i < 3; ++i) AwaitEvent("state BACKOFF");
  EXPECT_EQ(LastReason(), "connection refused");
  EXPECT_THAT(ReasonOf(Send({}, "x")), Optional(ErrorReason::kEndpointDown));
  unlink(path_.c_str());
  AwaitEvent("state BACKOFF");
  RawListener listener(path_);
  const RawPeer peer = listener.Accept();
  AwaitEvent("state RUNNING");
  EXPECT_GT(endpoint_->Status().incarnation, Incarnation{4});
}

TEST_F(SocketEndpointTest, IsStoppedWhileNobodyIsThere) {
  MakeSocketEndpoint();
  EXPECT_THAT(endpoint_->Start(), IsOk());
  AwaitEvent("state BACKOFF");
  EXPECT_EQ(LastReason(), "there is no such socket");
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
}

// --- Peers that dial in ----------------------------------------------------

TEST_F(SocketEndpointTest, OneThatDialledInIsLostWithItsConnection) {
  options_.connect.clear();
  SocketPair pair = MakeSocketPair();
  MakeSocketEndpoint(
      AcceptedPeer{.fd = std::move(pair.ours), .description = "test"});
  ASSERT_THAT(endpoint_->Start(), IsOk());
  EXPECT_EQ(endpoint_->Status().reason, "the peer is connected");
  EXPECT_THAT(Send({}, "x"), IsOk());
  EXPECT_EQ(pair.theirs.NextFrame(),
            ContentFor(SendNamedMessage{{0}, "x", kOne}));
  pair.theirs.Close();
  AwaitEvent("state STOPPED");
  EXPECT_EQ(endpoint_->Status().reason, "the peer closed the connection");
  // Not the statuses: the thread sanitizer can't see how they are shared.
  Awaited<std::vector<std::optional<ErrorReason>>> reasons;
  for (const auto request :
       {Supervisor::Request::kStart, Supervisor::Request::kRestart}) {
    endpoint_->Ask(request, [&](const absl::Status& status) {
      reasons.Update([&](auto& all) { all.push_back(ReasonOf(status)); });
    });
  }
  ASSERT_TRUE(reasons.Await([](const auto& all) { return all.size() == 2; }));
  EXPECT_THAT(reasons.Get(), Each(Optional(ErrorReason::kShuttingDown)));
}

TEST_F(SocketEndpointTest, ThePlaceOfOneThatDialledInIsFreeAfterIt) {
  SocketPair pair = MakeSocketPair();
  auto place = std::make_shared<int>();
  MakeSocketEndpoint(AcceptedPeer{.fd = std::move(pair.ours), .place = place});
  ASSERT_THAT(endpoint_->Start(), IsOk());
  EXPECT_EQ(place.use_count(), 2);
  endpoint_->Stop();
  EXPECT_THAT(
      pair.theirs.FramesToEnd(),
      ElementsAre(ContentFor(TransportErrorMessage{"endpoint_stopped"})));
  pair.theirs.Close();
  endpoint_->Join();
  EXPECT_EQ(place.use_count(), 1);
}

TEST_F(SocketEndpointTest, OneThatIsNeverStartedIsClosed) {
  SocketPair pair = MakeSocketPair();
  MakeSocketEndpoint(AcceptedPeer{.fd = std::move(pair.ours)});
  endpoint_ = nullptr;
  EXPECT_EQ(pair.theirs.NextFrame(), "");
}

}  // namespace
}  // namespace thespian::gateway
