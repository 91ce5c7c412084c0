// Links between actors of different endpoints, and that each end is told once.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/endpoint/relay/relay_world.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// Actor 7 of east is 1 in west, where actor 9 is 2 in east: both know.
class RelayEndsTest : public ::testing::Test, protected RelayWorld {
 protected:
  RelayEndsTest() {
    east_.SendNamed(7, "logger");
    west_.Send(9, 1);
    east_.Heard();
    west_.Heard();
  }

  PlayedEndpoint& west_ = Add("west");
  PlayedEndpoint& east_ = Add("east", {{"logger", "west"}});
};

TEST_F(RelayEndsTest, TheEndOfAnActorIsToldToWhoKnowsIt) {
  east_.Exit(7, "tired");
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: tired"));
  EXPECT_THAT(east_.Heard(), IsEmpty());
  EXPECT_THAT(RelayedIds("east 1 7"), IsEmpty());
}

TEST_F(RelayEndsTest, ALinkIsMadeInBothAndToldToTheOther) {
  east_.Link(7, 2);
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 links 9"));
  EXPECT_THAT(east_.Heard(), IsEmpty());
  EXPECT_TRUE(east_.remotes().IsLinked({7}, {2}));
  EXPECT_TRUE(west_.remotes().IsLinked({9}, {1}));
}

TEST_F(RelayEndsTest, TheEndOfALinkedActorIsToldOnce) {
  east_.Link(7, 2);
  Settle();
  west_.Heard();
  west_.Exit(9, "tired");
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: tired"));
  EXPECT_THAT(west_.Heard(), IsEmpty());
  east_.Exit(7, "sad");
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: sad"));
}

TEST_F(RelayEndsTest, TheEndOfTheOneThatLinkedItselfIsToldOnce) {
  east_.Link(7, 2);
  Settle();
  west_.Heard();
  east_.Exit(7, "tired");
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: tired"));
  EXPECT_THAT(east_.Heard(), IsEmpty());
}

TEST_F(RelayEndsTest, TwoThatLinkEachOtherAreLinkedOnce) {
  east_.Link(7, 2);
  west_.Link(9, 1);
  Settle();
  EXPECT_LE(west_.Heard().size() + east_.Heard().size(), 2u);
  west_.Exit(9, "tired");
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: tired"));
  EXPECT_THAT(west_.Heard(), IsEmpty());
}

TEST_F(RelayEndsTest, TwoThatEndAtOnceAreEachToldOnce) {
  east_.Link(7, 2);
  Settle();
  west_.Heard();
  west_.Exit(9, "tired");
  east_.Exit(7, "sad");
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: tired"));
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: sad"));
}

TEST_F(RelayEndsTest, ALinkThatComesTooLateIsAnswered) {
  west_.Exit(9, "tired");
  east_.Link(7, 2);
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: tired"));
  east_.Link(7, 2);
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: no_such_actor"));
}

TEST_F(RelayEndsTest, AMessageToOneThatHasEndedIsAnswered) {
  west_.Exit(9);
  Settle();
  east_.Heard();
  east_.Send(7, 2);
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: no_such_actor"));
}

TEST_F(RelayEndsTest, AReleasedActorEndsThereToo) {
  east_.Link(7, 2);
  Settle();
  west_.Heard();
  east_.Release(7);
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: released"));
  EXPECT_THAT(east_.Heard(), IsEmpty());
}

TEST_F(RelayEndsTest, AnIdThatIsUsedAgainIsAnotherActor) {
  east_.Exit(7);
  east_.SendNamed(7, "logger");
  Settle();
  EXPECT_THAT(west_.Heard(), UnorderedElementsAre("1 exited: normal",
                                                  "3 says 01 to 'logger'"));
}

// A thespian child tells of the end of an actor that is linked over there with
// what it gave besides the reason; a message of its own tells each link.
TEST_F(RelayEndsTest, AnExitWithDetailsCrossesOnceWithItsReason) {
  EndpointOptions options;
  options.dialect = Dialect::kThespian;
  options.names = {"*"};
  PlayedEndpoint& north = Add("north", {}, options);
  PlayedEndpoint& south = Add("south", {{"*", "north"}});
  south.SendNamed(5, "n", "\x80");  // 3 in north
  north.Send(6, 3, "\x80");         // 4 in south
  south.Link(5, 4);
  Settle();
  EXPECT_THAT(north.Heard(), Contains("3 links 6"));
  north.Send(6, 3,
             "\x83\x64"
             "exit"
             "\x63"
             "bad"
             "\x07");
  Settle();
  EXPECT_THAT(south.Heard(), ElementsAre("4 says 80 to 5", "4 exited: bad"));
}

// --- Restarts --------------------------------------------------------------

TEST_F(RelayEndsTest, WhenTheOtherEndpointEndsItsActorsDo) {
  east_.Link(7, 2);
  Settle();
  west_.End();
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: transport_closed"));
  EXPECT_THAT(RelayedIds("west 1 9"), IsEmpty());
}

TEST_F(RelayEndsTest, AnActorSpeaksToTheNextIncarnationOfTheOther) {
  west_.End();
  west_.Begin();
  Settle();
  east_.SendNamed(7, "logger");
  EXPECT_THAT(west_.Heard(), Contains("1 says 01 to 'logger'"));
  west_.Send(9, 1);
  EXPECT_THAT(east_.Heard(),
              ElementsAre("2 exited: transport_closed", "3 says 01 to 7"));
  EXPECT_THAT(RelayedIds("west 2 9"), ElementsAre(3));
}

TEST_F(RelayEndsTest, WhatAnEndedEndpointsActorsLeaveIsTold) {
  west_.Link(9, 1);
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 links 7"));
  east_.End();
  east_.Begin();
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: transport_closed"));
  east_.SendNamed(7, "logger");
  Settle();
  EXPECT_THAT(west_.Heard(), ElementsAre("3 says 01 to 'logger'"));
  west_.Send(9, 1);
  EXPECT_THAT(west_.Heard(), ElementsAre("1 exited: no_such_actor"));
  EXPECT_THAT(east_.Heard(), IsEmpty());
}

TEST_F(RelayEndsTest, AnEndpointThatIsGoneIsLetGo) {
  const std::weak_ptr<PlayedEndpoint> gone = endpoints_.at("west");
  west_.GiveUp();
  Settle();
  Remove("west");
  EXPECT_TRUE(gone.expired());
  PlayedEndpoint& west = Add("west");
  east_.SendNamed(7, "logger");
  EXPECT_THAT(west.Heard(), ElementsAre("3 says 01 to 'logger'"))
      << "another one, whom nobody was known to";
}

// --- Several hops ----------------------------------------------------------

// Each of a to d has the actor 1. a has spoken to b and c, and both to d, and
// all have answered; then each links itself to those that it has spoken to.
class DiamondTest : public ::testing::Test, protected RelayWorld {
 protected:
  DiamondTest() {
    for (const auto& [from, to] :
         {std::pair("a", "b"), {"a", "c"}, {"b", "d"}, {"c", "d"}}) {
      at(from).SendNamed(1, to);
      // Ids are given in turn: the newest is that of the last relayed actor.
      const uint64_t there = locals_.All().back()->id().value;
      at(to).Send(1, there);
      const uint64_t here = locals_.All().back()->id().value;
      at(from).Link(1, here);
      ids_[{to, from}] = here;
      ids_[{from, to}] = there;
    }
    Settle();
    for (const char* name : {"a", "b", "c", "d"}) at(name).Heard();
  }

  // That actor 1 of `whose` has ended, as `where` is told.
  std::string Exited(const std::string& whose, const std::string& where,
                     const std::string& reason) {
    return fmt::format("{} exited: {}", ids_.at({whose, where}), reason);
  }

  PlayedEndpoint& d_ = Add("d");
  PlayedEndpoint& c_ = Add("c", {{"*", "d"}});
  PlayedEndpoint& b_ = Add("b", {{"*", "d"}});
  PlayedEndpoint& a_ = Add("a", {{"b", "b"}, {"c", "c"}});
  std::map<std::pair<std::string, std::string>, uint64_t> ids_;
};

TEST_F(DiamondTest, TheLastOfItIsMissedByBothInTheMiddle) {
  d_.Exit(1, "tired");
  Settle();
  EXPECT_THAT(b_.Heard(), ElementsAre(Exited("d", "b", "tired")));
  EXPECT_THAT(c_.Heard(), ElementsAre(Exited("d", "c", "tired")));
  EXPECT_THAT(a_.Heard(), IsEmpty()) << "it is not linked to d's";
  b_.Exit(1, "sad");
  c_.Exit(1, "sad");
  Settle();
  EXPECT_THAT(a_.Heard(), UnorderedElementsAre(Exited("b", "a", "sad"),
                                               Exited("c", "a", "sad")));
}

TEST_F(DiamondTest, WhenTheFirstDiesBothInTheMiddleAreTold) {
  a_.End();
  Settle();
  EXPECT_THAT(b_.Heard(), ElementsAre(Exited("a", "b", "transport_closed")));
  EXPECT_THAT(c_.Heard(), ElementsAre(Exited("a", "c", "transport_closed")));
  EXPECT_THAT(d_.Heard(), IsEmpty());
}

TEST_F(DiamondTest, WhenOneInTheMiddleDiesBothEndsAreTold) {
  b_.End();
  Settle();
  EXPECT_THAT(a_.Heard(), ElementsAre(Exited("b", "a", "transport_closed")));
  EXPECT_THAT(d_.Heard(), ElementsAre(Exited("b", "d", "transport_closed")));
  EXPECT_THAT(c_.Heard(), Not(Contains(StartsWith("exit"))));
}

}  // namespace
}  // namespace thespian::gateway
