// Messages between the actors of different endpoints: by name, by id, and what
// becomes of those that can't be delivered.
#include <memory>
#include <string>
#include <vector>

#include "endpoint/actors/delivery_batch.h"
#include "gmock/gmock.h"
#include "tests/endpoint/relay/relay_world.h"
#include "tests/support/journal_text.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RelayTest : public ::testing::Test, protected RelayWorld {
 protected:
  RelayTest() : RelayWorld({}, /*most_actors=*/5) {}

  PlayedEndpoint& west_ = Add("west");
  PlayedEndpoint& east_ = Add("east", {{"logger", "west"}, {"db.*", "west"}});
  JournalReader reader_{journal_};
};

// --- By name ---------------------------------------------------------------

TEST_F(RelayTest, AMessageToANameFollowsTheRoute) {
  east_.SendNamed(7, "logger");
  east_.SendNamed(7, "db.users", "\x02");
  EXPECT_THAT(west_.Heard(),
              ElementsAre("1 says 01 to 'logger'", "1 says 02 to 'db.users'"));
  EXPECT_THAT(RelayedIds("east 1 7"), ElementsAre(1));
  EXPECT_EQ(StatsOf("east", "west").out, 2u);
}

TEST_F(RelayTest, EachActorSpeaksAsItself) {
  east_.SendNamed(7, "logger");
  east_.SendNamed(8, "logger");
  east_.SendNamed(7, "logger");
  EXPECT_THAT(west_.Heard(),
              ElementsAre("1 says 01 to 'logger'", "2 says 01 to 'logger'",
                          "1 says 01 to 'logger'"));
}

TEST_F(RelayTest, WhatOneReadBringsGoesOutTogether) {
  std::string frames;
  for (const uint64_t from : {7, 8, 7}) {
    AppendFrame(SendNamedMessage{{from}, "logger", "\x01"}, frames);
  }
  east_.SayBytes(frames);
  EXPECT_THAT(west_.Heard(), SizeIs(3));
  EXPECT_EQ(west_.writes(), 1);
}

TEST_F(RelayTest, ANameThatAClientHasIsTheClients) {
  const auto client = std::make_shared<TestActor>();
  ASSERT_THAT(locals_.Open(client, "logger"), IsOk());
  east_.SendNamed(7, "logger");
  EXPECT_THAT(client->TakeMail(), ElementsAre("7 says 01"));
  EXPECT_THAT(west_.Heard(), IsEmpty());
}

TEST_F(RelayTest, ANameWithoutARouteIsUnknown) {
  east_.SendNamed(7, "nobody");
  west_.SendNamed(7, "logger");
  EXPECT_THAT(east_.stats().inbound.Get().undeliverable,
              ElementsAre(Pair("no_such_name", 1)));
  EXPECT_THAT(west_.stats().inbound.Get().undeliverable,
              ElementsAre(Pair("no_such_name", 1)));
  EXPECT_THAT(RelayedIds("east 1 7"), IsEmpty());
}

TEST_F(RelayTest, NobodySpeaksAsNobody) {
  east_.SendNamed(0, "logger");
  EXPECT_THAT(west_.Heard(), ElementsAre("0 says 01 to 'logger'"));
  EXPECT_EQ(locals_.size(), 0u);
}

TEST_F(RelayTest, NobodySpeaksToAThespianChildFromAFreshId) {
  EndpointOptions options;
  options.dialect = Dialect::kThespian;
  PlayedEndpoint& north = Add("north", {}, options);
  PlayedEndpoint& south = Add("south", {{"*", "north"}});
  south.SendNamed(0, "n", "\x80");
  south.SendNamed(0, "n", "\x80");
  EXPECT_THAT(north.Heard(),
              ElementsAre("1 says 80 to 'n'", "2 says 80 to 'n'"));
}

TEST_F(RelayTest, WhereTheSenderDecidesItKeepsItsIdUntilItEnds) {
  by_sender_ = true;
  east_.SendNamed(7, "logger");
  east_.SendNamed(8, "logger");
  east_.SendNamed(7, "logger");
  east_.SendNamed(0, "logger");
  ASSERT_THAT(senders_, SizeIs(4));
  EXPECT_EQ(senders_[0], senders_[2]);
  EXPECT_NE(senders_[0], senders_[1]);
  EXPECT_EQ(senders_[3], LocalId{});
  east_.Exit(7);
  EXPECT_THAT(forgotten_, ElementsAre(senders_[0]));
}

// --- By id -----------------------------------------------------------------

TEST_F(RelayTest, AnAnswerComesBackToTheOriginal) {
  east_.SendNamed(7, "logger");
  west_.Send(9, 1, "\x02");
  EXPECT_THAT(east_.Heard(), ElementsAre("2 says 02 to 7"));
  east_.Send(7, 2, "\x03");
  EXPECT_THAT(west_.Heard(),
              ElementsAre("1 says 01 to 'logger'", "1 says 03 to 9"));
  EXPECT_THAT(RelayedIds("west 1 9"), ElementsAre(2));
}

TEST_F(RelayTest, AnAnswerOfNobodyComesBack) {
  east_.SendNamed(7, "logger");
  west_.Send(0, 1);
  EXPECT_THAT(east_.Heard(), ElementsAre("0 says 01 to 7"));
}

TEST_F(RelayTest, AThirdEndpointReachesTheOriginal) {
  PlayedEndpoint& north = Add("north");
  east_.SendNamed(7, "logger");
  north.Send(5, 1);
  EXPECT_THAT(east_.Heard(), ElementsAre("2 says 01 to 7"));
  east_.Send(7, 2);
  EXPECT_THAT(north.Heard(), ElementsAre("3 says 01 to 5"));
  EXPECT_THAT(RelayedIds("east 1 7"), UnorderedElementsAre(1, 3));
}

TEST_F(RelayTest, AnswersGoBackOverAnyNumberOfHops) {
  PlayedEndpoint& north = Add("north", {{"*", "east"}});
  north.SendNamed(3, "x");       // 1 in east
  east_.Send(7, 1);              // 2 in north
  east_.SendNamed(7, "logger");  // 3 in west
  west_.Send(9, 3, "\x05");      // 4 in east
  east_.Send(7, 1, "\x05");
  EXPECT_THAT(east_.Heard(), ElementsAre("1 says 01 to 'x'", "4 says 05 to 7"));
  EXPECT_THAT(north.Heard(), ElementsAre("2 says 01 to 3", "2 says 05 to 3"));
}

// --- What can't be delivered -----------------------------------------------

TEST_F(RelayTest, WhatIsDownRefuses) {
  west_.End();
  east_.SendNamed(7, "logger");
  const RelayLaneStats lane = StatsOf("east", "west");
  EXPECT_THAT(lane.refused_by_reason, ElementsAre(Pair("endpoint_down", 1)));
  EXPECT_THAT(reader_.ReadTexts(),
              Contains("undeliverable: sent 1 -> 'logger': endpoint_down"));
}

TEST_F(RelayTest, ARouteToNobodyIsUndeliverable) {
  PlayedEndpoint& north = Add("north", {{"*", "gone"}});
  north.SendNamed(7, "x");
  EXPECT_THAT(north.stats().inbound.Get().undeliverable,
              ElementsAre(Pair("endpoint_down", 1)));
}

TEST_F(RelayTest, TheRulesOfTheOtherEndpointHold) {
  EndpointOptions options;
  options.dialect = Dialect::kThespian;
  options.names = {"known"};
  PlayedEndpoint& north = Add("north", {}, options);
  PlayedEndpoint& south = Add("south", {{"*", "north"}});
  south.SendNamed(7, "known", "\x80");
  south.SendNamed(7, "unknown", "\x80");
  south.SendNamed(7, "known", "\x01");
  EXPECT_THAT(north.Heard(), ElementsAre("1 says 80 to 'known'"));
  EXPECT_THAT(StatsOf("south", "north").refused_by_reason,
              ElementsAre(Pair("name_unknown", 1), Pair("payload_invalid", 1)));
}

TEST_F(RelayTest, AFrameThatIsTooLargeForTheOtherIsRefused) {
  EndpointOptions options;
  options.max_frame_bytes = 1'000;
  PlayedEndpoint& north = Add("north", {}, options);
  PlayedEndpoint& south = Add("south", {{"*", "north"}});
  south.SendNamed(7, "x", "\x59\x07\xd0" + std::string(2'000, 'x'));
  south.SendNamed(7, "x", "\x01");
  EXPECT_THAT(north.Heard(), ElementsAre("1 says 01 to 'x'"));
  EXPECT_THAT(StatsOf("south", "north").refused_by_reason,
              ElementsAre(Pair("frame_too_large", 1)));
}

TEST_F(RelayTest, ThereAreNoMoreRelayedActorsThanLocalOnesMayBe) {
  for (uint64_t from = 1; from <= 7; ++from) east_.SendNamed(from, "logger");
  EXPECT_THAT(west_.Heard(), SizeIs(5));
  EXPECT_THAT(east_.stats().inbound.Get().undeliverable,
              ElementsAre(Pair("limit_reached", 2)));
  east_.Exit(1);
  Settle();
  east_.SendNamed(7, "logger");
  EXPECT_THAT(west_.Heard(),
              ElementsAre("1 exited: normal", "6 says 01 to 'logger'"));
}

TEST_F(RelayTest, ALinkForWhichThereAreTooManyIsAnswered) {
  east_.SendNamed(7, "logger");
  west_.Send(9, 1);
  for (uint64_t from = 10; from < 13; ++from) east_.SendNamed(from, "logger");
  east_.Link(8, 2);
  Settle();
  EXPECT_THAT(east_.Heard(),
              ElementsAre("2 says 01 to 7", "2 exited: limit_reached"));
}

TEST_F(RelayTest, WhatIsMeantForClientsDoesNotWaitForRelayedActors) {
  east_.SendNamed(7, "logger");
  const std::shared_ptr<LocalActor> actor = locals_.Find({1});
  ASSERT_NE(actor, nullptr);
  DeliveryBatch mail;
  EXPECT_EQ(mail.Add(actor, {.kind = MailKind::kEndpointChanged}, "x"),
            Mailbox::Put::kClosed);
  EXPECT_EQ(actor->mailbox().depth(), 0u);
}

}  // namespace
}  // namespace thespian::gateway
