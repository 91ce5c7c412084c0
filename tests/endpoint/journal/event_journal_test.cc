#include "endpoint/journal/event_journal.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/journal_text.h"
#include "tests/support/noting_watcher.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr EventKinds kLives = kAllKinds & ~kMessageKinds;

ProxyEvent Life(uint64_t remote) {
  return {.body = ProxyCreated{.remote = {remote}}};
}
ProxyEvent Message(uint64_t remote) {
  return {.body = MessageReceived{.from = {remote}, .to = LocalId{1}}};
}

// Appends, and wakes who waits for it.
template <typename Events>
void AppendTo(EventJournal& journal, Events&& events) {
  const EventJournal::Wakeup wakeup =
      journal.Append(std::forward<Events>(events));
}

class EventJournalTest : public ::testing::Test {
 protected:
  // Appends one event a letter: l a life, m a message.
  void Append(EventJournal& journal, std::string_view kinds) {
    for (const char kind : kinds) {
      const uint64_t next = journal.last_sequence() + 1;
      AppendTo(journal, kind == 'l' ? Life(next) : Message(next));
    }
  }

  // What one Read tells.
  std::vector<std::string> Read(const EventJournal& journal, uint64_t& after,
                                EventKinds kinds = kAllKinds,
                                size_t most = 1'000) {
    std::vector<ProxyEvent> events;
    EXPECT_THAT(journal.Read(kinds, most, after, events), IsOk());
    EXPECT_LE(events.size(), most);
    uint64_t last = 0;
    for (const ProxyEvent& event : events) {
      EXPECT_GT(event.sequence, last);
      last = event.sequence;
    }
    return EventTexts(events);
  }

  TestClock clock_;
  EventJournal journal_{clock_,
                        {.lives = 100, .messages = 100, .pace = kAtOnce}};
  EventJournal small_{clock_, {.lives = 100, .messages = 2}};
};

// --- Names -----------------------------------------------------------------

TEST_F(EventJournalTest, ANameHasOnePlace) {
  const EndpointName east = journal_.NameOf("east");
  EXPECT_EQ(*east, "east");
  EXPECT_NE(journal_.NameOf("west"), east);
  EXPECT_EQ(journal_.NameOf("east"), east);
}

// --- Numbering -------------------------------------------------------------

TEST_F(EventJournalTest, SequencesRiseByOneOverAllKinds) {
  EXPECT_EQ(journal_.last_sequence(), 0u);
  Append(journal_, "lmmlm");
  std::vector<ProxyEvent> batch;
  batch.push_back(Life(6));
  batch.push_back(Message(7));
  AppendTo(journal_, batch);
  EXPECT_THAT(batch, IsEmpty());
  EXPECT_EQ(journal_.last_sequence(), 7u);
  std::vector<ProxyEvent> events;
  uint64_t after = 0;
  EXPECT_THAT(journal_.Read(kAllKinds, 100, after, events), IsOk());
  ASSERT_EQ(events.size(), 7u);
  for (uint64_t i = 0; i < 7; ++i) EXPECT_EQ(events[i].sequence, i + 1);
}

TEST_F(EventJournalTest, StampsWithTheTimeOfDay) {
  const absl::Time first = clock_.Now();
  Append(journal_, "l");
  clock_.Advance(std::chrono::seconds(3));
  Append(journal_, "m");
  std::vector<ProxyEvent> events;
  uint64_t after = 0;
  EXPECT_THAT(journal_.Read(kAllKinds, 100, after, events), IsOk());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].time, first);
  EXPECT_EQ(events[1].time, first + absl::Seconds(3));
}

TEST_F(EventJournalTest, AppendingNothingChangesNothing) {
  std::vector<ProxyEvent> none;
  AppendTo(journal_, none);
  EXPECT_EQ(journal_.last_sequence(), 0u);
}

// --- Reading ---------------------------------------------------------------

TEST_F(EventJournalTest, MergesBothRingsBySequence) {
  Append(journal_, "mlmml");
  uint64_t after = 0;
  EXPECT_THAT(Read(journal_, after),
              ElementsAre("received 1 -> 1", "created 2", "received 3 -> 1",
                          "received 4 -> 1", "created 5"));
  EXPECT_EQ(after, 5u);
  EXPECT_THAT(Read(journal_, after), IsEmpty());
}

TEST_F(EventJournalTest, GoesOnWhereItStopped) {
  Append(journal_, "lmlml");
  for (size_t most = 1; most <= 6; ++most) {
    SCOPED_TRACE(most);
    uint64_t after = 0;
    std::vector<std::string> all;
    for (;;) {
      const auto some = Read(journal_, after, kAllKinds, most);
      if (some.empty()) break;
      all.insert(all.end(), some.begin(), some.end());
    }
    EXPECT_THAT(all, ElementsAre("created 1", "received 2 -> 1", "created 3",
                                 "received 4 -> 1", "created 5"));
  }
}

TEST_F(EventJournalTest, TellsOnlyTheKindsAskedFor) {
  Append(journal_, "lmlm");
  AppendTo(journal_,
           ProxyEvent{.body = ProxyClosed{.remote = {9}, .reason = "gone"}});
  uint64_t after = 0;
  EXPECT_THAT(Read(journal_, after, KindOf<ProxyClosed>()),
              ElementsAre("closed 9 by exit: gone"));
  EXPECT_EQ(after, 5u);
  after = 0;
  EXPECT_THAT(Read(journal_, after, KindOf<MessageReceived>()),
              ElementsAre("received 2 -> 1", "received 4 -> 1"));
  after = 0;
  EXPECT_THAT(Read(journal_, after, kLives),
              ElementsAre("created 1", "created 3", "closed 9 by exit: gone"));
}

TEST_F(EventJournalTest, LooksAtABoundedNumberOfEventsAtOnce) {
  EventJournal journal(clock_, {.lives = 10'000, .messages = 10'000});
  Append(journal, std::string(5'000, 'l') + "m");
  uint64_t after = 0;
  int reads = 0;
  std::vector<std::string> found;
  while (found.empty() && reads < 100) {
    found = Read(journal, after, KindOf<MessageReceived>());
    ++reads;
  }
  EXPECT_THAT(found, ElementsAre("received 5001 -> 1"));
  EXPECT_GT(reads, 2);
}

// --- Rings -----------------------------------------------------------------

TEST_F(EventJournalTest, AGapStandsForDroppedMessages) {
  Append(small_, "mmmmm");
  uint64_t after = 0;
  EXPECT_THAT(Read(small_, after),
              ElementsAre("gap 1-3", "received 4 -> 1", "received 5 -> 1"));
  EXPECT_THAT(Read(small_, after), IsEmpty());
}

TEST_F(EventJournalTest, NoGapForWhoHasReadThem) {
  Append(small_, "mm");
  uint64_t after = 0;
  Read(small_, after);
  Append(small_, "mm");
  EXPECT_THAT(Read(small_, after),
              ElementsAre("received 3 -> 1", "received 4 -> 1"));
}

TEST_F(EventJournalTest, NoGapForWhoWantsNoMessages) {
  Append(small_, "mmmlmmm");
  uint64_t after = 0;
  EXPECT_THAT(Read(small_, after, kLives), ElementsAre("created 4"));
}

// However it is read: every sequence is told, by its event or in a gap.
TEST_F(EventJournalTest, GapsAndEventsCoverEverySequence) {
  const std::string kinds = "mlmmllmmmlmlmm";
  Append(small_, kinds);
  for (size_t most = 1; most <= kinds.size(); ++most) {
    SCOPED_TRACE(most);
    uint64_t after = 0;
    std::vector<ProxyEvent> events;
    for (uint64_t before = 1; before != after;) {
      before = after;
      std::vector<ProxyEvent> some;
      ASSERT_THAT(small_.Read(kAllKinds, most, after, some), IsOk());
      events.insert(events.end(), some.begin(), some.end());
    }
    uint64_t covered = 0;
    for (const ProxyEvent& event : events) {
      const auto* gap = std::get_if<Gap>(&event.body);
      EXPECT_EQ(gap == nullptr ? event.sequence : gap->first, covered + 1);
      covered = gap == nullptr ? event.sequence : gap->last;
      for (uint64_t i = gap ? gap->first : 1; gap && i <= gap->last; ++i) {
        EXPECT_EQ(kinds[i - 1], 'm') << i << " is in a gap but no message";
      }
    }
    EXPECT_EQ(covered, kinds.size());
  }
}

TEST_F(EventJournalTest, WhoIsTooFarBehindTheLivesIsToldSo) {
  EventJournal journal(clock_, {.lives = 2, .messages = 100});
  Append(journal, "llll");
  std::vector<ProxyEvent> events;
  uint64_t after = 1;
  EXPECT_THAT(journal.Read(kAllKinds, 100, after, events),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(after, 1u);
  after = 2;
  EXPECT_THAT(Read(journal, after), ElementsAre("created 3", "created 4"));
}

TEST_F(EventJournalTest, AFloodOfMessagesDropsNoLife) {
  Append(small_, "l" + std::string(10'000, 'm') + "l");
  uint64_t after = 0;
  EXPECT_THAT(Read(small_, after, kLives),
              ElementsAre("created 1", "created 10002"));
}

// --- Holding ---------------------------------------------------------------

TEST_F(EventJournalTest, HoldsWhatIsBetweenTheLastDroppedLifeAndTheNewest) {
  EventJournal journal(clock_, {.lives = 2, .messages = 1});
  Append(journal, "llmllm");  // lives 1, 2, 4, 5
  EXPECT_FALSE(journal.Holds(1));
  EXPECT_TRUE(journal.Holds(2));
  EXPECT_TRUE(journal.Holds(6));
  EXPECT_FALSE(journal.Holds(7));
}

TEST_F(EventJournalTest, IsRecentWhileHalfOfTheLivesMayStillCome) {
  EventJournal journal(clock_, {.lives = 4, .messages = 1});
  Append(journal, "lmllmm");  // lives 1, 3, 4
  EXPECT_FALSE(journal.IsRecent(0));
  EXPECT_TRUE(journal.IsRecent(1));
  EXPECT_TRUE(journal.IsRecent(6));
  Append(journal, "lll");
  EXPECT_FALSE(journal.IsRecent(1));
  EXPECT_FALSE(journal.IsRecent(4));
  EXPECT_TRUE(journal.IsRecent(7));
}

// --- Parking ---------------------------------------------------------------

class ParkTest : public EventJournalTest {
 protected:
  // Returns when whoever was to be woken so far has been.
  void Settle() { SettleWatchers(journal_); }

  const std::shared_ptr<NotingWatcher> watcher_ =
      std::make_shared<NotingWatcher>();
};

TEST_F(ParkTest, AWatcherIsWokenOnceForEachPark) {
  journal_.Park(kAllKinds, 0, watcher_);
  Settle();
  EXPECT_EQ(watcher_->news(), 0);
  Append(journal_, "l");
  EXPECT_TRUE(watcher_->AwaitNews(1));
  Append(journal_, "ml");
  Settle();
  EXPECT_EQ(watcher_->news(), 1);
  journal_.Park(kAllKinds, 3, watcher_);
  Append(journal_, "m");
  EXPECT_TRUE(watcher_->AwaitNews(2));
  EXPECT_EQ(watcher_->turns(), 0);
}

TEST_F(ParkTest, NobodyIsWokenWhileTheAppenderWorks) {
  journal_.Park(kAllKinds, 0, watcher_);
  {
    const EventJournal::Wakeup wakeup = journal_.Append(Life(1));
    Settle();
    EXPECT_EQ(watcher_->news(), 0);
  }
  EXPECT_TRUE(watcher_->AwaitNews(1));
}

TEST_F(ParkTest, WhatIsThereAlreadyWakesAtOnce) {
  Append(journal_, "l");
  journal_.Park(kAllKinds, 0, watcher_);
  EXPECT_TRUE(watcher_->AwaitNews(1));
}

TEST_F(ParkTest, WhoWantsLivesSleepsThroughMessages) {
  Append(journal_, "lm");
  journal_.Park(kLives, 1, watcher_);
  Append(journal_, "mmm");
  Settle();
  EXPECT_EQ(watcher_->news(), 0);
  Append(journal_, "l");
  EXPECT_TRUE(watcher_->AwaitNews(1));
}

TEST_F(ParkTest, MessagesThatWakeOthersDoNotWakeWhoWantsLives) {
  const auto other = std::make_shared<NotingWatcher>();
  journal_.Park(kLives, 0, watcher_);
  journal_.Park(kAllKinds, 0, other);
  Append(journal_, "m");
  EXPECT_TRUE(other->AwaitNews(1));
  Settle();
  EXPECT_EQ(watcher_->news(), 0);
}

TEST_F(ParkTest, ABatchWithALifeInItWakesThem) {
  journal_.Park(kLives, 0, watcher_);
  std::vector<ProxyEvent> batch;
  batch.push_back(Message(1));
  batch.push_back(Life(2));
  batch.push_back(Message(3));
  AppendTo(journal_, batch);
  EXPECT_TRUE(watcher_->AwaitNews(1));
}

TEST_F(ParkTest, AWatcherThatDiedIsPassedOver) {
  auto mortal = std::make_shared<NotingWatcher>();
  journal_.Park(kAllKinds, 0, mortal);
  journal_.Park(kAllKinds, 0, watcher_);
  mortal.reset();
  Append(journal_, "l");
  EXPECT_TRUE(watcher_->AwaitNews(1));
}

TEST_F(EventJournalTest, PayloadsAreWantedWhileAnyoneWishesThem) {
  EXPECT_FALSE(journal_.payloads_wanted());
  {
    const EventJournal::PayloadWish first(journal_);
    { const EventJournal::PayloadWish second(journal_); }
    EXPECT_TRUE(journal_.payloads_wanted());
  }
  EXPECT_FALSE(journal_.payloads_wanted());
}

// --- Many threads ----------------------------------------------------------

TEST_F(EventJournalTest, ReadersMissNothingWhileOthersAppend) {
  constexpr int kWriters = 3;
  constexpr uint64_t kEach = 2'000;
  EventJournal journal(
      clock_, {.lives = kWriters * kEach, .messages = 64, .pace = kAtOnce});
  const auto append = [&journal] {
    for (uint64_t i = 0; i < kEach; ++i) {
      AppendTo(journal, i % 2 == 0 ? Life(i + 1) : Message(i + 1));
    }
  };
  const auto read = [&journal](EventKinds kinds) {
    JournalReader reader(journal, kinds);
    uint64_t lives = 0;
    while (lives < kWriters * kEach / 2) {
      for (const ProxyEvent& event : reader.Read()) {
        lives += std::holds_alternative<ProxyCreated>(event.body) ? 1 : 0;
      }
    }
    EXPECT_EQ(lives, kWriters * kEach / 2);
  };
  std::vector<std::thread> threads;
  threads.emplace_back(read, kAllKinds);
  threads.emplace_back(read, kLives);
  for (int i = 0; i < kWriters; ++i) threads.emplace_back(append);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(journal.last_sequence(), kWriters * kEach);
}

TEST_F(EventJournalTest, NoWakeIsLostBetweenReadAndPark) {
  constexpr uint64_t kEvents = 2'000;
  EventJournal journal(clock_,
                       {.lives = kEvents + 1, .messages = 1, .pace = kAtOnce});
  std::thread writer([&journal] {
    for (uint64_t i = 1; i <= kEvents; ++i) AppendTo(journal, Life(i));
  });
  JournalReader reader(journal);
  const auto last = "created " + std::to_string(kEvents);
  EXPECT_EQ(reader.AwaitEvent(last).back(), last);
  writer.join();
}

}  // namespace
}  // namespace thespian::gateway
