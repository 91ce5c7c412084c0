// The protocol's own vectors, through the decoder and back.
#include "tests/support/vectors.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"
#include "tests/support/message_fields.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::StatusCode kLost = absl::StatusCode::kDataLoss;
constexpr size_t kLimit = 4 << 20;

// A stream down to its messages.
struct Conversation {
  std::vector<MessageFields> messages;
  size_t skipped = 0;
  Decoded decoded;
};

Conversation Listen(const Pieces& pieces, size_t limit) {
  Conversation heard;
  const auto judge = [&](std::string_view content) {
    const auto message = DecodeMessage(content);
    if (!message.ok()) return message.status();
    if (std::holds_alternative<Unrecognized>(*message)) {
      ++heard.skipped;
    } else {
      heard.messages.push_back(FieldsOf(*message));
    }
    return absl::OkStatus();
  };
  heard.decoded = DecodeStream(pieces, limit, judge);
  heard.skipped += heard.decoded.skipped.size();
  return heard;
}

// Every way to cut `bytes`: steps of every size, then in two at every byte.
std::vector<Pieces> EveryCut(std::string_view bytes) {
  std::vector<Pieces> cuts;
  for (size_t step = 1; step <= bytes.size() + 1; ++step) {
    cuts.push_back(InSteps(bytes, step));
  }
  for (size_t position = 0; position <= bytes.size(); ++position) {
    cuts.push_back(CutAt(bytes, position));
  }
  return cuts;
}

std::string CutName(const Pieces& pieces) {
  return "pieces from " + std::to_string(pieces.front().size()) + " to " +
         std::to_string(pieces.back().size()) + ", " +
         std::to_string(pieces.size()) + " of them";
}

template <typename Row>
std::string RowName(const ::testing::TestParamInfo<Row>& row) {
  return TestNameOf(row.param.name) + "Row" + std::to_string(row.index);
}

class FrameVectorTest : public ::testing::TestWithParam<FrameVector> {
 protected:
  static void ExpectVerdict(const Conversation& heard) {
    const FrameVector& row = GetParam();
    if (row.verdict == "message") {
      EXPECT_THAT(heard.messages, ElementsAre(row.message));
    } else {
      EXPECT_THAT(heard.messages, IsEmpty());
    }
    EXPECT_EQ(heard.skipped, row.verdict == "skipped" ? 1u : 0u);
    EXPECT_THAT(
        heard.decoded.end,
        StatusIs(row.verdict == "fatal" ? kLost : absl::StatusCode::kOk));
  }
};

TEST_P(FrameVectorTest, HasItsVerdictInEveryCut) {
  for (const Pieces& pieces : EveryCut(GetParam().bytes)) {
    SCOPED_TRACE(CutName(pieces));
    const Conversation heard = Listen(pieces, kLimit);
    ExpectVerdict(heard);
    // A violation, not just an end in the middle.
    EXPECT_EQ(heard.decoded.status, heard.decoded.end);
  }
}

struct Appender {
  std::string& out;
  template <typename Known>
  void operator()(const Known& message) const {
    AppendFrame(message, out);
  }
  void operator()(const Unrecognized&) const {}
};

// Written anew with our head, it means the same.
TEST_P(FrameVectorTest, ComesBackWhenWeWriteIt) {
  if (GetParam().verdict != "message") return;
  std::string again;
  const auto judge = [&](std::string_view content) {
    const auto message = DecodeMessage(content);
    if (message.ok()) std::visit(Appender{again}, *message);
    return message.status();
  };
  ASSERT_THAT(DecodeStream({GetParam().bytes}, kLimit, judge).end, IsOk());
  EXPECT_THAT(Listen({again}, kLimit).messages, SizeIs(1));
  if (GetParam().name.ends_with("(current head)")) {
    EXPECT_EQ(ToHex(again), ToHex(GetParam().bytes));
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, FrameVectorTest,
                         ::testing::ValuesIn(LoadVectors().frames),
                         RowName<FrameVector>);

class StreamVectorTest : public ::testing::TestWithParam<StreamVector> {
 protected:
  static void ExpectOutcome(const Conversation& heard) {
    const StreamVector& row = GetParam();
    EXPECT_THAT(heard.messages, SizeIs(row.messages));
    EXPECT_EQ(heard.skipped, row.skipped);
    EXPECT_THAT(heard.decoded.status,
                StatusIs(row.then == "fatal" ? kLost : absl::StatusCode::kOk));
    EXPECT_THAT(heard.decoded.end,
                StatusIs(row.then == "open" ? absl::StatusCode::kOk : kLost));
    if (row.then != "fatal") {
      EXPECT_EQ(heard.decoded.left, row.left);
    }
  }
};

TEST_P(StreamVectorTest, ComesOutTheSameInEveryCut) {
  const size_t limit = GetParam().limit.value_or(kLimit);
  const std::string& bytes = GetParam().bytes;
  const Conversation whole = Listen({bytes}, limit);
  for (const Pieces& pieces : EveryCut(bytes)) {
    SCOPED_TRACE(CutName(pieces));
    const Conversation heard = Listen(pieces, limit);
    ExpectOutcome(heard);
    EXPECT_THAT(heard.messages, ElementsAreArray(whole.messages));
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, StreamVectorTest,
                         ::testing::ValuesIn(LoadVectors().streams),
                         RowName<StreamVector>);

class PayloadVectorTest : public ::testing::TestWithParam<PayloadVector> {};

// The vectors leave out what thespian's actors want at the top level.
TEST_P(PayloadVectorTest, IsJudgedByBothRules) {
  const PayloadVector& row = GetParam();
  const auto thespian = MeasureItem(row.bytes, ItemRules::kThespian);
  EXPECT_EQ(thespian.ok() && *thespian == row.bytes.size(), row.thespian);
  EXPECT_EQ(CheckPayload(row.bytes, PayloadRules::kAnyItem).ok(), row.cbor);
}

INSTANTIATE_TEST_SUITE_P(Vectors, PayloadVectorTest,
                         ::testing::ValuesIn(LoadVectors().payloads),
                         RowName<PayloadVector>);

TEST(VectorsTest, AreAllThere) {
  const Vectors vectors = LoadVectors();
  EXPECT_THAT(vectors.frames, SizeIs(69));
  EXPECT_THAT(vectors.streams, SizeIs(6));
  EXPECT_THAT(vectors.payloads, SizeIs(42));
}

}  // namespace
}  // namespace thespian::gateway
