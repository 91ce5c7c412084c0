#include "endpoint/wire/cbor_head.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

// Every first byte there is (RFC 8949, section 3), followed by zeros.
struct FirstByteCase {
  const char* name;
  int first;
  int last;
  HeadStatus status;
  HeadKind kind = HeadKind::kBreak;
  size_t size = 0;
  bool size_grows = false;  // by one with every first byte

  friend void PrintTo(const FirstByteCase& row, std::ostream* out) {
    *out << row.name;
  }
};

constexpr HeadStatus kOk = HeadStatus::kOk;
constexpr HeadStatus kBad = HeadStatus::kMalformed;

const FirstByteCase kFirstBytes[] = {
    {"UnsignedInline", 0x00, 0x17, kOk, HeadKind::kUnsigned, 1},
    {"UnsignedU8", 0x18, 0x18, kOk, HeadKind::kUnsigned, 2},
    {"UnsignedU16", 0x19, 0x19, kOk, HeadKind::kUnsigned, 3},
    {"UnsignedU32", 0x1a, 0x1a, kOk, HeadKind::kUnsigned, 5},
    {"UnsignedU64", 0x1b, 0x1b, kOk, HeadKind::kUnsigned, 9},
    {"UnsignedReserved", 0x1c, 0x1f, kBad},
    {"NegativeInline", 0x20, 0x37, kOk, HeadKind::kNegative, 1},
    {"NegativeU8", 0x38, 0x38, kOk, HeadKind::kNegative, 2},
    {"NegativeU16", 0x39, 0x39, kOk, HeadKind::kNegative, 3},
    {"NegativeU32", 0x3a, 0x3a, kOk, HeadKind::kNegative, 5},
    {"NegativeU64", 0x3b, 0x3b, kOk, HeadKind::kNegative, 9},
    {"NegativeReserved", 0x3c, 0x3f, kBad},
    {"BytesInline", 0x40, 0x57, kOk, HeadKind::kBytes, 1, true},
    {"BytesU8", 0x58, 0x58, kOk, HeadKind::kBytes, 2},
    {"BytesU16", 0x59, 0x59, kOk, HeadKind::kBytes, 3},
    {"BytesU32", 0x5a, 0x5a, kOk, HeadKind::kBytes, 5},
    {"BytesU64", 0x5b, 0x5b, kOk, HeadKind::kBytes, 9},
    {"BytesReserved", 0x5c, 0x5e, kBad},
    {"BytesIndefinite", 0x5f, 0x5f, kOk, HeadKind::kIndefiniteBytes, 1},
    {"TextInline", 0x60, 0x77, kOk, HeadKind::kText, 1, true},
    {"TextU8", 0x78, 0x78, kOk, HeadKind::kText, 2},
    {"TextU16", 0x79, 0x79, kOk, HeadKind::kText, 3},
    {"TextU32", 0x7a, 0x7a, kOk, HeadKind::kText, 5},
    {"TextU64", 0x7b, 0x7b, kOk, HeadKind::kText, 9},
    {"TextReserved", 0x7c, 0x7e, kBad},
    {"TextIndefinite", 0x7f, 0x7f, kOk, HeadKind::kIndefiniteText, 1},
    {"ArrayInline", 0x80, 0x97, kOk, HeadKind::kArray, 1},
    {"ArrayU8", 0x98, 0x98, kOk, HeadKind::kArray, 2},
    {"ArrayU16", 0x99, 0x99, kOk, HeadKind::kArray, 3},
    {"ArrayU32", 0x9a, 0x9a, kOk, HeadKind::kArray, 5},
    {"ArrayU64", 0x9b, 0x9b, kOk, HeadKind::kArray, 9},
    {"ArrayReserved", 0x9c, 0x9e, kBad},
    {"ArrayIndefinite", 0x9f, 0x9f, kOk, HeadKind::kIndefiniteArray, 1},
    {"MapInline", 0xa0, 0xb7, kOk, HeadKind::kMap, 1},
    {"MapU8", 0xb8, 0xb8, kOk, HeadKind::kMap, 2},
    {"MapU16", 0xb9, 0xb9, kOk, HeadKind::kMap, 3},
    {"MapU32", 0xba, 0xba, kOk, HeadKind::kMap, 5},
    {"MapU64", 0xbb, 0xbb, kOk, HeadKind::kMap, 9},
    {"MapReserved", 0xbc, 0xbe, kBad},
    {"MapIndefinite", 0xbf, 0xbf, kOk, HeadKind::kIndefiniteMap, 1},
    {"TagInline", 0xc0, 0xd7, kOk, HeadKind::kTag, 1},
    {"TagU8", 0xd8, 0xd8, kOk, HeadKind::kTag, 2},
    {"TagU16", 0xd9, 0xd9, kOk, HeadKind::kTag, 3},
    {"TagU32", 0xda, 0xda, kOk, HeadKind::kTag, 5},
    {"TagU64", 0xdb, 0xdb, kOk, HeadKind::kTag, 9},
    {"TagReserved", 0xdc, 0xdf, kBad},
    {"SimpleInline", 0xe0, 0xf7, kOk, HeadKind::kSimple, 1},
    {"SimpleBelow32InTwoBytes", 0xf8, 0xf8, kBad},
    {"Float16", 0xf9, 0xf9, kOk, HeadKind::kFloat, 3},
    {"Float32", 0xfa, 0xfa, kOk, HeadKind::kFloat, 5},
    {"Float64", 0xfb, 0xfb, kOk, HeadKind::kFloat, 9},
    {"FloatReserved", 0xfc, 0xfe, kBad},
    {"Break", 0xff, 0xff, kOk, HeadKind::kBreak, 1},
};

class FirstByteTest : public ::testing::TestWithParam<FirstByteCase> {};

TEST_P(FirstByteTest, TellsKindAndSize) {
  const FirstByteCase& c = GetParam();
  for (int first = c.first; first <= c.last; ++first) {
    SCOPED_TRACE(::testing::Message() << "first byte " << first);
    const std::string bytes = static_cast<char>(first) + std::string(40, '\0');
    Head head;
    ASSERT_EQ(ReadHead(bytes, head), c.status);
    if (c.status != kOk) continue;
    EXPECT_EQ(head.kind, c.kind);
    EXPECT_EQ(head.size, c.size + (c.size_grows ? first - c.first : 0));
  }
}

TEST_P(FirstByteTest, IsTruncatedWhereverItIsCut) {
  const FirstByteCase& c = GetParam();
  if (c.status != kOk) return;
  const std::string bytes = static_cast<char>(c.last) + std::string(40, '\0');
  Head head;
  ASSERT_EQ(ReadHead(bytes, head), kOk);
  for (size_t size = 0; size < head.size; ++size) {
    // Memory that ends with the bytes, for the sanitizers.
    const auto cut = std::make_unique<char[]>(size);
    bytes.copy(cut.get(), size);
    Head unused;
    EXPECT_EQ(ReadHead({cut.get(), size}, unused), HeadStatus::kTruncated);
  }
}

INSTANTIATE_TEST_SUITE_P(Rfc8949, FirstByteTest,
                         ::testing::ValuesIn(kFirstBytes),
                         [](const auto& row) { return row.param.name; });

TEST(FirstByteTableTest, HasEveryByteOnce) {
  int next = 0;
  for (const FirstByteCase& c : kFirstBytes) {
    EXPECT_EQ(c.first, next) << c.name;
    next = c.last + 1;
  }
  EXPECT_EQ(next, 256);
}

struct ArgumentCase {
  const char* name;
  const char* rest;  // of the head, in hex, after its first byte
  int info;
  uint64_t argument;

  friend void PrintTo(const ArgumentCase& row, std::ostream* out) {
    *out << row.name;
  }
};

const ArgumentCase kArguments[] = {
    {"Inline0", "", 0, 0},
    {"Inline23", "", 23, 23},
    {"U8Of0", "00", 24, 0},
    {"U8Of255", "ff", 24, 255},
    {"U16Of1", "0001", 25, 1},
    {"U16Of65535", "ffff", 25, 65'535},
    {"U32OfAscendingBytes", "01020304", 26, 0x01020304},
    {"U32Max", "ffffffff", 26, 0xffffffff},
    {"U64OfAscendingBytes", "0102030405060708", 27, 0x0102030405060708},
    {"U64OfTwoTo63", "8000000000000000", 27, uint64_t{1} << 63},
    {"U64Max", "ffffffffffffffff", 27, ~uint64_t{0}},
};

class ArgumentTest : public ::testing::TestWithParam<ArgumentCase> {};

TEST_P(ArgumentTest, IsReadForEveryKindThatHasOne) {
  for (const int major : {0, 1, 4, 5, 6}) {
    SCOPED_TRACE(::testing::Message() << "major type " << major);
    const std::string bytes = static_cast<char>(major << 5 | GetParam().info) +
                              FromHex(GetParam().rest);
    Head head;
    ASSERT_EQ(ReadHead(bytes, head), kOk);
    EXPECT_EQ(head.argument, GetParam().argument);
    EXPECT_EQ(head.size, bytes.size());
    EXPECT_TRUE(head.string.empty());
  }
}

TEST_P(ArgumentTest, AnnouncesAStringThatIsTruncated) {
  if (GetParam().argument == 0) return;
  for (const int major : {2, 3}) {
    const std::string bytes = static_cast<char>(major << 5 | GetParam().info) +
                              FromHex(GetParam().rest);
    Head head;
    EXPECT_EQ(ReadHead(bytes, head), HeadStatus::kTruncated);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryWidth, ArgumentTest,
                         ::testing::ValuesIn(kArguments),
                         [](const auto& row) { return row.param.name; });

TEST(ReadHeadTest, StringIsAViewOfItsBytes) {
  const std::string bytes = FromHex("5803 616263 ff");
  Head head;
  ASSERT_EQ(ReadHead(bytes, head), kOk);
  EXPECT_EQ(head.string, "abc");
  EXPECT_EQ(head.string.data(), bytes.data() + 2);
  EXPECT_EQ(head.size, 5u);
}

TEST(ReadHeadTest, TextNeedNotBeUtf8) {
  const std::string bytes = FromHex("62 ff00");
  Head head;
  ASSERT_EQ(ReadHead(bytes, head), kOk);
  EXPECT_EQ(head.string, bytes.substr(1));
}

TEST(ReadHeadTest, EverySimpleValueInOneByte) {
  for (int value = 0; value <= 23; ++value) {
    const std::string bytes(1, static_cast<char>(0xe0 + value));
    Head head;
    ASSERT_EQ(ReadHead(bytes, head), kOk) << value;
    EXPECT_EQ(head.kind, HeadKind::kSimple);
    EXPECT_EQ(head.argument, static_cast<uint64_t>(value));
  }
}

TEST(ReadHeadTest, EverySimpleValueInTwoBytes) {
  for (int value = 0; value <= 255; ++value) {
    const std::string bytes{'\xf8', static_cast<char>(value)};
    Head head;
    ASSERT_EQ(ReadHead(bytes, head), value < 32 ? kBad : kOk) << value;
    if (value < 32) continue;
    EXPECT_EQ(head.kind, HeadKind::kSimple);
    EXPECT_EQ(head.argument, static_cast<uint64_t>(value));
    EXPECT_EQ(head.size, 2u);
  }
}

TEST(ReadHeadTest, TwoByteSimpleValueCutInTwoIsTruncated) {
  Head head;
  EXPECT_EQ(ReadHead("\xf8", head), HeadStatus::kTruncated);
}

// The examples of RFC 8949, appendix A.
TEST(ReadHeadTest, ReadsFloats) {
  const std::pair<const char*, double> rows[] = {
      {"f90000", 0.0},
      {"f93c00", 1.0},
      {"f97bff", 65504.0},
      {"f90001", 5.960464477539063e-8},
      {"f9c400", -4.0},
      {"fa47c35000", 100000.0},
      {"f97c00", INFINITY},
      {"fa7f7fffff", 3.4028234663852886e+38},
      {"fb3ff199999999999a", 1.1},
      {"fbc010666666666666", -4.1},
  };
  for (const auto& [hex, number] : rows) {
    const std::string bytes = FromHex(hex);
    Head head;
    ASSERT_EQ(ReadHead(bytes, head), kOk) << hex;
    EXPECT_EQ(head.kind, HeadKind::kFloat) << hex;
    EXPECT_EQ(head.number, number) << hex;
    EXPECT_EQ(head.size, bytes.size()) << hex;
  }
}

TEST(ReadHeadTest, ReadsNotANumber) {
  for (const char* hex : {"f97e00", "fa7fc00000", "fb7ff8000000000000"}) {
    Head head;
    ASSERT_EQ(ReadHead(FromHex(hex), head), kOk) << hex;
    EXPECT_TRUE(std::isnan(head.number)) << hex;
  }
}

TEST(ReadHeadTest, NothingStaysOfTheHeadBefore) {
  const std::string text = FromHex("6161");
  Head head;
  ASSERT_EQ(ReadHead(text, head), kOk);
  ASSERT_EQ(ReadHead(FromHex("9f"), head), kOk);
  EXPECT_TRUE(head.string.empty());
  EXPECT_EQ(head.argument, 0u);
}

}  // namespace
}  // namespace thespian::gateway
