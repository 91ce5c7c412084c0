// Actors of real children that speak to each other, and children that are
// killed while they do.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "endpoint/endpoint.h"
#include "endpoint/relay/relays.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/awaited.h"
#include "tests/support/hex.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;

class RelayProcessTest : public ::testing::Test, private RelayHost {
 protected:
  ~RelayProcessTest() override {
    for (const auto& [name, endpoint] : endpoints_) endpoint->Kill();
    for (const auto& [name, endpoint] : endpoints_) endpoint->Join();
    for (const RelayLaneStats& lane : relays_.Stats()) {
      EXPECT_EQ(lane.in, lane.out + lane.refused + lane.dropped)
          << lane.from << " to " << lane.to;
    }
    EXPECT_EQ(locals_.size(), 0u);
  }

  // A child that does what `verbs` say; see scripted-child. Not started.
  Endpoint& Add(const std::string& name, const Routes::Table& routes,
                std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
    EndpointOptions options = options_;
    options.name = name;
    options.command.arguments = std::move(verbs);
    EndpointDeps deps = {
        .clock = clock_, .journal = journal_, .locals = locals_, .log = log_};
    deps.relays = &relays_;
    deps.routes = Routes(routes);
    auto endpoint = std::make_shared<Endpoint>(options, std::move(deps));
    return *endpoints_.emplace(name, std::move(endpoint)).first->second;
  }

  void AwaitEvent(const std::string& text) {
    EXPECT_THAT(reader_.AwaitEvent(text), Contains(text));
  }

  // What the children wrote to their stderr, which is what they were told.
  static std::string ToldExit(uint64_t id, std::string_view reason) {
    std::string frame;
    AppendFrame(ExitMessage{{id}, reason}, frame);
    return "stderr " + ToHex(frame.substr(5));
  }

  NoTraceLeft no_trace_left_;
  TestClock clock_;
  EventJournal journal_{clock_, {.pace = kAtOnce}};
  JournalReader reader_{journal_};
  LocalActors locals_{clock_, 1'000};
  spdlog::logger log_ = SilentLog();
  Relays relays_{{.locals = locals_,
                  .journal = journal_,
                  .host = *this,
                  .mailbox = {.bytes = 64u << 10, .items = 100}}};
  EndpointOptions options_;
  std::map<std::string, std::shared_ptr<Endpoint>> endpoints_;

 private:
  std::shared_ptr<SessionSender> FindMember(
      std::string_view pool, absl::FunctionRef<LocalId()>) override {
    return FindIncarnation(pool, {});
  }
  std::shared_ptr<SessionSender> FindIncarnation(std::string_view endpoint,
                                                 Incarnation) override {
    const auto& found = endpoints_.at(std::string(endpoint));
    return {found, &found->sender()};
  }
  void ForgetSender(LocalId) override {}
  void EndActor(const std::shared_ptr<LocalActor>& actor,
                std::string reason) override {
    locals_.Remove(actor->id());
    actor->mailbox().Close();
    if (!actor->End(std::move(reason))) return;
    for (const auto& [name, endpoint] : endpoints_) {
      endpoint->sender().EndLocal(actor);
    }
  }
};

// --- The diamond, one of which is killed -----------------------------------

// a links itself to b and c, and both to d; each answers what it is told.
// Actor 1 of b is 5 in d, where 1 of d is 2 in b, and so on.
class RealDiamondTest : public RelayProcessTest {
 protected:
  void SetUp() override {
    Add("d", {}, {"record:2", "echo"});
    Add("c", {{"d", "d"}},
        {"send-named:d:x", "frames:1", "link:4", "record:2", "echo"});
    Add("b", {{"d", "d"}},
        {"send-named:d:x", "frames:1", "link:2", "record:2", "echo"});
    Add("a", {{"b", "b"}, {"c", "c"}},
        {"send-named:b:x", "frames:1", "link:6", "send-named:c:x", "frames:1",
         "link:8", "record:2", "until-eof"});
    Start("d", {});
    Start("b", {"linked 1 and 2 by remote", "linked 1 and 1 by local"});
    Start("c", {"linked 1 and 4 by remote", "linked 1 and 3 by local"});
    Start("a", {"linked 1 and 6 by remote", "linked 1 and 5 by local",
                "linked 1 and 8 by remote", "linked 1 and 7 by local"});
  }

  // Returns when all of `events` have come, in any order.
  void Start(const std::string& name, std::vector<std::string> events) {
    ASSERT_THAT(endpoints_.at(name)->Start(), IsOk());
    for (const std::string& event : events) {
      if (!Has(event)) Note(reader_.AwaitEvent(event));
      EXPECT_TRUE(Has(event)) << event;
    }
  }
  // Kills one child: the others are told of these ends, each once, and of no
  // others before they are stopped themselves.
  void KillAndExpect(const std::string& name, std::vector<uint64_t> exits) {
    seen_.clear();
    endpoints_.at(name)->Kill();
    for (const uint64_t id : exits) {
      const std::string told = ToldExit(id, "transport_closed");
      if (!Has(told)) Note(reader_.AwaitEvent(told));
      EXPECT_TRUE(Has(told)) << id;
    }
    for (uint64_t id = 1; id <= 8; ++id) {
      const bool expected =
          std::find(exits.begin(), exits.end(), id) != exits.end();
      EXPECT_EQ(Told(id), expected ? 1 : 0) << id;
    }
    for (const auto& [other, endpoint] : endpoints_) endpoint->Stop();
    for (const auto& [other, endpoint] : endpoints_) endpoint->Join();
    Note(reader_.ReadTexts());
    for (uint64_t id = 1; id <= 8; ++id) EXPECT_LE(Told(id), 1) << id;
  }

 private:
  void Note(std::vector<std::string> events) {
    seen_.insert(seen_.end(), events.begin(), events.end());
  }
  long Told(uint64_t id) const {
    return std::count(seen_.begin(), seen_.end(),
                      ToldExit(id, "transport_closed"));
  }
  bool Has(const std::string& event) const {
    return std::find(seen_.begin(), seen_.end(), event) != seen_.end();
  }

  std::vector<std::string> seen_;
};

TEST_F(RealDiamondTest, TheLastOneIsMissedByBothInTheMiddle) {
  KillAndExpect("d", {2, 4});
}

TEST_F(RealDiamondTest, TheFirstOneIsMissedByBothInTheMiddle) {
  KillAndExpect("a", {5, 7});
}

TEST_F(RealDiamondTest, OneInTheMiddleIsMissedByBothEnds) {
  KillAndExpect("b", {1, 6});
}

TEST_F(RealDiamondTest, TheOtherInTheMiddleIsMissedByBothEnds) {
  KillAndExpect("c", {3, 8});
}

// --- A storm ---------------------------------------------------------------

// Every child sends back what it is told, for ever, and is killed again and
// again.
TEST_F(RelayProcessTest, ChildrenAreKilledWhileTheySpeak) {
  options_.restart = {.mode = RestartMode::kAlways,
                      .first_delay = milliseconds(1),
                      .longest_delay = milliseconds(4)};
  Add("d", {}, {"echo"});
  Add("c", {{"d", "d"}}, {"send-named:d:c", "send-named:d:c", "echo"});
  Add("b", {{"d", "d"}}, {"send-named:d:b", "send-named:d:b", "echo"});
  Add("a", {{"b", "b"}, {"c", "c"}},
      {"send-named:b:a", "send-named:c:a", "echo"});
  for (const auto& [name, endpoint] : endpoints_) {
    ASSERT_THAT(endpoint->Start(), IsOk());
  }
  std::mt19937 random(1);
  for (int i = 0; i < 40; ++i) {
    const auto victim = std::next(endpoints_.begin(), random() % 4)->second;
    // As far as messages have come meanwhile.
    const uint64_t received = victim->Status().inbound.received;
    Awaited<bool> done;
    victim->Ask(Endpoint::Request::kRestart, [&done](absl::Status) {
      done.Update([](bool& d) { d = true; });
    });
    EXPECT_TRUE(done.Await([](bool d) { return d; }));
    EXPECT_GE(victim->Status().inbound.received, received);
  }
  uint64_t out = 0;
  for (const RelayLaneStats& lane : relays_.Stats()) out += lane.out;
  EXPECT_GT(out, 40u);
}

}  // namespace
}  // namespace thespian::gateway
