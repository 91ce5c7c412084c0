#include "endpoint/directory/operations.h"

#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "endpoint/loop/outcome.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/patience.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Ne;
using ::testing::Not;
using ::testing::Optional;

class OperationsTest : public ::testing::Test {
 protected:
  ~OperationsTest() override { gateway_.EndEndpoints(); }

  static PoolOptions OptionsOf(std::string name, size_t replicas,
                               std::vector<std::string> verbs = {"until-eof"}) {
    PoolOptions options;
    options.member.name = std::move(name);
    options.member.command.arguments = std::move(verbs);
    options.member.command.arguments.insert(
        options.member.command.arguments.begin(), TG_SCRIPTED_CHILD);
    options.replicas = replicas;
    options.drain = std::chrono::hours(1);
    return options;
  }

  void AddPool(const PoolOptions& options) {
    for (const EndpointHandle& member : gateway_.AddPool(options)) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }

  absl::Status Replace(std::string name) {
    const auto outcome = std::make_shared<Outcome>();
    gateway_.operations().Replace(
        std::move(name), [outcome](absl::Status s) { outcome->Set(s); });
    return outcome->WaitFor(kPatience).value();
  }
  absl::Status Scale(std::string name, size_t replicas) {
    const auto outcome = std::make_shared<Outcome>();
    gateway_.operations().Scale(std::move(name), replicas,
                                [outcome](absl::Status s) { outcome->Set(s); });
    return outcome->WaitFor(kPatience).value();
  }
  absl::StatusOr<Operations::Reloaded> Reload(
      absl::StatusOr<std::vector<PoolOptions>> pools) {
    gateway_.operations().SetSource([pools] { return pools; });
    const auto outcome = std::make_shared<Outcome>();
    absl::StatusOr<Operations::Reloaded> result;
    gateway_.operations().Reload([&](auto reloaded) {
      result = std::move(reloaded);
      outcome->Set({});
    });
    outcome->WaitFor(kPatience).value().IgnoreError();
    return result;
  }

  // "east/0 pid 12 incarnation 1" of each in service.
  std::vector<std::string> Serving() {
    std::vector<std::string> texts;
    for (const EndpointHandle& endpoint : gateway_.Endpoints()) {
      texts.push_back(fmt::format("{} {}", endpoint->name(),
                                  endpoint->Status().incarnation.value));
    }
    return texts;
  }
  int64_t PidOf(std::string_view name) {
    return (*gateway_.FindEndpoint(name))->Status().pid;
  }

  NoTraceLeft no_trace_left_;
  SystemClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {.journal = {.pace = kAtOnce}}};
};

// --- Replace ---------------------------------------------------------------

TEST_F(OperationsTest, ANewEndpointTakesThePlaceOfTheOldOneWhichDrains) {
  AddPool(OptionsOf("east", 0));
  const EndpointHandle old = *gateway_.FindEndpoint("east");
  ASSERT_THAT(Replace("east"), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east 2"));
  EXPECT_EQ(old->state(), EndpointState::kRunning) << "it drains";
  EXPECT_EQ(*gateway_.FindEndpoint("east", {.incarnation = {1}}), old);
}

TEST_F(OperationsTest, WhatHasDrainedIsStopped) {
  PoolOptions options = OptionsOf("east", 0);
  options.drain = std::chrono::milliseconds(1);
  AddPool(options);
  const EndpointHandle old = *gateway_.FindEndpoint("east");
  ASSERT_THAT(Replace("east"), IsOk());
  old->Join();
  EXPECT_EQ(old->state(), EndpointState::kStopped);
}

TEST_F(OperationsTest, AChildThatDrainsIsNotStartedAgain) {
  PoolOptions options = OptionsOf("east", 0);
  options.member.restart.mode = RestartMode::kAlways;
  AddPool(options);
  const EndpointHandle old = *gateway_.FindEndpoint("east");
  const int64_t pid = PidOf("east");
  ASSERT_THAT(Replace("east"), IsOk());
  JournalReader reader(gateway_.journal());
  ASSERT_EQ(kill(static_cast<pid_t>(pid), SIGKILL), 0);
  EXPECT_THAT(reader.AwaitEvent("state STOPPED"),
              Not(Contains("state BACKOFF")));
  EXPECT_EQ(old->state(), EndpointState::kStopped);
  EXPECT_THAT(Serving(), ElementsAre("east 2"));
}

TEST_F(OperationsTest, OneThatIsIdleIsReplacedByOneThatIsIdle) {
  PoolOptions options = OptionsOf("east", 0);
  options.member.on_demand = true;
  AddPool(options);
  const EndpointHandle old = *gateway_.FindEndpoint("east");
  ASSERT_THAT(Replace("east"), IsOk());
  const EndpointHandle next = *gateway_.FindEndpoint("east");
  EXPECT_NE(next, old);
  EXPECT_EQ(next->state(), EndpointState::kIdle);
  EXPECT_EQ(next->Status().incarnation, Incarnation{2});
}

TEST_F(OperationsTest, OfAPoolEachMemberIsReplaced) {
  AddPool(OptionsOf("east", 2));
  ASSERT_THAT(Replace("east"), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east/0 2", "east/1 2"));
  ASSERT_THAT(Replace("east/1"), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east/0 2", "east/1 3"));
  EXPECT_THAT(ReasonOf(Replace("east/2")),
              Optional(ErrorReason::kEndpointUnknown));
}

TEST_F(OperationsTest, OneThatDoesNotComeUpIsGivenUpAndTheOldOneStays) {
  PoolOptions options = OptionsOf("east", 0);
  AddPool(options);
  const int64_t pid = PidOf("east");
  options.member.command.arguments = {"/no/such/program"};
  const absl::Status status = Reload({{options}}).status();
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointFailed));
  EXPECT_THAT(status.message(), HasSubstr("the old one stays"));
  EXPECT_EQ(PidOf("east"), pid);
  EXPECT_THAT(Replace("east"), IsOk()) << "by what it was told before";
}

TEST_F(OperationsTest, ANewEndpointIsReadyOnceItAnswers) {
  PoolOptions options =
      OptionsOf("east", 0, {"record:1", "from:7", "echo", "until-eof"});
  options.ready_name = "n";
  options.member.command.arguments = {TG_SCRIPTED_CHILD, "echo"};
  AddPool(options);
  EXPECT_THAT(Replace("east"), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east 2"));
  EXPECT_EQ(gateway_.locals().size(), 0);
}

TEST_F(OperationsTest, ANewEndpointThatEndsBeforeItAnswersIsGivenUp) {
  PoolOptions options = OptionsOf("east", 0, {"record:1", "exit:3"});
  options.ready_name = "n";
  AddPool(options);
  const absl::Status status = Replace("east");
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointFailed));
  EXPECT_THAT(Serving(), ElementsAre("east 1"));
}

// --- Scale -----------------------------------------------------------------

TEST_F(OperationsTest, APoolGrowsAndShrinksAtItsEnd) {
  AddPool(OptionsOf("east", 2));
  const int64_t pid = PidOf("east/1");
  ASSERT_THAT(Scale("east", 4), IsOk());
  EXPECT_THAT(Serving(),
              ElementsAre("east/0 1", "east/1 1", "east/2 1", "east/3 1"));
  ASSERT_THAT(Scale("east", 2), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east/0 1", "east/1 1"));
  EXPECT_EQ(PidOf("east/1"), pid);
  ASSERT_THAT(Scale("east", 3), IsOk());
  EXPECT_THAT(Serving(), ElementsAre("east/0 1", "east/1 1", "east/2 2"))
      << "incarnations go on counting";
}

TEST_F(OperationsTest, WhatCantBeScaled) {
  AddPool(OptionsOf("east", 2));
  AddPool(OptionsOf("west", 0));
  EXPECT_THAT(Scale("east", 0), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("1 to 1000, but is 0")));
  EXPECT_THAT(Scale("east", 1'001),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Scale("west", 2), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("no replicas")));
  EXPECT_THAT(Scale("south", 2), StatusIs(absl::StatusCode::kNotFound));
}

// --- Reload ----------------------------------------------------------------

TEST_F(OperationsTest, OnlyWhatChangedIsTouched) {
  std::vector<PoolOptions> pools;
  for (const char* name : {"a", "b", "c"}) pools.push_back(OptionsOf(name, 0));
  for (const PoolOptions& options : pools) AddPool(options);
  const int64_t pid_of_a = PidOf("a");
  const int64_t pid_of_b = PidOf("b");
  pools[1].member.max_proxies = 7;
  pools[2] = OptionsOf("d", 2);
  const auto reloaded = Reload(pools);
  ASSERT_THAT(reloaded, IsOk());
  EXPECT_THAT(reloaded->unchanged, ElementsAre("a"));
  EXPECT_THAT(reloaded->changed, ElementsAre("b"));
  EXPECT_THAT(reloaded->removed, ElementsAre("c"));
  EXPECT_THAT(reloaded->added, ElementsAre("d"));
  EXPECT_THAT(Serving(), ElementsAre("a 1", "b 2", "d/0 1", "d/1 1"));
  EXPECT_EQ(PidOf("a"), pid_of_a);
  EXPECT_NE(PidOf("b"), pid_of_b);
  EXPECT_EQ((*gateway_.FindEndpoint("b"))->facts().options.max_proxies, 7);
}

TEST_F(OperationsTest, WhatIsOfThePoolAloneStartsNothing) {
  PoolOptions options = OptionsOf("east", 2);
  AddPool(options);
  const int64_t pid = PidOf("east/0");
  options.balance = Balance::kRoundRobin;
  options.replicas = 1;
  ASSERT_THAT(Reload({{options}}), IsOk());
  EXPECT_EQ(PidOf("east/0"), pid);
  EXPECT_THAT(Serving(), ElementsAre("east/0 1"));
  EXPECT_EQ(gateway_.directory().FindPool("east")->options().balance,
            Balance::kRoundRobin);
}

TEST_F(OperationsTest, WhatCantBeReadChangesNothing) {
  AddPool(OptionsOf("east", 0));
  EXPECT_THAT(Reload(absl::FailedPreconditionError("f:1:2: what")).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("f:1:2: what")));
  EXPECT_THAT(Serving(), ElementsAre("east 1"));
}

TEST_F(OperationsTest, AnEndpointThatCantBeStartedIsThereAndSaysWhy) {
  AddPool(OptionsOf("east", 0));
  PoolOptions wrong = OptionsOf("west", 0);
  wrong.member.command.arguments = {"/no/such/program"};
  ASSERT_THAT(Reload({{OptionsOf("east", 0), wrong}}), IsOk());
  const EndpointHandle west = *gateway_.FindEndpoint("west");
  EXPECT_EQ(west->state(), EndpointState::kFailed);
  EXPECT_THAT(west->Status().reason, HasSubstr("/no/such/program"));
}

// --- The end ---------------------------------------------------------------

TEST_F(OperationsTest, AfterTheEndNothingIsDone) {
  AddPool(OptionsOf("east", 2));
  gateway_.operations().Stop();
  EXPECT_THAT(ReasonOf(Replace("east")), Optional(ErrorReason::kShuttingDown));
  EXPECT_THAT(ReasonOf(Scale("east", 3)), Optional(ErrorReason::kShuttingDown));
}

TEST_F(OperationsTest, TheEndDoesNotWaitForWhatIsNotReady) {
  PoolOptions options = OptionsOf("east", 0, {"deaf"});
  options.ready_name = "n";
  options.member.command.stop_grace = std::chrono::milliseconds(10);
  AddPool(options);
  JournalReader reader(gateway_.journal());
  const auto outcome = std::make_shared<Outcome>();
  gateway_.operations().Replace("east",
                                [outcome](absl::Status s) { outcome->Set(s); });
  reader.AwaitEvent("sent 1 -> 'n'");
  gateway_.operations().Stop();
  EXPECT_THAT(ReasonOf(outcome->WaitFor(kPatience).value()),
              Optional(ErrorReason::kShuttingDown));
}

}  // namespace
}  // namespace thespian::gateway
