// Time is given to the ticker by hand.
#include "examples/demo-child/ticker.h"

#include <chrono>
#include <string>
#include <vector>

#include "endpoint/wire/frame_decoder.h"
#include "examples/demo-child/troupe.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/examples/child_talk.h"

namespace thespian::gateway::demo {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::Optional;

class TickerTest : public ::testing::Test {
 protected:
  TimePoint At(int millis) const { return start_ + milliseconds(millis); }

  void Send(uint64_t from, std::string_view payload, int millis) {
    const std::vector<uint8_t> cbor =
        nlohmann::json::to_cbor(nlohmann::json::parse(payload));
    const std::string item(cbor.begin(), cbor.end());
    troupe_.Handle(SendMessage{{from}, {3}, item}, At(millis));
  }

  // What is written when the time has come to `millis`.
  std::vector<std::string> Tick(int millis) {
    troupe_.Tick(At(millis));
    std::vector<std::string> messages;
    FrameDecoder decoder(1u << 20);
    const absl::Status status = decoder.Feed(
        outbox_.waiting(),
        [&](std::string_view content) {
          messages.push_back(MessageOfContent(content));
          return absl::OkStatus();
        },
        [](uint64_t) { return absl::InternalError("too large"); });
    EXPECT_TRUE(status.ok()) << status;
    outbox_.Written(outbox_.waiting().size());
    return messages;
  }

  const TimePoint start_{std::chrono::hours(1)};
  Outbox outbox_{1u << 20};
  Troupe troupe_{outbox_};
};

TEST_F(TickerTest, TicksEverySecondIfNothingElseIsSaid) {
  Send(7, R"(["subscribe"])", 0);
  EXPECT_THAT(troupe_.next_due(), Optional(At(1000)));
  EXPECT_THAT(Tick(999), ElementsAre());
  EXPECT_THAT(Tick(1000), ElementsAre(R"(["send",3,7,["tick",1]])"));
  EXPECT_THAT(Tick(1999), ElementsAre());
  EXPECT_THAT(Tick(2000), ElementsAre(R"(["send",3,7,["tick",2]])"));
}

TEST_F(TickerTest, KeepsTimeForEachSubscriber) {
  Send(7, R"(["subscribe",10])", 0);
  Send(8, R"(["subscribe",15])", 0);
  EXPECT_THAT(Tick(10), ElementsAre(R"(["send",3,7,["tick",1]])"));
  EXPECT_THAT(Tick(15), ElementsAre(R"(["send",3,8,["tick",1]])"));
  Send(7, R"(["unsubscribe"])", 16);
  EXPECT_THAT(Tick(29), ElementsAre());
  EXPECT_THAT(Tick(30), ElementsAre(R"(["send",3,8,["tick",2]])"));
}

TEST_F(TickerTest, DoesNotDriftWhenCalledLate) {
  Send(7, R"(["subscribe",10])", 0);
  EXPECT_THAT(Tick(14), ElementsAre(R"(["send",3,7,["tick",1]])"));
  EXPECT_THAT(troupe_.next_due(), Optional(At(20)));
}

TEST_F(TickerTest, SkipsTicksThatWereMissed) {
  Send(7, R"(["subscribe",10])", 0);
  EXPECT_THAT(Tick(1000), ElementsAre(R"(["send",3,7,["tick",1]])"));
  EXPECT_THAT(troupe_.next_due(), Optional(At(1010)));
}

TEST_F(TickerTest, ASecondSubscriptionReplacesTheFirst) {
  Send(7, R"(["subscribe",10])", 0);
  EXPECT_THAT(Tick(10), ElementsAre(R"(["send",3,7,["tick",1]])"));
  Send(7, R"(["subscribe",100])", 10);
  EXPECT_THAT(Tick(109), ElementsAre());
  EXPECT_THAT(Tick(110), ElementsAre(R"(["send",3,7,["tick",1]])"));
}

TEST_F(TickerTest, ForgetsASubscriberThatHasEnded) {
  Send(7, R"(["subscribe",10])", 0);
  troupe_.Handle(ExitMessage{{7}, "gone"}, At(1));
  EXPECT_EQ(troupe_.next_due(), std::nullopt);
  EXPECT_THAT(Tick(10), ElementsAre());
}

TEST_F(TickerTest, HasNothingForNobody) {
  Send(0, R"(["subscribe",10])", 0);
  EXPECT_EQ(troupe_.next_due(), std::nullopt);
}

}  // namespace
}  // namespace thespian::gateway::demo
