#include "endpoint/wire/payload_profile.h"

#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

struct ProfileCase {
  const char* name;
  std::string payload;
  const char* thespian;  // what the refusal says; null: allowed
  const char* cbor;

  friend void PrintTo(const ProfileCase& row, std::ostream* out) {
    *out << row.name;
  }
};

constexpr const char* kAllowed = nullptr;
const char kIndefinite[] = "indefinite lengths are not allowed (at byte 0)";
const char kTags[] = "tags are not allowed (at byte 0)";
const char kSimple[] =
    "of the simple values only false, true and null are allowed (at byte 0)";
const char kReserved[] =
    "reserved additional information or simple value (at byte 0)";
const char kDeep[] = "nested deeper than 64 (at byte 64)";
const char kOneFollows[] =
    "1 bytes follow the one item that a payload is (at byte 1)";

// PROTOCOL.md, section 4, part by part.
const ProfileCase kProfiles[] = {
    {"DefiniteBytes", FromHex("4161"), kAllowed, kAllowed},
    {"DefiniteText", FromHex("6161"), kAllowed, kAllowed},
    {"DefiniteArray", FromHex("8100"), kAllowed, kAllowed},
    {"DefiniteMap", FromHex("a10000"), kAllowed, kAllowed},
    {"LengthNotShortest", FromHex("9b000000000000000100"), kAllowed, kAllowed},
    {"IndefiniteBytes", FromHex("5f4161ff"), kIndefinite, kAllowed},
    {"IndefiniteText", FromHex("7f6161ff"), kIndefinite, kAllowed},
    {"IndefiniteArray", FromHex("9f00ff"), kIndefinite, kAllowed},
    {"IndefiniteMap", FromHex("bf0000ff"), kIndefinite, kAllowed},
    {"IndefiniteInside", FromHex("82 00 9fff"),
     "indefinite lengths are not allowed (at byte 2)", kAllowed},
    {"TagOfOneByte", FromHex("c100"), kTags, kAllowed},
    {"TagOfNineBytes", FromHex("dbffffffffffffffff00"), kTags, kAllowed},
    {"TagOnAMapKey", FromHex("a1 c16161 00"),
     "tags are not allowed (at byte 1)", kAllowed},
    {"False", FromHex("f4"), kAllowed, kAllowed},
    {"True", FromHex("f5"), kAllowed, kAllowed},
    {"Null", FromHex("f6"), kAllowed, kAllowed},
    {"Undefined", FromHex("f7"), kSimple, kAllowed},
    {"Simple0", FromHex("e0"), kSimple, kAllowed},
    {"Simple19", FromHex("f3"), kSimple, kAllowed},
    {"Simple32", FromHex("f820"), kSimple, kAllowed},
    {"Simple255", FromHex("f8ff"), kSimple, kAllowed},
    {"FalseInTwoBytes", FromHex("f814"), kReserved, kReserved},
    {"Simple31InTwoBytes", FromHex("f81f"), kReserved, kReserved},
    {"Float16", FromHex("f97e00"), kAllowed, kAllowed},
    {"Float32", FromHex("fa7fc00000"), kAllowed, kAllowed},
    {"Float64", FromHex("fb7ff8000000000000"), kAllowed, kAllowed},
    {"LargestUnsigned", FromHex("1bffffffffffffffff"), kAllowed, kAllowed},
    {"MinusTwoTo63", FromHex("3b7fffffffffffffff"), kAllowed, kAllowed},
    {"MinusTwoTo63Less1", FromHex("3b8000000000000000"),
     "integers below -2^63 are not allowed (at byte 0)", kAllowed},
    {"MinusTwoTo64", FromHex("3bffffffffffffffff"),
     "integers below -2^63 are not allowed (at byte 0)", kAllowed},
    {"Nested64", Repeat(FromHex("81"), 64) + FromHex("00"), kAllowed, kAllowed},
    {"Nested65", Repeat(FromHex("81"), 65) + FromHex("00"), kDeep, kDeep},
    {"EmptyArrayAsThe64th", Repeat(FromHex("81"), 63) + FromHex("80"), kAllowed,
     kAllowed},
    {"EmptyArrayAsThe65th", Repeat(FromHex("81"), 64) + FromHex("80"), kDeep,
     kDeep},
    {"SixtyFourSideBySide", FromHex("9840") + Repeat(FromHex("80"), 64),
     kAllowed, kAllowed},
    {"Empty", "", "the payload is empty (at byte 0)",
     "the payload is empty (at byte 0)"},
    {"TwoItems", FromHex("0000"), kOneFollows, kOneFollows},
    {"TrailingBreak", FromHex("00ff"), kOneFollows, kOneFollows},
    {"TrailingReserved", FromHex("001c"), kOneFollows, kOneFollows},
    {"TrailingAfterArray", FromHex("8100 6162"),
     "2 bytes follow the one item that a payload is (at byte 2)",
     "2 bytes follow the one item that a payload is (at byte 2)"},
    {"CutShort", FromHex("8200"), "the item is cut short (at byte 2)",
     "the item is cut short (at byte 2)"},
    {"BreakAlone", FromHex("ff"),
     "a break outside of an indefinite item (at byte 0)",
     "a break outside of an indefinite item (at byte 0)"},
    {"Reserved", FromHex("1c"), kReserved, kReserved},
};

class PayloadProfileTest : public ::testing::TestWithParam<ProfileCase> {
 protected:
  static void ExpectVerdict(PayloadProfile profile, const char* refusal) {
    const absl::Status status = CheckPayload(GetParam().payload, profile);
    if (refusal == kAllowed) {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status, StatusIs(kInvalid, std::string(refusal)));
    }
  }
};

TEST_P(PayloadProfileTest, Thespian) {
  ExpectVerdict(PayloadProfile::kThespian, GetParam().thespian);
}

TEST_P(PayloadProfileTest, Cbor) {
  ExpectVerdict(PayloadProfile::kCbor, GetParam().cbor);
}

INSTANTIATE_TEST_SUITE_P(Section4, PayloadProfileTest,
                         ::testing::ValuesIn(kProfiles),
                         [](const auto& row) { return row.param.name; });

TEST(ProfileNameTest, IsTheOneOfTheProtocol) {
  EXPECT_EQ(ProfileName(PayloadProfile::kThespian), "thespian");
  EXPECT_EQ(ProfileName(PayloadProfile::kCbor), "cbor");
}

TEST(MaxOutgoingFrameBytesTest, ThespianIsAtMost32KiB) {
  const auto limit = [](size_t max) {
    return MaxOutgoingFrameBytes(PayloadProfile::kThespian, max);
  };
  EXPECT_EQ(limit(4 << 20), 32'768u);
  EXPECT_EQ(limit(32'769), 32'768u);
  EXPECT_EQ(limit(32'768), 32'768u);
  EXPECT_EQ(limit(32'767), 32'767u);
}

TEST(MaxOutgoingFrameBytesTest, CborIsAtMostMaxFrameBytes) {
  const auto limit = [](size_t max) {
    return MaxOutgoingFrameBytes(PayloadProfile::kCbor, max);
  };
  EXPECT_EQ(limit(4 << 20), size_t{4} << 20);
  EXPECT_EQ(limit(100), 100u);
}

}  // namespace
}  // namespace thespian::gateway
