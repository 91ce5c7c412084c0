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
using ::testing::Not;
using ::testing::SizeIs;

constexpr size_t kLimit = 1024;
constexpr absl::StatusCode kFine = absl::StatusCode::kOk;
constexpr absl::StatusCode kLost = absl::StatusCode::kDataLoss;

std::string Xs(size_t count) { return std::string(count, 'x'); }

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
    {"BytesInline0", FromHex("40") + Frame("b"), {"", "b"}, {}},
    {"BytesInline23", FromHex("57") + Xs(23) + Frame("b"), {Xs(23), "b"}, {}},
    {"BytesU8", FromHex("5818") + Xs(24) + Frame("b"), {Xs(24), "b"}, {}},
    {"BytesU16", FromHex("590100") + Xs(256) + Frame("b"), {Xs(256), "b"}, {}},
    {"BytesU32", FromHex("5a00000002") + "ab" + Frame("b"), {"ab", "b"}, {}},
    {"BytesU64",
     FromHex("5b0000000000000002") + "ab" + Frame("b"),
     {"ab", "b"},
     {}},
    {"BytesU8NotShortest", FromHex("5800") + Frame("b"), {"", "b"}, {}},
    {"BytesU16NotShortest", FromHex("590001") + "a" + Frame("b"), {"a", "b"}},
    {"BytesU64Empty", FromHex("5b0000000000000000") + Frame("b"), {"", "b"}},
    {"TextInline0", FromHex("60") + Frame("b"), {"", "b"}, {}},
    {"TextInline23", FromHex("77") + Xs(23) + Frame("b"), {Xs(23), "b"}, {}},
    {"TextU8", FromHex("7818") + Xs(24) + Frame("b"), {Xs(24), "b"}, {}},
    {"TextU16", FromHex("790100") + Xs(256) + Frame("b"), {Xs(256), "b"}, {}},
    {"TextU32", FromHex("7a00000002") + "ab" + Frame("b"), {"ab", "b"}, {}},
    {"TextU64",
     FromHex("7b0000000000000002") + "ab" + Frame("b"),
     {"ab", "b"},
     {}},
    {"TextU8NotShortest", FromHex("7800") + Frame("b"), {"", "b"}, {}},
    {"TextNeedNotBeUtf8",
     FromHex("62 fffe") + Frame("b"),
     {FromHex("fffe"), "b"}},
    {"EmptyFrameAtTheEnd", Frame("b") + FromHex("5a00000000"), {"b", ""}, {}},
    {"OfTheLimit", Frame(Xs(kLimit)) + Frame("b"), {Xs(kLimit), "b"}, {}},
    {"ManyInOneRead",
     Repeat(Frame("b"), 20),
     std::vector<std::string>(20, "b"),
     {}},
    {"Nothing", "", {}, {}},
};

// PROTOCOL.md, section 1: the table of verdicts, as far as frames go.
const StreamCase kVerdicts[] = {
    {"MajorType0", Frame("a") + FromHex("00"), {"a"}, {}, kLost, "bytes 00"},
    {"MajorType1", Frame("a") + FromHex("20"), {"a"}, {}, kLost, "bytes 20"},
    {"MajorType4", Frame("a") + FromHex("84"), {"a"}, {}, kLost, "bytes 84"},
    {"MajorType5", Frame("a") + FromHex("a1"), {"a"}, {}, kLost, "bytes a1"},
    {"MajorType6", Frame("a") + FromHex("c0"), {"a"}, {}, kLost, "bytes c0"},
    {"MajorType7", Frame("a") + FromHex("f6"), {"a"}, {}, kLost, "bytes f6"},
    {"BytesInfo28", Frame("a") + FromHex("5c"), {"a"}, {}, kLost, "bytes 5c"},
    {"BytesInfo29", Frame("a") + FromHex("5d"), {"a"}, {}, kLost, "bytes 5d"},
    {"BytesInfo30", Frame("a") + FromHex("5e"), {"a"}, {}, kLost, "bytes 5e"},
    {"BytesInfo31", Frame("a") + FromHex("5f"), {"a"}, {}, kLost, "bytes 5f"},
    {"TextInfo28", Frame("a") + FromHex("7c"), {"a"}, {}, kLost, "bytes 7c"},
    {"TextInfo29", Frame("a") + FromHex("7d"), {"a"}, {}, kLost, "bytes 7d"},
    {"TextInfo30", Frame("a") + FromHex("7e"), {"a"}, {}, kLost, "bytes 7e"},
    {"TextInfo31", Frame("a") + FromHex("7f"), {"a"}, {}, kLost, "bytes 7f"},
    {"NoFrameAfterAViolation",
     Frame("a") + FromHex("00") + Frame("b"),
     {"a"},
     {},
     kLost,
     "bytes 00"},
    {"OneOverTheLimit",
     Frame("a") + Frame(Xs(kLimit + 1)) + Frame("b"),
     {"a", "b"},
     {kLimit + 1}},
    {"TwoOverTheLimit",
     Frame(Xs(kLimit + 2)) + Frame(Xs(2 * kLimit)) + Frame("b"),
     {"b"},
     {kLimit + 2, 2 * kLimit}},
    {"OverTheLimitAtTheEnd",
     Frame("a") + Frame(Xs(kLimit + 1)),
     {"a"},
     {kLimit + 1}},
    {"Announces64MiB",
     FromHex("5a04000000") + "abc",
     {},
     {64 << 20},
     kFine,
     "",
     8},
    {"Announces64MiBAnd1",
     Frame("a") + FromHex("5a04000001") + Frame("b"),
     {"a"},
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
    {"EndInsideAHeadOf5", Frame("a") + FromHex("5a"), {"a"}, {}, kFine, "", 1},
    {"EndInsideAHeadOf9",
     Frame("a") + FromHex("5b00000000000000"),
     {"a"},
     {},
     kFine,
     "",
     8},
    {"EndBeforeContent",
     Frame("a") + FromHex("5a00000003"),
     {"a"},
     {},
     kFine,
     "",
     5},
    {"EndInsideContent",
     Frame("a") + FromHex("5a00000003") + "bc",
     {"a"},
     {},
     kFine,
     "",
     7},
    {"EndInsideASkippedFrame",
     FromHex("5a00000401") + "bcd",
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

TEST(FrameDecoderHeadTest, OnlyDefiniteStringsBeginAFrame) {
  for (int first = 0; first < 256; ++first) {
    const bool string =
        (first >= 0x40 && first <= 0x5b) || (first >= 0x60 && first <= 0x7b);
    const std::string stream(1, static_cast<char>(first));
    EXPECT_THAT(DecodeStream({stream}, kLimit).status,
                StatusIs(string ? kFine : kLost))
        << first;
  }
}

TEST(FrameDecoderLimitTest, Of0AcceptsOnlyEmptyFrames) {
  const Decoded decoded =
      DecodeStream({FromHex("40") + Frame("a") + FromHex("60")}, 0);
  EXPECT_THAT(decoded.frames, ElementsAre("", ""));
  EXPECT_THAT(decoded.skipped, ElementsAre(1));
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
  const std::string block(1 << 20, 'x');
  const std::string head = FromHex("5a04000000");
  const std::string good = Frame("b");
  Pieces pieces = {head};
  pieces.insert(pieces.end(), 64, block);
  pieces.push_back(good);
  const Decoded decoded = DecodeStream(pieces, kLimit);
  EXPECT_THAT(decoded.skipped, ElementsAre(64 << 20));
  EXPECT_THAT(decoded.frames, ElementsAre("b"));
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
  EXPECT_THAT(feed(Frame(Xs(kLimit + 1)) + Frame("a")), is_enough);
  EXPECT_THAT(feed(Frame("a")), is_enough);
  EXPECT_THAT(decoder.Finish(), is_enough);
  EXPECT_EQ(frames, 0);
}

TEST(FrameDecoderVisitorTest, ErrorEndsTheStreamInEveryCut) {
  const std::string stream = Frame("good") + Frame("bad") + Frame("late");
  const auto judge = [](std::string_view content) {
    return content == "bad" ? absl::AbortedError("no") : absl::OkStatus();
  };
  for (size_t step = 1; step <= stream.size() + 1; ++step) {
    SCOPED_TRACE(::testing::Message() << "pieces of " << step);
    const Decoded decoded = DecodeStream(InSteps(stream, step), kLimit, judge);
    EXPECT_THAT(decoded.frames, ElementsAre("good", "bad"));
    EXPECT_THAT(
        decoded.status,
        StatusIs(absl::StatusCode::kAborted,
                 AllOf(HasSubstr("no; "), HasSubstr(ToHex(Frame("bad"))))));
    EXPECT_EQ(decoded.end, decoded.status);
  }
}

TEST(FrameDecoderVisitorTest, WholeFrameIsNotCopied) {
  const std::string stream = Frame("content");
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
  const Decoded decoded = DecodeStream({FromHex("5a00000003") + "bc"}, kLimit);
  EXPECT_THAT(decoded.end, StatusIs(kLost, HasSubstr("7 bytes")));
}

TEST(FrameDecoderFinishTest, ShowsTheUnfinishedFrame) {
  for (const size_t step : {1u, 5u, 100u}) {
    const Decoded decoded = DecodeStream(InSteps("hello\n", step), kLimit);
    EXPECT_THAT(decoded.end,
                StatusIs(kLost, AllOf(HasSubstr(ToHex("hello\n")),
                                      HasSubstr("print to stdout?"))))
        << step;
  }
}

TEST(FrameDecoderDiagnosisTest, ShowsTheFirst64OffendingBytes) {
  const std::string bad = FromHex("00") + Repeat(FromHex("01"), 100);
  const Decoded decoded = DecodeStream({Frame("a") + bad}, kLimit);
  EXPECT_THAT(decoded.status,
              StatusIs(kLost, AllOf(HasSubstr(ToHex(bad.substr(0, 64))),
                                    Not(HasSubstr(ToHex(bad.substr(0, 65)))),
                                    Not(HasSubstr("text")))));
}

// What a child may print, by how its first byte reads as the head of a frame.
struct PrintedCase {
  const char* name;
  const char* text;

  friend void PrintTo(const PrintedCase& row, std::ostream* out) {
    *out << row.name;
  }
};

const PrintedCase kPrinted[] = {
    {"NoHead", "2024-02-29 starting\n"},
    {"AnnouncesTooMuchInU32", "Zeroth line of a log\n"},
    {"AnnouncesTooMuchInU64", "[info] starting\n"},
    {"AnnouncesTooMuchInTextU64", "{\"level\":\"info\"}\n"},
};

class PrintedTest : public ::testing::TestWithParam<PrintedCase> {};

TEST_P(PrintedTest, IsShownAsAWholeWithTheQuestion) {
  const std::string text = GetParam().text;
  const Decoded decoded = DecodeStream({Frame("a") + text}, kLimit);
  EXPECT_THAT(decoded.frames, SizeIs(1));
  EXPECT_THAT(
      decoded.status,
      StatusIs(kLost, AllOf(HasSubstr(ToHex(text)),
                            HasSubstr("did the child print to stdout?"))));
}

INSTANTIATE_TEST_SUITE_P(Text, PrintedTest, ::testing::ValuesIn(kPrinted),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace thespian::gateway
