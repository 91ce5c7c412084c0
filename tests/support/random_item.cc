#include "tests/support/random_item.h"

#include <limits>

namespace thespian::gateway {
namespace {

constexpr int kIndefinite = 31;

void AppendByte(int major, int info, std::string& out) {
  out += static_cast<char>(major << 5 | info);
}

void AppendBigEndian(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = bytes; i-- > 0;) {
    out += static_cast<char>(value >> (8 * i) & 0xff);
  }
}

}  // namespace

std::string RandomItem::Next(size_t depth) {
  std::string item;
  Append(depth, item);
  return item;
}

uint64_t RandomItem::UpTo(uint64_t last) {
  return std::uniform_int_distribution<uint64_t>(0, last)(random_);
}

void RandomItem::Append(size_t depth, std::string& out) {
  const int major = static_cast<int>(UpTo(7));
  switch (major) {
    case 0:
    case 1:
      return AppendHead(
          major, UpTo(std::numeric_limits<uint64_t>::max()) >> UpTo(63), out);
    case 2:
    case 3:
      return UpTo(3) == 0 ? AppendChunks(major, out) : AppendString(major, out);
    case 4:
    case 5:
      return depth == 0 ? AppendSimple(out) : AppendItems(major, depth, out);
    case 6:
      AppendHead(major, UpTo(1) == 0 ? UpTo(5) : 24 + UpTo(70'000), out);
      return Append(depth, out);
    default:
      return AppendSimple(out);
  }
}

// Any of the forms that hold the argument.
void RandomItem::AppendHead(int major, uint64_t argument, std::string& out) {
  const size_t form = UpTo(4);
  if (form == 0 && argument < 24) {
    return AppendByte(major, static_cast<int>(argument), out);
  }
  size_t log = form == 0 ? 0 : form - 1;
  while (log < 3 && argument >> (8 << log) != 0) ++log;
  AppendByte(major, 24 + static_cast<int>(log), out);
  AppendBigEndian(argument, size_t{1} << log, out);
}

void RandomItem::AppendString(int major, std::string& out) {
  const size_t size = UpTo(30);
  AppendHead(major, size, out);
  for (size_t i = 0; i < size; ++i) {
    // ASCII: the oracle may look into text.
    out += static_cast<char>(UpTo(major == 2 ? 255 : 127));
  }
}

void RandomItem::AppendChunks(int major, std::string& out) {
  AppendByte(major, kIndefinite, out);
  for (size_t left = UpTo(3); left > 0; --left) AppendString(major, out);
  out += '\xff';
}

void RandomItem::AppendItems(int major, size_t depth, std::string& out) {
  const size_t count = UpTo(4);
  const bool indefinite = UpTo(2) == 0;
  if (indefinite) {
    AppendByte(major, kIndefinite, out);
  } else {
    AppendHead(major, count, out);
  }
  const size_t items = major == 5 ? 2 * count : count;
  for (size_t i = 0; i < items; ++i) Append(depth - 1, out);
  if (indefinite) out += '\xff';
}

void RandomItem::AppendSimple(std::string& out) {
  const int info = 20 + static_cast<int>(UpTo(6));
  if (info == 24) return AppendByte(7, 22, out);
  AppendByte(7, info, out);
  if (info > 24) {
    const size_t size = size_t{1} << (info - 24);
    AppendBigEndian(UpTo(std::numeric_limits<uint64_t>::max()), size, out);
  }
}

}  // namespace thespian::gateway
