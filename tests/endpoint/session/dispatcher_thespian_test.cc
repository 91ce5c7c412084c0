// PROTOCOL.md, sections 2 to 5: what a dispatcher does for a thespian child,
// and what it says of one that speaks another dialect.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/session/dispatcher.h"
#include "endpoint/session/reasons.h"
#include "gmock/gmock.h"
#include "tests/support/dispatcher_world.h"
#include "tests/support/frames.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const std::string kHello = FromHex("81 65") + "hello";
constexpr FrameWriter::Limits kQueue{.high_bytes = 10'000, .low_bytes = 5'000};

template <typename AnyMessage>
std::string FrameIn(IdForm ids, const AnyMessage& message) {
  std::string frame;
  AppendFrame(message, frame, ids);
  return frame;
}

class DialectDispatcherTest : public ::testing::Test,
                              protected DispatcherWorld {
 protected:
  explicit DialectDispatcherTest(Dialect dialect)
      : DispatcherWorld(kQueue),
        dialect_(RowOf(dialect)),
        dispatcher_(MakeDeps(dialect), name_, Incarnation{3}) {}
  ~DialectDispatcherTest() override {
    dispatcher_.Flush();
    writer_.Close(absl::UnavailableError("the end"));
  }

  template <typename AnyMessage>
  void Say(const AnyMessage& message, IdForm ids) {
    SayContent(FrameIn(ids, message).substr(kFrameHeadBytes));
  }
  template <typename AnyMessage>
  void Say(const AnyMessage& message) {
    Say(message, dialect_.ids);
  }
  void SayContent(const std::string& content) {
    EXPECT_THAT(dispatcher_.OnFrame(content, clock_.Now()), IsOk());
    dispatcher_.Flush();
  }

  std::shared_ptr<TestActor> Open(MailboxLimits limits = {}) {
    auto actor = std::make_shared<TestActor>(limits);
    EXPECT_THAT(locals_.Open(actor, ""), IsOk());
    return actor;
  }
  // The child has seen the actor, which ends now.
  void End(const std::shared_ptr<TestActor>& actor) {
    remotes_.NoteSeen(actor->id());
    locals_.Remove(actor->id());
    actor->End("left");
    dispatcher_.EndLocal(*actor);
    dispatcher_.Flush();
  }
  std::string ExitFrame(uint64_t local, std::string_view reason) const {
    return FrameIn(dialect_.ids, ExitMessage{{local}, reason});
  }
  void ReleaseAfter(seconds time) {
    clock_.Advance(time);
    dispatcher_.ReleaseHeldExits();
    dispatcher_.Flush();
  }
  std::vector<std::string> Events() { return reader_.ReadTexts(); }

  const DialectRow& dialect_;
  Dispatcher dispatcher_;
};

class ThespianDispatcherTest : public DialectDispatcherTest {
 protected:
  ThespianDispatcherTest() : DialectDispatcherTest(Dialect::kThespian) {}
};
class PlainDispatcherTest : public DialectDispatcherTest {
 protected:
  PlainDispatcherTest() : DialectDispatcherTest(Dialect::kPlain) {}
};

// --- Ends that are told later ----------------------------------------------

TEST_F(ThespianDispatcherTest, AMessageToNobodyIsNotAnswered) {
  Say(SendMessage{{7}, {99}, kHello});
  EXPECT_EQ(sink_.bytes(), "");
  EXPECT_THAT(Events(), Contains(HasSubstr("no_such_actor")));
}

TEST_F(ThespianDispatcherTest, TheEndOfAnActorThatMayBeAnsweredIsToldLater) {
  End(Open());
  ReleaseAfter(seconds(59));
  Say(SendMessage{{7}, {1}, kHello});
  EXPECT_EQ(sink_.bytes(), "");
  ReleaseAfter(seconds(1));
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "left"));
}

TEST_F(ThespianDispatcherTest, WhoLeavesTellsOfEveryActorThatIsKnown) {
  End(Open());
  const auto live = Open();
  remotes_.NoteSeen(live->id());
  dispatcher_.Leave("enough", absl::UnavailableError("left"));
  EXPECT_EQ(sink_.bytes(),
            ExitFrame(1, "left") + ExitFrame(2, kTransportClosedReason) +
                FrameIn(dialect_.ids, TransportErrorMessage{"enough"}));
  EXPECT_EQ(sink_.closes(), 1);
  // None is told of twice.
  EXPECT_FALSE(remotes_.Knows(live->id()));
  EXPECT_TRUE(held_.empty());
  ReleaseAfter(seconds(60));
  EXPECT_EQ(write_stats_.Get().controls.taken, 3u);
}

TEST_F(ThespianDispatcherTest, TheEndOfACallIsToldAfterItsLateReply) {
  End(Open({.one_delivery = true}));
  EXPECT_EQ(sink_.bytes(), "");
  Say(SendMessage{{7}, {1}, kHello});
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "normal"));
  ReleaseAfter(seconds(60));
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "normal"));
}

TEST_F(ThespianDispatcherTest, TheEndOfACallThatWasAnsweredIsToldAtOnce) {
  const auto call = Open({.one_delivery = true});
  Say(SendMessage{{7}, {1}, kHello});
  End(call);
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "normal"));
}

// With any other reason, or before the late reply, the actor would end.
TEST_F(ThespianDispatcherTest, TheEndOfALinkedCallSparesTheActor) {
  const auto call = Open({.one_delivery = true});
  Say(SendMessage{{7}, {0}, kHello});
  dispatcher_.LinkFromClient(call, {7}, /*told=*/true);
  End(call);
  EXPECT_EQ(sink_.bytes(), "");
  Say(SendMessage{{7}, {1}, kHello});
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "normal"));
}

TEST_F(ThespianDispatcherTest, TheEndOfALinkedActorIsToldAtOnce) {
  const auto actor = Open();
  Say(LinkMessage{{7}, {1}});
  End(actor);
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "left"));
}

TEST_F(ThespianDispatcherTest, ALinkToAnActorWhoseEndIsHeldIsAnsweredWithIt) {
  End(Open());
  Say(LinkMessage{{7}, {1}});
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "left"));
  ReleaseAfter(seconds(60));
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "left"));
}

TEST_F(ThespianDispatcherTest, ALinkToNobodyIsAnswered) {
  Say(LinkMessage{{7}, {99}});
  EXPECT_EQ(sink_.bytes(), ExitFrame(99, kNoSuchActorReason));
}

TEST_F(PlainDispatcherTest, TheEndOfEveryActorIsToldAtOnce) {
  End(Open());
  EXPECT_EQ(sink_.bytes(), ExitFrame(1, "left"));
}

// --- Exits with details ----------------------------------------------------

// ["exit", "why", "detail", 5]
const std::string kDetails = FromHex("66") + "detail" + FromHex("05");
const std::string kDetailedExit =
    FromHex("84 64") + "exit" + FromHex("63") + "why" + kDetails;

TEST_F(ThespianDispatcherTest, AnExitWithDetailsEndsTheProxyAndIsTold) {
  const auto actor = Open();
  Say(LinkMessage{{7}, {1}});
  Events();
  Say(SendMessage{{7}, {1}, kDetailedExit});
  EXPECT_THAT(actor->TakeMail(),
              ElementsAre("7 exited: why " + ToHex(kDetails)));
  EXPECT_THAT(Events(), ElementsAre(HasSubstr("unlinked 7 and 1: why"),
                                    HasSubstr("closed 7")));
  EXPECT_EQ(inbound_.Get().received, 0u);
  EXPECT_EQ(remotes_.live(), 0u);
}

TEST_F(ThespianDispatcherTest, AnExitWithDetailsIsToldToEachLinkedActorOnce) {
  const auto one = Open();
  const auto two = Open();
  Say(LinkMessage{{7}, {1}});
  Say(LinkMessage{{7}, {2}});
  Say(SendMessage{{7}, {1}, kDetailedExit});
  Say(SendMessage{{7}, {2}, kDetailedExit});
  for (const auto& actor : {one, two}) {
    EXPECT_THAT(actor->TakeMail(),
                ElementsAre("7 exited: why " + ToHex(kDetails)));
  }
  EXPECT_EQ(remotes_.live(), 0u);
  EXPECT_EQ(inbound_.Get().proxies_created, 1u);
}

TEST_F(ThespianDispatcherTest, TheSameFromAnActorThatIsNotLinkedIsAMessage) {
  const auto actor = Open();
  Say(SendMessage{{7}, {1}, kDetailedExit});
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says " + ToHex(kDetailedExit)));
  EXPECT_EQ(remotes_.live(), 1u);
}

TEST_F(PlainDispatcherTest, TheSameIsAMessage) {
  const auto actor = Open();
  Say(LinkMessage{{7}, {1}});
  Say(SendMessage{{7}, {1}, kDetailedExit});
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says " + ToHex(kDetailedExit)));
  EXPECT_EQ(remotes_.live(), 1u);
}

// --- The other form of ids -------------------------------------------------

TEST_F(ThespianDispatcherTest, PlainIdsAreTakenAndToldOfOnce) {
  const auto actor = Open();
  Say(SendMessage{{7}, {1}, kHello}, IdForm::kPlain);
  Say(SendMessage{{7}, {1}, kHello}, IdForm::kPlain);
  EXPECT_THAT(actor->TakeMail(), SizeIs(2));
  const auto hint =
      AllOf(HasSubstr("ids as integers"), HasSubstr("--dialect plain"));
  EXPECT_THAT(lines_.Get(), ElementsAre(hint));
  EXPECT_THAT(dispatcher_.hints(), ElementsAre(hint));
  EXPECT_THAT(Events(), Contains(AllOf(HasSubstr("warning"), hint)).Times(1));
}

TEST_F(PlainDispatcherTest, TaggedIdsAreTakenAndToldOfOnce) {
  const auto actor = Open();
  Say(SendMessage{{7}, {1}, kHello}, IdForm::kTagged);
  Say(ExitMessage{{7}, "normal"}, IdForm::kTagged);
  EXPECT_THAT(actor->TakeMail(), SizeIs(1));
  EXPECT_THAT(dispatcher_.hints(),
              ElementsAre(HasSubstr("--dialect thespian")));
  EXPECT_THAT(lines_.Get(), SizeIs(1));
}

TEST_F(ThespianDispatcherTest, TagsInTheWrongPlaceAreCountedAndToldOfOnce) {
  const auto actor = Open();
  const std::string swapped = FromHex("84 64") + "send" + FromHex("82 64") +
                              "RPID" + FromHex("07 82 64") + "LPID" +
                              FromHex("01") + kHello;
  SayContent(swapped);
  SayContent(swapped);
  EXPECT_THAT(actor->TakeMail(), SizeIs(2));
  EXPECT_EQ(inbound_.Get().misplaced_tags, 2u);
  EXPECT_THAT(lines_.Get(), ElementsAre(HasSubstr("RPID")));
}

TEST_F(PlainDispatcherTest, AChildOfItsDialectGetsNoHint) {
  Say(SendMessage{{7}, {1}, kHello});
  EXPECT_THAT(dispatcher_.hints(), IsEmpty());
  EXPECT_THAT(lines_.Get(), IsEmpty());
  EXPECT_EQ(dispatcher_.frames(), 1u);
}

// --- What is skipped -------------------------------------------------------

TEST_F(PlainDispatcherTest, ASkippedFrameIsLoggedWithItsBeginning) {
  SayContent(FromHex("82 63") + "foo" + FromHex("05"));
  EXPECT_THAT(lines_.Get(),
              ElementsAre(AllOf(HasSubstr("6 bytes"), HasSubstr("unknown verb"),
                                HasSubstr("[\"foo\", 5]"))));
}

TEST_F(PlainDispatcherTest, SkippedFramesAreLoggedOnceASecondAndAllCounted) {
  for (int i = 0; i < 100; ++i) SayContent(FromHex("80"));
  SayContent(FromHex("82 63") + "foo" + FromHex("05"));
  EXPECT_THAT(lines_.Get(), SizeIs(1));
  clock_.Advance(seconds(1));
  SayContent(FromHex("80"));
  EXPECT_THAT(lines_.Get(),
              ElementsAre(HasSubstr("empty array"), HasSubstr("(100 more")));
  EXPECT_THAT(
      inbound_.Get().skipped_by_reason,
      ElementsAre(Pair("an empty array", 101), Pair("an unknown verb", 1)));
  EXPECT_EQ(inbound_.Get().skipped, 102u);
}

}  // namespace
}  // namespace thespian::gateway
