#include "endpoint/wire/diagnostic_notation.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

struct Case {
  const char* name;
  const char* hex;
  const char* text;
};

// Most rows are those of RFC 8949, appendix A.
constexpr Case kCases[] = {
    {"Zero", "00", "0"},
    {"Million", "1a000f4240", "1000000"},
    {"Largest", "1bffffffffffffffff", "18446744073709551615"},
    {"Smallest", "3bffffffffffffffff", "-18446744073709551616"},
    {"MinusThousand", "3903e7", "-1000"},
    {"WholeFloat", "f93c00", "1.0"},
    {"Float", "fb3ff199999999999a", "1.1"},
    {"LargeFloat", "fb7e37e43c8800759c", "1e+300"},
    {"Infinity", "f97c00", "Infinity"},
    {"MinusInfinity", "f9fc00", "-Infinity"},
    {"NaN", "f97e00", "NaN"},
    {"False", "f4", "false"},
    {"True", "f5", "true"},
    {"Null", "f6", "null"},
    {"Undefined", "f7", "undefined"},
    {"Simple", "f8ff", "simple(255)"},
    {"Tag", "c11a514b67b0", "1(1363896240)"},
    {"NoBytes", "40", "h''"},
    {"Bytes", "4401020304", "h'01020304'"},
    {"Text", "6449455446", "\"IETF\""},
    {"Quotes", "62225c", "\"\\\"\\\\\""},
    {"ControlCharacter", "610a", "\"\\u000a\""},
    {"NoUtf8", "61ff", "\"\xef\xbf\xbd\""},
    {"Array", "8301820203820405", "[1, [2, 3], [4, 5]]"},
    {"Map", "a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"},
    {"EndlessArray", "9f01820203ff", "[_ 1, [2, 3]]"},
    {"EndlessMap", "bf6161019fff02ff", "{_ \"a\": 1, [_ ]: 2}"},
    {"EndlessBytes", "5f42010243030405ff", "(_ h'0102', h'030405')"},
    {"Nothing", "", "..."},
    {"CutArray", "8201", "[1, ..."},
    {"CutMap", "a16161", "{\"a\": ..."},
    {"CutString", "8263616263", "[\"abc\", ..."},
    {"CutInString", "6361", "..."},
    {"CutHead", "821a0001", "[..."},
    {"Reserved", "82011c", "[1, <malformed>"},
    {"LoneBreak", "81ff", "[<malformed>"},
};

class DiagnosticNotationTest : public ::testing::TestWithParam<Case> {};

TEST_P(DiagnosticNotationTest, IsAsTheStandardWritesIt) {
  EXPECT_EQ(ToDiagnosticNotation(FromHex(GetParam().hex)), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Rows, DiagnosticNotationTest,
                         ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& row) {
                           return row.param.name;
                         });

TEST(DiagnosticNotationLimitTest, LongStringsAreCut) {
  EXPECT_EQ(ToDiagnosticNotation("\x66hello!", 5), "\"hello...\"");
  EXPECT_EQ(ToDiagnosticNotation("\x43\x01\x02\x03", 2), "h'0102...'");
}

TEST(DiagnosticNotationLimitTest, DeepItemsAreCut) {
  const std::string deep(100'000, '\x81');
  const std::string text = ToDiagnosticNotation(deep);
  EXPECT_LT(text.size(), 100u);
  EXPECT_EQ(text.substr(text.size() - 4), "[...");
}

}  // namespace
}  // namespace thespian::gateway
