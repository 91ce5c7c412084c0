#include "server/host/health_board.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Its endpoints are on demand: IDLE is ready, and needs no child.
class HealthBoardTest : public ::testing::Test {
 protected:
  HealthBoardTest() {
    gateway_.OnStateChange([this] { board_.Refresh(); });
  }
  ~HealthBoardTest() override { gateway_.EndEndpoints(); }

  static PoolOptions OptionsOf(std::string name, size_t replicas) {
    PoolOptions options;
    options.member.name = std::move(name);
    options.member.command.arguments = {"true"};
    options.member.on_demand = true;
    options.replicas = replicas;
    options.min_ready = replicas;
    return options;
  }
  void Add(const PoolOptions& options) {
    for (const EndpointHandle& member : gateway_.AddPool(options)) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }

  SystemClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {}};
  std::map<std::string, bool> said_;
  HealthBoard board_{gateway_,
                     [this](const std::string& service, bool serving) {
                       said_[service] = serving;
                     }};
};

TEST_F(HealthBoardTest, APoolServesOnceEnoughMembersAreReady) {
  for (const EndpointHandle& member : gateway_.AddPool(OptionsOf("east", 2))) {
    EXPECT_THAT(said_,
                ElementsAre(Pair("", false), Pair("endpoint/east", false)));
    ASSERT_THAT(member->Start(), IsOk());
  }
  EXPECT_THAT(said_, ElementsAre(Pair("", true), Pair("endpoint/east", true)));
}

TEST_F(HealthBoardTest, AMemberThatIsTakenOutCountsNoLonger) {
  Add(OptionsOf("east", 2));
  const EndpointHandle member = *gateway_.FindEndpoint("east/1");
  gateway_.directory().Withdraw(member);
  EXPECT_THAT(said_,
              ElementsAre(Pair("", false), Pair("endpoint/east", false)));
  member->End();
  const auto pool = gateway_.directory().FindPool("east");
  const EndpointHandle next = gateway_.MakeMember(*pool, "east/1");
  ASSERT_THAT(next->Start(), IsOk());
  gateway_.directory().Put("east", next);
  EXPECT_THAT(said_, ElementsAre(Pair("", true), Pair("endpoint/east", true)));
}

TEST_F(HealthBoardTest, OtherOptionsOfAPoolCountAtOnce) {
  Add(OptionsOf("east", 2));
  PoolOptions options = OptionsOf("east", 2);
  options.min_ready = 3;
  options.required = false;
  gateway_.directory().PutPool(std::make_shared<Pool>(options));
  EXPECT_THAT(said_, ElementsAre(Pair("", true), Pair("endpoint/east", false)));
}

TEST_F(HealthBoardTest, APoolThatIsGoneDoesNotServe) {
  Add(OptionsOf("east", 1));
  Add(OptionsOf("west", 1));
  gateway_.directory().RemovePool("west");
  EXPECT_THAT(said_, ElementsAre(Pair("", true), Pair("endpoint/east", true),
                                 Pair("endpoint/west", false)));
  Add(OptionsOf("west", 1));
  EXPECT_THAT(said_, ElementsAre(Pair("", true), Pair("endpoint/east", true),
                                 Pair("endpoint/west", true)));
}

TEST_F(HealthBoardTest, AtTheEndNothingServes) {
  Add(OptionsOf("east", 1));
  board_.Stop();
  EXPECT_THAT(said_,
              ElementsAre(Pair("", false), Pair("endpoint/east", false)));
}

}  // namespace
}  // namespace thespian::gateway
