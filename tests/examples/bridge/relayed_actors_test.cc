#include "examples/bridge-child/relayed_actors.h"

#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace thespian::gateway::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kMapped = RelayedActors::kFirstMapped;
constexpr PeerId kAnn{1};
constexpr PeerId kBob{2};
constexpr FarActor kFar{{7}, {1}};
constexpr ActorId kFarId{7};

// "7 why" for each actor that may be said to have ended.
std::vector<std::string> Ended(RelayedActors& actors) {
  std::vector<std::string> ended;
  for (const auto& one : actors.TakeEnded()) {
    ended.push_back(fmt::format("{} {}", one.id.value, one.reason));
  }
  return ended;
}

// "1 of 7" for each peer that must be asked.
std::vector<std::string> Asked(RelayedActors& actors) {
  std::vector<std::string> asked;
  for (const auto& one : actors.TakeQuestions()) {
    asked.push_back(fmt::format("{} of {}", one.peer.value, one.far.id.value));
  }
  return asked;
}

class RelayedActorsTest : public ::testing::Test {
 protected:
  RelayedActors actors_;
};

TEST_F(RelayedActorsTest, KeepsTheIdsOfTheFirstRunThatIsHeardOf) {
  EXPECT_THAT(actors_.Hear({{7}, {3}}, kAnn), Optional(ActorId{7}));
  EXPECT_THAT(actors_.Hear({{kMapped - 1}, {3}}, kAnn),
              Optional(ActorId{kMapped - 1}));
  EXPECT_THAT(actors_.Hear({{7}, {3}}, kBob), Optional(ActorId{7}));
  EXPECT_EQ(*actors_.Find({7}), (FarActor{{7}, {3}}));
}

TEST_F(RelayedActorsTest, MapsIdsThatMightClash) {
  actors_.Hear(kFar, kAnn);
  EXPECT_THAT(actors_.Hear({{kMapped}, {1}}, kAnn), Optional(ActorId{kMapped}));
  EXPECT_THAT(actors_.Hear({{UINT64_MAX}, {1}}, kAnn),
              Optional(ActorId{kMapped + 1}));
  EXPECT_THAT(actors_.Hear({{7}, {2}}, kAnn), Optional(ActorId{kMapped + 2}));
  EXPECT_EQ(*actors_.Find({kMapped + 2}), (FarActor{{7}, {2}}));
}

TEST_F(RelayedActorsTest, NeverUsesAMappedIdAgain) {
  actors_.Hear(kFar, kAnn);
  const FarActor later{{7}, {2}};
  EXPECT_THAT(actors_.Hear(later, kAnn), Optional(ActorId{kMapped}));
  actors_.Drop(later, "released");
  EXPECT_THAT(actors_.Hear(later, kAnn), Optional(ActorId{kMapped + 1}));
}

TEST_F(RelayedActorsTest, AnEndWaitsForEveryoneWhoHeardOfIt) {
  actors_.Hear(kFar, kAnn);
  actors_.Hear(kFar, kBob);
  actors_.End(kFar, "why");
  EXPECT_THAT(Asked(actors_), UnorderedElementsAre("1 of 7", "2 of 7"));
  EXPECT_EQ(actors_.Find(kFarId), nullptr);
  EXPECT_TRUE(actors_.IsEnding(kFarId));
  actors_.Settle(kFar, kAnn);
  actors_.Settle(kFar, kAnn);
  EXPECT_THAT(Ended(actors_), IsEmpty());
  actors_.Settle(kFar, kBob);
  EXPECT_THAT(Ended(actors_), ElementsAre("7 why"));
  EXPECT_FALSE(actors_.IsEnding(kFarId));
}

TEST_F(RelayedActorsTest, AnEndThatEveryoneHasHeardIsToldAtOnce) {
  actors_.Hear(kFar, kAnn);
  actors_.Settle(kFar, kAnn);
  EXPECT_THAT(Ended(actors_), IsEmpty()) << "only the watch knows the reason";
  actors_.End(kFar, "why");
  EXPECT_THAT(Ended(actors_), ElementsAre("7 why"));
  EXPECT_THAT(Asked(actors_), IsEmpty());
}

TEST_F(RelayedActorsTest, AFirstMessageMayComeAfterTheEnd) {
  actors_.End(kFar, "why");
  EXPECT_THAT(Ended(actors_), IsEmpty()) << "nobody knows of it";
  EXPECT_THAT(actors_.Hear(kFar, kAnn), Optional(kFarId));
  EXPECT_THAT(actors_.Hear(kFar, kAnn), Optional(kFarId));
  EXPECT_THAT(Asked(actors_), ElementsAre("1 of 7"));
  actors_.Settle(kFar, kAnn);
  EXPECT_THAT(Ended(actors_), ElementsAre("7 why"));
}

TEST_F(RelayedActorsTest, AnIdThatTheFarChildUsesAgainIsAnotherActor) {
  actors_.End(kFar, "why");
  actors_.Begin(kFar);
  actors_.Hear(kFar, kAnn);
  EXPECT_FALSE(actors_.IsEnding(kFarId));
}

TEST_F(RelayedActorsTest, RemembersOnlySoManyThatNobodyHeardOf) {
  for (uint64_t id = 1; id <= RelayedActors::kMaxTombstones + 1; ++id) {
    actors_.End({{id}, {1}}, "why");
  }
  actors_.Hear({{1}, {1}}, kAnn);
  actors_.Hear({{2}, {1}}, kAnn);
  EXPECT_FALSE(actors_.IsEnding({1}));
  EXPECT_TRUE(actors_.IsEnding({2}));
}

TEST_F(RelayedActorsTest, WhatIsDroppedEndsAtOnceAndMaySpeakAgain) {
  actors_.Hear(kFar, kAnn);
  actors_.Drop(kFar, "released");
  EXPECT_THAT(Ended(actors_), ElementsAre("7 released"));
  EXPECT_THAT(Asked(actors_), IsEmpty());
  EXPECT_THAT(actors_.Hear(kFar, kAnn), Optional(kFarId));
}

TEST_F(RelayedActorsTest, APeerThatHasEndedIsNotWaitedFor) {
  actors_.Hear(kFar, kAnn);
  actors_.End(kFar, "why");
  actors_.Forget(kAnn);
  EXPECT_THAT(Ended(actors_), ElementsAre("7 why"));
  EXPECT_EQ(actors_.size(), 0u);
}

TEST_F(RelayedActorsTest, TheEndOfARunSettlesAllOfIt) {
  const FarActor later{{7}, {2}};
  for (const FarActor& far : {kFar, FarActor{{8}, {1}}, later}) {
    actors_.Hear(far, kAnn);
    actors_.End(far, "transport_closed");
  }
  actors_.SettleRuns(kAnn, {1});
  EXPECT_THAT(Ended(actors_),
              UnorderedElementsAre("7 transport_closed", "8 transport_closed"));
  EXPECT_TRUE(actors_.IsEnding({kMapped}));
}

TEST_F(RelayedActorsTest, TheLinksOfAPeerThatIsLostEnd) {
  actors_.Hear({{8}, {1}}, kAnn);
  actors_.Link({{9}, {1}}, kAnn);
  actors_.Hear(kFar, kAnn);
  actors_.Link(kFar, kAnn);
  actors_.Hear(kFar, kBob);
  actors_.Lose(kAnn, "mailbox_full");
  EXPECT_THAT(Ended(actors_),
              UnorderedElementsAre("7 mailbox_full", "9 mailbox_full"));
  EXPECT_NE(actors_.Find({8}), nullptr);
  actors_.End({{8}, {1}}, "why");
  EXPECT_THAT(Ended(actors_), ElementsAre("8 why"));
}

TEST(RelayedActorsLimitsTest, RefuseWhatIsTooMuch) {
  RelayedActors actors({.actors = 2, .hearers = 3});
  EXPECT_TRUE(actors.Hear({{1}, {1}}, kAnn).has_value());
  EXPECT_TRUE(actors.Hear({{2}, {1}}, kAnn).has_value());
  EXPECT_FALSE(actors.Hear({{3}, {1}}, kAnn).has_value()) << "an actor";
  EXPECT_TRUE(actors.Hear({{2}, {1}}, kBob).has_value());
  EXPECT_FALSE(actors.Hear({{1}, {1}}, kBob).has_value()) << "a hearer";
  EXPECT_TRUE(actors.Hear({{1}, {1}}, kAnn).has_value()) << "known already";
  actors.Forget(kAnn);
  EXPECT_TRUE(actors.Hear({{1}, {1}}, kBob).has_value());
  actors.Drop({{1}, {1}}, "released");
  EXPECT_TRUE(actors.Hear({{3}, {1}}, kBob).has_value());
}

}  // namespace
}  // namespace thespian::gateway::bridge
