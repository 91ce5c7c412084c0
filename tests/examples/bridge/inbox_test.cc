#include "examples/bridge-child/inbox.h"

#include <poll.h>

#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace thespian::gateway::bridge {
namespace {

bool Readable(const Inbox& inbox) {
  pollfd polled{.fd = inbox.fd(), .events = POLLIN, .revents = 0};
  return poll(&polled, 1, /*timeout=*/0) == 1;
}

Delivered Letter(uint64_t to, size_t size = 0) {
  return {.peer = {to}, .from = {}, .payload = std::string(size, 'x')};
}

uint64_t TakeOne(Inbox& inbox) {
  FarEvent event;
  return inbox.Take(event) ? std::get<Delivered>(event).peer.value : 0;
}

TEST(InboxTest, IsReadableExactlyWhileEventsWait) {
  Inbox inbox(1'000'000);
  EXPECT_FALSE(Readable(inbox));
  inbox.Put(Letter(1));
  inbox.Put(Letter(2));
  EXPECT_TRUE(Readable(inbox));
  EXPECT_EQ(TakeOne(inbox), 1u);
  EXPECT_TRUE(Readable(inbox));
  EXPECT_EQ(TakeOne(inbox), 2u);
  EXPECT_FALSE(Readable(inbox));
  EXPECT_EQ(TakeOne(inbox), 0u);
}

TEST(InboxTest, TellsOfRoomOnceAfterItWasFoundFull) {
  Inbox inbox(10'000);
  inbox.Put(Letter(1, 6'000));
  EXPECT_FALSE(inbox.IsFull());
  inbox.Put(Letter(2, 6'000));
  EXPECT_TRUE(inbox.IsFull());
  EXPECT_FALSE(inbox.TookRoom());
  TakeOne(inbox);
  EXPECT_FALSE(inbox.TookRoom()) << "more than half waits";
  TakeOne(inbox);
  EXPECT_TRUE(inbox.TookRoom());
  EXPECT_FALSE(inbox.TookRoom());
}

TEST(InboxTest, ThoseWhoWaitForRoomGoOnWhenThereIsSomeOrItIsClosed) {
  Inbox inbox(1'000);
  for (const bool close : {false, true}) {
    inbox.Put(Letter(1, 2'000));
    std::thread waiter([&inbox] { inbox.WaitForRoom(); });
    if (close) {
      inbox.Close();
    } else {
      EXPECT_EQ(TakeOne(inbox), 1u);
    }
    waiter.join();
  }
}

}  // namespace
}  // namespace thespian::gateway::bridge
