// The gateway as a process: its command line, its environment, its file, and
// what keeps it from starting.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/gateway_process.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kUsage = 64;
constexpr int kChildCantRun = 69;
constexpr int kConfig = 78;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};

MATCHER(IsOneLine, "is one line") {
  return std::count(arg.begin(), arg.end(), '\n') == 1 && arg.back() == '\n';
}

Ended RunGateway(std::vector<std::string> arguments,
                 const Environment& environment = {}) {
  arguments.insert(arguments.begin(), TG_GATEWAY);
  return Program(arguments, environment).Wait();
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines =
      absl::StrSplit(text, '\n', absl::SkipEmpty());
  return lines;
}

// The lines of the log that tell of errors.
std::vector<std::string> ErrorsOf(const std::string& log) {
  std::vector<std::string> errors = LinesOf(log);
  std::erase_if(errors, [](const std::string& line) {
    return line.find(" error ") == std::string::npos;
  });
  return errors;
}

v1::Endpoint EndpointOf(const GatewayProcess& gateway) {
  const auto stub = v1::GatewayService::NewStub(grpc::CreateChannel(
      gateway.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::GetEndpointResponse response;
  const grpc::Status status = stub->GetEndpoint(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.endpoint();
}

// --- Where it listens ------------------------------------------------------

TEST(ListenTest, AUnixSocketIsServed) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("socket");

  GatewayProcess gateway({"--listen", address}, kDemoChild);

  EXPECT_EQ(gateway.address(), address);
  EXPECT_EQ(EndpointOf(gateway).state(), v1::ENDPOINT_STATE_RUNNING);
}

TEST(ListenTest, ATakenPortIsToldAndEndsIt) {
  GatewayProcess first({}, kDemoChild);

  const Ended ended =
      RunGateway({"--listen", first.address(), "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr(first.address())));
}

TEST(ListenTest, ATakenUnixSocketIsToldAndLeftAlone) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("socket");
  GatewayProcess first({"--listen", address}, kDemoChild);

  const Ended ended = RunGateway({"--listen", address, "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr(address)));
  EXPECT_EQ(EndpointOf(first).state(), v1::ENDPOINT_STATE_RUNNING);
}

TEST(ListenTest, AUnixSocketThatIsNoLongerServedIsTakenOver) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("socket");
  {
    GatewayProcess first({"--listen", address}, kDemoChild);
    ASSERT_EQ(first.address(), address);
  }  // killed: the socket stays

  GatewayProcess second({"--listen", address}, kDemoChild);

  EXPECT_EQ(EndpointOf(second).state(), v1::ENDPOINT_STATE_RUNNING);
}

TEST(ListenTest, ItListensOnSeveralAddresses) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("socket");
  const std::string ports = directory.File("ports");

  GatewayProcess gateway({"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0",
                          "--listen", address},
                         kDemoChild);

  EXPECT_THAT(gateway.address(), StartsWith("127.0.0.1:"));
  gateway.program().Kill(SIGTERM);
  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("listening on " + address));
}

TEST(ListenTest, AnAddressThatIsNoneIsToldAndEndsIt) {
  const Ended ended = RunGateway({"--listen", "nonsense", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("'nonsense'")));
}

// --- What it starts --------------------------------------------------------

TEST(CommandTest, AMissingCommandIsWrongUsage) {
  const Ended ended = RunGateway({"--listen", "127.0.0.1:0"});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("COMMAND")));
}

TEST(CommandTest, AProgramThatIsNotThereCantBeRun) {
  const TempDir directory;
  const std::string program = directory.File("nothing");

  const Ended ended = RunGateway({"--listen", "127.0.0.1:0", "--", program});

  EXPECT_EQ(ended.code, kChildCantRun);
  const std::vector<std::string> errors = ErrorsOf(ended.err);
  ASSERT_EQ(errors.size(), 1u) << ended.err;
  EXPECT_THAT(errors.front(),
              AllOf(HasSubstr(program), HasSubstr("No such file")));
}

TEST(CommandTest, AFileThatIsNoProgramCantBeRun) {
  const TempDir directory;
  const std::string program = directory.File("data");
  std::ofstream(program) << "just text\n";

  const Ended ended = RunGateway({"--listen", "127.0.0.1:0", "--", program});

  EXPECT_EQ(ended.code, kChildCantRun);
  const std::vector<std::string> errors = ErrorsOf(ended.err);
  ASSERT_EQ(errors.size(), 1u) << ended.err;
  EXPECT_THAT(errors.front(),
              AllOf(HasSubstr(program), HasSubstr("Permission denied")));
}

// No shell tries to make sense of it.
TEST(CommandTest, AnExecutableTextWithoutAnInterpreterCantBeRun) {
  const TempDir directory;
  const std::string program = directory.File("text");
  std::ofstream(program) << "touch \"$0.ran\"\n";
  ASSERT_EQ(chmod(program.c_str(), 0700), 0);

  const Ended ended = RunGateway({"--listen", "127.0.0.1:0", "--", program});

  EXPECT_EQ(ended.code, kChildCantRun);
  EXPECT_THAT(ended.err, HasSubstr("Exec format error"));
  EXPECT_NE(access((program + ".ran").c_str(), F_OK), 0);
}

// --- Options ---------------------------------------------------------------

TEST(OptionsTest, AnUnknownOptionIsWrongUsage) {
  const Ended ended = RunGateway({"--no-such-option", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("no-such-option")));
  EXPECT_THAT(ended.out, IsEmpty());
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
  std::ofstream(file) << printed.out;

  const Ended again = RunGateway({"--config", file, "--print-config"});

  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("700ms"));
  EXPECT_THAT(again.out, HasSubstr("max-actors=12"));
  EXPECT_THAT(again.out, HasSubstr("names=['a', 'b']"));
}

TEST(OptionsTest, ListsAreRepeatedOrHaveCommas) {
  const Ended ended = RunGateway({"--print-config", "--names", "a", "--names",
                                  "b,c", "--", TG_DEMO_CHILD});

  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("names=['a', 'b', 'c']"));
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
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("soon")));
}

// --- The log ---------------------------------------------------------------

TEST(LogTest, EveryLineOfAJsonLogIsAnObject) {
  GatewayProcess gateway({"--log-format", "json"},
                         {TG_SCRIPTED_CHILD, "stderr:a \"quoted\" \\ line",
                          "hex:5a00000001"
                          "80",
                          "exit:3"});
  ASSERT_TRUE(gateway.program().AwaitErr("exit code 3"));
  gateway.program().Kill(SIGTERM);

  const Ended ended = gateway.program().Wait();

  EXPECT_EQ(ended.code, 0);
  bool quoted = false;
  for (const std::string& line : LinesOf(ended.err)) {
    const auto object = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(object.is_object()) << line;
    EXPECT_TRUE(object.contains("time"));
    EXPECT_TRUE(object.contains("level"));
    ASSERT_TRUE(object.contains("message"));
    const std::string message = object["message"];
    quoted |= message.find("a \"quoted\" \\ line") != std::string::npos;
  }
  EXPECT_TRUE(quoted) << ended.err;
}

}  // namespace
}  // namespace thespian::gateway
