// A frame's content is decoded exactly if it is one well-formed array, and
// decode -> encode -> decode is a fixed point.
//
//   input := the content of a frame
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/check.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/message.h"
#include "endpoint/wire/text.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/cbor_oracle.h"
#include "tests/support/decode_stream.h"
#include "tests/support/message_fields.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostBytes = 4'096;  // the oracle recurses

bool IsArray(std::string_view content) {
  return !content.empty() && (static_cast<uint8_t>(content[0]) >> 5) == 4;
}

// Payloads may nest as deep as kMaxNesting, in the frame's array.
bool IsOneArray(std::string_view content) {
  const Judgement judged = JudgeItem(content);
  return IsArray(content) && judged.well_formed &&
         judged.size == content.size() && judged.depth <= kMaxNesting + 1;
}

struct Encoder {
  std::string& out;
  IdForm ids;

  size_t operator()(const Unrecognized&) const { return 0; }
  template <typename AnyMessage>
  size_t operator()(const AnyMessage& message) const {
    return AppendFrame(message, out, ids);
  }
};

// Only reasons are changed by being written: they are cut.
Message AsWritten(Message message) {
  if (auto* exit = std::get_if<ExitMessage>(&message)) {
    exit->reason = CutAtCodePoint(exit->reason, kMaxReasonBytes);
  } else if (auto* error = std::get_if<TransportErrorMessage>(&message)) {
    error->reason = CutAtCodePoint(error->reason, kMaxReasonBytes);
  }
  return message;
}

std::string Encode(const Message& message, IdForm ids) {
  std::string frame = "before";
  const size_t before = frame.size();
  const size_t size = std::visit(Encoder{frame, ids}, message);
  frame.erase(0, before);
  Check(frame.size() == size, "the size of a frame is returned");
  Check(frame.empty() || OwnFrameSize(frame) == size, "a frame has its size");
  return frame;
}

void CheckComesBack(const Message& message, IdForm ids) {
  const std::string frame = Encode(message, ids);
  if (frame.empty()) return;  // unrecognized
  const Decoded decoded = DecodeStream({frame}, frame.size());
  Check(decoded.end.ok() && decoded.frames.size() == 1, "a frame is a frame");
  IdForms forms;
  const absl::StatusOr<Message> again =
      DecodeMessage(decoded.frames[0], &forms);
  Check(again.ok() && FieldsOf(*again) == FieldsOf(AsWritten(message)),
        "a message comes back as it was");
  Check(
      !forms.misplaced && !(ids == IdForm::kPlain ? forms.tagged : forms.plain),
      "ids are written in one form");
  Check(Encode(*again, ids) == frame, "encoding is a fixed point");
}

}  // namespace

void TryInput(std::string_view input) {
  if (input.size() > kMostBytes) return;
  const absl::StatusOr<Message> message = DecodeMessage(input);
  Check(message.ok() == IsOneArray(input), "one array is decoded, no other");
  Check(message.ok() || absl::IsDataLoss(message.status()),
        "what is no message is a loss of data");
  if (!message.ok()) return;
  CheckComesBack(*message, IdForm::kPlain);
  CheckComesBack(*message, IdForm::kTagged);
}

}  // namespace thespian::gateway
