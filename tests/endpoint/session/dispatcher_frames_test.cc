// What a Dispatcher makes of frames that are no messages, and its figures.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/dispatcher_world.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

class FramesFixture : protected DispatcherWorld {
 protected:
  FramesFixture() {
    EXPECT_THAT(locals_.Open(std::make_shared<TestActor>(), ""), IsOk());
  }

  std::unique_ptr<Dispatcher> MakeDispatcher(uint64_t incarnation) {
    return std::make_unique<Dispatcher>(MakeDeps(), name_,
                                        Incarnation{incarnation});
  }

  std::unique_ptr<Dispatcher> dispatcher_ = MakeDispatcher(1);
};

struct Case {
  std::string_view name;
  std::string_view hex;
};

// Well-formed arrays that are no messages: the stream goes on.
constexpr Case kRejected[] = {
    {"EmptyArray", "80"},
    {"UnknownVerb", "82 6568656c6c6f 01"},
    {"VerbIsNoText", "81 01"},
    {"SendWithoutPayload", "83 6473656e64 07 01"},
    {"SendWithTwoPayloads", "85 6473656e64 07 01 01 01"},
    {"SendFromText", "84 6473656e64 6137 01 01"},
    {"SendFromNegative", "84 6473656e64 20 01 01"},
    {"ExitWithoutReason", "82 6465786974 07"},
    {"ExitWithNumberAsReason", "83 6465786974 07 01"},
    {"LinkWithOneId", "82 646c696e6b 07"},
};

class RejectedFrameTest : public FramesFixture, public TestWithParam<Case> {};

TEST_P(RejectedFrameTest, IsCountedAndToldAndTheStreamGoesOn) {
  const std::string content = FromHex(GetParam().hex);
  EXPECT_THAT(dispatcher_->OnFrame(content, clock_.Now()), IsOk());
  EXPECT_THAT(
      dispatcher_->OnFrame(FromHex("84 6473656e64 07 01 01"), clock_.Now()),
      IsOk());
  dispatcher_->Flush();
  EXPECT_THAT(
      reader_.ReadTexts(),
      ElementsAre("rejected " + std::to_string(content.size()) + " bytes",
                  "created 7", "received 7 -> 1"));
  EXPECT_EQ(inbound_.Get().skipped, 1u);
  EXPECT_EQ(inbound_.Get().frames, 2u);
}

INSTANTIATE_TEST_SUITE_P(Frames, RejectedFrameTest, ValuesIn(kRejected),
                         [](const auto& c) {
                           return std::string(c.param.name);
                         });

// What makes the rest of the stream worthless.
constexpr Case kFatal[] = {
    {"Nothing", ""},
    {"NoArray", "01"},
    {"CutArray", "84 6473656e64 07 01"},
    {"TrailingByte", "83 6465786974 07 60 00"},
    {"PrintedText", "48656c6c6f0a"},
};

class FatalFrameTest : public FramesFixture, public TestWithParam<Case> {};

TEST_P(FatalFrameTest, IsDataLoss) {
  EXPECT_THAT(dispatcher_->OnFrame(FromHex(GetParam().hex), clock_.Now()),
              StatusIs(absl::StatusCode::kDataLoss));
  dispatcher_->Flush();
  EXPECT_THAT(reader_.ReadTexts(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Frames, FatalFrameTest, ValuesIn(kFatal),
                         [](const auto& c) {
                           return std::string(c.param.name);
                         });

// ["transport_error", text], of 2,048 bytes.
std::string GoodbyeFrame(std::string_view text) {
  return FromHex("82 6f") + "transport_error" + FromHex("79 0800") +
         std::string(text);
}

std::string Repeated(size_t count, std::string_view text) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

class DispatcherFramesTest : public FramesFixture, public ::testing::Test {
 protected:
  void SendPayload(const std::string& payload) {
    std::string frame;
    AppendFrame(SendMessage{{7}, {1}, payload}, frame);
    EXPECT_THAT(
        dispatcher_->OnFrame(frame.substr(kFrameHeadBytes), clock_.Now()),
        IsOk());
    dispatcher_->Flush();
  }
};

TEST_F(DispatcherFramesTest, AReasonIsCutAtACodePoint) {
  ASSERT_THAT(
      dispatcher_->OnFrame(
          GoodbyeFrame("x" + Repeated(1'023, "\xc3\xa4") + "y"), clock_.Now()),
      IsOk());
  EXPECT_EQ(dispatcher_->goodbye(), "x" + Repeated(511, "\xc3\xa4"));
}

TEST_F(DispatcherFramesTest, AReasonWithReplacementsIsNoLonger) {
  ASSERT_THAT(
      dispatcher_->OnFrame(GoodbyeFrame(Repeated(2'048, "\xff")), clock_.Now()),
      IsOk());
  EXPECT_EQ(dispatcher_->goodbye(), Repeated(341, "\xef\xbf\xbd"));
}

TEST_F(DispatcherFramesTest, ASkippedFrameIsCountedAndToldWithItsSize) {
  EXPECT_THAT(dispatcher_->OnSkippedFrame(5'000'000), IsOk());
  dispatcher_->Flush();
  EXPECT_THAT(reader_.ReadTexts(), ElementsAre("rejected 5000000 bytes"));
  EXPECT_EQ(inbound_.Get().skipped, 1u);
  EXPECT_EQ(inbound_.Get().frames, 1u);
}

TEST_F(DispatcherFramesTest, FiguresGoOnOverIncarnations) {
  dispatcher_->CountBytes(100);
  SendPayload(FromHex("01"));
  dispatcher_->CloseAll();
  dispatcher_->Flush();
  dispatcher_ = MakeDispatcher(2);
  dispatcher_->CountBytes(11);
  SendPayload(FromHex("01"));
  const InboundStats tally = inbound_.Get();
  EXPECT_EQ(tally.bytes, 111u);
  EXPECT_EQ(tally.frames, 2u);
  EXPECT_EQ(tally.delivered, 2u);
  EXPECT_EQ(tally.proxies_created, 2u);
  EXPECT_EQ(tally.proxies_closed, 1u);
}

TEST_F(DispatcherFramesTest, EventsNameEndpointAndIncarnation) {
  dispatcher_ = MakeDispatcher(5);
  SendPayload(FromHex("01"));
  const std::vector<ProxyEvent> events = reader_.Read();
  ASSERT_THAT(events, SizeIs(2));
  for (const ProxyEvent& event : events) {
    EXPECT_EQ(*event.endpoint, "east");
    EXPECT_EQ(event.incarnation, Incarnation{5});
  }
}

TEST_F(DispatcherFramesTest, EventsCarryPayloadsOnlyIfAnyoneWants) {
  const std::string large = FromHex("591388") + std::string(5'000, 'x');
  SendPayload(large);
  {
    const EventJournal::PayloadWish wish(journal_);
    SendPayload(FromHex("01"));
    SendPayload(large);
  }
  std::vector<MessageReceived> received;
  for (const ProxyEvent& event : reader_.Read()) {
    const auto* message = std::get_if<MessageReceived>(&event.body);
    if (message != nullptr) received.push_back(*message);
  }
  ASSERT_THAT(received, SizeIs(3));
  EXPECT_EQ(received[0].payload, "");
  EXPECT_EQ(received[0].size, large.size());
  EXPECT_EQ(received[1].payload, FromHex("01"));
  EXPECT_EQ(received[2].payload, large.substr(0, 4'096));
  EXPECT_EQ(received[2].size, large.size());
}

}  // namespace
}  // namespace thespian::gateway
