// What the wire takes from the heap: nothing per frame, and never more than
// its limit. Linked with an operator new that counts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/allocations.h"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

constexpr std::ptrdiff_t kLimit = 4 << 20;
// For the texts of errors and the allocator's rounding.
constexpr std::ptrdiff_t kSmall = 4096;
constexpr std::ptrdiff_t kMostBytes = kLimit + kSmall;

// One frame of every kind.
std::string FramesOfEveryKind() {
  const std::string payload = FromHex("5903e8") + std::string(1000, 'x');
  std::string frames;
  AppendFrame(SendMessage{{1}, {2}, payload}, frames);
  AppendFrame(SendNamedMessage{{1}, "name", payload}, frames);
  AppendFrame(LinkMessage{{1}, {2}}, frames);
  AppendFrame(ExitMessage{{1}, "a reason that is not short"}, frames);
  AppendFrame(TransportErrorMessage{"another reason, no shorter"}, frames);
  return frames + FromHex("6781") + FromHex("65") + "other";
}

// Feeds pieces, as an endpoint does; counts what it hears.
class Listener {
 public:
  explicit Listener(size_t max_frame_bytes) : decoder_(max_frame_bytes) {}

  absl::Status Feed(std::string_view piece) {
    return decoder_.Feed(
        piece,
        [this](std::string_view content) {
          ++frames_;
          return DecodeMessage(content).status();
        },
        [this](uint64_t) {
          ++skipped_;
          return absl::OkStatus();
        });
  }

  absl::Status Feed(const Pieces& pieces) {
    for (const std::string_view piece : pieces) {
      absl::Status status = Feed(piece);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  size_t frames() const { return frames_; }
  size_t skipped() const { return skipped_; }

 private:
  FrameDecoder decoder_;
  size_t frames_ = 0;
  size_t skipped_ = 0;
};

TEST(CountTest, OperatorNewIsCounted) {
  StartCounting();
  { const std::string taken(1000, 'x'); }
  const Allocations counted = CountedAllocations();
  EXPECT_EQ(counted.count, 1u);
  EXPECT_EQ(counted.live_bytes, 0);
  EXPECT_GE(counted.peak_bytes, 1000);
}

class SteadyStateTest : public ::testing::TestWithParam<size_t> {};

TEST_P(SteadyStateTest, TakesNothingPerFrame) {
  const std::string frames = FramesOfEveryKind();
  const Pieces pieces = InSteps(frames, GetParam());
  Listener listener(kLimit);
  ASSERT_THAT(listener.Feed(pieces), IsOk());
  StartCounting();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(listener.Feed(pieces).ok());
  EXPECT_EQ(CountedAllocations().count, 0u);
  EXPECT_EQ(listener.frames(), 6u * 101);
}

INSTANTIATE_TEST_SUITE_P(PiecesOf, SteadyStateTest,
                         ::testing::Values(1, 2, 7, 100, 1000, 1 << 20),
                         ::testing::PrintToStringParamName());

TEST(NothingTakenTest, AppendFrameTakesNothingOfAReservedString) {
  std::string out;
  out.reserve(64 << 10);
  StartCounting();
  for (int i = 0; i < 100; ++i) {
    AppendFrame(SendMessage{{~uint64_t{0}}, {~uint64_t{0}}, "\xf6"}, out);
    AppendFrame(SendNamedMessage{{1}, "a name that is not short", "\x05"}, out);
    AppendFrame(LinkMessage{{1}, {2}}, out);
    AppendFrame(ExitMessage{{1}, "a reason that is not short"}, out);
    AppendFrame(TransportErrorMessage{"another reason, no shorter"}, out);
  }
  EXPECT_EQ(CountedAllocations().count, 0u);
  EXPECT_LE(out.size(), size_t{64} << 10);
}

TEST(NothingTakenTest, CheckPayloadTakesNothingOfGoodOnes) {
  const std::string payload =
      FromHex("81 a2 6161") + Repeat(FromHex("81"), 62) + FromHex("00 6162 f6");
  StartCounting();
  EXPECT_TRUE(CheckPayload(payload, PayloadRules::kThespian).ok());
  EXPECT_TRUE(CheckPayload(payload, PayloadRules::kAnyItem).ok());
  EXPECT_EQ(CountedAllocations().count, 0u);
}

TEST(BoundTest, HeadThatAnnouncesTheLimitTakesNothing) {
  Listener listener(kLimit);
  StartCounting();
  EXPECT_TRUE(listener.Feed(FromHex("5a00400000")).ok());
  EXPECT_EQ(CountedAllocations().peak_bytes, 0);
}

TEST(BoundTest, FrameOfTheLimitTakesTheLimit) {
  const std::string head = FromHex("5a00400000");
  Listener listener(kLimit);
  StartCounting();
  ASSERT_TRUE(listener.Feed(head).ok());
  ASSERT_TRUE(listener.Feed(std::string_view("\x84")).ok());
  EXPECT_LE(CountedAllocations().peak_bytes, kMostBytes);
}

TEST(BoundTest, FramesThatGrowTakeTheLimitAtMost) {
  const std::string content(kLimit, '\x80');
  FrameDecoder decoder(kLimit);
  const auto feed = [&decoder](std::string_view bytes) {
    return decoder.Feed(
        bytes, [](std::string_view) { return absl::OkStatus(); },
        [](uint64_t) { return absl::InternalError("skipped"); });
  };
  StartCounting();
  for (uint32_t size = 1 << 20; size <= kLimit; size += 100'001) {
    const std::string_view body(content.data(), size);
    std::string head = FromHex("5a");
    for (int shift = 24; shift >= 0; shift -= 8) {
      head += static_cast<char>(size >> shift);
    }
    ASSERT_TRUE(feed(head).ok());
    ASSERT_TRUE(feed(body.substr(0, 1)).ok());
    ASSERT_TRUE(feed(body.substr(1)).ok());
  }
  EXPECT_LE(CountedAllocations().peak_bytes, kMostBytes);
}

TEST(BoundTest, SkippedFrameOf64MiBTakesNothing) {
  const std::string head = FromHex("5a04000000");
  const std::string block(1 << 20, '\x80');
  Listener listener(kLimit);
  StartCounting();
  ASSERT_TRUE(listener.Feed(head).ok());
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(listener.Feed(block).ok());
  EXPECT_EQ(CountedAllocations().peak_bytes, 0);
  EXPECT_EQ(listener.skipped(), 1u);
}

TEST(BoundTest, AnnouncementsInHeadsAndContentAreNotBelieved) {
  const std::string streams[] = {
      FromHex("5bffffffffffffffff"),        // a frame of 2^64 - 1
      FromHex("4a 9b7fffffffffffffff 00"),  // an array in a frame
      FromHex("4a 81 5b7fffffffffffffff"),  // a string in an array
      FromHex("4a 81 bb7fffffffffffffff"),  // a map in an array
  };
  for (const std::string& stream : streams) {
    StartCounting();
    EXPECT_FALSE(Listener(kLimit).Feed(stream).ok());
    EXPECT_LE(CountedAllocations().peak_bytes, kSmall) << ToHex(stream);
  }
}

TEST(BoundTest, RefusedPayloadTakesOnlyTheWords) {
  const std::string payload = Repeat(FromHex("81"), 1 << 20);
  StartCounting();
  EXPECT_FALSE(CheckPayload(payload, PayloadRules::kAnyItem).ok());
  EXPECT_LE(CountedAllocations().peak_bytes, kSmall);
}

TEST(BoundTest, ViolationIsKeptInFewWordsHoweverMuchFollows) {
  const std::string bad(1 << 20, '\xff');
  Listener listener(kLimit);
  StartCounting();
  for (int i = 0; i < 64; ++i) EXPECT_FALSE(listener.Feed(bad).ok());
  EXPECT_LE(CountedAllocations().peak_bytes, kSmall);
}

}  // namespace
}  // namespace thespian::gateway
