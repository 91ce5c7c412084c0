#include <ostream>
#include <string>
#include <string_view>

#include "endpoint/json/json_payload.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"
#include "tests/support/vectors.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view hex;
  std::string_view json;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.hex; }

class CborToJsonTest : public ::testing::TestWithParam<Case> {};

TEST_P(CborToJsonTest, IsTheDocumentedText) {
  EXPECT_THAT(CborToJson(FromHex(GetParam().hex)),
              IsOkAndHolds(GetParam().json))
      << GetParam().hex;
}

INSTANTIATE_TEST_SUITE_P(
    Plain, CborToJsonTest,
    ::testing::Values(Case{"f4", "false"}, Case{"f5", "true"},
                      Case{"f6", "null"},
                      Case{"816568656c6c6f", R"(["hello"])"},
                      Case{"9fff", "[]"}, Case{"bfff", "{}"},
                      Case{"9f01820203ff", "[1,[2,3]]"},
                      Case{"bf6162016161 02ff", R"({"b":1,"a":2})"},
                      Case{"7f61c361a9ff", "\"\xc3\xa9\""},
                      Case{"6100", R"("\u0000")"}, Case{"62225c", R"("\"\\")"},
                      Case{"a2 622461 01 6162 02", R"({"$a":1,"b":2})"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, CborToJsonTest,
    ::testing::Values(
        Case{"1800", "0"}, Case{"20", "-1"},
        Case{"1b001fffffffffffff", "9007199254740991"},
        Case{"1b0020000000000000", R"({"$int":"9007199254740992"})"},
        Case{"3b001ffffffffffffe", "-9007199254740991"},
        Case{"3b001fffffffffffff", R"({"$int":"-9007199254740992"})"},
        Case{"1bffffffffffffffff", R"({"$int":"18446744073709551615"})"},
        Case{"3bffffffffffffffff", R"({"$int":"-18446744073709551616"})"},
        Case{"f93c00", "1.0"}, Case{"fa3f800000", "1.0"},
        Case{"fb3ff0000000000000", "1.0"}, Case{"f98000", "-0.0"},
        Case{"fb3fb999999999999a", "0.1"},
        Case{"f97e00", R"({"$float":"nan"})"},
        Case{"fa7f800000", R"({"$float":"inf"})"},
        Case{"fbfff0000000000000", R"({"$float":"-inf"})"}));

INSTANTIATE_TEST_SUITE_P(
    Forms, CborToJsonTest,
    ::testing::Values(
        Case{"42ffef", R"({"$bytes":"_-8"})"},
        Case{"5f41ff41efff", R"({"$bytes":"_-8"})"},
        Case{"61ff", R"({"$text":"_w"})"}, Case{"f7", R"({"$simple":23})"},
        Case{"e0", R"({"$simple":0})"}, Case{"f8ff", R"({"$simple":255})"},
        Case{"c100", R"({"$tag":[1,0]})"},
        Case{"dbffffffffffffffff00",
             R"({"$tag":[{"$int":"18446744073709551615"},0]})"},
        Case{"a10102", R"({"$map":[[1,2]]})"},
        Case{"a26161 01 6161 02", R"({"$map":[["a",1],["a",2]]})"},
        Case{"a1622461 01", R"({"$map":[["$a",1]]})"},
        Case{"a161ff 01", R"({"$map":[[{"$text":"_w"},1]]})"},
        Case{"bf8000ff", R"({"$map":[[[],0]]})"}));

struct Refusal {
  std::string_view hex;
  std::string_view message;
};
void PrintTo(const Refusal& c, std::ostream* out) { *out << c.hex; }

class CborToJsonRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(CborToJsonRefusalTest, SaysWhereAndWhy) {
  EXPECT_THAT(CborToJson(FromHex(GetParam().hex)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr(std::string(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Malformed, CborToJsonRefusalTest,
    ::testing::Values(Refusal{"", "empty"}, Refusal{"8101 02", "at byte 2"},
                      Refusal{"8201", "cut short (at byte 2)"},
                      Refusal{"ff", "break"}, Refusal{"1c", "at byte 0"},
                      Refusal{"5bffffffffffffffff", "cut short"},
                      Refusal{"9bffffffffffffffff00", "cut short"}));

TEST(CborToJsonVectorsTest, TakesWhatTheProfileForAnyCborTakes) {
  for (const PayloadVector& payload : LoadVectors().payloads) {
    EXPECT_EQ(CborToJson(payload.bytes).ok(), payload.cbor) << payload.name;
  }
}

}  // namespace
}  // namespace thespian::gateway
