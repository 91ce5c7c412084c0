#include "server/host/config_file.h"

#include <sys/stat.h>

#include <filesystem>
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
  const auto file = ParseConfig(
      "# a comment\n"
      "stop-grace = \"5s\"\n"
      "max-actors = 12\n"
      "hang-restart=true\n"
      "  listen = [\"127.0.0.1:0\",\n"
      "            'unix:/s']\n"
      "admin-listen = []\n",
      "f.toml");

  ASSERT_THAT(file, IsOk());
  const std::vector<ConfigEntry>& entries = file->entries;
  ASSERT_EQ(entries.size(), 5u);
  const ConfigEntry& grace = entries[0];
  EXPECT_EQ(grace.key, "stop-grace");
  EXPECT_EQ(grace.type, Type::kText);
  EXPECT_THAT(grace.texts, ElementsAre("5s"));
  EXPECT_EQ(grace.place, "f.toml:2:14");
  EXPECT_EQ(entries[1].type, Type::kInteger);
  EXPECT_THAT(entries[1].texts, ElementsAre("12"));
  EXPECT_EQ(entries[2].type, Type::kBoolean);
  EXPECT_THAT(entries[2].texts, ElementsAre("true"));
  EXPECT_EQ(entries[3].type, Type::kArray);
  EXPECT_THAT(entries[3].texts, ElementsAre("127.0.0.1:0", "unix:/s"));
  EXPECT_THAT(entries[3].place, StartsWith("f.toml:5:"));
  EXPECT_THAT(entries[4].texts, ElementsAre());
}

TEST(ConfigFileTest, HasTheTablesInTheirOrderAndPlaces) {
  const auto file = ParseConfig(
      "max-actors = 1\n"
      "[endpoint.z]\n"
      "command = [\"true\"]\n"
      "routes = { logger = \"b.c\", \"db.*\" = \"a\" }\n"
      "\n"
      "  [endpoint.\"b.c\"]\n"
      "[endpoint.a.routes]\n"
      "x = 'z'\n"
      "[endpoint.a]\n"
      "replicas = 2\n",
      "f.toml");

  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->entries.size(), 1u);
  ASSERT_EQ(file->tables.size(), 3u);
  const ConfigTable& first = file->tables[0];
  EXPECT_EQ(first.name, "z");
  EXPECT_EQ(first.place, "f.toml:2:1");
  ASSERT_EQ(first.entries.size(), 2u);
  EXPECT_EQ(first.entries[0].key, "command");
  EXPECT_EQ(first.entries[0].place, "f.toml:3:11");
  const ConfigEntry& routes = first.entries[1];
  EXPECT_EQ(routes.type, Type::kTable);
  EXPECT_EQ(routes.place, "f.toml:4:10");
  ASSERT_EQ(routes.items.size(), 2u);
  EXPECT_EQ(routes.items[0].key, "logger");
  EXPECT_EQ(routes.items[0].place, "f.toml:4:21");
  EXPECT_EQ(routes.items[1].key, "db.*");
  EXPECT_THAT(routes.items[1].texts, ElementsAre("a"));
  EXPECT_EQ(file->tables[1].name, "b.c");
  EXPECT_EQ(file->tables[1].place, "f.toml:6:3");
  EXPECT_EQ(file->tables[2].name, "a");
  EXPECT_EQ(file->tables[2].entries.size(), 2u);
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
      {"[server]\nmax-actors = 1\n", "f.toml:1:1: ", "no table [server]"},
      {"[endpoints.a]\n", "f.toml:1:1: ", "did you mean endpoint?"},
      {"[endpoint]\ncommand = [\"a\"]\n",
       "f.toml:2:11: ", "endpoint.command can't be an array"},
      {"endpoint = \"a\"\n", "f.toml:1:12: ", "endpoint can't be text"},
      {"[[endpoint.a]]\n", "f.toml:1:", "endpoint.a can't be an array"},
      {"[endpoint.a]\n[endpoint.a]\n", "f.toml:2:", "redefine"},
      {"[endpoint.a]\nnames = []\nnames = []\n", "f.toml:3:", "redefine"},
      {"[endpoint.a]\nroutes = { x = { y = \"b\" } }\n",
       "f.toml:2:16: ", "x can't be a table"},
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
  const std::string large = directory.File("large");
  std::ofstream(large).put('#');
  std::filesystem::resize_file(large, 1'000'000'000);
  EXPECT_THAT(ReadConfigFile(large),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("File too large")));
  const std::string pipe = directory.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& special : {pipe, std::string("/dev/zero")}) {
    EXPECT_THAT(ReadConfigFile(special),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("no regular file")));
  }
}

TEST(ConfigFileTest, WhatIsQuotedIsReadBack) {
  for (const std::string text : {"", "plain", "a \"b\" 'c'", "back\\slash",
                                 "tab\tline\nend\x7f\x01", "\xc3\xa9"}) {
    SCOPED_TRACE(text);
    const auto file = ParseConfig("x=" + QuoteToml(text), "f.toml");
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT(file->entries.front().texts, ElementsAre(text));
  }
}

TEST(ConfigFileTest, AKeyIsQuotedWhereItHasTo) {
  EXPECT_EQ(QuoteTomlKey("a-b_1"), "a-b_1");
  for (const std::string key : {"", "a.b", "db.*", "\"", "a b", "\xc3\xa9"}) {
    SCOPED_TRACE(key);
    const auto file = ParseConfig(QuoteTomlKey(key) + "=\"x\"", "f.toml");
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->entries.front().key, key);
    EXPECT_THAT(QuoteTomlKey(key), StartsWith("\""));
  }
}

}  // namespace
}  // namespace thespian::gateway
