#include "clients/cpp/command_queue.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace thespian::gateway::client {
namespace {

constexpr size_t kPlenty = 1u << 30;

v1::ActorCommand Command(uint64_t id, size_t payload_bytes) {
  v1::ActorCommand command;
  command.set_command_id(id);
  command.mutable_send()->mutable_payload()->set_cbor(
      std::string(payload_bytes, 'x'));
  return command;
}

TEST(CommandQueueTest, WhatWaitsGoesOutTogetherInOrder) {
  CommandQueue queue(kPlenty);
  for (uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(queue.Add(Command(id, 10)));
  v1::AttachRequest batch;
  queue.TakeBatch(batch);
  ASSERT_EQ(batch.commands_size(), 3);
  EXPECT_EQ(batch.commands(0).command_id(), 1u);
  EXPECT_EQ(batch.commands(2).command_id(), 3u);
  EXPECT_EQ(batch.commands(2).send().payload().cbor(), std::string(10, 'x'));
  EXPECT_TRUE(queue.empty());
}

TEST(CommandQueueTest, ABatchHasAtMost256Commands) {
  CommandQueue queue(kPlenty);
  for (uint64_t id = 0; id < 300; ++id) ASSERT_TRUE(queue.Add(Command(id, 1)));
  v1::AttachRequest batch;
  queue.TakeBatch(batch);
  EXPECT_EQ(batch.commands_size(), 256);
  queue.TakeBatch(batch);
  EXPECT_EQ(batch.commands_size(), 44);
  EXPECT_EQ(batch.commands(0).command_id(), 256u);
}

TEST(CommandQueueTest, ABatchHasAtMost64KiB) {
  CommandQueue queue(kPlenty);
  for (uint64_t id = 0; id < 5; ++id) {
    ASSERT_TRUE(queue.Add(Command(id, 30'000)));
  }
  v1::AttachRequest batch;
  queue.TakeBatch(batch);
  EXPECT_EQ(batch.commands_size(), 2);
  EXPECT_LE(batch.ByteSizeLong(), kMaxBatchBytes);
}

TEST(CommandQueueTest, ALargeCommandGoesOutAlone) {
  CommandQueue queue(kPlenty);
  ASSERT_TRUE(queue.Add(Command(1, 10 * kMaxBatchBytes)));
  ASSERT_TRUE(queue.Add(Command(2, 1)));
  v1::AttachRequest batch;
  queue.TakeBatch(batch);
  EXPECT_EQ(batch.commands_size(), 1);
}

TEST(CommandQueueTest, RefusesWhatIsBeyondItsBoundUntilThereIsRoom) {
  CommandQueue queue(100'000);
  for (uint64_t id = 0; id < 3; ++id) {
    ASSERT_TRUE(queue.Add(Command(id, 30'000)));
  }
  EXPECT_FALSE(queue.TakeRoomNotice()) << "nothing was refused yet";
  v1::ActorCommand refused = Command(9, 30'000);
  EXPECT_FALSE(queue.Add(std::move(refused)));
  // NOLINTNEXTLINE(bugprone-use-after-move): what is refused is left alone
  EXPECT_EQ(refused.command_id(), 9u);
  EXPECT_FALSE(queue.TakeRoomNotice()) << "nothing was taken yet";

  v1::AttachRequest batch;
  queue.TakeBatch(batch);
  EXPECT_TRUE(queue.TakeRoomNotice());
  EXPECT_FALSE(queue.TakeRoomNotice()) << "told once";
  EXPECT_TRUE(queue.Add(std::move(refused)));
}

TEST(CommandQueueTest, OneCommandMayBeLargerThanTheBound) {
  CommandQueue queue(100);
  EXPECT_TRUE(queue.Add(Command(1, 1'000)));
  EXPECT_FALSE(queue.Add(Command(2, 0)));
}

}  // namespace
}  // namespace thespian::gateway::client
