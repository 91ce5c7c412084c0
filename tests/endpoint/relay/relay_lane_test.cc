// The way from one endpoint to another, when the other does not read.
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/endpoint/relay/relay_world.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr size_t kItems = 20;

// Actor 7 of east is 1 in west, where actor 9 is 2 in east. West does not read.
class RelayLaneTest : public ::testing::Test, protected RelayWorld {
 protected:
  RelayLaneTest() : RelayWorld({.bytes = 1u << 20, .items = kItems}) {
    east_.SendNamed(7, "logger");
    west_.Send(9, 1);
    east_.Heard();
    west_.Heard();
    west_.SetDeaf(true);
  }

  // A byte string that begins with a number.
  static std::string Payload(size_t number) {
    std::string text = fmt::format("{:05}", number);
    text.resize(500, 'x');
    return "\x59\x01\xf4" + text;
  }
  // Says so many things of actor 7, by name and by id in turn.
  void SayMore(size_t messages) {
    for (const size_t end = said_ + messages; said_ < end; ++said_) {
      if (said_ % 2 == 0) {
        east_.SendNamed(7, "logger", Payload(said_));
      } else {
        east_.Send(7, 2, Payload(said_));
      }
    }
  }
  // Until west's queue has no room.
  void Fill() {
    while (Lane().waiting == 0) SayMore(1);
  }
  RelayLaneStats Lane() const { return StatsOf("east", "west"); }
  std::vector<std::string> Expected(size_t messages) const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < messages; ++i) {
      texts.push_back(fmt::format("1 says {} to {}", ToHex(Payload(i)),
                                  i % 2 == 0 ? "'logger'" : "9"));
    }
    return texts;
  }
  std::vector<std::string> HeardWithRoom() {
    west_.SetDeaf(false);
    Settle();
    return west_.Heard();
  }

  static EndpointOptions Small() {
    EndpointOptions options;
    options.max_frame_bytes = 1'000;
    options.queue = {.high_bytes = 2'000, .low_bytes = 1'000};
    return options;
  }

  PlayedEndpoint& west_ = Add("west", {}, Small());
  PlayedEndpoint& east_ = Add("east", {{"logger", "west"}});
  size_t said_ = 0;
};

TEST_F(RelayLaneTest, WhatWaitsGoesOnInOrderByNameAndById) {
  Fill();
  SayMore(kItems);
  EXPECT_EQ(Lane().waiting, kItems + 1) << "one is in the batch";
  EXPECT_EQ(Lane().dropped, 0u);
  EXPECT_EQ(HeardWithRoom(), Expected(said_));
  EXPECT_EQ(Lane().waiting, 0u);
  EXPECT_EQ(Lane().out, said_ + 1);
}

TEST_F(RelayLaneTest, AnEndComesAfterWhatWasSaidBefore) {
  Fill();
  SayMore(3);
  east_.Exit(7, "tired");
  Settle();
  EXPECT_THAT(RelayedIds("east 1 7"), ElementsAre(1)) << "not yet";
  std::vector<std::string> expected = Expected(said_);
  expected.emplace_back("1 exited: tired");
  EXPECT_EQ(HeardWithRoom(), expected);
}

// One read brings a message for which there is no room any more, and its
// sender's end.
TEST_F(RelayLaneTest, AnEndDoesNotOvertakeTheBatchBeforeIt) {
  for (uint64_t from = 10; Lane().waiting == 0; ++from) {
    std::string frames;
    AppendFrame(SendNamedMessage{{from}, "logger", Payload(from)}, frames);
    AppendFrame(ExitMessage{{from}, "normal"}, frames);
    east_.SayBytes(frames);
  }
  Settle();
  std::set<std::string> ended;
  for (const std::string& text : HeardWithRoom()) {
    const std::string id = text.substr(0, text.find(' '));
    EXPECT_FALSE(ended.contains(id)) << text;
    if (text.find("exited") != std::string::npos) ended.insert(id);
  }
  EXPECT_GT(ended.size(), 10u);
}

TEST_F(RelayLaneTest, ALinkComesAfterWhatWasSaidBefore) {
  Fill();
  SayMore(3);
  east_.Link(7, 2);
  Settle();
  EXPECT_FALSE(west_.remotes().IsLinked({9}, {1}));
  std::vector<std::string> expected = Expected(said_);
  expected.emplace_back("1 links 9");
  EXPECT_EQ(HeardWithRoom(), expected);
}

TEST_F(RelayLaneTest, TheEndOfTheOtherDoesNotWaitForRoomThere) {
  Fill();
  east_.Link(7, 2);
  west_.Exit(9, "tired");
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: tired"));
  HeardWithRoom();
  EXPECT_EQ(Lane().waiting, 0u);
}

// --- Too much --------------------------------------------------------------

TEST_F(RelayLaneTest, WhatIsTooMuchIsUndeliverable) {
  Fill();
  SayMore(kItems + 1);
  EXPECT_THAT(east_.stats().inbound.Get().undeliverable,
              ElementsAre(Pair("mailbox_full", 1)));
  EXPECT_EQ(Lane().waiting, 0u);
  EXPECT_EQ(Lane().dropped, kItems + 1);
}

TEST_F(RelayLaneTest, WhatIsTooMuchEndsThePairsAndBothAreTold) {
  east_.Link(7, 2);
  Fill();
  SayMore(kItems + 1);
  Settle();
  EXPECT_THAT(east_.Heard(), ElementsAre("2 exited: mailbox_full"));
  const std::vector<std::string> heard = HeardWithRoom();
  ASSERT_THAT(heard, Contains("1 exited: mailbox_full").Times(1));
  EXPECT_EQ(heard.back(), "1 exited: mailbox_full");
  west_.Exit(9);
  east_.Exit(7);
  Settle();
  EXPECT_THAT(east_.Heard(), IsEmpty());
  EXPECT_THAT(west_.Heard(), IsEmpty());
}

TEST_F(RelayLaneTest, AfterTooMuchItBeginsAnew) {
  Fill();
  SayMore(kItems + 1);
  east_.SendNamed(7, "logger");
  EXPECT_EQ(Lane().waiting, 1u);
  HeardWithRoom();
  EXPECT_EQ(Lane().waiting, 0u);
  ASSERT_THAT(RelayedIds("east 1 7"), SizeIs(1));
  west_.Send(9, RelayedIds("east 1 7").front());
  EXPECT_THAT(east_.Heard(), Contains(StartsWith("2 says 01 to 7")));
}

TEST_F(RelayLaneTest, AnEndThatHasNoRoomIsTheLanes) {
  Fill();
  SayMore(kItems);
  east_.Exit(7, "tired");
  Settle();
  EXPECT_THAT(RelayedIds("east 1 7"), IsEmpty());
  EXPECT_EQ(HeardWithRoom().back(), "1 exited: mailbox_full");
}

TEST_F(RelayLaneTest, AnEndThatWaitsKeepsItsReason) {
  east_.SendNamed(8, "logger");
  Fill();
  east_.Exit(8, "tired");
  SayMore(kItems + 1);
  Settle();
  const std::vector<std::string> heard = HeardWithRoom();
  EXPECT_THAT(heard, Contains("3 exited: tired"));
  EXPECT_THAT(heard, Contains("1 exited: mailbox_full"));
}

// --- Ends while something waits --------------------------------------------

TEST_F(RelayLaneTest, WhenTheOtherEndsWhatWaitsIsRefusedOrDropped) {
  Fill();
  SayMore(5);
  const RelayLaneStats before = Lane();
  west_.End();
  Settle();
  const RelayLaneStats after = Lane();
  EXPECT_EQ(after.waiting, 0u);
  EXPECT_EQ(after.out, before.out);
  EXPECT_EQ(after.refused + after.dropped, before.waiting);
}

TEST_F(RelayLaneTest, WhatWaitsOutlivesItsOwnIncarnation) {
  Fill();
  SayMore(3);
  east_.End();
  east_.Begin();
  Settle();
  std::vector<std::string> expected = Expected(said_);
  expected.emplace_back("1 exited: transport_closed");
  EXPECT_EQ(HeardWithRoom(), expected);
}

TEST_F(RelayLaneTest, WhenItsEndpointIsGivenUpWhatWaitsIsDropped) {
  Fill();
  SayMore(3);
  const uint64_t waiting = Lane().waiting;
  east_.GiveUp();
  Settle();
  EXPECT_EQ(Lane().waiting, 0u);
  EXPECT_EQ(Lane().dropped, waiting);
  EXPECT_EQ(HeardWithRoom().back(), "1 exited: transport_closed");
}

// --- When the other is being started ---------------------------------------

class RelayToStartingTest : public ::testing::Test, protected RelayWorld {
 protected:
  RelayToStartingTest() : RelayWorld({.bytes = 1u << 20, .items = kItems}) {
    west_.End();
    west_.Starts();
  }

  RelayLaneStats Lane() const { return StatsOf("east", "west"); }

  PlayedEndpoint& west_ = Add("west");
  PlayedEndpoint& east_ = Add("east", {{"logger", "west"}});
};

TEST_F(RelayToStartingTest, WhatIsSaidToANameWaitsUntilItRuns) {
  east_.SendNamed(7, "logger", "\x01");
  east_.SendNamed(7, "logger", "\x02");
  Settle();
  EXPECT_EQ(Lane().waiting, 2u);
  EXPECT_EQ(Lane().refused, 0u);
  west_.Begin();
  Settle();
  EXPECT_THAT(west_.Heard(),
              ElementsAre("1 says 01 to 'logger'", "1 says 02 to 'logger'"));
  EXPECT_EQ(Lane().out, 2u);
  EXPECT_EQ(Lane().waiting, 0u);
}

TEST_F(RelayToStartingTest, AStartThatFailsRefusesIt) {
  east_.SendNamed(7, "logger");
  Settle();
  EXPECT_EQ(Lane().waiting, 1u);
  west_.Enter(EndpointState::kFailed);
  Settle();
  EXPECT_EQ(Lane().waiting, 0u);
  EXPECT_THAT(Lane().refused_by_reason,
              ElementsAre(Pair("endpoint_failed", 1)));
}

TEST_F(RelayToStartingTest, WhatWaitsIsBounded) {
  for (size_t i = 0; i < 2 * kItems; ++i) east_.SendNamed(7, "logger");
  Settle();
  EXPECT_LE(Lane().waiting, kItems + 1);
  EXPECT_GT(Lane().dropped, 0u);
  west_.Begin();
  Settle();
}

// Its id is of the run that has ended.
TEST_F(RelayToStartingTest, WhatIsSaidToAnIdDoesNotWait) {
  west_.Begin();
  west_.SendNamed(9, "nobody");
  east_.SendNamed(7, "logger");
  Settle();
  const uint64_t east_in_west = RelayedIds("east 1 7").front();
  west_.Send(9, east_in_west);
  Settle();
  const uint64_t west_in_east = RelayedIds("west 2 9").front();
  west_.End();
  west_.Starts();
  east_.Send(7, west_in_east);
  Settle();
  EXPECT_EQ(Lane().waiting, 0u);
  west_.Enter(EndpointState::kFailed);
}

}  // namespace
}  // namespace thespian::gateway
