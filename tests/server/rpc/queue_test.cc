// What happens to unary sends while the child does not read.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"
#include "tests/support/own_process.h"
#include "tests/support/patience.h"
#include "tests/support/pending_rpcs.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kLargeItem = 32'000;

using ManySends = PendingRpcs<v1::SendNamedResponse>;

class QueueTest : public GatewayTest {
 protected:
  // The least there can be: room for two of the largest frames, and a batch.
  void MakeTheQueueSmall() {
    options_.endpoint.max_frame_bytes = 32'768;
    options_.endpoint.queue.high_bytes = 1;
  }

  grpc::Status SendWithin(milliseconds time, std::string_view text) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time);
    v1::SendNamedResponse response;
    return stub().SendNamed(&context, SendRequestTo("x", Text(text)),
                            &response);
  }

  void StartSend(ManySends& sends) {
    const auto request = SendRequestTo("x", Cbor(ItemOfSize(kLargeItem)));
    sends.Start([&](auto* context, auto* queue) {
      return stub().AsyncSendNamed(context, request, queue);
    });
  }

  // Leaves a message waiting that the pipe, which holds a megabyte, has no room
  // for, or not all of it. The gateway has nothing more to do then.
  void FillThePipe(ManySends& sends) {
    do {
      StartSend(sends);
      ++filled_;
    } while (filled_ * kLargeItem < (2u << 20) ||
             GetEndpoint().counters().waiting() == 0);
    while (GetEndpoint().counters().accepted() < filled_) {
    }
  }

  size_t filled_ = 0;
};

TEST_F(QueueTest, ASendThatTheQueueHasNoRoomForIsRefused) {
  MakeTheQueueSmall();
  RunScript({"deaf"});
  constexpr size_t kSends = 100;  // more than a pipe and the queue take
  ManySends sends;
  for (size_t i = 0; i < kSends; ++i) {
    StartSend(sends);
  }

  size_t ended = 0;
  grpc::Status status;
  for (; status.ok() && ended < kSends; ++ended) status = sends.Next().status;

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "QUEUE_FULL"));
  const v1::Endpoint full = GetEndpoint();
  EXPECT_THAT(status.error_message(),
              HasSubstr(std::to_string(full.limits().queue_bytes())));
  EXPECT_GT(full.counters().refused(), 0u);
  EXPECT_LE(full.counters().queued_bytes(), full.limits().queue_bytes());
  endpoint().Kill();
  for (; ended < kSends; ++ended) sends.Next();
}

TEST_F(QueueTest, WhatWaitsWhenTheChildDiesIsToldSo) {
  RunScript({"deaf"});
  ManySends sends;
  FillThePipe(sends);

  Signal(SIGKILL);

  size_t down = 0;
  for (size_t i = 0; i < filled_; ++i) {
    const grpc::Status status = sends.Next().status;
    if (status.ok()) continue;
    EXPECT_THAT(status,
                FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_DOWN"));
    ++down;
  }
  EXPECT_GT(down, 0u);
  EXPECT_EQ(filled_ - down, live_->Describe().counters().written());
}

TEST_F(QueueTest, ASendWaitsToItsDeadlineAndIsNotSentAfterwards) {
  const TempDir directory;
  const std::string record = directory.File("record");
  RunScript({"record:" + record});
  Signal(SIGSTOP);
  ManySends sends;
  FillThePipe(sends);

  const auto before = steady_clock::now();
  const grpc::Status status = SendWithin(milliseconds(1'000), "too late");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  // It waited; gRPC rounds timeouts by some milliseconds.
  EXPECT_GE(steady_clock::now() - before, milliseconds(900));
  // The gateway hears of the deadline when it gets to it.
  while (GetEndpoint().counters().dropped().empty()) {
  }
  EXPECT_EQ(GetEndpoint().counters().dropped().at("withdrawn"), 1u);

  Signal(SIGCONT);
  for (size_t i = 0; i < filled_; ++i)
    EXPECT_THAT(sends.Next().status, IsRpcOk());
  EXPECT_THAT(Send(SendRequestTo("x", Text("in time"))), IsRpcOk());
  live_->End();
  std::ifstream file(record);
  const std::string frames(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(frames, HasSubstr(ToHex(TextItem("in time"))));
  EXPECT_THAT(frames, Not(HasSubstr(ToHex(TextItem("too late")))));
}

TEST_F(QueueTest, AnAttachedClientIsNotReadUntilThereIsRoom) {
  // 3 MB: more than the pipe, the queue and a stream's window hold.
  constexpr int kMessages = 100;
  options_.gateway.mailbox.bytes = 64u << 20;  // however slowly we read
  MakeTheQueueSmall();
  RunScript({"echo"});
  const auto client = Attach();
  Signal(SIGSTOP);
  std::thread writer([&client] {
    for (int i = 0; i < kMessages; ++i) {
      if (!client->Do(SendToName("x", Cbor(ItemOfSize(kLargeItem))))) return;
    }
  });
  const uint64_t limit = GetEndpoint().limits().queue_bytes();
  while (GetEndpoint().counters().queued_bytes() < limit / 4) {
  }

  Signal(SIGCONT);

  // Every one comes back, none was refused. The room was made on the endpoint's
  // loop, where no command may be read: CommandReader checks that.
  int back = 0;
  while (back < kMessages && client->NextCbor().size() == kLargeItem) ++back;
  writer.join();
  EXPECT_EQ(back, kMessages)
      << ::testing::PrintToString(FailureOf(client->Finish()));
  EXPECT_EQ(GetEndpoint().counters().refused(), 0u);
}

TEST_F(QueueTest, WhatFailsIsToldWhileOthersWaitForRoom) {
  MakeTheQueueSmall();
  RunScript({"deaf"});
  const auto client = Attach();
  const auto full = Attach();
  const auto large = SendToName("x", Cbor(ItemOfSize(kLargeItem)));
  const uint64_t limit = GetEndpoint().limits().queue_bytes();
  while (GetEndpoint().counters().queued_bytes() < limit / 4 * 3) {
    full->Do(large);
  }

  client->Do({SendTo(99, Text("x"), 4), large, large});

  const auto event = client->Next(v1::ActorEvent::kCommandResult);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->command_result().command_id(), 4u);
  EXPECT_THAT(event->command_result().status(),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
  endpoint().Kill();
}

// In KiB.
long ResidentMemory() { return std::stol(OwnStatus("VmRSS")); }

TEST_F(QueueTest, OfAClientThatLeftOnlyItsFramesWait) {
  constexpr int kClients = 40;
  options_.endpoint.queue.high_bytes = 64u << 20;
  RunScript({"deaf"});
  // 4 MB as parsed, of which the runner puts a fifth into the queue.
  const std::vector<v1::ActorCommand> commands(
      5'000, SendToName("x", Text(std::string(600, 'x'))));
  long before = 0;
  for (int i = 0; i < kClients; ++i) {
    if (i == kClients / 4) before = ResidentMemory();
    const uint64_t accepted = GetEndpoint().counters().accepted();
    const auto client = Attach();
    client->Do(commands);
    while (GetEndpoint().counters().accepted() < accepted + 1'000) {
    }
  }
  // A sanitizer keeps memory itself; it tells what is leaked instead.
  if (!kSanitized) {
    EXPECT_LT(ResidentMemory() - before, 80'000);
  }
  endpoint().Kill();
}

TEST_F(QueueTest, ClientsThatLeaveWhileTheyWaitForRoomAreForgotten) {
  constexpr int kClients = 150;
  options_.endpoint.queue.high_bytes = 1;
  RunScript({"deaf"});
  std::vector<v1::ActorCommand> commands(
      60, SendToName("x", Cbor(ItemOfSize(kLargeItem))));
  commands.insert(commands.begin(), SendTo(99, Text("x"), 4));
  long before = 0;
  for (int i = 0; i < kClients; ++i) {
    if (i == kClients / 3) before = ResidentMemory();
    const auto client = Attach();
    client->Do(commands);
    ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());
  }
  // A sanitizer keeps memory itself; it tells what is leaked instead.
  if (!kSanitized) {
    EXPECT_LT(ResidentMemory() - before, 60'000);
  }
  endpoint().Kill();
}

}  // namespace
}  // namespace thespian::gateway
