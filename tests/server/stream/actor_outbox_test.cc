// What a stream says in one message, and whether it has to go on after it:
// nobody else will ask it to.
#include "server/stream/actor_outbox.h"

#include <string>

#include "gmock/gmock.h"
#include "server/codec/raw_message.h"
#include "server/stream/response_writer.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

class ActorOutboxTest : public ::testing::Test {
 protected:
  void Deliver(int count, const std::string& payload = "\x01") {
    for (int i = 0; i < count; ++i) {
      mailbox_.Add({.kind = MailKind::kDelivery, .endpoint = &endpoint_},
                   payload);
    }
  }

  v1::AttachResponse Compose() {
    EventBuffer events;
    outbox_.Compose(events);
    v1::AttachResponse response;
    EXPECT_THAT(Parse(*events.wire(), response), IsOk());
    EXPECT_EQ(response.events_size(), events.size());
    return response;
  }

  const std::string endpoint_ = "east";
  Mailbox mailbox_{MailboxLimits{}};
  ActorOutbox outbox_{mailbox_};
};

TEST_F(ActorOutboxTest, HasNothingToSayAtFirst) {
  EXPECT_EQ(Compose().events_size(), 0);
  EXPECT_FALSE(outbox_.HasMore());
  EXPECT_EQ(outbox_.composed(), 0u);
}

TEST_F(ActorOutboxTest, SaysAllThereIsIfItFits) {
  Deliver(kMaxBatchEvents - 1);
  EXPECT_EQ(Compose().events_size(), kMaxBatchEvents - 1);
  EXPECT_FALSE(outbox_.HasMore());
  EXPECT_EQ(mailbox_.depth(), 0u);
}

TEST_F(ActorOutboxTest, GoesOnAfterAFullMessage) {
  Deliver(kMaxBatchEvents + 1);
  EXPECT_EQ(Compose().events_size(), kMaxBatchEvents);
  EXPECT_TRUE(outbox_.HasMore());
  EXPECT_EQ(mailbox_.depth(), 1u);
  EXPECT_EQ(Compose().events_size(), 1);
  EXPECT_FALSE(outbox_.HasMore());
}

// What came meanwhile has woken nobody who would come back for it.
TEST_F(ActorOutboxTest, LooksAgainAfterAMessageThatIsJustFull) {
  Deliver(kMaxBatchEvents);
  EXPECT_EQ(Compose().events_size(), kMaxBatchEvents);
  EXPECT_TRUE(outbox_.HasMore());
  EXPECT_EQ(Compose().events_size(), 0);
  EXPECT_FALSE(outbox_.HasMore());
}

TEST_F(ActorOutboxTest, AMessageIsFullOfBytesToo) {
  const std::string payload(kMaxBatchBytes / 2, 'x');
  Deliver(3, payload);
  EXPECT_EQ(Compose().events_size(), 2);
  EXPECT_TRUE(outbox_.HasMore());
  EXPECT_EQ(Compose().events_size(), 1);
  EXPECT_FALSE(outbox_.HasMore());
}

TEST_F(ActorOutboxTest, ItsOwnEventsGoFirstAndCountAsWell) {
  Deliver(1);
  for (int i = 0; i < kMaxBatchEvents; ++i) {
    v1::ActorEvent event;
    event.mutable_command_result();
    outbox_.Add(event);
  }
  const v1::AttachResponse first = Compose();
  EXPECT_EQ(first.events_size(), kMaxBatchEvents);
  EXPECT_TRUE(first.events(kMaxBatchEvents - 1).has_command_result());
  EXPECT_TRUE(outbox_.HasMore());
  const v1::AttachResponse second = Compose();
  ASSERT_EQ(second.events_size(), 1);
  EXPECT_TRUE(second.events(0).has_delivery());
  EXPECT_EQ(second.events(0).sequence(), uint64_t{kMaxBatchEvents} + 1);
}

}  // namespace
}  // namespace thespian::gateway
