#include "server/stream/quiet_time.h"

#include <chrono>

#include "gtest/gtest.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr TimePoint kStart{seconds(1'000)};

TEST(QuietTimeTest, IsOverOnceForEachThirtySeconds) {
  QuietTime quiet;
  EXPECT_FALSE(quiet.IsOver(0, kStart));
  EXPECT_FALSE(quiet.IsOver(0, kStart + seconds(29)));
  EXPECT_TRUE(quiet.IsOver(0, kStart + seconds(30)));
  EXPECT_FALSE(quiet.IsOver(0, kStart + seconds(59)));
  EXPECT_TRUE(quiet.IsOver(0, kStart + seconds(60)));
}

TEST(QuietTimeTest, BeginsAnewWithWhatIsSaid) {
  QuietTime quiet;
  EXPECT_FALSE(quiet.IsOver(0, kStart));
  EXPECT_FALSE(quiet.IsOver(1, kStart + seconds(29)));
  EXPECT_FALSE(quiet.IsOver(1, kStart + seconds(58)));
  EXPECT_TRUE(quiet.IsOver(1, kStart + seconds(59)));
}

}  // namespace
}  // namespace thespian::gateway
