#include "endpoint/journal/event_ring.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Add(EventRing& ring, uint64_t sequence) {
  ring.Add({.sequence = sequence, .body = ProxyCreated{.remote = {sequence}}});
}

std::vector<uint64_t> Sequences(const EventRing& ring) {
  std::vector<uint64_t> sequences;
  for (size_t i = 0; i < ring.size(); ++i) {
    sequences.push_back(ring[i].sequence);
  }
  return sequences;
}

TEST(EventRingTest, OneThatWasNeverFilledHasNothingAndKnowsWhatCameBefore) {
  const EventRing ring(3, /*last_dropped=*/40);
  EXPECT_TRUE(ring.empty());
  EXPECT_THAT(Sequences(ring), IsEmpty());
  EXPECT_EQ(ring.last(), 40);
  EXPECT_EQ(ring.last_dropped(), 40);
  EXPECT_EQ(ring.After(0), 0);
}

TEST(EventRingTest, ANewEventTakesThePlaceOfTheOldest) {
  EventRing ring(3, /*last_dropped=*/0);
  for (const uint64_t sequence : {1, 4, 5}) Add(ring, sequence);
  EXPECT_THAT(Sequences(ring), ElementsAre(1, 4, 5));
  EXPECT_EQ(ring.last_dropped(), 0);
  Add(ring, 9);
  EXPECT_THAT(Sequences(ring), ElementsAre(4, 5, 9));
  EXPECT_EQ(ring.last_dropped(), 1);
  EXPECT_EQ(ring.last(), 9);
}

TEST(EventRingTest, TheOrderHoldsOverManyTurns) {
  EventRing ring(3, /*last_dropped=*/0);
  for (uint64_t sequence = 1; sequence <= 10; ++sequence) {
    Add(ring, sequence);
    EXPECT_EQ(ring.last(), sequence);
  }
  EXPECT_THAT(Sequences(ring), ElementsAre(8, 9, 10));
  EXPECT_EQ(ring.last_dropped(), 7);
}

TEST(EventRingTest, ARingOfOneHoldsTheNewest) {
  EventRing ring(1, /*last_dropped=*/0);
  Add(ring, 1);
  Add(ring, 2);
  EXPECT_THAT(Sequences(ring), ElementsAre(2));
  EXPECT_EQ(ring.last_dropped(), 1);
}

TEST(EventRingTest, AfterFindsTheFirstThatIsNewer) {
  EventRing ring(3, /*last_dropped=*/0);
  for (const uint64_t sequence : {1, 2, 4, 7, 9}) Add(ring, sequence);
  ASSERT_THAT(Sequences(ring), ElementsAre(4, 7, 9));
  EXPECT_EQ(ring.After(0), 0);
  EXPECT_EQ(ring.After(3), 0);
  EXPECT_EQ(ring.After(4), 1);
  EXPECT_EQ(ring.After(8), 2);
  EXPECT_EQ(ring.After(9), 3);
}

}  // namespace
}  // namespace thespian::gateway
