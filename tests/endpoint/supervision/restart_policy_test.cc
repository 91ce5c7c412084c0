#include "endpoint/supervision/restart_policy.h"

#include <chrono>
#include <optional>
#include <vector>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

class RestartPolicyTest : public ::testing::Test {
 protected:
  RestartPolicy Make() {
    return RestartPolicy(options_, [this] { return chance_; });
  }

  // The child is started, runs for `lifetime` and fails.
  RestartPolicy::Verdict RunAndFail(RestartPolicy& policy,
                                    milliseconds lifetime) {
    policy.NoteStart(now_);
    now_ += lifetime;
    return policy.OnEnd(/*failed=*/true, now_);
  }

  RestartOptions options_{.mode = RestartMode::kOnFailure,
                          .first_delay = milliseconds(100),
                          .longest_delay = milliseconds(1'000),
                          .sustained = seconds(10),
                          .max_starts = 0,
                          .period = seconds(60)};
  double chance_ = 1.0;
  RestartPolicy::TimePoint now_{seconds(1'000)};
};

TEST_F(RestartPolicyTest, NeverMeansNever) {
  options_.mode = RestartMode::kNever;
  RestartPolicy policy = Make();
  const auto verdict = RunAndFail(policy, seconds(1));
  EXPECT_EQ(verdict.delay, std::nullopt);
  EXPECT_THAT(verdict.why, HasSubstr("never"));
}

TEST_F(RestartPolicyTest, OnFailureSparesAnOrderlyEnd) {
  RestartPolicy policy = Make();
  policy.NoteStart(now_);
  const auto verdict = policy.OnEnd(/*failed=*/false, now_);
  EXPECT_EQ(verdict.delay, std::nullopt);
  EXPECT_THAT(verdict.why, HasSubstr("on-failure"));
}

TEST_F(RestartPolicyTest, AlwaysRestartsAnOrderlyEnd) {
  options_.mode = RestartMode::kAlways;
  RestartPolicy policy = Make();
  policy.NoteStart(now_);
  EXPECT_THAT(policy.OnEnd(/*failed=*/false, now_).delay,
              Optional(milliseconds(100)));
}

TEST_F(RestartPolicyTest, DelaysDoubleUpToTheLongest) {
  RestartPolicy policy = Make();
  std::vector<std::optional<milliseconds>> delays;
  for (int i = 0; i < 6; ++i) {
    delays.push_back(RunAndFail(policy, milliseconds(1)).delay);
  }
  EXPECT_THAT(
      delays,
      ElementsAre(Optional(milliseconds(100)), Optional(milliseconds(200)),
                  Optional(milliseconds(400)), Optional(milliseconds(800)),
                  Optional(milliseconds(1'000)),
                  Optional(milliseconds(1'000))));
}

TEST_F(RestartPolicyTest, ChanceCutsUpToHalf) {
  chance_ = 0.0;
  RestartPolicy least = Make();
  EXPECT_THAT(RunAndFail(least, seconds(0)).delay, Optional(milliseconds(50)));
  chance_ = 0.5;
  RestartPolicy middle = Make();
  EXPECT_THAT(RunAndFail(middle, seconds(0)).delay, Optional(milliseconds(75)));
}

TEST_F(RestartPolicyTest, ASustainedRunBeginsAnew) {
  RestartPolicy policy = Make();
  RunAndFail(policy, seconds(1));
  RunAndFail(policy, seconds(1));
  EXPECT_THAT(RunAndFail(policy, seconds(10)).delay,
              Optional(milliseconds(100)));
  EXPECT_THAT(RunAndFail(policy, seconds(9)).delay,
              Optional(milliseconds(200)));
}

TEST_F(RestartPolicyTest, ACrashLoopIsGivenUp) {
  options_.max_starts = 3;
  RestartPolicy policy = Make();
  EXPECT_TRUE(RunAndFail(policy, seconds(1)).delay.has_value());
  EXPECT_TRUE(RunAndFail(policy, seconds(1)).delay.has_value());
  const auto verdict = RunAndFail(policy, seconds(1));
  EXPECT_EQ(verdict.delay, std::nullopt);
  EXPECT_THAT(verdict.why, HasSubstr("3 starts within 60000 ms"));
}

TEST_F(RestartPolicyTest, StartsThatAreLongAgoDoNotCount) {
  options_.max_starts = 3;
  RestartPolicy policy = Make();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(RunAndFail(policy, seconds(21)).delay.has_value()) << i;
  }
}

TEST_F(RestartPolicyTest, WhatWasForgivenDoesNotCount) {
  options_.max_starts = 2;
  RestartPolicy policy = Make();
  RunAndFail(policy, seconds(1));
  RunAndFail(policy, seconds(1));
  policy.Forgive();
  EXPECT_THAT(RunAndFail(policy, seconds(1)).delay,
              Optional(milliseconds(100)));
}

}  // namespace
}  // namespace thespian::gateway
