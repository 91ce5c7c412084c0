// Our decoder and our encoder against the conversations that were recorded with
// real thespian processes: what a child said is read as it was meant, and what
// it took is what we write.
//
// The second opinion is the model's reader of CBOR and a writer of
// nlohmann::json's, which share nothing with the gateway's.
#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"
#include "endpoint/wire/text.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"
#include "tests/support/message_fields.h"
#include "tests/support/status_matchers.h"
#include "tests/support/thespian_model/cbor_reader.h"
#include "tests/support/transcript_frames.h"
#include "tests/support/transcripts.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Json = nlohmann::json;

constexpr size_t kMaxFrameBytes = 4u << 20;
constexpr size_t kLongestReason = 248;  // a longer one aborts the child

// --- The second opinion ----------------------------------------------------

// Everything that one side wrote.
std::string StreamOf(const Transcript& transcript, StepKind side) {
  std::string stream;
  for (const TranscriptStep& step : transcript.steps) {
    if (step.kind == side) stream += BytesOf(transcript, step);
  }
  return stream;
}

// Whole frames from the start of `stream`, with their heads, as far as there
// are any.
std::vector<std::string_view> WholeFramesIn(std::string_view stream) {
  std::vector<std::string_view> frames;
  std::string_view content;
  while (model::Reader(stream).ReadString(content)) {
    const size_t head = static_cast<size_t>(content.data() - stream.data());
    frames.push_back(stream.substr(0, head + content.size()));
    stream.remove_prefix(frames.back().size());
  }
  return frames;
}

std::optional<std::string> ReadId(model::Reader& reader, std::string_view tag) {
  uint64_t count = 0;
  uint64_t id = 0;
  std::string_view seen;
  if (!reader.ReadArray(count) || count != 2 || !reader.ReadString(seen) ||
      seen != tag || !reader.ReadNumber(id)) {
    return std::nullopt;
  }
  return std::to_string(id);
}

// What each message has behind its verb: the names of FieldsOf.
const std::vector<std::vector<std::string>>& Shapes() {
  static const std::vector<std::vector<std::string>> shapes = {
      {"send", "from", "to", "payload_hex"},
      {"send_named", "from", "name", "payload_hex"},
      {"link", "local", "remote"},
      {"exit", "local", "reason"},
      {"transport_error", "reason"},
  };
  return shapes;
}

std::optional<std::string> ReadField(model::Reader& reader,
                                     const std::string& field) {
  if (field == "from" || field == "local") return ReadId(reader, "LPID");
  if (field == "to" || field == "remote") return ReadId(reader, "RPID");
  std::string_view read;
  if (field == "payload_hex") {
    if (reader.ReadItem(read)) return ToHex(read);
  } else if (reader.ReadString(read)) {
    return std::string(read);
  }
  return std::nullopt;
}

// A message with tagged ids; no fields if `content` is none.
MessageFields ReadMessage(std::string_view content) {
  model::Reader reader(content);
  uint64_t count = 0;
  std::string_view verb;
  if (!reader.ReadArray(count) || !reader.ReadString(verb)) return {};
  for (const std::vector<std::string>& shape : Shapes()) {
    if (verb != shape[0] || count != shape.size()) continue;
    MessageFields fields = {{"kind", std::string(verb)}};
    for (size_t i = 1; i < shape.size(); ++i) {
      std::optional<std::string> value = ReadField(reader, shape[i]);
      if (!value.has_value()) return {};
      fields[shape[i]] = *std::move(value);
    }
    return fields;
  }
  return {};
}

void WriteField(const std::string& field, const std::string& value,
                std::string& content) {
  if (field == "from" || field == "local") {
    Json::to_cbor(Lpid(std::stoull(value)), content);
  } else if (field == "to" || field == "remote") {
    Json::to_cbor(Rpid(std::stoull(value)), content);
  } else if (field == "payload_hex") {
    content += FromHex(value);
  } else {
    Json::to_cbor(value, content);
  }
}

// As a thespian process of today would write it.
std::string WriteMessage(MessageFields fields) {
  for (const std::vector<std::string>& shape : Shapes()) {
    if (fields["kind"] != shape[0]) continue;
    std::string content(1, static_cast<char>(0x80 + shape.size()));
    Json::to_cbor(shape[0], content);
    for (size_t i = 1; i < shape.size(); ++i) {
      WriteField(shape[i], fields[shape[i]], content);
    }
    return FrameOf(kThespian32k, std::string_view(content));
  }
  return "";
}

// As FieldsOf has it: text is UTF-8.
MessageFields InUtf8(MessageFields fields) {
  for (const char* text : {"name", "reason"}) {
    const auto field = fields.find(text);
    if (field != fields.end()) field->second = ToUtf8(field->second);
  }
  return fields;
}

// --- What the child said ---------------------------------------------------

bool BeginsArray(std::string_view content) {
  return !content.empty() && (static_cast<uint8_t>(content[0]) >> 5 == 4) &&
         content[0] != '\x9c';
}

// What the child said, up to what is no message: a child may print.
struct Said {
  std::vector<std::string> contents;
  bool noise = false;
};

Said SaidIn(std::string_view stream) {
  Said said;
  size_t taken = 0;
  for (const std::string_view frame : WholeFramesIn(stream)) {
    const std::string_view content = ContentOf(frame);
    if (!BeginsArray(content)) break;
    said.contents.emplace_back(content);
    taken += frame.size();
  }
  said.noise = taken < stream.size();
  return said;
}

class CodecReplayTest : public ::testing::TestWithParam<Transcript> {
 protected:
  static std::string FromChild() {
    return StreamOf(GetParam(), StepKind::kFromChild);
  }
};

TEST_P(CodecReplayTest, CutsWhatTheChildSaidIntoItsFrames) {
  const std::string stream = FromChild();
  const Said said = SaidIn(stream);
  for (const size_t step :
       {size_t{1}, size_t{3}, size_t{7}, size_t{4'096}, stream.size() + 1}) {
    SCOPED_TRACE(::testing::Message() << "pieces of " << step);
    const Decoded decoded = DecodeStream(InSteps(stream, step), kMaxFrameBytes);
    EXPECT_THAT(decoded.frames, ElementsAreArray(said.contents));
    EXPECT_THAT(decoded.skipped, IsEmpty());
    EXPECT_EQ(decoded.status.ok(), !said.noise) << decoded.status;
    if (!said.noise) {
      EXPECT_THAT(decoded.end, IsOk());
    }
  }
}

// Arrays in arrays, deeper than we read, whoever writes them.
bool IsTooDeep(std::string_view content) {
  return content.find(std::string(65, '\x81')) != std::string_view::npos;
}

TEST_P(CodecReplayTest, ReadsWhatTheChildMeant) {
  for (const std::string& content : SaidIn(FromChild()).contents) {
    SCOPED_TRACE(ToHex(content.substr(0, 64)));
    const MessageFields meant = ReadMessage(content);
    ASSERT_THAT(meant, Not(IsEmpty()));
    IdForms forms;
    const auto message = DecodeMessage(content, &forms);
    if (IsTooDeep(content)) {
      ASSERT_THAT(message, StatusIs(absl::StatusCode::kDataLoss,
                                    HasSubstr("nested deeper than 64")));
      continue;
    }
    ASSERT_THAT(message, IsOk());
    ASSERT_EQ(FieldsOf(*message), InUtf8(meant));
    const bool has_ids = meant.at("kind") != "transport_error";
    ASSERT_EQ(forms, (IdForms{.tagged = has_ids}));
  }
}

// --- Exits with details ----------------------------------------------------

struct Ending {
  std::string reason;
  std::string details_hex;

  friend bool operator==(const Ending&, const Ending&) = default;
  friend void PrintTo(const Ending& ending, std::ostream* out) {
    *out << ending.reason << " with " << ending.details_hex;
  }
};

// The string or the number that comes next, if any.
std::optional<std::string> ReadReason(model::Reader& reader) {
  std::string_view text;
  uint64_t number = 0;
  model::Reader again = reader;
  if (reader.ReadString(text)) return std::string(text);
  if (!again.ReadNumber(number)) return std::nullopt;
  reader = again;
  return std::to_string(number);
}

std::optional<Ending> EndingIn(std::string_view payload) {
  model::Reader reader(payload);
  uint64_t count = 0;
  std::string_view word;
  if (!reader.ReadArray(count) || count < 2 || !reader.ReadString(word) ||
      word != "exit") {
    return std::nullopt;
  }
  std::optional<std::string> reason = ReadReason(reader);
  if (!reason.has_value()) return std::nullopt;
  Ending ending = {*std::move(reason), ""};
  std::string_view detail;
  while (reader.ReadItem(detail)) ending.details_hex += ToHex(detail);
  return ending;
}

std::optional<Ending> OursIn(std::string_view payload) {
  const std::optional<DetailedExit> exit = ReadDetailedExit(payload);
  if (!exit.has_value()) return std::nullopt;
  return Ending{exit->reason, ToHex(exit->details)};
}

std::vector<std::string> PayloadsSaidIn(const Transcript& transcript) {
  std::vector<std::string> payloads;
  const std::string stream = StreamOf(transcript, StepKind::kFromChild);
  for (const std::string& content : SaidIn(stream).contents) {
    MessageFields meant = ReadMessage(content);
    if (meant["kind"] == "send") {
      payloads.push_back(FromHex(meant["payload_hex"]));
    }
  }
  return payloads;
}

TEST_P(CodecReplayTest, TellsExitsWithDetailsFromOtherMessages) {
  for (const std::string& payload : PayloadsSaidIn(GetParam())) {
    ASSERT_EQ(OursIn(payload), EndingIn(payload)) << ToHex(payload);
  }
}

std::vector<Ending> EndingsIn(std::string_view name) {
  std::vector<Ending> endings;
  for (const Transcript& transcript : LoadTranscripts()) {
    if (transcript.name != name) continue;
    for (const std::string& payload : PayloadsSaidIn(transcript)) {
      if (const auto ending = OursIn(payload)) endings.push_back(*ending);
    }
  }
  return endings;
}

// Both generations said the same. What they were sent is in the transcripts.
TEST(CodecReplay, ReadsReasonAndDetailsOfLinkedActors) {
  const Ending with_two = {"why", ToHex("\x66"
                                        "detail\x05")};
  EXPECT_THAT(EndingsIn("exit_with_details_payload"),
              ElementsAreArray({with_two, with_two}));
  const Ending with_one = {"why", "f5"};
  EXPECT_THAT(EndingsIn("exit_with_one_detail_to_linked"),
              ElementsAreArray({with_one, with_one}));
  const auto dead_sends = EndingsIn("exit_then_late_answer_linked_observer");
  ASSERT_EQ(dead_sends.size(), 2u);
  for (const Ending& ending : dead_sends) {
    EXPECT_EQ(ending.reason, "DEADSEND");
    EXPECT_THAT(ending.details_hex,
                StartsWith(ToHex("\x81\x64late\x83\x63PID")));
  }
}

// --- What the child took ---------------------------------------------------

// Whoever links is somebody, and no reason is too long.
bool IsHonest(const MessageFields& meant) {
  const auto local = meant.find("local");
  const auto reason = meant.find("reason");
  return (local == meant.end() || local->second != "0") &&
         (reason == meant.end() || reason->second.size() <= kLongestReason);
}

// Frames that an honest peer of today's dialect writes: an independent writer
// makes the same bytes of what an independent reader makes of them.
std::vector<std::string> HonestFramesOf(const Transcript& transcript) {
  std::vector<std::string> honest;
  const std::string stream = StreamOf(transcript, StepKind::kToChild);
  for (const std::string_view frame : WholeFramesIn(stream)) {
    const MessageFields meant = ReadMessage(ContentOf(frame));
    if (meant.empty() || WriteMessage(meant) != frame) continue;
    if (!IsHonest(meant)) continue;
    honest.emplace_back(frame);
  }
  return honest;
}

std::string WrittenByUs(const Message& message) {
  std::string frame;
  std::visit(
      [&frame](const auto& known) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(known)>,
                                      Unrecognized>) {
          AppendFrame(known, frame, IdForm::kTagged);
        }
      },
      message);
  return frame;
}

TEST_P(CodecReplayTest, WritesTheBytesThatTheChildTook) {
  for (const std::string& frame : HonestFramesOf(GetParam())) {
    SCOPED_TRACE(ToHex(std::string_view(frame).substr(0, 64)));
    if (IsTooDeep(frame)) continue;
    const auto message = DecodeMessage(ContentOf(frame));
    ASSERT_THAT(message, IsOk());
    ASSERT_EQ(FieldsOf(*message), InUtf8(ReadMessage(ContentOf(frame))));
    ASSERT_EQ(ToHex(WrittenByUs(*message)), ToHex(frame));
  }
}

// The rule leaves enough: else the test above would compare nothing.
TEST(CodecReplay, MostOfWhatWasWrittenIsCompared) {
  size_t scenarios = 0;
  size_t frames = 0;
  std::set<std::string> verbs;
  for (const Transcript& transcript : LoadTranscripts()) {
    const std::vector<std::string> honest = HonestFramesOf(transcript);
    scenarios += honest.empty() ? 0 : 1;
    frames += transcript.name.starts_with("calls_") ? 0 : honest.size();
    for (const std::string& frame : honest) {
      verbs.insert(ReadMessage(ContentOf(frame))["kind"]);
    }
  }
  EXPECT_THAT(scenarios, Ge(270u));
  EXPECT_THAT(frames, Ge(2'300u)) << "besides thousands of equal calls";
  EXPECT_THAT(verbs, UnorderedElementsAre("send", "send_named", "link", "exit",
                                          "transport_error"));
}

INSTANTIATE_TEST_SUITE_P(, CodecReplayTest,
                         ::testing::ValuesIn(LoadTranscripts()),
                         [](const ::testing::TestParamInfo<Transcript>& row) {
                           return TestNameOf(row.param);
                         });

}  // namespace
}  // namespace thespian::gateway
