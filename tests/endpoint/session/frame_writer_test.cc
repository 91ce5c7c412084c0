#include "endpoint/session/frame_writer.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/frames.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

constexpr FrameWriter::Limits kLimits{.high_bytes = 1u << 20,
                                      .low_bytes = 1u << 19};
const absl::Status kEnd = absl::UnavailableError("the end");
const absl::Status kLate = absl::DeadlineExceededError("too late");

class FrameWriterTest : public ::testing::Test {
 protected:
  ~FrameWriterTest() override { CheckIdentity(); }

  // Reserves and writes; what became of it is kept in outcomes_, as
  // "label OK 2" or "label UNAVAILABLE 0".
  FrameWriter::Ticket Write(
      std::string label, const std::string& bytes, size_t frames = 1,
      std::function<void()> then = [] {}) {
    EXPECT_THAT(writer_.Reserve(bytes.size()), IsOk());
    return WriteReserved(std::move(label), bytes, frames, std::move(then));
  }
  FrameWriter::Ticket WriteReserved(
      std::string label, const std::string& bytes, size_t frames = 1,
      std::function<void()> then = [] {}) {
    const auto note = [this, label = std::move(label), then = std::move(then)](
                          const absl::Status& status, size_t whole) {
      outcomes_.push_back(fmt::format(
          "{} {} {}", label, absl::StatusCodeToString(status.code()), whole));
      then();
    };
    const FrameWriter::Outcome outcome = writer_.Write(bytes, frames, note);
    if (!outcome.waits()) note(outcome.status, outcome.frames);
    CheckIdentity();
    return outcome.ticket;
  }

  void CheckIdentity() {
    for (const FrameStats& t :
         {writer_.stats().messages, writer_.stats().controls}) {
      EXPECT_EQ(t.taken, t.written + t.dropped + t.waiting);
      EXPECT_LE(t.withdrawn, t.dropped);
    }
  }

  FakeTransport sink_;
  SharedWriteStats write_stats_;
  FrameWriter writer_{sink_, kLimits, write_stats_};
  std::vector<std::string> outcomes_;
};

// --- Writing ---------------------------------------------------------------

TEST_F(FrameWriterTest, TheCallingThreadWritesItself) {
  Write("a", FrameOf("one"));
  EXPECT_EQ(sink_.bytes(), FrameOf("one"));
  EXPECT_THAT(outcomes_, ElementsAre("a OK 1"));
  EXPECT_EQ(writer_.stats().messages.written, 1u);
  EXPECT_EQ(writer_.written_bytes(), FrameOf("one").size());
  EXPECT_EQ(sink_.awaits(), 0);
}

TEST_F(FrameWriterTest, OrderIsKeptHoweverLittleIsTaken) {
  const std::string batch = FrameOf("one") + FrameOf("") + FrameOf("two");
  const std::string all = batch + FrameOf("exit") + FrameOf("three");
  for (size_t step = 1; step <= all.size(); ++step) {
    SCOPED_TRACE(::testing::Message() << step << " bytes a write");
    FakeTransport sink;
    SharedWriteStats write_stats;
    FrameWriter writer(sink, kLimits, write_stats);
    std::vector<std::string> order;
    const auto keep = [&order](std::string label) {
      return [&order, label](const absl::Status& status, size_t frames) {
        EXPECT_THAT(status, IsOk());
        order.push_back(fmt::format("{} {}", label, frames));
      };
    };
    sink.Usually(step);
    sink.Next(0);
    EXPECT_THAT(writer.Reserve(all.size()), IsOk());
    writer.Write(batch, 3, keep("batch"));
    writer.WriteControls(FrameOf("exit"), 1);
    writer.Write(FrameOf("three"), 1, keep("three"));
    EXPECT_THAT(order, IsEmpty());
    writer.OnWritable();
    EXPECT_EQ(sink.bytes(), all);
    EXPECT_THAT(order, ElementsAre("batch 3", "three 1"));
    EXPECT_EQ(writer.stats().messages.written, 4u);
    EXPECT_EQ(writer.stats().controls.written, 1u);
    EXPECT_EQ(writer.queued_bytes(), 0u);
  }
}

TEST_F(FrameWriterTest, GoesOnWhereThePipeWasFull) {
  const std::string all = FrameOf("first") + FrameOf("second");
  for (size_t room = 0; room < all.size(); ++room) {
    SCOPED_TRACE(::testing::Message() << "room for " << room);
    FakeTransport sink;
    SharedWriteStats write_stats;
    FrameWriter writer(sink, kLimits, write_stats);
    if (room > 0) sink.Next(room);
    sink.Next(0);
    EXPECT_THAT(writer.Reserve(all.size()), IsOk());
    int done = 0;
    writer.Write(all, 2, [&done](const absl::Status&, size_t) { ++done; });
    EXPECT_EQ(sink.awaits(), 1);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(writer.stats().messages.waiting, 2u);
    writer.OnWritable();
    EXPECT_EQ(sink.bytes(), all);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(sink.awaits(), 1);
  }
}

TEST_F(FrameWriterTest, WhileThePipeIsFullOnlyTheLoopWrites) {
  sink_.Next(0);
  Write("a", FrameOf("a"));
  const int writes = sink_.writes();
  Write("b", FrameOf("b"));
  writer_.WriteControls(FrameOf("c"), 1);
  EXPECT_EQ(sink_.writes(), writes);
  EXPECT_EQ(sink_.awaits(), 1);
  sink_.Next(0);
  writer_.OnWritable();
  EXPECT_EQ(sink_.awaits(), 2);
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("b") + FrameOf("c"));
  EXPECT_THAT(outcomes_, ElementsAre("a OK 1", "b OK 1"));
}

TEST_F(FrameWriterTest, WhatOthersBringMeanwhileIsWrittenByTheSameThread) {
  bool first = true;
  sink_.during_write = [this, &first] {
    if (!std::exchange(first, false)) return;
    Write("b", FrameOf("b"));
    EXPECT_THAT(outcomes_, IsEmpty());
  };
  Write("a", FrameOf("a"));
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("b"));
  EXPECT_THAT(outcomes_, UnorderedElementsAre("a OK 1", "b OK 1"));
}

TEST_F(FrameWriterTest, WritesManyTogetherButNotTooMany) {
  sink_.Next(0);
  std::string expected;
  for (int i = 0; i < 150; ++i) {
    Write("x", FrameOf("x"));
    expected += FrameOf("x");
  }
  const int before = sink_.writes();
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), expected);
  EXPECT_EQ(sink_.writes(), before + 3);
  EXPECT_LE(sink_.most_pieces(), 64u);
}

TEST_F(FrameWriterTest, OneTurnIsBoundedThenTheLoopGoesOn) {
  constexpr size_t kMegabyte = 1u << 20;
  FakeTransport sink;
  SharedWriteStats write_stats;
  FrameWriter writer(sink, {}, write_stats);
  sink.Next(0);
  for (int i = 0; i < 7; ++i) {
    EXPECT_THAT(writer.Reserve(kMegabyte), IsOk());
    writer.Write(std::string(kMegabyte, 'x'), 1, {});
  }
  sink.Usually(kMegabyte);
  writer.OnWritable();
  EXPECT_EQ(sink.bytes().size(), 4 * kMegabyte);
  EXPECT_EQ(sink.awaits(), 2);
  writer.OnWritable();
  EXPECT_EQ(sink.bytes().size(), 7 * kMegabyte);
}

// --- Done ------------------------------------------------------------------

TEST_F(FrameWriterTest, WhatIsWrittenAtOnceIsReturned) {
  bool called = false;
  const auto done = [&called](const absl::Status&, size_t) { called = true; };
  EXPECT_THAT(writer_.Reserve(FrameOf("a").size() * 2), IsOk());
  const FrameWriter::Outcome outcome =
      writer_.Write(FrameOf("a") + FrameOf("a"), 2, done);
  EXPECT_FALSE(outcome.waits());
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.frames, 2u);
  writer_.Close(kEnd);
  EXPECT_FALSE(called);
}

TEST_F(FrameWriterTest, WhatIsRefusedByThePipeWaits) {
  size_t told = 0;
  sink_.Next(3);
  sink_.Next(0);
  EXPECT_THAT(writer_.Reserve(FrameOf("a").size()), IsOk());
  const FrameWriter::Outcome outcome =
      writer_.Write(FrameOf("a"), 1, [&told](const absl::Status& s, size_t n) {
        EXPECT_THAT(s, IsOk());
        told += n;
      });
  EXPECT_TRUE(outcome.waits());
  EXPECT_EQ(told, 0u);
  writer_.OnWritable();
  EXPECT_EQ(told, 1u);
}

TEST_F(FrameWriterTest, OthersWriteWhileSomethingIsTold) {
  sink_.Next(0);
  Write("a", FrameOf("a"), 1, [this] {
    std::thread([this] { Write("b", FrameOf("b")); }).join();
    EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("b"));
  });
  writer_.OnWritable();
  EXPECT_THAT(outcomes_, ElementsAre("a OK 1", "b OK 1"));
}

// --- Errors and closing ----------------------------------------------------

TEST_F(FrameWriterTest, AWriteErrorEndsEverything) {
  const absl::Status broken =
      MakeError(ErrorReason::kEndpointDown, "the child has closed its stdin");
  sink_.Next(broken);
  sink_.during_write = [this] {
    sink_.during_write = [] {};
    Write("b", FrameOf("b"));
  };
  Write("a", FrameOf("a"));
  EXPECT_THAT(outcomes_,
              UnorderedElementsAre("a UNAVAILABLE 0", "b UNAVAILABLE 0"));
  EXPECT_EQ(sink_.closes(), 1);
  EXPECT_THAT(writer_.Reserve(1), StatusIs(absl::StatusCode::kUnavailable,
                                           HasSubstr("closed its stdin")));
  EXPECT_EQ(writer_.stats().messages.dropped, 2u);
  EXPECT_EQ(writer_.queued_bytes(), 0u);
}

TEST_F(FrameWriterTest, CloseCountsTheFramesThatWentOutAsAWhole) {
  const std::string frames[] = {FrameOf("one"), FrameOf(""), FrameOf("three")};
  const std::string batch = frames[0] + frames[1] + frames[2];
  for (size_t taken = 0; taken < batch.size(); ++taken) {
    SCOPED_TRACE(::testing::Message() << taken << " bytes were taken");
    size_t whole = 0;
    for (size_t end = 0; whole < 3 && end + frames[whole].size() <= taken;) {
      end += frames[whole++].size();
    }
    FakeTransport sink;
    SharedWriteStats write_stats;
    FrameWriter writer(sink, kLimits, write_stats);
    if (taken > 0) sink.Next(taken);
    sink.Next(0);
    EXPECT_THAT(writer.Reserve(batch.size()), IsOk());
    size_t told = 99;
    writer.Write(batch, 3, [&told](const absl::Status& status, size_t n) {
      EXPECT_EQ(status, kEnd);
      told = n;
    });
    writer.Close(kEnd);
    EXPECT_EQ(told, whole);
    EXPECT_EQ(writer.stats().messages.written, whole);
    EXPECT_EQ(writer.stats().messages.dropped, 3 - whole);
    EXPECT_EQ(writer.stats().messages.waiting, 0u);
    EXPECT_EQ(sink.closes(), 1);
  }
}

TEST_F(FrameWriterTest, AfterCloseEverythingIsRefused) {
  EXPECT_THAT(writer_.Reserve(FrameOf("a").size()), IsOk());
  writer_.Close(kEnd);
  WriteReserved("a", FrameOf("a"));
  EXPECT_THAT(outcomes_, ElementsAre("a UNAVAILABLE 0"));
  EXPECT_EQ(writer_.Reserve(1), kEnd);
  EXPECT_EQ(writer_.CheckRoom(1), kEnd);
  writer_.WriteControls(FrameOf("exit"), 1);
  EXPECT_EQ(writer_.stats().controls.dropped, 1u);
  writer_.OnWritable();
  EXPECT_EQ(sink_.writes(), 0);
  EXPECT_EQ(sink_.bytes(), "");
}

TEST_F(FrameWriterTest, ClosesOnceForTheFirstReason) {
  sink_.Next(0);
  Write("a", FrameOf("a"));
  writer_.Close(kEnd);
  writer_.Close(absl::InternalError("another"));
  EXPECT_EQ(sink_.closes(), 1);
  EXPECT_EQ(writer_.Reserve(1), kEnd);
}

TEST_F(FrameWriterTest, CloseLeavesTheRestToTheThreadThatWrites) {
  sink_.Next(3);
  sink_.during_write = [this] {
    writer_.Close(kEnd);
    EXPECT_EQ(sink_.closes(), 0) << "a thread is writing";
    EXPECT_THAT(outcomes_, IsEmpty());
  };
  Write("a", FrameOf("a"));
  EXPECT_THAT(outcomes_, ElementsAre("a UNAVAILABLE 0"));
  EXPECT_EQ(sink_.closes(), 1);
  EXPECT_EQ(sink_.writes(), 1);
}

TEST_F(FrameWriterTest, WhatIsWrittenDuringCloseCounts) {
  sink_.during_write = [this] { writer_.Close(kEnd); };
  Write("a", FrameOf("a"));
  EXPECT_THAT(outcomes_, ElementsAre("a OK 1"));
  EXPECT_EQ(writer_.stats().messages.written, 1u);
  EXPECT_EQ(sink_.closes(), 1);
}

// --- Finishing -------------------------------------------------------------

TEST_F(FrameWriterTest, FinishWritesItsFramesAndClosesTheTransport) {
  writer_.Finish(FrameOf("bye"), 1, kEnd);
  EXPECT_EQ(sink_.bytes(), FrameOf("bye"));
  EXPECT_EQ(sink_.closes(), 1);
  EXPECT_EQ(writer_.Reserve(1), kEnd);
  EXPECT_EQ(writer_.stats().controls.written, 1u);
}

TEST_F(FrameWriterTest, FinishWaitsForWhatWaits) {
  sink_.Next(0);
  Write("a", FrameOf("a"));
  bool room = false;
  EXPECT_THAT(writer_.Reserve(kLimits.high_bytes - 1'000), IsOk());
  writer_.WhenRoom([&room] { room = true; });
  EXPECT_FALSE(room);
  writer_.Finish(FrameOf("bye"), 1, kEnd);
  EXPECT_TRUE(room) << "nobody waits for a writer that takes nothing more";
  WriteReserved("late", std::string(kLimits.high_bytes - 1'000, 'x'));
  EXPECT_THAT(outcomes_, ElementsAre("late UNAVAILABLE 0"));
  EXPECT_EQ(sink_.closes(), 0);
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("bye"));
  EXPECT_THAT(outcomes_, ElementsAre("late UNAVAILABLE 0", "a OK 1"));
  EXPECT_EQ(sink_.closes(), 1);
}

TEST_F(FrameWriterTest, FinishLeavesTheRestToTheThreadThatWrites) {
  sink_.during_write = [this] {
    sink_.during_write = [] {};
    writer_.Finish(FrameOf("bye"), 1, kEnd);
    EXPECT_EQ(sink_.closes(), 0) << "a thread is writing";
  };
  Write("a", FrameOf("a"));
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("bye"));
  EXPECT_EQ(sink_.closes(), 1);
}

TEST_F(FrameWriterTest, CloseDropsWhatFinishLeft) {
  sink_.Next(0);
  Write("a", FrameOf("a"));
  writer_.Finish(FrameOf("bye"), 1, kEnd);
  writer_.Close(absl::InternalError("another"));
  EXPECT_THAT(outcomes_, ElementsAre("a UNAVAILABLE 0"));
  EXPECT_EQ(writer_.stats().controls.dropped, 1u);
  EXPECT_EQ(sink_.closes(), 1);
  EXPECT_EQ(writer_.Reserve(1), kEnd) << "the first reason holds";
  writer_.Finish(FrameOf("again"), 1, kEnd);
  EXPECT_EQ(writer_.stats().controls.dropped, 2u);
}

// --- Withdrawing -----------------------------------------------------------

TEST_F(FrameWriterTest, WhatHasNotBegunCanBeWithdrawn) {
  sink_.Next(0);
  Write("a", FrameOf("a"));
  const auto b = Write("b", FrameOf("b"), 1);
  Write("c", FrameOf("c"));
  EXPECT_TRUE(writer_.Withdraw(b, kLate));
  CheckIdentity();
  EXPECT_THAT(outcomes_, ElementsAre("b DEADLINE_EXCEEDED 0"));
  EXPECT_FALSE(writer_.Withdraw(b, kLate)) << "only once";
  EXPECT_EQ(writer_.stats().messages.withdrawn, 1u);
  EXPECT_EQ(writer_.queued_bytes(), 2 * FrameOf("x").size());
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("c"));
  EXPECT_THAT(outcomes_,
              ElementsAre("b DEADLINE_EXCEEDED 0", "a OK 1", "c OK 1"));
}

TEST_F(FrameWriterTest, WhatHasBegunCannotBeWithdrawn) {
  sink_.Next(1);
  sink_.Next(0);
  const auto a = Write("a", FrameOf("a"));
  EXPECT_FALSE(writer_.Withdraw(a, kLate));
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), FrameOf("a"));
  EXPECT_FALSE(writer_.Withdraw(a, kLate));
  EXPECT_THAT(outcomes_, ElementsAre("a OK 1"));
}

TEST_F(FrameWriterTest, WhatIsBeingWrittenCannotBeWithdrawn) {
  sink_.Next(0);
  const auto a = Write("a", FrameOf("a"));
  const auto b = Write("b", FrameOf("b"));
  sink_.during_write = [this, a, b] {
    sink_.during_write = [] {};
    EXPECT_FALSE(writer_.Withdraw(a, kLate));
    EXPECT_FALSE(writer_.Withdraw(b, kLate));
    EXPECT_TRUE(writer_.Withdraw(Write("c", FrameOf("c")), kLate));
  };
  writer_.OnWritable();
  EXPECT_EQ(sink_.bytes(), FrameOf("a") + FrameOf("b"));
  EXPECT_THAT(outcomes_,
              ElementsAre("c DEADLINE_EXCEEDED 0", "a OK 1", "b OK 1"));
}

TEST_F(FrameWriterTest, AfterCloseNothingIsLeftToWithdraw) {
  sink_.Next(0);
  const auto a = Write("a", FrameOf("a"));
  writer_.Close(kEnd);
  EXPECT_FALSE(writer_.Withdraw(a, kLate));
  EXPECT_THAT(outcomes_, ElementsAre("a UNAVAILABLE 0"));
}

TEST_F(FrameWriterTest, ManyCanBeWithdrawnInAnyOrder) {
  constexpr size_t kFrames = 500;
  FakeTransport sink;
  SharedWriteStats write_stats;
  FrameWriter writer(sink, {}, write_stats);
  sink.Next(0);
  std::vector<FrameWriter::Ticket> tickets;
  std::string expected;
  size_t done = 0;
  for (size_t i = 0; i < kFrames; ++i) {
    const std::string frame = FrameOf(std::to_string(i));
    if (i % 7 == 3) expected += frame;
    EXPECT_THAT(writer.Reserve(frame.size()), IsOk());
    tickets.push_back(
        writer.Write(frame, 1, [&done](const absl::Status&, size_t) { ++done; })
            .ticket);
  }
  for (size_t i = 0; i < kFrames; ++i) {
    const size_t victim =
        i * 97 % kFrames;  // each once: 97 and 500 are coprime
    if (victim % 7 == 3) continue;
    EXPECT_TRUE(writer.Withdraw(tickets[victim], kLate));
    EXPECT_FALSE(writer.Withdraw(tickets[victim], kLate));
  }
  writer.OnWritable();
  EXPECT_EQ(sink.bytes(), expected);
  EXPECT_EQ(done, kFrames);
  EXPECT_EQ(writer.stats().messages.written + writer.stats().messages.withdrawn,
            kFrames);
}

}  // namespace
}  // namespace thespian::gateway
