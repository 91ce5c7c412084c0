#include "server/observe/log_escape.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::TestWithParam;
using ::testing::ValuesIn;

struct Case {
  std::string_view name;
  std::string_view text;
  std::string_view for_text;
  std::string_view in_json;
};

constexpr Case kCases[] = {
    {"Nothing", "", "", ""},
    {"Ascii", R"(a\n "b" ~)", R"(a\n "b" ~)", R"(a\n "b" ~)"},
    {"Letters", "\u00e4\u20ac\U0001f600", "\u00e4\u20ac\U0001f600",
     "\u00e4\u20ac\U0001f600"},
    {"LineEnds", "a\r\nb", R"(a\r\nb)", R"(a\u000d\u000ab)"},
    {"Tab", "\t", R"(\t)", R"(\u0009)"},
    {"Escape", "\x1b[2J", R"(\x1b[2J)", R"(\u001b[2J)"},
    {"Nul", std::string_view("\0", 1), R"(\x00)", R"(\u0000)"},
    {"Delete", "\x7f", R"(\x7f)", R"(\u007f)"},
    {"FirstAndLastOfC1", "\xc2\x80\xc2\x9f", R"(\u0080\u009f)",
     R"(\u0080\u009f)"},
    {"AfterC1", "\u00a0", "\u00a0", "\u00a0"},
    {"Separators", "\u2028\u2029", R"(\u2028\u2029)", R"(\u2028\u2029)"},
    {"Embeddings", "\u202a\u202e", R"(\u202a\u202e)", R"(\u202a\u202e)"},
    {"Isolates", "\u2066\u2069", R"(\u2066\u2069)", R"(\u2066\u2069)"},
    {"Marks", "\u200e\u200f\u061c", R"(\u200e\u200f\u061c)",
     R"(\u200e\u200f\u061c)"},
    {"Neighbours", "\u2027\u202f\u2065\u206a\u200d\u2010",
     "\u2027\u202f\u2065\u206a\u200d\u2010",
     "\u2027\u202f\u2065\u206a\u200d\u2010"},
    {"ABareC1Byte",
     "a\x9b"
     "2J",
     R"(a\x9b2J)", R"(a\x9b2J)"},
    {"HalfACodePoint", "a\xe2\x80", R"(a\xe2\x80)", R"(a\xe2\x80)"},
};

class LogEscapeTest : public TestWithParam<Case> {};

TEST_P(LogEscapeTest, ShowsWhatCouldForge) {
  EXPECT_EQ(EscapeForText(GetParam().text), GetParam().for_text);
  EXPECT_EQ(EscapeInJson(GetParam().text), GetParam().in_json);
}

INSTANTIATE_TEST_SUITE_P(Texts, LogEscapeTest, ValuesIn(kCases),
                         [](const auto& c) {
                           return std::string(c.param.name);
                         });

}  // namespace
}  // namespace thespian::gateway
