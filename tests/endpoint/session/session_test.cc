// One session over a transport that a test plays, and what any thread may do
// with it. The loop is the test's, too: it runs when the test says so.
#include "endpoint/session/session.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/error.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/session_sender.h"
#include "endpoint/status_board.h"
#include "endpoint/wire/message.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/journal_text.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/submit_noting.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

const std::string kOne("\x01", 1);  // the CBOR item 1

template <typename AnyMessage>
std::string FrameOf(const AnyMessage& message) {
  std::string frame;
  AppendFrame(message, frame);
  return frame;
}

// What a session tells its endpoint, as texts.
class ToldEvents final : public SessionEvents {
 public:
  void OnSessionOpened() override { texts.emplace_back("opened"); }
  void OnSessionFailed(const absl::Status& why) override {
    texts.push_back("failed: " + absl::StatusCodeToString(why.code()));
  }
  void OnSessionGoodbye(const std::string& reason) override {
    texts.push_back("goodbye: " + reason);
  }
  void OnSessionInputClosed() override { texts.emplace_back("input closed"); }
  void OnSessionEnded(const absl::Status& whole) override {
    texts.push_back("ended: " + absl::StatusCodeToString(whole.code()));
  }

  std::vector<std::string> texts;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { Begin(); }
  ~SessionTest() override {
    End();
    const WriteStats stats = stats_.outbound.Get();
    EXPECT_EQ(stats.messages.waiting + stats.controls.waiting, 0u);
  }

  // Another incarnation, with a transport of its own.
  void Begin() {
    board_.Begin(clock_.Steady());
    transport_ = std::make_shared<FakeTransport>();
    session_ =
        std::make_shared<Session>(board_.Get().incarnation, transport_, events_,
                                  Session::Deps{.facts = facts_,
                                                .clock = clock_,
                                                .journal = journal_,
                                                .locals = locals_,
                                                .log = log_,
                                                .recorder = recorder_,
                                                .stats = stats_});
    ends_.Follow(session_);
    board_.Publish(session_);
    session_->Open();
  }
  void End() {
    board_.Close();
    if (session_->live()) session_->End("it is over");
    board_.Enter(EndpointState::kBackoff, "", 0);
  }

  template <typename AnyMessage>
  void Say(const AnyMessage& message) {
    transport_->events()->OnBytes(FrameOf(message));
  }
  void RunLoop() {
    loop_.context().restart();
    loop_.context().poll();
  }

  std::shared_ptr<TestActor> Open() {
    auto actor = std::make_shared<TestActor>();
    EXPECT_THAT(locals_.Open(actor, ""), IsOk());
    return actor;
  }
  // As Gateway::EndActor does; the child is told at once.
  void EndActor(const std::shared_ptr<TestActor>& actor) {
    locals_.Remove(actor->id());
    EXPECT_TRUE(actor->End("done"));
    sender_.EndLocal(actor);
    RunLoop();
    ends_.Flush();
  }

  FrameBatch Batch(LocalId from = {}) {
    FrameBatch batch(from);
    EXPECT_THAT(sender_.Add({from, "n", {}, kOne}, batch), IsOk());
    return batch;
  }
  absl::Status Submit(FrameBatch batch) {
    const auto note = [this](const absl::Status& status, size_t frames) {
      written_.emplace_back(status, frames);
    };
    return SubmitNoting(sender_, batch, note).status();
  }

  TestClock clock_;
  EventJournal journal_{clock_, {}};
  JournalReader reader_{journal_};
  LocalActors locals_{clock_, 100};
  spdlog::logger log_ = SilentLog();
  FlightRecorder recorder_;
  EndpointStats stats_;
  const EndpointFacts facts_{{}, journal_.NameOf("east")};
  LoopThread loop_;
  StatusBoard board_{facts_.name};
  EndNotices ends_{loop_, facts_.options.exit_linger};
  SessionSender sender_{{.facts = facts_,
                         .clock = clock_,
                         .journal = journal_,
                         .locals = locals_,
                         .board = board_,
                         .loop = loop_,
                         .ends = ends_}};
  ToldEvents events_;
  std::shared_ptr<FakeTransport> transport_;
  std::shared_ptr<Session> session_;
  std::vector<std::pair<absl::Status, size_t>> written_;
};

// --- What the peer does ----------------------------------------------------

TEST_F(SessionTest, OpensItsTransportAndIsToldSo) {
  EXPECT_EQ(transport_->events() != nullptr, true);
  EXPECT_THAT(events_.texts, ElementsAre("opened"));
  EXPECT_TRUE(session_->reading());
  EXPECT_TRUE(session_->live());
}

TEST_F(SessionTest, BytesBecomeMailAndAreCounted) {
  const auto actor = Open();
  const std::string frame = FrameOf(SendMessage{{7}, {1}, kOne});
  transport_->events()->OnBytes(frame.substr(0, 4));
  EXPECT_THAT(actor->TakeMail(), IsEmpty());
  transport_->events()->OnBytes(frame.substr(4));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says 01"));
  EXPECT_EQ(stats_.inbound.Get().bytes, frame.size());
  EXPECT_EQ(recorder_.Frames().size(), 1u);
}

TEST_F(SessionTest, WhatIsNoFrameFailsIt) {
  transport_->events()->OnBytes("\xff");
  EXPECT_THAT(events_.texts, ElementsAre("opened", "failed: DATA_LOSS"));
}

TEST_F(SessionTest, AGoodbyeIsToldWithItsReason) {
  Say(TransportErrorMessage{"tired"});
  EXPECT_THAT(events_.texts, ElementsAre("opened", "goodbye: tired"));
}

TEST_F(SessionTest, TheEndTellsWhetherTheLastFrameWasWhole) {
  Say(SendMessage{{7}, {1}, kOne});
  transport_->events()->OnEnded();
  EXPECT_FALSE(session_->reading());
  EXPECT_THAT(events_.texts, ElementsAre("opened", "ended: OK"));
}

TEST_F(SessionTest, AnEndInsideAFrameIsAnError) {
  transport_->events()->OnBytes("\x5a");
  transport_->events()->OnEnded();
  EXPECT_THAT(events_.texts, ElementsAre("opened", "ended: DATA_LOSS"));
}

TEST_F(SessionTest, APeerThatTakesNothingIsTold) {
  transport_->events()->OnInputClosed();
  EXPECT_THAT(events_.texts, ElementsAre("opened", "input closed"));
}

// --- Its end ---------------------------------------------------------------

TEST_F(SessionTest, AfterItsInputIsClosedThePeerIsStillHeard) {
  const auto actor = Open();
  session_->CloseInput("is being stopped");
  EXPECT_EQ(transport_->closes(), 1);
  const absl::Status status = session_->writer().CheckRoom(1);
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointDown));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("'east' takes no messages: is being "
                                         "stopped")));
  Say(SendMessage{{7}, {1}, kOne});
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says 01"));
}

TEST_F(SessionTest, ItsEndIsThatOfEveryProxyAndOfItsInput) {
  const auto actor = Open();
  Say(LinkMessage{{7}, {1}});
  session_->End("it is over");
  EXPECT_FALSE(session_->live());
  EXPECT_EQ(transport_->closes(), 1);
  EXPECT_EQ(session_->remotes().live(), 0u);
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: transport_closed"));
}

TEST_F(SessionTest, NothingIsHeardAfterItsEnd) {
  const auto actor = Open();
  session_->End("it is over");
  Say(SendMessage{{7}, {1}, kOne});
  transport_->events()->OnBytes("\xff");
  EXPECT_THAT(actor->TakeMail(), IsEmpty());
  EXPECT_THAT(events_.texts, ElementsAre("opened"));
  EXPECT_EQ(stats_.inbound.Get().frames, 0u);
}

TEST_F(SessionTest, HintsNameAnIdFormThatThePeerMayNotKnow) {
  EXPECT_THAT(session_->EndHints(1), IsEmpty()) << "nothing was written";
  EXPECT_THAT(Submit(Batch()), IsOk());
  EXPECT_THAT(session_->EndHints(0), IsEmpty()) << "it ended well";
  EXPECT_THAT(session_->EndHints(1),
              ElementsAre(HasSubstr("after 1 messages to it")));
  Say(SendMessage{{7}, {1}, kOne});
  EXPECT_THAT(session_->EndHints(1), IsEmpty()) << "it said something";
}

// --- Incarnations ----------------------------------------------------------

TEST_F(SessionTest, TheNextOneCountsOnAndKnowsNothing) {
  EXPECT_THAT(Submit(Batch()), IsOk());
  Say(SendMessage{{7}, {1}, kOne});
  End();
  Begin();
  EXPECT_EQ(session_->remotes().live(), 0u);
  EXPECT_THAT(session_->EndHints(1), IsEmpty());
  EXPECT_THAT(Submit(Batch()), IsOk());
  Say(SendMessage{{7}, {1}, kOne});
  EXPECT_EQ(stats_.outbound.Get().messages.written, 2u);
  EXPECT_EQ(stats_.outbound.Get().bytes, 2 * transport_->bytes().size());
  EXPECT_EQ(stats_.inbound.Get().received, 2u);
}

TEST_F(SessionTest, ABatchForOneDoesNotReachTheNext) {
  FrameBatch batch = Batch();
  End();
  Begin();
  EXPECT_THAT(ReasonOf(Submit(std::move(batch))),
              Optional(ErrorReason::kEndpointDown));
  EXPECT_THAT(transport_->bytes(), IsEmpty());
}

// Whoever had its room reserved before the end is counted after it.
TEST_F(SessionTest, WhatComesTooLateIsCountedAllTheSame) {
  const std::string frame = FrameOf(SendMessage{{1}, {7}, kOne});
  const std::shared_ptr<Session> past = session_;
  EXPECT_THAT(past->writer().Reserve(frame.size()), IsOk());
  End();
  Begin();
  const FrameWriter::Outcome outcome = past->writer().Write(frame, 1, {});
  EXPECT_FALSE(outcome.waits());
  EXPECT_THAT(ReasonOf(outcome.status), Optional(ErrorReason::kEndpointDown));
  EXPECT_EQ(stats_.outbound.Get().messages.taken, 1u);
  EXPECT_EQ(stats_.outbound.Get().messages.dropped, 1u);
}

TEST_F(SessionTest, ASenderFindsNoneAfterTheEnd) {
  End();
  FrameBatch batch({});
  EXPECT_THAT(ReasonOf(sender_.Add({{}, "n", {}, kOne}, batch)),
              Optional(ErrorReason::kEndpointDown));
  bool room = false;
  sender_.WhenRoom([&room] { room = true; });
  EXPECT_TRUE(room);
  EXPECT_FALSE(sender_.ComesUp());
}

TEST_F(SessionTest, ASenderIsToldWhenItIsKnownWhetherThePeerStarts) {
  End();
  board_.Begin(clock_.Steady());
  board_.Enter(EndpointState::kStarting, "", 0);
  EXPECT_TRUE(sender_.ComesUp());
  int told = 0;
  sender_.WhenRoom([&told] { ++told; });
  EXPECT_EQ(told, 0);
  board_.Enter(EndpointState::kFailed, "", 0);
  EXPECT_EQ(told, 1);
  board_.Enter(EndpointState::kStarting, "", 0);
  board_.Enter(EndpointState::kRunning, "", 0);
  EXPECT_EQ(told, 1) << "once";
}

// --- Senders ---------------------------------------------------------------

TEST_F(SessionTest, WhatThePeerDoesNotTakeGoesOnWhenThereIsRoom) {
  transport_->Next(0);
  EXPECT_THAT(Submit(Batch()), IsOk());
  EXPECT_THAT(written_, IsEmpty());
  EXPECT_EQ(transport_->awaits(), 1);
  transport_->events()->OnWritable();
  EXPECT_THAT(written_, ElementsAre(Pair(IsOk(), 1u)));
}

TEST_F(SessionTest, ALinkIsWrittenAtOnceAndKnownToTheLoop) {
  const auto actor = Open();
  Say(SendMessage{{7}, {0}, kOne});
  EXPECT_THAT(sender_.Link(actor, {7}, {}), IsOk());
  EXPECT_EQ(transport_->bytes(), FrameOf(LinkMessage{{1}, {7}}));
  EXPECT_FALSE(session_->remotes().IsLinked({7}, actor->id()));
  RunLoop();
  EXPECT_TRUE(session_->remotes().IsLinked({7}, actor->id()));
  EXPECT_THAT(reader_.ReadTexts(), Contains("linked 7 and 1 by local"));
}

TEST_F(SessionTest, ALinkThatComesTooLateIsAnsweredWithExited) {
  const auto actor = Open();
  Say(SendMessage{{7}, {0}, kOne});
  EXPECT_THAT(sender_.Link(actor, {7}, {}), IsOk());
  End();
  RunLoop();
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: transport_closed"));
}

// The child has read the link's frame, so it knows the actor.
TEST_F(SessionTest, TheEndOfAnActorWhoseLinkCameToNothingIsTold) {
  const auto actor = Open();
  Say(SendMessage{{7}, {0}, kOne});
  EXPECT_THAT(sender_.Link(actor, {7}, {}), IsOk());
  Say(ExitMessage{{7}, "normal"});
  RunLoop();
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: no_such_actor"));
  EndActor(actor);
  EXPECT_THAT(transport_->bytes(), EndsWith(FrameOf(ExitMessage{{1}, "done"})));
}

TEST_F(SessionTest, TheEndOfAnActorThatThePeerDoesNotKnowIsNotTold) {
  EndActor(Open());
  EXPECT_THAT(transport_->bytes(), IsEmpty());
}

TEST_F(SessionTest, EndsAreGatheredUntilTheyAreFlushed) {
  const auto one = Open();
  const auto other = Open();
  for (const auto& actor : {one, other}) {
    EXPECT_THAT(Submit(Batch(actor->id())), IsOk());
    locals_.Remove(actor->id());
    EXPECT_TRUE(actor->End("done"));
    sender_.EndLocal(actor);
  }
  const int writes = transport_->writes();
  ends_.Flush();
  EXPECT_EQ(transport_->writes(), writes + 1);
  EXPECT_THAT(transport_->bytes(), EndsWith(FrameOf(ExitMessage{{1}, "done"}) +
                                            FrameOf(ExitMessage{{2}, "done"})));
}

TEST_F(SessionTest, NobodyIsToldOfEndsAfterTheSessions) {
  const auto actor = Open();
  EXPECT_THAT(Submit(Batch(actor->id())), IsOk());
  locals_.Remove(actor->id());
  EXPECT_TRUE(actor->End("done"));
  sender_.EndLocal(actor);
  End();
  ends_.Flush();
  EXPECT_EQ(transport_->bytes(), FrameOf(SendNamedMessage{{1}, "n", kOne}));
}

}  // namespace
}  // namespace thespian::gateway
