#include "endpoint/wire/message.h"

#include <cbor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "endpoint/check.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostElements = 4;

struct Element {
  std::string_view item;  // as it stands in the content
  Head head;
};

// Of more elements than an array of the protocol has, the last that is kept is
// any of them.
struct Elements {
  size_t count = 0;
  std::array<Element, kMostElements> kept;
};

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(
      fmt::format("the frame's content is not one CBOR array: {}", what));
}

bool AtBreak(std::string_view bytes) {
  return !bytes.empty() && static_cast<uint8_t>(bytes[0]) == 0xff;
}

bool IsWhole(const Head& head) {
  return head.kind == HeadKind::kUnsigned || head.kind == HeadKind::kBytes ||
         head.kind == HeadKind::kText;
}

// Reads the element at the start of `rest`.
absl::Status ReadElement(std::string_view rest, Element& element) {
  if (ReadHead(rest, element.head) == HeadStatus::kOk &&
      IsWhole(element.head)) {
    element.item = rest.substr(0, element.head.size);
    return absl::OkStatus();
  }
  const absl::StatusOr<size_t> size = MeasureItem(rest, ItemRules::kWellFormed);
  if (size.ok()) element.item = rest.substr(0, *size);
  return size.status();
}

absl::Status SplitArray(std::string_view content, Elements& elements) {
  Head head;
  if (ReadHead(content, head) != HeadStatus::kOk) {
    return Malformed("its head is cut short or reserved");
  }
  const bool indefinite = head.kind == HeadKind::kIndefiniteArray;
  if (head.kind != HeadKind::kArray && !indefinite) {
    return Malformed("it begins with another type");
  }
  size_t offset = head.size;
  while (indefinite ? !AtBreak(content.substr(offset))
                    : elements.count < head.argument) {
    Element& element =
        elements.kept[std::min(elements.count, kMostElements - 1)];
    const absl::Status read = ReadElement(content.substr(offset), element);
    if (!read.ok()) {
      return Malformed(fmt::format("element {}, at byte {}: {}", elements.count,
                                   offset, MessageOf(read)));
    }
    ++elements.count;
    offset += element.item.size();
  }
  if (indefinite) ++offset;
  if (offset == content.size()) return absl::OkStatus();
  return Malformed(
      fmt::format("{} bytes follow its end", content.size() - offset));
}

bool ReadId(const Element& element, uint64_t& id) {
  id = element.head.argument;
  return element.head.kind == HeadKind::kUnsigned;
}

bool ReadText(const Element& element, std::string_view& text) {
  text = element.head.string;
  return element.head.kind == HeadKind::kText ||
         element.head.kind == HeadKind::kBytes;
}

Message ReadSend(const Elements& elements) {
  SendMessage message;
  if (elements.count != 4) return Unrecognized{"send without 4 elements"};
  if (!ReadId(elements.kept[1], message.from.value) ||
      !ReadId(elements.kept[2], message.to.value)) {
    return Unrecognized{"send with an id that is no unsigned integer"};
  }
  message.payload = elements.kept[3].item;
  return message;
}

Message ReadSendNamed(const Elements& elements) {
  SendNamedMessage message;
  if (elements.count != 4) return Unrecognized{"send_named without 4 elements"};
  if (!ReadId(elements.kept[1], message.from.value)) {
    return Unrecognized{"send_named with an id that is no unsigned integer"};
  }
  if (!ReadText(elements.kept[2], message.name)) {
    return Unrecognized{"send_named with a name that is no string"};
  }
  message.payload = elements.kept[3].item;
  return message;
}

Message ReadLink(const Elements& elements) {
  LinkMessage message;
  if (elements.count != 3) return Unrecognized{"link without 3 elements"};
  if (!ReadId(elements.kept[1], message.local.value) ||
      !ReadId(elements.kept[2], message.remote.value)) {
    return Unrecognized{"link with an id that is no unsigned integer"};
  }
  return message;
}

Message ReadExit(const Elements& elements) {
  ExitMessage message;
  if (elements.count != 3) return Unrecognized{"exit without 3 elements"};
  if (!ReadId(elements.kept[1], message.local.value)) {
    return Unrecognized{"exit with an id that is no unsigned integer"};
  }
  if (!ReadText(elements.kept[2], message.reason)) {
    return Unrecognized{"exit with a reason that is no string"};
  }
  return message;
}

Message ReadTransportError(const Elements& elements) {
  TransportErrorMessage message;
  if (elements.count != 2) {
    return Unrecognized{"transport_error without 2 elements"};
  }
  if (!ReadText(elements.kept[1], message.reason)) {
    return Unrecognized{"transport_error with a reason that is no string"};
  }
  return message;
}

// What a message begins with: the head of its array, and its verb.
constexpr std::string_view kSendStart = "\x84\x64send";
constexpr std::string_view kSendNamedStart = "\x84\x6asend_named";
constexpr std::string_view kLinkStart = "\x83\x64link";
constexpr std::string_view kExitStart =
    "\x83\x64"
    "exit";
constexpr std::string_view kTransportErrorStart = "\x82\x6ftransport_error";

// Writes one frame: its head is reserved first and filled in at the end. What
// is short is gathered, so that the output grows once or twice for a frame.
class FrameText {
 public:
  // NOLINTNEXTLINE(*-member-init): short_ is written before it is read.
  FrameText(std::string& out, std::string_view start)
      : out_(out), start_(out.size()) {
    std::copy(start.begin(), start.end(), short_.begin() + kFrameHeadBytes);
    used_ = kFrameHeadBytes + start.size();
  }

  void Number(uint64_t value) {
    used_ +=
        cbor_encode_uint(value, short_.data() + used_, short_.size() - used_);
  }

  void Text(std::string_view text) {
    used_ += cbor_encode_string_start(text.size(), short_.data() + used_,
                                      short_.size() - used_);
    Item(text);
  }

  void Item(std::string_view item) {
    Flush();
    out_.append(item);
  }

  size_t Finish() {
    Flush();
    const size_t size = out_.size() - start_;
    const size_t content = size - kFrameHeadBytes;
    Check(content <= std::numeric_limits<uint32_t>::max(),
          "a frame's content fits 32 bits");
    out_[start_] = '\x5a';
    for (size_t i = 0; i < 4; ++i) {
      out_[start_ + 1 + i] = static_cast<char>(content >> (24 - 8 * i));
    }
    return size;
  }

 private:
  // The longest start and three numbers.
  static constexpr size_t kMostShort =
      kFrameHeadBytes + kTransportErrorStart.size() + size_t{3} * 9;

  void Flush() {
    out_.append(reinterpret_cast<const char*>(short_.data()), used_);
    used_ = 0;
  }

  std::string& out_;
  const size_t start_;
  size_t used_ = 0;
  std::array<unsigned char, kMostShort> short_;
};

}  // namespace

absl::StatusOr<Message> DecodeMessage(std::string_view content) {
  Elements elements;
  absl::Status status = SplitArray(content, elements);
  if (!status.ok()) return status;
  std::string_view verb;
  if (elements.count == 0) return Unrecognized{"an empty array"};
  if (!ReadText(elements.kept[0], verb)) {
    return Unrecognized{"a verb that is no string"};
  }
  if (verb == "send") return ReadSend(elements);
  if (verb == "send_named") return ReadSendNamed(elements);
  if (verb == "link") return ReadLink(elements);
  if (verb == "exit") return ReadExit(elements);
  if (verb == "transport_error") return ReadTransportError(elements);
  return Unrecognized{"an unknown verb"};
}

size_t AppendFrame(const SendMessage& message, std::string& out) {
  FrameText frame(out, kSendStart);
  frame.Number(message.from.value);
  frame.Number(message.to.value);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const SendNamedMessage& message, std::string& out) {
  FrameText frame(out, kSendNamedStart);
  frame.Number(message.from.value);
  frame.Text(message.name);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const LinkMessage& message, std::string& out) {
  FrameText frame(out, kLinkStart);
  frame.Number(message.local.value);
  frame.Number(message.remote.value);
  return frame.Finish();
}

size_t AppendFrame(const ExitMessage& message, std::string& out) {
  FrameText frame(out, kExitStart);
  frame.Number(message.local.value);
  frame.Text(message.reason);
  return frame.Finish();
}

size_t AppendFrame(const TransportErrorMessage& message, std::string& out) {
  FrameText frame(out, kTransportErrorStart);
  frame.Text(message.reason);
  return frame.Finish();
}

size_t OwnFrameSize(std::string_view frames) {
  size_t content = 0;
  for (size_t i = 1; i < kFrameHeadBytes; ++i) {
    content = content << 8 | static_cast<uint8_t>(frames[i]);
  }
  return kFrameHeadBytes + content;
}

}  // namespace thespian::gateway
