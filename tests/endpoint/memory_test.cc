// What the tables and queues of an endpoint take from the heap, and give back.
// Linked with an operator new that counts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/session/frame_writer.h"
#include "gmock/gmock.h"
#include "tests/support/allocations.h"
#include "tests/support/fake_transport.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

constexpr std::ptrdiff_t kSmall = 4'096;

class RemoteActorsMemoryTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kProxies = 100'000;

  void SpeakAll() {
    for (uint64_t id = 1; id <= kProxies; ++id) {
      remotes_.NoteSpoke({id}, /*message=*/true, absl::UnixEpoch());
    }
  }

  RemoteActors remotes_;
};

TEST_F(RemoteActorsMemoryTest, AProxyTakesLessThan128Bytes) {
  StartCounting();
  SpeakAll();
  EXPECT_LT(CountedAllocations().live_bytes / kProxies, 128u);
}

TEST_F(RemoteActorsMemoryTest, IsGivenBackWhenTheLastProxyExits) {
  StartCounting();
  SpeakAll();
  for (uint64_t id = 1; id <= kProxies; ++id) remotes_.Close({id});
  EXPECT_LT(CountedAllocations().live_bytes, kSmall);
}

TEST_F(RemoteActorsMemoryTest, IsGivenBackWhenAllAreClosed) {
  StartCounting();
  SpeakAll();
  remotes_.CloseAll();
  EXPECT_LT(CountedAllocations().live_bytes, kSmall);
}

TEST_F(RemoteActorsMemoryTest, ThatOfLinksIsGivenBackToo) {
  StartCounting();
  SpeakAll();
  for (uint64_t id = 1; id <= kProxies; ++id)
    remotes_.Link({id}, {id % 50'000});
  remotes_.CloseAll();
  for (uint64_t id = 0; id < 50'000; ++id) remotes_.EndLocal({id});
  // What the child has seen is kept in a table that does not shrink.
  EXPECT_LT(CountedAllocations().live_bytes, 2 << 20);
}

TEST_F(RemoteActorsMemoryTest, ComingAndGoingTakesNoMore) {
  remotes_.NoteSpoke({UINT64_MAX}, /*message=*/true, absl::UnixEpoch());
  StartCounting();
  for (uint64_t id = 1; id <= kProxies; ++id) {
    remotes_.NoteSpoke({id}, /*message=*/true, absl::UnixEpoch());
    remotes_.Close({id});
  }
  EXPECT_LT(CountedAllocations().live_bytes, kSmall);
}

TEST(MailboxMemoryTest, TheSteadyStateTakesNothing) {
  const std::string text(100, 'x');
  Mailbox box({});
  Mail mail;
  const auto round = [&] {
    for (int i = 0; i < 100; ++i) box.Add({}, text);
    box.Take(mail);
  };
  round();
  round();
  StartCounting();
  for (int i = 0; i < 100; ++i) round();
  EXPECT_EQ(CountedAllocations().count, 0u);
}

TEST(MailboxMemoryTest, ABurstIsGivenBack) {
  const std::string text(50, 'x');
  StartCounting();
  Mailbox box({});
  Mail mail;
  for (int i = 0; i < 20'000; ++i) box.Add({}, text);
  ASSERT_GT(CountedAllocations().live_bytes, 1 << 20);
  for (int i = 0; i < 3; ++i) box.Take(mail);
  EXPECT_LT(CountedAllocations().live_bytes, kSmall);
}

// Clients whose deadlines pass while the child does not read.
TEST(FrameWriterMemoryTest, NothingIsKeptOfWhatIsWithdrawn) {
  FakeTransport sink;
  sink.Usually(0);
  SharedWriteStats write_stats;
  FrameWriter writer(sink, {}, write_stats);
  const auto write = [&writer] {
    std::string frame = "\x5a" + std::string("\0\0\0\x20", 4);
    frame.resize(5 + 0x20, 'x');
    EXPECT_THAT(writer.Reserve(frame.size()), IsOk());
    return writer.Write(std::move(frame), 1, [](const absl::Status&, size_t) {})
        .ticket;
  };
  write();
  auto waiting = write();
  StartCounting();
  for (int i = 0; i < 100'000; ++i) {
    const auto next = write();
    EXPECT_TRUE(writer.Withdraw(waiting, absl::DeadlineExceededError("")));
    waiting = next;
  }
  EXPECT_LT(CountedAllocations().live_bytes, 64 << 10);
  EXPECT_EQ(writer.stats().messages.waiting, 2u);
  writer.Close(absl::UnavailableError("the end"));
}

}  // namespace
}  // namespace thespian::gateway
