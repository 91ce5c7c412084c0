// How a child is fed, and what is read of it, with real processes.
#include "endpoint/transport/child_stdio.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/support/child_on_loop.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using Rung = StopRung;

std::vector<std::string> Scripted(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
  return verbs;
}

class ChildStdioTest : public ::testing::Test {
 protected:
  NoTraceLeft no_trace_left_;
  std::unique_ptr<ChildOnLoop> run_;
};

TEST_F(ChildStdioTest, TakesWhatItReadsAndTellsWhenItHasRoom) {
  const std::string block(65'536, 'x');
  run_ = std::make_unique<ChildOnLoop>(std::vector<std::string>{"/bin/cat"});
  size_t written = 0;
  int rooms = 0;
  const auto fill = [&] {
    for (;;) {
      const absl::StatusOr<size_t> wrote = run_->Write(block);
      ASSERT_THAT(wrote, IsOk());
      if (*wrote == 0) return;
      written += *wrote;
    }
  };
  run_->on_running = [&] {
    fill();
    run_->stdio().AwaitRoom();
  };
  run_->on_writable = [&] {
    if (++rooms == 3) return run_->stdio().Close();
    fill();
    run_->stdio().AwaitRoom();
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(rooms, 3);
  EXPECT_GT(written, 0u);
  EXPECT_EQ(run_->output().size(), written);
}

TEST_F(ChildStdioTest, AClosedStdinMakesWriteFail) {
  run_ = std::make_unique<ChildOnLoop>(
      Scripted({"close-stdin", "stderr:ready", "deaf"}));
  absl::Status status;
  run_->on_line = [&](std::string_view) {
    status = run_->Write("x").status();
    run_->child().Stop(Rung::kKill);
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("closed its stdin")));
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointDown));
}

TEST_F(ChildStdioTest, AClosedStdinIsToldUnlessTheChildEnds) {
  run_ = std::make_unique<ChildOnLoop>(
      Scripted({"close-stdin", "stderr:ready", "deaf"}));
  int told = 0;
  run_->on_closed = [&] {
    ++told;
    run_->child().Stop(Rung::kKill);
  };
  run_->on_line = [&](std::string_view) {
    EXPECT_FALSE(run_->Write("x").ok());
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(told, 1);

  run_ = std::make_unique<ChildOnLoop>(
      Scripted({"close-stdin", "stderr:ready", "deaf"}));
  run_->on_closed = [&] { ++told; };
  run_->on_line = [&](std::string_view) {
    EXPECT_FALSE(run_->Write("x").ok());
    run_->child().Stop(Rung::kKill);
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace thespian::gateway
