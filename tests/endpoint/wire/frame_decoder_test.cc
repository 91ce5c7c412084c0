#include "endpoint/wire/frame_decoder.h"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kLimit = 1024;
constexpr absl::StatusCode kFine = absl::StatusCode::kOk;
constexpr absl::StatusCode kLost = absl::StatusCode::kDataLoss;

std::string Xs(size_t count) { return std::string(count, '\x80'); }

// A frame in the form that we write.
std::string Frame(std::string_view content) {
  std::string frame = FromHex("5a");
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(content.size() >> shift);
  }
  return frame.append(content);
}

struct StreamCase {
  const char* name;
  std::string stream;
  std::vector<std::string> frames;
  std::vector<uint64_t> skipped;
  absl::StatusCode code = kFine;  // of Feed
  const char* message = "";
  uint64_t left = 0;  // if Feed is OK

  friend void PrintTo(const StreamCase& row, std::ostream* out) {
    *out << row.name;
  }
};

// PROTOCOL.md, section 1: the heads we accept, each before a second frame.
const StreamCase kHeads[] = {
    {"BytesInline1", FromHex("4180") + Frame("\202"), {"\200", "\202"}, {}},
    {"BytesInline23",
     FromHex("57") + Xs(23) + Frame("\202"),
     {Xs(23), "\202"},
     {}},
    {"BytesU8", FromHex("5818") + Xs(24) + Frame("\202"), {Xs(24), "\202"}, {}},
    {"BytesU16",
     FromHex("590100") + Xs(256) + Frame("\202"),
     {Xs(256), "\202"},
     {}},
    {"BytesU32",
     FromHex("5a00000002") + "\201\202" + Frame("\202"),
     {"\201\202", "\202"},
     {}},
    {"BytesU64",
     FromHex("5b0000000000000002") + "\201\202" + Frame("\202"),
     {"\201\202", "\202"},
     {}},
    {"BytesU8NotShortest",
     FromHex("5801 80") + Frame("\202"),
     {"\200", "\202"},
     {}},
    {"BytesU16NotShortest",
     FromHex("590001") + "\201" + Frame("\202"),
     {"\201", "\202"}},
    {"BytesU64OfOne",
     FromHex("5b0000000000000001 80") + Frame("\202"),
     {"\200", "\202"}},
    {"TextInline1", FromHex("6180") + Frame("\202"), {"\200", "\202"}, {}},
    {"TextInline23",
     FromHex("77") + Xs(23) + Frame("\202"),
     {Xs(23), "\202"},
     {}},
    {"TextU8", FromHex("7818") + Xs(24) + Frame("\202"), {Xs(24), "\202"}, {}},
    {"TextU16",
     FromHex("790100") + Xs(256) + Frame("\202"),
     {Xs(256), "\202"},
     {}},
    {"TextU32",
     FromHex("7a00000002") + "\201\202" + Frame("\202"),
     {"\201\202", "\202"},
     {}},
    {"TextU64",
     FromHex("7b0000000000000002") + "\201\202" + Frame("\202"),
     {"\201\202", "\202"},
     {}},
    {"TextU8NotShortest",
     FromHex("7801 80") + Frame("\202"),
     {"\200", "\202"},
     {}},
    {"TextNeedNotBeUtf8",
     FromHex("62 80fe") + Frame("\202"),
     {FromHex("80fe"), "\202"}},
    {"OfTheLimit", Frame(Xs(kLimit)) + Frame("\202"), {Xs(kLimit), "\202"}, {}},
    {"ManyInOneRead",
     Repeat(Frame("\202"), 20),
     std::vector<std::string>(20, "\202"),
     {}},
    {"Nothing", "", {}, {}},
};

// PROTOCOL.md, section 1: the table of verdicts, as far as frames go.
const StreamCase kVerdicts[] = {
    {"MajorType0",
     Frame("\201") + FromHex("00"),
     {"\201"},
     {},
     kLost,
     "bytes 00"},
    {"MajorType1",
     Frame("\201") + FromHex("20"),
     {"\201"},
     {},
     kLost,
     "bytes 20"},
    {"MajorType4",
     Frame("\201") + FromHex("84"),
     {"\201"},
     {},
     kLost,
     "bytes 84"},
    {"MajorType5",
     Frame("\201") + FromHex("a1"),
     {"\201"},
     {},
     kLost,
     "bytes a1"},
    {"MajorType6",
     Frame("\201") + FromHex("c0"),
     {"\201"},
     {},
     kLost,
     "bytes c0"},
    {"MajorType7",
     Frame("\201") + FromHex("f6"),
     {"\201"},
     {},
     kLost,
     "bytes f6"},
    {"BytesInfo28",
     Frame("\201") + FromHex("5c"),
     {"\201"},
     {},
     kLost,
     "bytes 5c"},
    {"BytesInfo29",
     Frame("\201") + FromHex("5d"),
     {"\201"},
     {},
     kLost,
     "bytes 5d"},
    {"BytesInfo30",
     Frame("\201") + FromHex("5e"),
     {"\201"},
     {},
     kLost,
     "bytes 5e"},
    {"BytesInfo31",
     Frame("\201") + FromHex("5f"),
     {"\201"},
     {},
     kLost,
     "bytes 5f"},
    {"TextInfo28",
     Frame("\201") + FromHex("7c"),
     {"\201"},
     {},
     kLost,
     "bytes 7c"},
    {"TextInfo29",
     Frame("\201") + FromHex("7d"),
     {"\201"},
     {},
     kLost,
     "bytes 7d"},
    {"TextInfo30",
     Frame("\201") + FromHex("7e"),
     {"\201"},
     {},
     kLost,
     "bytes 7e"},
    {"TextInfo31",
     Frame("\201") + FromHex("7f"),
     {"\201"},
     {},
     kLost,
     "bytes 7f"},
    {"EmptyBytes",
     Frame("\201") + FromHex("40"),
     {"\201"},
     {},
     kLost,
     "but is empty; first bytes 40"},
    {"EmptyText",
     Frame("\201") + FromHex("60"),
     {"\201"},
     {},
     kLost,
     "but is empty; first bytes 60"},
    {"EmptyU32", FromHex("5a00000000"), {}, {}, kLost, "but is empty"},
    {"NoFrameAfterAViolation",
     Frame("\201") + FromHex("00") + Frame("\202"),
     {"\201"},
     {},
     kLost,
     "bytes 00"},
    {"OneOverTheLimit",
     Frame("\201") + Frame(Xs(kLimit + 1)) + Frame("\202"),
     {"\201", "\202"},
     {kLimit + 1}},
    {"TwoOverTheLimit",
     Frame(Xs(kLimit + 2)) + Frame(Xs(2 * kLimit)) + Frame("\202"),
     {"\202"},
     {kLimit + 2, 2 * kLimit}},
    {"OverTheLimitAtTheEnd",
     Frame("\201") + Frame(Xs(kLimit + 1)),
     {"\201"},
     {kLimit + 1}},
    {"Announces64MiB",
     FromHex("5a04000000") + "\201\202\203",
     {},
     {64 << 20},
     kFine,
     "",
     8},
    {"Announces64MiBAnd1",
     Frame("\201") + FromHex("5a04000001") + Frame("\202"),
     {"\201"},
     {},
     kLost,
     "announces 67108865 bytes, more than 67108864 (max_frame_bytes is 1024); "
     "first bytes 5a04000001"},
    {"AnnouncesTwoTo32",
     FromHex("5b0000000100000000"),
     {},
     {},
     kLost,
     "announces 4294967296 bytes"},
    {"AnnouncesTwoTo64",
     FromHex("7bffffffffffffffff"),
     {},
     {},
     kLost,
     "announces 18446744073709551615 bytes"},
    {"EndInsideAHeadOf5",
     Frame("\201") + FromHex("5a"),
     {"\201"},
     {},
     kFine,
     "",
     1},
    {"EndInsideAHeadOf9",
     Frame("\201") + FromHex("5b00000000000000"),
     {"\201"},
     {},
     kFine,
     "",
     8},
    {"EndBeforeContent",
     Frame("\201") + FromHex("5a00000003"),
     {"\201"},
     {},
     kFine,
     "",
     5},
    {"EndInsideContent",
     Frame("\201") + FromHex("5a00000003") + "\202\203",
     {"\201"},
     {},
     kFine,
     "",
     7},
    {"EndInsideASkippedFrame",
     FromHex("5a00000401") + "\202\203\204",
     {},
     {kLimit + 1},
     kFine,
     "",
     8},
};

class FrameDecoderTest : public ::testing::TestWithParam<StreamCase> {
 protected:
  static void ExpectDecoded(const Decoded& decoded) {
    const StreamCase& c = GetParam();
    EXPECT_THAT(decoded.frames, ElementsAreArray(c.frames));
    EXPECT_THAT(decoded.skipped, ElementsAreArray(c.skipped));
    EXPECT_THAT(decoded.status, StatusIs(c.code));
    if (c.code != kFine) {
      EXPECT_EQ(decoded.end, decoded.status);
    } else if (c.left == 0) {
      EXPECT_THAT(decoded.end, IsOk());
      EXPECT_EQ(decoded.left, 0u);
    } else {
      EXPECT_THAT(decoded.end, StatusIs(kLost));
      EXPECT_EQ(decoded.left, c.left);
    }
  }
};

TEST_P(FrameDecoderTest, DecodesInOnePiece) {
  const Decoded decoded = DecodeStream({GetParam().stream}, kLimit);
  ExpectDecoded(decoded);
  EXPECT_THAT(decoded.status,
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
}

TEST_P(FrameDecoderTest, DecodesTheSameInEveryStep) {
  const std::string& stream = GetParam().stream;
  for (size_t step = 1; step <= stream.size() + 1; ++step) {
    SCOPED_TRACE(::testing::Message() << "pieces of " << step);
    ExpectDecoded(DecodeStream(InSteps(stream, step), kLimit));
  }
}

TEST_P(FrameDecoderTest, DecodesTheSameInEveryCut) {
  const std::string& stream = GetParam().stream;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    SCOPED_TRACE(::testing::Message() << "cut after " << cut);
    ExpectDecoded(DecodeStream(CutAt(stream, cut), kLimit));
  }
}

INSTANTIATE_TEST_SUITE_P(Head, FrameDecoderTest, ::testing::ValuesIn(kHeads),
                         [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(Verdict, FrameDecoderTest,
                         ::testing::ValuesIn(kVerdicts),
                         [](const auto& row) { return row.param.name; });

TEST(FrameDecoderHeadTest, OnlyDefiniteStringsThatAreNotEmptyBeginAFrame) {
  for (int first = 0; first < 256; ++first) {
    const bool string =
        (first > 0x40 && first <= 0x5b) || (first > 0x60 && first <= 0x7b);
    const std::string stream(1, static_cast<char>(first));
    EXPECT_THAT(DecodeStream({stream}, kLimit).status,
                StatusIs(string ? kFine : kLost))
        << first;
  }
}

TEST(FrameDecoderLimitTest, Of0SkipsEveryFrame) {
  const Decoded decoded = DecodeStream({Frame("\201") + Frame("\202\203")}, 0);
  EXPECT_THAT(decoded.frames, IsEmpty());
  EXPECT_THAT(decoded.skipped, ElementsAre(1, 2));
  EXPECT_THAT(decoded.end, IsOk());
}

TEST(FrameDecoderLimitTest, MayExceedWhatIsSkippedAtMost) {
  FrameDecoder decoder((64 << 20) + 1);
  const std::string head = FromHex("5a04000001");
  EXPECT_THAT(decoder.Feed(
                  head, [](std::string_view) { return absl::OkStatus(); },
                  [](uint64_t) { return absl::InternalError("skipped"); }),
              IsOk());
}

TEST(FrameDecoderSkipTest, PassesOver64MiBAndGoesOn) {
  const std::string block(1 << 20, '\x80');
  const std::string head = FromHex("5a04000000");
  const std::string good = Frame("\202");
  Pieces pieces = {head};
  pieces.insert(pieces.end(), 64, block);
  pieces.push_back(good);
  const Decoded decoded = DecodeStream(pieces, kLimit);
  EXPECT_THAT(decoded.skipped, ElementsAre(64 << 20));
  EXPECT_THAT(decoded.frames, ElementsAre("\202"));
  EXPECT_THAT(decoded.end, IsOk());
}

TEST(FrameDecoderSkipTest, IsToldWhenTheHeadIsRead) {
  const Decoded decoded = DecodeStream({FromHex("5a00000401")}, kLimit);
  EXPECT_THAT(decoded.skipped, ElementsAre(kLimit + 1));
}

TEST(FrameDecoderSkipTest, ErrorOfTheVisitorEndsTheStream) {
  FrameDecoder decoder(kLimit);
  int frames = 0;
  const auto feed = [&](const std::string& bytes) {
    return decoder.Feed(
        bytes, [&](std::string_view) { return ++frames, absl::OkStatus(); },
        [](uint64_t) { return absl::AbortedError("enough"); });
  };
  const auto is_enough = StatusIs(absl::StatusCode::kAborted, "enough");
  EXPECT_THAT(feed(Frame(Xs(kLimit + 1)) + Frame("\201")), is_enough);
  EXPECT_THAT(feed(Frame("\201")), is_enough);
  EXPECT_THAT(decoder.Finish(), is_enough);
  EXPECT_EQ(frames, 0);
}

TEST(FrameDecoderVisitorTest, ErrorEndsTheStreamInEveryCut) {
  const std::string stream =
      Frame("\204good") + Frame("\204bad") + Frame("\204late");
  const auto judge = [](std::string_view content) {
    return content == "\204bad" ? absl::AbortedError("no") : absl::OkStatus();
  };
  for (size_t step = 1; step <= stream.size() + 1; ++step) {
    SCOPED_TRACE(::testing::Message() << "pieces of " << step);
    const Decoded decoded = DecodeStream(InSteps(stream, step), kLimit, judge);
    EXPECT_THAT(decoded.frames, ElementsAre("\204good", "\204bad"));
    EXPECT_THAT(
        decoded.status,
        StatusIs(absl::StatusCode::kAborted,
                 AllOf(HasSubstr("no; "), HasSubstr(ToHex(Frame("\204bad"))))));
    EXPECT_EQ(decoded.end, decoded.status);
  }
}

TEST(FrameDecoderVisitorTest, WholeFrameIsNotCopied) {
  const std::string stream = Frame("\207content");
  const char* seen = nullptr;
  FrameDecoder decoder(kLimit);
  ASSERT_THAT(decoder.Feed(
                  stream,
                  [&](std::string_view content) {
                    seen = content.data();
                    return absl::OkStatus();
                  },
                  [](uint64_t) { return absl::OkStatus(); }),
              IsOk());
  EXPECT_EQ(seen, stream.data() + 5);
}

TEST(FrameDecoderFinishTest, TellsHowManyBytesWereLeft) {
  const Decoded decoded =
      DecodeStream({FromHex("5a00000003") + "\202\203"}, kLimit);
  EXPECT_THAT(decoded.end, StatusIs(kLost, HasSubstr("7 bytes")));
}

TEST(FrameDecoderFinishTest, ShowsTheUnfinishedFrame) {
  const std::string cut = FromHex("5a00000009 84 64") + "send";
  for (const size_t step : {1u, 5u, 100u}) {
    const Decoded decoded = DecodeStream(InSteps(cut, step), kLimit);
    EXPECT_THAT(decoded.end, StatusIs(kLost, HasSubstr(ToHex(cut)))) << step;
  }
}

TEST(FrameDecoderContentTest, OnlyArraysAreContent) {
  for (int first = 0; first < 256; ++first) {
    const bool array = (first >= 0x80 && first <= 0x9b) || first == 0x9f;
    // A frame within the limit, and one that is skipped.
    for (const char* head : {"5a00000400", "5a00000401"}) {
      const std::string stream = FromHex(head) + static_cast<char>(first);
      EXPECT_THAT(DecodeStream({stream}, kLimit).status,
                  StatusIs(array ? kFine : kLost))
          << head << " " << first;
    }
  }
}

TEST(FrameDecoderDiagnosisTest, ShowsTheFirst64OffendingBytes) {
  const std::string bad = FromHex("00") + Repeat(FromHex("01"), 100);
  const Decoded decoded = DecodeStream({Frame("\201") + bad}, kLimit);
  EXPECT_THAT(decoded.status,
              StatusIs(kLost, AllOf(HasSubstr(ToHex(bad.substr(0, 64))),
                                    Not(HasSubstr(ToHex(bad.substr(0, 65)))),
                                    Not(HasSubstr("text")))));
}

}  // namespace
}  // namespace thespian::gateway
