// Who may do what, over real gRPC.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/access/rules_file.h"
#include "server/access/tokens.h"
#include "server/codec/rpc_error.h"
#include "tests/server/gateway_test.h"
#include "tests/support/log_lines.h"
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
using ::testing::UnorderedElementsAre;

constexpr grpc::StatusCode kDenied = grpc::StatusCode::PERMISSION_DENIED;
constexpr grpc::StatusCode kUnknown = grpc::StatusCode::UNAUTHENTICATED;

constexpr char kDenyAll[] = R"(
[[rule]]
title = "closed"
principals = ["*"]
methods = ["*"]
outcome = "deny"
)";

constexpr char kRules[] = R"(
[[rule]]
title = "database names are reserved"
principals = ["token:web", "anonymous"]
methods = ["Attach", "Listen"]
register = ["db.*"]
outcome = "deny"

[[rule]]
title = "operators"
principals = ["token:ops"]
methods = ["*"]
payloads = true
control-words = true
outcome = "allow"

[[rule]]
title = "the web asks echo"
principals = ["token:web"]
methods = ["Call", "SendNamed", "Attach"]
endpoints = ["default"]
send-to = ["echo"]
outcome = "allow"

[[rule]]
title = "everyone looks"
principals = ["*"]
methods = ["Get*", "List*", "WatchProxies"]
outcome = "allow"
)";

class AccessTest : public GatewayTest {
 protected:
  // Makes a token; to be called before the gateway runs.
  std::string TokenOf(const std::string& name,
                      absl::Time expires = absl::InfiniteFuture()) {
    const auto made = MakeToken(name, expires);
    EXPECT_THAT(made, IsOk());
    token_file_ += made->entry;
    return made->token;
  }

  void RunWith(const std::string& rules) {
    options_.access = Terms(rules);
    options_.audit = std::make_shared<Audit>(log_);
    RunDemo();
  }

  AccessTerms Terms(const std::string& rules) {
    const auto tokens = Tokens::Parse(token_file_, "tokens");
    EXPECT_THAT(tokens, IsOk());
    AccessTerms terms = {
        .rules = nullptr, .limits = {}, .tokens = *tokens, .jwt = nullptr};
    if (rules.empty()) return terms;
    const auto file = ParseRules(rules, "rules");
    EXPECT_THAT(file, IsOk());
    terms.rules = file->rules;
    terms.limits = file->limits;
    return terms;
  }

  static void Show(const std::string& token, grpc::ClientContext& context) {
    Prepare({}, context);
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
  }

  grpc::Status CallAs(const std::string& token,
                      const v1::CallRequest& request) {
    grpc::ClientContext context;
    Show(token, context);
    v1::CallResponse response;
    return stub().Call(&context, request, &response);
  }

  v1::Endpoint EndpointAs(const std::string& token) {
    grpc::ClientContext context;
    Show(token, context);
    v1::GetEndpointResponse response;
    EXPECT_THAT(stub().GetEndpoint(&context, {}, &response), IsRpcOk());
    return response.endpoint();
  }

  // How a stream that opens an actor and does `command` ends, and what its
  // result was.
  std::pair<grpc::Status, google::rpc::Status> AttachAs(
      const std::string& token, const std::string& name,
      const v1::ActorCommand& command = {}) {
    grpc::ClientContext context;
    Show(token, context);
    const auto stream = stub().Attach(&context);
    v1::AttachRequest request;
    *request.add_commands() = Open(name);
    if (command.command_id() > 0) *request.add_commands() = command;
    stream->Write(request);
    stream->WritesDone();
    google::rpc::Status result;
    v1::AttachResponse response;
    while (stream->Read(&response)) {
      for (const v1::ActorEvent& event : response.events()) {
        if (event.has_command_result()) {
          result = event.command_result().status();
        }
      }
    }
    return {stream->Finish(), result};
  }

  grpc::Status WatchAs(const std::string& token,
                       const v1::WatchProxiesRequest& request) {
    grpc::ClientContext context;
    Show(token, context);
    const auto stream = stub().WatchProxies(&context, request);
    v1::WatchProxiesResponse response;
    if (stream->Read(&response)) {
      context.TryCancel();
      return grpc::Status::OK;
    }
    return stream->Finish();
  }

  std::string token_file_;
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
};

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

TEST_F(AccessTest, NewRulesCountAlsoForStreamsThatAreUnderWay) {
  const std::string web = TokenOf("web");
  RunWith(kRules);
  grpc::ClientContext context;
  Show(web, context);
  const auto stream = stub().Attach(&context);
  const auto result_of = [&stream](const v1::ActorCommand& command) {
    v1::AttachRequest request;
    *request.add_commands() = command;
    stream->Write(request);
    v1::AttachResponse response;
    while (stream->Read(&response)) {
      for (const v1::ActorEvent& event : response.events()) {
        if (event.has_command_result()) {
          return FailureOf(event.command_result().status()).reason;
        }
      }
    }
    return std::string("the stream has ended");
  };
  v1::ActorCommand open = Open("");
  open.set_command_id(1);
  EXPECT_EQ(result_of(open), "");
  EXPECT_EQ(result_of(SendToName("echo", List("x"), 2)), "");

  live_->access().Use(Terms(kDenyAll));

  EXPECT_EQ(result_of(SendToName("echo", List("x"), 3)), "FORBIDDEN");
  EXPECT_THAT(CallAs(web, CallTo("echo", List("x"))),
              FailsWith(kDenied, "FORBIDDEN"));
  stream->WritesDone();
  v1::AttachResponse rest;  // without reading them, Finish would wait for ever
  while (stream->Read(&rest)) {
  }
  EXPECT_THAT(stream->Finish(), IsRpcOk());
}

// Each call is decided by the rules that were there before or those that came.
TEST_F(AccessTest, RulesChangeUnderLoad) {
  constexpr int kCallers = 8;
  constexpr int kChanges = 100;
  constexpr int kCallsAChange = 2 * kCallers;
  const std::string web = TokenOf("web");
  const auto rules_for = [](const std::string& names) {
    return "[[rule]]\ntitle = \"the web\"\nprincipals = [\"token:web\"]\n"
           "methods = [\"Call\"]\nsend-to = [" +
           names + "]\noutcome = \"allow\"\n";
  };
  const AccessTerms wide = Terms(rules_for(R"("echo", "counter")"));
  const AccessTerms narrow = Terms(rules_for(R"("echo")"));
  RunWith(rules_for(R"("echo")"));
  std::atomic<bool> ending = false;
  std::atomic<int> asked = 0;
  std::atomic<int> allowed = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      while (!ending) {
        wrong += CallAs(web, CallTo("echo", List("x"))).ok() ? 0 : 1;
        const grpc::Status status = CallAs(web, CallTo("counter", List("x")));
        const bool denied = FailureOf(status).reason == "FORBIDDEN";
        (denied ? refused : allowed) += 1;
        wrong += status.ok() || denied ? 0 : 1;
        ++asked;
        asked.notify_one();
      }
    });
  }
  for (int i = 0; i < kChanges; ++i) {
    live_->access().Use(i % 2 == 0 ? wide : narrow);
    // By then calls have begun under these rules.
    const int enough = asked + kCallsAChange;
    for (int now = asked; now < enough; now = asked) asked.wait(now);
  }
  ending = true;
  callers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(allowed, 0);
  EXPECT_GT(refused, 0);
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

TEST_F(AccessTest, LimitsAreOfEachPrincipal) {
  const std::string web = TokenOf("web");
  const std::string ops = TokenOf("ops");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "requests-per-second = 1\nwatchers = 1\nactors = 1\n");
  grpc::Status status = CallAs(web, CallTo("echo", List("x")));
  EXPECT_THAT(status, IsRpcOk());
  // On a slow machine a second goes by between some of them.
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = CallAs(web, CallTo("echo", List("x")));
  }
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(CallAs(ops, CallTo("echo", List("x"))), IsRpcOk());
  }
}

TEST_F(AccessTest, WhoExceedsARateIsToldWhenItMayTryAgain) {
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "requests-per-second = 1\n");
  grpc::Status status;
  std::chrono::steady_clock::time_point start;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    start = std::chrono::steady_clock::now();
    status = CallAs(web, CallTo("echo", List("x")));
  }
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, kRetryAfter);
}

// Nothing is lost: each command has its result.
TEST_F(AccessTest, AStreamThatExceedsARateGoesOnLater) {
  constexpr uint64_t kCommands = 5;
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"token:web\"]\n"
          "messages-per-second = 1\n");
  grpc::ClientContext context;
  Show(web, context);
  const auto stream = stub().Attach(&context);
  v1::AttachRequest request;
  *request.add_commands() = Open("");
  for (uint64_t id = 1; id <= kCommands; ++id) {
    *request.add_commands() = SendToName("echo", List("x"), id);
  }
  const auto start = std::chrono::steady_clock::now();
  stream->Write(request);
  stream->WritesDone();
  std::vector<uint64_t> ids;
  int refused = 0;
  v1::AttachResponse response;
  while (stream->Read(&response)) {
    for (const v1::ActorEvent& event : response.events()) {
      if (!event.has_command_result()) continue;
      ids.push_back(event.command_result().command_id());
      const std::string reason =
          FailureOf(event.command_result().status()).reason;
      if (reason == "LIMIT_REACHED") ++refused;
    }
  }
  EXPECT_THAT(stream->Finish(), IsRpcOk());
  EXPECT_THAT(ids, UnorderedElementsAre(1, 2, 3, 4, 5));
  EXPECT_GT(refused, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, refused * kRetryAfter);
}

TEST_F(AccessTest, WhatIsHeldIsGivenBackAtTheEnd) {
  const std::string web = TokenOf("web");
  RunWith(std::string(kRules) +
          "[[limit]]\nprincipals = [\"*\"]\nactors = 1\ncalls = 1\n"
          "watchers = 1\n");
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(CallAs(web, CallTo("echo", List("x"))), IsRpcOk());
  }
  grpc::ClientContext first_context;
  Show(web, first_context);
  const auto first = stub().Attach(&first_context);
  v1::AttachRequest request;
  *request.add_commands() = Open("");
  first->Write(request);
  v1::AttachResponse response;
  ASSERT_TRUE(first->Read(&response));
  EXPECT_THAT(AttachAs(web, "").first,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  first->WritesDone();
  EXPECT_THAT(first->Finish(), IsRpcOk());
  // The RPC is over for the client a moment before it is for the gateway.
  grpc::Status again = AttachAs(web, "").first;
  while (FailureOf(again).reason == "LIMIT_REACHED") {
    again = AttachAs(web, "").first;
  }
  EXPECT_THAT(again, IsRpcOk());
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
