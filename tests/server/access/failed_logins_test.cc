#include "server/access/failed_logins.h"

#include <chrono>
#include <string>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using TimePoint = FailedLogins::TimePoint;

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

TEST(FailedLoginsTest, HoldsBackWhatIsTooMuchAndCountsIt) {
  FailedLogins failures;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(failures.Count("ipv4:192.0.2.1:1", kStart), 0u);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(failures.Count("ipv4:192.0.2.1:2", kStart), std::nullopt);
  }
  EXPECT_EQ(failures.Count("ipv4:192.0.2.2:1", kStart), 0u) << "another";
  EXPECT_EQ(failures.Count("ipv4:192.0.2.1:1", kStart + seconds(1)), 5u);
  EXPECT_EQ(failures.Count("ipv4:192.0.2.1:1", kStart + seconds(1)),
            std::nullopt);
  EXPECT_EQ(failures.total(), 18u);
  EXPECT_EQ(failures.peers(), 2u);
}

TEST(FailedLoginsTest, KeepsNoMorePeersThanItMay) {
  FailedLogins failures;
  const auto count = [&failures](int peer, TimePoint now) {
    return failures.Count("unix:" + std::to_string(peer), now);
  };
  int peer = 0;
  for (; peer < 3 * static_cast<int>(FailedLogins::kMostPeers); ++peer) {
    count(peer, kStart);
  }
  EXPECT_EQ(failures.peers(), FailedLogins::kMostPeers + 1);
  EXPECT_EQ(count(peer, kStart), std::nullopt) << "shares a row";
  EXPECT_EQ(count(0, kStart), 0u) << "has its own";

  count(++peer, kStart + seconds(60));

  EXPECT_LT(failures.peers(), 5u) << "those that were quiet are gone";
}

}  // namespace
}  // namespace thespian::gateway
