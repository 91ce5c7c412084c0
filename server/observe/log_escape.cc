#include "server/observe/log_escape.h"

#include <utf8.h>

#include <algorithm>
#include <iterator>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

using Escape = void (*)(std::string& out, char32_t character);

constexpr bool IsPlainAscii(char byte) { return byte >= ' ' && byte < '\x7f'; }

constexpr bool IsHarmful(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e ||
         c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

void AppendJsonEscape(std::string& out, char32_t c) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                 static_cast<uint32_t>(c));
}

void AppendTextEscape(std::string& out, char32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c > 0x7f) return AppendJsonEscape(out, c);
  fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                 static_cast<uint32_t>(c));
}

void AppendValid(std::string_view text, Escape escape, std::string& out) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* const start = at;
    const char32_t character = utf8::unchecked::next(at);
    if (IsHarmful(character)) {
      escape(out, character);
    } else {
      out.append(start, at);
    }
  }
}

std::string EscapeAll(std::string_view text, Escape escape) {
  if (std::all_of(text.begin(), text.end(), IsPlainAscii)) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const size_t valid = static_cast<size_t>(
        utf8::find_invalid(text.begin(), text.end()) - text.begin());
    AppendValid(text.substr(0, valid), escape, out);
    if (valid == text.size()) return out;
    fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                   static_cast<unsigned char>(text[valid]));
    text.remove_prefix(valid + 1);
  }
}

}  // namespace

std::string EscapeForText(std::string_view text) {
  return EscapeAll(text, AppendTextEscape);
}

std::string EscapeInJson(std::string_view json) {
  return EscapeAll(json, AppendJsonEscape);
}

}  // namespace thespian::gateway
