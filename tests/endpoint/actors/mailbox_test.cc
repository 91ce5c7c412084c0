#include "endpoint/actors/mailbox.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using Put = Mailbox::Put;

constexpr size_t kItemBytes = sizeof(Mail::Item);
constexpr MailboxLimits kRoomy{.bytes = 1 << 20, .items = 1'000};

MailHead From(uint64_t remote) { return {.remote = {remote}}; }

TEST(MailboxTest, TheFirstItemWakesTheOwner) {
  Mailbox box(kRoomy);
  EXPECT_EQ(box.Add(From(1), "a"), Put::kFirst);
  EXPECT_EQ(box.Add(From(2), "b"), Put::kMore);
  EXPECT_EQ(box.Add(From(3), "c"), Put::kMore);
}

TEST(MailboxTest, AnItemAfterTakeWakesTheOwnerAgain) {
  Mailbox box(kRoomy);
  Mail mail;
  box.Add(From(1), "a");
  EXPECT_TRUE(box.Take(mail));
  EXPECT_EQ(box.Add(From(2), "b"), Put::kFirst);
  EXPECT_TRUE(box.Take(mail));
  EXPECT_FALSE(box.Take(mail));
  EXPECT_EQ(box.Add(From(3), "c"), Put::kFirst);
}

TEST(MailboxTest, TakeReturnsWhatWasPutInItsOrder) {
  Mailbox box(kRoomy);
  const std::string endpoint = "east";
  box.Add({.kind = MailKind::kDelivery, .remote = {7}}, "payload");
  box.Add({.kind = MailKind::kExited, .incarnation = {2}, .remote = {8}}, "");
  box.Add({.kind = MailKind::kEndpointChanged,
           .state = EndpointState::kFailed,
           .endpoint = &endpoint},
          "why");
  Mail mail;
  ASSERT_TRUE(box.Take(mail));
  ASSERT_EQ(mail.size(), 3u);
  EXPECT_EQ(mail.head(0).kind, MailKind::kDelivery);
  EXPECT_EQ(mail.head(0).remote, RemoteId{7});
  EXPECT_EQ(mail.text(0), "payload");
  EXPECT_EQ(mail.head(1).kind, MailKind::kExited);
  EXPECT_EQ(mail.head(1).incarnation, Incarnation{2});
  EXPECT_EQ(mail.text(1), "");
  EXPECT_EQ(mail.head(2).state, EndpointState::kFailed);
  EXPECT_EQ(mail.head(2).endpoint, &endpoint);
  EXPECT_EQ(mail.text(2), "why");
}

TEST(MailboxTest, TakeForgetsWhatTheMailHeld) {
  Mailbox box(kRoomy);
  Mail mail;
  box.Add(From(1), "old");
  box.Take(mail);
  EXPECT_FALSE(box.Take(mail));
  EXPECT_TRUE(mail.empty());
  box.Add(From(2), "new");
  ASSERT_TRUE(box.Take(mail));
  ASSERT_EQ(mail.size(), 1u);
  EXPECT_EQ(mail.text(0), "new");
}

TEST(MailboxTest, TakesExactlyItsItems) {
  Mailbox box({.bytes = 1 << 20, .items = 3});
  box.Add(From(1), "");
  box.Add(From(2), "");
  EXPECT_EQ(box.Add(From(3), ""), Put::kMore);
  EXPECT_EQ(box.Add(From(4), ""), Put::kFull);
}

TEST(MailboxTest, TakesExactlyItsBytes) {
  constexpr size_t kTextBytes = 100;
  constexpr size_t kBytes = 2 * (kItemBytes + kTextBytes);
  const std::string text(kTextBytes, 'x');
  Mailbox exact({.bytes = kBytes, .items = 1'000});
  exact.Add(From(1), text);
  EXPECT_EQ(exact.Add(From(2), text), Put::kMore);
  Mailbox short_of_one({.bytes = kBytes - 1, .items = 1'000});
  short_of_one.Add(From(1), text);
  EXPECT_EQ(short_of_one.Add(From(2), text), Put::kFull);
}

TEST(MailboxTest, OneHugeItemPassesIfTheBoxIsEmpty) {
  const std::string huge(10'000, 'x');
  Mailbox box({.bytes = 100, .items = 1'000});
  EXPECT_EQ(box.Add(From(1), huge), Put::kFirst);
  Mail mail;
  ASSERT_TRUE(box.Take(mail));
  EXPECT_EQ(mail.text(0), huge);
  EXPECT_EQ(box.Add(From(2), huge), Put::kFirst);
  EXPECT_EQ(box.Add(From(3), ""), Put::kFull);
}

TEST(MailboxTest, OnceFullItStaysClosedButCanBeEmptied) {
  Mailbox box({.bytes = 1 << 20, .items = 1});
  box.Add(From(1), "kept");
  EXPECT_FALSE(box.overflowed());
  EXPECT_EQ(box.Add(From(2), "lost"), Put::kFull);
  EXPECT_TRUE(box.overflowed());
  Mail mail;
  ASSERT_TRUE(box.Take(mail));
  EXPECT_EQ(mail.text(0), "kept");
  EXPECT_EQ(box.Add(From(3), "lost"), Put::kClosed);
}

TEST(MailboxTest, CloseKeepsWhatWaitsAndRefusesTheRest) {
  Mailbox box(kRoomy);
  box.Add(From(1), "kept");
  box.Close();
  EXPECT_EQ(box.Add(From(2), "lost"), Put::kClosed);
  EXPECT_FALSE(box.overflowed());
  EXPECT_EQ(box.depth(), 1u);
  Mail mail;
  EXPECT_TRUE(box.Take(mail));
  EXPECT_EQ(mail.size(), 1u);
}

TEST(MailboxTest, DepthIsWhatWaits) {
  Mailbox box(kRoomy);
  Mail mail;
  EXPECT_EQ(box.depth(), 0u);
  for (size_t i = 1; i <= 5; ++i) {
    box.Add(From(i), "x");
    EXPECT_EQ(box.depth(), i);
  }
  box.Take(mail);
  EXPECT_EQ(box.depth(), 0u);
}

TEST(MailboxTest, WhatIsHeldCountsAsIfItWaited) {
  Mailbox box({.bytes = 1 << 20, .items = 5});
  Mail mail;
  for (size_t i = 1; i <= 4; ++i) box.Add(From(i), "x");
  box.Take(mail);
  box.Hold(3, mail.bytes_from(1));
  EXPECT_EQ(box.depth(), 3u);
  EXPECT_EQ(box.Add(From(5), "x"), Put::kFirst);
  box.Hold(2, mail.bytes_from(2));
  EXPECT_EQ(box.Add(From(6), "x"), Put::kMore);
  EXPECT_EQ(box.Add(From(7), "x"), Put::kMore);
  EXPECT_EQ(box.depth(), 5u);
  EXPECT_EQ(box.Add(From(8), "x"), Put::kFull);
}

TEST(MailboxTest, TheBytesHeldCountToo) {
  const std::string text(100, 'x');
  constexpr size_t kBytes = 3 * (kItemBytes + 100);
  Mailbox box({.bytes = kBytes, .items = 1'000});
  Mail mail;
  for (size_t i = 1; i <= 3; ++i) box.Add(From(i), text);
  box.Take(mail);
  EXPECT_EQ(mail.bytes_from(0), kBytes);
  EXPECT_EQ(mail.bytes_from(3), 0u);
  box.Hold(2, mail.bytes_from(1));
  EXPECT_EQ(box.Add(From(4), text), Put::kFirst);
  EXPECT_EQ(box.Add(From(5), ""), Put::kFull);
}

TEST(MailboxTest, OneDeliveryIsAllThatACallTakes) {
  Mailbox box({.one_delivery = true});
  EXPECT_EQ(box.Add({.kind = MailKind::kExited}, "not yet"), Put::kFirst);
  EXPECT_EQ(box.Add(From(1), "reply"), Put::kMore);
  EXPECT_EQ(box.Add(From(2), "too late"), Put::kClosed);
  EXPECT_EQ(box.Add({.kind = MailKind::kExited}, "too late"), Put::kClosed);
  EXPECT_FALSE(box.overflowed());
  EXPECT_EQ(box.depth(), 2u);
}

}  // namespace
}  // namespace thespian::gateway
