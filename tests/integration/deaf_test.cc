// A child that never reads, and clients that never read: under full load for
// as long as kLoadTime, the gateway's memory stays below the formula of
// docs/architecture.md.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/accounting.h"
#include "tests/support/attach_client.h"
#include "tests/support/echo_load.h"
#include "tests/support/own_process.h"
#include "tests/support/patience.h"
#include "tests/support/pending_rpcs.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::Key;

// A sanitizer keeps memory itself, so there the time is not worth spending.
constexpr seconds kLoadTime{kSanitized ? 5 : 60};

// The formula, for the options' defaults.
constexpr size_t kKiB = 1u << 10;
constexpr size_t kMiB = 1u << 20;
constexpr size_t kWhateverClientsDo = 8 * kMiB + 4 * kMiB + 33 * kMiB;
constexpr size_t kStream = 2 * kMiB;  // without its request
constexpr size_t kMailbox = 2 * 4 * kMiB;
constexpr size_t kUnaryRpc = 16 * kKiB;
constexpr size_t kCommand = 320;  // as parsed
// What glibc's arenas may keep besides what is in use.
constexpr size_t kResident = 2;

class DeafTest : public ::testing::Test {
 protected:
  // With the defaults of everything that the formula names.
  void Run(const std::vector<std::string>& child) {
    gateway_ =
        std::make_unique<GatewayProcess>(std::vector<std::string>{}, child);
    end_ = steady_clock::now() + kLoadTime;
    base_ = Resident("VmRSS");
  }

  void TearDown() override {
    for (std::thread& thread : threads_) thread.join();
  }

  // A client of its own: it shares no connection.
  std::unique_ptr<v1::GatewayService::Stub> NewStub() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return v1::GatewayService::NewStub(grpc::CreateCustomChannel(
        gateway_->address(), grpc::InsecureChannelCredentials(), arguments));
  }

  bool InTime() const { return steady_clock::now() < end_; }
  milliseconds TimeLeft() const {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(
                                         end_ - steady_clock::now()));
  }

  // Calls `load` again and again, on a thread of its own, with a stub of its
  // own, while it is time.
  template <typename Load>
  void Keep(Load load) {
    threads_.emplace_back([this, load] {
      const auto stub = NewStub();
      while (InTime()) load(*stub);
    });
  }

  void AwaitEnd() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  v1::EndpointCounters Counters() {
    const auto stub = NewStub();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::GetEndpointResponse response;
    EXPECT_THAT(stub->GetEndpoint(&context, {}, &response), IsRpcOk());
    return response.endpoint().counters();
  }

  // Of a child that answers each message with one: when it has.
  v1::EndpointCounters AwaitRest() {
    const auto deadline = steady_clock::now() + kPatience;
    v1::EndpointCounters counters = Counters();
    while (
        (counters.waiting() > 0 || counters.received() < counters.written()) &&
        steady_clock::now() < deadline && !HasFailure()) {
      counters = Counters();
    }
    return counters;
  }

  // In bytes: "VmRSS", or "VmHWM" for the most there ever was.
  size_t Resident(const char* field) {
    return std::stoul(StatusOf(gateway_->program().pid(), field)) * 1'024;
  }

  // More than the gateway had before the load.
  void ExpectAtMost(size_t bytes) {
    const size_t taken = Resident("VmHWM") - base_;
    RecordProperty("taken_kib", std::to_string(taken / 1'024));
    if (!kSanitized) {
      EXPECT_LE(taken, bytes);
    }
  }

  std::unique_ptr<GatewayProcess> gateway_;
  steady_clock::time_point end_;
  size_t base_ = 0;
  std::vector<std::thread> threads_;
};

// --- The child -------------------------------------------------------------

// Sends one message whose deadline passes soon.
void SendSoon(v1::GatewayService::Stub& stub, size_t bytes) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds(200));
  v1::SendNamedResponse response;
  stub.SendNamed(&context, SendRequestTo("x", Text(std::string(bytes, 'x'))),
                 &response);
}

// Attaches, says something, and leaves.
void ComeAndGo(v1::GatewayService::Stub& stub) {
  AttachClient client(stub, milliseconds(200));
  client.Open();
  client.Do(SendToName("x", Text("x"), 1));
}

TEST_F(DeafTest, AChildThatNeverReads) {
  constexpr size_t kAttached = 20;
  constexpr size_t kSmall = 10'000;  // messages in a request
  constexpr size_t kUnary = 4;
  constexpr size_t kInFlight = 2'000;
  Run({TG_SCRIPTED_CHILD, "deaf"});
  for (size_t i = 0; i < kAttached; ++i) {
    // Requests of many small messages, or of a few large ones.
    const std::vector<v1::ActorCommand> commands(
        i % 2 == 0 ? kSmall : 50,
        SendToName("x", Text(std::string(i % 2 == 0 ? 1 : 30'000, 'x'))));
    Keep([this, commands](v1::GatewayService::Stub& stub) {
      AttachClient client(stub, TimeLeft());
      if (!client.Open()) return;
      while (client.Do(commands)) {
      }
    });
  }
  for (size_t i = 0; i < kUnary; ++i) {
    Keep([this](v1::GatewayService::Stub& stub) {
      PendingRpcs<v1::SendNamedResponse> sends;
      const auto request = SendRequestTo("x", Text("x"));
      const auto begin = [&](auto* context, auto* queue) {
        return stub.AsyncSendNamed(context, request, queue);
      };
      while (InTime()) {
        while (sends.going_on() < kInFlight) sends.Start(begin, TimeLeft());
        sends.Next();
      }
    });
  }
  Keep([](v1::GatewayService::Stub& stub) { SendSoon(stub, 1); });
  Keep([](v1::GatewayService::Stub& stub) { SendSoon(stub, 30'000); });
  Keep(ComeAndGo);
  AwaitEnd();

  ExpectAtMost(kResident * (kWhateverClientsDo +
                            (kAttached + 1) * (kStream + kSmall * kCommand) +
                            (kUnary * kInFlight + 2) * kUnaryRpc));
  const v1::EndpointCounters counters = Counters();
  ExpectBalanced(counters);
  EXPECT_GT(counters.refused(), 0u);
  EXPECT_GT(counters.waiting(), 0u);
}

// --- Clients ---------------------------------------------------------------

TEST_F(DeafTest, ClientsThatNeverRead) {
  constexpr size_t kDeaf = 10;
  constexpr size_t kReading = 4;
  // Each request of a load waits behind a full queue, which takes a second on a
  // machine with much to do: a load is to be well within its deadline.
  static constexpr uint32_t kMessages = 2'000;
  Run({TG_DEMO_CHILD});
  std::atomic<int> cut_off = 0;
  for (size_t i = 0; i < kDeaf; ++i) {
    Keep([&cut_off](v1::GatewayService::Stub& stub) {
      AttachClient client(stub);
      if (!client.Open()) return;
      const auto command = SendToName("echo", Cbor(ItemOfSize(30'000)));
      while (client.Do(command)) {
      }
      ++cut_off;
    });
  }
  for (size_t i = 0; i < kReading; ++i) {
    Keep([](v1::GatewayService::Stub& stub) {
      EchoLoad load(stub, {.messages = kMessages, .padding = 100}, kPatience);
      const EchoLoad::Outcome& outcome = load.Await();
      EXPECT_EQ(outcome.fault, "");
      EXPECT_EQ(outcome.received, kMessages);
      EXPECT_THAT(outcome.status, IsRpcOk());
    });
  }
  AwaitEnd();

  ExpectAtMost(kResident *
               (kWhateverClientsDo +
                (kDeaf + kReading) * (kStream + kMailbox + 256 * kCommand)));
  // What deaf clients had sent is still on its way, and is counted one after
  // the other: the books are looked at when the child has answered everything.
  const v1::EndpointCounters counters = AwaitRest();
  ExpectBalanced(counters);
  EXPECT_THAT(counters.unread(), Contains(Key("mailbox_full")));
  EXPECT_GE(cut_off, static_cast<int>(kDeaf));
}

}  // namespace
}  // namespace thespian::gateway
