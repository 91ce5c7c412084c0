// Who may do what, over real gRPC.
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/rpc/access_fixture.h"
#include "tests/support/raw_call.h"
#include "tests/support/status_matchers.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What is added to the API is asked for, too.
TEST_F(AccessTest, RulesKnowEveryMethod) {
  std::set<std::string> names;
  for (const MethodDescriptor* method : ApiMethods()) {
    const bool admin = method->service()->name() == "AdminService";
    names.insert((admin ? "Admin/" : "") + method->name());
  }
  const std::vector<std::string> known = MethodNames();
  EXPECT_EQ(names, std::set<std::string>(known.begin(), known.end()));
}

TEST_F(AccessTest, EveryMethodIsRefusedWhereNothingIsAllowed) {
  RunWith(kDenyAll);
  for (const MethodDescriptor* method : ApiMethods()) {
    SCOPED_TRACE(method->full_name());
    const grpc::Status status = CallRaw(live_->channel(), *method, "");
    EXPECT_THAT(status, FailsWith(kDenied, "FORBIDDEN"));
    EXPECT_EQ(status.error_message(), "the rule 'closed' denies it");
  }
}

TEST_F(AccessTest, WrongCredentialsAreRefusedByEveryMethod) {
  const std::string expired = TokenOf("old", absl::UnixEpoch());
  RunWith("");
  for (const MethodDescriptor* method : ApiMethods()) {
    SCOPED_TRACE(method->full_name());
    for (const char* shown :
         {"Bearer tgw_wrong", "Basic dTpw", "Bearer ", ""}) {
      EXPECT_THAT(CallRaw(live_->channel(), *method, "", kPatience,
                          {{"authorization", shown}}),
                  FailsWith(kUnknown, "UNAUTHENTICATED"))
          << shown;
    }
    EXPECT_THAT(CallRaw(live_->channel(), *method, "", kPatience,
                        {{"authorization", "Bearer " + expired}}),
                FailsWith(kUnknown, "UNAUTHENTICATED"));
  }
  EXPECT_EQ(live_->access().failures(), 5 * ApiMethods().size());
  for (const std::string& line : lines_.Get()) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("tgw_")), Not(HasSubstr("dTpw"))));
  }
}

TEST_F(AccessTest, WithoutTokensCredentialsAreForSomebodyElse) {
  RunDemo();
  EXPECT_THAT(CallAs("whatever", CallTo("echo", List("x"))), IsRpcOk());
}

TEST_F(AccessTest, CallsAreForThoseWhoMay) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(kRules);
  const v1::CallRequest echo = CallTo("echo", List("x"));
  const v1::CallRequest other = CallTo("sink", List("x"));

  EXPECT_THAT(CallAs(web, echo), IsRpcOk());
  EXPECT_THAT(CallAs(ops, echo), IsRpcOk());
  EXPECT_THAT(CallAs("", echo), FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_THAT(CallAs(web, other), FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_THAT(CallAs(web, CallTo(1, List("x"))),
              FailsWith(kDenied, "FORBIDDEN"));
  v1::CallRequest named = echo;
  named.set_endpoint("default");
  EXPECT_THAT(CallAs(web, named), IsRpcOk());
  named.set_endpoint("secret");
  EXPECT_THAT(CallAs(web, named), FailsWith(kDenied, "FORBIDDEN"))
      << "whether there is such an endpoint is not told";
  EXPECT_THAT(CallAs(web, CallTo("echo", Json("[\"exit\", \"x\"]"))),
              FailsWith(kDenied, "FORBIDDEN"));
}

TEST_F(AccessTest, CommandsOfAttachAreAskedForOneByOne) {
  const std::string web = TokenOf("web");
  RunWith(kRules);
  const auto forbidden = [&](const v1::ActorCommand& command) {
    const auto [status, result] = AttachAs(web, "", command);
    EXPECT_THAT(status, IsRpcOk());
    return FailureOf(result).reason;
  };
  EXPECT_EQ(forbidden(SendToName("echo", List("x"), 7)), "");
  EXPECT_EQ(forbidden(SendToName("sink", List("x"), 7)), "FORBIDDEN");
  EXPECT_EQ(forbidden(SendTo(1, List("x"), 7)), "FORBIDDEN");
  EXPECT_EQ(forbidden(LinkTo(1, 7)), "FORBIDDEN");
  EXPECT_EQ(forbidden(SendToName("echo", Json("[\"exit\"]"), 7)), "FORBIDDEN");
}

TEST_F(AccessTest, NamesAreReserved) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(kRules);
  EXPECT_THAT(AttachAs(web, "web").first, IsRpcOk());
  const grpc::Status refused = AttachAs(web, "db.users").first;
  EXPECT_THAT(refused, FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_EQ(refused.error_message(),
            "the rule 'database names are reserved' denies it");
  EXPECT_THAT(AttachAs(ops, "db.users").first, IsRpcOk());
  EXPECT_THAT(AttachAs("", "x").first, FailsWith(kDenied, "FORBIDDEN"));
}

TEST_F(AccessTest, PayloadsAndCommandLinesAreForThoseWhoMaySeeThem) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(kRules);
  EXPECT_THAT(EndpointAs(web).command(), IsEmpty());
  EXPECT_THAT(EndpointAs(ops).command(), Not(IsEmpty()));

  v1::WatchProxiesRequest watch;
  EXPECT_THAT(WatchAs(web, watch), IsRpcOk());
  watch.set_include_payloads(true);
  EXPECT_THAT(WatchAs(web, watch), FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_THAT(WatchAs(ops, watch), IsRpcOk());
  watch.set_include_payloads(false);
  watch.add_kinds(v1::PROXY_EVENT_KIND_STDERR_LINE);
  EXPECT_THAT(WatchAs(web, watch), FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_THAT(WatchAs(ops, watch), IsRpcOk());
}

TEST_F(AccessTest, ARefusedAttachEndsAlsoIfItsClientWritesNothing) {
  RunWith(kRules);
  grpc::ClientContext context;
  Show("", context);
  const auto stream = stub().Attach(&context);
  EXPECT_THAT(stream->Finish(), FailsWith(kDenied, "FORBIDDEN"));
}

TEST_F(AccessTest, WithoutRulesWhatConcernsOthersIsWhereAdminServiceIs) {
  options_.admin_elsewhere = true;
  RunDemo();
  EXPECT_THAT(CallAs("", CallTo("echo", List("x"))), IsRpcOk());
  EXPECT_THAT(EndpointAs("").command(), IsEmpty());
  v1::WatchProxiesRequest watch;
  EXPECT_THAT(WatchAs("", watch), IsRpcOk());
  watch.set_include_payloads(true);
  EXPECT_THAT(WatchAs("", watch), FailsWith(kDenied, "FORBIDDEN"));
  grpc::ClientContext context;
  Prepare({}, context);
  v1::ReleaseProxyRequest release;
  release.set_remote_id(1);
  v1::ReleaseProxyResponse response;
  EXPECT_THAT(stub().ReleaseProxy(&context, release, &response),
              FailsWith(kDenied, "FORBIDDEN"));

  grpc::ClientContext admin_context;
  Prepare({}, admin_context);
  v1::RestartEndpointResponse restarted;
  const auto admin = v1::AdminService::NewStub(live_->ConnectAdmin());
  EXPECT_THAT(admin->RestartEndpoint(&admin_context, {}, &restarted),
              IsRpcOk());
  EXPECT_THAT(restarted.endpoint().command(), Not(IsEmpty()));
}

TEST_F(AccessTest, TheAuditHasWhatWasChangedAndRefused) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(kRules);
  EXPECT_THAT(CallAs(web, CallTo("sink", List("a secret"))),
              FailsWith(kDenied, "FORBIDDEN"));
  EXPECT_THAT(AttachAs(ops, "db.users").first, IsRpcOk());
  grpc::ClientContext context;
  Show(ops, context);
  v1::RestartEndpointResponse restarted;
  const auto admin = v1::AdminService::NewStub(live_->channel());
  EXPECT_THAT(admin->RestartEndpoint(&context, {}, &restarted), IsRpcOk());

  const std::vector<std::string> lines = lines_.Get();

  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("\"event\":\"refused\""),
                                    HasSubstr("\"principal\":\"token:web\""),
                                    HasSubstr("\"peer\":\"ipv4:127.0.0.1:"),
                                    HasSubstr("\"method\":\"Call\""),
                                    HasSubstr("\"endpoint\":\"default\""),
                                    HasSubstr("\"outcome\":\"FORBIDDEN\""))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("\"event\":\"name_registered\""),
                                    HasSubstr("\"principal\":\"token:ops\""),
                                    HasSubstr("\"name\":\"db.users\""),
                                    HasSubstr("\"outcome\":\"OK\""))));
  EXPECT_THAT(lines,
              Contains(AllOf(HasSubstr("\"event\":\"changed\""),
                             HasSubstr("\"method\":\"Admin/RestartEndpoint\""),
                             HasSubstr("\"outcome\":\"OK\""))));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("tgw_"))));
  }
}

}  // namespace
}  // namespace thespian::gateway
