#include "endpoint/wire/dialects.h"

#include <algorithm>
#include <array>

#include "absl/status/statusor.h"
#include "endpoint/check.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/diagnostic_notation.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// A payload of the largest size can be echoed: the answer fits the child's own
// limit on writing, whatever the two ids.
constexpr size_t kPayload32k = 32'727;
constexpr size_t kPayload16k = 16'348;
constexpr size_t kFrame32k = 32'768;
constexpr size_t kFrame16k = 16'384 + kFrameHeadBytes;

constexpr std::array kDialects = {
    DialectRow{.dialect = Dialect::kPlain,
               .name = "plain",
               .ids = IdForm::kPlain,
               .max_frame_bytes = kNoDialectLimit,
               .max_payload_bytes = kNoDialectLimit,
               .payloads = PayloadRules::kAnyItem,
               .is_thespian = false},
    DialectRow{.dialect = Dialect::kThespian,
               .name = "thespian",
               .ids = IdForm::kTagged,
               .max_frame_bytes = kFrame32k,
               .max_payload_bytes = kPayload32k,
               .payloads = PayloadRules::kThespian,
               .is_thespian = true},
    DialectRow{.dialect = Dialect::kThespian16k,
               .name = "thespian-16k",
               .ids = IdForm::kTagged,
               .max_frame_bytes = kFrame16k,
               .max_payload_bytes = kPayload16k,
               .payloads = PayloadRules::kThespian,
               .is_thespian = true},
    DialectRow{.dialect = Dialect::kThespianSeed,
               .name = "thespian-seed",
               .ids = IdForm::kPlain,
               .max_frame_bytes = kFrame16k,
               .max_payload_bytes = kPayload16k,
               .payloads = PayloadRules::kThespian,
               .is_thespian = true},
};

// Messages of thespian's library to itself. Sent to an actor that echoes, they
// come back to the proxy of their sender, which obeys them.
struct ControlWord {
  std::string_view word;
  bool alone = false;  // only as the one element of its array
};
constexpr std::array<ControlWord, 9> kControlWords = {{
    {"endpoint_exit"},
    {"link", true},
    {"set_notify"},
    {"deliver_pid"},
    {"deliver_named"},
    {"establish_wire_link", true},
    {"local_link_exit"},
    {"proxy_exit"},
    {"link_wire"},
}};
constexpr std::string_view kExitWord = "exit";

// An array and its first element, if that is a string.
struct Opening {
  Head array;
  std::string_view word;  // empty: there is none
  size_t size = 0;        // up to the end of the word
};

// Nothing if `payload` is no array. It must be well-formed.
std::optional<Opening> ReadOpening(std::string_view payload) {
  Opening opening;
  if (ReadHead(payload, opening.array) != HeadStatus::kOk) return std::nullopt;
  const bool definite = opening.array.kind == HeadKind::kArray;
  if (!definite && opening.array.kind != HeadKind::kIndefiniteArray) {
    return std::nullopt;
  }
  Head first;
  if (definite && opening.array.argument == 0) return opening;
  if (ReadHead(payload.substr(opening.array.size), first) == HeadStatus::kOk &&
      (first.kind == HeadKind::kText || first.kind == HeadKind::kBytes)) {
    opening.word = first.string;
    opening.size = opening.array.size + first.size;
  }
  return opening;
}

// What tags stand before. They do not make another value of it for a reader
// that does not know them.
std::string_view WithoutTags(std::string_view item) {
  Head head;
  while (ReadHead(item, head) == HeadStatus::kOk &&
         head.kind == HeadKind::kTag) {
    item.remove_prefix(head.size);
  }
  return item;
}

// Whether `item` is this string, in one piece or in several.
bool IsString(std::string_view item, std::string_view text) {
  Head head;
  if (ReadHead(item, head) != HeadStatus::kOk) return false;
  if (head.kind == HeadKind::kText || head.kind == HeadKind::kBytes) {
    return head.string == text;
  }
  if (head.kind != HeadKind::kIndefiniteText &&
      head.kind != HeadKind::kIndefiniteBytes) {
    return false;
  }
  item.remove_prefix(head.size);
  while (ReadHead(item, head) == HeadStatus::kOk &&
         head.kind != HeadKind::kBreak) {
    if (!text.starts_with(head.string)) return false;
    text.remove_prefix(head.string.size());
    item.remove_prefix(head.size);
  }
  return text.empty();
}

absl::Status CheckOneItem(std::string_view payload, PayloadRules rules) {
  const ItemRules items = rules == PayloadRules::kThespian
                              ? ItemRules::kThespian
                              : ItemRules::kWellFormed;
  const absl::StatusOr<size_t> size = MeasureItem(payload, items);
  if (!size.ok()) return size.status();
  if (*size == payload.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} bytes follow the one item that a payload is (at byte {})",
                  payload.size() - *size, *size));
}

absl::Status CheckThespianOpening(const std::optional<Opening>& opening) {
  if (!opening.has_value()) {
    return absl::InvalidArgumentError(
        "a thespian actor takes an array or null, and dies of anything else "
        "(at byte 0)");
  }
  for (const ControlWord& control : kControlWords) {
    if (opening->word != control.word) continue;
    if (control.alone && opening->array.argument != 1) continue;
    return absl::InvalidArgumentError(fmt::format(
        "an array that begins with \"{}\" is a control message of thespian's "
        "library (at byte {})",
        control.word, opening->array.size));
  }
  return absl::OkStatus();
}

bool IsNull(std::string_view item) { return item == "\xf6"; }

}  // namespace

std::span<const DialectRow> Dialects() { return kDialects; }

const DialectRow& RowOf(Dialect dialect) {
  const auto* row = std::find_if(
      kDialects.begin(), kDialects.end(),
      [dialect](const DialectRow& each) { return each.dialect == dialect; });
  Check(row != kDialects.end(), "every dialect has a row");
  return *row;
}

const DialectRow* FindDialect(std::string_view name) {
  const auto* row = std::find_if(
      kDialects.begin(), kDialects.end(),
      [name](const DialectRow& each) { return each.name == name; });
  return row == kDialects.end() ? nullptr : row;
}

absl::Status CheckPayload(std::string_view payload, PayloadRules rules,
                          ControlPayloads control) {
  if (payload.empty()) {
    return absl::InvalidArgumentError("the payload is empty (at byte 0)");
  }
  absl::Status status = CheckOneItem(payload, rules);
  const bool thespian = rules == PayloadRules::kThespian;
  if (!status.ok() || (!thespian && control == ControlPayloads::kAllow)) {
    return status;
  }
  const std::optional<Opening> opening = ReadOpening(payload);
  if (thespian && !IsNull(payload)) status = CheckThespianOpening(opening);
  if (status.ok() && control == ControlPayloads::kRefuse &&
      IsExitMessage(payload)) {
    status = absl::InvalidArgumentError(fmt::format(
        "an array that begins with \"exit\" ends actors, and control payloads "
        "are refused here (at byte {})",
        opening.has_value() ? opening->array.size : 0));
  }
  return status;
}

bool IsExitMessage(std::string_view payload) {
  const std::string_view array = WithoutTags(payload);
  Head head;
  if (ReadHead(array, head) != HeadStatus::kOk) return false;
  const bool definite = head.kind == HeadKind::kArray;
  if (!definite && head.kind != HeadKind::kIndefiniteArray) return false;
  if (definite && head.argument == 0) return false;
  return IsString(WithoutTags(array.substr(head.size)), kExitWord);
}

std::optional<DetailedExit> ReadDetailedExit(std::string_view payload) {
  const std::optional<Opening> opening = ReadOpening(payload);
  if (!opening.has_value() || opening->word != kExitWord ||
      opening->array.kind != HeadKind::kArray || opening->array.argument < 2) {
    return std::nullopt;
  }
  const std::string_view rest = payload.substr(opening->size);
  const absl::StatusOr<size_t> size = MeasureItem(rest, ItemRules::kWellFormed);
  if (!size.ok()) return std::nullopt;
  Head reason;
  DetailedExit exit = {.details = rest.substr(*size)};
  if (ReadHead(rest, reason) == HeadStatus::kOk &&
      (reason.kind == HeadKind::kText || reason.kind == HeadKind::kBytes)) {
    exit.reason = std::string(reason.string);
  } else {
    exit.reason = ToDiagnosticNotation(rest.substr(0, *size));
  }
  return exit;
}

}  // namespace thespian::gateway
