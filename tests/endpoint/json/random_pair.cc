#include "tests/endpoint/json/random_pair.h"

#include <array>
#include <bit>
#include <limits>
#include <utility>

namespace thespian::gateway {
namespace {

constexpr std::array<std::string_view, 8> kTexts = {"",
                                                    "a",
                                                    "$int",
                                                    "two words",
                                                    "\xc3\xa9\"\\\n",
                                                    "\xf0\x9f\x8c\x8d",
                                                    "\xff",
                                                    "cut \xc3"};

void AppendBytes(uint64_t value, size_t bytes, std::string& out) {
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
}

// The head with its argument in `bytes` bytes; 0 puts it into the first byte.
std::string HeadIn(int major, uint64_t argument, size_t bytes) {
  const int info =
      bytes == 0 ? static_cast<int>(argument) : 24 + std::countr_zero(bytes);
  std::string head(1, static_cast<char>(major << 5 | info));
  AppendBytes(argument, bytes, head);
  return head;
}

size_t ShortestBytes(uint64_t argument) {
  if (argument < 24) return 0;
  if (argument <= 0xff) return 1;
  if (argument <= 0xffff) return 2;
  return argument <= 0xffffffff ? 4 : 8;
}

}  // namespace

Pair RandomPair::Next(size_t depth) {
  pair_ = {};
  Add(depth);
  return std::move(pair_);
}

uint64_t RandomPair::UpTo(uint64_t last) {
  return std::uniform_int_distribution<uint64_t>(0, last)(random_);
}

void RandomPair::AddToBoth(std::string_view bytes) {
  pair_.loose += bytes;
  pair_.canonical += bytes;
}

void RandomPair::Add(size_t depth) {
  const uint64_t any = UpTo(std::numeric_limits<uint64_t>::max()) >> UpTo(63);
  switch (UpTo(depth > 0 ? 9 : 5)) {
    case 0:
      return AddHead(0, any);
    case 1:
      return AddHead(1, any);
    case 2:
      return AddString(2, std::string(UpTo(40), static_cast<char>(any)));
    case 3:
      return AddText();
    case 4:
      return AddSimple();
    case 5:
      return AddFloat();
    case 6:
      AddHead(6, any);
      return Add(depth - 1);
    case 7:
      return AddItems(4, depth - 1);
    default:
      return AddItems(5, depth - 1);
  }
}

void RandomPair::AddHead(int major, uint64_t argument) {
  const size_t shortest = ShortestBytes(argument);
  pair_.canonical += HeadIn(major, argument, shortest);
  const size_t longer = size_t{1} << UpTo(3);
  pair_.loose += HeadIn(major, argument, longer > shortest ? longer : shortest);
}

void RandomPair::AddString(int major, std::string_view content) {
  if (UpTo(2) > 0) {
    AddHead(major, content.size());
    return AddToBoth(content);
  }
  pair_.canonical +=
      HeadIn(major, content.size(), ShortestBytes(content.size()));
  pair_.canonical += content;
  const size_t cut = UpTo(content.size());
  pair_.loose += HeadIn(major, 31, 0);
  for (const auto& chunk : {content.substr(0, cut), content.substr(cut)}) {
    pair_.loose += HeadIn(major, chunk.size(), 8);
    pair_.loose += chunk;
  }
  pair_.loose += '\xff';
}

void RandomPair::AddText() {
  std::string text(kTexts[UpTo(kTexts.size() - 1)]);
  for (uint64_t more = UpTo(3); more > 0; --more) {
    text += kTexts[UpTo(kTexts.size() - 1)];
  }
  AddString(3, text);
}

void RandomPair::AddItems(int major, size_t depth) {
  const uint64_t count = UpTo(5) == 0 ? UpTo(40) : UpTo(3);
  const bool indefinite = UpTo(2) == 0;
  if (indefinite) {
    pair_.canonical += HeadIn(major, count, ShortestBytes(count));
    pair_.loose += HeadIn(major, 31, 0);
  } else {
    AddHead(major, count);
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (major == 5) UpTo(3) > 0 ? AddText() : Add(depth);
    Add(depth);
  }
  if (indefinite) pair_.loose += '\xff';
}

void RandomPair::AddSimple() {
  const uint64_t value = UpTo(255);
  if (value < 24) return AddToBoth(HeadIn(7, value, 0));
  if (value >= 32) AddToBoth(HeadIn(7, value, 1));
  if (value < 32) AddToBoth("\xf6");
}

void RandomPair::AddFloat() {
  static constexpr std::string_view kNan("\xfb\x7f\xf8\0\0\0\0\0\0", 9);
  const auto narrow = std::bit_cast<float>(
      static_cast<uint32_t>(UpTo(std::numeric_limits<uint32_t>::max())));
  if (narrow != narrow) {
    pair_.canonical += kNan;
    pair_.loose += std::string_view("\xf9\x7e\0", 3);
    return;
  }
  const std::string wide =
      HeadIn(7, std::bit_cast<uint64_t>(double{narrow}), 8);
  pair_.canonical += wide;
  pair_.loose +=
      UpTo(1) == 0 ? wide : HeadIn(7, std::bit_cast<uint32_t>(narrow), 4);
}

}  // namespace thespian::gateway
