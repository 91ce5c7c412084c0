#include "server/access/token_bucket.h"

#include <chrono>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;

constexpr TokenBucket::TimePoint kStart{std::chrono::hours(1)};

TEST(TokenBucketTest, IsFullAtFirstAndRefillsAtItsRate) {
  TokenBucket bucket(10, 2, kStart);
  EXPECT_TRUE(bucket.IsFull(kStart));
  EXPECT_TRUE(bucket.Take(1, kStart));
  EXPECT_TRUE(bucket.Take(1, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart + milliseconds(99)));
  EXPECT_TRUE(bucket.Take(1, kStart + milliseconds(101)));
  EXPECT_FALSE(bucket.Take(1, kStart + milliseconds(102)));
}

TEST(TokenBucketTest, HoldsNoMoreThanFits) {
  TokenBucket bucket(10, 2, kStart);
  const auto later = kStart + std::chrono::hours(1);
  EXPECT_TRUE(bucket.Take(2, later));
  EXPECT_FALSE(bucket.Take(1, later));
}

TEST(TokenBucketTest, WhatIsMoreThanFitsIsOwed) {
  TokenBucket bucket(10, 2, kStart);
  EXPECT_TRUE(bucket.Take(12, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart + milliseconds(1'099)));
  EXPECT_TRUE(bucket.Take(1, kStart + milliseconds(1'101)));
}

TEST(TokenBucketTest, AClockThatStandsStillOrGoesBackGivesNothing) {
  TokenBucket bucket(10, 1, kStart);
  EXPECT_TRUE(bucket.Take(1, kStart));
  EXPECT_FALSE(bucket.Take(1, kStart - milliseconds(500)));
  EXPECT_FALSE(bucket.Take(1, kStart));
}

}  // namespace
}  // namespace thespian::gateway
