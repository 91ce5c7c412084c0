#include "clients/cli/check/child_conversation.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Deadline Soon() { return steady_clock::now() + std::chrono::seconds(30); }
Deadline Now() { return steady_clock::now(); }

// With a child that does what its arguments say.
class ChildConversationTest : public ::testing::Test {
 protected:
  void Begin(std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
    auto started = ChildConversation::Start("/proc/self/exe", verbs, Soon());
    ASSERT_THAT(started.status(), IsOk());
    child_ = *std::move(started);
  }

  std::unique_ptr<ChildConversation> child_;
};

TEST_F(ChildConversationTest, TakesFramesWithTheirHeads) {
  Begin({"hex:5a00000001804180587f", "until-eof"});
  absl::StatusOr<Frame> frame = child_->Next(Soon());
  ASSERT_THAT(frame.status(), IsOk());
  EXPECT_EQ(frame->head, FromHex("5a00000001"));
  EXPECT_EQ(frame->content, FromHex("80"));
  frame = child_->Next(Soon());
  ASSERT_THAT(frame.status(), IsOk());
  EXPECT_EQ(frame->head, FromHex("41"));
}

TEST_F(ChildConversationTest, SilenceHasADeadline) {
  Begin({"until-eof"});
  EXPECT_THAT(child_->Next(Now()).status(),
              StatusIs(StatusCode::kDeadlineExceeded, HasSubstr("in time")));
}

TEST_F(ChildConversationTest, SilenceInsideAFrameIsAFault) {
  Begin({"hex:5a000000048182", "until-eof"});
  EXPECT_THAT(
      child_->Next(steady_clock::now() + std::chrono::seconds(5)).status(),
      StatusIs(StatusCode::kDataLoss,
               HasSubstr("silent inside a frame, 7 bytes after its start")));
  EXPECT_EQ(child_->offending_bytes(), FromHex("5a000000048182"));
}

TEST_F(ChildConversationTest, WhatIsNoFrameIsKept) {
  Begin({"hex:4180726561647920210a", "until-eof"});
  ASSERT_THAT(child_->Next(Soon()).status(), IsOk());
  EXPECT_THAT(
      child_->Next(Soon()).status(),
      StatusIs(StatusCode::kDataLoss, HasSubstr("did the child print")));
  EXPECT_THAT(std::string(child_->offending_bytes()), StartsWith("ready !"));
}

TEST_F(ChildConversationTest, TellsHowItEnded) {
  Begin({"stderr:first", "stderr:last words", "exit:3"});
  EXPECT_THAT(child_->Next(Soon()).status(),
              StatusIs(StatusCode::kOutOfRange, HasSubstr("ended")));
  const absl::StatusOr<ChildEnd> end = child_->AwaitEnd(Soon());
  ASSERT_THAT(end.status(), IsOk());
  EXPECT_EQ(end->text(), "exit code 3");
  EXPECT_FALSE(end->ok());
  EXPECT_EQ(child_->last_error_line(), "last words");
}

TEST_F(ChildConversationTest, TellsTheSignalThatEndedIt) {
  Begin({"signal:9"});
  const absl::StatusOr<ChildEnd> end = child_->AwaitEnd(Soon());
  ASSERT_THAT(end.status(), IsOk());
  EXPECT_EQ(end->text(), "signal 9 (Killed)");
}

TEST_F(ChildConversationTest, ItsEndAtTheEndOfStdinIsGood) {
  Begin({"until-eof"});
  child_->CloseStdin();
  const absl::StatusOr<ChildEnd> end = child_->AwaitEnd(Soon());
  ASSERT_THAT(end.status(), IsOk());
  EXPECT_TRUE(end->ok());
}

TEST_F(ChildConversationTest, AWriteThatIsNotTakenHasADeadline) {
  Begin({"deaf"});
  EXPECT_THAT(child_->Write(std::string(8u << 20, '\0'),
                            steady_clock::now() + std::chrono::seconds(1)),
              StatusIs(StatusCode::kDeadlineExceeded, HasSubstr("in time")));
}

TEST_F(ChildConversationTest, TellsThatAProgramIsNotThere) {
  const auto started =
      ChildConversation::Start("/proc/self/exe", {"/no/such/program"}, Soon());
  EXPECT_THAT(started.status(),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr("can't execute '/no/such/program'")));
}

}  // namespace
}  // namespace thespian::gateway::cli
