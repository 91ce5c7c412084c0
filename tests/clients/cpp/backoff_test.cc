#include "clients/cpp/backoff.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace thespian::gateway::client {
namespace {

using absl::Milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

std::vector<absl::Duration> Delays(Backoff& backoff, int number) {
  std::vector<absl::Duration> delays;
  for (int i = 0; i < number; ++i) delays.push_back(backoff.Next());
  return delays;
}

constexpr BackoffOptions kOptions = {.first = Milliseconds(100),
                                     .longest = Milliseconds(500),
                                     .growth = 2,
                                     .jitter = 0.5};

TEST(BackoffTest, GrowsUpToTheLongest) {
  Backoff backoff(kOptions, [] { return 0.0; });
  EXPECT_THAT(
      Delays(backoff, 5),
      ElementsAre(Milliseconds(100), Milliseconds(200), Milliseconds(400),
                  Milliseconds(500), Milliseconds(500)));
}

TEST(BackoffTest, LeavesAShareToChance) {
  Backoff backoff(kOptions, [] { return 0.5; });
  EXPECT_THAT(Delays(backoff, 2),
              ElementsAre(Milliseconds(75), Milliseconds(150)));
}

TEST(BackoffTest, BeginsAgainAfterASuccess) {
  Backoff backoff(kOptions, [] { return 0.0; });
  Delays(backoff, 3);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), Milliseconds(100));
}

TEST(BackoffTest, ChanceStaysWithinItsShare) {
  Backoff backoff({.first = Milliseconds(100),
                   .longest = Milliseconds(100),
                   .growth = 1,
                   .jitter = 0.2});
  EXPECT_THAT(Delays(backoff, 100),
              Each(AllOf(Ge(Milliseconds(80)), Le(Milliseconds(100)))));
}

TEST(BackoffTest, TakesWhatMakesNoSenseForTheNearestThatDoes) {
  Backoff backoff({.first = -absl::Seconds(1),
                   .longest = absl::ZeroDuration(),
                   .growth = 0.5,
                   .jitter = 7},
                  [] { return 0.0; });
  EXPECT_THAT(Delays(backoff, 2),
              ElementsAre(Milliseconds(1), Milliseconds(1)));
}

}  // namespace
}  // namespace thespian::gateway::client
