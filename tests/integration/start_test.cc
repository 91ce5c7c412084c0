// The gateway as a process: its command line, its environment, its file, and
// what keeps it from starting.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/gateway_process.h"
#include "tests/integration/gateway_runs.h"
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

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};

// The lines of the log that tell of errors.
std::vector<std::string> ErrorsOf(const std::string& log) {
  std::vector<std::string> errors = LinesOf(log);
  std::erase_if(errors, [](const std::string& line) {
    return line.find(" error ") == std::string::npos;
  });
  return errors;
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

// address_test.cc has all that is none.
TEST(ListenTest, EveryOptionForAnAddressIsStrict) {
  for (const std::string option :
       {"--listen", "--admin-listen", "--metrics-listen"}) {
    for (const std::string address :
         {"127.0.0.1:99999", "127.0.0.1", "unix:", ":0", "127.0.0.1:http"}) {
      const Ended ended = RunGateway(
          {"--listen", "127.0.0.1:0", option, address, "--", TG_DEMO_CHILD});

      EXPECT_EQ(ended.code, kConfig) << option << " " << address;
      EXPECT_THAT(ended.err,
                  AllOf(IsOneLine(), HasSubstr(option + ": '" + address +
                                               "' is no address: ")));
    }
  }
}

TEST(ListenTest, TheMetricsAddressIsInThePortFileToo) {
  const TempDir directory;
  GatewayProcess gateway({"--metrics-listen", "127.0.0.1:0", "--admin-listen",
                          "unix:" + directory.File("admin")},
                         kDemoChild);
  ASSERT_TRUE(gateway.program().AwaitErr("/metrics"));
  const std::string& log = gateway.program().err();
  const size_t begin = log.find("http://") + std::strlen("http://");
  const std::string metrics =
      log.substr(begin, log.find("/metrics", begin) - begin);
  ASSERT_THAT(metrics, StartsWith("127.0.0.1:"));

  EXPECT_THAT(LinesOf(gateway.port_text()),
              ElementsAre(gateway.address(), "unix:" + directory.File("admin"),
                          "metrics " + metrics));
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
