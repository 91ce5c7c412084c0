#include "endpoint/supervision/hang_detector.h"

#include <chrono>
#include <optional>

#include "endpoint/supervision/peer_kind.h"
#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

class HangDetectorTest : public ::testing::Test {
 protected:
  std::optional<std::string> LookAfter(milliseconds time,
                                       HangDetector::Sight sight) {
    now_ += time;
    return detector_.Look(sight, now_);
  }

  HangDetector detector_{milliseconds(1'000), kChildPeerKind.reads_nothing};
  HangDetector::TimePoint now_{std::chrono::hours(1)};
};

TEST_F(HangDetectorTest, AChildThatIsAskedNothingDoesNotHang) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(LookAfter(milliseconds(900), {.written = 7}), std::nullopt);
  }
}

TEST_F(HangDetectorTest, OneThatTakesNothingHangs) {
  EXPECT_EQ(LookAfter(milliseconds(0), {.written = 7, .queued = 5}),
            std::nullopt);
  EXPECT_EQ(LookAfter(milliseconds(999), {.written = 7, .queued = 9}),
            std::nullopt);
  EXPECT_THAT(LookAfter(milliseconds(1), {.written = 7, .queued = 9}),
              Optional(AllOf(HasSubstr("1000 ms"), HasSubstr("9 bytes"))));
}

TEST_F(HangDetectorTest, OneThatReadsSlowlyDoesNot) {
  for (uint64_t written = 1; written < 9; ++written) {
    EXPECT_EQ(
        LookAfter(milliseconds(900), {.written = written, .queued = 1'000}),
        std::nullopt);
  }
}

TEST_F(HangDetectorTest, OneThatReadsAgainHangsNoLonger) {
  LookAfter(milliseconds(0), {.written = 1, .queued = 5});
  ASSERT_NE(LookAfter(milliseconds(2'000), {.written = 1, .queued = 5}),
            std::nullopt);
  EXPECT_EQ(LookAfter(milliseconds(2'000), {.written = 2, .queued = 4}),
            std::nullopt);
  EXPECT_NE(LookAfter(milliseconds(1'000), {.written = 2, .queued = 4}),
            std::nullopt);
  EXPECT_EQ(LookAfter(milliseconds(10), {.written = 6, .queued = 0}),
            std::nullopt);
}

TEST_F(HangDetectorTest, AStoppedOneHangsAtOnce) {
  EXPECT_THAT(LookAfter(milliseconds(0), {.stopped = true}),
              Optional(HasSubstr("stopped by a signal")));
  EXPECT_EQ(LookAfter(milliseconds(0), {}), std::nullopt);
}

}  // namespace
}  // namespace thespian::gateway
