#include "clients/cli/printable.h"

#include <cstddef>
#include <cstdint>

#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr uint8_t kFirstPrintable = 0x20;
constexpr uint8_t kDelete = 0x7f;
// U+0080 to U+009F are this byte and one below kFirstPlainSecond.
constexpr uint8_t kHighControlLead = 0xc2;
constexpr uint8_t kFirstPlainSecond = 0xa0;

}  // namespace

std::string Printable(std::string_view text) {
  const std::string utf8 = ToUtf8(text);
  std::string printable;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<uint8_t>(utf8[i]);
    const uint8_t second =
        i + 1 < utf8.size() ? static_cast<uint8_t>(utf8[i + 1]) : 0;
    if (byte < kFirstPrintable || byte == kDelete) {
      printable += fmt::format("\\u{:04x}", byte);
    } else if (byte == kHighControlLead && second < kFirstPlainSecond) {
      printable += fmt::format("\\u{:04x}", second);
      ++i;
    } else {
      printable += utf8[i];
    }
  }
  return printable;
}

}  // namespace thespian::gateway::cli
