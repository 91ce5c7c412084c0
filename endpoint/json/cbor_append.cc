#include "endpoint/json/cbor_append.h"

#include <bit>
#include <cstddef>

namespace thespian::gateway {
namespace {

constexpr uint64_t kInlineArguments = 24;
constexpr uint8_t kFloat64 = 0xfb;

void AppendBigEndian(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = bytes; i-- > 0;) {
    out += static_cast<char>(value >> (8 * i) & 0xff);
  }
}

}  // namespace

void AppendHead(MajorType type, uint64_t argument, std::string& out) {
  const auto major = static_cast<uint64_t>(type) << 5;
  if (argument < kInlineArguments) {
    out += static_cast<char>(major | argument);
    return;
  }
  size_t log = 0;
  while (log < 3 && argument >> (8 << log) != 0) ++log;
  out += static_cast<char>(major | (kInlineArguments + log));
  AppendBigEndian(argument, size_t{1} << log, out);
}

std::string CborHead(MajorType type, uint64_t argument) {
  std::string head;
  AppendHead(type, argument, head);
  return head;
}

void AppendString(MajorType type, std::string_view content, std::string& out) {
  AppendHead(type, content.size(), out);
  out += content;
}

void AppendFloat(double number, std::string& out) {
  out += static_cast<char>(kFloat64);
  AppendBigEndian(std::bit_cast<uint64_t>(number), sizeof(number), out);
}

}  // namespace thespian::gateway
