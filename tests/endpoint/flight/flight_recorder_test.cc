#include "endpoint/flight/flight_recorder.h"

#include <chrono>
#include <string>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FlightRecorderTest : public ::testing::Test {
 protected:
  // The content of the exit of actor `id`.
  static std::string Content(uint64_t id) {
    return Frame(id).substr(kFrameHeadBytes);
  }
  static std::string Frame(uint64_t id) {
    std::string frame;
    AppendFrame(ExitMessage{.local = {id}, .reason = "done"}, frame);
    return frame;
  }

  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const RecordedFrame& frame : recorder_.Frames()) {
      texts.push_back((frame.from_child ? "from " : "to ") + frame.text);
    }
    return texts;
  }

  TestClock clock_;
  FlightRecorder recorder_;
};

TEST_F(FlightRecorderTest, IsEmptyAtFirst) {
  EXPECT_THAT(recorder_.Frames(), IsEmpty());
}

TEST_F(FlightRecorderTest, KeepsBothDirectionsInOrder) {
  recorder_.NoteReceived({1}, clock_.Now(), Content(7));
  recorder_.NoteSent({1}, clock_.Now(), Frame(8) + Frame(9));
  EXPECT_THAT(Texts(), ElementsAre("from [\"exit\", 7, \"done\"]",
                                   "to [\"exit\", 8, \"done\"]",
                                   "to [\"exit\", 9, \"done\"]"));
}

TEST_F(FlightRecorderTest, KeepsWhenAndInWhichRun) {
  const absl::Time first = clock_.Now();
  recorder_.NoteReceived({1}, clock_.Now(), Content(7));
  clock_.Advance(std::chrono::seconds(5));
  recorder_.NoteSent({2}, clock_.Now(), Frame(8));

  const std::vector<RecordedFrame> frames = recorder_.Frames();

  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].time, first);
  EXPECT_EQ(frames[0].incarnation, Incarnation{1});
  EXPECT_EQ(frames[0].size, Content(7).size());
  EXPECT_EQ(frames[1].time, clock_.Now());
  EXPECT_EQ(frames[1].incarnation, Incarnation{2});
}

TEST_F(FlightRecorderTest, TheOldestGiveWay) {
  constexpr uint64_t kMore = 10;
  for (uint64_t id = 0; id < FlightRecorder::kRecords + kMore; ++id) {
    recorder_.NoteReceived({1}, clock_.Now(), Content(id));
  }
  const std::vector<std::string> texts = Texts();
  ASSERT_EQ(texts.size(), FlightRecorder::kRecords);
  EXPECT_EQ(texts.front(), "from [\"exit\", 10, \"done\"]");
  EXPECT_EQ(texts.back(), "from [\"exit\", 265, \"done\"]");
}

TEST_F(FlightRecorderTest, TheLastFramesAreThoseOfBothDirections) {
  for (uint64_t id = 0; id < FlightRecorder::kRecords; ++id) {
    recorder_.NoteReceived({1}, clock_.Now(), Content(id));
    recorder_.NoteSent({1}, clock_.Now(), Frame(id));
  }
  const std::vector<std::string> texts = Texts();
  ASSERT_EQ(texts.size(), FlightRecorder::kRecords);
  EXPECT_EQ(texts[0], "from [\"exit\", 128, \"done\"]");
  EXPECT_EQ(texts[1], "to [\"exit\", 128, \"done\"]");
  EXPECT_EQ(texts.back(), "to [\"exit\", 255, \"done\"]");
}

TEST_F(FlightRecorderTest, AHugeFrameIsCutShort) {
  const std::string content =
      "\x82\x01\x5a\x00\x10\x00\x00" + std::string(1u << 20, 'x');
  recorder_.NoteReceived({1}, clock_.Now(), content.substr(0, 1'000));
  const std::vector<RecordedFrame> frames = recorder_.Frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].size, 1'000u);
  EXPECT_EQ(frames[0].text, "[1, ...");
}

}  // namespace
}  // namespace thespian::gateway
