#include "tests/support/thespian_model/cbor_writer.h"

namespace thespian::gateway::model {
namespace {

constexpr uint64_t kFirstLong = 24;

// What is added to a first byte for a number of 2^n bytes behind it.
int WidthCode(uint64_t argument) {
  if (argument <= UINT8_MAX) return 0;
  if (argument <= UINT16_MAX) return 1;
  return argument <= UINT32_MAX ? 2 : 3;
}

}  // namespace

void AppendHead(HeadType type, uint64_t argument, std::string& out) {
  const auto first = static_cast<uint64_t>(type);
  if (argument < kFirstLong) {
    out += static_cast<char>(first | argument);
    return;
  }
  const int code = WidthCode(argument);
  out += static_cast<char>(first + kFirstLong + static_cast<uint64_t>(code));
  for (int shift = 8 * (1 << code) - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(argument >> shift);
  }
}

void Append(std::string_view text, std::string& out) {
  AppendHead(HeadType::kText, text.size(), out);
  out += text;
}

void Append(uint64_t number, std::string& out) {
  AppendHead(HeadType::kUnsigned, number, out);
}

void Append(Lpid id, std::string& out) { out += Pack("LPID", id.value); }

void Append(Rpid id, std::string& out) { out += Pack("RPID", id.value); }

void Append(Raw raw, std::string& out) { out += raw.item; }

}  // namespace thespian::gateway::model
