// How much may wait in a FrameWriter, and who is told of room.
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "endpoint/session/frame_writer.h"
#include "gmock/gmock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr size_t kHigh = 10'000;
constexpr size_t kLow = 4'000;
// What a frame that waits costs besides its bytes.
constexpr size_t kEach = FrameWriter::CostOf(0, 1);

// A child that does not read, unless it is told to.
class RoomTest : public ::testing::Test {
 protected:
  RoomTest() { sink_.Usually(0); }
  ~RoomTest() override { writer_.Close(absl::UnavailableError("the end")); }

  // Writes one frame that costs so much, which can't be less than kEach.
  FrameWriter::Ticket Fill(size_t cost) {
    const size_t bytes = cost - kEach;
    EXPECT_THAT(writer_.Reserve(bytes), IsOk());
    return writer_
        .Write(std::string(bytes, 'x'), 1, [](const absl::Status&, size_t) {})
        .ticket;
  }

  void ChildReads(size_t bytes) {
    sink_.Next(bytes);
    writer_.OnWritable();
  }

  FakeTransport sink_;
  SharedWriteStats write_stats_;
  FrameWriter writer_{
      sink_, {.high_bytes = kHigh, .low_bytes = kLow}, write_stats_};
};

TEST_F(RoomTest, TakesExactlyItsLimit) {
  Fill(3'000);
  EXPECT_THAT(writer_.CheckRoom(7'000), IsOk());
  const absl::Status full = writer_.Reserve(7'001);
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted,
                             AllOf(HasSubstr("3000"), HasSubstr("7001"),
                                   HasSubstr("10000"))));
  EXPECT_THAT(ReasonOf(full), Optional(ErrorReason::kQueueFull));
  EXPECT_THAT(writer_.Reserve(7'000), IsOk());
  writer_.Write(std::string(7'000, 'x'), 1, {});
  EXPECT_EQ(writer_.queued_bytes(), kHigh - kEach);
  EXPECT_FALSE(writer_.CheckRoom(0).ok());
}

TEST_F(RoomTest, TinyFramesTakeWhatTheyCost) {
  size_t frames = 0;
  for (; writer_.CheckRoom(1).ok(); ++frames) Fill(kEach + 1);
  EXPECT_LE(frames, kHigh / kEach + 1);
  EXPECT_EQ(writer_.queued_bytes(), frames);
}

TEST_F(RoomTest, FramesThatWaitTogetherCostLess) {
  constexpr size_t kFrames = 20;
  EXPECT_THAT(writer_.Reserve(kFrames), IsOk());
  writer_.Write(std::string(kFrames, 'x'), kFrames, {});
  const size_t left = kHigh - FrameWriter::CostOf(kFrames, kFrames);
  EXPECT_THAT(writer_.CheckRoom(left), IsOk());
  EXPECT_FALSE(writer_.CheckRoom(left + 1).ok());
}

TEST_F(RoomTest, WhatIsReservedIsTaken) {
  constexpr size_t kLeft = kHigh - FrameWriter::CostOf(6'000, 0);
  EXPECT_THAT(writer_.Reserve(6'000), IsOk());
  EXPECT_THAT(ReasonOf(writer_.Reserve(kLeft + 1)),
              Optional(ErrorReason::kQueueFull));
  EXPECT_THAT(writer_.Reserve(kLeft), IsOk());
  EXPECT_EQ(writer_.queued_bytes(), 0u);
  writer_.Write(std::string(6'000, 'x'), 1, {});
  writer_.Write(std::string(kLeft, 'x'), 1, {});
  EXPECT_EQ(writer_.queued_bytes(), 6'000 + kLeft);
}

TEST_F(RoomTest, CheckRoomKeepsNothing) {
  Fill(3'000);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(writer_.CheckRoom(7'000), IsOk());
  EXPECT_THAT(writer_.Reserve(7'000), IsOk());
  writer_.Write(std::string(7'000, 'x'), 1, {});
}

TEST_F(RoomTest, OneHugeBatchPassesIfNothingWaits) {
  Fill(50'000);
  EXPECT_THAT(ReasonOf(writer_.Reserve(1)), Optional(ErrorReason::kQueueFull));
  ChildReads(50'000 - kEach);
  EXPECT_THAT(writer_.CheckRoom(50'000), IsOk());
}

TEST_F(RoomTest, WhatIsWithdrawnMakesRoom) {
  Fill(3'000);
  const auto ticket = Fill(7'000);
  EXPECT_FALSE(writer_.CheckRoom(1).ok());
  EXPECT_TRUE(writer_.Withdraw(ticket, absl::CancelledError()));
  EXPECT_THAT(writer_.CheckRoom(7'000), IsOk());
}

TEST_F(RoomTest, ControlsNeedNoRoomButTakeIt) {
  Fill(kHigh);
  writer_.WriteControls(std::string(50, 'x'), 1);
  EXPECT_EQ(writer_.queued_bytes(), kHigh - kEach + 50);
  EXPECT_EQ(writer_.stats().controls.waiting, 1u);
  EXPECT_FALSE(writer_.CheckRoom(1).ok());
}

TEST_F(RoomTest, AnswersAreDroppedOnceTooMuchWaits) {
  constexpr size_t kAnswer = 1'000;
  const std::string answer(kAnswer, 'x');
  const uint64_t fit =
      (kHigh + FrameWriter::kMaxAnswerBytes) / (kEach + kAnswer);
  for (uint64_t i = 0; i < fit; ++i) EXPECT_TRUE(writer_.WriteAnswer(answer));
  EXPECT_FALSE(writer_.WriteAnswer(answer));
  EXPECT_FALSE(writer_.WriteAnswer(answer));
  const FrameStats tally = writer_.stats().controls;
  EXPECT_EQ(tally.taken, fit + 2);
  EXPECT_EQ(tally.waiting, fit);
  EXPECT_EQ(tally.dropped, 2u);
  sink_.Usually(FakeTransport::kAll);
  writer_.OnWritable();
  EXPECT_EQ(writer_.stats().controls.written, fit);
  EXPECT_TRUE(writer_.WriteAnswer(answer));
}

// --- WhenRoom --------------------------------------------------------------

class WhenRoomTest : public RoomTest {
 protected:
  void Ask() {
    writer_.WhenRoom([this] { ++told_; });
  }
  int told_ = 0;
};

TEST_F(WhenRoomTest, RoomThatIsThereIsToldAtOnce) {
  Fill(kLow);
  Ask();
  EXPECT_EQ(told_, 1);
}

TEST_F(WhenRoomTest, RoomIsToldAtLowWaterOnce) {
  constexpr size_t kFrame = 1'000 - kEach;
  for (int i = 0; i < 10; ++i) Fill(1'000);
  Ask();
  ChildReads(5 * kFrame);
  EXPECT_EQ(told_, 0);
  ChildReads(kFrame - 1);
  EXPECT_EQ(told_, 0);
  ChildReads(1);
  EXPECT_EQ(told_, 1);
  ChildReads(4 * kFrame);
  EXPECT_EQ(told_, 1);
}

TEST_F(WhenRoomTest, EveryoneWhoAskedIsTold) {
  Fill(kHigh);
  for (int i = 0; i < 3; ++i) Ask();
  ChildReads(kHigh);
  EXPECT_EQ(told_, 3);
}

TEST_F(WhenRoomTest, WhatIsWithdrawnIsRoom) {
  Fill(1'000);
  const auto ticket = Fill(9'000);
  Ask();
  writer_.Withdraw(ticket, absl::CancelledError());
  EXPECT_EQ(told_, 1);
}

TEST_F(WhenRoomTest, AReservationIsNoRoom) {
  EXPECT_THAT(writer_.Reserve(kLow + 1), IsOk());
  Ask();
  EXPECT_EQ(told_, 0);
  writer_.Write(std::string(kLow + 1, 'x'), 1, {});
  EXPECT_EQ(told_, 0);
  ChildReads(kLow + 1);
  EXPECT_EQ(told_, 1);
}

TEST_F(WhenRoomTest, CloseTellsThoseWhoWait) {
  Fill(kHigh);
  Ask();
  writer_.Close(absl::UnavailableError("the end"));
  EXPECT_EQ(told_, 1);
  Ask();
  EXPECT_EQ(told_, 2);
}

}  // namespace
}  // namespace thespian::gateway
