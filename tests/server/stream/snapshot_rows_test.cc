// The rows with which a watch begins.
#include "server/stream/snapshot_rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/codec/raw_message.h"
#include "server/stream/response_writer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Property;

class SnapshotRowsTest : public ::testing::Test {
 protected:
  // With so many proxies in pieces of so many.
  static SharedSnapshot Make(const std::string& endpoint, uint64_t sequence,
                             uint64_t proxies, uint64_t piece = 3) {
    static const std::string kNames[] = {"east", "west"};  // as a journal has
    auto picture = std::make_shared<ProxyPicture>();
    for (uint64_t id = 1; id <= proxies;) {
      ProxyPicture::Piece rows;
      for (; rows.size() < piece && id <= proxies; ++id) {
        rows.push_back({.id = {id}, .created_ns = 1'000'000'000});
      }
      picture->pieces.push_back(
          std::make_shared<const ProxyPicture::Piece>(std::move(rows)));
      picture->pieces.push_back(std::make_shared<const ProxyPicture::Piece>());
    }
    return std::make_shared<const EndpointSnapshot>(
        EndpointSnapshot{.sequence = sequence,
                         .time = absl::FromUnixSeconds(2),
                         .endpoint = &kNames[endpoint == "east" ? 0 : 1],
                         .incarnation = {4},
                         .state = {.state = EndpointState::kRunning, .pid = 17},
                         .proxies = std::move(picture)});
  }

  // All rows, message by message.
  static std::vector<v1::ProxyEvent> All(SnapshotRows& rows,
                                         const WatchFilter& filter = {}) {
    std::vector<v1::ProxyEvent> all;
    bool done = false;
    while (!done) {
      EventBuffer buffer;
      done = rows.Compose(filter, buffer);
      EXPECT_LT(buffer.bytes(), kMaxBatchBytes + 1'000);
      v1::WatchProxiesResponse response;
      EXPECT_THAT(Parse(*buffer.wire(), response), IsOk());
      EXPECT_GT(response.events_size(), 0);
      all.insert(all.end(), response.events().begin(), response.events().end());
    }
    return all;
  }
  static std::vector<uint64_t> ProxiesOf(
      const std::vector<v1::ProxyEvent>& rows) {
    std::vector<uint64_t> ids;
    for (const v1::ProxyEvent& row : rows) {
      if (row.has_proxy_created())
        ids.push_back(row.proxy_created().remote_id());
    }
    return ids;
  }
};

TEST_F(SnapshotRowsTest, TellTheStateTheProxiesAndTheEnd) {
  SnapshotRows rows;
  rows.Add(Make("east", /*sequence=*/9, /*proxies=*/7));
  const std::vector<v1::ProxyEvent> all = All(rows);

  ASSERT_EQ(all.size(), 9u);
  EXPECT_EQ(all.front().endpoint_state_changed().pid(), 17);
  EXPECT_EQ(all.front().time().seconds(), 2);
  EXPECT_THAT(ProxiesOf(all), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(all[1].endpoint(), "east");
  EXPECT_EQ(all[1].incarnation(), 4u);
  EXPECT_EQ(all[1].time().seconds(), 1);
  EXPECT_EQ(all.back().snapshot_complete().proxies(), 7u);
}

// From 0 a watch begins anew; from any other sequence it would miss the rows
// that follow.
TEST_F(SnapshotRowsTest, CarryNoSequenceButTheLast) {
  SnapshotRows rows;
  rows.Add(Make("east", /*sequence=*/9, /*proxies=*/7));
  std::vector<v1::ProxyEvent> all = All(rows);
  EXPECT_EQ(all.back().sequence(), 9u);
  all.pop_back();
  EXPECT_THAT(all, Each(Property(&v1::ProxyEvent::sequence, 0u)));
}

TEST_F(SnapshotRowsTest, ComeInMessagesOfBoundedSize) {
  constexpr uint64_t kProxies = 20'000;
  SnapshotRows rows;
  rows.Add(Make("east", 9, kProxies, /*piece=*/1'024));
  const std::vector<uint64_t> ids = ProxiesOf(All(rows));
  ASSERT_EQ(ids.size(), kProxies);
  for (uint64_t i = 0; i < kProxies; ++i) EXPECT_EQ(ids[i], i + 1);
}

TEST_F(SnapshotRowsTest, OfSeveralEndpointsGoOnWhereTheFirstWasTaken) {
  SnapshotRows rows;
  rows.Add(Make("east", 12, 2));
  rows.Add(Make("west", 9, 3));
  EXPECT_EQ(rows.endpoints(), 2u);
  EXPECT_EQ(rows.first_sequence(), 9u);
  EXPECT_EQ(rows.last_sequence(), 12u);
  const std::vector<v1::ProxyEvent> all = All(rows);
  EXPECT_THAT(ProxiesOf(all), ElementsAre(1, 2, 1, 2, 3));
  EXPECT_EQ(all.back().sequence(), 9u);
  EXPECT_EQ(all.back().snapshot_complete().proxies(), 5u);
}

TEST_F(SnapshotRowsTest, OfNoEndpointGoOnWhereTheyWereLookedUp) {
  SnapshotRows rows;
  rows.BeginAfter(7, absl::FromUnixSeconds(3));
  EXPECT_EQ(rows.first_sequence(), 7u);
  const std::vector<v1::ProxyEvent> all = All(rows);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all.back().has_snapshot_complete());
  EXPECT_EQ(all.back().sequence(), 7u);
  EXPECT_EQ(all.back().time().seconds(), 3);
}

TEST_F(SnapshotRowsTest, MissNothingOfAnEndpointThatCameMeanwhile) {
  SnapshotRows rows;
  rows.Add(Make("east", 12, 2));
  rows.BeginAfter(14, absl::FromUnixSeconds(3));
  EXPECT_EQ(rows.first_sequence(), 12u);
  rows.BeginAfter(7, absl::FromUnixSeconds(3));
  EXPECT_EQ(rows.first_sequence(), 7u);
  EXPECT_EQ(rows.last_sequence(), 12u);
}

TEST_F(SnapshotRowsTest, ContainWhatTheirEndpointDidBefore) {
  SnapshotRows rows;
  const SharedSnapshot east = Make("east", 12, 2);
  rows.Add(east);
  rows.Add(Make("west", 9, 3));
  const std::string other = "other";
  EXPECT_TRUE(rows.Contains({.sequence = 12, .endpoint = east->endpoint}));
  EXPECT_FALSE(rows.Contains({.sequence = 13, .endpoint = east->endpoint}));
  EXPECT_FALSE(rows.Contains({.sequence = 5, .endpoint = &other}));
  EXPECT_FALSE(rows.Contains({.sequence = 5})) << "a gap";
}

TEST_F(SnapshotRowsTest, HaveOnlyTheKindsThatAreWanted) {
  SnapshotRows rows;
  rows.Add(Make("east", 9, 3));
  const std::vector<v1::ProxyEvent> all =
      All(rows, {.kinds = KindOf<MessageSent>()});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all.front().has_snapshot_complete());
}

TEST_F(SnapshotRowsTest, AreThoseOfAnEndpointWithoutARunToo) {
  SnapshotRows rows;
  rows.Add(std::make_shared<const EndpointSnapshot>(
      EndpointSnapshot{.sequence = 3}));
  EXPECT_THAT(ProxiesOf(All(rows)), IsEmpty());
}

TEST_F(SnapshotRowsTest, LetASnapshotGoWhenItIsWritten) {
  SnapshotRows rows;
  SharedSnapshot snapshot = Make("east", 9, 3);
  const std::weak_ptr<const EndpointSnapshot> held = snapshot;
  rows.Add(std::move(snapshot));
  EXPECT_FALSE(held.expired());
  All(rows);
  EXPECT_TRUE(held.expired());
}

}  // namespace
}  // namespace thespian::gateway
