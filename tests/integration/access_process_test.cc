// Rules and tokens of the program: its commands, its files, its reload.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/integration/gateway_process.h"
#include "tests/integration/gateway_runs.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/temp_dir.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string RuleFor(const std::string& principal) {
  return "[[rule]]\ntitle = \"callers\"\nprincipals = [\"" + principal +
         "\"]\nmethods = [\"Call\"]\noutcome = \"allow\"\n";
}

void WriteTo(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

grpc::Status CallAs(const std::string& address, const std::string& token) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  const auto stub = v1::GatewayService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  v1::CallResponse response;
  return stub->Call(&context, CallTo("echo", List("x")), &response);
}

TEST(TokenCommandTest, TheEntryGoesToStdoutAndTheTokenToStderr) {
  const Ended made = RunGateway(
      {"token", "create", "web", "--expires", "2027-01-31T02:00:00+02:00"});

  EXPECT_EQ(made.code, 0);
  EXPECT_THAT(made.out, AllOf(StartsWith("[[token]]\nname = \"web\"\nhash = "),
                              EndsWith("\nexpires = 2027-01-31T00:00:00Z\n"),
                              Not(HasSubstr("tgw_"))));
  EXPECT_THAT(made.err, StartsWith("tgw_"));
}

TEST(TokenCommandTest, SaysWhatIsWrong) {
  const Ended name = RunGateway({"token", "create", "a b"});
  EXPECT_EQ(name.code, 64);
  EXPECT_THAT(name.err, HasSubstr("the name of a token has 1 to 64 letters"));
  const Ended time =
      RunGateway({"token", "create", "a", "--expires", "tomorrow"});
  EXPECT_EQ(time.code, 64);
  EXPECT_THAT(time.err, HasSubstr("but is 'tomorrow'"));
  EXPECT_THAT(time.out, IsEmpty());
  EXPECT_EQ(RunGateway({"token"}).code, 64);
}

TEST(ExplainCommandTest, SaysWhichRuleDecides) {
  const TempDir directory;
  const std::string rules = directory.File("rules.toml");
  WriteTo(rules, RuleFor("token:web"));

  const Ended allowed =
      RunGateway({"explain", "--rules", rules, "--as", "token:web", "Call"});
  EXPECT_EQ(allowed.code, 0);
  EXPECT_EQ(allowed.out, rules + ":1:1: 'callers' allows it\n");

  const Ended denied = RunGateway(
      {"explain", "--rules", rules, "--as", "anonymous", "Call", "--to", "x"});
  EXPECT_EQ(denied.code, 1);
  EXPECT_EQ(denied.out, rules +
                            ":1:1: 'callers' does not match: principals\n"
                            "no rule matches: denied\n");

  const Ended wrong =
      RunGateway({"explain", "--rules", rules, "--as", "anonymous", "Cal"});
  EXPECT_EQ(wrong.code, 64);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean Call?"));
}

TEST(AccessOptionsTest, FilesAreCheckedBeforeAStart) {
  const TempDir directory;
  const std::string rules = directory.File("rules.toml");
  WriteTo(rules, "[[rule]]\ntitel = \"x\"\n");
  const Ended wrong =
      RunGateway({"--rules", rules, "--check-config", "--", TG_DEMO_CHILD});
  EXPECT_EQ(wrong.code, 78);
  EXPECT_THAT(wrong.err, HasSubstr(rules + ":1:1: a rule needs title"));

  const Ended keys =
      RunGateway({"--jwt-keys", rules, "--check-config", "--", TG_DEMO_CHILD});
  EXPECT_EQ(keys.code, 78);
  EXPECT_THAT(keys.err, HasSubstr("--jwt-issuer"));
}

TEST(AccessReloadTest, NewFilesCountAndWrongOnesChangeNothing) {
  const TempDir directory;
  const std::string rules = directory.File("rules.toml");
  const std::string tokens = directory.File("tokens.toml");
  const std::string audit = directory.File("audit.jsonl");
  const Ended made = RunGateway({"token", "create", "web"});
  const std::string token = made.err.substr(0, made.err.find('\n'));
  WriteTo(tokens, made.out);
  WriteTo(rules, RuleFor("anonymous"));
  GatewayProcess gateway(
      {"--rules", rules, "--tokens", tokens, "--audit-file", audit},
      {TG_DEMO_CHILD});
  ASSERT_THAT(gateway.address(), Not(IsEmpty()));
  EXPECT_THAT(CallAs(gateway.address(), ""), IsRpcOk());
  EXPECT_THAT(CallAs(gateway.address(), token),
              FailsWith(grpc::StatusCode::PERMISSION_DENIED, "FORBIDDEN"));

  WriteTo(rules, "[[rule]]\n");
  gateway.program().Kill(SIGHUP);
  ASSERT_TRUE(gateway.program().AwaitErr("a rule needs title"));
  EXPECT_THAT(CallAs(gateway.address(), ""), IsRpcOk());

  WriteTo(rules, RuleFor("token:web"));
  gateway.program().Kill(SIGHUP);
  ASSERT_TRUE(gateway.program().AwaitErr("reload: endpoints added"));
  EXPECT_THAT(CallAs(gateway.address(), token), IsRpcOk());
  EXPECT_THAT(CallAs(gateway.address(), ""),
              FailsWith(grpc::StatusCode::PERMISSION_DENIED, "FORBIDDEN"));
  EXPECT_THAT(CallAs(gateway.address(), "tgw_wrong"),
              FailsWith(grpc::StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED"));

  std::ifstream file(audit);
  std::string line;
  std::vector<std::string> events;
  while (std::getline(file, line)) {
    EXPECT_THAT(line, Not(HasSubstr("tgw_")));
    events.push_back(nlohmann::json::parse(line)["event"]);
  }
  EXPECT_THAT(events,
              ::testing::ElementsAre("refused", "refused", "unauthenticated"));
}

}  // namespace
}  // namespace thespian::gateway
