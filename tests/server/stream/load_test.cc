// A hundred attached clients at once, and what holds under their load.
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "server/stream/response_writer.h"
#include "tests/server/gateway_test.h"
#include "tests/support/accounting.h"
#include "tests/support/echo_load.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::Each;
using ::testing::Gt;
using ::testing::Pair;

constexpr uint32_t kClients = 100;
constexpr uint32_t kMessages = kSanitized ? 100'000 : 1'000'000;
constexpr size_t kConnections = 4;
constexpr std::chrono::seconds kDeadline{100};

class LoadTest : public GatewayTest {
 protected:
  void StartClients(uint32_t clients, const EchoLoad::Plan& plan) {
    for (size_t i = 0; i < kConnections; ++i) {
      stubs_.push_back(v1::GatewayService::NewStub(live_->Connect()));
    }
    for (uint32_t i = 1; i <= clients; ++i) {
      EchoLoad::Plan mine = plan;
      mine.client = i;
      loads_.push_back(std::make_unique<EchoLoad>(*stubs_[i % kConnections],
                                                  mine, kDeadline));
    }
  }

  // Each client has everything back, in order.
  void ExpectAllIsBack(uint32_t messages_of_each) {
    for (const auto& load : loads_) {
      const EchoLoad::Outcome& outcome = load->Await();
      EXPECT_EQ(outcome.fault, "");
      EXPECT_EQ(outcome.received, messages_of_each);
      EXPECT_THAT(outcome.status, IsRpcOk());
    }
  }

  // Nothing but so many messages to echo and back has ever been.
  void ExpectCounted(uint64_t messages) {
    const v1::EndpointCounters counters = GetEndpoint().counters();
    EXPECT_EQ(counters.accepted(), messages);
    EXPECT_EQ(counters.written(), messages);
    EXPECT_EQ(counters.received(), messages);
    EXPECT_EQ(counters.delivered(), messages);
    EXPECT_EQ(counters.unread_size(), 0);
    EXPECT_EQ(counters.proxies_created(), 1u);
  }

  std::vector<std::unique_ptr<v1::GatewayService::Stub>> stubs_;
  std::vector<std::unique_ptr<EchoLoad>> loads_;
};

TEST_F(LoadTest, AMillionMessagesOfAHundredClientsComeBackInOrder) {
  RunDemo();

  StartClients(kClients, {.messages = kMessages / kClients});

  ExpectAllIsBack(kMessages / kClients);
  ExpectCounted(kMessages);
}

TEST_F(LoadTest, NothingIsLostWhileTheQueueIsFullAllTheTime) {
  constexpr uint32_t kEach = kMessages / kClients / 20;
  options_.endpoint.queue.high_bytes = 1;  // raised to the least there can be
  RunDemo();

  Signal(SIGSTOP);
  // The most that is under way is far more than what pipe and queue take.
  StartClients(kClients, {.messages = kEach, .padding = 2'000});
  while (GetEndpoint().counters().queued_bytes() == 0) {
  }
  Signal(SIGCONT);

  ExpectAllIsBack(kEach);
  ExpectCounted(uint64_t{kClients} * kEach);
}

TEST_F(LoadTest, NobodyElseNoticesAClientThatDoesNotRead) {
  constexpr uint32_t kEach = kMessages / kClients / 10;
  constexpr size_t kItemBytes = 30'000;
  options_.gateway.mailbox.bytes = 1u << 20;
  RunDemo();
  const auto deaf_channel = live_->Connect();
  const auto deaf_stub = v1::GatewayService::NewStub(deaf_channel);
  AttachClient deaf(*deaf_stub);
  ASSERT_TRUE(deaf.Open());

  // It goes on until its stream has ended, which it does not read.
  std::thread flood([&deaf] {
    const auto one = SendToName("echo", Cbor(ItemOfSize(kItemBytes)));
    while (deaf.Do(one)) {
    }
  });
  StartClients(kClients, {.messages = kEach});

  ExpectAllIsBack(kEach);
  while (!ListLocalActors().empty()) {
  }
  uint64_t read = 0;
  for (auto event = deaf.Next(); event.has_value(); event = deaf.Next()) {
    if (event->has_delivery()) ++read;
  }
  flood.join();
  EXPECT_THAT(deaf.Finish(),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "MAILBOX_FULL"));
  // What it did not read is counted when gRPC has let the stream go, but for
  // the response that was being composed when the end came.
  constexpr uint64_t kInAResponse = kMaxBatchBytes / kItemBytes + 1;
  const uint64_t read_by_all = read + uint64_t{kClients} * kEach;
  v1::EndpointCounters counters = GetEndpoint().counters();
  while (read_by_all + SumOf(counters.unread()) + kInAResponse <
         counters.delivered()) {
    counters = GetEndpoint().counters();
  }
  EXPECT_GE(counters.delivered(), read_by_all + SumOf(counters.unread()));
  EXPECT_THAT(counters.unread(), Each(Pair("mailbox_full", Gt(0u))));
}

}  // namespace
}  // namespace thespian::gateway
