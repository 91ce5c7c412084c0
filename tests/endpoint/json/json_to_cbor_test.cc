#include <ostream>
#include <string>
#include <string_view>

#include "endpoint/json/json_payload.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using namespace std::string_view_literals;

using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;

struct Case {
  std::string_view json;
  std::string_view hex;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.json; }

class JsonToCborTest : public ::testing::TestWithParam<Case> {};

TEST_P(JsonToCborTest, IsTheDocumentedItem) {
  EXPECT_THAT(JsonToCbor(GetParam().json),
              IsOkAndHolds(FromHex(GetParam().hex)))
      << GetParam().json;
}

INSTANTIATE_TEST_SUITE_P(
    Plain, JsonToCborTest,
    ::testing::Values(
        Case{"null", "f6"}, Case{"true", "f5"}, Case{"false", "f4"},
        Case{R"(["hello"])", "816568656c6c6f"}, Case{"[]", "80"},
        Case{"{}", "a0"}, Case{" [ 1 , 2 ] ", "820102"},
        Case{R"({"b":1,"a":[2]})", "a2 6162 01 6161 8102"},
        Case{R"("\u00e9\ud83c\udf0d")", "66 c3a9f09f8c8d"},
        Case{R"({"$a":1,"b":2})", "a2 622461 01 6162 02"},
        // 25 elements: the head grows when the array is closed.
        Case{"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
             "9819 00000000000000000000000000000000000000000000000000"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, JsonToCborTest,
    ::testing::Values(Case{"0", "00"}, Case{"-1", "20"}, Case{"23", "17"},
                      Case{"24", "1818"}, Case{"65536", "1a00010000"},
                      Case{"-0", "00"}, Case{"-0.0", "fb8000000000000000"},
                      Case{"1.0", "fb3ff0000000000000"},
                      Case{"1e2", "fb4059000000000000"},
                      Case{"18446744073709551615", "1bffffffffffffffff"},
                      Case{"-9223372036854775808", "3b7fffffffffffffff"},
                      Case{"-9223372036854775809", "3b8000000000000000"},
                      Case{"-18446744073709551616", "3bffffffffffffffff"}));

INSTANTIATE_TEST_SUITE_P(
    Forms, JsonToCborTest,
    ::testing::Values(
        Case{R"({"$int":"18446744073709551615"})", "1bffffffffffffffff"},
        Case{R"({"$int":"-18446744073709551616"})", "3bffffffffffffffff"},
        Case{R"({"$int":"7"})", "07"}, Case{R"({"$int":"-0"})", "00"},
        Case{R"({"$float":"nan"})", "fb7ff8000000000000"},
        Case{R"({"$float":"inf"})", "fb7ff0000000000000"},
        Case{R"({"$float":"-inf"})", "fbfff0000000000000"},
        Case{R"({"$bytes":"_-8"})", "42ffef"}, Case{R"({"$bytes":""})", "40"},
        Case{R"({"$text":"_w"})", "61ff"}, Case{R"({"$simple":23})", "f7"},
        Case{R"({"$simple":255})", "f8ff"}, Case{R"({"$tag":[1,0]})", "c100"},
        Case{R"({"$tag":[{"$int":"18446744073709551615"},[]]})",
             "dbffffffffffffffff 80"},
        Case{R"({"$map":[]})", "a0"},
        Case{R"({"$map":[[1,2],[1,3]]})", "a2 0102 0103"},
        Case{R"({"$map":[["$int",{"$map":[[[],{}]]}]]})",
             "a1 6424696e74 a1 80 a0"}));

struct Refusal {
  std::string_view json;
  std::string_view message;
};
void PrintTo(const Refusal& c, std::ostream* out) { *out << c.json; }

class JsonToCborRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(JsonToCborRefusalTest, SaysWhereAndWhy) {
  EXPECT_THAT(JsonToCbor(GetParam().json),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr(std::string(GetParam().message))))
      << GetParam().json;
}

INSTANTIATE_TEST_SUITE_P(
    Malformed, JsonToCborRefusalTest,
    ::testing::Values(
        Refusal{"", "malformed JSON at line 1, column 1: "},
        Refusal{"[1,]", "malformed JSON at line 1, column 4: "},
        Refusal{"[1,\n 2,\n x]", "malformed JSON at line 3, column 2: "},
        Refusal{"[\"\xc3\xa9\", x]", "malformed JSON at line 1, column 7: "},
        Refusal{"1 2", "malformed JSON at line 1, column 3: "},
        Refusal{"\"\xff\"", "ill-formed UTF-8"}, Refusal{"nan", "column 2"},
        Refusal{"1e999", "number overflow"},
        Refusal{"\"\\ud800\"", "surrogate"}));

INSTANTIATE_TEST_SUITE_P(
    Unmappable, JsonToCborRefusalTest,
    ::testing::Values(
        Refusal{"18446744073709551616", "an integer outside of"},
        Refusal{"[1,\n-18446744073709551617]", "(JSON line 2, column 2"},
        Refusal{R"({"a":1,"b":2,"a":3})", "the key \"a\" twice"},
        Refusal{R"({"$int":5})", "$int wants an integer"},
        Refusal{R"({"$int":"+5"})", "$int wants an integer"},
        Refusal{R"({"$int":""})", "$int wants an integer"},
        Refusal{R"({"$int":"00"})", "$int wants an integer"},
        Refusal{R"({"$int":"-01"})", "$int wants an integer"},
        Refusal{R"({"$bytes":"_-8="})", "without padding"},
        Refusal{R"({"$bytes":" _-8"})", "without padding"},
        Refusal{R"({"$bytes":"_-\n8"})", "without padding"},
        Refusal{R"({"$bytes":"_-9"})", "without padding"},
        Refusal{R"({"$bytes":"/+8"})", "without padding"},
        Refusal{"[1,2]\0[3"sv, "NUL byte (JSON line 1, column 6"},
        Refusal{"\"a\0b\""sv, "NUL byte"},
        Refusal{R"({"$int":"18446744073709551616"})", "$int wants an integer"},
        Refusal{R"({"$float":"NaN"})", "$float wants"},
        Refusal{R"({"$bytes":"*"})", "$bytes wants base64url"},
        Refusal{R"({"$text":[1]})", "$text wants base64url"},
        Refusal{R"({"$simple":24})", "$simple wants"},
        Refusal{R"({"$simple":256})", "$simple wants"},
        Refusal{R"({"$tag":[1]})", "$tag wants"},
        Refusal{R"({"$tag":[-1,0]})", "$tag wants"},
        Refusal{R"({"$map":[[1]]})", "$map wants"},
        Refusal{R"({"$map":{"a":1}})", "$map wants"},
        Refusal{R"({"$foo":1})", "must be one of $int, "}));

std::string Nested(std::string_view open, std::string_view inside,
                   std::string_view close, size_t depth) {
  return Repeat(open, depth) + std::string(inside) + Repeat(close, depth);
}

struct Nest {
  std::string_view open;
  std::string_view close;
  std::string_view head;  // of one level, in hex
};
void PrintTo(const Nest& c, std::ostream* out) { *out << c.open; }

class JsonNestingTest : public ::testing::TestWithParam<Nest> {};

TEST_P(JsonNestingTest, EndsAt64InBothDirections) {
  const Nest& nest = GetParam();
  static constexpr std::string_view kLeaf = R"({"$int":"9007199254740992"})";
  const std::string json = Nested(nest.open, kLeaf, nest.close, 64);
  const absl::StatusOr<std::string> cbor = JsonToCbor(json);
  ASSERT_THAT(cbor, IsOkAndHolds(Repeat(FromHex(nest.head), 64) +
                                 FromHex("1b0020000000000000")));
  EXPECT_THAT(CborToJson(*cbor), IsOkAndHolds(json));
  for (const size_t depth : {65, 200, 100'000}) {
    EXPECT_THAT(JsonToCbor(Nested(nest.open, kLeaf, nest.close, depth)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("nested deeper than 64")))
        << depth;
  }
  EXPECT_THAT(CborToJson(FromHex(nest.head) + *cbor),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("nested deeper than 64")));
}

INSTANTIATE_TEST_SUITE_P(
    Levels, JsonNestingTest,
    ::testing::Values(Nest{"[", "]", "81"}, Nest{R"({"a":)", "}", "a1 6161"},
                      Nest{R"({"$map":[[0,)", "]]}", "a1 00"},
                      Nest{R"({"$tag":[1,)", "]}", "c1"}));

TEST(JsonToCborTextTest, AnErrorIsShortHoweverLongTheText) {
  const std::string json = "\"" + std::string(1'000'000, 'x');
  EXPECT_THAT(std::string(JsonToCbor(json).status().message()),
              SizeIs(Lt(512u)));
}

}  // namespace
}  // namespace thespian::gateway
