#include "endpoint/wire/message.h"

#include <cbor.h>

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

// The elements of an array, each as it stands in the content.
struct Elements {
  size_t count = 0;  // may be more than are kept
  std::array<std::string_view, kMostElements> item;
};

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(
      fmt::format("the frame's content is not one CBOR array: {}", what));
}

bool AtBreak(std::string_view bytes) {
  return !bytes.empty() && static_cast<uint8_t>(bytes[0]) == 0xff;
}

absl::StatusOr<Elements> SplitArray(std::string_view content) {
  Head head;
  if (ReadHead(content, head) != HeadStatus::kOk) {
    return Malformed("its head is cut short or reserved");
  }
  const bool indefinite = head.kind == HeadKind::kIndefiniteArray;
  if (head.kind != HeadKind::kArray && !indefinite) {
    return Malformed("it begins with another type");
  }
  Elements elements;
  size_t offset = head.size;
  while (indefinite ? !AtBreak(content.substr(offset))
                    : elements.count < head.argument) {
    const absl::StatusOr<size_t> size =
        MeasureItem(content.substr(offset), ItemRules::kWellFormed);
    if (!size.ok()) {
      return Malformed(fmt::format("element {}, at byte {}: {}", elements.count,
                                   offset, MessageOf(size.status())));
    }
    if (elements.count < kMostElements) {
      elements.item[elements.count] = content.substr(offset, *size);
    }
    ++elements.count;
    offset += *size;
  }
  if (indefinite) ++offset;
  if (offset == content.size()) return elements;
  return Malformed(
      fmt::format("{} bytes follow its end", content.size() - offset));
}

bool ReadId(std::string_view item, uint64_t& id) {
  Head head;
  if (ReadHead(item, head) != HeadStatus::kOk) return false;
  id = head.argument;
  return head.kind == HeadKind::kUnsigned;
}

bool ReadText(std::string_view item, std::string_view& text) {
  Head head;
  if (ReadHead(item, head) != HeadStatus::kOk) return false;
  text = head.string;
  return head.kind == HeadKind::kText || head.kind == HeadKind::kBytes;
}

Message ReadSend(const Elements& elements) {
  SendMessage message;
  if (elements.count != 4) return Unrecognized{"send without 4 elements"};
  if (!ReadId(elements.item[1], message.from.value) ||
      !ReadId(elements.item[2], message.to.value)) {
    return Unrecognized{"send with an id that is no unsigned integer"};
  }
  message.payload = elements.item[3];
  return message;
}

Message ReadSendNamed(const Elements& elements) {
  SendNamedMessage message;
  if (elements.count != 4) return Unrecognized{"send_named without 4 elements"};
  if (!ReadId(elements.item[1], message.from.value)) {
    return Unrecognized{"send_named with an id that is no unsigned integer"};
  }
  if (!ReadText(elements.item[2], message.name)) {
    return Unrecognized{"send_named with a name that is no string"};
  }
  message.payload = elements.item[3];
  return message;
}

Message ReadLink(const Elements& elements) {
  LinkMessage message;
  if (elements.count != 3) return Unrecognized{"link without 3 elements"};
  if (!ReadId(elements.item[1], message.local.value) ||
      !ReadId(elements.item[2], message.remote.value)) {
    return Unrecognized{"link with an id that is no unsigned integer"};
  }
  return message;
}

Message ReadExit(const Elements& elements) {
  ExitMessage message;
  if (elements.count != 3) return Unrecognized{"exit without 3 elements"};
  if (!ReadId(elements.item[1], message.local.value)) {
    return Unrecognized{"exit with an id that is no unsigned integer"};
  }
  if (!ReadText(elements.item[2], message.reason)) {
    return Unrecognized{"exit with a reason that is no string"};
  }
  return message;
}

Message ReadTransportError(const Elements& elements) {
  TransportErrorMessage message;
  if (elements.count != 2) {
    return Unrecognized{"transport_error without 2 elements"};
  }
  if (!ReadText(elements.item[1], message.reason)) {
    return Unrecognized{"transport_error with a reason that is no string"};
  }
  return message;
}

// Writes one frame: its head is reserved first and filled in at the end.
class FrameText {
 public:
  FrameText(std::string& out, size_t elements, std::string_view verb)
      : out_(out), start_(out.size()) {
    out_.append(kFrameHeadBytes, '\0');
    Put(cbor_encode_array_start, elements);
    Text(verb);
  }

  void Number(uint64_t value) { Put(cbor_encode_uint, value); }

  void Text(std::string_view text) {
    Put(cbor_encode_string_start, text.size());
    out_.append(text);
  }

  void Item(std::string_view item) { out_.append(item); }

  size_t Finish() {
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
  template <typename Argument>
  void Put(size_t (*encode)(Argument, unsigned char*, size_t),
           Argument argument) {
    std::array<unsigned char, 9> head;  // NOLINT(*-member-init): written next
    const size_t size = encode(argument, head.data(), head.size());
    out_.append(reinterpret_cast<const char*>(head.data()), size);
  }

  std::string& out_;
  const size_t start_;
};

}  // namespace

absl::StatusOr<Message> DecodeMessage(std::string_view content) {
  const absl::StatusOr<Elements> elements = SplitArray(content);
  if (!elements.ok()) return elements.status();
  std::string_view verb;
  if (elements->count == 0) return Unrecognized{"an empty array"};
  if (!ReadText(elements->item[0], verb)) {
    return Unrecognized{"a verb that is no string"};
  }
  if (verb == "send") return ReadSend(*elements);
  if (verb == "send_named") return ReadSendNamed(*elements);
  if (verb == "link") return ReadLink(*elements);
  if (verb == "exit") return ReadExit(*elements);
  if (verb == "transport_error") return ReadTransportError(*elements);
  return Unrecognized{"an unknown verb"};
}

size_t AppendFrame(const SendMessage& message, std::string& out) {
  FrameText frame(out, 4, "send");
  frame.Number(message.from.value);
  frame.Number(message.to.value);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const SendNamedMessage& message, std::string& out) {
  FrameText frame(out, 4, "send_named");
  frame.Number(message.from.value);
  frame.Text(message.name);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const LinkMessage& message, std::string& out) {
  FrameText frame(out, 3, "link");
  frame.Number(message.local.value);
  frame.Number(message.remote.value);
  return frame.Finish();
}

size_t AppendFrame(const ExitMessage& message, std::string& out) {
  FrameText frame(out, 3, "exit");
  frame.Number(message.local.value);
  frame.Text(message.reason);
  return frame.Finish();
}

size_t AppendFrame(const TransportErrorMessage& message, std::string& out) {
  FrameText frame(out, 2, "transport_error");
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
