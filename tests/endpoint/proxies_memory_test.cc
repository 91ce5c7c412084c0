// One million proxies, as a child makes and ends them: what a live one takes
// from the heap, and that all of it is given back. Linked with an operator new
// that counts.
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/snapshots.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/allocations.h"
#include "tests/support/dispatcher_world.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {
namespace {

// A sanitizer takes its time.
constexpr uint64_t kProxies = kSanitized ? 100'000 : 1'000'000;
constexpr uint64_t kFramesInARead = kProxies / 100;
constexpr std::ptrdiff_t kMostForAProxy = 128;
// What one read's events need, which is kept for the next.
constexpr std::ptrdiff_t kMostKept = 8 << 20;

class MillionProxiesTest : public ::testing::Test, protected DispatcherWorld {
 protected:
  MillionProxiesTest()
      : DispatcherWorld({}, {.lives = 1'000, .messages = 1'000}) {}
  ~MillionProxiesTest() override {
    writer_.Close(absl::UnavailableError("the end"));
  }

  // The child says `message_of(id)` for each id of a range.
  template <typename MessageOf>
  void SayOfEach(uint64_t first, uint64_t last, MessageOf message_of) {
    std::string frame;
    for (uint64_t id = first; id <= last; ++id) {
      frame.clear();
      AppendFrame(message_of(id), frame);
      const std::string_view content(frame);
      ASSERT_TRUE(
          dispatcher_.OnFrame(content.substr(kFrameHeadBytes), clock_.Now())
              .ok());
      if (id % kFramesInARead == 0) dispatcher_.Flush();
    }
    dispatcher_.Flush();
  }
  void SpeakAll() {
    SayOfEach(1, kProxies, [](uint64_t id) {
      return SendMessage{.from = {id}, .to = {0}, .payload = "\x01"};
    });
  }
  void Exit(uint64_t id) {
    SayOfEach(id, id, [](uint64_t each) {
      return ExitMessage{.local = {each}, .reason = "normal"};
    });
  }
  void ExitAll(uint64_t last) {
    SayOfEach(1, last, [](uint64_t id) {
      return ExitMessage{.local = {id}, .reason = "normal"};
    });
  }

  Dispatcher dispatcher_{MakeDeps(), name_, Incarnation{1}};
};

TEST_F(MillionProxiesTest, ALiveOneTakesAtMost128Bytes) {
  StartCounting();
  SpeakAll();
  ASSERT_EQ(remotes_.live(), kProxies);
  const std::ptrdiff_t bytes =
      CountedAllocations().live_bytes / static_cast<std::ptrdiff_t>(kProxies);
  RecordProperty("bytes_per_proxy", std::to_string(bytes));
  std::cout << "bytes per live proxy: " << bytes << "\n";
  EXPECT_GT(bytes, 0);
  EXPECT_LE(bytes, kMostForAProxy);
}

TEST_F(MillionProxiesTest, AllIsGivenBackWhenTheyExit) {
  StartCounting();
  SpeakAll();
  ExitAll(kProxies);
  ASSERT_EQ(remotes_.live(), 0u);
  EXPECT_EQ(inbound_.Get().proxies_closed, kProxies);
  EXPECT_LE(CountedAllocations().live_bytes, kMostKept);
}

TEST_F(MillionProxiesTest, AllIsGivenBackWhenTheChildEnds) {
  StartCounting();
  SpeakAll();
  ExitAll(kProxies / 2);
  dispatcher_.CloseAll();
  dispatcher_.Flush();
  ASSERT_EQ(remotes_.live(), 0u);
  EXPECT_EQ(inbound_.Get().proxies_closed, kProxies);
  EXPECT_LE(CountedAllocations().live_bytes, kMostKept);
}

// As for a hundred watchers that do not read, the table changing all the time.
TEST_F(MillionProxiesTest, AHundredSnapshotsTakeLittleMoreThanOne) {
  SpeakAll();
  const auto table = std::shared_ptr<RemoteActors>(
      std::shared_ptr<void>(), &remotes_);  // it is owned by the test
  Snapshots snapshots(journal_, [this] {
    return EndpointSnapshot{.sequence = journal_.last_sequence()};
  });
  StartCounting();
  std::vector<SharedSnapshot> held;
  for (uint64_t id = 1; id <= 100; ++id) {
    snapshots.Ask([&held](SharedSnapshot taken) { held.push_back(taken); });
    while (snapshots.Step(table)) {
    }
    Exit(id * 7);
  }
  ASSERT_EQ(held.size(), 100u);
  EXPECT_EQ(held.front()->proxies->proxies(), kProxies);
  const std::ptrdiff_t bytes = CountedAllocations().live_bytes;
  std::cout << "bytes of 100 snapshots for each proxy: "
            << static_cast<double>(bytes) / kProxies << "\n";
  EXPECT_LE(bytes, 17 * static_cast<std::ptrdiff_t>(kProxies) + kMostKept);
  held.clear();
  EXPECT_LE(CountedAllocations().live_bytes, kMostKept);
}

// The end of so many is told bit by bit.
TEST_F(MillionProxiesTest, TheEndOfAllTakesLittleMoreThanTheirLives) {
  SpeakAll();
  StartCounting();
  dispatcher_.CloseAll();
  dispatcher_.Flush();
  const std::ptrdiff_t peak = CountedAllocations().peak_bytes;
  std::cout << "bytes for each at the end of all: "
            << peak / static_cast<std::ptrdiff_t>(kProxies) << "\n";
  EXPECT_LE(peak, 48 * static_cast<std::ptrdiff_t>(kProxies) + kMostKept);
}

// So are the links that an actor of a client has when it ends.
TEST_F(MillionProxiesTest, TheEndOfAnActorWithVeryManyLinksTakesLittle) {
  constexpr uint64_t kLinks = kProxies / 10;
  const auto actor = std::make_shared<TestActor>();
  ASSERT_THAT(locals_.Open(actor, ""), IsOk());
  SayOfEach(1, kLinks, [&](uint64_t id) {
    return LinkMessage{{id}, {actor->id().value}};
  });
  ASSERT_EQ(remotes_.live(), kLinks);
  StartCounting();
  locals_.Remove(actor->id());
  actor->End("disconnected");
  dispatcher_.EndLocal(*actor);
  dispatcher_.Flush();
  EXPECT_FALSE(remotes_.HasLinks());
  EXPECT_LE(CountedAllocations().peak_bytes, kMostKept);
}

TEST_F(MillionProxiesTest, AMillionInARowTakeNoMoreThanOne) {
  StartCounting();
  for (uint64_t round = 1; round <= kProxies; round += kFramesInARead) {
    SayOfEach(round, round + kFramesInARead - 1, [](uint64_t id) {
      return SendMessage{.from = {id}, .to = {0}, .payload = "\x01"};
    });
    SayOfEach(round, round + kFramesInARead - 1, [](uint64_t id) {
      return ExitMessage{.local = {id}, .reason = "normal"};
    });
  }
  EXPECT_EQ(inbound_.Get().proxies_created, kProxies);
  EXPECT_EQ(remotes_.live(), 0u);
  EXPECT_LE(CountedAllocations().peak_bytes, 2 * kMostKept);
}

}  // namespace
}  // namespace thespian::gateway
