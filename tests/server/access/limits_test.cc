#include "server/access/limits.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

constexpr absl::StatusCode kExhausted = absl::StatusCode::kResourceExhausted;

Limit LimitOf(const std::string& principal) {
  Limit limit;
  limit.principals.Add(principal);
  return limit;
}

Limit RateOf(const std::string& principal, Rate rate, uint64_t most) {
  Limit limit = LimitOf(principal);
  limit.rates.at(static_cast<size_t>(rate)) = most;
  return limit;
}

Limit CapOf(const std::string& principal, Cap cap, uint64_t most) {
  Limit limit = LimitOf(principal);
  limit.caps.at(static_cast<size_t>(cap)) = most;
  return limit;
}

class LimitsTest : public ::testing::Test {
 protected:
  TestClock clock_;
  Limits limits_{clock_};
  const SharedPrincipal web_ = Principal::OfToken("web");
  const SharedPrincipal other_ = Principal::OfToken("other");
};

TEST_F(LimitsTest, WithoutLimitsNothingIsLimitedOrRemembered) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_THAT(limits_.Take(*web_, Rate::kRequests), IsOk());
  }
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), IsOk());
  EXPECT_EQ(limits_.accounts(), 0u);
}

TEST_F(LimitsTest, ARateIsOfEachPrincipal) {
  limits_.Set({RateOf("token:*", Rate::kRequests, 3)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(limits_.Take(*web_, Rate::kRequests), IsOk());
  }
  const absl::Status refused = limits_.Take(*web_, Rate::kRequests);
  EXPECT_THAT(refused, StatusIs(kExhausted,
                                "requests-per-second of "
                                "'token:web' may be 3 at most"));
  EXPECT_EQ(ReasonOf(refused), ErrorReason::kLimitReached);
  EXPECT_THAT(limits_.Take(*web_, Rate::kMessages, 1'000), IsOk());
  EXPECT_THAT(limits_.Take(*other_, Rate::kRequests), IsOk());
  EXPECT_THAT(limits_.Take(*Principal::Anonymous(), Rate::kRequests), IsOk());

  clock_.Advance(std::chrono::milliseconds(334));

  EXPECT_THAT(limits_.Take(*web_, Rate::kRequests), IsOk());
  EXPECT_THAT(limits_.Take(*web_, Rate::kRequests), StatusIs(kExhausted));
}

TEST_F(LimitsTest, WhatIsTakenIsGivenBack) {
  limits_.Set({CapOf("*", Cap::kCalls, 2)});
  auto first = limits_.Take(*web_, Cap::kCalls);
  auto second = limits_.Take(*web_, Cap::kCalls);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls),
              StatusIs(kExhausted, "calls of 'token:web' may be 2 at most"));
  EXPECT_THAT(limits_.Take(*web_, Cap::kActors), IsOk());
  EXPECT_THAT(limits_.Take(*other_, Cap::kCalls), IsOk());

  Lease moved = *std::move(first);
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), StatusIs(kExhausted));
  moved = Lease();
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), IsOk()) << "and given back";
  auto third = limits_.Take(*web_, Cap::kCalls);
  EXPECT_THAT(third, IsOk());
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), StatusIs(kExhausted));
}

TEST_F(LimitsTest, TheFirstThatMatchesCountsAndNewOnesCountAtOnce) {
  limits_.Set({CapOf("token:web", Cap::kCalls, 2), CapOf("*", Cap::kCalls, 1)});
  auto held = limits_.Take(*web_, Cap::kCalls);
  ASSERT_THAT(held, IsOk());
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), IsOk());
  auto others = limits_.Take(*other_, Cap::kCalls);
  ASSERT_THAT(others, IsOk());
  EXPECT_THAT(limits_.Take(*other_, Cap::kCalls), StatusIs(kExhausted));

  limits_.Set({CapOf("*", Cap::kCalls, 1)});

  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), StatusIs(kExhausted))
      << "what was taken before is still taken";
  held = Lease();
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), IsOk());
}

TEST_F(LimitsTest, KeepsNoMoreAccountsThanItMay) {
  limits_.Set({CapOf("*", Cap::kCalls, 1)});
  auto held = limits_.Take(*web_, Cap::kCalls);
  for (size_t i = 0; i < 2 * Limits::kMostAccounts; ++i) {
    const auto someone = Principal::OfToken(std::to_string(i));
    EXPECT_THAT(limits_.Take(*someone, Rate::kRequests), IsOk());
  }
  EXPECT_LE(limits_.accounts(), Limits::kMostAccounts + 1);
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), StatusIs(kExhausted))
      << "an account that holds something is not forgotten";
}

// What is given back by one thread is another's; nothing is lost or made.
TEST_F(LimitsTest, CountsRightWithManyThreads) {
  limits_.Set({CapOf("*", Cap::kCalls, 3)});
  std::vector<std::thread> threads;
  std::atomic<int> held = 0;
  std::atomic<int> most = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5'000; ++n) {
        const auto lease = limits_.Take(*web_, Cap::kCalls);
        if (!lease.ok()) continue;
        const int now = ++held;
        int before = most;
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        --held;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  std::vector<Lease> all;
  for (int i = 0; i < 3; ++i) {
    auto lease = limits_.Take(*web_, Cap::kCalls);
    ASSERT_THAT(lease, IsOk());
    all.push_back(*std::move(lease));
  }
  EXPECT_THAT(limits_.Take(*web_, Cap::kCalls), StatusIs(kExhausted));
}

}  // namespace
}  // namespace thespian::gateway
