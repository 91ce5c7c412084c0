#include "clients/cli/options.h"

#include <stdlib.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace thespian::gateway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedLine Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "thespianctl");
  return ParseLine(static_cast<int>(words.size()), words.data());
}

// The options of a line that is right.
Options Right(std::vector<const char*> words) {
  const ParsedLine line = Parse(std::move(words));
  EXPECT_TRUE(line.options.has_value()) << line.text;
  return line.options.value_or(Options());
}

class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() { SetAddress(nullptr); }

  // No other thread looks at the environment.
  static void SetAddress(const char* address) {
    static constexpr char kName[] = "THESPIAN_GATEWAY_ADDRESS";
    if (address == nullptr) {
      unsetenv(kName);  // NOLINT(concurrency-mt-unsafe)
    } else {
      setenv(kName, address, 1);  // NOLINT(concurrency-mt-unsafe)
    }
  }
};

TEST_F(OptionsTest, HasDefaults) {
  const Options options = Right({"endpoints"});
  EXPECT_EQ(options.command, Command::kEndpoints);
  EXPECT_EQ(options.address, "127.0.0.1:50051");
  EXPECT_EQ(options.timeout, absl::Seconds(30));
  EXPECT_EQ(options.count, std::nullopt);
  EXPECT_EQ(options.linger, std::nullopt);
}

TEST_F(OptionsTest, GlobalsStandBeforeOrAfterTheCommand) {
  const Options options = Right({"--address", "unix:/s", "proxies",
                                 "--endpoint", "e", "--timeout", "0.5"});
  EXPECT_EQ(options.address, "unix:/s");
  EXPECT_EQ(options.endpoint, "e");
  EXPECT_EQ(options.timeout, absl::Milliseconds(500));
}

TEST_F(OptionsTest, TheFlagWinsOverTheEnvironment) {
  SetAddress("env:1");
  EXPECT_EQ(Right({"endpoints"}).address, "env:1");
  EXPECT_EQ(Right({"endpoints", "--address", "flag:1"}).address, "flag:1");
  SetAddress(nullptr);
}

TEST_F(OptionsTest, Sends) {
  Options options =
      Right({"send", "18446744073709551615", "[1,2]", "--incarnation", "3"});
  EXPECT_EQ(options.command, Command::kSend);
  EXPECT_EQ(options.to_id, 18446744073709551615u);
  EXPECT_EQ(options.payload, "[1,2]");
  EXPECT_EQ(options.incarnation, 3u);
  options = Right({"send-named", "echo", R"({"a":[1]})"});
  EXPECT_EQ(options.command, Command::kSendNamed);
  EXPECT_EQ(options.to_name, "echo");
  EXPECT_EQ(options.payload, R"({"a":[1]})");
}

TEST_F(OptionsTest, Calls) {
  Options options = Right({"call", "echo", "[1]", "--hex"});
  EXPECT_EQ(options.command, Command::kCall);
  EXPECT_EQ(options.to_name, "echo");
  EXPECT_EQ(options.payload, "[1]");
  EXPECT_TRUE(options.hex);
  options = Right({"call", "18446744073709551615", "[1]"});
  EXPECT_EQ(options.to_id, 18446744073709551615u);
  EXPECT_EQ(options.to_name, "");
  EXPECT_FALSE(options.hex);
}

TEST_F(OptionsTest, Listens) {
  const Options options = Right({"listen", "--name", "me", "--count", "2"});
  EXPECT_EQ(options.command, Command::kListen);
  EXPECT_EQ(options.actor_name, "me");
  EXPECT_EQ(options.count, 2u);
}

TEST_F(OptionsTest, LinksAndReleases) {
  Options options = Right({"link", "7", "--incarnation", "2"});
  EXPECT_EQ(options.command, Command::kLink);
  EXPECT_EQ(options.to_id, 7u);
  EXPECT_EQ(options.incarnation, 2u);
  options = Right({"release", "7", "--incarnation", "2"});
  EXPECT_EQ(options.command, Command::kRelease);
  EXPECT_EQ(options.to_id, 7u);
  EXPECT_EQ(options.incarnation, 2u);
}

TEST_F(OptionsTest, APayloadMayLookLikeAnOptionAfterTwoDashes) {
  EXPECT_EQ(Right({"send", "7", "--", "-5"}).payload, "-5");
}

TEST_F(OptionsTest, ChecksAChild) {
  Options options = Right({"check-child", "--", "./child", "--name", "x"});
  EXPECT_EQ(options.command, Command::kCheckChild);
  EXPECT_THAT(options.child, ElementsAre("./child", "--name", "x"));
  EXPECT_EQ(options.to_name, "echo");
  EXPECT_EQ(options.dialect, std::nullopt);
  EXPECT_EQ(options.timeout, absl::Seconds(10));
  options = Right({"check-child", "--name", "worker", "--dialect",
                   "thespian-16k", "--timeout", "2", "--", "./child"});
  EXPECT_EQ(options.to_name, "worker");
  EXPECT_EQ(options.dialect, Dialect::kThespian16k);
  EXPECT_EQ(options.timeout, absl::Seconds(2));
}

TEST_F(OptionsTest, ACheckNeedsAChildAndADialectThatThereIs) {
  EXPECT_EQ(Parse({"check-child"}).exit_code, 64);
  const ParsedLine line =
      Parse({"check-child", "--dialect", "klingon", "--", "./child"});
  EXPECT_EQ(line.exit_code, 64);
  EXPECT_THAT(line.text, HasSubstr("thespian-seed"));
}

TEST_F(OptionsTest, TheHelpOfACheckNamesTheChecks) {
  const ParsedLine line = Parse({"check-child", "--help"});
  EXPECT_EQ(line.exit_code, 0);
  EXPECT_THAT(line.text, HasSubstr("  unknown link  a link to an id"));
}

TEST_F(OptionsTest, Attaches) {
  const Options options =
      Right({"attach", "--name", "me", "--count", "2", "--linger", "0"});
  EXPECT_EQ(options.command, Command::kAttach);
  EXPECT_EQ(options.actor_name, "me");
  EXPECT_EQ(options.count, 2u);
  EXPECT_EQ(options.linger, absl::ZeroDuration());
}

TEST_F(OptionsTest, Watches) {
  const Options options =
      Right({"watch", "--kinds", "proxy_created,GAP", "--payloads", "--after",
             "9", "--epoch", "70", "--no-snapshot", "--count", "3", "--json"});
  EXPECT_EQ(options.command, Command::kWatch);
  EXPECT_THAT(options.kinds, ElementsAre(v1::PROXY_EVENT_KIND_PROXY_CREATED,
                                         v1::PROXY_EVENT_KIND_GAP));
  EXPECT_TRUE(options.payloads);
  EXPECT_EQ(options.after_sequence, 9u);
  EXPECT_EQ(options.epoch, 70u);
  EXPECT_TRUE(options.skip_snapshot);
  EXPECT_EQ(options.count, 3u);
  EXPECT_TRUE(options.json);
}

TEST_F(OptionsTest, Lists) {
  EXPECT_EQ(Right({"proxies"}).command, Command::kProxies);
  EXPECT_EQ(Right({"actors"}).command, Command::kActors);
  EXPECT_EQ(Right({"endpoint"}).endpoint, "");
  const Options options = Right({"endpoint", "e", "--json"});
  EXPECT_EQ(options.command, Command::kEndpoint);
  EXPECT_EQ(options.endpoint, "e");
  EXPECT_TRUE(options.json);
}

TEST_F(OptionsTest, Changes) {
  EXPECT_EQ(Right({"reload"}).command, Command::kReload);
  EXPECT_TRUE(Right({"reload", "--json"}).json);
  const Options scale = Right({"scale", "workers", "3", "--json"});
  EXPECT_EQ(scale.command, Command::kScale);
  EXPECT_EQ(scale.endpoint, "workers");
  EXPECT_EQ(scale.replicas, 3u);
  EXPECT_TRUE(scale.json);
  const Options replace = Right({"replace", "workers/1"});
  EXPECT_EQ(replace.command, Command::kReplace);
  EXPECT_EQ(replace.endpoint, "workers/1");
  EXPECT_FALSE(replace.json);
}

TEST_F(OptionsTest, WhatIsWrongIsUsageAndSaysWhat) {
  struct Row {
    std::vector<const char*> words;
    const char* text;
  };
  for (const Row& row :
       {Row{{}, "Usage"},
        Row{{"frob"}, "frob"},
        Row{{"endpoints", "--frob"}, "--frob"},
        Row{{"send", "7"}, "PAYLOAD is required"},
        Row{{"send", "0", "1"}, "ID: must be a number of 1 to 2^64-1, not 0"},
        Row{{"send", "x", "1"}, "not x"},
        Row{{"send", "18446744073709551616", "1"}, "must be a number"},
        Row{{"call", "0", "1"}, "0 is no id of 1 to 2^64-1"},
        Row{{"call", "18446744073709551616", "1"}, "is no id"},
        Row{{"call", "echo"}, "PAYLOAD is required"},
        Row{{"link", "echo"}, "not echo"},
        Row{{"release"}, "ID is required"},
        Row{{"watch", "--count", "0"}, "--count: must be a number of 1"},
        Row{{"watch", "--kinds", "gap,frob"}, "frob is not one of endpoint_"},
        Row{{"watch", "--kinds", "unspecified"}, "unspecified is not one of"},
        Row{{"attach", "--linger", "-1"}, "--linger"},
        Row{{"scale", "workers"}, "REPLICAS"},
        Row{{"scale", "workers", "0"}, "REPLICAS"},
        Row{{"scale", "workers", "1001"}, "REPLICAS"},
        Row{{"scale", "workers", "many"}, "REPLICAS"},
        Row{{"endpoints", "--timeout", "0"}, "--timeout"}}) {
    const ParsedLine line = Parse(row.words);
    EXPECT_FALSE(line.options.has_value()) << line.text;
    EXPECT_EQ(line.exit_code, 64);
    EXPECT_THAT(line.text, HasSubstr(row.text));
  }
}

TEST_F(OptionsTest, WhatIsWrongIsOneLineThatBeginsWithTheProgram) {
  struct Row {
    std::vector<const char*> words;
    const char* text;
  };
  for (const Row& row :
       {Row{{"callx", "echo", "1"},
            "there is no command callx, did you mean call?"},
        Row{{"frob", "one", "two"}, "there is no command frob"},
        Row{{"actors", "one", "two"}, "too much: one two"},
        Row{{"endpoints", "--jsn", "--frob"},
            "there is no option --jsn, did you mean --json?"},
        Row{{"endpoints", "--adress=x"},
            "there is no option --adress, did you mean --address?"},
        Row{{"send", "7"}, "PAYLOAD is required"},
        Row{{"call", "0", "1"}, "TARGET: 0 is no id of 1 to 2^64-1"},
        Row{{"help", "callx"}, "there is no command callx, did you mean call?"},
        Row{{"help", "call", "me"}, "too much: me"}}) {
    const ParsedLine line = Parse(row.words);
    EXPECT_EQ(line.exit_code, 64);
    EXPECT_EQ(line.text,
              "thespianctl: " + std::string(row.text) + " (try --help)\n");
  }
}

TEST_F(OptionsTest, HelpIsACommandToo) {
  EXPECT_EQ(Parse({"help"}).text, Parse({"--help"}).text);
  EXPECT_EQ(Parse({"help", "call"}).text, Parse({"call", "--help"}).text);
  EXPECT_EQ(Parse({"help", "call"}).exit_code, 0);
  EXPECT_EQ(Parse({"--address", "host:1", "help", "call"}).text,
            Parse({"call", "--help"}).text);
  EXPECT_EQ(Parse({"help", "help"}).text, Parse({"help", "--help"}).text);
}

TEST_F(OptionsTest, HelpIsNoError) {
  const ParsedLine help = Parse({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.text, HasSubstr("Examples"));
  const ParsedLine attach = Parse({"attach", "--help"});
  EXPECT_EQ(attach.exit_code, 0);
  EXPECT_THAT(attach.text, HasSubstr("/link ID"));
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
}

}  // namespace
}  // namespace thespian::gateway::cli
