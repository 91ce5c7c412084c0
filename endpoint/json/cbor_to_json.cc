#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "endpoint/check.h"
#include "endpoint/json/json_forms.h"
#include "endpoint/json/json_payload.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway {
namespace {

using nlohmann::json;

// The integers that every reader of JSON takes: what a double can count to.
constexpr uint64_t kMaxPlainInteger = (1ull << 53) - 1;
constexpr char kBreakByte = '\xff';

std::string Base64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape({bytes.data(), bytes.size()});
}

// Writes one item that is known to be well-formed.
class JsonWriter {
 public:
  explicit JsonWriter(std::string_view cbor) : cbor_(cbor) {}

  absl::StatusOr<std::string> Run() {
    absl::Status status = WriteItem(/*depth=*/0);
    if (!status.ok()) return status;
    return std::move(out_);
  }

 private:
  // How many items of a container are still to come.
  struct Extent {
    bool until_break = false;
    uint64_t left = 0;
  };

  absl::Status WriteItem(size_t depth);
  absl::Status WriteArray(Extent extent, size_t depth);
  absl::Status WriteMap(Extent extent, size_t depth);
  absl::Status WriteObject(Extent extent, size_t depth);
  absl::Status WritePairs(Extent extent, size_t depth);
  absl::Status WriteTag(uint64_t tag, size_t depth);
  void WriteInteger(HeadKind kind, uint64_t argument);
  void WriteSimple(uint64_t value);
  void WriteFloat(double number);
  void WriteText(std::string_view text);
  void WriteQuoted(std::string_view text);
  void WriteForm(std::string_view form, std::string_view text);

  Head TakeHead();
  bool TakeNext(Extent& extent);
  std::string TakeString(const Head& head);
  void SkipItem();
  bool HasPlainKeys(Extent extent);
  absl::Status CheckDepth(size_t depth) const;

  const std::string_view cbor_;
  size_t offset_ = 0;
  std::string out_;
};

Head JsonWriter::TakeHead() {
  Head head;
  Check(ReadHead(cbor_.substr(offset_), head) == HeadStatus::kOk,
        "the item was checked to be well-formed");
  offset_ += head.size;
  return head;
}

// True if the container has another item, which is next; false after its last.
bool JsonWriter::TakeNext(Extent& extent) {
  if (!extent.until_break) return extent.left-- > 0;
  if (cbor_[offset_] != kBreakByte) return true;
  ++offset_;
  return false;
}

// The content of the string that begins with `head`, its chunks put together.
std::string JsonWriter::TakeString(const Head& head) {
  if (head.kind == HeadKind::kBytes || head.kind == HeadKind::kText) {
    return std::string(head.string);
  }
  std::string content;
  Extent chunks = {.until_break = true};
  while (TakeNext(chunks)) content += TakeHead().string;
  return content;
}

void JsonWriter::SkipItem() {
  const absl::StatusOr<size_t> size =
      MeasureItem(cbor_.substr(offset_), ItemRules::kWellFormed);
  Check(size.ok(), "the item was checked to be well-formed");
  offset_ += *size;
}

absl::Status JsonWriter::CheckDepth(size_t depth) const {
  if (depth < kMaxNesting) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("nested deeper than {}, tags included (at byte {})",
                  kMaxNesting, offset_));
}

absl::Status JsonWriter::WriteItem(size_t depth) {
  const Head head = TakeHead();
  switch (head.kind) {
    case HeadKind::kUnsigned:
    case HeadKind::kNegative:
      WriteInteger(head.kind, head.argument);
      return absl::OkStatus();
    case HeadKind::kBytes:
    case HeadKind::kIndefiniteBytes:
      WriteForm(kBytesForm, Base64Url(TakeString(head)));
      return absl::OkStatus();
    case HeadKind::kText:
    case HeadKind::kIndefiniteText:
      WriteText(TakeString(head));
      return absl::OkStatus();
    case HeadKind::kArray:
      return WriteArray({.left = head.argument}, depth);
    case HeadKind::kIndefiniteArray:
      return WriteArray({.until_break = true}, depth);
    case HeadKind::kMap:
      return WriteMap({.left = head.argument}, depth);
    case HeadKind::kIndefiniteMap:
      return WriteMap({.until_break = true}, depth);
    case HeadKind::kTag:
      return WriteTag(head.argument, depth);
    case HeadKind::kSimple:
      WriteSimple(head.argument);
      return absl::OkStatus();
    case HeadKind::kFloat:
      WriteFloat(head.number);
      return absl::OkStatus();
    case HeadKind::kBreak:
      break;
  }
  return absl::InternalError("a break in a well-formed item");
}

absl::Status JsonWriter::WriteArray(Extent extent, size_t depth) {
  absl::Status status = CheckDepth(depth);
  out_ += '[';
  for (bool first = true; status.ok() && TakeNext(extent); first = false) {
    if (!first) out_ += ',';
    status = WriteItem(depth + 1);
  }
  out_ += ']';
  return status;
}

absl::Status JsonWriter::WriteMap(Extent extent, size_t depth) {
  absl::Status status = CheckDepth(depth);
  if (!status.ok()) return status;
  const size_t content = offset_;
  const bool object = HasPlainKeys(extent);
  offset_ = content;
  return object ? WriteObject(extent, depth) : WritePairs(extent, depth);
}

// True if the keys of the map that is next are those of a JSON object: UTF-8,
// all different, and not a single one that a form would begin with.
bool JsonWriter::HasPlainKeys(Extent extent) {
  absl::flat_hash_set<std::string> keys;
  while (TakeNext(extent)) {
    const Head head = TakeHead();
    if (head.kind != HeadKind::kText &&
        head.kind != HeadKind::kIndefiniteText) {
      return false;
    }
    std::string key = TakeString(head);
    if (!IsUtf8(key) || !keys.insert(std::move(key)).second) return false;
    SkipItem();
  }
  return keys.size() != 1 || !keys.begin()->starts_with(kFormMark);
}

absl::Status JsonWriter::WriteObject(Extent extent, size_t depth) {
  absl::Status status;
  out_ += '{';
  for (bool first = true; status.ok() && TakeNext(extent); first = false) {
    if (!first) out_ += ',';
    WriteQuoted(TakeString(TakeHead()));
    out_ += ':';
    status = WriteItem(depth + 1);
  }
  out_ += '}';
  return status;
}

absl::Status JsonWriter::WritePairs(Extent extent, size_t depth) {
  absl::Status status;
  out_ += fmt::format("{{\"{}\":[", kMapForm);
  for (bool first = true; status.ok() && TakeNext(extent); first = false) {
    out_ += first ? "[" : ",[";
    status = WriteItem(depth + 1);
    if (!status.ok()) break;
    out_ += ',';
    status = WriteItem(depth + 1);
    out_ += ']';
  }
  out_ += "]}";
  return status;
}

absl::Status JsonWriter::WriteTag(uint64_t tag, size_t depth) {
  absl::Status status = CheckDepth(depth);
  if (!status.ok()) return status;
  out_ += fmt::format("{{\"{}\":[", kTagForm);
  WriteInteger(HeadKind::kUnsigned, tag);
  out_ += ',';
  status = WriteItem(depth + 1);
  out_ += "]}";
  return status;
}

void JsonWriter::WriteInteger(HeadKind kind, uint64_t argument) {
  const bool negative = kind == HeadKind::kNegative;
  const absl::uint128 magnitude = absl::uint128(argument) + (negative ? 1 : 0);
  std::string digits = negative ? "-" : "";
  // Only -2^64 needs more than 64 bits.
  digits += absl::Uint128High64(magnitude) == 0
                ? fmt::format("{}", absl::Uint128Low64(magnitude))
                : "18446744073709551616";
  if (magnitude <= kMaxPlainInteger) {
    out_ += digits;
  } else {
    WriteForm(kIntForm, digits);
  }
}

void JsonWriter::WriteSimple(uint64_t value) {
  switch (value) {
    case kSimpleFalse:
      out_ += "false";
      break;
    case kSimpleTrue:
      out_ += "true";
      break;
    case kSimpleNull:
      out_ += "null";
      break;
    default:
      out_ += fmt::format("{{\"{}\":{}}}", kSimpleForm, value);
  }
}

void JsonWriter::WriteFloat(double number) {
  if (std::isfinite(number)) {
    out_ += json(number).dump();
  } else if (std::isnan(number)) {
    WriteForm(kFloatForm, kNan);
  } else {
    WriteForm(kFloatForm, number > 0 ? kInfinity : kMinusInfinity);
  }
}

void JsonWriter::WriteText(std::string_view text) {
  if (IsUtf8(text)) {
    WriteQuoted(text);
  } else {
    WriteForm(kTextForm, Base64Url(text));
  }
}

// `text` is UTF-8: dump would not throw, and is told not to.
void JsonWriter::WriteQuoted(std::string_view text) {
  out_ +=
      json(text).dump(/*indent=*/-1, /*indent_char=*/' ',
                      /*ensure_ascii=*/false, json::error_handler_t::replace);
}

// `text` has nothing that must be escaped.
void JsonWriter::WriteForm(std::string_view form, std::string_view text) {
  out_ += fmt::format("{{\"{}\":\"{}\"}}", form, text);
}

}  // namespace

absl::StatusOr<std::string> CborToJson(std::string_view cbor) {
  absl::Status status = CheckPayload(cbor, PayloadRules::kAnyItem);
  if (!status.ok()) return status;
  return JsonWriter(cbor).Run();
}

}  // namespace thespian::gateway
