// What changes the endpoints of a gateway while it serves: its file is read
// again, and children are replaced under load.
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/support/accounting.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// --- The file is read again ------------------------------------------------

constexpr size_t kEndpoints = 20;

// e0 to e19, of which one, if any, has another setting.
std::string FileOfMany(size_t changed = kEndpoints) {
  std::string file;
  for (size_t i = 0; i < kEndpoints; ++i) {
    file += IdleTable("e" + std::to_string(i),
                      i == changed ? "stop-grace = \"7s\"" : "");
  }
  return file;
}

// Whose pid is another one than before.
std::vector<std::string> Moved(const std::map<std::string, int64_t>& before,
                               const std::map<std::string, int64_t>& now) {
  std::vector<std::string> moved;
  for (const auto& [name, pid] : now) {
    const auto found = before.find(name);
    if (found == before.end() || found->second != pid) moved.push_back(name);
  }
  return moved;
}

TEST(ReloadTest, OfTwentyEndpointsOnlyTheChangedOneIsTouched) {
  EndpointsGateway gateway(FileOfMany());
  const auto before = gateway.Pids();
  ASSERT_THAT(before, SizeIs(kEndpoints));

  gateway.WriteFile(FileOfMany(7));
  v1::ReloadResponse reloaded;
  ASSERT_THAT(gateway.Reload(reloaded), IsRpcOk());

  EXPECT_THAT(reloaded.changed(), ElementsAre("e7"));
  EXPECT_THAT(reloaded.unchanged(), SizeIs(kEndpoints - 1));
  EXPECT_THAT(reloaded.added(), IsEmpty());
  EXPECT_THAT(reloaded.removed(), IsEmpty());
  const auto now = gateway.Pids();
  EXPECT_THAT(now, SizeIs(kEndpoints));
  EXPECT_THAT(Moved(before, now), ElementsAre("e7"));
}

TEST(ReloadTest, AWrongFileChangesNothingAndSaysWhere) {
  EndpointsGateway gateway(IdleTable("a") + IdleTable("b"));
  const auto before = gateway.Pids();

  gateway.WriteFile(IdleTable("a", "stop-grace = \"7s\"") + IdleTable("c") +
                    "no-such-key = 1\n");
  v1::ReloadResponse reloaded;
  const grpc::Status status = gateway.Reload(reloaded);

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("gateway.toml:7:"));
  EXPECT_THAT(status.error_message(), HasSubstr("no-such-key"));
  EXPECT_EQ(gateway.Pids(), before);
}

TEST(ReloadTest, NewOnesStartAndThoseThatAreGoneEnd) {
  EndpointsGateway gateway(IdleTable("stays") + IdleTable("goes"));
  const auto before = gateway.Pids();
  const UniqueFd gone = OpenPidfd(static_cast<pid_t>(before.at("goes")));
  EXPECT_TRUE(gateway.Serves("endpoint/goes"));

  gateway.WriteFile(IdleTable("stays") + IdleTable("comes"));
  v1::ReloadResponse reloaded;
  ASSERT_THAT(gateway.Reload(reloaded), IsRpcOk());

  EXPECT_THAT(reloaded.added(), ElementsAre("comes"));
  EXPECT_THAT(reloaded.removed(), ElementsAre("goes"));
  EXPECT_TRUE(AwaitEnd(gone));
  EXPECT_EQ(gateway.AwaitRunning("comes").incarnation(), 1u);
  EXPECT_EQ(gateway.Get("stays").pid(), before.at("stays"));
  EXPECT_EQ(gateway.Get("goes").name(), "");
  EXPECT_FALSE(gateway.Serves("endpoint/goes"));
  EXPECT_TRUE(gateway.Serves("endpoint/stays"));
  EXPECT_TRUE(gateway.Serves(""));
}

TEST(ReloadTest, SighupDoesTheSameAndTheLogSaysWhat) {
  EndpointsGateway gateway(FileOfMany());
  Program& program = gateway.process().program();
  const auto before = gateway.Pids();

  gateway.WriteFile(FileOfMany(3));
  program.Kill(SIGHUP);

  EXPECT_TRUE(
      program.AwaitErr("reload: endpoints added: none; removed: none; changed: "
                       "e3; 19 unchanged"));
  EXPECT_THAT(Moved(before, gateway.Pids()), ElementsAre("e3"));
}

TEST(ReloadTest, SighupWithAWrongFileIsAnErrorInTheLogAlone) {
  EndpointsGateway gateway(IdleTable("a"));
  Program& program = gateway.process().program();
  const auto before = gateway.Pids();

  gateway.WriteFile(IdleTable("a") + "[endpoint.b]\n");
  program.Kill(SIGHUP);

  EXPECT_TRUE(program.AwaitErr(gateway.file() + ":4:1: endpoint 'b'"));
  EXPECT_EQ(gateway.Pids(), before);
}

// --- Replaced under load ---------------------------------------------------

// Clients that call the actor "echo" by name, each with words of its own, until
// they are to stop.
class Load {
 public:
  Load(EndpointsGateway& gateway, size_t clients) : gateway_(gateway) {
    for (size_t i = 0; i < clients; ++i) {
      threads_.emplace_back([this, i] { CallOn(i); });
    }
  }
  ~Load() { Stop(); }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  uint64_t calls() const { return calls_; }

 private:
  void CallOn(size_t client) {
    for (uint64_t i = 0; !stopping_; ++i) {
      const std::string words =
          std::to_string(client) + " " + std::to_string(i);
      v1::CallResponse response;
      const grpc::Status status =
          gateway_.Call("echo", CallTo("echo", List(words)), response);
      EXPECT_THAT(status, IsRpcOk());
      if (!status.ok()) return;
      EXPECT_EQ(response.payload().cbor(), ListItem(words));
      ++calls_;
    }
  }

  EndpointsGateway& gateway_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> calls_ = 0;
  std::vector<std::thread> threads_;
};

// The time for draining is what a call may take at most, also on a machine with
// much to do.
TEST(ReplaceTest, WhoCallsByNameSeesNothingOfAHundredReplacements) {
  constexpr uint64_t kReplacements = 100;
  EndpointsGateway gateway(TableOf("echo", {TG_DEMO_CHILD}, "drain = \"10s\""));
  Load load(gateway, 50);

  for (uint64_t i = 0; i < kReplacements; ++i) {
    ASSERT_THAT(gateway.Replace("echo"), IsRpcOk());
  }
  load.Stop();

  const v1::Endpoint endpoint = gateway.Get("echo");
  EXPECT_EQ(endpoint.incarnation(), kReplacements + 1);
  EXPECT_GE(load.calls(), 50u);
  // Each call was one message, which was answered once.
  EXPECT_EQ(endpoint.counters().accepted(), load.calls());
  EXPECT_EQ(endpoint.counters().written(), load.calls());
  EXPECT_EQ(endpoint.counters().received(), load.calls());
  EXPECT_EQ(endpoint.counters().delivered(), load.calls());
  ExpectBalanced(endpoint.counters());
}

}  // namespace
}  // namespace thespian::gateway
