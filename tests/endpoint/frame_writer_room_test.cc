// How much may wait in a FrameWriter, and who is told of room.
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "endpoint/frame_writer.h"
#include "gmock/gmock.h"
#include "tests/support/fake_sink.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr size_t kHigh = 1'000;
constexpr size_t kLow = 400;

// A child that does not read, unless it is told to.
class RoomTest : public ::testing::Test {
 protected:
  RoomTest() { sink_.Usually(0); }
  ~RoomTest() override { writer_.Close(absl::UnavailableError("the end")); }

  FrameWriter::Ticket Fill(size_t bytes) {
    EXPECT_THAT(writer_.Reserve(bytes), IsOk());
    return writer_.Write(std::string(bytes, 'x'), 1,
                         [](const absl::Status&, size_t) {});
  }

  void ChildReads(size_t bytes) {
    sink_.Next(bytes);
    writer_.OnWritable();
  }

  FakeSink sink_;
  FrameWriter writer_{sink_, {.high_bytes = kHigh, .low_bytes = kLow}};
};

TEST_F(RoomTest, TakesExactlyItsLimit) {
  Fill(300);
  EXPECT_THAT(writer_.CheckRoom(700), IsOk());
  const absl::Status full = writer_.Reserve(701);
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted,
                             AllOf(HasSubstr("300"), HasSubstr("701"),
                                   HasSubstr("1000"))));
  EXPECT_THAT(ReasonOf(full), Optional(ErrorReason::kQueueFull));
  EXPECT_THAT(writer_.Reserve(700), IsOk());
  writer_.Write(std::string(700, 'x'), 1, {});
  EXPECT_EQ(writer_.queued_bytes(), kHigh);
}

TEST_F(RoomTest, WhatIsReservedIsTaken) {
  EXPECT_THAT(writer_.Reserve(600), IsOk());
  EXPECT_THAT(ReasonOf(writer_.Reserve(401)),
              Optional(ErrorReason::kQueueFull));
  EXPECT_THAT(writer_.Reserve(400), IsOk());
  EXPECT_EQ(writer_.queued_bytes(), 0u);
  writer_.Write(std::string(600, 'x'), 1, {});
  writer_.Write(std::string(400, 'x'), 1, {});
  EXPECT_EQ(writer_.queued_bytes(), kHigh);
}

TEST_F(RoomTest, CheckRoomKeepsNothing) {
  Fill(300);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(writer_.CheckRoom(700), IsOk());
  EXPECT_THAT(writer_.Reserve(700), IsOk());
  writer_.Write(std::string(700, 'x'), 1, {});
}

TEST_F(RoomTest, OneHugeBatchPassesIfNothingWaits) {
  Fill(50'000);
  EXPECT_THAT(ReasonOf(writer_.Reserve(1)), Optional(ErrorReason::kQueueFull));
  ChildReads(50'000);
  EXPECT_THAT(writer_.CheckRoom(50'000), IsOk());
}

TEST_F(RoomTest, WhatIsWithdrawnMakesRoom) {
  Fill(300);
  const auto ticket = Fill(700);
  EXPECT_FALSE(writer_.CheckRoom(1).ok());
  EXPECT_TRUE(writer_.Withdraw(ticket, absl::CancelledError()));
  EXPECT_THAT(writer_.CheckRoom(700), IsOk());
}

TEST_F(RoomTest, ControlsNeedNoRoomButTakeIt) {
  Fill(kHigh);
  writer_.WriteControl(std::string(50, 'x'));
  EXPECT_EQ(writer_.queued_bytes(), kHigh + 50);
  EXPECT_EQ(writer_.controls().waiting, 1u);
  EXPECT_FALSE(writer_.CheckRoom(1).ok());
}

TEST_F(RoomTest, AnswersAreDroppedOnceTooMuchWaits) {
  constexpr size_t kAnswer = 1'000;
  const std::string answer(kAnswer, 'x');
  const uint64_t fit = (kHigh + FrameWriter::kMaxAnswerBytes) / kAnswer;
  for (uint64_t i = 0; i < fit; ++i) EXPECT_TRUE(writer_.WriteAnswer(answer));
  EXPECT_FALSE(writer_.WriteAnswer(answer));
  EXPECT_FALSE(writer_.WriteAnswer(answer));
  const FrameTally tally = writer_.controls();
  EXPECT_EQ(tally.taken, fit + 2);
  EXPECT_EQ(tally.waiting, fit);
  EXPECT_EQ(tally.dropped, 2u);
  sink_.Usually(FakeSink::kAll);
  writer_.OnWritable();
  EXPECT_EQ(writer_.controls().written, fit);
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
  for (int i = 0; i < 10; ++i) Fill(100);
  Ask();
  ChildReads(500);
  EXPECT_EQ(told_, 0);
  ChildReads(99);
  EXPECT_EQ(told_, 0);
  ChildReads(1);
  EXPECT_EQ(told_, 1);
  ChildReads(400);
  EXPECT_EQ(told_, 1);
}

TEST_F(WhenRoomTest, EveryoneWhoAskedIsTold) {
  Fill(kHigh);
  for (int i = 0; i < 3; ++i) Ask();
  ChildReads(kHigh);
  EXPECT_EQ(told_, 3);
}

TEST_F(WhenRoomTest, WhatIsWithdrawnIsRoom) {
  Fill(100);
  const auto ticket = Fill(900);
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

TEST_F(WhenRoomTest, WhoIsToldMayWriteAtOnce) {
  Fill(kHigh);
  writer_.WhenRoom([this] {
    ++told_;
    Fill(kHigh);
  });
  ChildReads(kHigh);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(writer_.queued_bytes(), kHigh);
}

}  // namespace
}  // namespace thespian::gateway
