// One test for every row of the protocol's section 3, on real tables and a
// child's stdin that is not there.
#include "endpoint/session/dispatcher.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/session/reasons.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/endpoint/session/dispatcher_fixture.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

// --- Proxy table -----------------------------------------------------------

TEST_F(DispatcherTest, TheFirstSendCreatesAProxy) {
  Open();
  Send(7, 1);
  Send(7, 1);
  EXPECT_THAT(Events(),
              ElementsAre("created 7", "received 7 -> 1", "received 7 -> 1"));
  EXPECT_EQ(Tally().proxies_created, 1u);
}

TEST_F(DispatcherTest, TheFirstSendNamedCreatesAProxy) {
  SendNamed(7, "nobody");
  EXPECT_THAT(
      Events(),
      ElementsAre("created 7",
                  "undeliverable: received 7 -> 'nobody': no_such_name"));
}

TEST_F(DispatcherTest, TheFirstLinkCreatesAProxy) {
  Open();
  Link(7, 1);
  EXPECT_THAT(Events(), ElementsAre("created 7", "linked 7 and 1 by remote"));
}

TEST_F(DispatcherTest, AnAnonymousSenderHasNoProxy) {
  const auto actor = Open();
  Send(0, 1);
  EXPECT_THAT(Events(), ElementsAre("received 0 -> 1"));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("0 says 01"));
  EXPECT_EQ(remotes_.live(), 0u);
}

TEST_F(DispatcherTest, AnIdThatExitedGetsANewProxy) {
  Open();
  Send(7, 1);
  Exit(7);
  Send(7, 1);
  EXPECT_THAT(Events(), ElementsAre("created 7", "received 7 -> 1",
                                    "closed 7 by exit: normal", "created 7",
                                    "received 7 -> 1"));
}

// --- send and send_named ---------------------------------------------------

TEST_F(DispatcherTest, SendReachesTheActorOfThatId) {
  const auto first = Open();
  const auto second = Open();
  Send(7, 2);
  dispatcher_.Flush();
  EXPECT_THAT(first->TakeMail(), IsEmpty());
  EXPECT_THAT(second->TakeMail(), ElementsAre("7 says 01"));
  EXPECT_EQ(first->wakes(), 0);
  EXPECT_EQ(second->wakes(), 1);
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, SendNamedReachesTheActorOfThatName) {
  const auto actor = Open("echo");
  SendNamed(7, "echo");
  EXPECT_THAT(Events(), ElementsAre("created 7", "received 7 -> 'echo'"));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says 01"));
}

TEST_F(DispatcherTest, PayloadsArriveByteForByte) {
  const auto actor = Open();
  const std::string payload = FromHex("83 01 5f 41ff ff a1 f97e00 d8 20 60");
  Say(SendMessage{{7}, {1}, payload});
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says " + ToHex(payload)));
}

TEST_F(DispatcherTest, OneReadWakesAnActorOnce) {
  const auto actor = Open();
  for (int i = 0; i < 100; ++i) Send(7, 1);
  EXPECT_EQ(actor->wakes(), 0);
  dispatcher_.Flush();
  EXPECT_EQ(actor->wakes(), 1);
}

TEST_F(DispatcherTest, SendToNobodyIsToldCountedAndAnswered) {
  Send(7, 9);
  EXPECT_THAT(Events(),
              ElementsAre("created 7",
                          "undeliverable: received 7 -> 9: no_such_actor"));
  EXPECT_THAT(Tally().undeliverable, ElementsAre(Pair("no_such_actor", 1)));
  EXPECT_EQ(sink_.bytes(), ExitFrame(9, "no_such_actor"));
}

TEST_F(DispatcherTest, SendToIdZeroIsNotAnswered) {
  Send(7, 0);
  dispatcher_.Flush();
  EXPECT_THAT(Tally().undeliverable, ElementsAre(Pair("no_such_actor", 1)));
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, SendToAnUnknownNameIsNotAnswered) {
  SendNamed(7, "nobody");
  SendNamed(7, "");
  dispatcher_.Flush();
  EXPECT_THAT(Tally().undeliverable, ElementsAre(Pair("no_such_name", 2)));
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, ANameThatIsNoUtf8IsReplacedInTheEvent) {
  SendNamed(0, "a\xff");
  EXPECT_THAT(
      Events(),
      ElementsAre(
          "undeliverable: received 0 -> 'a\xef\xbf\xbd': no_such_name"));
}

TEST_F(DispatcherTest, AFullMailboxMakesAMessageUndeliverable) {
  const auto actor = Open("", {.bytes = 1 << 20, .items = 2});
  for (int i = 0; i < 4; ++i) Send(7, 1);
  EXPECT_THAT(Events(),
              ElementsAre("created 7", "received 7 -> 1", "received 7 -> 1",
                          "undeliverable: received 7 -> 1: mailbox_full",
                          "undeliverable: received 7 -> 1: mailbox_full"));
  EXPECT_EQ(Tally().delivered, 2u);
  EXPECT_THAT(Tally().undeliverable, ElementsAre(Pair("mailbox_full", 2)));
  EXPECT_TRUE(actor->mailbox().overflowed());
  EXPECT_EQ(sink_.bytes(), "") << "the actor still lives";
}

TEST_F(DispatcherTest, TheOwnerOfAFullMailboxIsWoken) {
  const auto actor = Open("", {.bytes = 1 << 20, .items = 1});
  Send(7, 1);
  dispatcher_.Flush();
  Send(7, 1);
  dispatcher_.Flush();
  EXPECT_EQ(actor->wakes(), 2);
}

TEST_F(DispatcherTest, OneFullMailboxHurtsNobodyElse) {
  Open("", {.bytes = 1 << 20, .items = 1});
  const auto other = Open();
  for (int i = 0; i < 3; ++i) Send(7, 1);
  Send(7, 2);
  EXPECT_THAT(other->TakeMail(), ElementsAre("7 says 01"));
}

TEST_F(DispatcherTest, AChildThatDoesNotReadGetsNoMoreAnswers) {
  sink_.Usually(0);
  for (int i = 0; i < 1'000'000; ++i) {
    Send(0, 9);
    if (writer_.stats().controls.dropped > 0) break;
  }
  EXPECT_EQ(writer_.stats().controls.dropped, 1u);
  EXPECT_LE(writer_.queued_bytes(),
            kQueue.high_bytes + FrameWriter::kMaxAnswerBytes);
}

// --- link ------------------------------------------------------------------

TEST_F(DispatcherTest, ALinkIsMadeOnce) {
  Open();
  Link(7, 1);
  Link(7, 1);
  EXPECT_THAT(Events(), ElementsAre("created 7", "linked 7 and 1 by remote"));
  EXPECT_TRUE(remotes_.IsLinked({7}, {1}));
}

TEST_F(DispatcherTest, ALinkToAnActorThatIsGoneIsAnsweredAtOnce) {
  Link(7, 9);
  EXPECT_THAT(Events(), ElementsAre("created 7"));
  EXPECT_EQ(sink_.bytes(), ExitFrame(9, "no_such_actor"));
}

TEST_F(DispatcherTest, ALinkWithIdZeroIsRejected) {
  Open();
  Link(0, 1);
  Link(7, 0);
  EXPECT_THAT(Events(), ElementsAre("rejected 8 bytes", "rejected 8 bytes"));
  EXPECT_EQ(Tally().skipped, 2u);
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, AClientLinksItselfToALiveRemote) {
  const auto actor = Open();
  Send(7, 1);
  dispatcher_.LinkFromClient(actor, {7}, /*told=*/true);
  EXPECT_THAT(Events(), ElementsAre("created 7", "received 7 -> 1",
                                    "linked 7 and 1 by local"));
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, AChildThatWasNotToldOfAClientsLinkIsTold) {
  const auto actor = Open();
  Send(7, 1);
  dispatcher_.LinkFromClient(actor, {7}, /*told=*/false);
  dispatcher_.LinkFromClient(actor, {7}, /*told=*/false);
  dispatcher_.Flush();
  EXPECT_EQ(sink_.bytes(), FrameOf(ContentOf(LinkMessage{{1}, {7}})));
}

TEST_F(DispatcherTest, AClientThatLinksToNobodyIsToldAtOnce) {
  const auto actor = Open();
  dispatcher_.LinkFromClient(actor, {7}, /*told=*/false);
  dispatcher_.Flush();
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: no_such_actor"));
  EXPECT_EQ(actor->wakes(), 1);
  EXPECT_EQ(sink_.bytes(), "");
}

// --- exit ------------------------------------------------------------------

TEST_F(DispatcherTest, ExitIsToldToLinkedActorsAfterTheLastMessage) {
  const auto first = Open();
  const auto second = Open();
  const auto unlinked = Open();
  Link(7, 1);
  Link(7, 2);
  Send(7, 1);
  Exit(7, "done");
  EXPECT_THAT(first->TakeMail(), ElementsAre("7 says 01", "7 exited: done"));
  EXPECT_THAT(second->TakeMail(), ElementsAre("7 exited: done"));
  EXPECT_THAT(unlinked->TakeMail(), IsEmpty());
  EXPECT_THAT(Events(),
              ElementsAre("created 7", "linked 7 and 1 by remote",
                          "linked 7 and 2 by remote", "received 7 -> 1",
                          "unlinked 7 and 1: done", "unlinked 7 and 2: done",
                          "closed 7 by exit: done"));
}

TEST_F(DispatcherTest, ExitOfAnUnknownRemoteIsNothing) {
  Exit(7);
  Exit(0);
  EXPECT_THAT(Events(), IsEmpty());
  EXPECT_EQ(Tally().frames, 2u);
}

TEST_F(DispatcherTest, ASecondExitIsNothing) {
  Send(7, 0);
  Exit(7, "first");
  Exit(7, "second");
  EXPECT_THAT(
      Events(),
      ElementsAre("created 7", "undeliverable: received 7 -> 0: no_such_actor",
                  "closed 7 by exit: first"));
}

TEST_F(DispatcherTest, AReasonThatIsNoUtf8IsReplaced) {
  const auto actor = Open();
  Link(7, 1);
  Exit(7, "\xff");
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: \xef\xbf\xbd"));
}

// --- A local actor's end ---------------------------------------------------

TEST_F(DispatcherTest, TheEndOfASeenActorIsToldToTheChild) {
  const auto actor = Open();
  remotes_.NoteSeen(actor->id());
  actor->End("normal");
  dispatcher_.EndLocal(*actor);
  dispatcher_.EndLocal(*actor);
  dispatcher_.Flush();
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "normal"));
}

TEST_F(DispatcherTest, TheEndsOfActorsAreToldInOneWrite) {
  for (const char* reason : {"normal", "disconnected"}) {
    const auto actor = Open();
    remotes_.NoteSeen(actor->id());
    actor->End(reason);
    dispatcher_.EndLocal(*actor);
  }
  EXPECT_EQ(sink_.writes(), 0);
  dispatcher_.Flush();
  dispatcher_.Flush();
  EXPECT_EQ(sink_.bytes(),
            ExitFrame(1, "normal") + ExitFrame(2, "disconnected"));
  EXPECT_EQ(sink_.writes(), 1);
  EXPECT_EQ(writer_.stats().controls.written, 2u);
}

TEST_F(DispatcherTest, TheEndOfAnUnseenActorIsNot) {
  const auto actor = Open();
  actor->End("normal");
  dispatcher_.EndLocal(*actor);
  dispatcher_.Flush();
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(DispatcherTest, TheEndOfALocalActorEndsItsLinks) {
  const auto actor = Open();
  Link(7, 1);
  Link(8, 1);
  locals_.Remove(actor->id());
  actor->End("disconnected");
  dispatcher_.EndLocal(*actor);
  Exit(7);
  EXPECT_THAT(Events(), ElementsAre("created 7", "linked 7 and 1 by remote",
                                    "created 8", "linked 8 and 1 by remote",
                                    "unlinked 7 and 1: disconnected",
                                    "unlinked 8 and 1: disconnected",
                                    "closed 7 by exit: normal"));
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "disconnected"));
}

// --- The end of the stream -------------------------------------------------

TEST_F(DispatcherTest, AfterTransportErrorNothingFollows) {
  Open();
  EXPECT_EQ(dispatcher_.goodbye(), std::nullopt);
  Say(TransportErrorMessage{"stdin_closed"});
  EXPECT_THAT(dispatcher_.goodbye(), Optional(Eq("stdin_closed")));
  Send(7, 1);
  EXPECT_THAT(dispatcher_.OnFrame("no CBOR", clock_.Now()), IsOk());
  EXPECT_THAT(Events(), IsEmpty());
}

TEST_F(DispatcherTest, CloseAllEndsEveryProxyOnceAfterItsLastMessage) {
  const auto actor = Open();
  Link(7, 1);
  Send(8, 1);
  Send(7, 1);
  dispatcher_.CloseAll();
  dispatcher_.CloseAll();
  EXPECT_THAT(Events(),
              ElementsAre("created 7", "linked 7 and 1 by remote", "created 8",
                          "received 8 -> 1", "received 7 -> 1",
                          "unlinked 7 and 1: transport_closed",
                          "closed 7 by transport: transport_closed",
                          "closed 8 by transport: transport_closed"));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("8 says 01", "7 says 01",
                                             "7 exited: transport_closed"));
}

TEST_F(DispatcherTest, ANewProxyBeyondTheLimitCostsAnOldOne) {
  around_.max_proxies = 2;
  Dispatcher limited(around_, journal_.NameOf("east"), Incarnation{3});
  Open();
  for (const uint64_t remote : {7, 8, 9}) {
    clock_.Advance(std::chrono::seconds(1));
    EXPECT_THAT(limited.OnFrame(ContentOf(SendMessage{{remote}, {1}, kOne}),
                                clock_.Now()),
                IsOk());
  }
  limited.Flush();
  EXPECT_THAT(
      reader_.ReadTexts(),
      ElementsAre("created 7", "received 7 -> 1", "created 8",
                  "received 8 -> 1", "created 9",
                  "closed 7 by release: max_proxies", "received 9 -> 1"));
  limited.CloseAll();
  limited.Flush();
}

TEST_F(DispatcherTest, IdleProxiesAreReleasedAndOthersAreNot) {
  const auto actor = Open();
  Send(7, 0);
  Link(8, 1);
  clock_.Advance(std::chrono::seconds(10));
  Send(9, 0);
  Events();
  dispatcher_.ReleaseIdle(clock_.Now());
  EXPECT_THAT(Events(), ElementsAre("closed 7 by release: idle_timeout"));
  EXPECT_EQ(remotes_.live(), 2u);
}

TEST_F(DispatcherTest, AReleasedProxyEndsOnceAndIsTold) {
  const auto actor = Open();
  Link(7, 1);
  EXPECT_TRUE(dispatcher_.Release({7}, "released"));
  EXPECT_FALSE(dispatcher_.Release({7}, "released"));
  EXPECT_THAT(Events(), ElementsAre("created 7", "linked 7 and 1 by remote",
                                    "unlinked 7 and 1: released",
                                    "closed 7 by release: released"));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 exited: released"));
}

// --- Local actors that have just ended -------------------------------------

TEST_F(DispatcherTest, OneWhoseEndIsStillToBeToldIsNotAnsweredFor) {
  const auto actor = Open();
  remotes_.NoteSeen(actor->id());
  locals_.Remove(actor->id());
  EXPECT_TRUE(actor->End("done"));
  Send(7, 1);
  Link(7, 1);
  EXPECT_THAT(sink_.bytes(), IsEmpty());
  dispatcher_.EndLocal(*actor);
  dispatcher_.Flush();
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "done"));
  Send(7, 1);
  EXPECT_EQ(sink_.bytes(),
            ExitFrame(1, "done") + ExitFrame(1, kNoSuchActorReason));
}

// Within one read, the actor that was found last is not looked up again.
TEST_F(DispatcherTest, OneThatEndsBetweenTwoMessagesGetsOnlyTheFirst) {
  const auto actor = Open();
  Send(7, 1);
  locals_.Remove(actor->id());
  EXPECT_TRUE(actor->End("done"));
  dispatcher_.EndLocal(*actor);
  Send(7, 1);
  EXPECT_THAT(Events(),
              ElementsAre("created 7", "received 7 -> 1",
                          "undeliverable: received 7 -> 1: no_such_actor"));
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says 01"));
}

}  // namespace
}  // namespace thespian::gateway
