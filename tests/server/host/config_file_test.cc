#include "server/host/config_file.h"

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Type = ConfigEntry::Type;

TEST(ConfigFileTest, HasTheEntriesInTheirOrderAndPlaces) {
  const auto entries = ParseConfig(
      "# a comment\n"
      "stop-grace = \"5s\"\n"
      "max-actors = 12\n"
      "hang-restart=true\n"
      "  listen = [\"127.0.0.1:0\",\n"
      "            'unix:/s']\n"
      "admin-listen = []\n",
      "f.toml");

  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 5u);
  const ConfigEntry& grace = (*entries)[0];
  EXPECT_EQ(grace.key, "stop-grace");
  EXPECT_EQ(grace.type, Type::kText);
  EXPECT_THAT(grace.texts, ElementsAre("5s"));
  EXPECT_EQ(grace.place, "f.toml:2:14");
  EXPECT_EQ((*entries)[1].type, Type::kInteger);
  EXPECT_THAT((*entries)[1].texts, ElementsAre("12"));
  EXPECT_EQ((*entries)[2].type, Type::kBoolean);
  EXPECT_THAT((*entries)[2].texts, ElementsAre("true"));
  EXPECT_EQ((*entries)[3].type, Type::kArray);
  EXPECT_THAT((*entries)[3].texts, ElementsAre("127.0.0.1:0", "unix:/s"));
  EXPECT_THAT((*entries)[3].place, StartsWith("f.toml:5:"));
  EXPECT_THAT((*entries)[4].texts, ElementsAre());
}

TEST(ConfigFileTest, SaysWhereItIsWrong) {
  const struct {
    std::string text;
    std::string place;
    std::string what;
  } rows[] = {
      {"listen = [\"127.0.0.1:0\"\nmax-actors = 1\n", "f.toml:2:", "array"},
      {"max-actors = 1\n\nmax-actors = 2\n", "f.toml:3:", "redefine"},
      {"stop-grace = 5s\n", "f.toml:1:", ""},
      {"stop-grace = \"5s\n", "f.toml:1:", "string"},
      {"max-actors\n", "f.toml:1:", "'='"},
      {"a = 1\nmax-actors = 1.5\n", "f.toml:2:", "a number with a fraction"},
      {"log-level = 2026-01-01\n", "f.toml:1:", "a date or a time"},
      {"[server]\nmax-actors = 1\n", "f.toml:1:", "server can't be a table"},
      {"names = [[\"a\"]]\n", "f.toml:1:", "names can't be an array"},
      {"names = [\"a\", true]\n", "f.toml:1:", "names can't be true or false"},
      {"port-file = \"a\\u0000b\"\n", "f.toml:1:", "NUL"},
      {"port-file = \"\xff\"\n", "f.toml:1:", "utf-8"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_THAT(ParseConfig(row.text, "f.toml"),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(StartsWith(row.place), HasSubstr(row.what))));
  }
}

TEST(ConfigFileTest, AFileThatCantBeReadIsNamed) {
  const TempDir directory;
  EXPECT_THAT(ReadConfigFile(directory.File("nothing")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(StartsWith(directory.File("nothing")),
                             HasSubstr("No such file"))));
  EXPECT_THAT(ReadConfigFile(directory.File(".")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("Is a directory")));
  EXPECT_THAT(ReadConfigFile("/dev/zero"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("File too large")));
}

TEST(ConfigFileTest, WhatIsQuotedIsReadBack) {
  for (const std::string text : {"", "plain", "a \"b\" 'c'", "back\\slash",
                                 "tab\tline\nend\x7f\x01", "\xc3\xa9"}) {
    SCOPED_TRACE(text);
    const auto entries = ParseConfig("x=" + QuoteToml(text), "f.toml");
    ASSERT_THAT(entries, IsOk());
    EXPECT_THAT(entries->front().texts, ElementsAre(text));
  }
}

}  // namespace
}  // namespace thespian::gateway
