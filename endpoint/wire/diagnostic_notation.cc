#include "endpoint/wire/diagnostic_notation.h"

#include <cmath>
#include <cstdint>

#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/cbor_item.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kMissing = "...";
// A frame's array and the containers of its payload.
constexpr size_t kMaxDepth = kMaxNesting + 1;

class NotationWriter {
 public:
  NotationWriter(std::string_view cbor, size_t max_string_bytes)
      : rest_(cbor), max_string_bytes_(max_string_bytes) {}

  std::string Run() {
    WriteItem(0);
    return std::move(out_);
  }

 private:
  // These return false once nothing more can be written.
  bool WriteItem(size_t depth);
  bool WriteItemOf(const Head& head, size_t depth);
  bool WriteItems(const Head& head, char close, size_t depth);
  bool WriteChunks(char close, size_t depth);
  bool AtBreak();
  bool Stop(std::string_view why);

  void WriteSimple(uint64_t value);
  void WriteFloat(double number);
  void WriteBytes(std::string_view bytes);
  void WriteText(std::string_view text);

  std::string_view rest_;
  const size_t max_string_bytes_;
  std::string out_;
};

bool NotationWriter::Stop(std::string_view why) {
  out_ += why;
  return false;
}

bool NotationWriter::WriteItem(size_t depth) {
  Head head;
  switch (ReadHead(rest_, head)) {
    case HeadStatus::kTruncated:
      return Stop(kMissing);
    case HeadStatus::kMalformed:
      return Stop("<malformed>");
    case HeadStatus::kOk:
      break;
  }
  rest_.remove_prefix(head.size);
  return depth > kMaxDepth ? Stop(kMissing) : WriteItemOf(head, depth);
}

bool NotationWriter::WriteItemOf(const Head& head, size_t depth) {
  switch (head.kind) {
    case HeadKind::kUnsigned:
      out_ += fmt::format("{}", head.argument);
      return true;
    case HeadKind::kNegative:
      out_ += head.argument == UINT64_MAX
                  ? "-18446744073709551616"
                  : fmt::format("-{}", head.argument + 1);
      return true;
    case HeadKind::kBytes:
      WriteBytes(head.string);
      return true;
    case HeadKind::kText:
      WriteText(head.string);
      return true;
    case HeadKind::kSimple:
      WriteSimple(head.argument);
      return true;
    case HeadKind::kFloat:
      WriteFloat(head.number);
      return true;
    case HeadKind::kTag:
      out_ += fmt::format("{}(", head.argument);
      if (!WriteItem(depth + 1)) return false;
      out_ += ')';
      return true;
    case HeadKind::kArray:
    case HeadKind::kIndefiniteArray:
      return WriteItems(head, ']', depth);
    case HeadKind::kMap:
    case HeadKind::kIndefiniteMap:
      return WriteItems(head, '}', depth);
    case HeadKind::kIndefiniteBytes:
    case HeadKind::kIndefiniteText:
      return WriteChunks(')', depth);
    case HeadKind::kBreak:
      return Stop("<malformed>");
  }
  return false;
}

bool NotationWriter::AtBreak() {
  if (rest_.empty() || rest_.front() != '\xff') return false;
  rest_.remove_prefix(1);
  return true;
}

bool NotationWriter::WriteItems(const Head& head, char close, size_t depth) {
  const bool map = close == '}';
  const bool endless = head.kind == HeadKind::kIndefiniteArray ||
                       head.kind == HeadKind::kIndefiniteMap;
  out_ += map ? '{' : '[';
  if (endless) out_ += "_ ";
  for (uint64_t i = 0; endless ? !AtBreak() : i < head.argument; ++i) {
    if (i > 0) out_ += ", ";
    if (!WriteItem(depth + 1)) return false;
    if (!map) continue;
    out_ += ": ";
    if (!WriteItem(depth + 1)) return false;
  }
  out_ += close;
  return true;
}

bool NotationWriter::WriteChunks(char close, size_t depth) {
  out_ += "(_ ";
  for (bool first = true; !AtBreak(); first = false) {
    if (!first) out_ += ", ";
    if (!WriteItem(depth + 1)) return false;
  }
  out_ += close;
  return true;
}

void NotationWriter::WriteSimple(uint64_t value) {
  switch (value) {
    case 20:
      out_ += "false";
      return;
    case 21:
      out_ += "true";
      return;
    case 22:
      out_ += "null";
      return;
    case 23:
      out_ += "undefined";
      return;
    default:
      out_ += fmt::format("simple({})", value);
  }
}

void NotationWriter::WriteFloat(double number) {
  if (std::isnan(number)) {
    out_ += "NaN";
  } else if (std::isinf(number)) {
    out_ += number > 0 ? "Infinity" : "-Infinity";
  } else {
    const std::string text = fmt::format("{}", number);
    out_ += text;
    if (text.find_first_of(".e") == text.npos) out_ += ".0";
  }
}

void NotationWriter::WriteBytes(std::string_view bytes) {
  out_ += "h'";
  for (const char byte : bytes.substr(0, max_string_bytes_)) {
    out_ += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  }
  if (bytes.size() > max_string_bytes_) out_ += kMissing;
  out_ += '\'';
}

void NotationWriter::WriteText(std::string_view text) {
  out_ += '"';
  for (const char c : ToUtf8(text.substr(0, max_string_bytes_))) {
    if (c == '"' || c == '\\') out_ += '\\';
    if (static_cast<uint8_t>(c) < 0x20) {
      out_ += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
    } else {
      out_ += c;
    }
  }
  if (text.size() > max_string_bytes_) out_ += kMissing;
  out_ += '"';
}

}  // namespace

std::string ToDiagnosticNotation(std::string_view cbor,
                                 size_t max_string_bytes) {
  return NotationWriter(cbor, max_string_bytes).Run();
}

}  // namespace thespian::gateway
