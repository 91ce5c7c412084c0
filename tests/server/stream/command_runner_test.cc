// Who is given commands faster than anyone takes their results: no child is
// needed for that, since each of these commands fails.
#include "server/stream/command_runner.h"

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/clock.h"
#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "server/access/access_control.h"
#include "spdlog/logger.h"
#include "tests/support/rpc_values.h"
#include "tests/support/silent_log.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// Takes as many results as it is told to.
class Host final : public CommandHost {
 public:
  explicit Host(std::shared_ptr<LocalActor> speaker)
      : speaker_(std::move(speaker)) {}

  std::shared_ptr<LocalActor> Sender() override { return speaker_; }
  void OnResult(uint64_t command_id, const absl::Status& status) override {
    EXPECT_THAT(ReasonOf(status), Optional(expected));
    answered.push_back(command_id);
  }
  void OnResultsGiven() override {}
  bool WantsMore() override { return answered.size() < wanted; }
  void OnPaused() override { ++pauses; }
  void OnLimited() override { ++limits; }
  void OnRoom() override {}
  void OnRequestTaken() override { ++requests_taken; }
  void OnViolation(const absl::Status&) override { ++violations; }

  ErrorReason expected = ErrorReason::kFieldInvalid;
  size_t wanted = 1'000;
  std::vector<uint64_t> answered;
  int pauses = 0;
  int limits = 0;
  int requests_taken = 0;
  int violations = 0;

 private:
  const std::shared_ptr<LocalActor> speaker_;
};

class CommandRunnerTest : public ::testing::Test {
 protected:
  CommandRunnerTest() {
    EXPECT_TRUE(gateway_.OpenActor(actor_, "").ok());
    EndpointOptions options;
    options.command.arguments = {"never started"};
    gateway_.AddEndpoint(options);
  }

  // Commands 1 to `count`, of which each is nothing.
  static v1::AttachRequest Nothing(uint64_t count) {
    v1::AttachRequest request;
    for (uint64_t id = 1; id <= count; ++id) {
      request.add_commands()->set_command_id(id);
    }
    return request;
  }

  void Run(const v1::AttachRequest& request) {
    Run(request.SerializeAsString());
  }
  void Run(std::string bytes) {
    bytes_ = std::move(bytes);
    commands_.Start(bytes_);
    runner_.Run(commands_);
  }

  static std::vector<uint64_t> UpTo(uint64_t last) {
    std::vector<uint64_t> ids(last);
    std::iota(ids.begin(), ids.end(), 1);
    return ids;
  }

  const SystemClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {}};
  const std::shared_ptr<TestActor> actor_ = std::make_shared<TestActor>();
  Host host_{actor_};
  std::string bytes_;
  CommandReader commands_;
  AccessControl access_{clock_, nullptr, {}};
  const Entrance entrance_;
  CommandRunner runner_{gateway_, host_, *access_.Identify({}, entrance_)};
};

TEST_F(CommandRunnerTest, EveryCommandIsAnsweredOnceInOrder) {
  const v1::AttachRequest request = Nothing(10);

  Run(request);

  EXPECT_EQ(host_.answered, UpTo(10));
  EXPECT_EQ(host_.requests_taken, 1);
  EXPECT_EQ(host_.pauses, 0);
  EXPECT_EQ(runner_.in_flight(), 0u);
}

TEST_F(CommandRunnerTest, BeginsWhereTheReaderIs) {
  bytes_ = Nothing(3).SerializeAsString();
  commands_.Start(bytes_);
  ASSERT_EQ(commands_.Advance(), CommandReader::Step::kCommand);

  runner_.Run(commands_);

  EXPECT_THAT(host_.answered, ElementsAre(2, 3));
}

TEST_F(CommandRunnerTest, StopsWhenNoMoreIsWantedAndGoesOnWhereItWas) {
  const v1::AttachRequest request = Nothing(10);
  host_.wanted = 4;

  Run(request);

  EXPECT_EQ(host_.answered, UpTo(4));
  EXPECT_EQ(host_.pauses, 1);
  EXPECT_EQ(host_.requests_taken, 0);
  runner_.Resume();
  EXPECT_EQ(host_.answered, UpTo(4)) << "still no more";
  EXPECT_EQ(host_.pauses, 2);
  host_.wanted = 10;
  runner_.Resume();
  EXPECT_EQ(host_.answered, UpTo(10));
  EXPECT_EQ(host_.requests_taken, 1);
}

TEST_F(CommandRunnerTest, NothingIsAnsweredWhileNothingIsWanted) {
  const v1::AttachRequest request = Nothing(2);
  host_.wanted = 0;

  Run(request);

  EXPECT_THAT(host_.answered, IsEmpty());
  EXPECT_EQ(host_.pauses, 1);
}

TEST_F(CommandRunnerTest, AnEndpointThatIsDownRefusesEach) {
  v1::AttachRequest request;
  for (uint64_t id = 1; id <= 3; ++id) {
    *request.add_commands() = SendToName("x", Text("x"), id);
  }
  host_.expected = ErrorReason::kEndpointDown;

  Run(request);

  EXPECT_EQ(host_.answered, UpTo(3));
  EXPECT_EQ(runner_.in_flight(), 0u);
}

TEST_F(CommandRunnerTest, ASecondOpenEndsIt) {
  v1::AttachRequest request = Nothing(1);
  *request.add_commands() = Open();
  request.add_commands();

  Run(request);

  EXPECT_THAT(host_.answered, ElementsAre(1));
  EXPECT_EQ(host_.violations, 1);
  EXPECT_EQ(host_.requests_taken, 0);
}

}  // namespace
}  // namespace thespian::gateway
