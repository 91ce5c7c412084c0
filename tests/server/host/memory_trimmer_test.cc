#include "server/host/memory_trimmer.h"

#include "gtest/gtest.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kSmall = 20u << 20;
constexpr size_t kLarge = kSmall + TrimPolicy::kSlackBytes + 1;
constexpr milliseconds kQuiet{200};
constexpr milliseconds kBusy{201};

class TrimPolicyTest : public ::testing::Test {
 protected:
  // A second passes, in which the process computes for `cpu`.
  bool Next(size_t resident, milliseconds cpu) {
    sample_.time += seconds(1);
    sample_.resident_bytes = resident;
    sample_.cpu += cpu;
    return policy_.Wants(sample_);
  }
  // In how many seconds from now it wants to trim; 0: not within `most`.
  int Until(size_t resident, milliseconds cpu, int most = 1'000) {
    for (int second = 1; second <= most; ++second) {
      if (Next(resident, cpu)) return second;
    }
    return 0;
  }

  TrimPolicy::Sample sample_{.time = TrimPolicy::TimePoint(seconds(100)),
                             .resident_bytes = kSmall};
  TrimPolicy policy_{sample_};
};

TEST_F(TrimPolicyTest, ASmallProcessIsLeftAlone) {
  EXPECT_EQ(Until(kLarge - 1, kQuiet), 0);
}

TEST_F(TrimPolicyTest, ALargeOneIsTrimmedOnceItIsQuiet) {
  EXPECT_EQ(Until(kLarge, kQuiet), 10);
}

TEST_F(TrimPolicyTest, ABusyOneIsTrimmedSeldom) {
  EXPECT_EQ(Until(kLarge, kBusy), 60);
  EXPECT_EQ(Until(kLarge, kBusy), 60);
}

TEST_F(TrimPolicyTest, OneThatDoesNothingIsTrimmedOnce) {
  EXPECT_EQ(Until(kLarge, kQuiet), 10);
  EXPECT_EQ(Until(kLarge, milliseconds(0)), 0);
}

// As when a child is stopped that had a million proxies.
TEST_F(TrimPolicyTest, WhatWasFreedInAQuietMomentIsTrimmed) {
  EXPECT_EQ(Until(kLarge, kQuiet), 10);
  EXPECT_FALSE(Next(kLarge, TrimPolicy::kWork));
  EXPECT_EQ(Until(kLarge, milliseconds(0)), 9);
}

TEST_F(TrimPolicyTest, LittleWorkAddsUp) {
  EXPECT_EQ(Until(kLarge, kQuiet), 10);
  EXPECT_EQ(Until(kLarge, milliseconds(1)), TrimPolicy::kWork.count());
}

TEST_F(TrimPolicyTest, WhatItDidSinceIsWorthAnotherLook) {
  EXPECT_EQ(Until(kLarge, kQuiet), 10);
  EXPECT_FALSE(Next(kLarge, kBusy));
  EXPECT_EQ(Until(kLarge, kQuiet), 9);
}

TEST_F(TrimPolicyTest, WhenABurstIsOverItNeedNotWaitForTheNextMinute) {
  EXPECT_EQ(Until(kLarge, kBusy), 60);
  for (int i = 0; i < 15; ++i) EXPECT_FALSE(Next(kLarge, kBusy));
  EXPECT_TRUE(Next(kLarge, kQuiet));
}

}  // namespace
}  // namespace thespian::gateway
