// The gateway's options as a process has them: the command line, the
// environment, the file.
#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/integration/gateway_runs.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};

// --- Options ---------------------------------------------------------------

TEST(OptionsTest, AnUnknownOptionIsWrongUsage) {
  const Ended ended = RunGateway({"--no-such-option", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("no-such-option")));
  EXPECT_THAT(ended.out, IsEmpty());
}

TEST(OptionsTest, TheFirstUnknownOptionIsToldWithTheOneThatIsNear) {
  const Ended ended =
      RunGateway({"--stop-grase", "1s", "--other", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err,
              AllOf(IsOneLine(), HasSubstr("there is no option --stop-grase, "
                                           "did you mean --stop-grace?")));
}

TEST(OptionsTest, AWrongValueIsToldWithItsOption) {
  for (const std::vector<std::string>& option :
       {std::vector<std::string>{"--stop-grace", "soon"},
        {"--dialect", "json"},
        {"--max-frame-bytes", "1"},
        {"--max-frame-bytes", "65MiB"},
        {"--log-format", "xml"},
        {"--log-level", "loud"},
        {"--max-actors", "0"},
        {"--max-connections", "0"},
        {"--max-streams", "0"},
        {"--request-memory", "1KiB"},
        {"--socket-mode", "0888"},
        {"--socket-mode", "1000"},
        {"--socket-group", "no-such-group"},
        {"--max-watchers", "-1"}}) {
    const Ended ended = RunGateway({option[0], option[1], "--", TG_DEMO_CHILD});

    EXPECT_EQ(ended.code, kUsage) << option[0];
    EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr(option[0])));
  }
}

TEST(OptionsTest, TheVersionIsPrinted) {
  const Ended ended = RunGateway({"--version"});

  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(IsOneLine(), StartsWith("thespian-gateway ")));
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST(OptionsTest, TheHelpNamesEveryOption) {
  const Ended ended = RunGateway({"--help"});

  EXPECT_EQ(ended.code, 0);
  for (const char* option :
       {"--listen", "--port-file", "--max-frame-bytes", "--dialect",
        "--queue-bytes", "--stop-grace", "--max-actors", "--max-watchers",
        "--mailbox-bytes", "--mailbox-items", "--log-level", "--log-format",
        "--scheduling", "--config", "--print-config", "--check-config",
        "--version"}) {
    EXPECT_THAT(ended.out, HasSubstr(option));
  }
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST(OptionsTest, ThePrintedConfigurationIsOneThatCanBeRead) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  const Ended printed = RunGateway({"--stop-grace", "700ms", "--max-actors",
                                    "12", "--print-config", "--names", "a,b"});
  ASSERT_EQ(printed.code, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr("700ms"));
  EXPECT_THAT(printed.out, HasSubstr("listen=[\"127.0.0.1:50051\"]"));
  std::ofstream(file) << printed.out;

  const Ended again = RunGateway({"--config", file, "--print-config"});

  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("700ms"));
  EXPECT_THAT(again.out, HasSubstr("max-actors=12"));
  EXPECT_THAT(again.out, HasSubstr("names=[\"a\", \"b\"]"));
  EXPECT_EQ(again.out, printed.out);
}

TEST(OptionsTest, WhatIsPrintedHasTheCommandToo) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  const Ended printed =
      RunGateway({"--print-config", "--", TG_DEMO_CHILD, "a \"b\""});
  ASSERT_EQ(printed.code, 0) << printed.err;
  std::ofstream(file) << printed.out;

  const Ended again = RunGateway({"--config", file, "--print-config"});

  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("a \\\"b\\\""));
  EXPECT_EQ(again.out, printed.out);
}

TEST(OptionsTest, ListsAreRepeatedOrHaveCommas) {
  const Ended ended = RunGateway({"--print-config", "--names", "a", "--names",
                                  "b,c", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("names=[\"a\", \"b\", \"c\"]"));
}

TEST(OptionsTest, TheChildsOwnOptionsAreItsOwn) {
  for (const std::string option :
       {"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--names=x",
        "--child-env=PATH", "--dialect=thespian"}) {
    SCOPED_TRACE(option);
    const size_t equals = option.find('=');
    const Ended ended =
        RunGateway({"--check-config", option.substr(0, equals),
                    option.substr(equals + 1), "--", TG_DEMO_CHILD, "--dialect",
                    "plain", "--no-option-of-the-gateway"});

    EXPECT_EQ(ended.code, 0) << ended.err;
  }
}

TEST(OptionsTest, AConfigurationCanBeChecked) {
  EXPECT_EQ(RunGateway({"--check-config"}).code, 0);
  EXPECT_EQ(RunGateway({"--check-config", "--max-actors", "0"}).code, kUsage);
}

// start_check_test.cc has all that is looked at.
TEST(OptionsTest, ACheckFindsWhatAStartWouldFailWith) {
  const TempDir directory;
  const std::string nowhere = directory.File("nowhere");

  const Ended address = RunGateway(
      {"--check-config", "--listen", "127.0.0.1", "--", TG_DEMO_CHILD});
  EXPECT_EQ(address.code, kConfig) << address.out;
  EXPECT_THAT(address.err, HasSubstr("'127.0.0.1'"));

  const Ended child =
      RunGateway({"--check-config", "--child-directory", nowhere, "--", "no"});
  EXPECT_EQ(child.code, kChildCantRun) << child.out;
  EXPECT_THAT(LinesOf(child.err),
              ElementsAre(AllOf(HasSubstr("--child-directory"),
                                HasSubstr("'" + nowhere + "'")),
                          HasSubstr("'no' can't be executed")));
}

// --- The file --------------------------------------------------------------

TEST(ConfigFileTest, AnUnknownKeyIsAnError) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << "stop-grace = \"1s\"\nno-such-key = 1\n";

  const Ended ended = RunGateway({"--config", file, "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("no-such-key")));
}

TEST(ConfigFileTest, AWrongValueIsAnErrorOfTheFile) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << "max-actors = 0\n";

  const Ended ended = RunGateway({"--config", file, "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("max-actors")));
}

// A file of the gateway, its text and what is said of it.
struct BadFile {
  std::string text;
  std::string place;  // ":LINE:COLUMN", or its beginning
  std::string what;
};

TEST(ConfigFileTest, WhatIsWrongIsToldWithItsPlace) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  for (const BadFile& bad : {
           BadFile{"listen = [\"127.0.0.1:0\"\nmax-actors = 5\n", ":2:", ""},
           {"max-actors = 5\nmax-actors = 6\n", ":2:", "max-actors"},
           {"\nstop-grase = \"1s\"\n", ":2:14", "did you mean stop-grace?"},
           {"max-actors = 0\n", ":1:14", "max-actors: Value 0 not in range"},
           {"max-actors = \"5\"\n", ":1:14", "must be an integer"},
           {"hang-restart = 1\n", ":1:16", "must be true or false"},
           {"socket-mode = 0o660\n", ":1:15", "must be text"},
           {"stop-grace = true\n", ":1:14", "must be text"},
           {"stop-grace = \"soon\"\n", ":1:14", "'soon' is no duration"},
           {"listen = [\"127.0.0.1\"]\n", ":1:10", "it has no port"},
           {"names = [\"a\", \"\"]\n", ":1:9", "names: "},
           {"command = \"true\"\n", ":1:11", "must be an array"},
           {"command = []\n", ":1:11", "must be an array"},
           {"config = \"other.toml\"\n", ":1:10", "no key config"},
       }) {
    std::ofstream(file) << bad.text;

    const Ended ended =
        RunGateway({"--check-config", "--config", file, "--", TG_DEMO_CHILD});

    EXPECT_EQ(ended.code, kConfig) << bad.text << ended.out;
    EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr(file + bad.place),
                                 HasSubstr(bad.what)));
  }
}

TEST(ConfigFileTest, TheCommandCanBeInTheFileAndTheCommandLineWins) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << "listen = [\"127.0.0.1:0\"]\n"
                      << "exit-with-child = true\n"
                      << "command = [\"" << TG_SCRIPTED_CHILD
                      << "\", \"exit:3\"]\n";

  EXPECT_EQ(RunGateway({"--config", file}).code, 3);
  EXPECT_EQ(
      RunGateway({"--config", file, "--", TG_SCRIPTED_CHILD, "exit:4"}).code,
      4);
}

TEST(ConfigFileTest, AFileThatAnOlderGatewayPrintedIsReadStill) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << "listen=\"127.0.0.1:0\"\nadmin-listen=\"[]\"\n"
                      << "metrics-listen=\"\"\nmax-frame-bytes=4194304\n"
                      << "names=['a', 'b']\nchild-user=\"\"\n"
                      << "payload-profile=\"\"\nhang-restart=false\n";

  const Ended ended = RunGateway({"--config", file, "--print-config"});

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(
      LinesOf(ended.out),
      AllOf(Contains("listen=[\"127.0.0.1:0\"]"), Contains("admin-listen=[]"),
            Contains("child-user=\"\""), Contains("names=[\"a\", \"b\"]"),
            Contains("hang-restart=false")));
}

TEST(ConfigFileTest, AFileThatIsNotThereIsAnError) {
  const TempDir directory;
  const std::string file = directory.File("nothing.toml");

  const Ended ended = RunGateway({"--config", file, "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr(file)));
}

TEST(ConfigFileTest, TheCommandLineComesBeforeTheEnvironmentBeforeTheFile) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << "max-actors = 11\nmax-watchers = 11\n"
                      << "stop-grace = \"11s\"\n";

  const Ended ended = RunGateway(
      {"--config", file, "--max-actors", "33", "--print-config"},
      {"THESPIAN_GATEWAY_MAX_ACTORS=22", "THESPIAN_GATEWAY_MAX_WATCHERS=22"});

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("max-actors=33"));
  EXPECT_THAT(ended.out, HasSubstr("max-watchers=22"));
  EXPECT_THAT(ended.out, HasSubstr("11s"));
}

TEST(ConfigFileTest, TheEnvironmentNamesTheFileToo) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  const Environment environment = {"THESPIAN_GATEWAY_CONFIG=" + file};

  EXPECT_EQ(RunGateway({"--print-config"}, environment).code, kConfig);

  std::ofstream(file) << "max-actors = 11\n";
  const Ended ended = RunGateway({"--print-config"}, environment);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("max-actors=11"));
}

TEST(OptionsTest, TheProfileThatIsGoneIsToldWithWhatTookItsPlace) {
  const Ended cbor = RunGateway({"--payload-profile", "cbor", "--", "true"});
  EXPECT_EQ(cbor.code, kUsage);
  EXPECT_THAT(cbor.err, HasSubstr("--dialect plain"));
  const Ended thespian =
      RunGateway({"--payload-profile=thespian", "--", "true"});
  EXPECT_EQ(thespian.code, kUsage);
  EXPECT_THAT(thespian.err, HasSubstr("--dialect thespian"));
}

// --- The environment -------------------------------------------------------

TEST(EnvironmentTest, EveryOptionHasItsVariable) {
  const TempDir directory;
  GatewayProcess gateway(
      {}, kDemoChild,
      {"THESPIAN_GATEWAY_LISTEN=unix:" + directory.File("socket"),
       "THESPIAN_GATEWAY_STOP_GRACE=700ms",
       "THESPIAN_GATEWAY_DIALECT=thespian-seed",
       "THESPIAN_GATEWAY_NAMES=echo,counter",
       "THESPIAN_GATEWAY_LOG_FORMAT=json",
       "THESPIAN_GATEWAY_MAX_FRAME_BYTES=70000",
       "THESPIAN_GATEWAY_QUEUE_BYTES=4MiB"});

  EXPECT_EQ(gateway.address(), "unix:" + directory.File("socket"));
  const v1::EndpointLimits limits = EndpointOf(gateway).limits();
  EXPECT_EQ(limits.dialect(), "thespian-seed");
  EXPECT_THAT(limits.names(), ElementsAre("echo", "counter"));
  EXPECT_EQ(limits.max_frame_bytes(), 70'000u);
  EXPECT_EQ(limits.max_outgoing_frame_bytes(), 16'389u);
  EXPECT_EQ(limits.queue_bytes(), uint64_t{4} << 20);
  gateway.program().Kill(SIGTERM);
  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, StartsWith("{"));
}

TEST(EnvironmentTest, AWrongValueIsToldToo) {
  const Ended ended =
      RunGateway({"--", TG_DEMO_CHILD}, {"THESPIAN_GATEWAY_STOP_GRACE=soon"});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err,
              AllOf(IsOneLine(), HasSubstr("THESPIAN_GATEWAY_STOP_GRACE: "),
                    HasSubstr("soon")));
}

TEST(EnvironmentTest, AnAddressThatIsNoneIsToldWithItsVariable) {
  const Ended ended =
      RunGateway({"--", TG_DEMO_CHILD}, {"THESPIAN_GATEWAY_LISTEN=here"});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err,
              AllOf(IsOneLine(), HasSubstr("THESPIAN_GATEWAY_LISTEN: 'here'")));
}

TEST(EnvironmentTest, AnUnknownVariableIsAnErrorWithTheOneThatIsNear) {
  const Ended ended =
      RunGateway({"--check-config"}, {"THESPIAN_GATEWAY_STOP_GRASE=1s"});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err,
              AllOf(IsOneLine(), HasSubstr("THESPIAN_GATEWAY_STOP_GRASE: "),
                    HasSubstr("mean THESPIAN_GATEWAY_STOP_GRACE?")));
}

TEST(EnvironmentTest, VariablesOfOthersAreLeftAlone) {
  const Ended ended = RunGateway(
      {"--check-config"}, {"THESPIAN_GATEWAY_ADDRESS=127.0.0.1:1",
                           "THESPIAN_GATEWAY_PORT=tcp://10.0.0.1:50051",
                           "THESPIAN_GATEWAY_SERVICE_HOST=10.0.0.1",
                           "THESPIAN_GATEWAY_SERVICE_PORT_GRPC=50051",
                           "THESPIAN_GATEWAY_PORT_50051_TCP_ADDR=10.0.0.1"});

  EXPECT_EQ(ended.code, 0) << ended.err;
}

}  // namespace
}  // namespace thespian::gateway
