// What is asked of a transport before there is a peer, and that none of it is
// lost, whatever comes first.
#include "endpoint/transport/lazy_transport.h"

#include <atomic>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>

#include "gmock/gmock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

class Nobody final : public TransportEvents {
 public:
  void OnOpened() override { ++opened; }
  void OnBytes(std::string_view) override {}
  void OnWritable() override {}
  void OnInputClosed() override {}
  void OnEnded() override {}

  int opened = 0;
};

class LazyTransportTest : public ::testing::Test {
 protected:
  absl::StatusOr<size_t> Write(std::string_view bytes = "abc") {
    const iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
    return lazy_.Write({&piece, 1});
  }
  void Give() { lazy_.Give(real_); }
  void Open() { lazy_.Open(events_); }

  int wakes_ = 0;
  LazyTransport lazy_{[this] { ++wakes_; }};
  const std::shared_ptr<FakeTransport> real_ =
      std::make_shared<FakeTransport>();
  Nobody events_;
};

TEST_F(LazyTransportTest, TheFirstWriteWakesAndIsNotTaken) {
  EXPECT_EQ(wakes_, 0);
  EXPECT_THAT(Write(), IsOkAndHolds(0u));
  EXPECT_EQ(wakes_, 1);
  EXPECT_THAT(Write(), IsOkAndHolds(0u));
  EXPECT_EQ(wakes_, 1);
}

TEST_F(LazyTransportTest, NothingIsTakenBeforeItIsOpen) {
  Give();
  EXPECT_THAT(Write(), IsOkAndHolds(0u));
  lazy_.AwaitRoom();
  EXPECT_EQ(real_->writes(), 0);
  EXPECT_EQ(real_->awaits(), 0);
  Open();
  EXPECT_EQ(events_.opened, 1);
  EXPECT_EQ(real_->awaits(), 1);
  EXPECT_THAT(Write(), IsOkAndHolds(3u));
  EXPECT_EQ(real_->bytes(), "abc");
}

TEST_F(LazyTransportTest, WhoeverWasRefusedMayAskLater) {
  EXPECT_THAT(Write(), IsOkAndHolds(0u));
  Give();
  Open();
  EXPECT_EQ(real_->awaits(), 0);
  lazy_.AwaitRoom();
  EXPECT_EQ(real_->awaits(), 1);
}

TEST_F(LazyTransportTest, WithoutAWriteNobodyWaits) {
  Give();
  Open();
  EXPECT_EQ(real_->awaits(), 0);
  EXPECT_EQ(wakes_, 0);
}

TEST_F(LazyTransportTest, ACloseIsHandedOverOnce) {
  lazy_.Close();
  EXPECT_EQ(real_->closes(), 0);
  Give();
  EXPECT_EQ(real_->closes(), 1);
  Open();
  EXPECT_EQ(real_->closes(), 1);
}

TEST_F(LazyTransportTest, ACloseBeforeItIsOpenIsOne) {
  Give();
  lazy_.Close();
  EXPECT_EQ(real_->closes(), 1);
}

TEST_F(LazyTransportTest, ADrainIsHandedOverOnce) {
  lazy_.Drain();
  EXPECT_EQ(real_->drains(), 0);
  Give();
  EXPECT_EQ(real_->drains(), 1);
  lazy_.Drain();
  EXPECT_EQ(real_->drains(), 2);
}

// Whoever is refused asks for room once, and is told of it once, however its
// two calls meet those of the loop.
TEST(LazyTransportThreadsTest, NoWakeAndNoWaitIsLost) {
  constexpr int kRounds = 5'000;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> wakes = 0;
    LazyTransport lazy([&wakes] { ++wakes; });
    const auto real = std::make_shared<FakeTransport>();
    Nobody events;
    std::latch begin(2);
    bool refused = false;
    std::thread writer([&] {
      const iovec piece = {const_cast<char*>("x"), 1};
      begin.arrive_and_wait();
      const absl::StatusOr<size_t> wrote = lazy.Write({&piece, 1});
      refused = wrote.ok() && *wrote == 0;
      if (refused) lazy.AwaitRoom();
    });
    begin.arrive_and_wait();
    lazy.Give(real);
    lazy.Open(events);
    writer.join();
    ASSERT_EQ(wakes, refused ? 1 : 0) << "round " << round;
    ASSERT_EQ(real->awaits(), refused ? 1 : 0) << "round " << round;
    ASSERT_EQ(real->writes(), refused ? 0 : 1) << "round " << round;
  }
}

TEST(LazyTransportThreadsTest, NoCloseIsLost) {
  constexpr int kRounds = 2'000;
  for (int round = 0; round < kRounds; ++round) {
    LazyTransport lazy([] {});
    const auto real = std::make_shared<FakeTransport>();
    std::latch begin(2);
    std::thread closer([&] {
      begin.arrive_and_wait();
      lazy.Close();
    });
    begin.arrive_and_wait();
    lazy.Give(real);
    closer.join();
    ASSERT_EQ(real->closes(), 1) << "round " << round;
  }
}

}  // namespace
}  // namespace thespian::gateway
