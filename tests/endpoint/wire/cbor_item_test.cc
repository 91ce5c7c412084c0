#include "endpoint/wire/cbor_item.h"

#include <cbor.h>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "tests/support/cbor_oracle.h"
#include "tests/support/hex.h"
#include "tests/support/random_item.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

// An item alone: its size is that of the bytes, and bytes after it change
// nothing.
struct ItemCase {
  const char* name;
  std::string bytes;

  friend void PrintTo(const ItemCase& row, std::ostream* out) {
    *out << row.name;
  }
};

// `depth` containers around a 0, each opened by `open` and ended by `close`.
std::string Nested(size_t depth, const char* open, const char* close) {
  return Repeat(FromHex(open), depth) + FromHex("00") +
         Repeat(FromHex(close), depth);
}

const ItemCase kWellFormed[] = {
    {"Zero", FromHex("00")},
    {"LargestUnsigned", FromHex("1bffffffffffffffff")},
    {"LeastNegative", FromHex("3bffffffffffffffff")},
    {"NonShortest", FromHex("1b0000000000000000")},
    {"EmptyBytes", FromHex("40")},
    {"BytesWithU64Length", FromHex("5b000000000000000161")},
    {"EmptyArray", FromHex("80")},
    {"EmptyMap", FromHex("a0")},
    {"EmptyArrayWithU64Count", FromHex("9b0000000000000000")},
    {"EmptyIndefiniteArray", FromHex("9fff")},
    {"EmptyIndefiniteMap", FromHex("bfff")},
    {"EmptyChunkedBytes", FromHex("5fff")},
    {"EmptyChunkedText", FromHex("7fff")},
    {"ChunkedBytes", FromHex("5f 4101 40 420203 ff")},
    {"ChunkedTextAsKeyAndValue", FromHex("bf 7f6161ff 7f6162ff ff")},
    {"ChunkedTextLastInArray", FromHex("82 00 7f6161ff")},
    {"IndefiniteMapOfPairs", FromHex("bf 0001 0203 ff")},
    {"IndefiniteMapWithContainersAsKeys", FromHex("bf 8100 a10001 80 a0 ff")},
    {"DefiniteInIndefiniteInDefinite", FromHex("82 9f 8101 ff a1009fff")},
    {"TaggedTag", FromHex("c1 d9d9f7 00")},
    {"TaggedEmptyArray", FromHex("c1 80")},
    {"TaggedChunkedBytes", FromHex("c2 5f4101ff")},
    {"TagAsMapValue", FromHex("bf 00 c100 ff")},
    {"ManyTags", Repeat(FromHex("c6"), 100'000) + FromHex("00")},
    {"EverySimpleOfOneByte",
     FromHex("98 18 e0e1e2e3e4e5e6e7e8e9eaebecedeeef f0f1f2f3f4f5f6f7")},
    {"SimpleOfTwoBytes", FromHex("82 f820 f8ff")},
    {"Floats", FromHex("83 f97e00 fa7fc00000 fb7ff8000000000000")},
    {"ArraysNested64", Nested(64, "81", "")},
    {"MapsNested64", Nested(64, "a100", "")},
    {"IndefiniteArraysNested64", Nested(64, "9f", "ff")},
    {"IndefiniteMapsNested64", Nested(64, "bf00", "ff")},
    {"EmptyArrayAsThe64th", Repeat(FromHex("81"), 63) + FromHex("80")},
    {"ChunkedTextIn64Arrays",
     Repeat(FromHex("81"), 64) + FromHex("7f 6161 6162 ff")},
    {"TagsDoNotNest", Nested(64, "c181", "")},
    {"ManyArraysSideBySide",
     FromHex("99ffff") + Repeat(FromHex("8100"), 0xffff)},
};

class WellFormedTest : public ::testing::TestWithParam<ItemCase> {};

TEST_P(WellFormedTest, IsMeasured) {
  const std::string& bytes = GetParam().bytes;
  EXPECT_THAT(MeasureItem(bytes, ItemRules::kWellFormed),
              IsOkAndHolds(bytes.size()));
}

TEST_P(WellFormedTest, IsMeasuredWhateverFollows) {
  const std::string& bytes = GetParam().bytes;
  for (const char* after : {"00", "ff", "1c", "81", "c1"}) {
    EXPECT_THAT(MeasureItem(bytes + FromHex(after), ItemRules::kWellFormed),
                IsOkAndHolds(bytes.size()))
        << after;
  }
}

TEST_P(WellFormedTest, IsCutShortWithoutItsLastByte) {
  const std::string& bytes = GetParam().bytes;
  EXPECT_THAT(MeasureItem(std::string_view(bytes).substr(0, bytes.size() - 1),
                          ItemRules::kWellFormed),
              StatusIs(kInvalid, HasSubstr("cut short")));
}

INSTANTIATE_TEST_SUITE_P(Items, WellFormedTest,
                         ::testing::ValuesIn(kWellFormed),
                         [](const auto& row) { return row.param.name; });

struct OffenceCase {
  const char* name;
  std::string bytes;
  ItemRules rules;
  const char* message;  // all of it

  friend void PrintTo(const OffenceCase& row, std::ostream* out) {
    *out << row.name;
  }
};

constexpr ItemRules kAny = ItemRules::kWellFormed;
constexpr ItemRules kPlain = ItemRules::kThespian;

const char kCutAt0[] = "the item is cut short (at byte 0)";
const char kReservedAt0[] =
    "reserved additional information or simple value (at byte 0)";
const char kBreakAt0[] = "a break outside of an indefinite item (at byte 0)";
const char kBreakAt1[] = "a break outside of an indefinite item (at byte 1)";
const char kBreakAt2[] = "a break outside of an indefinite item (at byte 2)";
const char kChunkAt1[] = "a chunk of the wrong type in a string (at byte 1)";

const OffenceCase kOffences[] = {
    {"Empty", "", kAny, kCutAt0},
    {"HeadCut", FromHex("1b00000000000000"), kAny, kCutAt0},
    {"StringCut", FromHex("82 00 6261"), kAny,
     "the item is cut short (at byte 2)"},
    {"ElementMissing", FromHex("8201"), kAny,
     "the item is cut short (at byte 2)"},
    {"ValueMissing", FromHex("a100"), kAny,
     "the item is cut short (at byte 2)"},
    {"BreakMissing", FromHex("9f00"), kAny,
     "the item is cut short (at byte 2)"},
    {"ChunkMissing", FromHex("5f4100"), kAny,
     "the item is cut short (at byte 3)"},
    {"TagContentMissing", FromHex("c1"), kAny,
     "the item is cut short (at byte 1)"},
    {"StringOfTwoTo64", FromHex("5bffffffffffffffff"), kAny, kCutAt0},
    {"ArrayOfTwoTo64", FromHex("9bffffffffffffffff"), kAny,
     "the item is cut short (at byte 9)"},
    {"MapOfTwoTo63", FromHex("bb8000000000000000"), kAny, kCutAt0},
    {"MapOfAlmostTwoTo63", FromHex("bb7fffffffffffffff 0000"), kAny,
     "the item is cut short (at byte 11)"},
    {"Reserved", FromHex("1c"), kAny, kReservedAt0},
    {"ReservedInside", FromHex("8200fe"), kAny,
     "reserved additional information or simple value (at byte 2)"},
    {"ShortSimpleInTwoBytes", FromHex("f81f"), kAny, kReservedAt0},
    {"BreakAlone", FromHex("ff"), kAny, kBreakAt0},
    {"BreakInArray", FromHex("81ff"), kAny, kBreakAt1},
    {"BreakInMapForAValue", FromHex("a100ff"), kAny, kBreakAt2},
    {"BreakForTagContent", FromHex("9fc1ff"), kAny, kBreakAt2},
    {"BreakForTagContentAlone", FromHex("c1ff"), kAny, kBreakAt1},
    {"BreakInArrayInIndefinite", FromHex("9f81ff"), kAny, kBreakAt2},
    {"BreakAfterKey", FromHex("bf00ff"), kAny,
     "a map key without its value (at byte 2)"},
    {"BreakAfterSecondKey", FromHex("bf0001 8100 ff"), kAny,
     "a map key without its value (at byte 5)"},
    {"BreakAfterChunkedKey", FromHex("bf 7fff ff"), kAny,
     "a map key without its value (at byte 3)"},
    {"TextInBytes", FromHex("5f6161ff"), kAny, kChunkAt1},
    {"BytesInText", FromHex("7f4161ff"), kAny, kChunkAt1},
    {"ChunkedChunk", FromHex("5f5f4100ffff"), kAny, kChunkAt1},
    {"NumberInBytes", FromHex("5f00ff"), kAny, kChunkAt1},
    {"ArrayInText", FromHex("7f80ff"), kAny, kChunkAt1},
    {"TagInText", FromHex("7fc16161ff"), kAny, kChunkAt1},
    {"ArraysNested65", Nested(65, "81", ""), kAny,
     "nested deeper than 64 (at byte 64)"},
    {"MapsNested65", Nested(65, "a100", ""), kAny,
     "nested deeper than 64 (at byte 128)"},
    {"IndefiniteArraysNested65", Nested(65, "9f", "ff"), kAny,
     "nested deeper than 64 (at byte 64)"},
    {"EmptyArrayAsThe65th", Repeat(FromHex("81"), 64) + FromHex("80"), kAny,
     "nested deeper than 64 (at byte 64)"},
    {"EmptyMapAsThe65th", Repeat(FromHex("81"), 64) + FromHex("a0"), kAny,
     "nested deeper than 64 (at byte 64)"},
    {"HundredThousandArrays", Repeat(FromHex("81"), 100'000), kAny,
     "nested deeper than 64 (at byte 64)"},
    {"PlainBreak", FromHex("81ff"), kPlain, kBreakAt1},
    {"PlainTag", FromHex("82 00 c100"), kPlain,
     "tags are not allowed (at byte 2)"},
    {"PlainIndefiniteInside", FromHex("a1 61 61 9fff"), kPlain,
     "indefinite lengths are not allowed (at byte 3)"},
    {"PlainSimpleInside", FromHex("83 f4 f5 f7"), kPlain,
     "of the simple values only false, true and null are allowed "
     "(at byte 3)"},
    {"PlainBelowTwoTo63", FromHex("81 3b8000000000000000"), kPlain,
     "integers below -2^63 are not allowed (at byte 1)"},
};

class OffenceTest : public ::testing::TestWithParam<OffenceCase> {};

TEST_P(OffenceTest, IsToldWithItsOffset) {
  const OffenceCase& c = GetParam();
  EXPECT_THAT(MeasureItem(c.bytes, c.rules),
              StatusIs(kInvalid, std::string(c.message)));
}

INSTANTIATE_TEST_SUITE_P(Items, OffenceTest, ::testing::ValuesIn(kOffences),
                         [](const auto& row) { return row.param.name; });

// Both rules against the oracle; returns whether they agree.
::testing::AssertionResult AgreesWithOracle(std::string_view bytes) {
  const Judgement judged = JudgeItem(bytes);
  const bool any = judged.well_formed && judged.depth <= kMaxNesting;
  const auto measured = MeasureItem(bytes, kAny);
  const auto plain = MeasureItem(bytes, kPlain);
  const bool agrees = measured.ok() == any &&
                      plain.ok() == (any && judged.plain) &&
                      (!any || *measured == judged.size) &&
                      (!plain.ok() || *plain == judged.size);
  if (agrees) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << ToHex(bytes) << ": oracle " << any << ", plain " << judged.plain
         << ", size " << judged.size << "; measured " << measured.status()
         << ", as plain " << plain.status();
}

TEST(MeasureItemTest, AgreesWithOracleOnAllOfTwoBytes) {
  for (int number = 0; number < 0x10000; ++number) {
    const std::string bytes{static_cast<char>(number >> 8),
                            static_cast<char>(number)};
    ASSERT_TRUE(AgreesWithOracle(bytes));
  }
}

// One byte or two of every sort that matters to the structure.
TEST(MeasureItemTest, AgreesWithOracleOnAllShortCombinations) {
  const std::string alphabet = FromHex(
      "00 18 1c 20 3b 40 41 5f 60 61 7f 80 81 82 9f a0 a1 bf c1 f0 f4 f8 ff");
  for (int number = 0; number < 23 * 23 * 23 * 23; ++number) {
    std::string bytes;
    for (size_t rest = number; bytes.size() < 4; rest /= alphabet.size()) {
      bytes += alphabet[rest % alphabet.size()];
    }
    ASSERT_TRUE(AgreesWithOracle(bytes));
  }
}

class RandomItemTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  RandomItem random_{GetParam()};
};

TEST_P(RandomItemTest, AgreesWithLibcbor) {
  for (int i = 0; i < 3'000; ++i) {
    const std::string item = random_.Next(/*depth=*/6);
    cbor_load_result result;
    cbor_item_t* loaded =
        cbor_load(reinterpret_cast<cbor_data>(item.data()),  // NOLINT(house)
                  item.size(), &result);
    ASSERT_NE(loaded, nullptr) << ToHex(item);
    cbor_decref(&loaded);
    ASSERT_EQ(result.read, item.size()) << ToHex(item);
    EXPECT_THAT(MeasureItem(item, kAny), IsOkAndHolds(result.read))
        << ToHex(item);
  }
}

TEST_P(RandomItemTest, AgreesWithOracleAlsoWhenDeep) {
  for (int i = 0; i < 300; ++i) {
    const size_t around = 55 + random_.UpTo(12);
    ASSERT_TRUE(AgreesWithOracle(Repeat(FromHex("81"), around) +
                                 random_.Next(/*depth=*/5)));
  }
}

TEST_P(RandomItemTest, NoStrictPrefixIsAnItem) {
  for (int i = 0; i < 200; ++i) {
    const std::string item = random_.Next(/*depth=*/4);
    for (size_t size = 0; size < item.size(); ++size) {
      EXPECT_THAT(MeasureItem(std::string_view(item).substr(0, size), kAny),
                  StatusIs(kInvalid, HasSubstr("cut short")))
          << size << " bytes of " << ToHex(item);
    }
  }
}

TEST_P(RandomItemTest, AgreesWithOracleWhenAByteIsChanged) {
  for (int i = 0; i < 5'000; ++i) {
    std::string item = random_.Next(/*depth=*/4);
    item[random_.UpTo(item.size() - 1)] = static_cast<char>(random_.UpTo(255));
    ASSERT_TRUE(AgreesWithOracle(item));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomItemTest,
                         ::testing::Values(1u, 20'240'229u, 0xfffffffeu));

}  // namespace
}  // namespace thespian::gateway
