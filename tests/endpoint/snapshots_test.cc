// How snapshots are shared, and how many there are at most.
#include "endpoint/snapshots.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::SizeIs;

class SnapshotsTest : public ::testing::Test {
 protected:
  static constexpr size_t kLives = 64;

  // A remote actor speaks.
  void Speak(uint64_t id) {
    table_->NoteSpoke({id}, /*message=*/true, clock_.Now());
    const auto wakeup = journal_.Append(
        {.endpoint = name_, .body = ProxyCreated{.remote = {id}}});
  }
  void SpeakUpTo(uint64_t last) {
    for (uint64_t id = 1; id <= last; ++id) Speak(id);
  }

  // Asks for a snapshot, which will be put into what is returned.
  std::shared_ptr<SharedSnapshot> Ask() {
    auto place = std::make_shared<SharedSnapshot>();
    busy_ |= snapshots_.Ask(
        [place](SharedSnapshot taken) { *place = std::move(taken); });
    return place;
  }
  // Goes on to the end, and returns how many steps that were.
  int Finish(const std::shared_ptr<RemoteActors>& table) {
    int steps = 0;
    for (; busy_; ++steps) busy_ = snapshots_.Step(table);
    return steps;
  }
  SharedSnapshot Take() {
    const auto place = Ask();
    Finish(table_);
    return *place;
  }

  TestClock clock_;
  EventJournal journal_{clock_, {.lives = kLives}};
  const EndpointName name_ = journal_.NameOf("east");
  std::shared_ptr<RemoteActors> table_ =
      std::make_shared<RemoteActors>(/*piece_places=*/4);
  bool busy_ = false;
  Snapshots snapshots_{journal_,
                       [this] {
                         return EndpointSnapshot{
                             .sequence = journal_.last_sequence(),
                             .endpoint = name_};
                       },
                       /*pieces_in_step=*/2};
};

TEST_F(SnapshotsTest, AreTakenInSteps) {
  SpeakUpTo(17);  // 5 pieces
  const auto asked = Ask();
  EXPECT_EQ(Finish(table_), 3);
  ASSERT_NE(*asked, nullptr);
  EXPECT_EQ((*asked)->proxies->proxies(), 17u);
  EXPECT_EQ((*asked)->sequence, 17u);
  EXPECT_EQ((*asked)->endpoint, name_);
}

TEST_F(SnapshotsTest, AllWhoAskBeforeItIsBegunShareIt) {
  SpeakUpTo(17);
  std::vector<std::shared_ptr<SharedSnapshot>> asked;
  for (int i = 0; i < 100; ++i) asked.push_back(Ask());
  Finish(table_);
  ASSERT_NE(*asked.front(), nullptr);
  for (const auto& place : asked) EXPECT_EQ(*place, *asked.front());
}

TEST_F(SnapshotsTest, WhoAsksLaterGetsOneThatIsNoOlder) {
  SpeakUpTo(17);
  const auto first = Ask();
  EXPECT_TRUE(snapshots_.Step(table_));
  Speak(18);
  const auto second = Ask();
  Finish(table_);
  EXPECT_EQ((*first)->sequence, 17u);
  EXPECT_EQ((*first)->proxies->proxies(), 17u);
  EXPECT_EQ((*second)->sequence, 18u);
  EXPECT_EQ((*second)->proxies->proxies(), 18u);
}

TEST_F(SnapshotsTest, OneIsCompletedThoughItsRunHasEnded) {
  SpeakUpTo(17);
  const auto asked = Ask();
  EXPECT_TRUE(snapshots_.Step(table_));
  table_->CloseAll();
  table_ = nullptr;
  Finish(nullptr);
  ASSERT_NE(*asked, nullptr);
  EXPECT_EQ((*asked)->proxies->proxies(), 17u);
}

TEST_F(SnapshotsTest, WithoutARunThereAreNoProxies) {
  table_ = nullptr;
  const SharedSnapshot snapshot = Take();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->proxies, nullptr);
}

TEST_F(SnapshotsTest, AreOfFewTablesWhileTheyAreInUse) {
  std::vector<SharedSnapshot> held;
  for (uint64_t id = 1; id <= Snapshots::kMostPictures; ++id) {
    Speak(id);
    held.push_back(Take());
    EXPECT_EQ(held.back()->sequence, id);
  }
  Speak(100);
  EXPECT_EQ(Take(), held.back());
  held.erase(held.begin());
  Speak(101);
  const SharedSnapshot fresh = Take();
  EXPECT_EQ(fresh->sequence, journal_.last_sequence());
}

TEST_F(SnapshotsTest, OfTheSameTableThereMayBeAnyNumber) {
  Speak(1);
  std::vector<SharedSnapshot> held;
  for (int i = 0; i < 10; ++i) {
    const auto wakeup =
        journal_.Append({.endpoint = name_, .body = StderrLine{}});
    held.push_back(Take());
    EXPECT_EQ(held.back()->sequence, journal_.last_sequence());
    EXPECT_EQ(held.back()->proxies, held.front()->proxies);
  }
}

TEST_F(SnapshotsTest, OneThatIsNotOfTheTableAnyMoreIsNoLongerGivenWhenOld) {
  std::vector<SharedSnapshot> held;
  for (uint64_t id = 1; id <= Snapshots::kMostPictures; ++id) {
    Speak(id);
    held.push_back(Take());
  }
  uint64_t id = 100;
  for (size_t lives = 0; lives < kLives / 2; ++lives) Speak(id++);
  EXPECT_EQ(Take(), held.back());
  Speak(id);
  EXPECT_EQ(Take()->sequence, journal_.last_sequence());
}

}  // namespace
}  // namespace thespian::gateway
