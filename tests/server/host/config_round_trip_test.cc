// What --print-config prints is a file with the same meaning.
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/server/host/parsed_file.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kFiles = 60;
constexpr int kMostTables = 6;

// Lines that are right in any table, one of each option.
constexpr std::array<std::string_view, 12> kOfAny = {
    "names = [\"a\", \"b \\\"c\\\"\"]\n",
    "names = []\n",
    "dialect = \"thespian\"\n",
    "control = \"refuse\"\n",
    "max-frame-bytes = \"1MiB\"\n",
    "queue-bytes = 123456\n",
    "restart = \"never\"\n",
    "restart-limit = 0\n",
    "hang-restart = true\n",
    "hang-restart = false\n",
    "required = false\n",
    "balance = \"round-robin\"\n",
};
constexpr std::array<std::string_view, 6> kOfChildren = {
    "child-env = [\"PATH\", \"HOME\"]\n",
    "child-env = []\n",
    "child-directory = \"/a\\tb\"\n",
    "child-memory = \"1GiB\"\n",
    "replicas = 5\nmin-ready = 3\n",
    "start = \"on-demand\"\nidle-stop = \"90s\"\n",
};
constexpr std::array<std::string_view, 4> kOfTheTop = {
    "max-actors = 77\n",
    "listen = [\"127.0.0.1:0\", \"unix:@s\"]\n",
    "stop-grace = \"1m30s\"\n",
    "insecure-peers = true\n",
};

// Makes files that are right.
class RandomFile {
 public:
  explicit RandomFile(uint32_t seed) : random_(seed) {}

  std::string Make() {
    std::string text = Some(kOfTheTop);
    if (Below(2) == 0) text += "command = [\"a b\", \"\\\"\\\\\\u0007\"]\n";
    const size_t tables = 1 + Below(kMostTables);
    for (size_t i = 0; i < tables; ++i) text += Table(i, tables);
    return text;
  }

 private:
  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  // A key once.
  template <size_t N>
  std::string Some(const std::array<std::string_view, N>& lines) {
    std::string text;
    for (const std::string_view line : lines) {
      const std::string_view key = line.substr(0, line.find('='));
      if (Below(3) == 0 && text.find(key) == text.npos) text += line;
    }
    return text;
  }

  std::string Table(size_t at, size_t tables) {
    std::string text = fmt::format("[endpoint.\"e.{}\"]\n", at);
    switch (Below(3)) {
      case 0:
        text += "command = [\"child\", \"-x\", \"\"]\n" + Some(kOfChildren);
        break;
      case 1:
        text += "connect = \"unix:/a 'b'\"\n";
        break;
      default:
        text += "accept = \"unix:@s\"\naccept-users = [\"root\", 7]\n";
    }
    text += Some(kOfAny);
    if (at + 1 == tables || Below(2) == 0) return text;
    // To a later one, so that there is no loop.
    return text +
           fmt::format("routes = {{ \"x.\\\"*\" = \"e.{}\", y = \"e.{}\" }}\n",
                       at + 1, tables - 1);
  }

  std::mt19937 random_;
};

TEST(ConfigRoundTripTest, WhatIsPrintedIsReadAndPrintedTheSame) {
  const FileOfOptions file;
  for (uint32_t seed = 0; seed < kFiles; ++seed) {
    const std::string text = RandomFile(seed).Make();
    SCOPED_TRACE(text);
    const ParsedOptions first = file.ParseText(text, {"--print-config"});
    ASSERT_EQ(first.exit, ExitCode::kOk) << first.text;
    const ParsedOptions second = file.ParseText(first.text, {"--print-config"});
    ASSERT_EQ(second.exit, ExitCode::kOk) << second.text;
    EXPECT_EQ(second.text, first.text);
  }
}

TEST(ConfigRoundTripTest, NothingIsLost) {
  const FileOfOptions file;
  const std::string text =
      "\n[endpoint.a]\ncommand=[\"child\", \"\"]\nreplicas=5\n"
      "min-ready=3\nrequired=false\nready-name=\"r\"\ndialect=\"thespian\"\n"
      "names=[]\nstop-grace=\"1m30s\"\nchild-env=[\"PATH\"]\n"
      "hang-restart=false\nstart=\"on-demand\"\nidle-stop=\"90s\"\n"
      "routes={ \"x.*\" = \"b.c\", y = \"d\" }\n"
      "\n[endpoint.\"b.c\"]\nconnect=\"unix:/s\"\n"
      "\n[endpoint.d]\naccept=\"unix:@s\"\naccept-users=[\"root\", \"7\"]\n"
      "accept-limit=3\n";
  const ParsedOptions printed =
      file.ParseText(text, {"--hang-restart", "--print-config"});
  ASSERT_EQ(printed.exit, ExitCode::kOk) << printed.text;
  EXPECT_THAT(printed.text, HasSubstr(text));
  EXPECT_THAT(printed.text, HasSubstr("\nhang-restart=true\n"));
}

TEST(ConfigRoundTripTest, OnlyATableHasTheOptionsOfATable) {
  const ParsedOptions printed = ParseLine({"--print-config", "--", "true"});
  for (const char* key : {"replicas=", "connect=", "accept=", "required="}) {
    EXPECT_THAT(printed.text, Not(HasSubstr(key)));
  }
  EXPECT_THAT(printed.text, HasSubstr("drain=\"30s\"\n"));
}

}  // namespace
}  // namespace thespian::gateway
