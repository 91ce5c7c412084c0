#include "server/access/notice_throttle.h"

#include <chrono>
#include <string>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using TimePoint = NoticeThrottle::TimePoint;

constexpr TimePoint kStart{std::chrono::hours(1)};

TEST(PeerHostTest, IsWithoutThePortAndOfIpv6TheNetwork) {
  EXPECT_EQ(PeerHost("ipv4:192.0.2.1:1234"), "ipv4:192.0.2.1");
  EXPECT_EQ(PeerHost("ipv6:%5B2001:db8:0:1:2:3:4:5%5D:80"),
            "ipv6:2001:db8:0:1::");
  EXPECT_EQ(PeerHost("ipv6:[2001:db8:0:1:ffff::]:80"), "ipv6:2001:db8:0:1::");
  EXPECT_EQ(PeerHost("ipv6:[fe80::1%25eth0]:80"), "ipv6:fe80::");
  EXPECT_EQ(PeerHost("ipv6:nonsense"), "ipv6:?");
  EXPECT_EQ(PeerHost("unix:"), "unix:");
}

TEST(NoticeThrottleTest, HoldsBackWhatIsTooMuchAndCountsIt) {
  NoticeThrottle throttle;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(throttle.Count("192.0.2.1", kStart), 0u);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(throttle.Count("192.0.2.1", kStart), std::nullopt);
  }
  EXPECT_EQ(throttle.Count("192.0.2.2", kStart), 0u) << "another";
  EXPECT_EQ(throttle.Count("192.0.2.1", kStart + seconds(1)), 5u);
  EXPECT_EQ(throttle.Count("192.0.2.1", kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(throttle.total(), 18u);
  EXPECT_EQ(throttle.keys(), 2u);
}

TEST(NoticeThrottleTest, KeepsNoMorePeersThanItMay) {
  NoticeThrottle throttle;
  const auto count = [&throttle](int peer, TimePoint now) {
    return throttle.Count(std::to_string(peer), now);
  };
  int peer = 0;
  for (; peer < 3 * static_cast<int>(NoticeThrottle::kMostKeys); ++peer) {
    count(peer, kStart);
  }
  EXPECT_EQ(throttle.keys(), NoticeThrottle::kMostKeys + 1);
  EXPECT_EQ(count(peer, kStart), std::nullopt) << "shares a row";
  EXPECT_EQ(count(0, kStart), 0u) << "has its own";

  count(++peer, kStart + seconds(60));

  EXPECT_LT(throttle.keys(), 5u) << "those that were quiet are gone";
}

}  // namespace
}  // namespace thespian::gateway
