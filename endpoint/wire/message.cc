#include "endpoint/wire/message.h"

#include <cbor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "absl/utility/utility.h"
#include "endpoint/check.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/status_text.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMostElements = 4;

// As much of an element's head as messages need.
struct Element {
  HeadKind kind;
  uint64_t argument;
  std::string_view string;
  std::string_view item;  // as it stands in the content
};

// Of more elements than an array of the protocol has, the last that is kept is
// any of them.
struct Elements {
  // NOLINTNEXTLINE(*-member-init): of `kept`, the first `count` are written.
  Elements() {}

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
  Head head;
  size_t size = 0;
  if (ReadHead(rest, head) == HeadStatus::kOk && IsWhole(head)) {
    size = head.size;
  } else {
    const absl::StatusOr<size_t> measured =
        MeasureItem(rest, ItemRules::kWellFormed);
    if (!measured.ok()) return measured.status();
    size = *measured;
  }
  element = {.kind = head.kind,
             .argument = head.argument,
             .string = head.string,
             .item = rest.substr(0, size)};
  return absl::OkStatus();
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

// The two places of an id in a message.
enum class IdPlace { kFirst, kSecond };

constexpr std::string_view kLocalTag = "LPID";
constexpr std::string_view kRemoteTag = "RPID";

std::string_view TagOf(IdPlace place) {
  return place == IdPlace::kFirst ? kLocalTag : kRemoteTag;
}

bool ReadText(const Element& element, std::string_view& text) {
  text = element.string;
  return element.kind == HeadKind::kText || element.kind == HeadKind::kBytes;
}

// ["LPID", 7] or ["RPID", 7], which is well-formed. Apart, so that the plain
// ids of the hot path are read in place.
[[gnu::noinline]] bool ReadTaggedId(std::string_view item, IdPlace place,
                                    uint64_t& id, IdForms& forms) {
  Head array;
  Head tag;
  Head number;
  if (ReadHead(item, array) != HeadStatus::kOk) return false;
  const bool definite = array.kind == HeadKind::kArray;
  if (definite && array.argument != 2) return false;
  item.remove_prefix(array.size);
  if (ReadHead(item, tag) != HeadStatus::kOk ||
      (tag.kind != HeadKind::kText && tag.kind != HeadKind::kBytes) ||
      (tag.string != kLocalTag && tag.string != kRemoteTag)) {
    return false;
  }
  item.remove_prefix(tag.size);
  if (ReadHead(item, number) != HeadStatus::kOk ||
      number.kind != HeadKind::kUnsigned) {
    return false;
  }
  item.remove_prefix(number.size);
  if (!definite && !AtBreak(item)) return false;
  id = number.argument;
  forms.tagged = true;
  if (tag.string != TagOf(place)) forms.misplaced = true;
  return true;
}

[[gnu::always_inline]] inline bool ReadId(const Element& element, IdPlace place,
                                          uint64_t& id, IdForms& forms) {
  if (element.kind == HeadKind::kUnsigned) {
    id = element.argument;
    forms.plain = true;
    return true;
  }
  return (element.kind == HeadKind::kArray ||
          element.kind == HeadKind::kIndefiniteArray) &&
         ReadTaggedId(element.item, place, id, forms);
}

// Each fills in a message, and returns what is wrong with it: empty, if
// nothing.

std::string_view ReadSend(const Elements& elements, IdForms& forms,
                          SendMessage& message) {
  if (elements.count != 4) return "send without 4 elements";
  if (!ReadId(elements.kept[1], IdPlace::kFirst, message.from.value, forms) ||
      !ReadId(elements.kept[2], IdPlace::kSecond, message.to.value, forms)) {
    return "send with an id in no known form";
  }
  message.payload = elements.kept[3].item;
  return {};
}

std::string_view ReadSendNamed(const Elements& elements, IdForms& forms,
                               SendNamedMessage& message) {
  if (elements.count != 4) return "send_named without 4 elements";
  if (!ReadId(elements.kept[1], IdPlace::kFirst, message.from.value, forms)) {
    return "send_named with an id in no known form";
  }
  if (!ReadText(elements.kept[2], message.name)) {
    return "send_named with a name that is no string";
  }
  message.payload = elements.kept[3].item;
  return {};
}

std::string_view ReadLink(const Elements& elements, IdForms& forms,
                          LinkMessage& message) {
  if (elements.count != 3) return "link without 3 elements";
  if (!ReadId(elements.kept[1], IdPlace::kFirst, message.local.value, forms) ||
      !ReadId(elements.kept[2], IdPlace::kSecond, message.remote.value,
              forms)) {
    return "link with an id in no known form";
  }
  if (message.local.value == 0 || message.remote.value == 0) {
    return "link with id 0, which is nobody";
  }
  return {};
}

std::string_view ReadExit(const Elements& elements, IdForms& forms,
                          ExitMessage& message) {
  if (elements.count != 3) return "exit without 3 elements";
  if (!ReadId(elements.kept[1], IdPlace::kFirst, message.local.value, forms)) {
    return "exit with an id in no known form";
  }
  if (!ReadText(elements.kept[2], message.reason)) {
    return "exit with a reason that is no string";
  }
  return {};
}

std::string_view ReadTransportError(const Elements& elements, IdForms&,
                                    TransportErrorMessage& message) {
  if (elements.count != 2) {
    return "transport_error without 2 elements";
  }
  if (!ReadText(elements.kept[1], message.reason)) {
    return "transport_error with a reason that is no string";
  }
  return {};
}

template <typename Known>
using Reader = std::string_view (*)(const Elements&, IdForms&, Known&);

// Read in place: a message that is moved costs a sixth of its decoding.
template <typename Known>
void ReadAs(Reader<Known> read, const Elements& elements, IdForms& forms,
            Message& message) {
  const std::string_view wrong =
      read(elements, forms, message.emplace<Known>());
  if (!wrong.empty()) message = Unrecognized{wrong};
}

void ReadMessage(const Elements& elements, IdForms& forms, Message& message) {
  std::string_view verb;
  if (elements.count == 0) {
    message = Unrecognized{"an empty array"};
  } else if (!ReadText(elements.kept[0], verb)) {
    message = Unrecognized{"a verb that is no string"};
  } else if (verb == "send") {
    ReadAs<SendMessage>(ReadSend, elements, forms, message);
  } else if (verb == "send_named") {
    ReadAs<SendNamedMessage>(ReadSendNamed, elements, forms, message);
  } else if (verb == "link") {
    ReadAs<LinkMessage>(ReadLink, elements, forms, message);
  } else if (verb == "exit") {
    ReadAs<ExitMessage>(ReadExit, elements, forms, message);
  } else if (verb == "transport_error") {
    ReadAs<TransportErrorMessage>(ReadTransportError, elements, forms, message);
  } else {
    message = Unrecognized{"an unknown verb"};
  }
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
  FrameText(std::string& out, std::string_view start, IdForm ids)
      : out_(out), start_(out.size()), ids_(ids) {
    std::memcpy(short_.data() + kFrameHeadBytes, start.data(), start.size());
    used_ = kFrameHeadBytes + start.size();
  }

  void Id(IdPlace place, uint64_t id) {
    if (ids_ == IdForm::kTagged) [[unlikely]]
      Tag(place);
    used_ += cbor_encode_uint(id, short_.data() + used_, short_.size() - used_);
  }

  void Reason(std::string_view reason) {
    Text(CutAtCodePoint(reason, kMaxReasonBytes));
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
  // An array of two and a text of four bytes: what a tagged id begins with.
  static constexpr std::string_view kTagStart = "\x82\x64";
  // The longest start, two tagged ids and the head of a text.
  static constexpr size_t kMostShort =
      kFrameHeadBytes + kTransportErrorStart.size() +
      2 * (kTagStart.size() + kLocalTag.size() + 9) + 9;

  [[gnu::noinline]] void Tag(IdPlace place) {
    for (const std::string_view part : {kTagStart, TagOf(place)}) {
      std::memcpy(short_.data() + used_, part.data(), part.size());
      used_ += part.size();
    }
  }

  void Flush() {
    out_.append(reinterpret_cast<const char*>(short_.data()), used_);
    used_ = 0;
  }

  std::string& out_;
  const size_t start_;
  const IdForm ids_;
  size_t used_ = 0;
  std::array<unsigned char, kMostShort> short_;
};

}  // namespace

absl::StatusOr<Message> DecodeMessage(std::string_view content,
                                      IdForms* forms) {
  Elements elements;
  absl::Status status = SplitArray(content, elements);
  if (!status.ok()) return status;
  IdForms unused;
  IdForms& seen = forms == nullptr ? unused : *forms;
  seen = {};
  absl::StatusOr<Message> message(absl::in_place);
  ReadMessage(elements, seen, *message);
  return message;
}

size_t AppendFrame(const SendMessage& message, std::string& out, IdForm ids) {
  FrameText frame(out, kSendStart, ids);
  frame.Id(IdPlace::kFirst, message.from.value);
  frame.Id(IdPlace::kSecond, message.to.value);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const SendNamedMessage& message, std::string& out,
                   IdForm ids) {
  FrameText frame(out, kSendNamedStart, ids);
  frame.Id(IdPlace::kFirst, message.from.value);
  frame.Text(message.name);
  frame.Item(message.payload);
  return frame.Finish();
}

size_t AppendFrame(const LinkMessage& message, std::string& out, IdForm ids) {
  FrameText frame(out, kLinkStart, ids);
  frame.Id(IdPlace::kFirst, message.local.value);
  frame.Id(IdPlace::kSecond, message.remote.value);
  return frame.Finish();
}

size_t AppendFrame(const ExitMessage& message, std::string& out, IdForm ids) {
  FrameText frame(out, kExitStart, ids);
  frame.Id(IdPlace::kFirst, message.local.value);
  frame.Reason(message.reason);
  return frame.Finish();
}

size_t AppendFrame(const TransportErrorMessage& message, std::string& out,
                   IdForm ids) {
  FrameText frame(out, kTransportErrorStart, ids);
  frame.Reason(message.reason);
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
