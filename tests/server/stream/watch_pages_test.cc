// What watchers are sent is made once for all that want the same.
#include "server/stream/watch_pages.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/codec/raw_message.h"
#include "server/stream/response_writer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<uint64_t> SequencesOf(const WatchPage& page) {
  v1::WatchProxiesResponse response;
  if (page.bytes.Length() > 0) {
    EXPECT_THAT(Parse(page.bytes, response), IsOk());
  }
  std::vector<uint64_t> sequences;
  for (const v1::ProxyEvent& event : response.events()) {
    sequences.push_back(event.sequence());
  }
  return sequences;
}

// Whether both are the same bytes in memory.
bool AreShared(const WatchPage& a, const WatchPage& b) {
  grpc::Slice slice_a;
  grpc::Slice slice_b;
  EXPECT_TRUE(a.bytes.TrySingleSlice(&slice_a).ok());
  EXPECT_TRUE(b.bytes.TrySingleSlice(&slice_b).ok());
  return slice_a.begin() == slice_b.begin();
}

class WatchPagesTest : public ::testing::Test {
 protected:
  void Append(const ProxyEvent& event) {
    const auto wakeup = journal_.Append(event);
  }
  void AppendMessages(int count, const std::string& payload = "") {
    for (int i = 0; i < count; ++i) {
      Append({.endpoint = east_,
              .body = MessageSent{.to = std::string("someone"),
                                  .size = payload.size(),
                                  .payload = payload}});
    }
  }
  WatchPage After(uint64_t after, const WatchFilter& filter = {},
                  uint64_t round = 1) {
    const absl::StatusOr<WatchPage> page = pages_.After(after, filter, round);
    EXPECT_THAT(page, IsOk());
    return page.value_or(WatchPage{});
  }

  TestClock clock_;
  EventJournal journal_{clock_, {.lives = 100, .messages = 10'000}};
  const EndpointName east_ = journal_.NameOf("east");
  const EndpointName west_ = journal_.NameOf("west");
  WatchPages pages_{journal_};
};

// --- What is on them -------------------------------------------------------

TEST_F(WatchPagesTest, HaveTheEventsAfterASequence) {
  AppendMessages(3);
  const WatchPage page = After(1);
  EXPECT_THAT(SequencesOf(page), ElementsAre(2, 3));
  EXPECT_EQ(page.last, 3u);
  EXPECT_FALSE(page.full);
}

TEST_F(WatchPagesTest, WithoutEventsAreEmpty) {
  const WatchPage page = After(0);
  EXPECT_EQ(page.bytes.Length(), 0u);
  EXPECT_EQ(page.last, 0u);
}

TEST_F(WatchPagesTest, HaveOnlyWhatIsWanted) {
  Append({.endpoint = east_, .body = ProxyCreated{.remote = {1}}});
  Append({.endpoint = west_, .body = ProxyCreated{.remote = {1}}});
  AppendMessages(1);
  EXPECT_THAT(SequencesOf(After(0, {.endpoint = west_})), ElementsAre(2));
  EXPECT_THAT(SequencesOf(After(0, {.kinds = KindOf<MessageSent>()})),
              ElementsAre(3));
  const WatchPage none = After(0, {.kinds = KindOf<ProxyClosed>()});
  EXPECT_THAT(SequencesOf(none), IsEmpty());
  EXPECT_EQ(none.last, 2u) << "what was looked at is behind";
}

TEST_F(WatchPagesTest, HavePayloadsForThoseWhoWantThem) {
  AppendMessages(1, "abc");
  v1::WatchProxiesResponse response;
  EXPECT_THAT(Parse(After(0, {.details = {.payloads = true}}).bytes, response),
              IsOk());
  EXPECT_EQ(response.events(0).message_sent().payload(), "abc");
  EXPECT_THAT(Parse(After(0).bytes, response), IsOk());
  EXPECT_EQ(response.events(0).message_sent().payload(), "");
  EXPECT_EQ(response.events(0).message_sent().size(), 3u);
}

// However large the events are, and wherever one begins.
TEST_F(WatchPagesTest, AreBoundedAndFollowEachOther) {
  constexpr int kEvents = 3'000;
  AppendMessages(kEvents / 2);
  AppendMessages(kEvents / 2, std::string(4'000, 'x'));
  constexpr size_t kEvent = 5'000;
  for (const bool payloads : {false, true}) {
    uint64_t expected = 0;
    WatchPage page;
    do {
      page = After(page.last, {.details = {.payloads = payloads}});
      EXPECT_LT(page.bytes.Length(), kMaxBatchBytes + kEvent);
      for (const uint64_t sequence : SequencesOf(page)) {
        EXPECT_EQ(sequence, ++expected);
      }
      EXPECT_EQ(page.last, expected);
    } while (page.full);
    EXPECT_EQ(expected, uint64_t{kEvents});
  }
}

TEST_F(WatchPagesTest, WhoIsTooFarBehindIsToldSo) {
  for (uint64_t id = 1; id <= 200; ++id) {
    Append({.endpoint = east_, .body = ProxyCreated{.remote = {id}}});
  }
  EXPECT_THAT(pages_.After(50, {}, 1), StatusIs(absl::StatusCode::kOutOfRange));
}

// --- How they are shared ---------------------------------------------------

TEST_F(WatchPagesTest, AreSharedWithinARound) {
  AppendMessages(3);
  const WatchPage first = After(1, {}, /*round=*/1);
  AppendMessages(2);
  const WatchPage second = After(1, {}, /*round=*/1);
  EXPECT_TRUE(AreShared(first, second));
  EXPECT_EQ(second.last, 3u) << "the next round has the others";
  const WatchPage next = After(1, {}, /*round=*/2);
  EXPECT_FALSE(AreShared(first, next));
  EXPECT_THAT(SequencesOf(next), ElementsAre(2, 3, 4, 5));
}

TEST_F(WatchPagesTest, OutsideOfARoundHaveWhatThereIs) {
  AppendMessages(3);
  After(1, {}, /*round=*/0);
  AppendMessages(1);
  EXPECT_THAT(SequencesOf(After(1, {}, /*round=*/0)), ElementsAre(2, 3, 4));
}

TEST_F(WatchPagesTest, ThatAreFullAreSharedForAsLongAsTheyAreKept) {
  AppendMessages(3'000);
  const WatchPage first = After(0, {}, /*round=*/1);
  ASSERT_TRUE(first.full);
  EXPECT_TRUE(AreShared(first, After(0, {}, /*round=*/0)));
  EXPECT_TRUE(AreShared(first, After(0, {}, /*round=*/7)));
  for (uint64_t after = 1; after <= 16; ++after) After(after);
  EXPECT_FALSE(AreShared(first, After(0, {}, /*round=*/1)));
}

TEST_F(WatchPagesTest, AreNotSharedByThoseWhoWantDifferentThings) {
  AppendMessages(3, "abc");
  const WatchPage page = After(0);
  for (const WatchFilter& other :
       {WatchFilter{.kinds = KindOf<MessageSent>()},
        WatchFilter{.endpoint = east_},
        WatchFilter{.details = {.payloads = true}}}) {
    EXPECT_FALSE(AreShared(page, After(0, other)));
  }
  EXPECT_FALSE(AreShared(page, After(1)));
}

TEST_F(WatchPagesTest, ComposedForOneAreSharedByNobody) {
  AppendMessages(3);
  const auto own = pages_.Compose(
      0, {}, [](const ProxyEvent& event) { return event.sequence != 2; });
  ASSERT_THAT(own, IsOk());
  EXPECT_THAT(SequencesOf(*own), ElementsAre(1, 3));
  EXPECT_THAT(SequencesOf(After(0)), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace thespian::gateway
