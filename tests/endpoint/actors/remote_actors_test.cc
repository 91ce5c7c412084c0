#include "endpoint/actors/remote_actors.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Linked = RemoteActors::Linked;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class RemoteActorsTest : public ::testing::Test {
 protected:
  // A message from `remote`.
  bool Speak(uint64_t remote) {
    return remotes_.NoteSpoke({remote}, /*message=*/true, kNow);
  }

  std::vector<ProxyRow> All() {
    std::vector<ProxyRow> rows;
    uint64_t place = 0;
    EXPECT_FALSE(remotes_.List(1'000'000, place, rows));
    return rows;
  }

  RemoteActors remotes_;
};

// --- Proxies ---------------------------------------------------------------

TEST_F(RemoteActorsTest, AProxyIsMadeOncePerRemoteId) {
  EXPECT_FALSE(remotes_.IsLive({7}));
  EXPECT_TRUE(Speak(7));
  EXPECT_FALSE(Speak(7));
  EXPECT_FALSE(remotes_.NoteSpoke({7}, /*message=*/false, kNow));
  EXPECT_TRUE(remotes_.IsLive({7}));
  EXPECT_EQ(remotes_.live(), 1u);
}

TEST_F(RemoteActorsTest, AnyIdButZeroCanBeAProxy) {
  EXPECT_TRUE(Speak(1));
  EXPECT_TRUE(Speak(UINT64_MAX));
  EXPECT_EQ(remotes_.live(), 2u);
  EXPECT_TRUE(remotes_.Close({UINT64_MAX}).was_live);
}

TEST_F(RemoteActorsTest, CountsMessagesButNoLinks) {
  remotes_.NoteSpoke({7}, /*message=*/false, kNow);
  Speak(7);
  Speak(7);
  remotes_.NoteSent({RemoteId{7}, RemoteId{7}}, kNow);
  ASSERT_EQ(All().size(), 1u);
  const ProxyRow row = All().front();
  EXPECT_EQ(row.id, RemoteId{7});
  EXPECT_EQ(row.received, 2u);
  EXPECT_EQ(row.sent, 2u);
  EXPECT_EQ(row.created, kNow);
}

TEST_F(RemoteActorsTest, WhatIsSentMakesNoProxy) {
  remotes_.NoteSent({RemoteId{7}}, kNow);
  EXPECT_FALSE(remotes_.IsLive({7}));
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(RemoteActorsTest, AProxyEndsOnce) {
  Speak(7);
  EXPECT_TRUE(remotes_.Close({7}).was_live);
  EXPECT_FALSE(remotes_.Close({7}).was_live);
  EXPECT_FALSE(remotes_.Close({8}).was_live);
}

TEST_F(RemoteActorsTest, AnIdThatSpeaksAgainStartsFromNothing) {
  Speak(7);
  Speak(7);
  remotes_.Link({7}, {1});
  remotes_.Close({7});
  EXPECT_TRUE(Speak(7));
  ASSERT_EQ(All().size(), 1u);
  EXPECT_EQ(All().front().received, 1u);
  EXPECT_EQ(All().front().links, 0u);
}

TEST_F(RemoteActorsTest, CloseAllEndsEveryProxyOnce) {
  for (const uint64_t id : {7, 8, 9}) Speak(id);
  remotes_.Link({8}, {1});
  remotes_.Link({8}, {2});
  std::set<uint64_t> closed;
  for (const auto& proxy : remotes_.CloseAll()) {
    closed.insert(proxy.id.value);
    if (proxy.id.value == 8) {
      EXPECT_THAT(proxy.linked, UnorderedElementsAre(LocalId{1}, LocalId{2}));
    } else {
      EXPECT_THAT(proxy.linked, IsEmpty());
    }
  }
  EXPECT_THAT(closed, ElementsAre(7, 8, 9));
  EXPECT_EQ(remotes_.live(), 0u);
  EXPECT_FALSE(remotes_.IsLinked({8}, {1}));
  EXPECT_THAT(remotes_.CloseAll(), IsEmpty());
}

// --- Pages -----------------------------------------------------------------

TEST_F(RemoteActorsTest, PagesTellEveryProxyOnce) {
  for (uint64_t id = 1; id <= 25; ++id) Speak(id);
  std::vector<uint64_t> seen;
  uint64_t place = 0;
  for (bool more = true; more;) {
    std::vector<ProxyRow> rows;
    more = remotes_.List(10, place, rows);
    EXPECT_LE(rows.size(), 10u);
    for (const ProxyRow& row : rows) seen.push_back(row.id.value);
  }
  ASSERT_EQ(seen.size(), 25u);
  for (uint64_t id = 1; id <= 25; ++id) EXPECT_EQ(seen[id - 1], id);
}

TEST_F(RemoteActorsTest, AProxyThatOutlivesThePagesIsListedOnce) {
  constexpr uint64_t kStable = 40;  // 1 to 40 live on; others come and go
  for (uint64_t id = 1; id <= kStable; ++id) {
    Speak(id);
    Speak(1'000 + id);
  }
  std::multiset<uint64_t> seen;
  uint64_t place = 0;
  uint64_t passing = 1'001;
  for (bool more = true; more;) {
    std::vector<ProxyRow> rows;
    more = remotes_.List(3, place, rows);
    for (const ProxyRow& row : rows) seen.insert(row.id.value);
    remotes_.Close({passing});
    Speak(1'000 + passing);
    ++passing;
  }
  for (uint64_t id = 1; id <= kStable; ++id) EXPECT_EQ(seen.count(id), 1u);
}

TEST_F(RemoteActorsTest, APlaceIsUsedAgain) {
  for (uint64_t id = 1; id <= 10; ++id) Speak(id);
  for (uint64_t round = 0; round < 100; ++round) {
    remotes_.Close({round == 0 ? 5 : 1'000 + round - 1});
    Speak(1'000 + round);
  }
  uint64_t place = 0;
  std::vector<ProxyRow> rows;
  EXPECT_FALSE(remotes_.List(100, place, rows));
  EXPECT_EQ(rows.size(), 10u);
  EXPECT_EQ(place, 10u);
}

TEST_F(RemoteActorsTest, ThePageAfterTheLastIsEmpty) {
  uint64_t place = 0;
  std::vector<ProxyRow> rows;
  EXPECT_FALSE(remotes_.List(10, place, rows));
  Speak(1);
  Speak(2);
  EXPECT_TRUE(remotes_.List(1, place, rows));
  remotes_.CloseAll();
  EXPECT_FALSE(remotes_.List(10, place, rows));
  EXPECT_EQ(rows.size(), 1u);
}

TEST_F(RemoteActorsTest, APageLooksAtAFewPlacesOnly) {
  constexpr uint64_t kLast = RemoteActors::kPlacesOfAPage + 1;
  for (uint64_t id = 1; id <= kLast; ++id) Speak(id);
  for (uint64_t id = 1; id < kLast; ++id) remotes_.Close({id});
  uint64_t place = 0;
  std::vector<ProxyRow> rows;
  EXPECT_TRUE(remotes_.List(10, place, rows));
  EXPECT_THAT(rows, IsEmpty());
  EXPECT_FALSE(remotes_.List(10, place, rows));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, RemoteId{kLast});
}

// --- Giving up ---------------------------------------------------------------

class IdleTest : public RemoteActorsTest {
 protected:
  // A message from `remote`, so many seconds after kNow.
  void SpeakAt(uint64_t remote, int seconds) {
    remotes_.NoteSpoke({remote}, /*message=*/true,
                       kNow + absl::Seconds(seconds));
  }
  std::vector<RemoteId> IdleSince(int seconds, size_t most = 100) {
    return remotes_.IdleSince(kNow + absl::Seconds(seconds), most);
  }
};

TEST_F(IdleTest, WhoNeitherSpokeNorWasSentToIsIdle) {
  for (const uint64_t id : {1, 2, 3}) SpeakAt(id, 0);
  SpeakAt(2, 10);
  remotes_.NoteSent({RemoteId{3}}, kNow + absl::Seconds(10));
  EXPECT_THAT(IdleSince(10), ElementsAre(RemoteId{1}));
  EXPECT_THAT(IdleSince(11), SizeIs(3));
  EXPECT_THAT(IdleSince(0), IsEmpty());
}

TEST_F(IdleTest, WhoIsLinkedIsNotIdle) {
  SpeakAt(1, 0);
  SpeakAt(2, 0);
  remotes_.Link({1}, {5});
  EXPECT_THAT(IdleSince(100), ElementsAre(RemoteId{2}));
  remotes_.EndLocal({5});
  EXPECT_THAT(IdleSince(100), SizeIs(2));
}

TEST_F(IdleTest, AsManyAsAskedForAreTold) {
  for (uint64_t id = 1; id <= 10; ++id) SpeakAt(id, 0);
  EXPECT_THAT(IdleSince(1, 4), SizeIs(4));
}

TEST_F(IdleTest, TheVictimIsTheLongestIdleWithoutLinks) {
  SpeakAt(1, 0);
  SpeakAt(2, 5);
  SpeakAt(3, 3);
  SpeakAt(4, 4);
  remotes_.Link({1}, {5});
  EXPECT_EQ(remotes_.PickVictim({4}), RemoteId{3});
  remotes_.Close({3});
  EXPECT_EQ(remotes_.PickVictim({4}), RemoteId{2});
}

TEST_F(IdleTest, IfAllAreLinkedOneOfThemIsTheVictim) {
  SpeakAt(1, 1);
  SpeakAt(2, 0);
  SpeakAt(3, 0);
  for (const uint64_t id : {1, 2, 3}) remotes_.Link({id}, {5});
  EXPECT_EQ(remotes_.PickVictim({3}), RemoteId{2});
}

TEST_F(IdleTest, TheNewcomerIsNoVictim) {
  for (uint64_t id = 1; id <= 200; ++id) {
    SpeakAt(id, static_cast<int>(id));
    if (id > 50) {
      const RemoteId victim = remotes_.PickVictim({id});
      EXPECT_NE(victim, RemoteId{id});
      EXPECT_TRUE(remotes_.Close(victim).was_live);
    }
  }
  EXPECT_EQ(remotes_.live(), 50u);
  EXPECT_TRUE(remotes_.IsLive({200}));
}

// --- Links -----------------------------------------------------------------

TEST_F(RemoteActorsTest, ALinkNeedsALiveRemote) {
  EXPECT_EQ(remotes_.Link({7}, {1}), Linked::kGone);
  EXPECT_FALSE(remotes_.IsLinked({7}, {1}));
  EXPECT_FALSE(remotes_.EndLocal({1}).seen) << "the child was told nothing";
}

TEST_F(RemoteActorsTest, ALinkIsMadeOnce) {
  Speak(7);
  EXPECT_EQ(remotes_.Link({7}, {1}), Linked::kNew);
  EXPECT_EQ(remotes_.Link({7}, {1}), Linked::kAlready);
  EXPECT_TRUE(remotes_.IsLinked({7}, {1}));
  EXPECT_FALSE(remotes_.IsLinked({7}, {2}));
  EXPECT_EQ(All().front().links, 1u);
}

TEST_F(RemoteActorsTest, TheEndOfARemoteEndsItsLinksOnBothSides) {
  Speak(7);
  Speak(8);
  remotes_.Link({7}, {1});
  remotes_.Link({7}, {2});
  remotes_.Link({8}, {1});
  EXPECT_THAT(remotes_.Close({7}).linked,
              UnorderedElementsAre(LocalId{1}, LocalId{2}));
  EXPECT_FALSE(remotes_.IsLinked({7}, {1}));
  EXPECT_TRUE(remotes_.IsLinked({8}, {1}));
  EXPECT_THAT(remotes_.EndLocal({1}).linked, ElementsAre(RemoteId{8}));
  EXPECT_THAT(remotes_.EndLocal({2}).linked, IsEmpty());
}

TEST_F(RemoteActorsTest, TheEndOfALocalEndsItsLinksOnBothSides) {
  Speak(7);
  Speak(8);
  remotes_.Link({7}, {1});
  remotes_.Link({8}, {1});
  remotes_.Link({8}, {2});
  EXPECT_THAT(remotes_.EndLocal({1}).linked,
              UnorderedElementsAre(RemoteId{7}, RemoteId{8}));
  EXPECT_THAT(remotes_.Close({7}).linked, IsEmpty());
  EXPECT_THAT(remotes_.Close({8}).linked, ElementsAre(LocalId{2}));
}

TEST_F(RemoteActorsTest, WhatWasLinkedIsGivenByRisingId) {
  for (const uint64_t remote : {9, 3, 7}) {
    Speak(remote);
    for (const uint64_t local : {6, 2, 4}) remotes_.Link({remote}, {local});
  }
  EXPECT_THAT(remotes_.EndLocal({4}).linked,
              ElementsAre(RemoteId{3}, RemoteId{7}, RemoteId{9}));
  EXPECT_THAT(remotes_.Close({9}).linked, ElementsAre(LocalId{2}, LocalId{6}));
}

TEST_F(RemoteActorsTest, OneActorMayHaveManyLinks) {
  // On both sides; none is walked along for another one.
  constexpr uint64_t kMany = 200'000;
  for (uint64_t id = 1; id <= kMany; ++id) {
    Speak(id);
    EXPECT_EQ(remotes_.Link({id}, {1}), Linked::kNew);
    EXPECT_EQ(remotes_.Link({1}, {id}),
              id == 1 ? Linked::kAlready : Linked::kNew);
  }
  EXPECT_EQ(remotes_.Close({1}).linked.size(), kMany);
  EXPECT_EQ(remotes_.CloseAll().size(), kMany - 1);
  EXPECT_THAT(remotes_.EndLocal({1}).linked, IsEmpty());
}

// --- What the child has seen -----------------------------------------------

TEST_F(RemoteActorsTest, AnActorIsForgottenOnce) {
  EXPECT_FALSE(remotes_.EndLocal({1}).seen);
  remotes_.NoteSeen({1});
  remotes_.NoteSeen({1});
  EXPECT_TRUE(remotes_.EndLocal({1}).seen);
  EXPECT_FALSE(remotes_.EndLocal({1}).seen);
}

TEST_F(RemoteActorsTest, ALinkMakesAnActorSeen) {
  Speak(7);
  remotes_.Link({7}, {1});
  remotes_.Close({7});
  EXPECT_TRUE(remotes_.EndLocal({1}).seen);
}

// --- Many threads ----------------------------------------------------------

TEST_F(RemoteActorsTest, ReadersSeeAWholeTableWhileTheLoopChangesIt) {
  constexpr uint64_t kIds = 64;
  constexpr int kRounds = 300;
  std::atomic<bool> done = false;
  const auto read = [&] {
    while (!done) {
      std::vector<ProxyRow> rows;
      uint64_t place = 0;
      remotes_.List(kIds, place, rows);
      std::set<uint64_t> ids;
      for (const ProxyRow& row : rows) ids.insert(row.id.value);
      EXPECT_EQ(ids.size(), rows.size());
      EXPECT_LE(remotes_.live(), kIds);
      for (uint64_t id = 1; id <= kIds; ++id) {
        remotes_.NoteSent({RemoteId{id}}, kNow);
        remotes_.NoteSeen({id});
        remotes_.IsLinked({id}, {id});
      }
    }
  };
  std::array<std::thread, 2> readers;
  for (std::thread& reader : readers) reader = std::thread(read);
  for (int round = 0; round < kRounds; ++round) {
    for (uint64_t id = 1; id <= kIds; ++id) {
      EXPECT_TRUE(Speak(id));
      EXPECT_EQ(remotes_.Link({id}, {id % 5 + 1}), Linked::kNew);
    }
    EXPECT_THAT(remotes_.Close({1}).linked, ElementsAre(LocalId{2}));
    EXPECT_EQ(remotes_.CloseAll().size(), kIds - 1);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(remotes_.live(), 0u);
}

}  // namespace
}  // namespace thespian::gateway
